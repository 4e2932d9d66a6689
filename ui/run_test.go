package ui

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/internal/uitest"
	"sendoff/outbox"
)

const (
	// childDir makes this test binary the program itself, on the outbox there.
	childDir = "SENDOFF_UI_TEST_DIR"
	// childPanics makes it crash when "!" is typed.
	childPanics = "SENDOFF_UI_TEST_PANIC"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	home, err := filepath.Abs("testdata") // the same on every screen, whoever runs the tests
	if err == nil {
		err = os.Setenv("HOME", home)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func child(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGHUP, syscall.SIGTERM)
	defer stop()
	var options []tea.ProgramOption
	if os.Getenv(childPanics) != "" {
		options = append(options, tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
			if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == "!" {
				panic("boom")
			}
			return msg
		}))
	}
	b, err := openOutbox(dir)
	if err == nil {
		err = Run(ctx, Options{Outbox: b, Accounts: book(new(testing.T)), UndoWindow: 10 * time.Second, Sending: true}, options...)
		b.Close()
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// start runs the program in a pty.
func start(t *testing.T, dir string, env ...string) *uitest.Term {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, "TERM=xterm-256color")
	cmd.Env = append(cmd.Env, env...)
	return uitest.Start(t, 80, 24, cmd)
}

// drafts are those on disk when the program has ended.
func drafts(t *testing.T, dir string) (all []compose.Draft) {
	t.Helper()
	b, err := openOutbox(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	items, err := b.List(t.Context(), outbox.Query{States: []outbox.State{outbox.StateDraft}})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		d, err := b.Draft(t.Context(), i.ID)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// run runs Run on an emulated screen.
func run(t *testing.T, ctx context.Context, dir string, options ...tea.ProgramOption) *uitest.Term {
	t.Helper()
	b, err := openOutbox(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() }) // before it, the Term's: it comes later
	return uitest.RunWith(t, 80, 24, func(onScreen ...tea.ProgramOption) error {
		return Run(ctx, Options{Outbox: b, Accounts: book(t), UndoWindow: time.Minute, Sending: true}, append(onScreen, options...)...)
	})
}

func TestRun_ComposesAndQueuesInARealProgram(t *testing.T) {
	x := run(t, t.Context(), t.TempDir())
	x.See("Nothing is on its way")
	x.Raw("m日本@example.org\t\x1b[200~Pasted subject\x1b[201~\tHello")
	x.See("Hello")
	if x.Title() != "sendoff · Pasted subject" {
		t.Errorf("title %q", x.Title())
	}
	x.Until("cursor", func(string) bool { column, row, shown := x.Cursor(); return shown && column == 6 && row == 7 })
	x.See("draft saved")
	x.Raw("\x13") // ctrl+s
	x.See("Send this?")
	x.Raw("e")
	x.See("New message")
	x.Raw("\x1b[Z\x1b[Z\x7f\x15ana@example.org\x13")
	x.See("y send")
	x.Raw("y")
	x.See("undo 60 s Pasted subject")
	x.Raw("q")
	x.See("Quit?")
	x.Raw("y")
	if err := x.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestRun_EndsWithItsContextAndKeepsTheDraft(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	x := run(t, ctx, dir)
	x.See("Nothing is on its way")
	x.Raw("mana@example.org")
	x.See("ana@example.org")
	stop()
	if err := x.Wait(); err != nil {
		t.Fatal(err)
	}
	if all := drafts(t, dir); len(all) != 1 || all[0].To != "ana@example.org" {
		t.Errorf("drafts %+v", all)
	}
}

func TestRun_WithoutATerminalItSaysSo(t *testing.T) {
	if err := Run(t.Context(), Options{}); err == nil || err.Error() != ErrNoTerminal.Error() {
		t.Skipf("there is a terminal: %v", err)
	}
}

func TestProgram_WithoutColourSaysTheSame(t *testing.T) {
	const accent = "#87afff"
	for _, c := range []struct {
		env      string
		coloured bool
	}{{"NO_COLOR=yes", false}, {"NO_COLOR=", true}} {
		x := start(t, t.TempDir(), c.env, "COLORTERM=truecolor")
		x.See("Nothing is on its way")
		x.See("━━━━━━")
		if got := strings.Contains(x.SVG("outbox"), accent); got != c.coloured {
			t.Errorf("%s: coloured %v", c.env, got)
		}
	}
}

func TestProgram_SurvivesKill(t *testing.T) {
	dir := t.TempDir()
	x := start(t, dir)
	x.See("Nothing is on its way")
	x.Raw("mana@example.org\tHello\tThis must survive.")
	x.See("This must survive.")
	x.See("draft saved")
	x.Raw(" And this too.")
	x.See("And this too.")
	time.Sleep(2 * time.Second) // real ones: that is the promise
	if err := x.Command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := x.Wait(); err == nil {
		t.Fatal("it was not killed")
	}
	all := drafts(t, dir)
	if len(all) != 1 || !strings.HasPrefix(all[0].Body, "This must survive. And this too.") {
		t.Errorf("drafts %+v", all)
	}
}

// It crashes in a process of its own, since Bubble Tea's way out of a panic has
// a race with its own reader.
func TestProgram_ACrashKeepsTheDraft(t *testing.T) {
	dir := t.TempDir()
	x := start(t, dir, childPanics+"=1")
	x.See("Nothing is on its way")
	x.Raw("mana@example.org")
	x.See("ana@example.org")
	x.Raw("!")
	if err := x.Wait(); err == nil {
		t.Error("it ended without an error")
	}
	x.See("the interface crashed")
	if all := drafts(t, dir); len(all) != 1 || all[0].To != "ana@example.org" {
		t.Errorf("drafts %+v", all)
	}
}

func TestProgram_EndsCleanlyWhenItsTerminalGoes(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := t.TempDir()
			x := start(t, dir)
			x.See("Nothing is on its way")
			x.Raw("mana@example.org")
			x.See("ana@example.org")
			if err := x.Command.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := x.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			if all := drafts(t, dir); len(all) != 1 || all[0].To != "ana@example.org" {
				t.Errorf("drafts %+v", all)
			}
		})
	}
}

func TestProgram_FollowsTheSizeOfItsTerminal(t *testing.T) {
	x := start(t, t.TempDir())
	x.See("m writes a message")
	x.Resize(50, 10)
	x.Until("narrow screen", func(s string) bool {
		return strings.Contains(s, "2 Outbox") && !strings.Contains(s, "Failed")
	})
	x.Resize(100, 30)
	x.See("4 Failed")
}

// editor writes a script that stands in for an editor.
func editor(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProgram_EditsTheBodyInAnEditor(t *testing.T) {
	seen := filepath.Join(t.TempDir(), "seen")
	// It is given an argument, a private file with the text, and the terminal.
	script := fmt.Sprintf(`stat -c '%%a' "$2" "$(dirname "$2")" > %[1]q; printf '%%s\n' "$1" >> %[1]q; cat "$2" >> %[1]q; printf 'tab\there\r\nfrom the editor' > "$2"`, seen)
	dir := t.TempDir()
	x := start(t, dir, "VISUAL="+editor(t, script)+" -n")
	x.See("Nothing is on its way")
	x.Raw("m\t\tBefore\x05") // ctrl+e
	x.See("from the editor")
	x.Raw("\x1b")
	x.See("Kept as a draft.")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Fatal(err)
	}
	if all := drafts(t, dir); len(all) != 1 || all[0].Body != "tab\there\r\nfrom the editor" {
		t.Errorf("drafts %+v", all)
	}
	got, err := os.ReadFile(seen)
	if want := "600\n700\n-n\nBefore\n\n-- \nAda\nexample.org"; err != nil || string(got) != want {
		t.Errorf("the editor saw %q, want %q (%v)", got, want, err)
	}
}

// An editor that fails may have saved before.
func TestProgram_AnEditorThatFailsLosesNothing(t *testing.T) {
	for _, c := range []struct{ name, script, says, text string }{
		{"after saving", `printf 'saved before' > "$1"; exit 1`, "The editor ended with an error; what it saved is here", "saved before"},
		{"without saving", `exit 1`, "The editor failed, the text is as it was before", "Before"},
		{"leaving it empty", `: > "$1"; exit 1`, "The editor failed, the text is as it was before", "Before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, temp := t.TempDir(), t.TempDir()
			x := start(t, dir, "TMPDIR="+temp, "VISUAL="+editor(t, c.script))
			x.See("Nothing is on its way")
			x.Raw("m\t\tBefore\x05")
			x.See(c.says)
			x.See(c.text)
			x.Raw("\x1b")
			x.See("Kept as a draft.")
			x.Raw("q")
			if err := x.Wait(); err != nil {
				t.Fatal(err)
			}
			if all := drafts(t, dir); len(all) != 1 || !strings.HasPrefix(all[0].Body, c.text) {
				t.Errorf("drafts %+v", all)
			}
			if left := editDirs(t, temp); len(left) > 0 {
				t.Errorf("%v stay", left)
			}
		})
	}
}

// editDirs are the directories of editors that were not removed.
func editDirs(t *testing.T, temp string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(temp, "sendoff-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func TestProgram_WhatCannotBeReadBackIsKeptAndNamed(t *testing.T) {
	temp := t.TempDir()
	x := start(t, t.TempDir(), "TMPDIR="+temp, "VISUAL="+editor(t, `mv "$1" "$1~"; mkdir "$1"`))
	x.See("Nothing is on its way")
	x.Raw("m\t\tBefore\x05")
	x.See("The text cannot be read back, it is in")
	x.See(temp)
	x.See("Before")
	if left := editDirs(t, temp); len(left) != 1 {
		t.Errorf("%v stay", left)
	}
}

// A signal ends the program, which the editor keeps from noticing until it
// ends: what it saved is in the draft all the same.
func TestProgram_ASignalWhileTheEditorRunsKeepsItsText(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	x := start(t, dir, "TMPDIR="+temp, "VISUAL="+editor(t, `printf 'from the editor' > "$1"; kill -TERM $PPID; sleep 1`))
	x.See("Nothing is on its way")
	x.Raw("m\t\tBefore\x05")
	if err := x.Wait(); err != nil {
		t.Fatal(err)
	}
	if all := drafts(t, dir); len(all) != 1 || all[0].Body != "from the editor" {
		t.Errorf("drafts %+v", all)
	}
	if left := editDirs(t, temp); len(left) > 0 {
		t.Errorf("%v stay", left)
	}
}

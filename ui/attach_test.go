package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	tea "charm.land/bubbletea/v2"

	"sendoff/internal/uitest"
)

// files makes a directory to attach from, and goes there.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"figures.pdf": "0123456789", "figs.txt": "x", ".hidden": "x", "odd\x1b[31m name.txt": "x", "sub/chart.png": "0123"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// attached checks the paths of what is attached, in order.
func (s *story) attached(want ...string) {
	s.t.Helper()
	var got []string
	for _, a := range s.model.composer().draft().Attachments {
		got = append(got, a.Path)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("attached is %q, not %q", got, want)
	}
}

func TestAttach_PathIsCompletedOrChosen(t *testing.T) {
	dir := files(t)
	t.Chdir(dir)
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.See("▌ sub/", "figs.txt", "figures.pdf", "10 B")
		s.SeeNot("hidden", "\x1b[31m")
		s.Type("fi")
		s.SeeNot("sub/")
		s.Keys("tab")
		s.See("Attach   fig")
		s.Type("u")
		s.Keys("tab", "enter")
		s.See("Attach   figures.pdf 10 B", "New message")
		s.Keys("ctrl+t")
		s.model.top().(*attachPane).path.set("")
		s.Type("sub/")
		s.See("chart.png", "4 B")
		s.Keys("enter")
		s.See("figures.pdf 10 B · chart.png 4 B")
		s.attached(filepath.Join(dir, "figures.pdf"), filepath.Join(dir, "sub/chart.png"))
		s.Keys("tab", "tab", "right", "x")
		s.SeeNot("chart.png")
		s.Keys("ctrl+s")
		s.See("files     figures.pdf  10 B")
	})
}

// An empty file is told when it is chosen, and, if it has become one, beside its
// name and in the review.
func TestAttach_AnEmptyFileIsNotSentInSilence(t *testing.T) {
	dir := files(t)
	t.Chdir(dir)
	if err := os.WriteFile("nothing.txt", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+t")
		s.Type("not")
		s.Keys("enter")
		s.See("nothing.txt: is empty.", "Attach   not")
		s.model.top().(*attachPane).path.set("")
		s.Type("figs")
		s.SeeNot("is empty")
		s.Keys("enter")
		s.See("Attach   figs.txt 1 B")
		if err := os.Truncate("figs.txt", 0); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("ctrl+s")
		s.See("✗ Attachment:", "it is empty")
		s.SeeNot("y send")
	})
}

func TestAttach_ADroppedFileIsAskedAbout(t *testing.T) {
	dir := files(t)
	pdf := filepath.Join(dir, "figures.pdf")
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.body()
		s.paste("'" + pdf + "' ")
		s.See(`Attach "figures.pdf" (10 B)?`)
		s.Keys("y")
		s.See("Attach   figures.pdf 10 B")
		s.paste(pdf)
		s.Keys("y")
		s.See("figures.pdf is attached already.")
		s.paste(pdf)
		s.Keys("t")
		if got := s.model.composer().body.text(); got != pdf {
			s.t.Errorf("text %q", got)
		}
		s.paste("/no/such/file")
		if got := s.model.composer().body.text(); got != pdf+"/no/such/file" {
			s.t.Errorf("text %q", got)
		}
	})
}

// pressKey hands the pane a key and gives back its command, which has not run: what
// it asks for comes later.
func pressKey(t *testing.T, p pane, name string) tea.Cmd {
	t.Helper()
	k, err := uitest.Key(name)
	if err != nil {
		t.Fatal(err)
	}
	return p.update(k)
}

// Enter and tab are pressed before the listing of what is typed has come.
func TestAttach_KeysWaitForTheListingOfWhatIsTyped(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "alpha.txt", "beta.txt")
	t.Chdir(dir)
	for _, c := range []struct {
		keys []string
		want string // attached; "" for nothing
	}{
		{[]string{"b", "enter"}, "beta.txt"},
		{[]string{"b", "tab"}, ""},
		{[]string{"b", "enter", "backspace"}, ""}, // another key takes it back
		{[]string{"b", "enter", "up"}, ""},
	} {
		tell(t, 80, 24, nil, nil, func(s *story) {
			s.Keys("m", "ctrl+t")
			p := s.model.top().(*attachPane)
			var late []tea.Cmd
			for _, name := range c.keys {
				late = append(late, pressKey(t, p, name))
			}
			if p.listed == p.generation {
				s.t.Fatal("the listing is there already: the test shows nothing")
			}
			for _, cmd := range late {
				if cmd != nil {
					s.Send(cmd())
				}
			}
			got := s.model.composer().files
			switch {
			case c.want == "" && len(got) != 0:
				s.t.Errorf("%v attached %s", c.keys, got[0].name())
			case c.want != "" && (len(got) != 1 || got[0].name() != c.want):
				s.t.Errorf("%v attached %+v, want %s", c.keys, got, c.want)
			}
			if c.keys[1] == "tab" && p.path.value() != "beta.txt" {
				s.t.Errorf("tab made %q", p.path.value())
			}
		})
	}
}

func writeFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAttach_TheVeryNameThatIsTypedIsTaken(t *testing.T) {
	for _, c := range []struct {
		files []string
		typed string
	}{
		{[]string{"notes", "notes.d/a"}, "notes"},
		{[]string{"B.txt", "b.txt"}, "b.txt"},
		{[]string{"B.txt", "b.txt"}, "B.txt"},
		{[]string{"a.txt", "a.txt.old"}, "a.txt"},
	} {
		dir := t.TempDir()
		writeFiles(t, dir, c.files...)
		t.Chdir(dir)
		tell(t, 80, 24, nil, nil, func(s *story) {
			s.Keys("m", "ctrl+t")
			s.Type(c.typed)
			s.Keys("enter")
			if got := s.model.composer().files; len(got) != 1 || got[0].name() != c.typed {
				s.t.Errorf("%q took %+v of %q", c.typed, got, c.files)
			}
		})
	}
}

func TestAttach_SaysWhatIsNotThere(t *testing.T) {
	dir := files(t)
	if err := os.Mkdir(filepath.Join(dir, "void"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.Type("void/")
		s.See("The directory is empty.")
		s.Type("x")
		s.See("Nothing here begins with that.")
		s.Keys("enter")
		s.See("There is no file of that name.")
		s.Keys("f1")
		s.See("Keys", "pgup", "pgdown", "complete")
		s.Keys("esc")
		s.See("Attach   void/x")
	})
}

func TestAttach_HomeIsListedWhenItsSignIsTyped(t *testing.T) {
	t.Setenv("HOME", files(t))
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.Type("~")
		s.See("figures.pdf")
	})
}

func TestAttach_OneListingRunsAtATimeAndEndsWhenNobodyWaits(t *testing.T) {
	dir := files(t)
	t.Chdir(dir)
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		p := s.model.top().(*attachPane)
		first := pressKey(t, p, "s")
		if first == nil || pressKey(t, p, "u") != nil {
			s.t.Fatal("a second listing begins beside the first")
		}
		msg := first().(listed)
		if !errors.Is(msg.err, context.Canceled) {
			s.t.Errorf("the first goes on: %v", msg.err)
		}
		s.Send(msg)
		s.See("▌ sub/")
		s.SeeNot("figures.pdf")
	})
}

func TestAttach_SaysWhyWhatIsNoFileIsNotTaken(t *testing.T) {
	dir := files(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.Type(dir + "/pipe")
		s.Keys("enter")
		s.See("pipe: is a pipe, not a file.")
		s.Keys("ctrl+u")
		s.Type("/dev/zero")
		s.Keys("enter")
		s.See("zero: is a device, not a file.")
		s.Keys("ctrl+u")
		s.Type("/dev/zeroes")
		s.Keys("enter")
		s.See("There is no file of that name.")
	})
}

// What was proposed is in nobody's way who types a whole path.
func TestAttach_AWholePathReplacesTheFolder(t *testing.T) {
	dir := files(t)
	t.Setenv("HOME", dir)
	t.Chdir(filepath.Dir(dir))
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.Type(dir + "/sub/chart.png")
		s.Keys("enter", "ctrl+t")
		s.See("Attach   ~/sub/")
		s.Type(dir + "/figs.txt")
		s.Keys("enter", "ctrl+t")
		s.See("Attach   ~/")
		s.Type("~/figures.pdf")
		s.Keys("enter")
		s.attached(filepath.Join(dir, "sub/chart.png"), filepath.Join(dir, "figs.txt"), filepath.Join(dir, "figures.pdf"))
	})
}

package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/internal/uitest"
)

// draftSubjects are those of the drafts on disk, the newest first.
func draftSubjects(t *testing.T, p *clitest.Program) (all []string) {
	t.Helper()
	var items []struct{ Subject string }
	if err := json.Unmarshal([]byte(p.Must("", "list", "--state", "draft", "--json")), &items); err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		all = append(all, i.Subject)
	}
	return all
}

// writing is the built program with a message begun and the cursor in the subject.
func writing(t *testing.T, p *clitest.Program) *uitest.Term {
	t.Helper()
	x := atTerminal(t, p.Command())
	x.See("Nothing is on its way")
	x.Raw("m\t")
	x.See("New message")
	return x
}

// Whenever it is killed, all that was typed two seconds before is there.
func TestBuilt_TypedTextSurvivesAKillAtAnyMoment(t *testing.T) {
	const (
		promise = 2 * time.Second
		every   = 40 * time.Millisecond
	)
	for _, after := range []time.Duration{2100 * time.Millisecond, 2900 * time.Millisecond, 3700 * time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			p := clitest.Install(t)
			p.Account("127.0.0.1:9")
			x := writing(t, p)
			var typed []time.Time // when each word was
			ticker := time.NewTicker(every)
			defer ticker.Stop()
			for began := time.Now(); time.Since(began) < after; <-ticker.C {
				x.Raw(fmt.Sprintf("w%d ", len(typed)))
				typed = append(typed, time.Now())
			}
			killed := time.Now()
			if err := x.Command.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			x.Wait()
			promised := 0
			for _, at := range typed {
				if killed.Sub(at) >= promise {
					promised++
				}
			}
			drafts := draftSubjects(t, p)
			if promised > 0 && len(drafts) != 1 {
				t.Fatalf("%d drafts", len(drafts))
			}
			saved := strings.Fields(strings.Join(drafts, ""))
			if len(saved) < promised {
				t.Errorf("%d of %d words are there, %d were typed long before: %q", len(saved), len(typed), promised, saved)
			}
			for i, word := range saved[:min(len(saved), promised)] {
				if word != fmt.Sprintf("w%d", i) {
					t.Errorf("word %d is %q", i, word)
				}
			}
		})
	}
}

// A line that breaks takes the terminal away: what was typed is kept at once.
func TestBuilt_ATerminalThatIsGoneLosesNoKey(t *testing.T) {
	ordinary(t, syscall.SIGHUP)
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	x := writing(t, p)
	x.Raw("The last words")
	x.See("The last words")
	x.HangUp()
	x.Wait()
	if got := draftSubjects(t, p); len(got) != 1 || got[0] != "The last words" {
		t.Errorf("drafts %q", got)
	}
}

// On a full disk one goes on writing, is told, and has it saved when there is room
// again.
func TestBuilt_AFullDiskIsSaidWhileTypingGoesOn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	if err := os.Mkdir(p.DataDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", p.DataDir()).CombinedOutput(); err != nil {
		t.Skipf("cannot mount: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", p.DataDir()).Run() })

	x := writing(t, p)
	x.Raw("Begun")
	x.See("draft saved")
	filler := filepath.Join(p.DataDir(), "filler")
	if err := os.WriteFile(filler, make([]byte, 4<<20), 0o600); err == nil {
		t.Fatal("the disk takes more than it has")
	}
	x.Raw(" on a full disk\t\x1b[200~" + strings.Repeat("A text that finds no room. ", 4000) + "\x1b[201~")
	x.See("not saved: the disk is full")
	x.Raw("\x1b[Z and gone on")
	x.See("Begun on a full disk and gone on")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	x.Raw("!")
	x.See("draft saved")
	time.Sleep(2 * time.Second) // real ones: that is the promise
	if err := x.Command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	x.Wait()
	if got := draftSubjects(t, p); len(got) != 1 || got[0] != "Begun on a full disk and gone on!" {
		t.Errorf("drafts %q", got)
	}
}

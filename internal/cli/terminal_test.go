package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/uitest"
)

// The built program in a terminal: what the demo promises. A message to anyone
// is delivered, one to reject@ fails with the server's words, and r tries again.
func TestBuilt_TheDemoDeliversRefusesAndRetries(t *testing.T) {
	t.Parallel() // it waits for most of its time
	p := clitest.Install(t)
	cmd := p.Command("demo")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "COLORTERM=truecolor")
	x := uitest.Start(t, 90, 24, cmd)
	x.See("Quarterly figures")

	write := func(to, subject string) {
		t.Helper()
		x.Raw("m")
		x.See("New message")
		x.Raw(to + "\t" + subject + "\tHi,\rthis is the text.")
		x.Until("text", func(screen string) bool { return strings.Contains(screen, "this is the text.") })
		x.Raw(ctrlS)
		x.See("y send")
		x.Raw("y")
		if strings.HasPrefix(to, "reject") { // somebody of that name was refused before
			x.See("y once more does")
			x.Raw("y")
		}
		x.Until("the list", func(screen string) bool {
			return strings.Contains(screen, "Drafts") && strings.Contains(screen, subject)
		})
		x.Raw("S") // now, not after the undo window
	}
	write("someone@example.org", "A letter")
	x.Raw("5")
	x.Until("the sent letter", func(screen string) bool {
		return strings.Contains(screen, "✓ sent      A letter")
	})

	write("reject@example.org", "A refusal")
	x.Raw("4")
	x.Until("the failed one", func(screen string) bool { return strings.Contains(screen, "✗ failed    A refusal") })
	x.Raw("g") // the first row: which one was looked at when it came is chance
	x.See("There is no mailbox of that name")
	x.Raw("r")
	x.Raw("\r")
	x.Until("two attempts with the server's words", func(screen string) bool {
		_, attempts, _ := strings.Cut(screen, "── attempts")
		return strings.Count(attempts, "550 5.1.1 No such mailbox here") == 2
	})
	x.Raw("\x1b")
	x.See("Drafts")
	x.Raw("4")
	x.See("✗ bounced   Book club in June") // by itself: it was sent before
	x.Raw("q")
	x.Until("the end, or the question", func(screen string) bool {
		return !strings.Contains(screen, "Drafts") || strings.Contains(screen, "Quit?")
	})
	x.Raw("y")
	if err := x.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

const ctrlS = "\x13"

// A mail program pipes a message to compose: it is quoted, the signature stands
// below, and the keys come from the terminal.
func TestBuilt_ComposeAnswersAMessageFromAPipe(t *testing.T) {
	p := clitest.Install(t)
	p.WriteAccounts("[[account]]\nname = \"work\"\nfrom = \"Ada Example <ada@example.org>\"\nsignature = \"Ada the First\"\n" +
		"[account.smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\n")
	mail := filepath.Join(p.Work, "mail")
	if err := os.WriteFile(mail, []byte("From: Ana <ana@example.org>\nTo: ada@example.org\nSubject: Lunch\nMessage-ID: <1@x>\n\nAt one?\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inner := p.Command()
	cmd := exec.Command("sh", "-c", p.Path+" compose --reply-to - < mail")
	cmd.Dir, cmd.Env = inner.Dir, append(inner.Env, "TERM=xterm-256color")
	x := uitest.Start(t, 90, 24, cmd)
	x.Until("the answer", func(screen string) bool {
		return strings.Contains(screen, "Re: Lunch") && strings.Contains(screen, "> At one?") && strings.Contains(screen, "Ada the First")
	})
	x.Raw("Gladly.")
	x.See("Gladly.")
	x.Raw("\x1b") // to the list, where the draft is
	x.See("Drafts 1")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	drafts := p.Must("", "show", "a1")
	if !strings.Contains(drafts, "ana@example.org") {
		t.Errorf("the draft is\n%s", drafts)
	}
}

// Who asks at a terminal gets a word also when there is nothing to list.
func TestBuilt_ListSaysAtATerminalThatThereIsNothing(t *testing.T) {
	t.Parallel()
	p := clitest.Install(t)
	for _, test := range []struct{ option, want string }{{"--limit=9", "There is nothing here yet"}, {"--state=sent", "Nothing here is like that."}} {
		x := uitest.Start(t, 90, 24, p.Command("list", test.option))
		x.See(test.want)
		if err := x.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// What is wrong at the start is read in a narrow terminal too: between words it goes on in the next line.
func TestBuilt_ErrorsAreBrokenBetweenWords(t *testing.T) {
	t.Parallel()
	p := clitest.Install(t)
	writeSettings(t, p, "[keys]\noutbox.retry = \"d\"\n")
	x := uitest.Start(t, 40, 24, p.Command("keys"))
	x.See("hint: give one of them another key;\n\"outbox.delete\" = [] gives it none")
	if err := x.Wait(); err == nil {
		t.Error("keys that are wrong are taken")
	}
	x = uitest.Start(t, 60, 24, p.Command("doctor"))
	x.See("                give one of them another key;\n                \"outbox.delete\" = [] gives it none")
	if err := x.Wait(); err == nil {
		t.Error("the doctor says nothing of keys that are wrong")
	}
}

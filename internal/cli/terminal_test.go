package cli_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/uitest"
)

// screens, if set, is where the pictures of the README are written:
//
//	go test ./internal/cli -run Demo -screens ../../doc/screens
var screens = flag.String("screens", "", "write pictures of the demo into this directory")

// The built program in a terminal: what the demo promises. A message to anyone
// is delivered, one to reject@ fails with the server's words, and r tries again.
func TestBuilt_TheDemoDeliversRefusesAndRetries(t *testing.T) {
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
		x.See("Send this?")
		x.Raw("y")
		x.See(subject)
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
	picture(t, x, "outbox")
	x.Raw("r")
	x.Raw("\r")
	x.Until("two attempts with the server's words", func(screen string) bool {
		_, attempts, _ := strings.Cut(screen, "── attempts")
		return strings.Count(attempts, "550 5.1.1 No such mailbox here") == 2
	})
	picture(t, x, "item")
	x.Raw("\x1b")
	x.See("1 Drafts")
	x.Raw("q")
	x.Until("the end, or the question", func(screen string) bool {
		return !strings.Contains(screen, "1 Drafts") || strings.Contains(screen, "Quit?")
	})
	x.Raw("y")
	if err := x.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

const ctrlS = "\x13"

func picture(t *testing.T, x *uitest.Term, name string) {
	t.Helper()
	if *screens == "" {
		return
	}
	if err := os.MkdirAll(*screens, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screens, name+".svg"), []byte(x.SVG("sendoff")), 0o644); err != nil {
		t.Fatal(err)
	}
}

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/uitest"
)

// The built program in a terminal: somebody who has just installed it sends a campaign of
// five in the demo, and looks at its letters first.
func TestBuilt_ACampaignGoesOutInTheDemo(t *testing.T) {
	p := clitest.Install(t)
	home := t.TempDir()
	cmd := p.Command("demo")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "HOME="+home)
	x := uitest.Start(t, 90, 24, cmd)
	x.See("C begins a campaign")
	x.Raw("C")
	x.See("1 of 4: files")
	x.Raw("\x1bn")
	x.See("~/concert")
	x.Raw("\r")
	x.See("✓ 3 letters, one for every row.")
	list := filepath.Join(home, "concert", "people.csv")
	more, err := os.OpenFile(list, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := more.WriteString("kim@example.org,Kim,Kim,15,\nsam@example.net,Sam,Sam,16,\n"); err != nil {
		t.Fatal(err)
	}
	if err := more.Close(); err != nil {
		t.Fatal(err)
	}
	x.Raw("r")
	x.See("✓ 5 letters, one for every row.")
	x.Raw("v")
	x.See("Your seat at the summer concert, Ana")
	x.Raw("n")
	x.See("Your seat at the summer concert, Bob")
	x.Raw("\x1b")
	x.See("2 of 4: look")
	x.Raw("\r")
	x.See("3 of 4: how")
	x.Raw(ctrlS)
	x.See("5 messages: ")
	x.Raw("y")
	x.Until("the campaign done", func(screen string) bool {
		return strings.Contains(screen, "✓ done") && strings.Contains(screen, "5 of 5 sent")
	})
}

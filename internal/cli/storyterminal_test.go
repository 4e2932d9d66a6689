package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/uitest"
)

// These are whole stories of the built program in a terminal. That an account is added
// in it is told in accountterminal_test.go, that a bounce arrives by the demo.

// writeSettings writes config.toml.
func writeSettings(t *testing.T, p *clitest.Program, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.Home, "config/sendoff/config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// quits types q, and waits for the end.
func quits(t *testing.T, x *uitest.Term) {
	t.Helper()
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, x.Screen())
	}
}

// A letter that was refused is edited, and goes to the right address.
func TestBuilt_ARefusedLetterIsEditedAndSentAgain(t *testing.T) {
	p := clitest.Install(t)
	server := startSandbox(t, "")
	p.Account(server.Addr())
	writeSettings(t, p, "undo_window = '0'\n")
	x := atTerminal(t, p.Command())
	x.See("m writes a message")
	x.Raw("mreject@example.org\tFigures\tThey are on page 3.")
	x.See("page 3.")
	x.Raw(ctrlS + "y") // before the review can have come to its end
	x.See("Drafts")
	x.Raw("4")
	x.See("▌✗ failed    Figures")
	x.See("There is no mailbox of that name")
	x.Raw("e")
	x.See("This is a copy")
	x.Raw("\x1b[Z\x1b[Z\x15ana@example.org") // back to the address
	x.Until("the address", func(screen string) bool { return strings.Contains(screen, "To       ana@example.org\n") })
	x.Raw(ctrlS)
	x.See("y send")
	x.Raw("y")
	x.See("✓ sent      Figures")
	x.Raw("5")
	x.See("Sent 1")
	quits(t, x)
	if got := server.Messages(); len(got) != 1 || got[0].To[0] != "ana@example.org" || !strings.Contains(string(got[0].Text), "page 3.") {
		t.Errorf("delivered are %+v", got)
	}
}

// What is done by mistake is undone, also by who is quicker than the list.
func TestBuilt_UndoBringsBackWhatWasDone(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	for _, subject := range []string{"one", "two"} {
		p.Must("hello\n", "send", "--at", "tomorrow", "-s", subject, "--to", "ana@example.org")
	}
	x := atTerminal(t, p.Command())
	x.See("Scheduled 2")
	x.Raw("3")
	x.See("▌◷ scheduled two")
	x.Raw("\x1b2G") // alt+2: the second row
	x.See("▌◷ scheduled one")
	x.Raw("gH")
	x.See("u undo hold")
	x.Raw("jxu") // at once
	x.See(`Not cancelled any more: "`)
	x.See("▌◷ scheduled one")
	x.Raw("u")
	x.See(`Not held any more: "`)
	x.See("Scheduled 2")
	x.Raw("dy")
	x.See("brings it back")
	x.Raw("u")
	x.See(`Brought back: "`)
	x.See("Scheduled 2") // as what it was
	x.Raw("q")
	x.See("Quit? 2 messages wait for their time")
	x.Raw("y")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

// Who quits while mail is under way may wait for it, or leaves it to the next time.
func TestBuilt_QuittingWhileMailIsUnderWayLosesNothing(t *testing.T) {
	t.Parallel() // it waits for most of its time
	p := clitest.Install(t)
	server := startSandbox(t, "")
	p.Account(server.Addr())
	writeSettings(t, p, "undo_window = '3s'\n")
	write := func(x *uitest.Term, to string) {
		x.See("q quit")
		x.Raw("m" + to + "\tFigures\tThey are on page 3.")
		x.See("page 3.")
		x.Raw(ctrlS)
		x.See("y send")
		x.Raw("y")
		x.See("◷ undo")
	}
	x := atTerminal(t, p.Command())
	write(x, "ana@example.org")
	x.Raw("q")
	x.See("Quit? 1 message is under way")
	x.Raw("w")
	x.See("still to be taken back")
	if err := x.Wait(); err != nil { // by itself, when it is sent
		t.Errorf("it ended with %v\n%s", err, x.Screen())
	}
	if got := server.Messages(); len(got) != 1 {
		t.Errorf("%d messages arrived before it ended", len(got))
	}

	x = atTerminal(t, p.Command())
	write(x, "slow@example.org")
	x.See("confirming") // which takes 20 seconds
	x.Raw("q")
	x.See("Quit? 1 message is under way")
	x.Raw("y")
	if err := x.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, x.Screen())
	}
	if list := p.Must("", "list", "--state", "uncertain"); !strings.Contains(list, "slow@example.org") {
		t.Errorf("what may have arrived is not in doubt:\n%s", p.Must("", "list"))
	}
	p.Must("", "flush")
	if got := server.Messages(); len(got) > 2 {
		t.Errorf("%d messages arrived", len(got))
	}
}

// A campaign is begun, looked at and set right in the interface.
func TestBuilt_ACampaignIsFollowedInTheInterface(t *testing.T) {
	p := clitest.Install(t)
	server := startSandbox(t, "")
	p.Account(server.Addr())
	writeCampaign(t, p, 30)
	list := "email,name\nreject@example.org,Nobody\n" + strings.TrimPrefix(read(t, filepath.Join(p.Work, "people.csv")), "email,name\n")
	if err := os.WriteFile(filepath.Join(p.Work, "people.csv"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must("", "merge", "start", "letter.md", "people.csv", "--yes", "--hold")
	x := atTerminal(t, p.Command())
	x.See("Campaigns 1")
	x.Raw("6")
	x.See("‖ paused    letter")
	x.Raw("\r")
	x.See("31 not begun")
	if got := server.Messages(); len(got) != 0 {
		t.Errorf("%d letters went before that was said", len(got))
	}
	x.Raw("p")
	x.See("30 of 31 sent · 1 failed")
	x.See("✓ done")
	x.Raw("G")
	x.See("▌✓ sent      user29@example.org")
	x.Raw("f")
	x.See("▌✗ failed    reject@example.org")
	x.Raw("\r")
	x.See("There is no mailbox of that name")
	x.See("Hello Nobody")
	x.Raw("\x1b")
	x.See("── failed")
	x.Raw("\x1b")
	x.See("Campaigns 1")
	quits(t, x)
	if got := server.Messages(); len(got) != 30 {
		t.Errorf("%d letters arrived", len(got))
	}
}

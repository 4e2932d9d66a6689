package ui

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/internal/uitest"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// These are whole stories of the interface as a program, beside a sender, on a screen in
// this process; internal/cli tells more of them through a pty.

// sending runs Run beside a sender.
func sending(t *testing.T, transport outbox.Transport, undo time.Duration) (*uitest.Term, *outbox.Outbox) {
	t.Helper()
	b, err := openOutbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	policies := func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1"}, {Account: "home", Connections: 1, Revision: "1"}}
	}
	ended := make(chan error, 1)
	go func() { ended <- outbox.NewSender(b, transport, policies, slog.New(slog.DiscardHandler)).Run(ctx) }()
	t.Cleanup(func() { // after the Term's, which comes later
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		b.Close()
	})
	x := uitest.RunWith(t, 80, 24, func(onScreen ...tea.ProgramOption) error {
		return Run(ctx, Options{Outbox: b, Accounts: book(t), UndoWindow: undo, Sending: true}, onScreen...)
	})
	x.See("Nothing is on its way")
	return x, b
}

func TestStory_ARefusedLetterIsEditedSentAgainAndComesBack(t *testing.T) {
	x, b := sending(t, &outboxtest.Transport{Script: answers}, 0)
	x.Raw("mreject@example.org\tFigures\tThey are on page 3.")
	x.See("page 3.")
	x.Raw("\x13y")
	x.See("Drafts")
	x.Raw("4")
	x.See("▌✗ failed    Figures")
	x.See("There is no mailbox of that name at example.org.")
	x.Raw("E") // to who did not get it, at another address
	x.See("A copy for those who did not get it")
	x.Raw("\x15ana@example.org")
	x.Until("the address", func(screen string) bool { return strings.Contains(screen, "To       ana@example.org\n") })
	x.Raw("\x13")
	x.See("y send")
	x.Raw("y")
	x.See("✓ sent      Figures")

	all, err := b.List(t.Context(), outbox.Query{States: []outbox.State{outbox.StateSent}})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d are sent, %v", len(all), err)
	}
	taken, err := b.TakeReport(t.Context(), outbox.Arrived{Account: "work", Mail: strings.NewReader(fmt.Sprintf(returned, all[0].MessageID))})
	if err != nil {
		t.Fatalf("%+v, %v", taken, err)
	}
	x.See("✗ bounced   Figures") // where it was seen to be sent
	x.Raw("\r")
	x.See("550 5.1.1 no such mailbox")
	x.Raw("\x1b")
	x.See("Failed 1") // the first one is answered for by its copy
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

// returned is a report that a message with some Message-ID came back.
const returned = `From: MAILER-DAEMON@example.org
To: ada@example.org
Subject: Undelivered
Message-ID: <report@example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox

--b
Content-Type: text/rfc822-headers

Message-ID: %s

--b--
`

func TestStory_WhoTakesALetterBackWritesOnAndUndoes(t *testing.T) {
	transport := &outboxtest.Transport{Script: answers}
	x, _ := sending(t, transport, time.Minute)
	x.Raw("mana@example.org\tFigures\tThey are on page 3.")
	x.See("page 3.")
	x.Raw("\x13")
	x.See("y send")
	x.Raw("y")
	x.See("◷ undo")
	x.Raw("u")
	x.See("Taken back: it is a draft again.")
	x.See("Subject  Figures")
	x.Raw("\x1b")
	x.See("Drafts 1")
	x.Raw("1")
	x.See("Figures")
	x.Raw("d")
	x.See("Delete \"Figures\"?")
	x.Raw("yu") // at once: it is undone when it is done
	x.See(`Brought back: "`)
	x.See("Drafts 1")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
	if n := len(transport.Copies()); n != 0 {
		t.Errorf("%d copies left", n)
	}
}

func TestStory_WhoQuitsWhileALetterGoesOutWaitsForIt(t *testing.T) {
	half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
	x, b := sending(t, half, 0)
	x.Raw("mana@example.org\tFigures\tThey are on page 3.")
	x.See("page 3.")
	x.Raw("\x13")
	x.See("y send")
	x.Raw("y")
	<-half.reached
	x.See("50 %")
	x.Raw("q")
	x.See("Quit? 1 message is under way")
	x.Raw("w")
	x.See("1 being sent")
	close(half.goOn)
	if err := x.Wait(); err != nil { // by itself
		t.Error(err)
	}
	if n, err := b.Count(t.Context(), outbox.Query{States: []outbox.State{outbox.StateSent}}); err != nil || n != 1 {
		t.Errorf("%d are sent, %v", n, err)
	}
}

func TestStory_ACampaignIsPausedAndGoesOn(t *testing.T) {
	x, b := sending(t, &outboxtest.Transport{Script: answers}, 0)
	s := &story{t: t, box: b}
	s.start(outbox.CampaignSpec{Name: "members", Held: "held until somebody has looked at it"}, append(many(40), "reject@example.org")...)
	x.See("Campaigns 1")
	x.Raw("6\r")
	x.See("41 not begun")
	x.Raw("p")
	x.See("40 of 41 sent · 1 failed")
	x.See("✓ done")
	x.Raw("40G")
	x.See("▌✓ sent      user040@example.org")
	x.Raw("G\r")
	x.See("There is no mailbox of that name at example.org.")
	x.Raw("\x1b")
	x.See("── all rows")
	x.Raw("\x1b")
	x.See("Campaigns 1")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

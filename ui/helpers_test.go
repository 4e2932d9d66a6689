package ui

import (
	"context"
	"fmt"
	"log/slog"
	"net/mail"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/uitest"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// story is a person at the program, with a real outbox in virtual time.
type story struct {
	*uitest.Drive
	t         *testing.T
	dir       string
	model     *Model
	box       *outbox.Outbox
	transport *outboxtest.Transport
}

// tell runs a test in a bubble. setUp fills the outbox before the program
// starts; it may be nil.
func tell(t *testing.T, width, height int, options func(*Options), setUp func(*story), play func(*story)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &story{t: t}
		empty.begin(s)
		t.Cleanup(s.close)
		if setUp != nil {
			setUp(s)
		}
		o := Options{Outbox: s.box, Accounts: book(t), UndoWindow: 10 * time.Second, Sending: true, Theme: "dark"}
		if options != nil {
			options(&o)
		}
		s.model = New(t.Context(), o)
		s.model.zone = time.UTC
		s.Drive = uitest.NewDrive(t, s.model, width, height)
		play(s)
	})
}

func (s *story) open() {
	s.t.Helper()
	var err error
	if s.box, err = openOutbox(s.dir); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) close() {
	if err := s.box.Close(); err != nil {
		s.t.Errorf("close: %v", err)
	}
}

// sleep lets days pass while nothing is open, whose timers would make it long.
func (s *story) sleep(d time.Duration) {
	s.t.Helper()
	s.close()
	time.Sleep(d)
	s.open()
}

// dialogue is what is said in every attempt.
const dialogue = `0 * connected to smtp.example.org:465 (192.0.2.25:465)
38 * TLS 1.3 with TLS_AES_128_GCM_SHA256
61 < 220 smtp.example.org ESMTP
61 > EHLO [127.0.0.1]
82 < 250-smtp.example.org
82 < 250-PIPELINING
82 < 250 AUTH PLAIN
82 > AUTH PLAIN …
120 < 235 2.7.0 Authentication successful
121 > MAIL FROM:<ada@example.org>
121 > RCPT TO:<board@example.org>
121 > RCPT TO:<reject@example.org>
121 > DATA
143 < 250 2.1.0 Ok
143 < 250 2.1.5 Ok
143 < 550 5.1.1 <reject@example.org>: Recipient address rejected: User unknown in local recipient table
143 < 354 End data with <CR><LF>.<CR><LF>
144 * the message (349 bytes) and the final dot
12190 < 451 4.3.0 Error: queue file write error`

func openOutbox(dir string) (*outbox.Outbox, error) {
	return outbox.Open(context.Background(), outbox.Options{Dir: dir, State: dir, Render: render})
}

// book is two accounts, the first with a signature and a second address.
func book(t testing.TB) []accounts.Account {
	t.Helper()
	b, err := accounts.NewBook("work",
		accounts.Account{Name: "work", From: mail.Address{Name: "Ada Example", Address: "ada@example.org"},
			Identities: []string{"Ada <ada@lists.example.org>", "*@ada.example"}, Signature: "Ada\nexample.org",
			SMTP: accounts.SMTP{Host: "smtp.example.org"}, Limits: accounts.Limits{MaxSize: 25_000_000}},
		accounts.Account{Name: "home", From: mail.Address{Name: "Ada", Address: "ada@home.example"},
			SMTP: accounts.SMTP{Host: "mail.home.example"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return b.Accounts
}

func newTransport() *outboxtest.Transport {
	return &outboxtest.Transport{Script: answers, Dialogue: dialogue}
}

// answers is a server that goes by the name of the mailbox.
func answers(recipient string, try int) outbox.Result {
	name, _, _ := strings.Cut(recipient, "@")
	switch name {
	case "reject":
		return outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "5.1.1 <" + recipient + ">: Recipient address rejected"}
	case "spam": // which says nothing of the address
		return outbox.Result{Class: outbox.ClassPolicy, Code: 554, Enhanced: "5.7.1", Text: "5.7.1 taken for spam"}
	case "defer":
		return outbox.Result{Class: outbox.ClassTemporary, Code: 451, Enhanced: "4.7.1", Text: "4.7.1 try again later"}
	case "lost":
		return outbox.Result{Class: outbox.ClassUncertain, Text: "the line broke before the answer"}
	case "login":
		return outbox.Result{Class: outbox.ClassCredentials, Code: 535, Enhanced: "5.7.8", Text: "5.7.8 bad password"}
	case "quota":
		return outbox.Result{Class: outbox.ClassThrottled, Code: 450, Enhanced: "4.7.28", Text: "4.7.28 too many messages, try again later"}
	case "once":
		if try == 1 {
			return outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.2.1", Text: "5.2.1 not today"}
		}
	}
	return outboxtest.Accepted()
}

func draft(account, to, subject string) compose.Draft {
	from := map[string]string{"work": "Ada Example <ada@example.org>", "home": "Ada <ada@home.example>"}[account]
	return compose.Draft{Account: account, From: from, To: to, Subject: subject, Body: "Hello,\n\nsee you on Friday.\n"}
}

// queue puts a message into the outbox.
func (s *story) queue(d compose.Draft, o outbox.SubmitOptions) outbox.ID {
	s.t.Helper()
	id, err := s.box.Submit(s.t.Context(), d, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// queueMany queues n messages at once, so that they share their commits.
func queueMany(t testing.TB, b *outbox.Outbox, n int) {
	t.Helper()
	var all errgroup.Group
	all.SetLimit(256)
	for i := range n {
		all.Go(func() error {
			_, err := b.Submit(t.Context(), draft("work", "jo@example.org", fmt.Sprintf("Letter %d", i)), outbox.SubmitOptions{})
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
}

// deliver makes one pass of a sender, and shows the program what came of it.
func (s *story) deliver() {
	s.t.Helper()
	policies := func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1"}, {Account: "home", Connections: 1, Revision: "1"}}
	}
	sender := outbox.NewSender(s.box, s.transport, policies, slog.New(slog.DiscardHandler))
	if _, err := sender.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if s.Drive != nil {
		s.Advance(time.Second)
	}
}

// only gives the one item of a state.
func (s *story) only(state outbox.State) outbox.Item {
	s.t.Helper()
	all, err := s.box.List(s.t.Context(), outbox.Query{States: []outbox.State{state}, WithRecipients: true})
	if err != nil || len(all) != 1 {
		s.t.Fatalf("%d items are %s, %v", len(all), state, err)
	}
	return all[0]
}

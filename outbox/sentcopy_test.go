package outbox_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// cabinet is a Filer that answers from a script.
type cabinet struct {
	script func(try int) outbox.Result

	mu    sync.Mutex
	tries []outbox.FilingCopy
	texts []string
}

func (c *cabinet) File(_ context.Context, f outbox.FilingCopy) (outbox.Result, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries = append(c.tries, f)
	r, err := f.Open()
	if err != nil {
		return outbox.Result{Class: outbox.ClassMessage, Text: err.Error()}, ""
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil || int64(len(text)) != f.Size {
		return outbox.Result{Class: outbox.ClassMessage, Text: "not the message"}, ""
	}
	c.texts = append(c.texts, string(text))
	if c.script == nil {
		return outbox.Result{Class: outbox.ClassAccepted, Text: "Sent"}, ""
	}
	return c.script(len(c.tries)), "print"
}

func (c *cabinet) Rest() {}

// change lets the answers of the script change.
func (c *cabinet) change(how func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	how()
}

// last is the latest try.
func (c *cabinet) last() outbox.FilingCopy {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries[len(c.tries)-1]
}

func (c *cabinet) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.tries)
}

// copying are policies of an account that wants copies, at a revision.
func copying(revision *atomic.Int32) func() []outbox.Policy {
	return func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 2, Revision: fmt.Sprint(revision.Load()), SentCopy: true}, {Account: "home", Connections: 1, Revision: "1"}}
	}
}

func copyingSender(b *outbox.Outbox, transport outbox.Transport, c *cabinet) *outbox.Sender {
	s := sender(b, transport, copying(new(atomic.Int32)))
	s.Filer = c
	return s
}

func TestSentCopy_IsFiledOnceSomebodyHasTheMessage(t *testing.T) {
	b := open(t, t.TempDir())
	c := &cabinet{}
	refused := submit(t, b, draftTo("nobody@example.org"), outbox.SubmitOptions{})
	partly := submit(t, b, draftTo("ana@example.org", "nobody@example.org"), outbox.SubmitOptions{})
	bulk := submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{Bulk: true})
	home := draftTo("ana@example.org")
	home.Account = "home"
	other := submit(t, b, home, outbox.SubmitOptions{})
	transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		if recipient == "nobody@example.org" {
			return answer(outbox.ClassRejected, 550, "5.1.1 no such mailbox")
		}
		return outboxtest.Accepted()
	}}
	for range 2 {
		flush(t, copyingSender(b, transport, c))
	}
	if c.count() != 1 || c.tries[0].Item != partly || c.tries[0].Again || c.tries[0].Account != "work" || c.tries[0].Sent.IsZero() {
		t.Fatalf("filed %+v", c.tries)
	}
	if want := message(t, b, partly); c.texts[0] != want || !strings.Contains(want, c.tries[0].MessageID) {
		t.Errorf("filed %q, want %q", c.texts[0], want)
	}
	for id, want := range map[outbox.ID]outbox.SentCopy{partly: {State: outbox.CopyFiled, Text: "Sent"}, refused: {}, bulk: {}, other: {}} {
		if got := get(t, b, id).Copy; got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
}

// A copy that fails says nothing about the message, and has a schedule of its own.
func TestSentCopy_IsTriedAgainAndByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		answer := outbox.Result{Class: outbox.ClassNetwork, Text: "no \x1b[2Jroute"}
		c := &cabinet{script: func(int) outbox.Result { return answer }}
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- copyingSender(b, &outboxtest.Transport{}, c).Run(ctx) }()
		time.Sleep(4 * time.Hour)
		item := get(t, b, id)
		if item.State != outbox.StateSent || item.Copy.State != outbox.CopyWaiting || item.Copy.Text != "no \ufffd[2Jroute" || item.Copy.Next.IsZero() {
			t.Errorf("%s, %+v", item.State, item.Copy)
		}
		if n := c.count(); n < 7 || n > 12 || !c.last().Again {
			t.Errorf("tried %d times in four hours", n)
		}
		c.change(func() { answer = outbox.Result{Class: outbox.ClassMessage, Text: "NO [TOOBIG]"} })
		time.Sleep(2 * time.Hour)
		if got := get(t, b, id).Copy; got.State != outbox.CopyFailed {
			t.Errorf("after a refusal: %+v", got)
		}
		n := c.count()
		c.change(func() { answer = outbox.Result{Class: outbox.ClassAccepted, Text: "Sent"} })
		time.Sleep(2 * time.Hour)
		if c.count() != n {
			t.Error("it was tried though it was given up")
		}
		if err := b.Retry(t.Context(), id, outbox.RetryOptions{AnyAge: true}); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		if got := get(t, b, id); got.Copy.State != outbox.CopyFiled || !c.last().Again || got.Attempts != 1 {
			t.Errorf("by hand: %+v", got)
		}
		if err := b.Retry(t.Context(), id, outbox.RetryOptions{AnyAge: true}); err == nil {
			t.Error("what everybody has and is filed was tried again")
		}
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
}

// A mailbox that refuses the login is asked once, however much is sent.
func TestSentCopy_ARefusedLoginStopsTheAccountsCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		wrong := true
		c := &cabinet{script: func(int) outbox.Result {
			if wrong {
				return outbox.Result{Class: outbox.ClassCredentials, Text: "NO wrong password"}
			}
			return outbox.Result{Class: outbox.ClassAccepted, Text: "Sent"}
		}}
		var revision atomic.Int32
		s := sender(b, &outboxtest.Transport{}, copying(&revision))
		s.Filer = c
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- s.Run(ctx) }()
		var ids []outbox.ID
		for range 3 {
			ids = append(ids, submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}))
			time.Sleep(3 * time.Hour)
		}
		if c.count() != 1 {
			t.Errorf("asked %d times", c.count())
		}
		if got := get(t, b, ids[0]).Copy; got.State != outbox.CopyWaiting || got.Text != "NO wrong password" || !got.Next.IsZero() {
			t.Errorf("%+v", got)
		}
		check := func(why string, tries int, want outbox.CopyState) {
			t.Helper()
			time.Sleep(2 * time.Minute)
			if got := get(t, b, ids[2]).Copy; c.count() != tries || got.State != want {
				t.Errorf("%s: %d tries, %+v", why, c.count(), got)
			}
		}
		revision.Add(1)
		check("another setting", 2, outbox.CopyWaiting)
		if err := b.SecretOfMailboxIs(t.Context(), "work", "print"); err != nil {
			t.Error(err)
		}
		check("the same secret", 2, outbox.CopyWaiting)
		c.change(func() { wrong = false })
		if err := b.SecretOfMailboxIs(t.Context(), "work", "another"); err != nil {
			t.Error(err)
		}
		check("another secret", 5, outbox.CopyFiled)
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
}

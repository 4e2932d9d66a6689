package outbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// doorkeeper is a server that lets in who has the right password, and counts who
// knocks.
type doorkeeper struct {
	mu       sync.Mutex
	right    string
	password string // that the account has
	knocks   int
	takes    time.Duration // of a delivery, and of a refusal
}

func (k *doorkeeper) Deliver(ctx context.Context, d outbox.Delivery) outbox.Report {
	k.mu.Lock()
	k.knocks++
	password, refused := k.password, k.password != k.right
	k.mu.Unlock()
	report := outbox.Report{Server: "door:465"}
	result := outboxtest.Accepted()
	d.Progress(outbox.StepLogin, 0)
	if refused {
		report.Secret = password
		result = outbox.Result{Class: outbox.ClassCredentials, Code: 535, Text: "5.7.8 wrong"}
	} else {
		d.Progress(outbox.StepEnvelope, 0)
		report.Began = true
	}
	wait(ctx, k.takes)
	if !refused && d.Mark(ctx, nil) != nil {
		result = outbox.Result{Class: outbox.ClassNetwork, Text: "no mark"}
	}
	for range d.Recipients {
		report.Results = append(report.Results, result)
	}
	return report
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (k *doorkeeper) is(password string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.password = password
}

// A refused password is tried exactly once, however many connections there may
// be, and again only when it is another one: each time it changes.
func TestSender_TriesARefusedPasswordOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		for i := range 6 {
			submit(t, b, draftTo(fmt.Sprintf("user%d@example.org", i)), outbox.SubmitOptions{})
		}
		k := &doorkeeper{right: "right", password: "wrong", takes: time.Second}
		s := sender(b, k, policies(5))
		knocks := func(when string, want int) {
			t.Helper()
			if k.knocks != want {
				t.Errorf("%s: %d logins, want %d", when, k.knocks, want)
			}
		}
		runFor(t, s, time.Hour)
		knocks("wrong from the start", 1)

		tell := func(fingerprint string) {
			if err := b.SecretIs(t.Context(), "work", fingerprint); err != nil {
				t.Fatal(err)
			}
			runFor(t, s, 10*time.Minute)
		}
		tell("wrong")
		knocks("it is the same", 1)
		k.is("right")
		tell("right")
		if o := flush(t, s); o.Waiting != 0 {
			t.Fatalf("with the right one %+v", o)
		}
		sent := k.knocks
		k.is("wrong again")
		submit(t, b, draftTo("late@example.org"), outbox.SubmitOptions{})
		submit(t, b, draftTo("later@example.org"), outbox.SubmitOptions{})
		runFor(t, s, time.Hour)
		knocks("wrong again, after it was right", sent+1)
		tell("wrong again")
		knocks("and still", sent+1)
	})
}

// What was on its way on another connection when an account stopped says nothing
// about that: it does not let the others go on.
func TestSender_AnOldConnectionLiftsNoPark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		asked := 0
		transport := &outboxtest.Transport{
			Script: func(recipient string, _ int) outbox.Result {
				if recipient == "long@example.org" {
					return outboxtest.Accepted()
				}
				asked++
				return outbox.Result{Class: outbox.ClassThrottled, Code: 550, Enhanced: "5.4.5", Text: "daily limit", Limit: outbox.LimitDay}
			},
			During: func(ctx context.Context, d outbox.Delivery) error {
				if d.Recipients[0] == "long@example.org" {
					wait(ctx, time.Minute)
				}
				return nil
			},
		}
		submit(t, b, draftTo("long@example.org"), outbox.SubmitOptions{})
		for i := range 3 {
			submit(t, b, draftTo(fmt.Sprintf("user%d@example.org", i)), outbox.SubmitOptions{})
		}
		runFor(t, sender(b, transport, policies(2)), 12*time.Hour)
		if asked != 1 {
			t.Errorf("asked %d times in half a day, though the quota is used up", asked)
		}
	})
}

func TestAskAgain_IsBoundedInAllProcessesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		flush(t, sender(b, &doorkeeper{right: "right", password: "wrong"}, policies(1)))
		for _, c := range []struct {
			after time.Duration
			want  bool
		}{{0, true}, {time.Minute, false}, {8 * time.Minute, false}, {2 * time.Minute, true}} {
			time.Sleep(c.after)
			if may, err := b.AskAgain(t.Context(), "work", 10*time.Minute); err != nil || may != c.want {
				t.Errorf("after %v more: %t, %v", c.after, may, err)
			}
		}
		if may, err := b.AskAgain(t.Context(), "home", time.Minute); err != nil || may {
			t.Errorf("of an account that is not parked: %t, %v", may, err)
		}
	})
}

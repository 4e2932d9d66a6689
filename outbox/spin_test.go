package outbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// counting counts how often the sender asks for the accounts: once a dispatch.
func counting(n *int) func() []outbox.Policy {
	return func() []outbox.Policy {
		*n++
		return []outbox.Policy{{Account: "work", Connections: 2}}
	}
}

// slowly lets every delivery take a while.
func slowly(ctx context.Context, _ outbox.Delivery) error {
	select {
	case <-time.After(20 * time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// While something is on the wire and nothing more can be claimed, the sender
// sleeps: it must not wake itself by its own claims that find nothing.
func TestSender_SleepsWhileItWaits(t *testing.T) {
	const enough = 300 // looks in half a minute: one for every commit of others and every answer, and to spare
	t.Run("one item of several", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			submit(t, b, draftTo("other@example.org"), outbox.SubmitOptions{})
			id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
			looks := 0
			transport := &outboxtest.Transport{During: slowly}
			if _, err := sender(b, transport, counting(&looks)).FlushItem(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if looks > enough || transport.Tries("other@example.org") != 0 {
				t.Errorf("looked %d times; tried the other item %d times", looks, transport.Tries("other@example.org"))
			}
		})
	})
	t.Run("probing a parked account", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			for range 3 {
				submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
			}
			looks := 0
			transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
				return answer(outbox.ClassNetwork, 0, "no answer")
			}, During: slowly}
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
			defer stop()
			if err := sender(b, transport, counting(&looks)).Run(ctx); err != nil {
				t.Fatal(err)
			}
			if looks > enough {
				t.Errorf("looked %d times in two minutes", looks)
			}
		})
	})
}

// When an account goes on, its first try is not the message that stopped it.
func TestSender_TheOneThatParksAnAccountDoesNotStarveTheOthers(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		if recipient == "throttle@example.org" {
			return answer(outbox.ClassThrottled, 421, "4.7.0 too many messages")
		}
		return outboxtest.Accepted()
	}}
	submit(t, b, draftTo("throttle@example.org"), outbox.SubmitOptions{})
	s := sender(b, transport, policies(1))
	flush(t, s)
	good := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	if o := flush(t, s); o.Sent != 0 {
		t.Errorf("sent through a parked account: %+v", o)
	}
	if err := b.Retry(t.Context(), good, outbox.RetryOptions{}); err != nil {
		t.Fatal(err)
	}
	if o := flush(t, s); o.Sent != 1 {
		t.Errorf("after the retry: %+v", o)
	}
}

// A Flush sends what it finds interrupted, and what is queued while it runs.
func TestFlush_TakesWhatItRecoversAndWhatComesMeanwhile(t *testing.T) {
	b := open(t, t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	interrupted := &outboxtest.Transport{During: func(ctx context.Context, _ outbox.Delivery) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	}}
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	if err := sender(b, interrupted, policies(1)).Run(ctx); err != nil {
		t.Fatal(err)
	}
	late := false
	transport := &outboxtest.Transport{During: func(context.Context, outbox.Delivery) error {
		if !late {
			late = true
			submit(t, b, draftTo("kim@example.com"), outbox.SubmitOptions{})
		}
		return nil
	}}
	if o := flush(t, sender(b, transport, policies(1))); o.Sent != 2 || o.Waiting != 0 {
		t.Errorf("outcome %+v", o)
	}
}

func TestDelete_RemovesTheContentFile(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	id := submit(t, b, largeDraft(t), outbox.SubmitOptions{})
	if n := contentFiles(t, dir); n != 1 {
		t.Fatalf("%d content files", n)
	}
	if err := b.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if n := contentFiles(t, dir); n != 0 {
		t.Errorf("%d content files are left", n)
	}
	if _, err := b.Get(t.Context(), id); !errors.Is(err, outbox.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestSubmit_TheSameKeyQueuesOnceThoughTheItemHasMoved(t *testing.T) {
	b := open(t, t.TempDir())
	first := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Key: "k"})
	if err := b.Retry(t.Context(), first, outbox.RetryOptions{Account: "home"}); err != nil {
		t.Fatal(err)
	}
	if again := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Key: "k"}); again != first {
		t.Errorf("queued again as %s", again)
	}
}

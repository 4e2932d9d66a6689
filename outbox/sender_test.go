package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

func answer(class outbox.Class, code int, text string) outbox.Result {
	return outbox.Result{Class: class, Code: code, Text: text}
}

func TestFlush_EachRecipientHasATruthOfItsOwn(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		switch recipient {
		case "nobody@example.org":
			return answer(outbox.ClassRejected, 550, "5.1.1 no such \x1b[31mmailbox")
		case "grey@example.org":
			return answer(outbox.ClassTemporary, 451, "4.7.1 come back later")
		}
		return outboxtest.Accepted()
	}}
	id := submit(t, b, draftTo("ana@example.org", "nobody@example.org", "grey@example.org"), outbox.SubmitOptions{})
	if o := flush(t, sender(b, transport, policies(2))); o.Sent != 1 || o.Failed != 1 || o.Waiting != 1 {
		t.Errorf("outcome %+v", o)
	}
	item := get(t, b, id)
	got := states(item)
	if got["ana@example.org"] != "sent" || got["nobody@example.org"] != "failed" || got["grey@example.org"] != "waiting" {
		t.Errorf("recipients %v", got)
	}
	if item.State != outbox.StateWaiting || item.Reason != "5.1.1 no such �[31mmailbox" {
		t.Errorf("%s: %q", item.State, item.Reason)
	}
	attempts, err := b.Attempts(t.Context(), id)
	if err != nil || len(attempts) != 1 || len(attempts[0].Results) != 3 || attempts[0].Marked.IsZero() || attempts[0].Finished.IsZero() {
		t.Fatalf("attempts %+v, %v", attempts, err)
	}

	// What is put back to wait is not tried again before its time.
	flush(t, sender(b, transport, policies(2)))
	if n := transport.Tries("grey@example.org"); n != 1 {
		t.Errorf("tried %d times", n)
	}
	// By hand it is, and only what is open is.
	if err := b.Retry(t.Context(), id, outbox.RetryOptions{}); err != nil {
		t.Fatal(err)
	}
	flush(t, sender(b, transport, policies(2)))
	for address, want := range map[string]int{"ana@example.org": 1, "nobody@example.org": 2, "grey@example.org": 2} {
		if n := transport.Tries(address); n != want {
			t.Errorf("%s tried %d times, want %d", address, n, want)
		}
	}
}

func TestFlush_ARefusedLoginParksTheAccountAndBlamesNoMessage(t *testing.T) {
	b := open(t, t.TempDir())
	refused := true
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		if refused {
			return answer(outbox.ClassCredentials, 535, "5.7.8 bad password")
		}
		return outboxtest.Accepted()
	}}
	var ids []outbox.ID
	for range 5 {
		ids = append(ids, submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}))
	}
	s := sender(b, transport, policies(1))
	for range 3 {
		if o := flush(t, s); o.Waiting != 5 || o.Failed != 0 {
			t.Errorf("outcome %+v", o)
		}
	}
	if calls, _ := transport.Calls(); calls != 1 {
		t.Errorf("%d logins with a refused password", calls)
	}
	item := get(t, b, ids[0])
	if item.State != outbox.StateWaiting || item.Attempts != 0 {
		t.Errorf("%s after %d tries", item.State, item.Attempts)
	}
	parks, err := b.Parks(t.Context())
	if err != nil || len(parks) != 1 || parks[0].Account != "work" || !parks[0].Until.IsZero() || parks[0].Code != 535 {
		t.Fatalf("parks %+v, %v", parks, err)
	}

	refused = false
	if err := b.Retry(t.Context(), ids[2], outbox.RetryOptions{}); err != nil {
		t.Fatal(err)
	}
	if o := flush(t, s); o.Sent != 5 {
		t.Errorf("after the retry: %+v", o)
	}
	if parks, _ := b.Parks(t.Context()); len(parks) != 0 {
		t.Errorf("still parked: %+v", parks)
	}
}

func TestFlush_AChangedAccountIsTriedAgain(t *testing.T) {
	b := open(t, t.TempDir())
	revision := "1"
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		if revision == "1" {
			return answer(outbox.ClassCredentials, 535, "no")
		}
		return outboxtest.Accepted()
	}}
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	s := sender(b, transport, func() []outbox.Policy { return []outbox.Policy{{Account: "work", Revision: revision}} })
	flush(t, s)
	revision = "2"
	if o := flush(t, s); o.Sent != 1 {
		t.Errorf("outcome %+v", o)
	}
}

func TestFlush_TriesAnUnreachableAccountOncePerPass(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		return answer(outbox.ClassNetwork, 0, "cannot reach smtp.example.org:465: connection refused")
	}}
	for range 3 {
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	}
	s := sender(b, transport, policies(1))
	for pass := 1; pass <= 3; pass++ {
		if o := flush(t, s); o.Waiting != 3 {
			t.Errorf("pass %d: %+v", pass, o)
		}
		if calls, _ := transport.Calls(); calls != pass {
			t.Errorf("pass %d: %d connections", pass, calls)
		}
	}
}

func TestFlush_LeavesWhatIsHeldCancelledOrScheduled(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{}
	submit(t, b, draftTo("held@example.org"), outbox.SubmitOptions{Hold: true})
	submit(t, b, draftTo("later@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
	cancelled := submit(t, b, draftTo("cancelled@example.org"), outbox.SubmitOptions{})
	if err := b.Cancel(t.Context(), cancelled); err != nil {
		t.Fatal(err)
	}
	if o := flush(t, sender(b, transport, policies(1))); o.Sent+o.Failed+o.Uncertain+o.Waiting != 0 {
		t.Errorf("outcome %+v", o)
	}
	if calls, _ := transport.Calls(); calls != 0 {
		t.Errorf("%d deliveries", calls)
	}
}

func TestFlush_TwoProcessesDeliverEachMessageOnce(t *testing.T) {
	dir := t.TempDir()
	const count = 200
	first, second := open(t, dir), open(t, dir)
	for i := range count {
		submit(t, first, draftTo(fmt.Sprintf("user%d@example.org", i)), outbox.SubmitOptions{})
	}
	transport := &outboxtest.Transport{}
	var both sync.WaitGroup
	for _, b := range []*outbox.Outbox{first, second} {
		both.Go(func() {
			if o, err := sender(b, transport, policies(3)).Flush(t.Context()); err != nil || o.Waiting != 0 {
				t.Errorf("%+v, %v", o, err)
			}
		})
	}
	both.Wait()
	copies := transport.Copies()
	for c, n := range copies {
		if n != 1 {
			t.Errorf("%v has %d copies", c, n)
		}
	}
	if _, most := transport.Calls(); len(copies) != count || most > 3 {
		t.Errorf("%d messages, up to %d at once", len(copies), most)
	}
}

func TestSender_AStopBeforeTheMarkCountsForNothing(t *testing.T) {
	b := open(t, t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	transport := &outboxtest.Transport{During: func(ctx context.Context, _ outbox.Delivery) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	}}
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	if err := sender(b, transport, policies(1)).Run(ctx); err != nil {
		t.Fatal(err)
	}
	item := get(t, b, id)
	if item.State != outbox.StateWaiting || item.Attempts != 0 || item.NextAttempt.After(time.Now()) {
		t.Errorf("%s, %d tries, next %v", item.State, item.Attempts, item.NextAttempt)
	}
	if parks, _ := b.Parks(t.Context()); len(parks) != 0 {
		t.Errorf("parked by a stop: %+v", parks)
	}
}

func TestSender_APanicInTheTransportIsAFailedAttempt(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		if recipient == "poison@example.org" {
			panic("boom")
		}
		return outboxtest.Accepted()
	}}
	poison := submit(t, b, draftTo("poison@example.org"), outbox.SubmitOptions{})
	good := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, transport, policies(1)))
	if s := get(t, b, poison).State; s != outbox.StateWaiting {
		t.Errorf("the poisonous one is %s", s)
	}
	if s := get(t, b, good).State; s != outbox.StateSent {
		t.Errorf("the other one is %s", s)
	}
}

func TestSender_AnUncertainOneIsNotSentAgainByItself(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		return answer(outbox.ClassUncertain, 0, "no answer after the final dot")
	}}
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	s := sender(b, transport, policies(1))
	if o := flush(t, s); o.Uncertain != 1 || len(o.Doubtful) != 1 || o.Doubtful[0] != id {
		t.Errorf("outcome %+v", o)
	}
	flush(t, s)
	if err := b.Retry(t.Context(), id, outbox.RetryOptions{}); !errors.Is(err, outbox.ErrMayHaveArrived) {
		t.Errorf("a plain retry: %v, want ErrMayHaveArrived", err)
	}
	if n := transport.Tries("ana@example.org"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	transport.Script = nil
	if err := b.Retry(t.Context(), id, outbox.RetryOptions{ResendUncertain: true}); err != nil {
		t.Fatal(err)
	}
	if o := flush(t, s); o.Sent != 1 {
		t.Errorf("resent by hand: %+v", o)
	}
}

// A greylisted message is sent at its third try, a quarter of an hour or so of
// virtual time later, by a sender that nobody touches.
func TestSender_RetriesOnItsSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		transport := &outboxtest.Transport{Script: func(_ string, try int) outbox.Result {
			if try < 3 {
				return answer(outbox.ClassTemporary, 451, "4.7.1 greylisted")
			}
			return outboxtest.Accepted()
		}}
		start := time.Now()
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- sender(b, transport, policies(1)).Run(ctx) }()
		for range b.Watch(ctx) {
			if get(t, b, id).State == outbox.StateSent {
				break
			}
			if time.Since(start) > time.Hour {
				t.Fatal("not sent within an hour")
			}
		}
		took := time.Since(start)
		if took < 2*time.Minute || took > 5*time.Minute {
			t.Errorf("sent after %v, want after waits of about one and two minutes", took)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Deliveries go on by themselves while there is mail; an account that is gone
// from the policies must stop them all the same.
func TestSender_AQueueStopsWithItsAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		for range 20 {
			submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		}
		var calls, gone atomic.Int64
		transport := &outboxtest.Transport{During: func(ctx context.Context, d outbox.Delivery) error {
			if calls.Add(1) == 3 {
				gone.Store(1)
			}
			return slowly(ctx, d)
		}}
		o := flush(t, sender(b, transport, func() []outbox.Policy { return policies(1)()[gone.Load():] }))
		if o.Sent < 3 || o.Sent > 4 || o.Sent+o.Waiting != 20 {
			t.Errorf("%+v", o)
		}
	})
}

// A change of the settings ends a park before the next message does.
func TestStandingParks_AreNotThoseOfOtherSettings(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result { return answer(outbox.ClassCredentials, 535, "no") }}
	of := func(revision string) []outbox.Policy { return []outbox.Policy{{Account: "work", Revision: revision}} }
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, transport, func() []outbox.Policy { return of("1") }))
	for _, test := range []struct {
		policies []outbox.Policy
		want     int
	}{{of("1"), 1}, {of("2"), 0}, {of(""), 1}, {nil, 1}} {
		if parks, err := b.StandingParks(t.Context(), test.policies); err != nil || len(parks) != test.want {
			t.Errorf("by %+v: %+v, %v", test.policies, parks, err)
		}
	}
	if o, err := b.Plan(t.Context(), outbox.Work{Accounts: []string{"work"}}, of("2")); err != nil || o.Accounts[0].Stopped != "" {
		t.Errorf("%+v, %v", o, err)
	}
}

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

func stateOf(t *testing.T, b *outbox.Outbox, policies []outbox.Policy) outbox.AccountState {
	t.Helper()
	all, err := b.AccountStates(t.Context(), policies)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	return all[0]
}

func TestAccountStates_TellWhatIsUsedAndWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		limits := limited(outbox.Limits{PerHour: 2, PerDay: 500})
		p := limits()
		if s := stateOf(t, b, p); s.Unsent != 0 || !s.LastSent.IsZero() || s.Park != nil || len(s.Limits) != 2 || s.Limits[1].Room != 500 {
			t.Errorf("of an empty outbox: %+v", s)
		}
		submit(t, b, draftTo("ana@example.org", "ben@example.org"), outbox.SubmitOptions{})
		flush(t, sender(b, &outboxtest.Transport{}, limits))
		sent := time.Now()
		time.Sleep(time.Minute)
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Hold: true})
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
		s := stateOf(t, b, p)
		if s.Unsent != 3 || s.LastSent.Sub(sent).Abs() > time.Second || s.Park != nil {
			t.Errorf("%+v", s)
		}
		hour, dayLong := s.Limits[0], s.Limits[1]
		if hour.Window != time.Hour || hour.Used != 2 || hour.Room != 0 || hour.From.Sub(sent.Add(time.Hour)).Abs() > time.Second {
			t.Errorf("the hour is %+v", hour)
		}
		if dayLong.Window != 24*time.Hour || dayLong.Used != 2 || dayLong.Most != 500 || dayLong.Room != 498 || !dayLong.From.IsZero() {
			t.Errorf("the day is %+v", dayLong)
		}
		for account, want := range map[string]bool{"work": true, "home": false} {
			if got, err := b.HasSent(t.Context(), account); err != nil || got != want {
				t.Errorf("%s has sent: %t, %v", account, got, err)
			}
		}
		if other := stateOf(t, b, []outbox.Policy{{Account: "home"}}); other.Unsent != 0 || !other.LastSent.IsZero() {
			t.Errorf("another account is %+v", other)
		}
	})
}

func TestTryAgain_KnocksOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		k := &doorkeeper{right: "right", password: "wrong"}
		s := sender(b, k, policies(1))
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		flush(t, s)
		state := stateOf(t, b, policies(1)())
		if state.Park == nil || state.Park.Code != 535 {
			t.Fatalf("%+v", state)
		}
		changed := policies(1)()
		changed[0].Revision = "2"
		if s := stateOf(t, b, changed); s.Park != nil {
			t.Errorf("with other settings it still stands: %+v", s.Park)
		}
		again := func() {
			t.Helper()
			if err := b.TryAgain(t.Context(), "work", outbox.TryOptions{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // a pass tries nothing that was tried as it began
			flush(t, s)
		}
		flush(t, s)
		if k.knocks != 1 {
			t.Fatalf("it knocked %d times by itself", k.knocks)
		}
		again()
		if state := stateOf(t, b, policies(1)()); k.knocks != 2 || state.Park == nil || state.Park.Tries != 2 {
			t.Errorf("%d knocks, %+v", k.knocks, state.Park)
		}
		k.is("right")
		again()
		if item := get(t, b, id); item.State != outbox.StateSent {
			t.Errorf("it is %s", item.State)
		}
		again() // of an account that stands not still, nothing
	})
}

// What waits for the end of the park goes at once, and a day's quota is not run
// against unasked.
func TestTryAgain_AsksBeforeItGoesAgainstADaysQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		full := true
		transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
			if full {
				return outbox.Result{Class: outbox.ClassThrottled, Limit: outbox.LimitDay, Code: 550, Enhanced: "5.4.5", Text: "5.4.5 daily limit"}
			}
			return outboxtest.Accepted()
		}}
		s := sender(b, transport, policies(1))
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		flush(t, s)
		full = false
		time.Sleep(time.Second) // a pass tries nothing that was tried as it began
		if err := b.TryAgain(t.Context(), "work", outbox.TryOptions{}); !errors.Is(err, outbox.ErrDayLimit) {
			t.Errorf("got %v", err)
		}
		flush(t, s)
		if item := get(t, b, id); item.State != outbox.StateWaiting {
			t.Fatalf("it is %s", item.State)
		}
		if err := b.TryAgain(t.Context(), "work", outbox.TryOptions{AgainstLimit: true}); err != nil {
			t.Fatal(err)
		}
		flush(t, s)
		if item := get(t, b, id); item.State != outbox.StateSent {
			t.Errorf("it is %s", item.State)
		}
	})
}

// A sender that runs sees a new account at once when it is told, and not a minute
// later.
func TestAccountsChanged_WakesTheSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		known := make(chan []outbox.Policy, 1)
		known <- nil
		now := func() []outbox.Policy { all := <-known; known <- all; return all }
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- sender(b, &outboxtest.Transport{}, now).Run(ctx) }()
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		time.Sleep(2 * time.Second)
		<-known
		known <- policies(1)()
		b.AccountsChanged()
		time.Sleep(time.Second)
		if item := get(t, b, id); item.State != outbox.StateSent {
			t.Errorf("it is %s", item.State)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

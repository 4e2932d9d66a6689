package outbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
	"sendoff/outbox/pace"
)

func TestOutlook_SaysWhyACampaignWaitsUntilItIsOver(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("work"), rowsFor(3, 1))
	look := func() outbox.Outlook {
		t.Helper()
		o, err := b.Outlook(t.Context(), campaign(t, b, id), policies(1)(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := look(); o.Waits != outbox.NobodySends || !strings.HasPrefix(o.Forecast, "3 messages") || o.Done.IsZero() {
		t.Errorf("%+v", o)
	}
	if err := b.PauseCampaign(t.Context(), id, "by hand"); err != nil {
		t.Fatal(err)
	}
	if o := look(); o.Waits != "paused: by hand" || !o.Until.IsZero() {
		t.Errorf("paused: %+v", o)
	}
	if err := b.ResumeCampaign(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	if o := look(); o != (outbox.Outlook{}) {
		t.Errorf("done: %+v", o)
	}
}

// The time of a campaign does not hide that nobody would send it then.
func TestOutlook_SaysThatNothingSendsWhateverElseItWaitsFor(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	for name, change := range map[string]func(*outbox.CampaignSpec){
		"begins ": func(s *outbox.CampaignSpec) { s.NotBefore = time.Now().Add(24 * time.Hour) },
		"only ":   func(s *outbox.CampaignSpec) { s.Hours = closedHours(t) },
	} {
		spec := specOf("work")
		spec.Name = strings.TrimSpace(name)
		change(&spec)
		id := start(t, b, spec, rowsFor(3, 1))
		o, err := b.Outlook(t.Context(), campaign(t, b, id), policies(1)(), time.Now())
		if err != nil || !strings.HasPrefix(o.Waits, name) || o.Until.IsZero() || o.Unsent == "" || !strings.HasSuffix(o.Why(), ", but "+outbox.NobodySends) {
			t.Errorf("%+v, %v", o, err)
		}
	}
}

// What waits for another try is not done before that, and what a person has to let go
// is promised for no time.
func TestOutlook_PromisesNothingThatItCannotKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		spec := specOf("work")
		spec.Canary = 1
		id := start(t, b, spec, rowsFor(3, 1))
		look := func() outbox.Outlook {
			t.Helper()
			o, err := b.Outlook(t.Context(), campaign(t, b, id), policies(1)(), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		if o := look(); o.Forecast != "3 messages: the first goes, then it pauses until it is resumed" || !o.Done.IsZero() {
			t.Errorf("a canary: %+v", o)
		}
		s := sender(b, &outboxtest.Transport{Script: func(_ string, try int) outbox.Result {
			if try == 1 {
				return putOff
			}
			return outboxtest.Accepted()
		}}, policies(1))
		runFor(t, s, 2*time.Hour) // the first is through
		if o := look(); o.Forecast != "2 messages" || !o.Done.IsZero() || o.Waits != "paused: the first is through: resume it for the rest" {
			t.Errorf("paused: %+v", o)
		}
		try(t, b.ResumeCampaign(t.Context(), id))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(20 * time.Second)
		var last, first time.Time
		for _, row := range campaignRows(t, b, id, "waiting") {
			next := row.Recipient.NextAttempt
			if next.After(last) {
				last = next
			}
			if first.IsZero() || next.Before(first) {
				first = next
			}
		}
		o := look()
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if !o.Done.Equal(last) || !o.Until.Equal(first) || !strings.HasPrefix(o.Forecast, "2 messages: the last is tried again ") ||
			o.Waits != "all that is left is tried again, next "+pace.When(first, time.Now()) {
			t.Errorf("%+v, tried from %s to %s", o, first, last)
		}
	})
}

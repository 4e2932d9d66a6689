package outbox_test

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
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
		if err != nil || !strings.HasPrefix(o.Waits, name) || o.Until.IsZero() || !o.Unsent || !strings.HasSuffix(o.Why(), ", but "+outbox.NobodySends) {
			t.Errorf("%+v, %v", o, err)
		}
	}
}

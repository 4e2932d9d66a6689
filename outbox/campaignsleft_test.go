package outbox_test

import (
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

func TestCampaignsLeft_CountsWhatIsLeftOfCampaignsByWhatItWaitsFor(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*outbox.CampaignSpec)
		still  []string
		want   outbox.CampaignsLeft
	}{
		"now":              {func(*outbox.CampaignSpec) {}, nil, outbox.CampaignsLeft{Now: 5}},
		"tomorrow":         {func(s *outbox.CampaignSpec) { s.NotBefore = time.Now().Add(24 * time.Hour) }, nil, outbox.CampaignsLeft{Scheduled: 5}},
		"in its hours":     {func(s *outbox.CampaignSpec) { s.Hours = closedHours(t) }, nil, outbox.CampaignsLeft{Later: 5}},
		"one stands":       {func(s *outbox.CampaignSpec) { s.Accounts = specOf("work", "home").Accounts }, []string{"work"}, outbox.CampaignsLeft{Now: 5}},
		"account stands":   {func(*outbox.CampaignSpec) {}, []string{"work"}, outbox.CampaignsLeft{Later: 5}},
		"held by a person": {func(s *outbox.CampaignSpec) { s.Held = "held until it is resumed" }, nil, outbox.CampaignsLeft{Paused: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			b := openCampaigns(t, t.TempDir())
			defer b.Close()
			spec := specOf("work")
			test.change(&spec)
			start(t, b, spec, rowsFor(5, 1))
			if got, err := b.CampaignsLeft(t.Context(), test.still); err != nil || got != test.want {
				t.Errorf("%+v, %v; want %+v", got, err, test.want)
			}
			under, err := b.UnderWay(t.Context(), outbox.Still{Later: test.still})
			if want := (outbox.UnderWay{Unmade: test.want.Now, Later: test.want.Later + test.want.Scheduled}); err != nil || under != want {
				t.Errorf("%+v, %v; want %+v", under, err, want)
			}
		})
	}
}

// What was made and is held for the hours is no waiting item, and goes by itself.
func TestCampaignsLeft_CountsWhatTheHoursHold(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	spec := specOf("work")
	start(t, b, spec, rowsFor(3, 1))
	later := &outboxtest.Transport{Script: func(string, int) outbox.Result { return answer(outbox.ClassTemporary, 451, "4.7.1 try again") }}
	flushSoon(t, sender(b, later, policies(1)))
	if got, err := b.CampaignsLeft(t.Context(), nil); err != nil || got != (outbox.CampaignsLeft{}) {
		t.Fatalf("items: %+v, %v", got, err)
	}
	b.Close()
	query(t, dir, "UPDATE campaigns SET hours = '"+closedHours(t).String()+"'")
	b = openCampaigns(t, dir)
	defer b.Close()
	if o := flushSoon(t, sender(b, later, policies(1))); o.Waiting != 3 || o.Paused != 0 {
		t.Errorf("%+v", o)
	}
	if got, err := b.CampaignsLeft(t.Context(), nil); err != nil || got != (outbox.CampaignsLeft{Later: 3}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFlush_TellsWhatACampaignHasLeft(t *testing.T) {
	for name, test := range map[string]struct {
		change                           func(*outbox.CampaignSpec)
		sent, waiting, scheduled, paused int
	}{
		"first letters":    {func(s *outbox.CampaignSpec) { s.Canary = 2 }, 2, 0, 0, 3},
		"held by a person": {func(s *outbox.CampaignSpec) { s.Held = "held until it is resumed" }, 0, 0, 0, 5},
		"tomorrow":         {func(s *outbox.CampaignSpec) { s.NotBefore = time.Now().Add(24 * time.Hour) }, 0, 0, 5, 0},
		"in its hours":     {func(s *outbox.CampaignSpec) { s.Hours = closedHours(t) }, 0, 5, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := openCampaigns(t, t.TempDir())
			defer b.Close()
			spec := specOf("work")
			test.change(&spec)
			start(t, b, spec, rowsFor(5, 1))
			if o := flushSoon(t, sender(b, &outboxtest.Transport{}, policies(1))); o.Sent != test.sent || o.Waiting != test.waiting || o.Scheduled != test.scheduled || o.Paused != test.paused {
				t.Errorf("%+v", o)
			}
		})
	}
}

// Nothing is late that somebody wants later, be it a message or a campaign.
func TestFlush_CountsApartWhatIsScheduled(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	tomorrow := time.Now().Add(24 * time.Hour)
	spec := specOf("work")
	spec.NotBefore = tomorrow
	start(t, b, spec, rowsFor(5, 1))
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: tomorrow})
	if o := flushSoon(t, sender(b, &outboxtest.Transport{}, policies(1))); o.Waiting != 0 || o.Scheduled != 6 {
		t.Errorf("%+v", o)
	}
	submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{})
	later := &outboxtest.Transport{Script: func(string, int) outbox.Result { return answer(outbox.ClassTemporary, 451, "4.7.1 try again") }}
	if o := flushSoon(t, sender(b, later, policies(1))); o.Waiting != 1 || o.Scheduled != 6 {
		t.Errorf("%+v", o)
	}
}

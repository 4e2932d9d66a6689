package outbox_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
	"sendoff/outbox/pace"
)

func TestCampaign_BeginsAtItsTimeAndAsksWhenThatWasMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		spec := specOf("work")
		spec.NotBefore = time.Now().Add(2 * time.Hour)
		id := start(t, b, spec, rowsFor(3, 1))
		transport := &outboxtest.Transport{}
		s := sender(b, transport, policies(1))
		runFor(t, s, 2*time.Hour-time.Second)
		if c := campaign(t, b, id); c.Counts.Ready != 3 {
			t.Errorf("too early: %+v", c)
		}
		runFor(t, s, 2*time.Minute)
		if c := campaign(t, b, id); c.Counts.Sent != 3 {
			t.Errorf("%+v", c)
		}

		spec.Name, spec.NotBefore = "late", time.Now().Add(time.Hour)
		late := start(t, b, spec, rowsFor(3, 1))
		time.Sleep(2*time.Hour + time.Minute)
		runFor(t, s, time.Minute)
		if c := campaign(t, b, late); c.State != outbox.CampaignPaused || !strings.Contains(c.Reason, "missed") || c.Counts.Ready != 3 {
			t.Errorf("%+v", c)
		}
		if err := b.ResumeCampaign(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		runFor(t, s, time.Minute)
		if c := campaign(t, b, late); c.State != outbox.CampaignDone || c.Counts.Sent != 3 {
			t.Errorf("%+v", c)
		}
	})
}

func TestCampaign_LeavesWithinItsHoursAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which begins at midnight UTC
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		spec := specOf("work")
		var err error
		if spec.Hours, err = pace.ParseHours("00:10-00:15,00:25-00:45 UTC"); err != nil {
			t.Fatal(err)
		}
		id := start(t, b, spec, rowsFor(100, 3))
		var came arrivals
		transport := &outboxtest.Transport{During: func(ctx context.Context, d outbox.Delivery) error {
			time.Sleep(10 * time.Second)
			return came.during(ctx, d)
		}}
		s := sender(b, transport, policies(1))
		runFor(t, s, 20*time.Minute)
		runFor(t, s, 30*time.Minute)
		for _, at := range came {
			if at := at.UTC().Format("15:04"); at < "00:10" || at > "00:15" && at < "00:25" || at > "00:45" {
				t.Errorf("one left at %s", at)
			}
		}
		oneCopyEach(t, transport, 100)
		if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Finished.Sub(c.Begun) < 20*time.Minute {
			t.Errorf("%+v", c)
		}
	})
}

func TestCampaign_ACanaryGoesFirstAndAsks(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	spec := specOf("work")
	spec.Canary = 5
	id := start(t, b, spec, rowsFor(100, 1))
	transport := &outboxtest.Transport{}
	s := sender(b, transport, policies(3))
	flush(t, s)
	c := campaign(t, b, id)
	if c.State != outbox.CampaignPaused || !strings.Contains(c.Reason, "the first 5") || c.Counts.Sent != 5 {
		t.Errorf("%+v", c)
	}
	for i, r := range campaignRows(t, b, id, "sent") {
		if r.Number != i+1 {
			t.Errorf("row %d has gone", r.Number)
		}
	}
	if err := b.ResumeCampaign(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	flush(t, s)
	oneCopyEach(t, transport, 100)
}

func TestCampaign_StopsWhenItsListIsOld(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("work"), rowsFor(1000, 10))
	transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		if strings.HasPrefix(recipient, "user1") { // 112 of them
			return answer(outbox.ClassRejected, 550, "5.1.1 no such mailbox "+recipient)
		}
		return outboxtest.Accepted()
	}}
	s := sender(b, transport, policies(2))
	flush(t, s)
	c := campaign(t, b, id)
	if c.State != outbox.CampaignPaused || !strings.Contains(c.Reason, "addresses are wrong") || c.Counts.Failed < 10 || c.Counts.Failed > 60 || c.Counts.Ready == 0 {
		t.Errorf("%+v", c)
	}
	// Who goes on has seen it: what was before does not stop it at once.
	if err := b.ResumeCampaign(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	before := c.Counts.Sent
	flush(t, s)
	if c := campaign(t, b, id); c.Counts.Sent < before+20 {
		t.Errorf("resumed, it sends %d: %s", c.Counts.Sent-before, c.Reason)
	}
}

func TestCampaign_StopsWhenItIsTakenForSpam(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("work"), rowsFor(500, 10))
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result { return answer(outbox.ClassPolicy, 554, "5.7.1 spam") }}
	flush(t, sender(b, transport, policies(1)))
	if c := campaign(t, b, id); c.State != outbox.CampaignPaused || !strings.Contains(c.Reason, "spam") || c.Counts.Failed > 50 {
		t.Errorf("%+v", c)
	}
}

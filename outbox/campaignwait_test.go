package outbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
	"sendoff/outbox/pace"
)

// flushSoon fails when a flush goes on for ever.
func flushSoon(t *testing.T, s *outbox.Sender) outbox.Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	o, err := s.Flush(ctx)
	if err != nil || ctx.Err() != nil {
		t.Fatalf("%v, %v", err, ctx.Err())
	}
	return o
}

// closedHours are some that begin in two hours, in UTC.
func closedHours(t *testing.T) pace.Hours {
	t.Helper()
	now := time.Now().UTC()
	hours, err := pace.ParseHours(now.Add(2*time.Hour).Format("15:04") + "-" + now.Add(3*time.Hour).Format("15:04") + " UTC")
	if err != nil {
		t.Fatal(err)
	}
	return hours
}

func TestCampaign_AFlushOutsideItsHoursEnds(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	spec := specOf("work")
	spec.Hours = closedHours(t)
	id := start(t, b, spec, rowsFor(3, 1))
	transport := &outboxtest.Transport{}
	if o := flushSoon(t, sender(b, transport, policies(1))); o.Sent != 0 || o.Waiting != 3 {
		t.Errorf("%+v", o)
	}
	if c := campaign(t, b, id); c.State != outbox.CampaignRunning || c.Counts.Ready != 3 {
		t.Errorf("%+v", c)
	}
}

func TestCampaign_AFlushWhoseCanaryIsPutOffEnds(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	spec := specOf("work")
	spec.Canary = 3
	id := start(t, b, spec, rowsFor(20, 1))
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result { return answer(outbox.ClassTemporary, 451, "4.7.1 try again") }}
	flushSoon(t, sender(b, transport, policies(1)))
	if c := campaign(t, b, id); c.State != outbox.CampaignRunning || c.Counts.Waiting != 3 || c.Counts.Ready != 17 {
		t.Errorf("%+v", c)
	}
}

// A campaign that cannot be read holds up neither its neighbour nor a pause.
func TestCampaign_OneThatIsDamagedStopsNoOther(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	spec := specOf("work")
	spec.Name = "damaged"
	start(t, b, spec, rowsFor(3, 1))
	spec.Name = "sound"
	sound := start(t, b, spec, rowsFor(300, 1))
	b.Close()
	query(t, dir, "UPDATE campaigns SET hours = 'never' WHERE name = 'damaged'")
	b = openCampaigns(t, dir)
	defer b.Close()
	transport := &outboxtest.Transport{}
	s := sender(b, transport, policies(2))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := s.Flush(ctx); err == nil || !strings.Contains(err.Error(), "campaign damaged") {
		t.Errorf("%v", err)
	}
	if c := campaign(t, b, sound); c.State != outbox.CampaignDone || c.Counts.Sent != 300 {
		t.Errorf("%+v", c)
	}
}

// A paused campaign of which something waits, as after a crash between two commits
// of the pause, is held even where another campaign is damaged.
func TestCampaign_APauseIsKeptBesideADamagedOne(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	spec := specOf("work")
	spec.Name, spec.NotBefore = "damaged", time.Now().Add(time.Hour)
	start(t, b, spec, rowsFor(3, 1))
	spec.Name, spec.NotBefore = "paused", time.Time{}
	paused := start(t, b, spec, rowsFor(20, 1))
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result { return answer(outbox.ClassTemporary, 451, "4.7.1 try again") }}
	flushSoon(t, sender(b, transport, policies(1)))
	b.Close()
	query(t, dir, "UPDATE campaigns SET state = iif(name = 'paused', 3, state), not_before = 0")
	query(t, dir, "UPDATE campaigns SET hours = 'never' WHERE name = 'damaged'")
	b = openCampaigns(t, dir)
	defer b.Close()
	before, _ := transport.Calls()
	if _, err := sender(b, transport, policies(1)).Flush(t.Context()); err == nil {
		t.Error("nothing is wrong")
	}
	held, err := b.Count(t.Context(), outbox.Query{Campaign: paused, States: []outbox.State{outbox.StateHeld}})
	if after, _ := transport.Calls(); err != nil || held != 20 || after != before {
		t.Errorf("%d held, %v, %d letters have left", held, err, after-before)
	}
}

// A campaign, and a row, that cannot be read are shown as such, hide no other, and are
// told; nothing lets such a campaign go on, and it can be ended.
func TestCampaigns_ShowWhatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	spec := specOf("work")
	spec.Name, spec.Held = "damaged", "by hand"
	damaged := start(t, b, spec, rowsFor(3, 1))
	spec.Name = "sound"
	sound := start(t, b, spec, rowsFor(3, 1))
	b.Close()
	query(t, dir, "UPDATE campaigns SET hours = 'never' WHERE name = 'damaged'")
	query(t, dir, "UPDATE campaign_rows SET cells = '[' WHERE number = 2")
	b = openCampaigns(t, dir)
	all, err := b.Campaigns(t.Context())
	if err != nil || len(all) != 2 || all[0].Damage != "" || !strings.Contains(all[1].Damage, "hours") || all[1].Reason != all[1].Damage {
		t.Fatalf("%+v, %v", all, err)
	}
	if o, err := b.Outlook(t.Context(), all[1], nil, time.Now()); err != nil || o.Waits != all[1].Damage {
		t.Errorf("%+v, %v", o, err)
	}
	for _, id := range []outbox.CampaignID{damaged, sound} {
		rows := campaignRows(t, b, id)
		if len(rows) != 3 || len(rows[1].Cells) != len(all[0].Columns) || !strings.Contains(rows[1].Reason, "damaged") || rows[2].Reason != "" {
			t.Errorf("%+v", rows)
		}
	}
	found, err := b.Check(t.Context(), outbox.CheckOptions{})
	if err != nil || len(found) != 3 {
		t.Errorf("%+v, %v", found, err)
	}
	for _, d := range found {
		if d.Kind != outbox.DamagedCampaign || !strings.Contains(d.Text, "campaign ") {
			t.Errorf("%+v", d)
		}
	}
	if err := b.ResumeCampaign(t.Context(), damaged); !errors.Is(err, outbox.ErrCorrupt) {
		t.Errorf("it goes on: %v", err)
	}
	wantCampaign(t, b, damaged, outbox.CampaignPaused)
	try(t, b.ResumeCampaign(t.Context(), sound))
	b.Close()

	query(t, dir, "DROP INDEX items_due")
	rebuild(t, dir)
	b = openCampaigns(t, dir)
	defer b.Close()
	checkSound(t, b)
	if c := campaign(t, b, damaged); c.Damage != "" || c.State != outbox.CampaignPaused || !strings.Contains(c.Reason, "its hours are lost") || c.Counts.Failed != 1 {
		t.Errorf("%+v", c)
	}
	try(t, b.CancelCampaign(t.Context(), damaged))
}

// What was made of a campaign before its hours were lost does not leave at any hour.
func TestCampaign_WhatWaitsOfADamagedOneIsHeld(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	_, item, _ := letterOf(t, b, putOff)
	b.Close()
	query(t, dir, "UPDATE campaigns SET hours = 'never'; UPDATE items SET next_at = 1; UPDATE recipients SET next_at = 1")
	b = openCampaigns(t, dir)
	defer b.Close()
	transport := &outboxtest.Transport{}
	if _, err := sender(b, transport, policies(1)).Flush(t.Context()); err == nil {
		t.Error("nothing is wrong")
	}
	if n, _ := transport.Calls(); n != 0 || !get(t, b, item).Halted {
		t.Errorf("%d letters have left, it is %s", n, get(t, b, item).State)
	}
}

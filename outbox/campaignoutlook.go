package outbox

import (
	"context"
	"time"

	"sendoff/outbox/pace"
)

// Outlook is what is to be expected of a campaign, as of now.
type Outlook struct {
	PerMinute int       // letters that came to their end in the last minute
	Done      time.Time // when all will have gone, by the limits of the accounts and the tries that are planned; zero: nobody knows, as while it is paused
	Forecast  string    // the same in words, or how much is left; "" if nothing is
	Course    string    // Forecast behind how much is left: ": done today 14:10"; "" if nothing is promised
	Brief     string    // what Forecast ends with, for where there is no room for all; "" if nothing is promised
	Waits     string    // why nothing goes now; "": something may
	Until     time.Time // when that ends by itself; zero: it does not
	Unsent    string    // why it does not go on, whatever it waits for: no process sends, or the one that should stands still; "": one does
}

// Why is what the campaign waits for, with that nothing is sending; "" if it does not
// wait.
func (o Outlook) Why() string {
	if o.Unsent != "" && o.Waits != o.Unsent {
		return o.Waits + ", but " + o.Unsent
	}
	return o.Waits
}

// Outlook looks ahead. The one of a campaign that is over is the zero Outlook.
func (b *Outbox) Outlook(ctx context.Context, c Campaign, policies []Policy, now time.Time) (o Outlook, err error) {
	if c.State == CampaignDone || c.State == CampaignCancelled {
		return o, nil
	}
	work, err := b.WorkOf(ctx, c)
	if err != nil {
		return o, err
	}
	plan, err := b.Plan(ctx, work, policies)
	if err != nil {
		return o, err
	}
	if o.PerMinute, err = b.SentSince(ctx, c.ID, now.Add(-time.Minute)); err != nil {
		return o, err
	}
	var sender SenderSeen
	if c.State == CampaignRunning {
		sender = b.Sender()
		o.Unsent = sender.Unsent()
	}
	if c.Counts.Open() > 0 {
		forecast := plan.Forecast(now)
		if o.Forecast = forecast.Left(); c.State != CampaignPaused && sender.State != SenderStill { // else when that ends is for a person to say
			o.Done, o.Forecast, o.Brief = forecast.Done, plan.Words(forecast, now), plan.Brief(forecast, now)
			o.Course = plan.Course(forecast, now)
		}
	}
	o.Waits, o.Until = c.waits(plan, now)
	if o.Waits == "" {
		o.Waits = o.Unsent
	}
	return o, nil
}

// waits says why no letter of a campaign leaves while something sends; "" if one may.
func (c Campaign) waits(plan pace.Plan, now time.Time) (string, time.Time) {
	wait, waits := plan.Wait(now)
	switch {
	case c.State == CampaignImporting:
		return "its rows are being stored, or that was broken off", time.Time{}
	case c.Damage != "":
		return c.Damage, time.Time{}
	case c.State == CampaignPaused && c.Reason == "":
		return "paused", time.Time{}
	case c.State == CampaignPaused:
		return "paused: " + c.Reason, time.Time{}
	case waits:
		return wait.Text, wait.Until
	case c.Counts.Ready+c.Counts.Sending > 0 || c.Counts.Waiting == 0:
		return "", time.Time{}
	case plan.Again.IsZero():
		return "all that is left is held", time.Time{}
	case plan.Again.After(now):
		return "all that is left is tried again, next " + pace.When(plan.Again, now), plan.Again
	}
	return "", time.Time{}
}

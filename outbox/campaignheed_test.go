package outbox_test

import (
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
	"sendoff/outbox/pace"
)

// letterOf is a campaign of one row whose letter the server has answered so, and
// accepts from then on.
func letterOf(t *testing.T, b *outbox.Outbox, first outbox.Result) (outbox.CampaignID, outbox.ID, *outbox.Sender) {
	t.Helper()
	id := start(t, b, specOf("work"), rowsFor(1, 1))
	s := sender(b, &outboxtest.Transport{Script: func(_ string, try int) outbox.Result {
		if try == 1 {
			return first
		}
		return outboxtest.Accepted()
	}}, policies(1))
	flush(t, s)
	return id, campaignRows(t, b, id)[0].Item, s
}

var (
	putOff  = answer(outbox.ClassTemporary, 451, "4.7.1 try again")
	refused = answer(outbox.ClassMessage, 554, "5.6.0 malformed")
)

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCampaign(t *testing.T, b *outbox.Outbox, id outbox.CampaignID, want outbox.CampaignState) {
	t.Helper()
	if c := campaign(t, b, id); c.State != want || want == outbox.CampaignRunning && !c.Finished.IsZero() {
		t.Errorf("the campaign is %s, not %s, finished %v", c.State, want, c.Finished)
	}
}

func TestUndo_OfAHoldInAPausedCampaignGoesOnWithIt(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id, item, _ := letterOf(t, b, putOff)
	actOn(t, b, outbox.ActionHold, item)
	try(t, b.PauseCampaign(t.Context(), id, "by hand"))
	undoLast(t, b)
	wantState(t, b, outbox.StateHeld, item)
	try(t, b.ResumeCampaign(t.Context(), id))
	wantState(t, b, outbox.StateWaiting, item)
}

func TestHold_ByAPersonOutlastsAPause(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id, item, _ := letterOf(t, b, putOff)
	try(t, b.PauseCampaign(t.Context(), id, "by hand"))
	try(t, b.Hold(t.Context(), item))
	try(t, b.ResumeCampaign(t.Context(), id))
	wantState(t, b, outbox.StateHeld, item)
}

func TestUndo_OfAReleaseInAPausedCampaignHoldsForWhomItWasHeld(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id, item, _ := letterOf(t, b, putOff)
	try(t, b.Hold(t.Context(), item))
	try(t, b.PauseCampaign(t.Context(), id, "by hand"))
	actOn(t, b, outbox.ActionRelease, item)
	wantState(t, b, outbox.StateHeld, item) // the campaign is paused all the same
	if u := undoLast(t, b); len(u.Items) != 1 || u.Left != 0 {
		t.Errorf("%+v", u)
	}
	wantState(t, b, outbox.StateHeld, item)
	try(t, b.ResumeCampaign(t.Context(), id))
	wantState(t, b, outbox.StateHeld, item)
}

// Who releases a letter that its campaign holds is told, and not that it is due.
func TestRelease_OfALetterThatItsCampaignHolds(t *testing.T) {
	for name, hold := range map[string]func(*testing.T, *outbox.Outbox, outbox.CampaignID){
		"paused": func(t *testing.T, b *outbox.Outbox, id outbox.CampaignID) {
			try(t, b.PauseCampaign(t.Context(), id, "by hand"))
		},
		"outside of its hours": func(*testing.T, *outbox.Outbox, outbox.CampaignID) { time.Sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which begins at midnight UTC
				b := openCampaigns(t, t.TempDir())
				defer b.Close()
				spec := specOf("work")
				var err error
				spec.Hours, err = pace.ParseHours("00:00-00:10 UTC")
				try(t, err)
				id := start(t, b, spec, rowsFor(2, 1))
				s := sender(b, &outboxtest.Transport{Script: func(string, int) outbox.Result { return putOff }}, policies(1))
				flush(t, s)
				rows := campaignRows(t, b, id)
				one, byHand := rows[0].Item, rows[1].Item
				try(t, b.Hold(t.Context(), byHand))
				hold(t, b, id)
				flush(t, s)

				if err := b.Release(t.Context(), one); !errors.Is(err, outbox.ErrCampaignHolds) {
					t.Errorf("%v", err)
				}
				want := outbox.Tally{Halted: 1} // nothing was done, and there is nothing to undo
				if tally, err := b.ActOn(t.Context(), outbox.ActionRelease, one); !reflect.DeepEqual(tally, want) || err != nil {
					t.Errorf("%+v, %v", tally, err)
				}
				if d, err := b.LastDeed(t.Context()); d.ID != 0 || err != nil {
					t.Errorf("%+v, %v", d, err)
				}
				if got := get(t, b, byHand); got.State != outbox.StateHeld || got.Halted {
					t.Errorf("%s, held for its campaign: %t", got.State, got.Halted)
				}
				try(t, b.Release(t.Context(), byHand)) // which does something: it goes with the others now
				for _, item := range []outbox.ID{one, byHand} {
					if got := get(t, b, item); got.State != outbox.StateHeld || !got.Halted {
						t.Errorf("%s, held for its campaign: %t", got.State, got.Halted)
					}
				}
			})
		})
	}
}

// Released in a campaign that went on, and undone: that one alone stays.
func TestUndo_OfAReleaseInARunningCampaignHoldsIt(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id, item, s := letterOf(t, b, putOff)
	try(t, b.Hold(t.Context(), item))
	try(t, b.PauseCampaign(t.Context(), id, "by hand"))
	actOn(t, b, outbox.ActionRelease, item)
	try(t, b.ResumeCampaign(t.Context(), id))
	undoLast(t, b)
	flush(t, s)
	wantState(t, b, outbox.StateHeld, item)
}

func TestUndo_OfACancelLetsADoneCampaignGoOn(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id, item, s := letterOf(t, b, putOff)
	actOn(t, b, outbox.ActionCancel, item)
	flush(t, s)
	wantCampaign(t, b, id, outbox.CampaignDone)
	undoLast(t, b)
	wantState(t, b, outbox.StateWaiting, item)
	wantCampaign(t, b, id, outbox.CampaignRunning)
	try(t, b.Retry(t.Context(), item, outbox.RetryOptions{}))
	flush(t, s)
	wantState(t, b, outbox.StateSent, item)
	wantCampaign(t, b, id, outbox.CampaignDone)
}

func TestCancelCampaign_NothingBringsALetterBack(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id, item, s := letterOf(t, b, putOff)
	actOn(t, b, outbox.ActionCancel, item)
	try(t, b.CancelCampaign(t.Context(), id))
	if u := undoLast(t, b); len(u.Items) != 0 || u.Left != 1 {
		t.Errorf("%+v", u)
	}
	wantState(t, b, outbox.StateCancelled, item)
	if err := b.Retry(t.Context(), item, outbox.RetryOptions{}); !errors.Is(err, outbox.ErrCampaignOver) {
		t.Errorf("%v", err)
	}
	if _, err := b.Redate(t.Context(), item); !errors.Is(err, outbox.ErrCampaignOver) {
		t.Errorf("%v", err)
	}
	if o := flush(t, s); o.Sent != 0 {
		t.Errorf("%+v", o)
	}
}

func TestRetry_OfOneLetterLetsADoneCampaignGoOn(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id, item, s := letterOf(t, b, refused)
	wantCampaign(t, b, id, outbox.CampaignDone)
	try(t, b.Retry(t.Context(), item, outbox.RetryOptions{}))
	wantCampaign(t, b, id, outbox.CampaignRunning)
	flush(t, s)
	wantState(t, b, outbox.StateSent, item)
	wantCampaign(t, b, id, outbox.CampaignDone)
}

func TestRetry_OfOneLetterWaitsForAPausedCampaign(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id, item, s := letterOf(t, b, putOff)
	try(t, b.PauseCampaign(t.Context(), id, "by hand"))
	try(t, b.Retry(t.Context(), item, outbox.RetryOptions{}))
	wantState(t, b, outbox.StateHeld, item)
	try(t, b.ResumeCampaign(t.Context(), id))
	flush(t, s)
	wantState(t, b, outbox.StateSent, item)
}

func TestRedate_OfOneLetterHeedsItsCampaign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		id, item, s := letterOf(t, b, refused)
		wantCampaign(t, b, id, outbox.CampaignDone)
		time.Sleep(5 * day)
		fresh, err := b.Redate(t.Context(), item)
		try(t, err)
		wantState(t, b, outbox.StateWaiting, fresh)
		wantCampaign(t, b, id, outbox.CampaignRunning)
		flush(t, s)
		wantCampaign(t, b, id, outbox.CampaignDone)
	})
}

// Outside of its hours nothing of a campaign leaves, whatever a person does to it.
func TestCampaign_OutsideItsHoursWhatIsResumedOrRetriedIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which begins at midnight UTC
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		spec := specOf("work")
		var err error
		spec.Hours, err = pace.ParseHours("00:00-00:10,02:00-02:30 UTC")
		try(t, err)
		id := start(t, b, spec, rowsFor(3, 1))
		transport := &outboxtest.Transport{Script: func(recipient string, try int) outbox.Result {
			switch {
			case try > 1:
				return outboxtest.Accepted()
			case recipient == "user1@d0.example":
				return putOff
			}
			return refused
		}}
		s := sender(b, transport, policies(1))
		flush(t, s)
		rows := campaignRows(t, b, id)
		time.Sleep(time.Hour)
		try(t, b.PauseCampaign(t.Context(), id, "by hand"))
		try(t, b.ResumeCampaign(t.Context(), id))
		wantState(t, b, outbox.StateHeld, rows[0].Item)
		try(t, b.Retry(t.Context(), rows[1].Item, outbox.RetryOptions{}))
		wantState(t, b, outbox.StateHeld, rows[1].Item)
		if n, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); n.Letters != 1 || err != nil {
			t.Errorf("%+v, %v", n, err)
		}
		wantState(t, b, outbox.StateHeld, rows[2].Item)
		flush(t, s)
		if n, _ := transport.Calls(); n != 3 {
			t.Errorf("%d tries before its hours", n)
		}
		runFor(t, s, 80*time.Minute)
		if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Counts.Sent != 3 {
			t.Errorf("%+v", c)
		}
	})
}

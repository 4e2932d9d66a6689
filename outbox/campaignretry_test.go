package outbox_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

func TestRetryCampaign_LeavesOldLettersUnlessToldOtherwise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		id := start(t, b, specOf("work"), rowsFor(2, 1))
		s := sender(b, &outboxtest.Transport{Script: func(recipient string, try int) outbox.Result {
			switch {
			case try > 1:
				return outboxtest.Accepted()
			case strings.HasPrefix(recipient, "user1@"):
				return outbox.Result{Class: outbox.ClassUncertain, Text: "the line was cut"}
			}
			return refused
		}}, policies(1))
		flush(t, s)
		time.Sleep(5 * day)
		for _, again := range []func(anyAge bool) (outbox.Again, error){
			func(anyAge bool) (outbox.Again, error) {
				return b.RetryCampaign(t.Context(), id, outbox.FailedRows{AnyAge: anyAge})
			},
			func(anyAge bool) (outbox.Again, error) {
				return b.ResendUncertain(t.Context(), id, outbox.UncertainRows{AnyAge: anyAge})
			},
		} {
			if got, err := again(false); got != (outbox.Again{Old: 1}) || err != nil {
				t.Errorf("%+v, %v", got, err)
			}
			wantCampaign(t, b, id, outbox.CampaignDone)
			if got, err := again(true); got != (outbox.Again{Letters: 1}) || err != nil {
				t.Errorf("%+v, %v", got, err)
			}
			flush(t, s)
		}
		if c := campaign(t, b, id); c.Counts.Sent != 2 {
			t.Errorf("%+v", c)
		}
	})
}

// Where the quota of the day is used up, what is retried waits for it: nothing lifts
// the park.
func TestRetryCampaign_WaitsForTheDayOfItsAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		id := start(t, b, specOf("work"), rowsFor(2, 1))
		full := answer(outbox.ClassThrottled, 550, "5.4.5 daily quota")
		full.Limit = outbox.LimitDay
		transport := &outboxtest.Transport{Script: func(recipient string, try int) outbox.Result {
			switch {
			case try > 1:
				return outboxtest.Accepted()
			case strings.HasPrefix(recipient, "user1@"):
				return refused
			}
			return full
		}}
		s := sender(b, transport, policies(1))
		flush(t, s)
		if again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); again.Letters > 1 || err != nil {
			t.Errorf("%+v, %v", again, err)
		}
		before, _ := transport.Calls()
		runFor(t, s, time.Hour)
		if n, _ := transport.Calls(); n != before {
			t.Errorf("%d tries against the limit", n-before)
		}
		runFor(t, s, 25*time.Hour)
		if c := campaign(t, b, id); c.Counts.Sent != 2 {
			t.Errorf("%+v", c.Counts)
		}
	})
}

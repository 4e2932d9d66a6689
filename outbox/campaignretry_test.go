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
)

// One row of which no letter can be made stops none of the others.
func TestCampaign_ALetterThatCannotBeMadeFailsAlone(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	unmakeable := map[int]bool{2: true, 3: true, 40: true}
	id := start(t, b, specOf("work"), func(yield func(outbox.NewRow, error) bool) {
		for row := range rowsFor(60, 3) {
			if unmakeable[row.Number] {
				row.Cells[1] = "unmakeable"
			}
			yield(row, nil)
		}
	})
	transport := &outboxtest.Transport{}
	if o := flush(t, sender(b, transport, policies(2))); o.Sent != 57 || o.Failed != 3 || o.Waiting != 0 {
		t.Errorf("%+v", o)
	}
	oneCopyEach(t, transport, 57)
	if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Counts.Failed != 3 {
		t.Errorf("%+v", c)
	}
	failed := campaignRows(t, b, id, "failed")
	if len(failed) != 3 || failed[0].Number != 2 || failed[0].Reason != "its letter cannot be made: there is no letter for line 3" {
		t.Fatalf("%+v", failed)
	}
	b.Close()
	// A template that works again: here, what the rows say.
	query(t, dir, "UPDATE campaign_rows SET cells = json_array(address, 'mended') WHERE cells LIKE '%unmakeable%'")
	b = openCampaigns(t, dir)
	defer b.Close()
	s := sender(b, transport, policies(2))
	if again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{Codes: []int{550}}); again.Letters != 0 || err != nil {
		t.Errorf("with a code: %+v, %v", again, err)
	}
	if again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); again.Letters != 3 || err != nil {
		t.Errorf("%+v, %v", again, err)
	}
	wantCampaign(t, b, id, outbox.CampaignRunning)
	flush(t, s)
	oneCopyEach(t, transport, 60)
	wantCampaign(t, b, id, outbox.CampaignDone)
	checkSound(t, b)
}

// What failed so is known after a rebuild, and its campaign is kept like a letter that
// failed.
func TestCampaign_ALetterThatCannotBeMadeIsForgottenByNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b := openCampaigns(t, dir)
		id := start(t, b, specOf("work"), func(yield func(outbox.NewRow, error) bool) {
			for row := range rowsFor(3, 1) {
				if row.Number == 2 {
					row.Cells[1] = "unmakeable"
				}
				yield(row, nil)
			}
		})
		s := sender(b, &outboxtest.Transport{}, policies(1))
		s.Retention = outbox.Retention{Content: 90 * day, Record: 700 * day}
		flush(t, s)
		time.Sleep(800 * day)
		flush(t, s)
		want := outbox.CampaignCounts{Rows: 3, Sent: 2, Failed: 1}
		if c := campaign(t, b, id); c.Counts != want {
			t.Errorf("%+v", c)
		}
		b.Close()
		query(t, dir, "DROP INDEX items_due")
		rebuild(t, dir)
		b = openCampaigns(t, dir)
		defer b.Close()
		if c := campaign(t, b, id); c.Counts != want {
			t.Errorf("after a rebuild: %+v", c)
		}
	})
}

// Letters that exist, and cannot be made again, stop their campaign as well.
func TestCampaign_StopsWhenWhatItHasMadeCannotBeSent(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("work"), rowsFor(200, 10))
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		return outbox.Result{Class: outbox.ClassMessage, Text: "not sent: its letter cannot be made"}
	}}
	flush(t, sender(b, transport, policies(1)))
	if c := campaign(t, b, id); c.State != outbox.CampaignPaused || !strings.Contains(c.Reason, "cannot be made or sent as they are") || c.Counts.Failed > 60 {
		t.Errorf("%+v", c)
	}
}

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
		first := true // of two rows in an order of chance
		transport := &outboxtest.Transport{Script: func(_ string, try int) outbox.Result {
			switch {
			case try > 1:
				return outboxtest.Accepted()
			case first:
				first = false
				return refused
			}
			return full
		}}
		s := sender(b, transport, policies(1))
		flush(t, s)
		if again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); again.Letters != 1 || err != nil {
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

func TestCampaign_ARowThatCannotBeReadFailsAlone(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	id := start(t, b, specOf("work"), rowsFor(5, 1))
	b.Close()
	query(t, dir, "UPDATE campaign_rows SET cells = '[' WHERE number = 4")
	b = openCampaigns(t, dir)
	defer b.Close()
	transport := &outboxtest.Transport{}
	flush(t, sender(b, transport, policies(1)))
	oneCopyEach(t, transport, 4)
	if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Counts.Failed != 1 {
		t.Errorf("%+v", c)
	}
}

// What is in doubt of a campaign that is over is settled without anything that goes out.
func TestCampaign_ACancelledOneHasItsDoubtsSettled(t *testing.T) {
	for name, test := range map[string]struct {
		settle func(*outbox.Outbox, outbox.CampaignID) (int, error)
		want   outbox.CampaignCounts
	}{
		"sent": {func(b *outbox.Outbox, id outbox.CampaignID) (int, error) { return b.MarkUncertainSent(t.Context(), id) },
			outbox.CampaignCounts{Rows: 3, Sent: 1, Cancelled: 2}},
		"failed": {func(b *outbox.Outbox, id outbox.CampaignID) (int, error) {
			return b.MarkUncertainFailed(t.Context(), id)
		},
			outbox.CampaignCounts{Rows: 3, Failed: 1, Cancelled: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			b := openCampaigns(t, t.TempDir())
			defer b.Close()
			spec := specOf("work")
			spec.Canary = 1
			id := start(t, b, spec, rowsFor(3, 1))
			transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
				return outbox.Result{Class: outbox.ClassUncertain, Text: "the line was cut"}
			}}
			flush(t, sender(b, transport, policies(1)))
			try(t, b.CancelCampaign(t.Context(), id))
			if _, err := b.ResendUncertain(t.Context(), id, outbox.UncertainRows{}); !errors.Is(err, outbox.ErrCampaignOver) {
				t.Errorf("resent: %v", err)
			}
			if n, err := test.settle(b, id); n != 1 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			if c := campaign(t, b, id); c.Counts != test.want || c.State != outbox.CampaignCancelled {
				t.Errorf("%+v", c)
			}
			checkSound(t, b)
		})
	}
}

// Whom nobody may write to is not tried again, and goes on as what became of him.
func TestRetryCampaign_LeavesWhoIsSuppressed(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("work"), func(yield func(outbox.NewRow, error) bool) {
		for row := range rowsFor(4, 1) {
			if row.Number > 2 {
				row.Cells[1] = "unmakeable"
			}
			yield(row, nil)
		}
	})
	transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		if recipient == "user1@d0.example" {
			return answer(outbox.ClassRejected, 550, "5.1.1 no such mailbox") // which suppresses it
		}
		return refused
	}}
	s := sender(b, transport, policies(1))
	flush(t, s)
	if _, err := b.Suppress(t.Context(), []outbox.Suppression{{Address: "User3@d0.example", Why: outbox.WhyPerson}}); err != nil {
		t.Fatal(err)
	}
	before := campaignRows(t, b, id, "failed")
	if again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); again != (outbox.Again{Letters: 2, Suppressed: 2}) || err != nil {
		t.Errorf("%+v, %v", again, err)
	}
	flush(t, s)
	after := campaignRows(t, b, id, "failed")
	if len(after) != 4 || after[0].Reason != "5.1.1 no such mailbox" || after[2].Reason != before[2].Reason {
		t.Errorf("%+v", after)
	}
	checkSound(t, b)
}

// Another try that is asked for and then not made takes nothing from what was known.
func TestRetryCampaign_WhatIsCalledOffIsWhatItWas(t *testing.T) {
	for name, callOff := range map[string]func(*outbox.Outbox, *outbox.Sender, outbox.CampaignID) error{
		"cancelled": func(b *outbox.Outbox, _ *outbox.Sender, id outbox.CampaignID) error {
			return b.CancelCampaign(t.Context(), id)
		},
		"suppressed": func(b *outbox.Outbox, s *outbox.Sender, _ outbox.CampaignID) error {
			var all []outbox.Suppression
			for _, address := range []string{"user1@d0.example", "user2@d0.example", "user3@d0.example"} {
				all = append(all, outbox.Suppression{Address: address, Why: outbox.WhyPerson})
			}
			_, err := b.Suppress(t.Context(), all)
			flush(t, s)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := openCampaigns(t, t.TempDir())
			defer b.Close()
			id := start(t, b, specOf("work"), rowsFor(3, 1))
			s := sender(b, &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
				if recipient == "user3@d0.example" {
					return outboxtest.Accepted()
				}
				return refused
			}}, policies(1))
			flush(t, s)
			take(t, b, notice{about: campaignRows(t, b, id, "sent")[0].MessageID,
				fields: []string{"Final-Recipient: rfc822; user3@d0.example\nAction: failed\nStatus: 5.6.0\nDiagnostic-Code: smtp; 554 5.6.0 malformed\n"}}.String())
			if again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); again.Letters != 3 || err != nil {
				t.Fatalf("%+v, %v", again, err)
			}
			try(t, callOff(b, s, id))
			want := outbox.CampaignCounts{Rows: 3, Failed: 3}
			if c := campaign(t, b, id); c.Counts != want {
				t.Errorf("%+v", c.Counts)
			}
			rows := campaignRows(t, b, id, "failed", "bounced")
			if len(rows) != 3 || rows[2].State != "bounced" {
				t.Errorf("%+v", rows)
			}
			for _, row := range rows {
				if row.Recipient.Code != 554 || row.Reason != refused.Text {
					t.Errorf("%+v", row)
				}
			}
			checkSound(t, b)
		})
	}
}

// unfitCampaign is a campaign of which all letters could not be made, and on which a
// statement is run before.
func unfitCampaign(t *testing.T, rows int, statement string) (*outbox.Outbox, outbox.CampaignID, string) {
	t.Helper()
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	id := start(t, b, specOf("work"), rowsFor(rows, 1))
	b.Close()
	query(t, dir, "UPDATE campaign_rows SET state = 4, reason = 'its letter cannot be made'; UPDATE campaigns SET state = 4;"+statement)
	b = openCampaigns(t, dir)
	t.Cleanup(func() { b.Close() })
	return b, id, dir
}

// A sender makes what is retried fail again while more is retried. None is met twice.
func TestRetryCampaign_EndsThoughTheyFailAgain(t *testing.T) {
	b, id, _ := unfitCampaign(t, 3, `CREATE TRIGGER fails AFTER UPDATE OF state ON campaign_rows WHEN new.state = 1 BEGIN
		UPDATE campaign_rows SET state = 4 WHERE id = new.id; END`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if again, err := b.RetryCampaign(ctx, id, outbox.FailedRows{}); again != (outbox.Again{Letters: 3}) || err != nil {
		t.Errorf("%+v, %v", again, err)
	}
}

// However many commits it takes, what fails of what is retried counts for the breaker;
// and a campaign that is done in between runs for the rest.
func TestRetryCampaign_BeginsTheBreakerAnewOnce(t *testing.T) {
	b, id, dir := unfitCampaign(t, 900, `CREATE TABLE anew(at); CREATE TRIGGER anew AFTER UPDATE OF watched_at ON campaigns BEGIN
		INSERT INTO anew VALUES(new.watched_at); UPDATE campaigns SET state = 4 WHERE id = new.id; END`)
	if again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); again != (outbox.Again{Letters: 900}) || err != nil {
		t.Errorf("%+v, %v", again, err)
	}
	wantCampaign(t, b, id, outbox.CampaignRunning)
	b.Close()
	query(t, dir, "CREATE UNIQUE INDEX once ON anew((1))") // which fails if there are two
}

// Cancelled while letters of it are retried: that stands, and the rest is what it was.
func TestRetryCampaign_LeavesWhatIsCancelledMeanwhile(t *testing.T) {
	b, id, _ := unfitCampaign(t, 900, `CREATE TRIGGER cancelled AFTER UPDATE OF state ON campaign_rows WHEN new.state = 1 BEGIN
		UPDATE campaigns SET state = 5 WHERE id = new.campaign; END`)
	again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{})
	if again.Letters >= 900 || !errors.Is(err, outbox.ErrCampaignOver) {
		t.Errorf("%+v, %v", again, err)
	}
	if c := campaign(t, b, id); c.State != outbox.CampaignCancelled || c.Counts.Failed != 900-again.Letters {
		t.Errorf("%s, %+v, %d retried", c.State, c.Counts, again.Letters)
	}
}

// The same of letters that exist.
func TestRetryCampaign_LeavesLettersOfWhatIsCancelledMeanwhile(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	id := start(t, b, specOf("work"), rowsFor(250, 1))
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	b.Close()
	query(t, dir, `UPDATE recipients SET state = 4, class = 7, code = 554; UPDATE items SET state = 9; CREATE TRIGGER cancelled AFTER UPDATE OF state ON recipients WHEN old.state = 4 AND new.state = 1 BEGIN
		UPDATE campaigns SET state = 5; END`)
	b = openCampaigns(t, dir)
	defer b.Close()
	if again, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); again.Letters >= 250 || !errors.Is(err, outbox.ErrCampaignOver) {
		t.Errorf("%+v, %v", again, err)
	}
	if c := campaign(t, b, id); c.State != outbox.CampaignCancelled || c.Counts.Failed != 250 {
		t.Errorf("%s, %+v", c.State, c.Counts)
	}
}

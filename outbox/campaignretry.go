package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// FailedRows selects those of a campaign that failed. The zero FailedRows is all that
// were written in the last four days.
type FailedRows struct {
	Classes []Class // of their result
	Codes   []int   // of the server's answer
	AnyAge  bool    // also those that are over four days old, with their old Date
}

// chooses tells whether a result is among them.
func (f FailedRows) chooses(r Result) bool {
	return (len(f.Classes) == 0 || slices.Contains(f.Classes, r.Class)) && (len(f.Codes) == 0 || slices.Contains(f.Codes, r.Code))
}

// UncertainRows selects those of whom nobody knows whether they have it. The zero
// UncertainRows is all that were written in the last four days.
type UncertainRows struct{ AnyAge bool }

// Again is what it came to that letters of a campaign were to be sent again.
type Again struct {
	Letters    int
	Old        int // over four days old: they stay as they are, see ErrOldMail
	Suppressed int // their address must not be written to: they stay as they are
}

// RetryCampaign makes those due again that failed, or came back, and those ready whose
// letter could not be made. Who is suppressed by now is left with what became of it. Those of a paused campaign wait until it is resumed.
//
// It lifts no park: where the quota of an account's day is used up they wait for that,
// and so it need not ask as Retry does.
func (b *Outbox) RetryCampaign(ctx context.Context, id CampaignID, failed FailedRows) (Again, error) {
	again, err := b.moveCampaign(ctx, id, campaignMove{
		states: []State{StateFailed, StateBounced, StatePartial}, anyAge: failed.AnyAge,
		choose: func(r Result, s RecipientState) Event {
			if failed.chooses(r) && (s == RecipientFailed || s == RecipientBounced) {
				return EventRetry
			}
			return 0
		},
	})
	if err == nil && failed.chooses(Result{Class: ClassMessage}) {
		err = b.retryUnfit(ctx, id, &again)
	}
	return again, campaignError("retry", err)
}

// ResendUncertain sends those again of which nobody knows whether they arrived: some
// will come twice.
func (b *Outbox) ResendUncertain(ctx context.Context, id CampaignID, uncertain UncertainRows) (Again, error) {
	again, err := b.moveCampaign(ctx, id, campaignMove{states: []State{StateUncertain}, choose: ofUncertain(EventRetry), anyAge: uncertain.AnyAge})
	return again, campaignError("resend", err)
}

// MarkUncertainSent says that those arrived of which nobody knew, and tells how many
// they are. It is there for a cancelled campaign as well.
func (b *Outbox) MarkUncertainSent(ctx context.Context, id CampaignID) (int, error) {
	marked, err := b.settleUncertain(ctx, id, EventMarkSent)
	return marked, campaignError("mark sent", err)
}

// MarkUncertainFailed says that those did not arrive of which nobody knew, and tells
// how many they are.
func (b *Outbox) MarkUncertainFailed(ctx context.Context, id CampaignID) (int, error) {
	marked, err := b.settleUncertain(ctx, id, EventMarkFailed)
	return marked, campaignError("mark failed", err)
}

// settleUncertain sends nothing, so that it is there for a cancelled campaign as well.
func (b *Outbox) settleUncertain(ctx context.Context, id CampaignID, e Event) (int, error) {
	marked, err := b.moveCampaign(ctx, id, campaignMove{states: []State{StateUncertain}, choose: ofUncertain(e), anyAge: true, settles: true})
	return marked.Letters, err
}

func ofUncertain(e Event) func(Result, RecipientState) Event {
	return func(_ Result, s RecipientState) Event {
		if s == RecipientUncertain {
			return e
		}
		return 0
	}
}

// campaignMove gives recipients of items in some states the event that choose says, 0
// for none.
type campaignMove struct {
	states  []State
	choose  func(Result, RecipientState) Event
	anyAge  bool
	settles bool // nothing goes out for it
}

// moveCampaign makes a move by batches. If the campaign is cancelled meanwhile, it ends
// there.
func (b *Outbox) moveCampaign(ctx context.Context, id CampaignID, m campaignMove) (all Again, err error) {
	c, err := b.CampaignByID(ctx, id)
	if err == nil {
		err = m.allowed(c.State)
	}
	if err != nil {
		return all, err
	}
	now := time.Now()
	for before := ID(0); ; {
		items, err := b.List(ctx, Query{Campaign: id, States: m.states, Before: before, Limit: actBatch / 4})
		if err != nil || len(items) == 0 {
			return all, err
		}
		var some Again
		err = b.writer.do(ctx, func(t *tx) (err error) {
			if err = t.allows(m, id); err != nil {
				return err
			}
			some, err = t.moveItems(items, m, now)
			if err != nil || some.Letters == 0 || m.settles {
				return err
			}
			return t.reopenFor(id, all, now)
		})
		if err != nil {
			return all, err
		}
		all.Letters += some.Letters
		all.Old += some.Old
		all.Suppressed += some.Suppressed
		before = items[len(items)-1].ID
	}
}

// allowed is ErrCampaignOver of a campaign of which nothing goes out any more. What
// sends nothing is there for a cancelled one too.
func (m campaignMove) allowed(s CampaignState) error {
	if s == CampaignCancelled && !m.settles || s == CampaignImporting {
		return ErrCampaignOver
	}
	return nil
}

// allows is allowed for what the campaign is by now.
func (t *tx) allows(m campaignMove, id CampaignID) error {
	var state CampaignState
	err := t.queryRow("SELECT state FROM campaigns WHERE id = ?", id).Scan(&state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNoCampaign
	case err != nil:
		return err
	}
	return m.allowed(state)
}

// moveItems is moveCampaign for a few items.
func (t *tx) moveItems(items []Item, m campaignMove, now time.Time) (some Again, err error) {
	for _, i := range items {
		moves, suppressed, err := t.chosen(i.ID, m.choose)
		if err == nil && len(moves) == 0 && suppressed {
			some.Suppressed++
		}
		if err == nil && len(moves) > 0 {
			if !m.anyAge && now.Sub(later(i.Dated, i.NotBefore)) > oldMail {
				some.Old++
				continue
			}
			some.Letters++
			err = t.moveSome(i.ID, moves, now)
		}
		if err != nil {
			return some, fmt.Errorf("%s: %w", i.ID, err)
		}
	}
	return some, nil
}

// chosen are the events of an item's recipients. Who is suppressed is not tried again;
// suppressed tells that there is one.
func (t *tx) chosen(id ID, choose func(Result, RecipientState) Event) (moves map[int64]Event, suppressed bool, err error) {
	moves = make(map[int64]Event)
	err = t.each(func(rows *sql.Rows) error {
		var recipient int64
		var r Result
		var s RecipientState
		var unwanted bool
		err := rows.Scan(&recipient, &s, &r.Class, &r.Code, &unwanted)
		switch e := choose(r, s); {
		case e == EventRetry && unwanted:
			suppressed = true
		case e != 0:
			moves[recipient] = e
		}
		return err
	}, "SELECT id, state, class, code, EXISTS(SELECT 1 FROM suppressions s WHERE s.address = lower(recipients.address)) FROM recipients WHERE item_id = ?", id)
	return moves, suppressed, err
}

// moveSome is moveItems for one item.
func (t *tx) moveSome(id ID, moves map[int64]Event, now time.Time) error {
	if err := t.moveEach(moves, now); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE items SET interrupted = 0 WHERE id = ?", id); err != nil {
		return err
	}
	if err := t.rollUp(id, now); err != nil {
		return err
	}
	return t.heedCampaign(id, now)
}

// isUnfit finds the rows of a campaign, ?2, whose letter could not be made.
const isUnfit = "campaign = ?2 AND state = ?3"

// rowSuppressed tells that the address of a row must not be written to.
const rowSuppressed = "EXISTS(SELECT 1 FROM suppressions s WHERE s.address = lower(campaign_rows.address))"

// retryUnfit makes rows ready again whose letter could not be made, and counts them. They
// keep the reason, for when nothing comes of it. It goes through them once, in the order
// of the list: what fails again while it does is not met again.
func (b *Outbox) retryUnfit(ctx context.Context, id CampaignID, all *Again) error {
	now := time.Now()
	for after := 0; ; {
		some, last, err := b.unfitBehind(ctx, id, after)
		if err != nil {
			return err
		}
		if len(some) == 0 {
			break
		}
		var n int64
		err = b.writer.do(ctx, func(t *tx) (err error) {
			if err = t.allows(campaignMove{}, id); err != nil {
				return err
			}
			n, err = t.changed("UPDATE campaign_rows SET state = ?1, account = iif(shared, '', account) WHERE "+isUnfit+" AND id IN (SELECT value FROM json_each(?4)) AND NOT "+rowSuppressed,
				rowReady, id, rowFailed, list(some))
			if err != nil || n == 0 {
				return err
			}
			return t.reopenFor(id, *all, now)
		})
		if err != nil {
			return err
		}
		all.Letters += int(n)
		after = last
	}
	var suppressed int
	err := b.read.QueryRowContext(ctx, "SELECT count(*) FROM campaign_rows WHERE "+isUnfit+" AND "+rowSuppressed, 0, id, rowFailed).Scan(&suppressed)
	all.Suppressed += suppressed
	return storeError(err)
}

// unfitBehind are some rows behind a number whose letter could not be made, and the number
// of the last.
func (b *Outbox) unfitBehind(ctx context.Context, id CampaignID, after int) (some []int64, last int, err error) {
	rows, err := b.read.QueryContext(ctx, "SELECT id, number FROM campaign_rows WHERE number > ?1 AND "+isUnfit+" ORDER BY number LIMIT ?4", after, id, rowFailed, actBatch)
	if err != nil {
		return nil, 0, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var row int64
		err := rows.Scan(&row, &last)
		some = append(some, row)
		return err
	})
	return some, last, storeError(err)
}

// reopenFor lets a campaign run for letters that go again, of which so many were brought
// back in commits before this one. What has failed of those counts: the breaker begins
// anew once.
func (t *tx) reopenFor(id CampaignID, before Again, now time.Time) error {
	if before.Letters == 0 {
		return t.reopen(id, now)
	}
	_, err := t.exec("UPDATE campaigns SET state = ?, finished_at = 0 WHERE id = ? AND state = ?", CampaignRunning, id, CampaignDone)
	return err
}

// reopen lets a campaign run that was done, and not look back to what failed before.
func (t *tx) reopen(id CampaignID, now time.Time) error {
	_, err := t.exec("UPDATE campaigns SET state = ?1, finished_at = 0, watched_at = ?2 WHERE id = ?3 AND state IN (?1, ?4)",
		CampaignRunning, stamp(now), id, CampaignDone)
	return err
}

package outbox

import (
	"database/sql"
	"errors"
	"time"

	"sendoff/outbox/pace"
)

// heedCampaign lets an item that waits do what its campaign does: it is cancelled with
// it, and held while that is paused or may not send at this hour. A campaign that was
// done goes on for it, and does not look back to what failed before.
func (t *tx) heedCampaign(id ID, now time.Time) error {
	var campaign CampaignID
	var state CampaignState
	var hours string
	err := t.queryRow("SELECT c.id, c.state, c.hours FROM items i JOIN campaigns c ON c.id = i.campaign WHERE i.id = ? AND i.state = ?", id, StateWaiting).
		Scan(&campaign, &state, &hours)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case state == CampaignCancelled:
		if err = t.callOff([]ID{id}, now); err != nil {
			return err
		}
		_, err = t.exec("UPDATE items SET cancelled = 1, state = ?, updated_at = ? WHERE id = ? AND state = ?", StateCancelled, stamp(now), id, StateWaiting)
		return err
	case state == CampaignDone:
		if err = t.reopen(campaign, now); err != nil {
			return err
		}
	}
	if holds(state, hours, now) {
		_, err = t.exec("UPDATE items SET held = 1, halted = 1, state = ?, updated_at = ? WHERE id = ?", StateHeld, stamp(now), id)
	}
	return err
}

// campaignHolds tells that the campaign of an item holds what waits of it.
func (t *tx) campaignHolds(id ID, now time.Time) (bool, error) {
	var state CampaignState
	var hours string
	err := t.queryRow("SELECT c.state, c.hours FROM items i JOIN campaigns c ON c.id = i.campaign WHERE i.id = ? AND c.state <> ?", id, CampaignCancelled).Scan(&state, &hours)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && holds(state, hours, now), err
}

// holds tells that a campaign that is not cancelled keeps its letters here. It is pure.
func holds(s CampaignState, hours string, now time.Time) bool {
	return s == CampaignPaused || !isOpen(hours, now)
}

// isOpen tells whether letters may leave at these hours, as they are stored. Of a
// damaged database nobody can tell; then the feeder says so, and this stands in the
// way of no outcome.
func isOpen(hours string, now time.Time) bool {
	h, err := pace.ParseHours(hours)
	return hours == "" || err != nil || h.Open(local(now))
}

package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"sendoff/compose"
)

// mend makes what was read out of a damaged database an outbox again: every row
// has what it refers to, and nothing leaves by itself whose state is not known.
func (s *salvage) mend(ctx context.Context, now time.Time) error {
	for _, step := range []func(context.Context, time.Time) error{
		s.repairValues, s.reviveLost, s.completeDrafts, s.dropOrphans, s.mendWishes, s.mendCampaigns, s.completeRecipients, s.doubtStates, s.doubtContents, s.setApart, s.finish,
	} {
		if err := step(ctx, now); err != nil {
			return err
		}
	}
	return nil
}

// repairValues brings what was changed into a number that means nothing back to
// one that can be read.
func (s *salvage) repairValues(context.Context, time.Time) error {
	unknown, err := s.idsOf("SELECT DISTINCT item_id FROM recipients WHERE state NOT BETWEEN ? AND ?", RecipientWaiting, RecipientSkipped)
	if err != nil {
		return err
	}
	for _, id := range unknown {
		s.doubt(id, "the state of a recipient was damaged: it may have been sent")
	}
	return s.execScript(fmt.Sprintf(`
		UPDATE recipients SET state = %d WHERE state NOT BETWEEN %d AND %d;
		UPDATE recipients SET class = 0 WHERE class NOT BETWEEN 0 AND 255;
		UPDATE attempt_results SET class = 0 WHERE class NOT BETWEEN 0 AND 255;
		UPDATE parks SET class = %d WHERE class NOT BETWEEN 0 AND 255;
		UPDATE items SET draft = draft <> 0, cancelled = cancelled <> 0, held = held <> 0, undo = undo <> 0, bulk = bulk <> 0,
			eight_bit = eight_bit <> 0, utf8 = utf8 <> 0, require_tls = require_tls <> 0
			WHERE draft NOT IN (0, 1) OR cancelled NOT IN (0, 1) OR held NOT IN (0, 1) OR undo NOT IN (0, 1) OR bulk NOT IN (0, 1)
			OR eight_bit NOT IN (0, 1) OR utf8 NOT IN (0, 1) OR require_tls NOT IN (0, 1);
		DELETE FROM undo_steps WHERE action NOT BETWEEN %d AND %d;
		UPDATE items SET state = %d WHERE state NOT BETWEEN %d AND %d;`,
		RecipientWaiting, RecipientWaiting, RecipientSkipped, ClassNetwork, ActionHold, ActionDelete,
		StateFailed, StateDraft, StateSent))
}

// dropOrphans removes rows of which what they belong to is gone for good.
func (s *salvage) dropOrphans(context.Context, time.Time) error {
	for _, query := range []string{
		"DELETE FROM recipients WHERE item_id NOT IN (SELECT id FROM items)",
		"DELETE FROM attempts WHERE item_id NOT IN (SELECT id FROM items)",
		"DELETE FROM bodies WHERE item_id NOT IN (SELECT id FROM items)",
		"DELETE FROM drafts WHERE item_id NOT IN (SELECT id FROM items)",
		"DELETE FROM undo_items WHERE step_id NOT IN (SELECT id FROM undo_steps)",
		"DELETE FROM attempt_results WHERE attempt_id NOT IN (SELECT id FROM attempts) OR recipient_id NOT IN (SELECT id FROM recipients)",
	} {
		n, err := s.changed(query)
		if err != nil {
			return err
		}
		s.lost.Rows += int(n)
	}
	return nil
}

// completeRecipients gives an item the recipients back that its lists name and
// that are lost. What became of them nobody knows.
func (s *salvage) completeRecipients(_ context.Context, now time.Time) error {
	items, err := s.idsOf("SELECT id FROM items WHERE draft = 0")
	if err != nil {
		return err
	}
	for _, id := range items {
		var to, cc, bcc []byte
		if err := s.queryRow("SELECT to_list, cc_list, bcc_list FROM items WHERE id = ?", id).Scan(&to, &cc, &bcc); err != nil {
			return err
		}
		var names []string
		for _, list := range [][]byte{to, cc, bcc} {
			names = append(names, addressLines(list)...)
		}
		if err := s.addRecipients(id, names, now); err != nil {
			return err
		}
	}
	return nil
}

// addRecipients adds those that are missing, for a person to decide about.
func (s *salvage) addRecipients(id ID, names []string, now time.Time) error {
	for _, name := range names {
		a, err := compose.ParseOne(name)
		if err != nil {
			continue // no address any more
		}
		address, err := a.ASCII()
		if err != nil {
			continue
		}
		n, err := s.changed(`INSERT INTO recipients(item_id, address, state, next_at) SELECT ?1, ?2, ?3, ?4
			WHERE NOT EXISTS(SELECT 1 FROM recipients WHERE item_id = ?1 AND address = ?2 COLLATE NOCASE)`,
			id, address, RecipientWaiting, stamp(now))
		if err != nil {
			return err
		}
		if n > 0 {
			s.doubt(id, "what became of "+address+" was lost: it may have been sent")
		}
	}
	return nil
}

// doubtStates finds recipients whose state contradicts the history.
func (s *salvage) doubtStates(_ context.Context, now time.Time) error {
	accepted, err := s.idsOf(`SELECT DISTINCT item_id FROM recipients r WHERE state = ?1
		AND (class = ?2 OR EXISTS(SELECT 1 FROM attempt_results x WHERE x.recipient_id = r.id AND x.class = ?2))`, RecipientWaiting, ClassAccepted)
	if err != nil {
		return err
	}
	for _, id := range accepted {
		s.doubt(id, "it waits though a server has accepted it: it may have been sent")
	}
	due, err := s.dueByDamage()
	if err != nil {
		return err
	}
	for _, id := range due {
		s.doubt(id, dueByDamage)
	}
	_, err = s.endLostAttempts(now)
	return err
}

const dueByDamage = "it waits though it was shown as something else: it may have been sent"

// dueByDamage finds what would be sent now and was not shown as waiting before.
// Which of the two is wrong nobody can tell.
func (t *tx) dueByDamage() ([]ID, error) {
	return t.idsOf(`SELECT id FROM items i WHERE draft = 0 AND cancelled = 0 AND held = 0 AND state NOT IN (?, ?)
		AND EXISTS(SELECT 1 FROM recipients r WHERE r.item_id = i.id AND r.state = ?)`, StateWaiting, StateSending, RecipientWaiting)
}

// endLostAttempts makes uncertain what is being sent by an attempt that is not
// recorded any more: nothing else would ever end it.
func (t *tx) endLostAttempts(now time.Time) ([]ID, error) {
	const lost = ` FROM recipients WHERE state = ? AND NOT EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = recipients.item_id AND a.finished_at = 0)`
	items, err := t.idsOf("SELECT DISTINCT item_id"+lost, RecipientSending)
	if err != nil {
		return nil, err
	}
	for _, id := range items {
		next, err := transition(RecipientSending, EventDoubt)
		if err != nil {
			return nil, err
		}
		if _, err := t.exec("UPDATE recipients SET state = ?, class = ?, text = ?, at = ? WHERE item_id = ? AND state = ?",
			next, ClassUncertain, "the record of the attempt was lost: it may have arrived", stamp(now), id, RecipientSending); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// doubtContents looks at the bytes of every message.
func (s *salvage) doubtContents(ctx context.Context, now time.Time) error {
	for after := ID(0); ; {
		var page []content
		err := s.each(func(rows *sql.Rows) error {
			var c content
			var subject, to []byte
			err := rows.Scan(&c.item, &c.file, &c.made, &c.digest, &c.size, &subject, &to)
			page = append(page, c)
			return err
		}, keptContents, after, keptContentPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, c := range page {
			if err := s.doubtContent(ctx, c, now); err != nil {
				return err
			}
		}
		after = page[len(page)-1].item
	}
}

func (s *salvage) doubtContent(ctx context.Context, c content, now time.Time) error {
	err := s.prove(ctx, c)
	if err == nil || !errors.Is(err, ErrDamaged) {
		return err
	}
	// Of what is over only the record counts; nobody will ask for its bytes again.
	n, execErr := s.changed("UPDATE items SET purged_at = ?, file = NULL WHERE id = ? AND NOT EXISTS(SELECT 1 FROM recipients WHERE item_id = ? AND state NOT IN (?, ?))",
		stamp(now), c.item, c.item, RecipientSent, RecipientConfirmed)
	if execErr != nil || n > 0 {
		return execErr
	}
	s.doubt(c.item, err.Error())
	return nil
}

func (s *salvage) prove(ctx context.Context, c content) error {
	if c.made { // what its letter was made with is not at hand: it is proved when it is sent
		var there bool
		err := s.queryRow("SELECT EXISTS(SELECT 1 FROM items i JOIN campaign_rows w ON w.id = i.campaign_row WHERE i.id = ?)", c.item).Scan(&there)
		if err == nil && !there {
			err = fmt.Errorf("%w: its row of the campaign is gone", ErrDamaged)
		}
		return err
	}
	if c.file != "" {
		r, err := openContentFile(s.files, c)
		if err != nil {
			return err
		}
		return drain(ctx, r)
	}
	var data []byte
	err := s.queryRow(bodyQuery, c.item).Scan(&data)
	r, err := openBody(c, data, err)
	if err != nil {
		return err
	}
	return drain(ctx, r)
}

// setApart holds what must not leave by itself, nor by what a person undoes: that he
// did before there was a doubt. What is not open any more stays what it is.
func (s *salvage) setApart(context.Context, time.Time) error {
	if err := s.execScript(distrustRecords); err != nil {
		return err
	}
	for id, reason := range s.doubts {
		if err := s.execID("DELETE FROM undo_items WHERE item_id = ? AND draft = ''", id); err != nil {
			return err
		}
		held, err := s.hold(id, reason)
		if err != nil {
			return err
		}
		if !held {
			delete(s.doubts, id)
		}
	}
	return nil
}

// hold holds an item that is open, with the reason for those who wait for it.
func (t *tx) hold(id ID, reason string) (held bool, err error) {
	n, err := t.changed(`UPDATE items SET held = 1 WHERE id = ?1 AND draft = 0 AND cancelled = 0
		AND EXISTS(SELECT 1 FROM recipients WHERE item_id = ?1 AND state IN (?2, ?3))`, id, RecipientWaiting, RecipientSending)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.exec("UPDATE recipients SET text = ? WHERE item_id = ? AND state = ?", reason, id, RecipientWaiting)
	return true, err
}

// finish makes what follows from the rest.
func (s *salvage) finish(_ context.Context, now time.Time) error {
	if err := s.execScript("INSERT OR IGNORE INTO files SELECT file, size, created_at FROM items WHERE file IS NOT NULL"); err != nil {
		return err
	}
	items, err := s.idsOf("SELECT id FROM items")
	if err != nil {
		return err
	}
	for _, id := range items {
		if err := s.rollUpQuietly(id, now); err != nil {
			return err
		}
	}
	if err := s.execScript(countCampaigns); err != nil { // an item whose campaign is lost was counted as its
		return err
	}
	// An ID that somebody has written down is never that of another message.
	if _, err := s.exec("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'items'", s.sequence); err != nil {
		return err
	}
	_, err = s.exec("INSERT INTO sqlite_sequence(name, seq) SELECT 'items', ? WHERE NOT EXISTS(SELECT 1 FROM sqlite_sequence WHERE name = 'items')", s.sequence)
	return err
}

// rollUpQuietly is rollUp for an item to which nothing has happened: the time of
// its last change stays.
func (t *tx) rollUpQuietly(id ID, now time.Time) error {
	var updated int64
	if err := t.queryRow("SELECT updated_at FROM items WHERE id = ?", id).Scan(&updated); err != nil {
		return err
	}
	if err := t.rollUp(id, now); err != nil {
		return err
	}
	_, err := t.exec("UPDATE items SET updated_at = ? WHERE id = ?", updated, id)
	return err
}

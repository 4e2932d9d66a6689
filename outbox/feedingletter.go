package outbox

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"sendoff/outbox/pace"
)

// unfitRow is the row of letters, up to the last one, that could not be made.
type unfitRow struct {
	since    time.Time // when the campaign was last begun or resumed
	outcomes []pace.Outcome
}

// unfitLetter is a row of which no letter can be made.
type unfitLetter struct {
	row     int64
	account string
	why     string // for people
}

// feed makes items of rows, some in one commit, and tells what has come of them by
// account. A letter that cannot be made, though all of them could when the campaign
// began, fails with its row, and the others go on: until some in a row fail, since the
// next ones would be no better.
func (f *feeding) feed(ctx context.Context, c openCampaign, rows []campaignLetter) (fed map[string]int, err error) {
	fed = make(map[string]int)
	making, stop := context.WithCancel(ctx)
	lots := make(chan lot) // one is made while the one before is being committed
	go f.makeLots(making, c, rows, f.unfit[c.ID], lots)
	defer func() {
		stop()
		for range lots { // until nobody makes any more
		}
	}()
	for l := range lots {
		if l.err != nil {
			return fed, l.err
		}
		var taken []string
		err = f.commit(ctx, func(t *tx, ahead refills) (err error) {
			taken, err = t.takeRows(c.ID, l.made, l.unfit, ahead, time.Now())
			return err
		})
		if err != nil {
			return fed, err
		}
		f.unfit[c.ID] = l.row // not before: what was undone is made again
		for _, account := range taken {
			fed[account]++
		}
		if stop := pace.Trip(l.row.outcomes); stop != "" {
			return fed, f.pause(ctx, c, stop)
		}
	}
	return fed, ctx.Err()
}

// lot is some letters that become items in one commit.
type lot struct {
	made  []*message
	unfit []unfitLetter
	row   unfitRow // with these
	err   error
}

// makeLots gives the letters of rows in lots, up to one behind which the campaign must
// stop, or to the first error. row is that of what could not be made before.
func (f *feeding) makeLots(ctx context.Context, c openCampaign, rows []campaignLetter, row unfitRow, lots chan<- lot) {
	defer close(lots)
	if !row.since.Equal(c.watched) {
		row = unfitRow{since: c.watched}
	}
	for batch := range slices.Chunk(rows, feedBatch) {
		l := f.makeLetters(ctx, c, batch, row)
		row = l.row
		select {
		case lots <- l:
		case <-ctx.Done():
			return
		}
		if l.err != nil || pace.Trip(row.outcomes) != "" {
			return
		}
	}
}

// makeLetters makes the letters of some rows, up to one behind which the campaign must
// stop.
func (f *feeding) makeLetters(ctx context.Context, c openCampaign, rows []campaignLetter, row unfitRow) lot {
	l := lot{row: row}
	for _, r := range rows {
		m, err := f.outbox.makeLetter(ctx, r, c.seed, time.Now())
		switch {
		case err == nil:
			l.row.outcomes = nil
			l.made = append(l.made, m)
			continue
		case ctx.Err() != nil || isOutside(err):
			return lot{row: row, err: err}
		}
		f.log.Warn("a letter cannot be made", "campaign", c.Name, "line", r.line, "error", err)
		l.unfit = append(l.unfit, unfitLetter{r.row, r.account, fmt.Sprintf("its letter cannot be made: %v", err)})
		l.row.outcomes = append(slices.Clip(l.row.outcomes), pace.Outcome{Kind: pace.Unfit, Answer: err.Error()})
		if pace.Trip(l.row.outcomes) != "" {
			break
		}
	}
	return l
}

// measured is where a message goes of which length and digest are kept, and the bytes
// unless it is a long one.
type measured struct {
	hash hash.Hash
	size int64
	data []byte
}

func (m *measured) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	if m.size > maxFreshLetter {
		m.data = nil
	} else {
		m.data = append(m.data, p...)
	}
	return m.hash.Write(p)
}

// makeLetter makes the message of a row. Its bytes are stored nowhere.
func (b *Outbox) makeLetter(ctx context.Context, r campaignLetter, seed []byte, now time.Time) (*message, error) {
	if r.damage != nil {
		return nil, fmt.Errorf("%w: its row of the campaign cannot be read", ErrDamaged)
	}
	d, err := b.draft(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.stamp, err = letterStamp(seed, r.number, d.From, now); err != nil {
		return nil, err
	}
	m := &message{draft: d, stamp: r.stamp, letter: &r, summary: summarize(d)}
	into := &measured{hash: sha256.New()}
	if m.envelope, err = b.press.maker.Build(into, d, r.stamp); err != nil {
		return nil, err
	}
	m.size, m.digest = into.size, hex.EncodeToString(into.hash.Sum(nil))
	if into.data != nil {
		b.press.fresh.put(m.digest, into.data)
	}
	return m, nil
}

// takeRows makes items of letters, each in one step with its row: what has been
// taken before, was suppressed meanwhile, or belongs to a campaign that does not run
// any more, gets none. Rows whose letter is unfit fail. It gives the account of each. What
// an account that sends many has room for is begun ahead.
func (t *tx) takeRows(id CampaignID, letters []*message, unfit []unfitLetter, ahead refills, now time.Time) (taken []string, err error) {
	n, err := t.changed("UPDATE campaigns SET begun_at = iif(begun_at = 0, ?, begun_at) WHERE id = ? AND state = ?", stamp(now), id, CampaignRunning)
	if err != nil || n == 0 {
		return nil, err
	}
	if err := t.widen(); err != nil {
		return nil, err
	}
	for _, u := range unfit {
		if _, err := t.exec("UPDATE campaign_rows SET state = ?, reason = ? WHERE id = ? AND state = ?", rowFailed, bound(u.why), u.row, rowReady); err != nil {
			return nil, err
		}
		taken = append(taken, u.account)
	}
	ready, err := t.readyOf(letters)
	if err != nil {
		return nil, err
	}
	suppressed, err := t.suppressedAmong(addressesOf(letters))
	if err != nil {
		return nil, err
	}
	var leave []*message
	for _, m := range letters {
		why := suppressed[strings.ToLower(m.letter.address)]
		switch {
		case !ready[m.letter.row]:
		case why != 0:
			if _, err := t.exec("UPDATE campaign_rows SET state = ?, reason = ? WHERE id = ?", rowSkipped, why.suppression(), m.letter.row); err != nil {
				return nil, err
			}
		default:
			leave = append(leave, m)
			taken = append(taken, m.draft.Account)
		}
	}
	return taken, t.insertLetters(leave, ahead, now)
}

// readyOf tells which rows of letters have not been taken yet.
func (t *tx) readyOf(letters []*message) (map[int64]bool, error) {
	var ids []int64
	for _, m := range letters {
		ids = append(ids, m.letter.row)
	}
	ready := make(map[int64]bool, len(ids))
	err := t.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ready[id] = true
		return err
	}, "SELECT id FROM campaign_rows WHERE id IN "+inList+" AND state = ?", list(ids), rowReady)
	return ready, err
}

func addressesOf(letters []*message) []string {
	addresses := make([]string, len(letters))
	for i, m := range letters {
		addresses[i] = m.letter.address
	}
	return addresses
}

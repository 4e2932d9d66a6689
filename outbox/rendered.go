package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"sendoff/compose"
)

// Render opens what a campaign of that name has frozen. The Letters that it gives are
// called by one goroutine at a time.
type Render func(name string, frozen []byte) (Letters, error)

// Letters makes the draft of a row, the same for the same row on any day.
type Letters func(number, line int, cells []string) (compose.Draft, error)

// maxOpenCampaigns is how many campaigns are kept open: what a template is made to
// takes some ms and some 100 KB.
const maxOpenCampaigns = 8

// letterPress makes the letters of campaigns.
type letterPress struct {
	mu   sync.Mutex // guards what follows, and the Letters themselves
	open map[CampaignID]Letters

	fresh freshLetters
	maker compose.Maker
}

// draft makes the draft of a row, with the content files of its campaign.
func (b *Outbox) draft(ctx context.Context, r campaignLetter) (d compose.Draft, err error) {
	letters, err := b.letters(ctx, r.campaign)
	if err != nil {
		return d, err
	}
	b.press.mu.Lock()
	d, err = letters(r.number, r.line, r.cells)
	b.press.mu.Unlock()
	if err != nil {
		return d, err
	}
	d.Account = r.account
	if d.From == "" {
		d.From = r.from
	}
	return d, b.withKeptFiles(ctx, r.campaign, &d)
}

func (b *Outbox) letters(ctx context.Context, id CampaignID) (Letters, error) {
	if b.options.Render == nil {
		return nil, ErrNoRender
	}
	b.press.mu.Lock()
	defer b.press.mu.Unlock()
	if l, ok := b.press.open[id]; ok {
		return l, nil
	}
	var name string
	var frozen []byte
	if err := b.read.QueryRowContext(ctx, "SELECT name, frozen FROM campaigns WHERE id = ?", id).Scan(&name, &frozen); err != nil {
		return nil, storeError(err)
	}
	l, err := b.options.Render(name, frozen)
	if err != nil {
		return nil, fmt.Errorf("open the campaign: %w", err)
	}
	if b.press.open == nil || len(b.press.open) >= maxOpenCampaigns {
		b.press.open = make(map[CampaignID]Letters)
	}
	b.press.open[id] = l
	return l, nil
}

// campaignLetter is what a letter is made of.
type campaignLetter struct {
	campaign     CampaignID
	row          int64
	number, line int
	address      string
	cells        []string
	damage       error // why its cells cannot be read
	account      string
	from         string // of the account, where the letter names nobody
	stamp        compose.Stamp
}

// letterStamp is the stamp of a row's letter, the same whenever it is asked for, but
// for the Date, which is that of the moment when it becomes an item and stays that.
// It is pure.
func letterStamp(seed []byte, number int, from string, now time.Time) (s compose.Stamp, err error) {
	sender, err := compose.ParseOne(from)
	if err != nil {
		return s, fmt.Errorf("from: %w", err)
	}
	address, err := sender.ASCII()
	if err != nil {
		return s, fmt.Errorf("from: %w", err)
	}
	id := rowChance(seed, number) // so that those of one letter after the other ascend: in an index they stand side by side
	boundaries := sha256.Sum256(fmt.Appendf(nil, "boundaries %x %d", seed, number))
	s.Date = now.UTC().Truncate(time.Second)
	s.MessageID = "<" + hex.EncodeToString(id[:16]) + address[strings.LastIndexByte(address, '@'):] + ">"
	copy(s.Seed[:], boundaries[:])
	return s, nil
}

// letterOf reads what the message of an item without bytes is made of.
func (b *Outbox) letterOf(ctx context.Context, item ID) (r campaignLetter, err error) {
	var cells, seed []byte
	var date int64
	err = b.read.always(ctx, `SELECT w.campaign, w.id, w.number, w.line, w.address, w.cells, w.account, i.message_id, i.date, i.seed,
			coalesce((SELECT from_line FROM campaign_accounts a WHERE a.campaign = w.campaign AND a.account = w.account), '')
		FROM items i JOIN campaign_rows w ON w.id = i.campaign_row WHERE i.id = ?`, item).
		Scan(&r.campaign, &r.row, &r.number, &r.line, &r.address, &cells, &r.account, &r.stamp.MessageID, &date, &seed, &r.from)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return r, fmt.Errorf("%w: its row of the campaign is gone", ErrDamaged)
	case err != nil:
		return r, storeError(err)
	}
	r.stamp.Date = unstamp(date)
	copy(r.stamp.Seed[:], seed)
	if err := json.Unmarshal(cells, &r.cells); err != nil {
		return r, fmt.Errorf("%w: its row of the campaign cannot be read", ErrDamaged)
	}
	return r, nil
}

// openRendered makes the message of an item that has no bytes of its own, unless it has
// just been made. It is proved like one that has: what was made of the row at first has
// this digest.
func (b *Outbox) openRendered(ctx context.Context, c content) (io.ReadCloser, error) {
	if data := b.press.fresh.take(c.digest); data != nil {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	r, err := b.letterOf(ctx, c.item)
	if err != nil {
		return nil, err
	}
	d, err := b.draft(ctx, r)
	if err != nil {
		return nil, letterError(err)
	}
	m, err := b.buildWith(ctx, d, r.stamp, SubmitOptions{})
	if err != nil {
		return nil, letterError(err)
	}
	if m.digest != c.digest {
		m.spool.drop()
		return nil, fmt.Errorf("%w: what is made of its row is not what it was", ErrDamaged)
	}
	if m.spool.file == nil {
		return io.NopCloser(bytes.NewReader(m.spool.memory.Bytes())), nil
	}
	return m.spool.reread()
}

// letterError tells what is wrong with a letter for good from what may pass.
func letterError(err error) error {
	if isOutside(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrDamaged) || errors.Is(err, ErrNoRender) {
		return err
	}
	return fmt.Errorf("%w: its letter cannot be made: %w", ErrDamaged, err)
}

// reread gives what was spooled into a file, from the beginning. The file has no
// name any more, and is gone when it is closed.
func (s *spool) reread() (*os.File, error) {
	file := s.file
	s.file = nil
	err := os.Remove(file.Name())
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, pathError(err)
	}
	return file, nil
}

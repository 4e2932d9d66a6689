package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"sendoff/compose"
	"sendoff/internal/cleantext"
)

const (
	// rememberedRecipients is how far back Correspondents looks: years of what a
	// person writes, read in about a tenth of a second.
	rememberedRecipients = 10_000

	// bounceSettles is how long a message must have stood as sent until it says
	// more than an earlier bounce: a server that takes a message first and sends it
	// back later does so within hours, if at all.
	bounceSettles = 24 * time.Hour
)

// Correspondent is an address that messages were queued for. Its texts are clean.
type Correspondent struct {
	Address string    // as a person wrote it last, without the name
	Name    string    // as it was written last; "" if it never had one
	Sent    int       // messages that were taken for it
	Last    time.Time // when the newest message for it was queued, or had its result

	Accounts []string // that the messages were for, not what has stood in for them; that of the newest first

	// Failure is the refusal or bounce that nothing has made good since; its zero
	// Class is none. Only what was said of the address counts, not what was said
	// of a message or an account.
	Failure Result
	Bounced bool      // Failure came back as mail
	At      time.Time // of Failure
}

// Correspondents gives those that the newest messages were for, the latest
// first. Messages sent in bulk make nobody one.
func (b *Outbox) Correspondents(ctx context.Context) ([]Correspondent, error) {
	m := memory{now: time.Now(), at: make(map[string]int)}
	oldest, err := b.readRecipients(ctx, &m)
	if err == nil && len(m.all) > 0 {
		err = b.readNames(ctx, oldest, &m)
	}
	slices.SortStableFunc(m.all, func(a, b Correspondent) int { return b.Last.Compare(a.Last) })
	return m.all, storeError(err)
}

func (b *Outbox) readRecipients(ctx context.Context, m *memory) (oldest ID, err error) {
	rows, err := b.read.QueryContext(ctx, `SELECT i.id, i.created_at, CASE i.meant_for WHEN '' THEN i.account ELSE i.meant_for END, `+qualified("r", recipientColumns)+`
		FROM recipients r JOIN items i ON i.id = r.item_id WHERE i.bulk = 0 AND i.draft = 0 ORDER BY r.id DESC LIMIT ?`, rememberedRecipients)
	if err != nil {
		return 0, err
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id ID
		var created int64
		var account string
		r, err := scanRecipient(rows, &id, &created, &account)
		if err != nil {
			return err
		}
		oldest = min(cmp.Or(oldest, id), id)
		m.add(r, account, unstamp(created))
		return nil
	})
	return oldest, err
}

// qualified puts the name of a table before each of some columns.
func qualified(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}

// readNames finds how the addresses were written.
func (b *Outbox) readNames(ctx context.Context, oldest ID, m *memory) error {
	rows, err := b.read.QueryContext(ctx, "SELECT to_list, cc_list, bcc_list FROM items WHERE id >= ? AND bulk = 0 AND draft = 0 ORDER BY id DESC", oldest)
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		var lists [3][]byte
		if err := rows.Scan(&lists[0], &lists[1], &lists[2]); err != nil {
			return err
		}
		for _, text := range lists {
			var list []string
			if json.Unmarshal(text, &list) != nil {
				continue // it is damaged, which others tell
			}
			for _, written := range list {
				m.name(written)
			}
		}
		return nil
	})
}

// memory gathers correspondents. It is told of the newest first.
type memory struct {
	now     time.Time
	all     []Correspondent
	settled []bool // of all: nothing older can change what is said of a failure
	at      map[string]int
}

// find gives the place of an address, whatever the case of its letters.
func (m *memory) find(address string) (int, bool) {
	i, known := m.at[strings.ToLower(address)]
	return i, known
}

// add takes in one recipient of a message that was queued at a time, for an account.
func (m *memory) add(r Recipient, account string, queued time.Time) {
	i, known := m.find(r.Address)
	if !known {
		i = len(m.all)
		m.at[strings.ToLower(r.Address)] = i
		m.all = append(m.all, Correspondent{Address: cleantext.Line(r.Address)})
		m.settled = append(m.settled, false)
	}
	c := &m.all[i]
	c.Last = later(c.Last, later(queued, r.At))
	if !slices.Contains(c.Accounts, account) {
		c.Accounts = append(c.Accounts, account)
	}
	switch r.State {
	case RecipientSent, RecipientDelayed, RecipientConfirmed:
		c.Sent++
		if r.State == RecipientConfirmed || m.now.Sub(r.At) >= bounceSettles {
			m.settled[i] = true
		}
	case RecipientBounced:
		m.fail(i, r, true)
	case RecipientFailed:
		if r.Class.Scope() == ScopeRecipient && c.Sent == 0 { // else the server has changed its mind
			m.fail(i, r, false)
		}
	}
}

func (m *memory) fail(i int, r Recipient, bounced bool) {
	if m.settled[i] {
		return
	}
	m.settled[i] = true
	c := &m.all[i]
	c.Failure, c.Bounced, c.At = r.Result, bounced, r.At
	c.Failure.Text = cleantext.Line(r.Text)
}

// name takes the name of an address that was written, unless a newer is known.
func (m *memory) name(written string) {
	a, err := compose.ParseOne(written)
	if err != nil {
		return
	}
	ascii, err := a.ASCII()
	if err != nil {
		return
	}
	i, known := m.find(ascii)
	if !known {
		return
	}
	c := &m.all[i]
	if c.Name == "" {
		c.Name = cleantext.Line(a.Name)
		a.Name = ""
		c.Address = cleantext.Line(a.String())
	}
}

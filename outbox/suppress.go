package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sendoff/outbox/refusal"
)

// Suppression is an address that must not be written to, and why.
type Suppression struct {
	Address string // in lower case
	Why     Why
	Note    string // the server's words, or a person's; cleaned, one line
	Item    ID     // the message that showed it; 0: none
	At      time.Time
}

// Why is what an address is suppressed for.
type Why uint8

// The reasons. The numbers are stored: never change one.
const (
	WhyHard        Why = 1 // there is no such mailbox
	WhySoft        Why = 2 // it could not be reached three times, over a week
	WhyComplaint   Why = 3 // its owner has called a message spam
	WhyUnsubscribe Why = 4 // its owner wants no more
	WhyPerson      Why = 5 // somebody said so here
)

var whyNames = [...]string{WhyHard: "hard", WhySoft: "soft", WhyComplaint: "complaint", WhyUnsubscribe: "unsubscribe", WhyPerson: "manual"}

// String is the reason as JSON and CSV have it.
func (w Why) String() string {
	if int(w) < len(whyNames) {
		return whyNames[w]
	}
	return ""
}

// ParseWhy reads what String wrote.
func ParseWhy(name string) (Why, error) {
	for w, n := range whyNames {
		if n == name && n != "" {
			return Why(w), nil
		}
	}
	return 0, fmt.Errorf("%q is none of hard, soft, complaint, unsubscribe, manual", name)
}

// Words say it for people.
func (w Why) Words() string {
	switch w {
	case WhyHard:
		return "there is no such mailbox"
	case WhySoft:
		return "it could not be reached several times"
	case WhyComplaint:
		return "its owner has called a message spam"
	case WhyUnsubscribe:
		return "its owner wants no more mail"
	}
	return "by hand"
}

// Shown tells a reason that deliveries have shown, and nobody has said.
func (w Why) Shown() bool { return w == WhyHard || w == WhySoft }

// blow is what a final refusal says of the address itself.
type blow uint8

const (
	noBlow   blow = iota // it is about the message, the sender or the server
	softBlow             // it may pass
	hardBlow             // it would be the same for any message, at any time
)

// blows are the refusals that are about the address. Whatever is not here never
// suppresses one: what a server thinks of a message, of its sender, of how much comes
// or of a proof that is missing says nothing about who was to get it. 5.7.1 for a
// mailbox that exists would else take it off every list.
var blows = map[refusal.Reason]blow{
	refusal.NoMailbox: hardBlow, refusal.MailboxOff: hardBlow, refusal.MailboxMoved: hardBlow,
	refusal.NoDomain: hardBlow, refusal.NoMailHere: hardBlow, refusal.BadAddress: hardBlow,
	refusal.MailboxFull: softBlow, refusal.OutOfTime: softBlow, refusal.Unreachable: softBlow, refusal.NoRoute: softBlow, refusal.LookupFailed: softBlow,
}

// WrongAddress tells of a final refusal that it would be the same for any message to the
// address, at any time, as far as the server says so.
func WrongAddress(r Result) bool { return blowOf(r) == hardBlow }

// blowOf is pure.
func blowOf(r Result) blow { return blows[refusal.Of(r.Code, r.Enhanced, r.Text)] }

// What soft failures must add up to: three within a month, which are not all of one
// bad week. A mailbox that is full over the holidays is written to again.
const (
	strikesToSuppress = 3
	strikesWithin     = 30 * 24 * time.Hour
	strikesOver       = 7 * 24 * time.Hour
)

// strike notes that an address failed for good.
func (t *tx) strike(address string, r Result, item ID, now time.Time) error {
	address = strings.ToLower(address)
	switch blowOf(r) {
	case hardBlow:
		return t.suppress(Suppression{address, WhyHard, r.Text, item, now})
	case softBlow:
	default:
		return nil
	}
	if _, err := t.exec("INSERT OR IGNORE INTO strikes(address, at) VALUES(?, ?)", address, stamp(now)); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM strikes WHERE address = ? AND at < ?", address, stamp(now.Add(-strikesWithin))); err != nil {
		return err
	}
	var n int
	var first int64
	if err := t.queryRow("SELECT count(*), min(at) FROM strikes WHERE address = ?", address).Scan(&n, &first); err != nil {
		return err
	}
	if n < strikesToSuppress || now.Sub(unstamp(first)) < strikesOver {
		return nil
	}
	return t.suppress(Suppression{address, WhySoft, r.Text, item, now})
}

// strikeOf is strike for a recipient whom a server has refused at once.
func (t *tx) strikeOf(r jobRecipient, result Result, now time.Time) error {
	if blowOf(result) == noBlow {
		return nil
	}
	var item ID
	if err := t.queryRow("SELECT item_id FROM recipients WHERE id = ?", r.id).Scan(&item); err != nil {
		return err
	}
	return t.strike(r.address, result, item, now)
}

// forgetStrikes forgets the soft failures of an address that has got a message.
func (t *tx) forgetStrikes(address string) error {
	_, err := t.exec("DELETE FROM strikes WHERE address = ?", strings.ToLower(address))
	return err
}

// suppress adds an address. What its owner or a person has said stays.
func (t *tx) suppress(s Suppression) error {
	_, err := t.exec(`INSERT INTO suppressions(address, why, note, item, at) VALUES(?1, ?2, ?3, ?4, ?5)
		ON CONFLICT(address) DO UPDATE SET why = ?2, note = ?3, item = ?4, at = ?5 WHERE why IN (?6, ?7) OR ?2 NOT IN (?6, ?7)`,
		s.Address, s.Why, bound(s.Note), s.Item, stamp(s.At), WhyHard, WhySoft)
	return err
}

// Suppress adds addresses, in any case, or says something else of those that are
// suppressed already. It tells how many are new.
func (b *Outbox) Suppress(ctx context.Context, all []Suppression) (added int, err error) {
	err = b.writer.do(ctx, func(t *tx) error {
		added = 0
		for _, s := range all {
			s.Address = strings.ToLower(s.Address)
			var known bool
			if err := t.queryRow("SELECT EXISTS(SELECT 1 FROM suppressions WHERE address = ?)", s.Address).Scan(&known); err != nil {
				return err
			}
			if !known {
				added++
			}
			if err := t.suppress(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("suppress: %w", err)
	}
	return added, nil
}

// Unsuppress lets addresses be written to again, and forgets their failures. It gives
// those that were not suppressed.
func (b *Outbox) Unsuppress(ctx context.Context, addresses []string) (unknown []string, err error) {
	err = b.writer.do(ctx, func(t *tx) error {
		unknown = nil
		for _, address := range addresses {
			n, err := t.changed("DELETE FROM suppressions WHERE address = ?", strings.ToLower(address))
			if err != nil {
				return err
			}
			if n == 0 {
				unknown = append(unknown, address)
			}
			if err := t.forgetStrikes(address); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("unsuppress: %w", err)
	}
	return unknown, nil
}

// Suppressions gives all of them, by address.
func (b *Outbox) Suppressions(ctx context.Context) ([]Suppression, error) {
	return b.suppressions(ctx, "SELECT address, why, note, item, at FROM suppressions ORDER BY address")
}

func (b *Outbox) suppressions(ctx context.Context, query string, args ...any) (all []Suppression, err error) {
	rows, err := b.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var s Suppression
		var at int64
		err := rows.Scan(&s.Address, &s.Why, &s.Note, &s.Item, &at)
		s.At = unstamp(at)
		all = append(all, s)
		return err
	})
	return all, storeError(err)
}

// SuppressedOf gives those of an item's recipients that are suppressed.
func (b *Outbox) SuppressedOf(ctx context.Context, id ID) ([]Suppression, error) {
	return b.suppressions(ctx, `SELECT s.address, s.why, s.note, s.item, s.at FROM recipients r JOIN suppressions s ON s.address = lower(r.address)
		WHERE r.item_id = ? ORDER BY r.id`, id)
}

// SuppressedAmong gives those of some addresses, in lower case, that are suppressed.
func (b *Outbox) SuppressedAmong(ctx context.Context, addresses []string) ([]Suppression, error) {
	list, err := json.Marshal(addresses)
	if err != nil {
		return nil, err
	}
	return b.suppressions(ctx, "SELECT address, why, note, item, at FROM suppressions WHERE address IN (SELECT value FROM json_each(?)) ORDER BY address", string(list))
}

// suppressedAmong tells why some of the addresses must not be written to, in lower case.
func (t *tx) suppressedAmong(addresses []string) (map[string]Why, error) {
	lower := make([]string, len(addresses))
	for i, address := range addresses {
		lower[i] = strings.ToLower(address)
	}
	asked, err := json.Marshal(lower)
	if err != nil {
		return nil, err
	}
	suppressed := make(map[string]Why)
	err = t.each(func(rows *sql.Rows) error {
		var address string
		var why Why
		err := rows.Scan(&address, &why)
		suppressed[address] = why
		return err
	}, "SELECT address, why FROM suppressions WHERE address IN "+inList, string(asked))
	return suppressed, err
}

// suppression is why an address must not be written to, for people; "" where w is 0.
func (w Why) suppression() string {
	if w == 0 {
		return ""
	}
	return "suppressed: " + w.Words()
}

// skipSuppressed takes those out of a job of a campaign whose address was suppressed
// since it was queued. It gives what all of the item's recipients are then.
func (t *tx) skipSuppressed(j *job, all []rollRecipient, now time.Time) ([]rollRecipient, error) {
	addresses := make([]string, len(j.recipients))
	for i, r := range j.recipients {
		addresses[i] = r.address
	}
	suppressed, err := t.suppressedAmong(addresses)
	if err != nil {
		return all, err
	}
	var left []jobRecipient
	for _, r := range j.recipients {
		why := suppressed[strings.ToLower(r.address)].suppression()
		if why == "" {
			left = append(left, r)
			continue
		}
		if before, err := t.refusedBefore(r.id); err != nil || before != 0 { // that says more
			if err == nil {
				err = t.move(r.id, before)
			}
			if err != nil {
				return all, err
			}
			continue
		}
		if err := t.move(r.id, EventSkip); err != nil {
			return all, err
		}
		if _, err := t.exec("UPDATE recipients SET text = ?, at = ? WHERE id = ?", why, stamp(now), r.id); err != nil {
			return all, err
		}
	}
	if len(left) == len(j.recipients) {
		return all, nil
	}
	j.recipients = nil
	if len(left) == 0 {
		return nil, nil
	}
	claimed, err := transition(RecipientWaiting, EventClaim)
	if err != nil {
		return nil, err
	}
	all, _, err = t.gather(j, claimed, now, len(left))
	return all, err
}

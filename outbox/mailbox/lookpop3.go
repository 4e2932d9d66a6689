package mailbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	maxUIDL = 255  // octets; RFC 1939 §7 has 70 at most
	someAre = 50   // mails after which it is recorded that they were looked at
	topPOP  = 1000 // mails that are looked at in one look: each has to be asked for by itself
)

// popMail is a mail as a POP3 session names it: the number counts for the session,
// the UIDL for ever.
type popMail struct {
	number uint32
	uidl   string
}

// list asks for the mails, the newest newestMails of them, the oldest first: in POP3
// the numbers grow with the time of arrival.
func (m *popMailbox) list() (mails []popMail, err error) {
	m.conn.allow(maxHeaders)
	if _, err := m.command("UIDL"); err != nil {
		if isRefusal(err) {
			return nil, fmt.Errorf("%w: %w", ErrNoNames, err)
		}
		return nil, err
	}
	err = m.lines(func(line string) {
		if mail, ok := parseUIDL(line); ok {
			mails = append(mails, mail)
		}
	})
	slices.SortStableFunc(mails, func(a, b popMail) int { return cmp.Compare(a.number, b.number) })
	return mails[max(0, len(mails)-newestMails):], err
}

// parseUIDL is pure: a line that is none names no mail.
func parseUIDL(line string) (mail popMail, ok bool) {
	number, uidl, _ := strings.Cut(line, " ")
	n, err := strconv.ParseUint(number, 10, 32)
	uidl = strings.TrimSpace(uidl)
	odd := func(c rune) bool { return c < '!' || c > '~' }
	if err != nil || n == 0 || uidl == "" || len(uidl) > maxUIDL || strings.ContainsFunc(uidl, odd) {
		return popMail{}, false
	}
	return popMail{uint32(n), uidl}, true
}

func (m *popMailbox) look(ctx context.Context, _ string, w sieve, l Ledger) error {
	mails, err := m.list()
	if err != nil {
		return err
	}
	numbers := make(map[string]uint32)
	var all []string
	for _, mail := range mails {
		if _, twice := numbers[mail.uidl]; !twice { // the same mail twice has one (RFC 1939 §7)
			numbers[mail.uidl] = mail.number
			all = append(all, mail.uidl)
		}
	}
	unseen, first, err := l.Unseen(ctx, all)
	if err != nil {
		return err
	}
	if old := len(unseen) - firstMails; first && old > 0 {
		if err := l.Seen(ctx, unseen[:old]); err != nil {
			return err
		}
		unseen = unseen[old:]
	}
	p := &popLook{popMailbox: m, sieve: w, ledger: l}
	for _, uidl := range unseen[:min(len(unseen), topPOP)] {
		if err := p.lookAt(ctx, numbers[uidl], uidl); err != nil {
			return errors.Join(err, p.flush(ctx))
		}
	}
	return errors.Join(p.flush(ctx), p.verdict())
}

// popLook is a look through a POP3 mailbox.
type popLook struct {
	*popMailbox
	refusals
	sieve
	ledger Ledger
	seen   []string // that are to be recorded
}

// lookAt looks at one mail. What has been seen of it is recorded with that of the
// next ones: to look again costs less than a commit.
func (p *popLook) lookAt(ctx context.Context, number uint32, uidl string) error {
	head, err := p.top(number, 0, maxHeader)
	if err == nil {
		p.given++
	}
	if err == nil && p.takes(head) {
		var mail []byte
		if mail, err = p.top(number, reportOf, maxReport); err == nil {
			if err := p.ledger.Take(ctx, uidl, bytes.NewReader(mail)); err != nil {
				return err
			}
		}
	}
	if err = p.excuse(err); err != nil && !p.conn.isExcess() {
		return err
	}
	p.seen = append(p.seen, uidl)
	if err == nil && len(p.seen) >= someAre {
		err = p.flush(ctx)
	}
	return err
}

// flush records what was looked at, also when ctx has ended: it was done.
func (p *popLook) flush(ctx context.Context) error {
	seen := p.seen
	p.seen = nil
	return p.ledger.Seen(context.WithoutCancel(ctx), seen)
}

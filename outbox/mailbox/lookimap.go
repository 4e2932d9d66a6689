package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"sendoff/outbox"
)

// usualJunk are names of folders for junk, the likeliest first.
var usualJunk = []string{
	"Junk", "Spam", "Junk E-mail", "Junk Email", "Junk Mail", "[Gmail]/Spam", "Bulk Mail", "Bulk", "Spamverdacht", "Junk-E-Mail",
	"Courrier indésirable", "Indésirables", "Correo no deseado", "Posta indesiderata", "Ongewenste e-mail", "Спам",
}

func (m *imapMailbox) look(ctx context.Context, folder string, w sieve, l Ledger) error {
	if err := m.lookThrough(ctx, folder, w, l); err != nil {
		return err
	}
	m.conn.allow(maxTalk)
	folders, err := m.folders()
	if err != nil && !isRefusal(err) { // who lists nothing may still have reports
		return err
	}
	junk := choose(folders, imap.MailboxAttrJunk, usualJunk)
	if junk == "" || junk == folder {
		return nil
	}
	if err := m.lookThrough(ctx, junk, w, l); !errors.Is(err, ErrNoFolder) { // it may be there in name alone
		return err
	}
	return nil
}

// folderLook is a look through one folder.
type folderLook struct {
	*imapMailbox
	refusals
	sieve
	ledger Ledger
	folder string
	cursor outbox.Cursor // where the look is
}

// lookThrough looks through one folder, the oldest of what is new first.
func (m *imapMailbox) lookThrough(ctx context.Context, folder string, w sieve, l Ledger) error {
	m.conn.allow(maxTalk)
	data, err := m.open(folder)
	if err != nil {
		return err
	}
	cursor, err := l.Cursor(ctx, folder)
	if err != nil {
		return err
	}
	if cursor.Validity != data.UIDValidity {
		cursor = outbox.Cursor{Validity: data.UIDValidity}
	}
	uids, err := m.news(data, cursor, time.Now())
	if err != nil {
		return err
	}
	f := &folderLook{imapMailbox: m, sieve: w, ledger: l, folder: folder, cursor: cursor}
	for some := range slices.Chunk(uids, fieldsOf) {
		if err := f.lookAt(ctx, some); err != nil {
			return err
		}
	}
	if !cursor.Begun && data.UIDNext > 0 && uint32(data.UIDNext-1) > f.cursor.Last { // what was too old is done with
		if err := f.pass(ctx, data.UIDNext-1); err != nil {
			return err
		}
	}
	return f.verdict()
}

// news asks for the UIDs that were not looked at, in their order.
func (m *imapMailbox) news(data *imap.SelectData, cursor outbox.Cursor, now time.Time) ([]imap.UID, error) {
	last := imap.UID(cursor.Last)
	if data.NumMessages == 0 || last == math.MaxUint32 || cursor.Begun && data.UIDNext > 0 && data.UIDNext <= last+1 {
		return nil, nil
	}
	var criteria imap.SearchCriteria
	if data.NumMessages > newestMails {
		criteria.SeqNum = []imap.SeqSet{{{Start: data.NumMessages - newestMails + 1, Stop: data.NumMessages}}}
	}
	if cursor.Begun {
		criteria.UID = []imap.UIDSet{{{Start: last + 1}}} // up to a star
	} else {
		criteria.Since = now.AddDate(0, 0, -firstDays)
	}
	m.conn.allow(maxTalk)
	found, err := m.UIDSearch(&criteria, nil).Wait()
	if err != nil {
		return nil, refusedBy(err)
	}
	uids := uidsAbove(found.All, last)
	if cursor.Begun {
		return uids[:min(len(uids), mostMails)], nil
	}
	return uids[max(0, len(uids)-firstMails):], nil
}

// uidsAbove are the UIDs above one that a search has found, in their order. It is
// what a server says, see newest: no more are taken than were asked for, and last
// itself is named by "last+1:*" where there is none above (RFC 9051 §6.4.8).
func uidsAbove(found imap.NumSet, last imap.UID) (uids []imap.UID) {
	set, _ := found.(imap.UIDSet)
	for _, r := range set {
		if r.Start == 0 || r.Stop == 0 {
			continue
		}
		for uid := max(uint64(min(r.Start, r.Stop)), uint64(last)+1); uid <= uint64(max(r.Start, r.Stop)) && len(uids) < newestMails; uid++ {
			uids = append(uids, imap.UID(uid))
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids)
}

// lookAt looks at some mails.
func (f *folderLook) lookAt(ctx context.Context, uids []imap.UID) error {
	fields := &imap.FetchItemBodySection{
		Specifier: imap.PartSpecifierHeader, HeaderFields: f.fields(), Peek: true, Partial: &imap.SectionPartial{Size: maxFields},
	}
	heads, err := f.sections(uids, fields)
	if err = f.excuse(err); err != nil {
		return f.leave(ctx, uids[len(uids)-1], err)
	}
	for _, uid := range uids {
		if head, there := heads[uid]; there && f.takes(head) {
			if err := f.take(ctx, uid); err != nil {
				return err
			}
		}
	}
	return f.pass(ctx, uids[len(uids)-1])
}

// take gives the ledger a mail.
func (f *folderLook) take(ctx context.Context, uid imap.UID) error {
	whole := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxReport}}
	mails, err := f.sections([]imap.UID{uid}, whole)
	if err = f.excuse(err); err != nil {
		return f.leave(ctx, uid, err)
	}
	mail, there := mails[uid]
	if !there {
		return nil // it is gone
	}
	if err := f.ledger.Take(ctx, fmt.Sprintf("%s %d", f.folder, uid), bytes.NewReader(mail)); err != nil {
		return err
	}
	return f.pass(ctx, uid)
}

// sections asks for the same part of some mails, and gives what there is of them.
// Nothing else that the server may give for them counts.
func (f *folderLook) sections(uids []imap.UID, of *imap.FetchItemBodySection) (map[imap.UID][]byte, error) {
	f.conn.allow(maxHeaders)
	messages, err := f.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{of}}).Collect()
	found := make(map[imap.UID][]byte)
	for _, m := range messages {
		for _, s := range m.BodySection {
			if s.Section.Specifier == of.Specifier {
				found[m.UID] = s.Bytes[:min(int64(len(s.Bytes)), of.Partial.Size)]
			}
		}
	}
	f.given += len(found)
	return found, refusedBy(err)
}

// pass records that the folder is looked through up to a mail.
func (f *folderLook) pass(ctx context.Context, uid imap.UID) error {
	f.cursor.Last = uint32(uid)
	return f.ledger.Pass(ctx, f.folder, f.cursor)
}

// leave ends the look, behind a mail of which the server says too much.
func (f *folderLook) leave(ctx context.Context, uid imap.UID, err error) error {
	if f.conn.isExcess() {
		return errors.Join(err, f.pass(ctx, uid))
	}
	return err
}

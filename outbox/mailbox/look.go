package mailbox

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"sendoff/outbox"
	"sendoff/outbox/bounce"
)

// Ledger knows how far the last look into a mailbox came, and takes what this one
// finds. An [outbox.Look] is one, and says what the methods do. It is used from one
// goroutine; its errors end the look.
type Ledger interface {
	Cursor(ctx context.Context, folder string) (outbox.Cursor, error)
	Pass(ctx context.Context, folder string, c outbox.Cursor) error
	Unseen(ctx context.Context, all []string) (unseen []string, first bool, err error)
	Seen(ctx context.Context, uidls []string) error
	Take(ctx context.Context, name string, mail io.Reader) error
}

// How much of a mailbox is looked at.
const (
	firstDays   = 14     // days back, at the first look: about older mail no report comes
	firstMails  = 500    // and at most so many mails, the newest
	mostMails   = 5000   // in one look; the rest waits for the next one
	newestMails = 20_000 // what is older is not looked for: so many numbers fit into a line that is read

	maxReport = 256 << 10 // octets of a mail: package bounce finds in them what it needs, and attachments come last
	maxFields = 16 << 10  // of the fields of a header that are asked for
	fieldsOf  = 50        // mails are asked for in one command
	reportOf  = 4000      // lines of a mail, which POP3 counts in: 256 KiB of usual ones
)

// Look looks through what is new in the folder, and in the one for junk if there is
// one, and gives the ledger the mails that may be delivery reports. It reads the
// headers of the others, and changes nothing. It is called after Login.
func (s *Session) Look(ctx context.Context, l Ledger) error {
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	if err := s.client.look(ctx, s.settings.Folder, sieve{s.options}, l); err != nil {
		return s.failed(ctx, StageFolder, err)
	}
	return nil
}

// sieve tells which mails are taken.
type sieve struct{ Options }

// fields are those of a header that have to be known.
func (w sieve) fields() []string {
	all := bounce.HeaderFields()
	for _, name := range w.Fields {
		if !slices.ContainsFunc(all, func(known string) bool { return strings.EqualFold(known, name) }) {
			all = append(all, name)
		}
	}
	return all
}

func (w sieve) takes(header []byte) bool {
	return bounce.Likely(header) || w.Wanted != nil && w.Wanted(header)
}

// isExcess tells that the connection was ended for what the server said: of the
// mail that was asked for it would say the same the next time.
func (b *bounded) isExcess() bool {
	err := b.broken()
	return errors.Is(err, errTooMuch) || errors.Is(err, errTooDeep) || errors.Is(err, errGarbled)
}

// refusals are what a server does not give of the mails that it has itself named.
// A mail that it cannot give must not stand in the way of the others, but one that
// gives none is not to be taken for a mailbox without reports.
type refusals struct {
	given int
	last  error
}

// excuse keeps a refusal, and gives any other error back.
func (r *refusals) excuse(err error) error {
	if err != nil && isRefusal(err) {
		r.last = err
		return nil
	}
	return err
}

// verdict is the last refusal of who has given nothing.
func (r *refusals) verdict() error {
	if r.given > 0 {
		return nil
	}
	return r.last
}

package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"sendoff/outbox"
)

// Fault is why a message was not copied.
type Fault struct {
	ID    outbox.ID
	About string // its subject, quoted, and to whom it is; "" if that cannot be read
	Err   error
}

// about is what a person knows a message by.
func about(ctx context.Context, b *outbox.Outbox, id outbox.ID) string {
	i, err := b.Get(context.WithoutCancel(ctx), id)
	if err != nil {
		return ""
	}
	text := "without subject"
	if i.Subject != "" {
		text = strconv.Quote(i.Subject)
	}
	switch all := slices.Concat(i.To, i.Cc, i.Bcc); len(all) {
	case 0:
		return text
	case 1:
		return text + " to " + all[0]
	default:
		return fmt.Sprintf("%s to %s +%d", text, all[0], len(all)-1)
	}
}

// mostFaults is how many faults an error names: more than a screen of them is read by
// nobody.
const mostFaults = 5

// Incomplete is the error of a copy that lacks messages.
type Incomplete struct {
	Copied, Of int     // messages; those that were there already are copied
	Faults     []Fault // at least one, in the order of the messages; of many the first
	More       int     // faults that are not among them
}

// Error says how far it came, and what is wrong with which message.
func (e *Incomplete) Error() string {
	var text strings.Builder
	switch {
	case e.Of == 1:
		text.WriteString("not copied")
	case e.Copied == 0:
		fmt.Fprintf(&text, "copied none of %d", e.Of)
	default:
		fmt.Fprintf(&text, "copied %d of %d", e.Copied, e.Of)
	}
	for _, f := range e.Faults {
		fmt.Fprintf(&text, "; %s: ", f.ID)
		if f.About != "" {
			text.WriteString(f.About + ": ")
		}
		fmt.Fprint(&text, f.Err)
	}
	if e.More > 0 {
		fmt.Fprintf(&text, "; and %d more", e.More)
	}
	return text.String()
}

// Unwrap lets errors.Is and errors.As look at every fault.
func (e *Incomplete) Unwrap() []error {
	all := make([]error, len(e.Faults))
	for i, f := range e.Faults {
		all[i] = f.Err
	}
	return all
}

// each copies messages one after the other, past faults that are of one message alone.
func each(ctx context.Context, b *outbox.Outbox, ids []outbox.ID, progress func(done int), ofOne func(error) bool, copyOne func(outbox.ID) error) error {
	out := &Incomplete{Of: len(ids)}
	for n, id := range ids {
		err := ctx.Err()
		if err == nil {
			err = copyOne(id)
		}
		switch {
		case err == nil:
			out.Copied++
		case len(out.Faults) < mostFaults:
			out.Faults = append(out.Faults, Fault{id, about(ctx, b, id), err})
		default:
			out.More++
		}
		if err != nil && (ctx.Err() != nil || !ofOne(err)) {
			break
		}
		if progress != nil {
			progress(n + 1)
		}
	}
	if len(out.Faults) == 0 {
		return nil
	}
	return out
}

// ofOne tells an error that is of one message where each has a file, and says nothing
// of the next.
func ofOne(err error) bool {
	var of unreadable
	return errors.As(err, &of) || errors.Is(err, fs.ErrExist)
}

// ofAll is ofOne where all stand in one file: half a message spoils it.
func ofAll(error) bool { return false }

// unreadable is why a message cannot be had, as opposed to why it cannot be written.
type unreadable struct{ error }

func (e unreadable) Unwrap() error { return e.error }

// source tells the errors of what it reads from those of where that goes, and ends with
// ctx, which belongs to it for one message.
type source struct {
	ctx context.Context
	io.Reader
}

// Read implements [io.Reader].
func (s source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = unreadable{err}
	}
	return n, err
}

package export

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// WriteMbox writes messages as an mbox. It ends at the first that cannot be copied, with
// an [*Incomplete]: half a mail may stand there then. progress is told as by [To].
func WriteMbox(ctx context.Context, b *outbox.Outbox, out io.Writer, ids []outbox.ID, progress func(done int)) error {
	w := bufio.NewWriter(out)
	err := each(ctx, b, ids, progress, ofAll, func(id outbox.ID) error { return writeMail(ctx, b, w, id) })
	if flushed := w.Flush(); err == nil && flushed != nil {
		err = fmt.Errorf("export: %w", flushed)
	}
	return err
}

func writeMail(ctx context.Context, b *outbox.Outbox, w *bufio.Writer, id outbox.ID) error {
	item, err := b.Get(ctx, id)
	if err != nil {
		return err
	}
	r, err := open(ctx, b, id, nil)
	if err != nil {
		return err
	}
	err = WriteMail(w, item.From, item.Created, source{ctx, r})
	return errors.Join(err, r.Close(), ctx.Err())
}

// WriteMail writes one mail of an mbox: the line that begins it, and the message with
// plain line ends, one empty line behind it, and a ">" before each line that would begin
// another mail (mboxrd, which can be undone).
func WriteMail(w *bufio.Writer, from string, at time.Time, message io.Reader) error {
	fmt.Fprintf(w, "From %s %s\n", sender(from), at.UTC().Format(time.ANSIC)) // a bufio.Writer keeps its error
	return quoteFrom(w, message)
}

// sender is it in the line that begins a mail.
func sender(from string) string {
	a, err := compose.ParseOne(from)
	if err != nil {
		return "MAILER-DAEMON"
	}
	address, err := a.ASCII()
	if err != nil || strings.ContainsAny(address, " \t") {
		return "MAILER-DAEMON"
	}
	return address
}

// beginsMail is how the line begins that begins a mail.
var beginsMail = []byte("From ")

// quoteFrom copies a message whose lines may be of any length: it sees them in pieces of
// a buffer.
func quoteFrom(w *bufio.Writer, r io.Reader) error {
	lines := bufio.NewReader(r)
	begins, ended := true, true
	for {
		if begins && passQuotes(w, lines) {
			ended = false
		}
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) && line[len(line)-1] == '\r' { // the line end may be divided
			line = line[:len(line)-1]
			lines.UnreadByte() // behind a read it never fails
		}
		begins = err == nil
		if len(line) > 0 {
			ended = begins
		}
		w.Write(bytes.Replace(line, []byte("\r\n"), []byte("\n"), 1))
		switch {
		case errors.Is(err, io.EOF):
			if !ended {
				w.WriteByte('\n')
			}
			return w.WriteByte('\n')
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// passQuotes copies the ">" that begin a line, with one more if it would begin a mail
// without them. It tells whether there were any.
func passQuotes(w *bufio.Writer, lines *bufio.Reader) (any bool) {
	for {
		next, err := lines.Peek(1)
		if err != nil || next[0] != '>' { // the error comes again when the line is read
			break
		}
		any = true
		w.WriteByte('>')
		lines.Discard(1)
	}
	if next, _ := lines.Peek(len(beginsMail)); bytes.Equal(next, beginsMail) {
		w.WriteByte('>')
	}
	return any
}

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

// WriteMbox writes messages as an mbox.
func WriteMbox(ctx context.Context, b *outbox.Outbox, out io.Writer, ids []outbox.ID) error {
	w := bufio.NewWriter(out)
	for _, id := range ids {
		if err := writeMail(ctx, b, w, id); err != nil {
			return err
		}
	}
	return w.Flush()
}

func writeMail(ctx context.Context, b *outbox.Outbox, w *bufio.Writer, id outbox.ID) error {
	item, err := b.Get(ctx, id)
	if err != nil {
		return err
	}
	r, err := open(ctx, b, id)
	if err != nil {
		return err
	}
	err = WriteMail(w, item.From, item.Created, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("export %s: %w", id, err)
	}
	return ctx.Err()
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

func quoteFrom(w *bufio.Writer, r io.Reader) error {
	lines := bufio.NewReader(r)
	begins, ended := true, true
	for {
		line, err := lines.ReadSlice('\n')
		if begins && bytes.HasPrefix(bytes.TrimLeft(line, ">"), beginsMail) {
			w.WriteByte('>')
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

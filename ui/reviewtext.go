package ui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// openText shows the plain text of the message.
func (r *reviewPane) openText() tea.Cmd {
	text := r.outline.Text
	return r.openView("text", "review.text", func(context.Context) (linesOf, error) { return block(text), nil })
}

// openHTML shows the HTML of the message as one reads it.
func (r *reviewPane) openHTML() tea.Cmd {
	source := r.outline.HTML
	return r.openView("HTML, as it reads", "review.html", func(context.Context) (linesOf, error) { return block(compose.TextOfHTML(source)), nil })
}

// openSource shows the message as it goes out, but for what is made when it is queued:
// its Message-ID, its date and its boundaries.
func (r *reviewPane) openSource() tea.Cmd {
	d, now := r.seen, r.now
	return r.openView("source", "review.source", func(context.Context) (linesOf, error) {
		head, err := r.source(d, now)
		return block(head), err
	})
}

// source is the beginning of the message of a draft.
func (r *reviewPane) source(d compose.Draft, now time.Time) (string, error) {
	return sourceOf(r.options, d, now)
}

func sourceOf(o Options, d compose.Draft, now time.Time) (string, error) {
	head := sourceHead{room: maxSource}
	err := writeMessage(&head, o, d, now)
	if errors.Is(err, errEnough) {
		return string(head.data) + "\n\nThe rest is not shown.\n", nil
	}
	return string(head.data), err
}

// write writes the message of a draft, as it is before it is signed or encrypted.
func (r *reviewPane) write(w io.Writer, d compose.Draft, now time.Time) error {
	return writeMessage(w, r.options, d, now)
}

func writeMessage(w io.Writer, o Options, d compose.Draft, now time.Time) error {
	d.Protection = compose.Unprotected
	stamp, err := compose.NewStamp(d.From, now)
	if err == nil {
		_, err = compose.Build(w, o.Outbox.WithHabits(d, now), stamp)
	}
	return err
}

func (r *reviewPane) openView(name, opener string, read func(ctx context.Context) (linesOf, error)) tea.Cmd {
	p := &textPane{desk: r.desk, item: outbox.Item{Subject: r.draft.Subject}, name: name, opener: opener, read: read}
	r.push(p)
	return p.load()
}

// block draws a text of several lines.
func block(text string) linesOf {
	return func(width int) []string { return append([]string{""}, cleanBlock(text, width)...) }
}

// sourceHead takes what is written to it until it has enough, so that a large message
// is not built to its end to be looked at.
type sourceHead struct {
	data []byte
	room int
}

var errEnough = errors.New("that is enough to look at")

func (b *sourceHead) Write(p []byte) (int, error) {
	n := min(len(p), b.room-len(b.data))
	b.data = append(b.data, p[:n]...)
	if n < len(p) {
		return n, errEnough
	}
	return n, nil
}

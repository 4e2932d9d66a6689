package ui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/openpgp"
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
// its Message-ID, its date and its boundaries; of a protected one the signature and the
// session key, too.
func (r *reviewPane) openSource() tea.Cmd {
	d, now, report := r.seen, r.now, r.report
	account, _ := r.account(d.Account)
	report.Apply(&d)
	p := r.textView("source", "review.source", func(ctx context.Context) (linesOf, error) {
		head, err := r.source(ctx, d, now, account)
		return block(head), err
	})
	if d.Protection.Protects() {
		p.waits = "gpg is asked for the message as it will be " + protectionWords(d.Protection) + " …"
	}
	r.push(p)
	return p.load()
}

// source is the beginning of the message of a draft. Where it cannot be protected now, it
// is as it is before that, which is said.
func (r *reviewPane) source(ctx context.Context, d compose.Draft, now time.Time, account accounts.Account) (string, error) {
	if !d.Protection.Protects() || r.options.OpenPGP == nil {
		return sourceOf(r.options, d, now)
	}
	head := sourceHead{room: maxSource}
	err := writeProtected(ctx, &head, r.options, d, now, r.options.OpenPGP.For(account))
	if err == nil || head.full {
		return head.text(), nil
	}
	before := "This is the message before it is " + protectionWords(d.Protection) + ": "
	if errors.Is(err, openpgp.ErrLocked) {
		before += "gpg asks for the passphrase of your key when you send it.\n\n"
	} else {
		before += mistake(err) + ".\n\n"
	}
	plain, err := sourceOf(r.options, d, now)
	return before + plain, err
}

// sourceOf is the beginning of the message of a draft, as it is before it is signed or encrypted.
func sourceOf(o Options, d compose.Draft, now time.Time) (string, error) {
	head := sourceHead{room: maxSource}
	if err := writeMessage(&head, o, d, now); err != nil && !errors.Is(err, errEnough) {
		return "", err
	}
	return head.text(), nil
}

// write writes the message of a draft, as it is before it is signed or encrypted.
func (r *reviewPane) write(w io.Writer, d compose.Draft, now time.Time) error {
	return writeMessage(w, r.options, d, now)
}

func writeMessage(w io.Writer, o Options, d compose.Draft, now time.Time) error {
	d.Protection = compose.Unprotected
	return writeProtected(context.Background(), w, o, d, now, nil)
}

func writeProtected(ctx context.Context, w io.Writer, o Options, d compose.Draft, now time.Time, protector compose.Protector) error {
	stamp, err := compose.NewStamp(d.From, now)
	if err == nil {
		_, err = compose.BuildProtected(ctx, w, o.Outbox.WithHabits(d, now), stamp, protector)
	}
	return err
}

func (r *reviewPane) openView(name, opener string, read func(ctx context.Context) (linesOf, error)) tea.Cmd {
	p := r.textView(name, opener, read)
	r.push(p)
	return p.load()
}

func (r *reviewPane) textView(name, opener string, read func(ctx context.Context) (linesOf, error)) *textPane {
	return newTextPane(r.desk, outbox.Item{Subject: r.draft.Subject}, name, opener, read)
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
	full bool
}

// text is what it has.
func (b *sourceHead) text() string {
	if b.full {
		return string(b.data) + "\n\nThe rest is not shown.\n"
	}
	return string(b.data)
}

var errEnough = errors.New("that is enough to look at")

func (b *sourceHead) Write(p []byte) (int, error) {
	n := min(len(p), b.room-len(b.data))
	b.data = append(b.data, p[:n]...)
	if n < len(p) {
		b.full = true
		return n, errEnough
	}
	return n, nil
}

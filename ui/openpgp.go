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

// Keyring is what signs and encrypts: the gpg of the person.
type Keyring interface {
	// Look says what becomes of a draft, and whether the keys are there.
	Look(ctx context.Context, d compose.Draft, account accounts.Account) (openpgp.Report, error)
	// For protects the messages of an account.
	For(account accounts.Account) compose.Protector
}

// protectionWords say what a message gets; "" for nothing.
func protectionWords(p compose.Protection) string {
	switch p {
	case compose.Signed:
		return "signed"
	case compose.Encrypted:
		return "encrypted"
	case compose.SignEncrypted:
		return "signed and encrypted"
	}
	return ""
}

// wishWords say what an account wishes for a message that says nothing itself.
func wishWords(o accounts.OpenPGP) string {
	sign := ""
	if o.Sign {
		sign = "signed"
	}
	encrypt := map[accounts.Encrypt]string{
		accounts.EncryptAlways: "encrypted", accounts.EncryptWhenPossible: "encrypted if possible", accounts.EncryptAsk: "you are asked whether to encrypt",
	}[o.Encrypt]
	if sign == "" || encrypt == "" {
		return sign + encrypt
	}
	return sign + ", " + encrypt
}

// protectionText is what stands in the head of the form.
func (c *composer) protectionText() string {
	switch p, wishes := c.base.Protection, c.senderAccount().OpenPGP; {
	case p == "":
		return wishWords(wishes)
	case p == compose.Unprotected && wishWords(wishes) != "":
		return "neither signed nor encrypted"
	default:
		return protectionWords(p)
	}
}

// nextProtection goes from one protection to the next.
func (c *composer) nextProtection() { c.base.Protection = c.protection().Next() }

// toggleProtection signs or encrypts, or does not do so any more.
func (c *composer) toggleProtection(part compose.Protection) {
	c.base.Protection = c.protection().Toggled(part)
}

// protection is that of the message, the first time what the account wishes.
func (c *composer) protection() compose.Protection {
	p, wishes := c.base.Protection, c.senderAccount().OpenPGP
	if p == "" {
		encrypts := wishes.Encrypt == accounts.EncryptAlways || wishes.Encrypt == accounts.EncryptWhenPossible
		switch {
		case wishes.Sign && encrypts:
			p = compose.SignEncrypted
		case wishes.Sign:
			p = compose.Signed
		case encrypts:
			p = compose.Encrypted
		}
	}
	return p
}

// protectionOf looks at the keys for a draft. What goes wrong is a problem of it.
func (d *desk) protectionOf(ctx context.Context, draft compose.Draft, account accounts.Account) openpgp.Report {
	if d.options.OpenPGP == nil {
		r := openpgp.Report{Protection: draft.Protection}
		if protectionWords(draft.Protection) != "" || draft.Protection == "" && wishWords(account.OpenPGP) != "" {
			r.Problems = compose.Problems{{Field: "protection", Problem: "nothing here can sign or encrypt", Hint: d.keyed("{compose.protect} in the form sends it as it is")}}
		}
		return r
	}
	r, err := d.options.OpenPGP.Look(ctx, draft, account)
	if err != nil {
		hint := ""
		if errors.Is(err, openpgp.ErrNoProgram) {
			hint = d.keyed("install GnuPG, or {review.protect} until it is sent as it is")
		}
		r.Problems = append(r.Problems, compose.FieldError{Field: "protection", Problem: clean(err.Error()), Hint: hint})
	}
	if r.Possible {
		r.Problems = append(r.Problems, compose.FieldError{Field: "protection", Problem: "it could be encrypted, and " + clean(account.Name) + " says that you are asked",
			Hint: d.keyed("{review.protect} until it says what you want")})
	}
	return r
}

// openpgpText says what becomes of the message.
func (r *reviewPane) openpgpText() string {
	report := r.report
	text := protectionWords(report.Protection)
	switch wished := protectionWords(r.draft.Protection) + wishWords(r.wishes()); {
	case !r.checked && wished != "":
		return "…"
	case report.Protection.Encrypts():
		text += ", but for its subject"
	case report.Lack != "":
		text = orElse(text, "in the clear") + "; not encrypted: " + clean(report.Lack)
	case text == "" && wished != "":
		text = "neither signed nor encrypted"
	}
	return text
}

func (r *reviewPane) wishes() accounts.OpenPGP {
	a, _ := r.account(r.draft.Account)
	return a.OpenPGP
}

// keyLines are a line for each key that is used.
func (r *reviewPane) keyLines(width int) (lines []string) {
	report := r.report
	if own := report.Own.Fingerprint; own != "" && len(report.Problems) == 0 {
		lines = append(lines, r.field("your key", report.Own.ID(), width)...)
	}
	if !report.Protection.Encrypts() {
		return lines
	}
	label := "keys"
	for _, reader := range report.Readers {
		text := "✓ " + clean(reader.Address) + "  … " + reader.Key.ShortID()
		if reader.Problem != "" {
			text = "✗ " + clean(reader.Address)
		}
		if reader.Hidden {
			text += "  (hidden)"
		}
		lines = append(lines, r.field(label, text, width)...)
		label = ""
	}
	return lines
}

// submission is how the message of the review is queued.
func (r *reviewPane) submission(keys Keyring) func(ctx context.Context) tea.Msg {
	saver, draft := r.composer.saver, r.seen
	account, _ := r.account(draft.Account)
	r.report.Apply(&draft)
	o := outbox.SubmitOptions{Undo: max(r.options.UndoWindow, 0), Progress: r.written.Store, MaxSize: account.Limits.MaxSize}
	if r.scheduled() { // until then it can be taken back anyway
		o.Undo, o.NotBefore = 0, draft.Leaves
	}
	if keys != nil {
		o.Protector = keys.For(account)
	}
	return func(ctx context.Context) tea.Msg {
		id, err := saver.submit(ctx, draft, o)
		return queued{r, id, err}
	}
}

// ask queues the message with the terminal in the hands of gpg, which has a
// passphrase to ask for.
func (r *reviewPane) ask() tea.Cmd {
	a := &asking{work: r.do(r.submission(r.options.OpenPGPAsks)), words: "gpg asks for the passphrase of your key … " + r.report.Own.ShortID()}
	return r.lend(a, func(err error) tea.Msg {
		if err != nil { // the terminal could not be given away
			return queued{review: r, err: err}
		}
		return a.result
	})
}

// asking is work that somebody else has the terminal for meanwhile. The event loop
// stands still.
type asking struct {
	work   tea.Cmd
	words  string
	out    io.Writer
	result tea.Msg
}

// Run works to the end.
func (a *asking) Run() error {
	settled := time.NewTimer(shortestEdit)
	if _, err := io.WriteString(a.out, a.words+"\r\n"); err != nil {
		return err
	}
	a.result = a.work()
	<-settled.C
	return nil
}

func (a *asking) SetStdin(io.Reader)    {} // pinentry opens the terminal itself
func (a *asking) SetStdout(w io.Writer) { a.out = w }
func (a *asking) SetStderr(io.Writer)   {}

// Package importer reads the accounts out of the files of other mail programs:
// msmtp, mutt and neomutt, aerc, himalaya, git send-email, Thunderbird.
//
// It runs none of their commands, asks no keyring, connects to nobody and writes
// nothing; of a line it does not understand it says so. It does not choose which
// accounts are taken over.
//
// Its one hard rule: a password that stands in a file is told by its place alone.
// Nothing but [Clear.Reveal] gives it.
package importer

import (
	"fmt"
	"net/mail"
	"strings"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
)

// Kind is a program that accounts come from.
type Kind string

// The programs.
const (
	Msmtp       Kind = "msmtp"
	Mutt        Kind = "mutt" // and neomutt
	Aerc        Kind = "aerc"
	Himalaya    Kind = "himalaya"
	Git         Kind = "git" // send-email
	Thunderbird Kind = "thunderbird"
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Msmtp, Mutt, Aerc, Himalaya, Git, Thunderbird} }

// Place is a line of a file.
type Place struct {
	File string
	Line int // from 1; 0 if it is about the file as a whole
}

// String is the place as compilers write it.
func (p Place) String() string {
	if p.Line == 0 {
		return cleantext.Line(p.File)
	}
	return cleantext.Line(fmt.Sprintf("%s:%d", p.File, p.Line))
}

// Note is what a person should know about what was found.
type Note struct {
	Place Place
	Text  string // safe to show, and without any secret
}

// String is the place and the text.
func (n Note) String() string { return n.Place.String() + ": " + n.Text }

// Found is an account of another program.
type Found struct {
	Kind  Kind
	Place Place

	// Account has a name that [accounts.File] takes, but perhaps not one that is
	// free. Its limits are those that its provider has published.
	Account accounts.Account
	Default bool             // it is the default account there
	Preset  *accounts.Preset // what is known of its server; nil if nothing is

	Problem string // why it cannot be an account here; "" if it can
	Notes   []Note // what was left out or is another way here, by place

	Clear        *Clear // the password of SMTP, if it stands in a file; the account has no secret then
	ClearMailbox *Clear // likewise that of the mailbox, if it has one of its own

	unequal []Note // names of settings that there are none for here
	apart   bool   // the secret of the mailbox is not the one of SMTP
}

// WantsSecret tells that the account logs in and it is not known where its
// password is kept.
func (f Found) WantsSecret() bool {
	s := f.Account.SMTP
	return s.Username != "" && s.Secret.IsZero() && s.Auth != accounts.AuthExternal
}

// WantsMailboxSecret tells that of the mailbox, if it does not share the one of
// SMTP.
func (f Found) WantsMailboxSecret() bool { return f.apart && f.Account.Mailbox.Secret.IsZero() }

// Clear is a password that stands in a file for everybody who can read that. It
// cannot be printed, logged or encoded.
type Clear struct {
	Place Place
	text  *string // a pointer: %+v of what holds a Clear shows an address
}

func newClear(place Place, text string) *Clear { return &Clear{place, &text} }

// Reveal is the password.
func (c *Clear) Reveal() string { return *c.text }

// String says where it stands.
func (c *Clear) String() string { return "a password at " + c.Place.String() }

// GoString is String, for %#v.
func (c *Clear) GoString() string { return c.String() }

// note adds a note. Arguments are from outside: text of a file is quoted as what
// it is, and no value that may be a secret belongs into one.
func (f *Found) note(at Place, format string, args ...any) {
	f.Notes = append(f.Notes, Note{at, cleantext.Line(fmt.Sprintf(format, args...))})
}

// leaveOut tells that a setting has no equal here. Its name is ours, not that of
// the file.
func (f *Found) leaveOut(at Place, name string) { f.unequal = append(f.unequal, Note{at, name}) }

// refuse says why this cannot be an account. The first reason stays.
func (f *Found) refuse(format string, args ...any) {
	if f.Problem == "" {
		f.Problem = cleantext.Line(fmt.Sprintf(format, args...))
	}
}

// newFound begins an account that stands at a place.
func newFound(kind Kind, at Place, name string) Found {
	return Found{Kind: kind, Place: at, Account: accounts.New(nameFor(name, kind), mail.Address{})}
}

// maxName is what fits into a column of a screen beside the rest, and is far
// below what accounts.toml allows.
const maxName = 40

// nameFor makes a name for accounts.toml of the one that an account has
// elsewhere: blanks become "-", other characters that are not allowed go. A dot
// in front would hide a file that is called after it.
func nameFor(text string, kind Kind) string {
	var b strings.Builder
	for _, r := range strings.TrimLeft(strings.TrimSpace(text), ".-") {
		switch {
		case r == ' ' || r == '\t' || r == '/' || r == ':':
			r = '-'
		case !accounts.InName(r):
			continue
		}
		if b.Len() >= maxName {
			break
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return string(kind)
	}
	return b.String()
}

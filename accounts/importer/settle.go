package importer

import (
	"errors"
	"fmt"
	"net/mail"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"sendoff/accounts"
	"sendoff/internal/config"
)

// settle brings what a parser has found into the form in which it is told: what
// is for one login is one account, and what cannot be an account here says so.
func settle(all []Found) []Found {
	var settled []Found
	for _, f := range all {
		f.settle()
		if f.Problem == "" && mergedInto(settled, f) {
			continue
		}
		settled = append(settled, f)
	}
	return settled
}

func (f *Found) settle() {
	f.addressOf()
	f.securityOf()
	f.loginOf()
	f.mailboxOf()
	f.unequalOf()
	if f.Problem == "" {
		f.judge()
	}
	if f.Problem == "" {
		f.publishedOf()
	}
	slices.SortStableFunc(f.Notes, func(a, b Note) int {
		if a.Place.File != b.Place.File { // in the order in which they were read
			return 0
		}
		return a.Place.Line - b.Place.Line
	})
	f.Notes = slices.Compact(f.Notes)
}

// addressOf sees to whom the account is.
func (f *Found) addressOf() {
	from := &f.Account.From
	if user := f.Account.SMTP.Username; from.Address == "" && strings.Contains(user, "@") {
		from.Address = user
		f.note(f.Place, "no From address stands there: the user name is taken for it")
	}
	if from.Address == "" {
		f.refuse("no From address stands there")
		return
	}
	parsed, err := mail.ParseAddress(from.String())
	if err != nil || strings.ContainsFunc(from.Name+from.Address, unicode.IsControl) || strings.Contains(from.Address, "*") {
		f.refuse("%q is not a From address with a domain", from.Address)
		return
	}
	*from = *parsed
}

// securityOf refuses what would be sent in the open.
func (f *Found) securityOf() {
	s := &f.Account.SMTP
	if s.Host == "" {
		f.refuse("no server stands there")
		return
	}
	if s.Security == accounts.None && !s.Loopback() {
		f.refuse("it sends without TLS, which shows the login and the mail to everyone on the way")
	}
}

// loginOf takes out what a login does not use.
func (f *Found) loginOf() {
	s := &f.Account.SMTP
	if strings.ContainsFunc(s.Username, unicode.IsControl) {
		f.refuse("the user name holds control characters")
	}
	if s.Username == "" && (f.Clear != nil || !s.Secret.IsZero()) {
		f.Clear, s.Secret = nil, accounts.Secret{}
		f.note(f.Place, "there is a password and no user name: the password is left out")
	}
	switch s.Auth {
	case "", accounts.AuthAuto, accounts.AuthExternal:
	default:
		if s.Username == "" {
			s.Auth = accounts.AuthAuto
		}
	}
	if s.Auth == accounts.AuthExternal && s.ClientCert == "" {
		f.refuse("it logs in by a client certificate and names none")
	}
	if s.Auth == accounts.AuthExternal {
		f.Clear, s.Secret = nil, accounts.Secret{}
	}
}

// mailboxOf takes out a mailbox that cannot be used; the account does not need
// one to send.
func (f *Found) mailboxOf() {
	m, s := &f.Account.Mailbox, f.Account.SMTP
	if m.IsZero() {
		return
	}
	switch {
	case m.Host == "":
		f.dropMailbox("it names no server")
		return
	case m.Security == accounts.None && !m.Loopback():
		f.dropMailbox("it is read without TLS, which shows the login to everyone on the way")
		return
	case m.Username == "" && s.Username == "":
		f.dropMailbox("it names no user")
		return
	}
	if m.Username == s.Username {
		m.Username = ""
	}
	f.apart = !f.oneSecret()
	if !f.apart {
		m.Secret, f.ClearMailbox, m.Auth = accounts.Secret{}, nil, ""
	}
}

func (f *Found) dropMailbox(why string) {
	f.note(f.Place, "the mailbox at %q is left out: %s", f.Account.Mailbox.Host, why)
	f.Account.Mailbox, f.ClearMailbox, f.apart = accounts.Mailbox{}, nil, false
}

// oneSecret tells that the mailbox is logged in to with the secret of SMTP. Where
// nothing stands about it, it is taken so for one user at one provider alone: a
// password must not be shown to somebody else's server.
func (f *Found) oneSecret() bool {
	m, s := f.Account.Mailbox, f.Account.SMTP
	switch {
	case s.Username == "" || s.Auth == accounts.AuthExternal || m.Auth.ByToken() != s.Auth.ByToken():
		return false
	case m.Secret.IsZero() && f.ClearMailbox == nil:
		return m.Username == "" && sameSite(m.Host, s.Host)
	}
	return reflect.DeepEqual(m.Secret, s.Secret) && f.sameClear()
}

// sameSite tells that two servers are of one provider, as imap.example.org and
// smtp.example.org are, and mail.alpha.co.uk and mail.beta.co.uk are not.
func sameSite(one, other string) bool {
	if p, ok := accounts.PresetForHost(other); ok && (strings.EqualFold(p.IMAP.Host, one) || strings.EqualFold(p.POP3.Host, one)) {
		return true
	}
	return accounts.RegistrableDomain(one) == accounts.RegistrableDomain(other)
}

func (f *Found) sameClear() bool {
	a, b := f.Clear, f.ClearMailbox
	return a == b || a != nil && b != nil && a.Reveal() == b.Reveal()
}

// judge has the accounts say what is wrong. What an account can do without is left
// out.
func (f *Found) judge() {
	var e *config.Error
	for range 4 { // one for each part below, and the rest
		if !errors.As(f.wrong(f.Account), &e) {
			return
		}
		key := strings.TrimPrefix(e.Key, "account.")
		switch {
		case strings.HasPrefix(key, "mailbox"):
			f.dropMailbox(e.Problem)
		case key == "smtp.ehlo":
			f.note(f.Place, "the name to greet the server with is left out: it %s", e.Problem)
			f.Account.SMTP.EHLO = ""
		case key == "identities":
			f.Account.Identities = slices.DeleteFunc(f.Account.Identities, func(identity string) bool {
				one := f.Account
				one.Identities = []string{identity}
				return errors.As(f.wrong(one), &e) && e.Key == "account.identities"
			})
			f.note(f.Place, "an identity is left out: it is no address")
		default:
			f.refuse("%s: %s", key, e.Problem)
			return
		}
	}
	f.refuse("it cannot be written")
}

// wrong is what is wrong with an account but for what is not known yet: its
// secrets, and files beside it.
func (f *Found) wrong(a accounts.Account) error {
	if f.WantsSecret() {
		a.SMTP.Secret.Env = "X"
	}
	if f.WantsMailboxSecret() {
		a.Mailbox.Secret.Env = "X"
	}
	if a.SMTP.Auth == accounts.AuthExternal {
		a.SMTP.Auth, a.SMTP.Username = accounts.AuthNone, ""
	}
	a.SMTP.ClientCert, a.SMTP.ClientKey = "", ""
	_, err := accounts.NewBook("", a)
	return err
}

// unequalOf tells in one note what has no equal here.
func (f *Found) unequalOf() {
	slices.SortStableFunc(f.unequal, func(a, b Note) int { return a.Place.Line - b.Place.Line })
	texts := make([]string, len(f.unequal))
	for i, n := range f.unequal {
		texts[i] = fmt.Sprintf("%s (line %d)", n.Text, n.Place.Line)
	}
	if len(texts) > 0 {
		f.note(f.Place, "left out, since there is no setting for it here: %s", strings.Join(texts, ", "))
	}
}

// publishedOf fills in the limits of the provider.
func (f *Found) publishedOf() {
	preset, ok := accounts.PresetOf(f.Account.From.Address, f.Account.SMTP.Host, f.Account.SMTP.Port)
	if !ok {
		if near := accounts.NearestHost(f.Account.SMTP.Host); near != "" {
			f.note(f.Place, "is %q a slip of the finger? There is a server %s", f.Account.SMTP.Host, near)
		}
		return
	}
	f.Preset = &preset
	f.Account.Limits = preset.Limits.Fill(f.Account.Limits)
}

// mergedInto makes an account an identity of an earlier one that logs in as the
// same user of the same server: what the server counts, it counts for both.
func mergedInto(settled []Found, f Found) bool {
	for i := range settled {
		s := &settled[i]
		if s.Problem != "" || !sameLogin(*s, f) {
			continue
		}
		if f.Default {
			s.Default = true
		}
		if s.Account.Allows(f.Account.From.String()) {
			s.note(f.Place, "account %q is the same one", f.Account.Name)
			if s.Account.Mailbox.IsZero() {
				s.Account.Mailbox, s.ClearMailbox, s.apart = f.Account.Mailbox, f.ClearMailbox, f.apart
			}
			return true
		}
		s.Account.Identities = append(s.Account.Identities, accounts.AddressText(f.Account.From))
		for _, identity := range f.Account.Identities {
			if !slices.Contains(s.Account.Identities, identity) {
				s.Account.Identities = append(s.Account.Identities, identity)
			}
		}
		s.note(f.Place, "account %q logs in as the same user: its address is an identity of this one", f.Account.Name)
		return true
	}
	return false
}

func sameLogin(a, b Found) bool {
	x, y := a.Account.SMTP, b.Account.SMTP
	if !strings.EqualFold(x.Host, y.Host) || x.Port != y.Port || x.Security != y.Security || x.Username != y.Username || x.Auth != y.Auth {
		return false
	}
	one, other := a.Account.Mailbox, b.Account.Mailbox
	return one.IsZero() || other.IsZero() || one.Host == other.Host && one.Username == other.Username
}

// parseFrom reads an address of another program's file, with or without a name,
// as far as that goes: what is wrong with it is told later.
func parseFrom(text string) mail.Address {
	text = strings.TrimSpace(text)
	if a, err := mail.ParseAddress(text); err == nil {
		return *a
	}
	name, rest, ok := strings.Cut(text, "<")
	if address, _, closed := strings.Cut(rest, ">"); ok && closed { // as in Dr. Ada, R&D <ada@example.org>
		return mail.Address{Name: strings.Trim(strings.TrimSpace(name), `"`), Address: strings.TrimSpace(address)}
	}
	return mail.Address{Address: text}
}

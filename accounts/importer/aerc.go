package importer

import (
	"net/mail"
	"path/filepath"
	"slices"
	"strings"

	"sendoff/accounts"
)

// iniEntry is a "key = value" of a section.
type iniEntry struct {
	section, key, value string
	at                  Place
}

// parseINI reads the INI that aerc and Thunderbird's profiles.ini are written in:
// sections, "key = value", comments by # or ;, a value in quotes, and a backslash
// at the end of a line that goes on.
func parseINI(path, text string) (entries []iniEntry, sections []iniEntry) {
	section, number, joined, first := "", 0, "", 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if joined == "" {
			first = number
			if line == "" || line[0] == '#' || line[0] == ';' {
				continue
			}
		}
		if before, ok := strings.CutSuffix(line, `\`); ok {
			joined += before
			continue
		}
		line, joined = joined+line, ""
		at := Place{path, first}
		if inside, ok := strings.CutPrefix(line, "["); ok && strings.HasSuffix(line, "]") {
			section = strings.TrimSpace(strings.TrimSuffix(inside, "]"))
			sections = append(sections, iniEntry{section: section, at: at})
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		entries = append(entries, iniEntry{section, strings.ToLower(strings.TrimSpace(key)), iniValue(strings.TrimSpace(value)), at})
	}
	return entries, sections
}

// iniValue takes off quotes around all of it, or the comment behind it.
func iniValue(value string) string {
	for _, quote := range []string{`"`, `'`, "`"} {
		inside, ok := strings.CutPrefix(value, quote)
		if text, ended := strings.CutSuffix(inside, quote); ok && ended && !strings.Contains(text, quote) {
			return text
		}
	}
	for _, mark := range []string{" #", " ;"} {
		value, _, _ = strings.Cut(value, mark)
	}
	return strings.TrimSpace(value)
}

func readAerc(r *reader, paths []string) ([]Found, error) {
	path, text, err := r.single(paths)
	if err != nil {
		return nil, err
	}
	return parseAerc(r, path, text), nil
}

// parseAerc gives the accounts of an accounts.conf.
func parseAerc(r *reader, path, text string) []Found {
	entries, sections := parseINI(path, text)
	var found []Found
	for _, section := range sections {
		a := aercAccount{reader: r, keys: make(map[string]iniEntry)}
		for _, e := range entries {
			if e.section == section.section {
				a.keys[e.key] = e
			}
		}
		found = append(found, a.found(section))
	}
	if len(found) > 0 { // aerc begins with it
		found[0].Default = true
	}
	return found
}

type aercAccount struct {
	reader *reader
	keys   map[string]iniEntry
}

func (a *aercAccount) get(key string) string { return a.keys[key].value }

func (a *aercAccount) found(section iniEntry) Found {
	f := newFound(Aerc, section.at, section.section)
	f.Account.From = parseFrom(a.get("from"))
	a.outgoing(&f)
	a.source(&f)
	a.aliases(&f)
	a.signature(&f)
	if e := a.keys["copy-to"]; e.value != "" {
		f.note(e.at, "copy-to is left out: a copy of what is sent is not filed yet")
	}
	for _, key := range []string{"pgp-auto-sign", "pgp-opportunistic-encrypt", "pgp-key-id", "send-as-utc", "send-with-hostname"} {
		if e, ok := a.keys[key]; ok {
			f.leaveOut(e.at, key)
		}
	}
	return f
}

// aercScheme takes a scheme like smtps+plain apart.
func aercScheme(scheme string) (protocol, auth string, insecure bool) {
	parts := strings.Split(scheme, "+")
	for _, part := range parts[1:] {
		if part == "insecure" {
			insecure = true
		} else {
			auth = part
		}
	}
	return parts[0], auth, insecure
}

func (a *aercAccount) outgoing(f *Found) {
	e := a.keys["outgoing"]
	switch {
	case e.value == "" && a.get("outgoing-cmd") == "":
		f.refuse("no outgoing stands there, so that it does not send")
		return
	case !strings.Contains(e.value, "://"):
		f.refuse("it sends through a program (outgoing), not through a server: import the settings of that one")
		return
	}
	u, problem := parseServerURL(e.value)
	protocol, auth, insecure := aercScheme(u.scheme)
	if problem == "" && protocol != "smtp" && protocol != "smtps" {
		problem = "is no smtp:// or smtps:// URL"
	}
	if problem != "" {
		f.refuse("outgoing %s", problem)
		return
	}
	s := &f.Account.SMTP
	s.Host, s.Port, s.Username = u.host, u.port, u.user
	starttls := a.keys["smtp-starttls"]
	switch {
	case protocol == "smtps":
		s.Security = accounts.TLS
	case insecure, slices.Contains([]string{"false", "no", "off"}, strings.ToLower(starttls.value)):
		s.Security = accounts.None
	default:
		s.Security = accounts.STARTTLS
	}
	if s.Port == 0 {
		s.Port = map[bool]int{true: 465, false: 587}[protocol == "smtps"]
	}
	s.EHLO = a.get("smtp-domain")
	if auth == "none" {
		s.Username = ""
		return
	}
	f.auth(e.at, auth)
	if s.Auth == accounts.AuthPlain { // which aerc says where nobody has chosen
		s.Auth = accounts.AuthAuto
	}
	s.Secret, f.Clear = a.secret(f, e.at, u, s.Auth, a.keys["outgoing-cred-cmd"])
}

// secret is where the password is kept: in the URL, or a command.
func (a *aercAccount) secret(f *Found, at Place, u serverURL, auth accounts.Auth, command iniEntry) (accounts.Secret, *Clear) {
	if auth.ByToken() && u.query.Get("token_endpoint") != "" {
		f.note(at, "the token is left out: aerc gets one for a refresh token, and here a command has to print it, such as oama or mutt_oauth2.py")
		return accounts.Secret{}, nil
	}
	if u.hasPassword && u.password != "" {
		return accounts.Secret{}, newClear(at, u.password)
	}
	return f.secretOf(command.at, a.reader.machine.command(command.value))
}

func (a *aercAccount) source(f *Found) {
	e := a.keys["source"]
	u, problem := parseServerURL(e.value)
	protocol, auth, insecure := aercScheme(u.scheme)
	if problem != "" || protocol != "imap" && protocol != "imaps" {
		return // maildir, notmuch and the like are no place that bounces are fetched from
	}
	m := &f.Account.Mailbox
	m.Protocol, m.Host, m.Port, m.Username = accounts.IMAP, u.host, u.port, u.user
	switch {
	case protocol == "imaps":
		m.Security = accounts.TLS
	case insecure:
		m.Security = accounts.None
	default:
		m.Security = accounts.STARTTLS
	}
	if m.Port == 0 {
		m.Port = mailboxPort(accounts.IMAP, m.Security)
	}
	if known, _ := authOf(auth); known.ByToken() {
		m.Auth = known
	}
	m.Secret, f.ClearMailbox = a.secret(f, e.at, u, m.Auth, a.keys["source-cred-cmd"])
}

// aliases become identities. One with a wildcard in it can be a whole domain
// alone.
func (a *aercAccount) aliases(f *Found) {
	e := a.keys["aliases"]
	if e.value == "" {
		return
	}
	for _, text := range splitAddresses(e.value) {
		address := parseFrom(text)
		local, domain, _ := strings.Cut(address.Address, "@")
		switch {
		case domain == "" || strings.ContainsAny(domain, "*?[") || local != "*" && strings.ContainsAny(local, "*?["):
			f.note(e.at, "the alias %q is left out: an identity is an address or *@ and a domain", address.Address)
			continue
		case local == "*":
			address = mail.Address{Address: "*@" + domain}
		}
		if address.Address != f.Account.From.Address {
			f.Account.Identities = append(f.Account.Identities, accounts.AddressText(address))
		}
	}
}

// splitAddresses cuts at the commas that stand in no quotes.
func splitAddresses(text string) (all []string) {
	quoted, begin := false, 0
	for i := range len(text) + 1 {
		switch {
		case i == len(text) || text[i] == ',' && !quoted:
			if one := strings.TrimSpace(text[begin:i]); one != "" {
				all = append(all, one)
			}
			begin = i + 1
		case text[i] == '"':
			quoted = !quoted
		}
	}
	return all
}

func (a *aercAccount) signature(f *Found) {
	if e := a.keys["signature-cmd"]; e.value != "" {
		f.note(e.at, "signature-cmd is left out: a signature is a text here")
	}
	if e := a.keys["signature-file"]; e.value != "" {
		f.signatureFile(a.reader, e.at, a.reader.machine.expand(e.value, filepath.Dir(e.at.File)))
	}
}

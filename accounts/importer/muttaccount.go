package importer

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sendoff/accounts"
)

// found makes an account of the state.
func (s *muttState) found(at Place) Found {
	m := s.reader.machine
	if at.Line == 0 {
		at = s.vars["smtp_url"].at
	}
	f := newFound(Mutt, at, "")
	from := parseFrom(s.text("from"))
	if from.Name == "" {
		from.Name = s.text("realname")
	}
	f.Account.From = from
	s.smtp(&f, m)
	if at := strings.LastIndexByte(f.Account.From.Address, '@'); at > 0 {
		domain, _, _ := strings.Cut(f.Account.From.Address[at+1:], ".")
		f.Account.Name = nameFor(domain, Mutt)
	}
	s.mailbox(&f, m)
	s.trust(&f, m)
	s.signature(&f, m)
	return f
}

// text is the value of a variable that no command has a part in, else "".
func (s *muttState) text(name string) string {
	text, _ := s.vars[name].value.plain(s.reader.machine)
	return text
}

// yes is the value of a switch; ask-yes is as good as yes.
func (s *muttState) yes(name string, usual bool) bool {
	switch s.text(name) {
	case "":
		return usual
	case "yes", "ask-yes":
		return true
	}
	return false
}

// security is that of a URL with this scheme. Mutt's STARTTLS is one that it does
// if the server offers it; here nothing is sent without.
func (s *muttState) security(secureScheme bool) accounts.Security {
	switch {
	case secureScheme:
		return accounts.TLS
	case s.yes("ssl_force_tls", false) || s.yes("ssl_starttls", true):
		return accounts.STARTTLS
	}
	return accounts.None
}

func (s *muttState) smtp(f *Found, m Machine) {
	setting := s.vars["smtp_url"]
	u, password, problem := s.url(setting.value)
	if problem == "" && u.scheme != "smtp" && u.scheme != "smtps" {
		problem = "is no smtp:// or smtps:// URL"
	}
	if problem != "" {
		f.refuse("smtp_url %s", problem)
		return
	}
	smtp := &f.Account.SMTP
	smtp.Host, smtp.Port, smtp.Username, smtp.Security = u.host, u.port, u.user, s.security(u.scheme == "smtps")
	if smtp.Username == "" {
		smtp.Username = s.text("smtp_user") // of neomutt
	}
	if smtp.Port == 0 {
		smtp.Port = map[bool]int{true: 465, false: 25}[u.scheme == "smtps"]
	}
	if smtp.Security == accounts.STARTTLS && smtp.Loopback() {
		f.note(setting.at, `here TLS is a must: if the server on this machine has none, say security = "none"`)
	}
	if methods := s.text("smtp_authenticators"); methods != "" {
		f.auth(s.vars["smtp_authenticators"].at, strings.Split(methods, ":")...)
	}
	at := setting.at
	if len(password) == 0 {
		password, at = s.vars["smtp_pass"].value, s.vars["smtp_pass"].at
	}
	if smtp.Auth.ByToken() {
		refresh := s.vars["smtp_oauth_refresh_command"]
		smtp.Secret, f.Clear = s.commandValue(f, refresh.at, refresh.value)
		return
	}
	smtp.Secret, f.Clear = s.secret(f, at, password)
}

func (s *muttState) mailbox(f *Found, m Machine) {
	name := "folder"
	if !strings.Contains(s.text(name), "://") {
		name = "spoolfile"
	}
	setting := s.vars[name]
	u, password, problem := s.url(setting.value)
	kind := strings.TrimSuffix(u.scheme, "s")
	if problem != "" || kind != "imap" && kind != "pop" {
		return
	}
	box := &f.Account.Mailbox
	user, pass, prefix := "imap_user", "imap_pass", "imap_"
	box.Protocol = accounts.IMAP
	if kind == "pop" {
		box.Protocol, user, pass, prefix = accounts.POP3, "pop_user", "pop_pass", "pop_"
	}
	box.Host, box.Port, box.Username, box.Security = u.host, u.port, u.user, s.security(strings.HasSuffix(u.scheme, "s"))
	if box.Port == 0 {
		box.Port = mailboxPort(box.Protocol, box.Security)
	}
	if box.Username == "" {
		box.Username = s.text(user)
	}
	at := setting.at
	if len(password) == 0 {
		password, at = s.vars[pass].value, s.vars[pass].at
	}
	if methods := s.text(prefix + "authenticators"); methods != "" {
		first, _, _ := strings.Cut(methods, ":")
		if auth, _ := authOf(first); auth.ByToken() {
			refresh := s.vars[prefix+"oauth_refresh_command"]
			box.Auth = auth
			box.Secret, f.ClearMailbox = s.commandValue(f, refresh.at, refresh.value)
			return
		}
	}
	box.Secret, f.ClearMailbox = s.secret(f, at, password)
}

// mailboxPort is where a mailbox is served if nothing is said about it.
func mailboxPort(p accounts.Protocol, s accounts.Security) int {
	switch {
	case p == accounts.POP3 && s == accounts.TLS:
		return 995
	case p == accounts.POP3:
		return 110
	case s == accounts.TLS:
		return 993
	}
	return 143
}

// url reads a URL, of which a command or a variable may be a part. The password
// is the value that stands in its place.
func (s *muttState) url(value muttValue) (u serverURL, password muttValue, problem string) {
	var b strings.Builder
	for i, part := range value { // NUL stands in no file that was read here
		if part.kind == muttText {
			b.WriteString(part.text)
		} else {
			b.WriteString("\x00" + strconv.Itoa(i) + "\x00")
		}
	}
	u, problem = parseServerURL(b.String())
	if _, ok := value.plain(s.reader.machine); problem != "" && !ok {
		problem = "is said by a command, and that is not run"
	}
	if problem != "" {
		return u, nil, problem
	}
	if password = restore(u.password, value); !u.hasPassword {
		password = nil
	}
	for _, text := range []*string{&u.user, &u.host, &u.path} {
		known, ok := restore(*text, value).plain(s.reader.machine)
		if !ok {
			return u, nil, "is said by a command, and that is not run"
		}
		*text = known
	}
	return u, password, ""
}

// restore puts back the parts for which a mark was set.
func restore(text string, value muttValue) muttValue {
	var v muttValue
	for {
		before, rest, ok := strings.Cut(text, "\x00")
		v.add(before)
		if !ok {
			return v
		}
		number, after, _ := strings.Cut(rest, "\x00")
		if i, err := strconv.Atoi(number); err == nil && i >= 0 && i < len(value) {
			v = append(v, value[i])
		}
		text = after
	}
}

// secret is where the value of a password is kept.
func (s *muttState) secret(f *Found, at Place, value muttValue) (accounts.Secret, *Clear) {
	text := strings.TrimSpace(textOf(value))
	switch {
	case len(value) == 0:
		return accounts.Secret{}, nil
	case len(value) == 1 && value[0].kind == muttEnv:
		if name := value[0].text; isMuttName(name) && s.reader.machine.env(name) == "" {
			f.note(at, "the password is left out: $%s is a variable of mutt that is not set in the files read here", name)
			return accounts.Secret{}, nil
		}
		return accounts.Secret{Env: value[0].text}, nil
	case text == "" && commandsIn(value) == 1:
		for _, part := range value {
			if part.kind == muttCommand {
				return f.secretOf(at, s.reader.machine.command(part.text))
			}
		}
	}
	if commandsIn(value) == 0 {
		return accounts.Secret{}, newClear(at, textOf(value))
	}
	f.note(at, "the password is left out: it is put together of several things")
	return accounts.Secret{}, nil
}

// isMuttName tells the variables of mutt, its user's own and those about servers,
// from those of the environment.
func isMuttName(name string) bool {
	return slices.ContainsFunc([]string{"my_", "smtp_", "imap_", "pop_"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

func textOf(value muttValue) string {
	var b strings.Builder
	for _, part := range value {
		if part.kind == muttText {
			b.WriteString(part.text)
		}
	}
	return b.String()
}

func commandsIn(value muttValue) (n int) {
	for _, part := range value {
		if part.kind != muttText {
			n++
		}
	}
	return n
}

// commandValue is the secret that a command prints, whose line a variable holds.
func (s *muttState) commandValue(f *Found, at Place, value muttValue) (accounts.Secret, *Clear) {
	line, ok := value.plain(s.reader.machine)
	if !ok {
		f.note(at, "the command for the token is left out: a command says what it is")
		return accounts.Secret{}, nil
	}
	return f.secretOf(at, s.reader.machine.command(line))
}

func (s *muttState) trust(f *Found, m Machine) {
	smtp := &f.Account.SMTP
	if smtp.Security == accounts.None {
		return
	}
	if authorities := s.vars["ssl_ca_certificates_file"]; len(authorities.value) > 0 {
		f.trustFile(m, authorities.at, s.text("ssl_ca_certificates_file"))
		if smtp.CAFile != "" {
			f.note(authorities.at, "ssl_ca_certificates_file is trusted instead of the system's authorities here, not beside them")
			if box := &f.Account.Mailbox; !box.IsZero() && box.Security != accounts.None {
				box.CAFile = smtp.CAFile
			}
		}
	}
	if certificate := s.text("ssl_client_cert"); certificate != "" {
		smtp.ClientCert = m.expand(certificate, "")
		smtp.ClientKey = smtp.ClientCert // mutt wants both in one file
	}
	for _, name := range []string{"ssl_verify_host", "ssl_verify_dates"} {
		if !s.yes(name, true) {
			f.note(s.vars[name].at, "%s is left out: here a server always has to prove who it is; pin_sha256 trusts one certificate", name)
		}
	}
	for _, name := range []string{"tunnel", "preconnect", "certificate_file", "envelope_from_address"} {
		if setting := s.vars[name]; len(setting.value) > 0 {
			f.leaveOut(setting.at, name)
		}
	}
}

func (s *muttState) signature(f *Found, m Machine) {
	setting := s.vars["signature"]
	path := s.text("signature")
	switch {
	case path == "":
	case strings.HasSuffix(strings.TrimSpace(path), "|"):
		f.note(setting.at, "signature is left out: it is the output of a command")
	default:
		f.signatureFile(s.reader, setting.at, m.expand(path, filepath.Dir(setting.at.File)))
	}
}

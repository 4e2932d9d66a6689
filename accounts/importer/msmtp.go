package importer

import (
	"slices"
	"strconv"
	"strings"

	"sendoff/accounts"
)

// msmtpSetting is an argument and where it stands.
type msmtpSetting struct {
	value string
	at    Place
	own   bool // said in the account, not by defaults: that is what goes to its heirs
}

// msmtpAccount is an account while it is read.
type msmtpAccount struct {
	name     string
	at       Place
	settings map[string]msmtpSetting
	notes    []Note
	alias    string // of an account that says nothing but this: "account default : work"
}

// msmtpKnows tells the commands of msmtp, and those among them that there is no
// setting for here, or that are done in another way.
func msmtpKnows(command string) (known, leftOut bool) {
	switch command {
	case "host", "port", "tls", "tls_starttls", "tls_trust_file", "tls_fingerprint", "tls_key_file", "tls_cert_file", "tls_certcheck",
		"tls_host_override", "auth", "user", "password", "passwordeval", "from", "from_full_name", "domain", "proxy_host", "proxy_port",
		"protocol", "socket", "auto_from", "maildomain":
		return true, false
	case "timeout", "connect_timeout", "source_ip", "ntlmdomain", "tls_crl_file", "tls_priorities", "tls_min_dh_prime_bits",
		"tls_force_sslv3", "tls_nocertcheck", "tls_nostarttls", "allow_from_override", "dsn_notify", "dsn_return", "set_from_header",
		"set_date_header", "set_msgid_header", "add_missing_from_header", "add_missing_date_header", "remove_bcc_headers", "keepbcc",
		"undisclosed_recipients", "logfile", "logfile_time_format", "syslog", "aliases":
		return true, true
	}
	return false, false
}

func readMsmtp(r *reader, paths []string) ([]Found, error) {
	path, text, err := r.single(paths)
	if err != nil {
		return nil, err
	}
	return parseMsmtp(r.machine, path, text), nil
}

// parseMsmtp gives the accounts of an msmtprc.
func parseMsmtp(m Machine, path, text string) []Found {
	p := msmtpParser{defaults: make(map[string]msmtpSetting), current: -1, preamble: true}
	number := 0
	for line := range strings.Lines(text) {
		number++
		p.line(Place{path, number}, strings.TrimSpace(line))
	}
	standard := ""
	var found []Found
	for i := range p.accounts {
		a := &p.accounts[i]
		if a.name == "default" && a.alias != "" {
			standard = a.alias
			continue
		}
		found = append(found, a.found(m))
		found[len(found)-1].Default = a.name == "default"
	}
	for i := range found {
		if standard != "" && found[i].Account.Name == nameFor(standard, Msmtp) {
			found[i].Default = true
		}
	}
	return found
}

type msmtpParser struct {
	defaults map[string]msmtpSetting
	accounts []msmtpAccount
	current  int // -1: defaults
	preamble bool
	orphans  []Note // of defaults: all accounts have them
}

// line reads a line: a command, blanks, and one argument that may stand in quotes.
func (p *msmtpParser) line(at Place, line string) {
	if line == "" || line[0] == '#' {
		return
	}
	command, argument := line, ""
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		command, argument = line[:i], strings.TrimSpace(line[i:])
	}
	if n := len(argument); n >= 2 && argument[0] == '"' && argument[n-1] == '"' {
		argument = argument[1 : n-1]
	}
	switch command {
	case "defaults":
		p.current, p.preamble = -1, false
		return
	case "account":
		p.preamble = false
		p.begin(at, argument)
		return
	}
	if p.preamble { // what stands before any account is one by the name of default
		p.preamble = false
		p.begin(at, "default")
	}
	p.set(at, command, argument)
}

func (p *msmtpParser) begin(at Place, argument string) {
	name, bases, _ := strings.Cut(argument, ":")
	a := msmtpAccount{name: strings.TrimSpace(name), at: at, settings: make(map[string]msmtpSetting), notes: slices.Clone(p.orphans)}
	for key, s := range p.defaults {
		s.own = false
		a.settings[key] = s
	}
	names := strings.FieldsFunc(bases, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	for _, base := range names {
		other := p.named(base)
		if other == nil {
			a.note(at, "it is built upon an account that does not stand above it")
			continue
		}
		for key, s := range other.settings {
			if s.own {
				a.settings[key] = s
			}
		}
		a.notes = append(a.notes, other.notes...)
	}
	if len(names) == 1 {
		a.alias = names[0]
	}
	if p.named(a.name) != nil {
		a.note(at, "an account of this name stands above already; msmtp would stop here")
	}
	p.accounts = append(p.accounts, a)
	p.current = len(p.accounts) - 1
}

func (p *msmtpParser) named(name string) *msmtpAccount {
	for i := range p.accounts {
		if p.accounts[i].name == name {
			return &p.accounts[i]
		}
	}
	return nil
}

func (p *msmtpParser) set(at Place, command, argument string) {
	known, leftOut := msmtpKnows(command)
	say := func(text string) {
		if p.current >= 0 {
			p.accounts[p.current].note(at, text)
		} else {
			p.orphans = append(p.orphans, Note{at, text})
		}
	}
	settings := p.defaults
	if p.current >= 0 {
		a := &p.accounts[p.current]
		a.alias = ""
		settings = a.settings
	}
	switch {
	case command == "eval":
		say("eval takes a line from a command, and that is not run")
	case !known: // unquoted: a password may be joined to the word in front of it
		say("a command that msmtp does not know")
	case leftOut:
		settings[command] = msmtpSetting{"", at, p.current >= 0}
	default:
		settings[command] = msmtpSetting{argument, at, p.current >= 0}
	}
}

func (a *msmtpAccount) note(at Place, text string) { a.notes = append(a.notes, Note{at, text}) }

// get is the argument of a command, "" if it is not given.
func (a *msmtpAccount) get(command string) string { return a.settings[command].value }

// is reads a command that is on or off; no argument is on.
func (a *msmtpAccount) is(command string, usual bool) bool {
	s, ok := a.settings[command]
	if !ok {
		return usual
	}
	return s.value == "on" || s.value == ""
}

// found makes an account of what was read.
func (a *msmtpAccount) found(m Machine) Found {
	f := newFound(Msmtp, a.at, a.name)
	f.Notes = append(f.Notes, a.notes...)
	a.server(&f)
	a.trust(&f, m)
	a.login(&f, m)
	a.from(&f, m)
	for command, s := range a.settings {
		if _, leftOut := msmtpKnows(command); leftOut {
			f.leaveOut(s.at, command)
		}
	}
	return f
}

func (a *msmtpAccount) server(f *Found) {
	s := &f.Account.SMTP
	s.Host = a.get("host")
	switch {
	case !a.is("tls", false):
		s.Security, s.Port = accounts.None, 25
	case a.is("tls_starttls", true):
		s.Security, s.Port = accounts.STARTTLS, 25
	default:
		s.Security, s.Port = accounts.TLS, 465
	}
	if port := a.get("port"); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil {
			f.refuse("its port is not a number")
		}
		s.Port = n
	}
	if protocol := a.get("protocol"); protocol != "" && protocol != "smtp" {
		f.refuse("it speaks LMTP, which delivers to mailboxes and does not send")
	}
	if a.get("socket") != "" {
		f.refuse("it speaks through a socket file, not to a server")
	}
	if host := a.get("proxy_host"); host != "" {
		s.Proxy = accounts.Proxy{Scheme: accounts.SOCKS5, Host: host, Port: 1080} // the port of SOCKS5, RFC 1928 §3
		if n, err := strconv.Atoi(a.get("proxy_port")); err == nil && n > 0 {
			s.Proxy.Port = n
		}
	}
	if domain := a.settings["domain"]; strings.Contains(domain.value, "%") {
		f.note(domain.at, "domain is left out: what stands for the name of this machine is not looked up; greeted is by an address")
	} else if domain.value != "localhost" { // which is what msmtp says without a word
		s.EHLO = domain.value
	}
}

func (a *msmtpAccount) trust(f *Found, m Machine) {
	s := &f.Account.SMTP
	if s.Security == accounts.None {
		return
	}
	f.trustFile(m, a.settings["tls_trust_file"].at, a.get("tls_trust_file"))
	if pin := a.settings["tls_fingerprint"]; pin.value != "" {
		if _, err := accounts.ParsePin(pin.value); err != nil {
			f.note(pin.at, "tls_fingerprint is left out: only one by SHA-256 is trusted here, with 64 digits")
		} else {
			s.PinSHA256, s.CAFile = pin.value, ""
		}
	}
	if !a.is("tls_certcheck", true) {
		f.note(a.settings["tls_certcheck"].at, "tls_certcheck off is left out: here a server always has to prove who it is; pin_sha256 trusts one certificate")
	}
	if other := a.settings["tls_host_override"]; other.value != "" {
		f.note(other.at, "tls_host_override is left out: the certificate has to be for the host itself")
	}
	certificate, key := a.settings["tls_cert_file"], a.settings["tls_key_file"]
	switch {
	case certificate.value == "" && key.value == "":
	case strings.Contains(certificate.value+key.value, "pkcs11:"):
		f.note(certificate.at, "the client certificate is left out: it is in a device, and here it has to be in a file")
	case certificate.value == "" || key.value == "":
		f.note(a.at, "the client certificate is left out: either it or its key is not named")
	default:
		s.ClientCert, s.ClientKey = m.expand(certificate.value, ""), m.expand(key.value, "")
	}
}

func (a *msmtpAccount) login(f *Found, m Machine) {
	s := &f.Account.SMTP
	method := a.settings["auth"]
	if _, ok := a.settings["auth"]; !ok || method.value == "off" {
		if user := a.settings["user"]; user.value != "" {
			f.note(user.at, "user is left out: auth is off, so that msmtp does not log in")
		}
		if s.ClientCert != "" {
			s.Auth = accounts.AuthNone
		}
		return
	}
	f.auth(method.at, method.value)
	s.Username = a.get("user")
	password, command := a.settings["password"], a.settings["passwordeval"]
	switch {
	case password.value != "":
		f.Clear = newClear(password.at, password.value)
	case command.value != "":
		s.Secret, f.Clear = f.secretOf(command.at, m.command(command.value))
	case s.Username != "" && s.Auth != accounts.AuthExternal:
		// As msmtp would: there is nothing else that a program could ask.
		s.Secret.Command = []string{"secret-tool", "lookup", "host", s.Host, "service", "smtp", "user", s.Username}
		if m.System == "darwin" {
			s.Secret.Command = []string{"security", "find-internet-password", "-s", s.Host, "-r", "smtp", "-a", s.Username, "-w"}
		}
		f.note(f.Place, "no password is named: msmtp looks into the keyring, ~/.netrc, and then asks. Here it is the keyring, by %s", s.Secret.Command[0])
	}
}

func (a *msmtpAccount) from(f *Found, m Machine) {
	from := a.settings["from"]
	text := from.value
	if a.is("auto_from", false) && m.User != "" && a.get("maildomain") != "" {
		from, text = a.settings["auto_from"], m.User+"@"+a.get("maildomain")
	}
	text = strings.NewReplacer("%U", m.User, "%H", m.Host).Replace(text)
	switch {
	case strings.Contains(text, "%"):
		f.note(from.at, "from is left out: what stands for the name of this machine is not looked up")
		text = ""
	case strings.HasPrefix(text, "*@") && !strings.ContainsAny(text[2:], "*?["):
		f.Account.Identities = []string{text}
		f.note(from.at, "from is a pattern: here it is an identity, and the user name the address")
		text = ""
	case strings.ContainsAny(text, "*?["):
		f.note(from.at, "from is left out: it is a pattern that no identity can be")
		text = ""
	}
	f.Account.From.Address = text
	f.Account.From.Name = a.get("from_full_name")
}

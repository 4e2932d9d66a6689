package importer

import (
	"net"
	"net/mail"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sendoff/accounts"
)

func readGit(r *reader, paths []string) ([]Found, error) {
	var entries []gitEntry
	var notes []Note
	for _, path := range paths {
		own, further, err := r.gitFile(path, 0)
		if err != nil {
			return nil, err
		}
		entries, notes = append(entries, own...), append(notes, further...)
	}
	found := gitAccounts(r.machine, entries)
	if len(found) > 0 {
		found[0].Notes = append(found[0].Notes, notes...)
	}
	return found, nil
}

// gitAccounts gives the account of sendemail, and one of each of its identities.
func gitAccounts(m Machine, entries []gitEntry) []Found {
	var identities []string
	general := false
	standard := ""
	for _, e := range entries {
		switch {
		case e.section != "sendemail":
		case e.subsection == "" && e.key == "identity":
			standard = e.value
		case e.subsection == "":
			general = general || e.key == "smtpserver" || e.key == "sendmailcmd"
		case !slices.Contains(identities, e.subsection):
			identities = append(identities, e.subsection)
		}
	}
	if general {
		identities = append([]string{""}, identities...)
	}
	var found []Found
	for _, identity := range identities {
		g := gitIdentity{identity, entries}
		if f, ok := g.found(m); ok {
			f.Default = identity == standard
			found = append(found, f)
		}
	}
	return found
}

type gitIdentity struct {
	name    string
	entries []gitEntry
}

// get is a variable of the identity, else of sendemail; the last one counts.
func (g gitIdentity) get(key string) gitEntry {
	var general, own gitEntry
	for _, e := range g.entries {
		if e.section != "sendemail" || e.key != key {
			continue
		}
		switch e.subsection {
		case "":
			general = e
		case g.name:
			own = e
		}
	}
	if own.key != "" {
		return own
	}
	return general
}

// other is a variable outside of sendemail.
func (g gitIdentity) other(name string) string {
	value := ""
	for _, e := range g.entries {
		if e.name() == name {
			value = e.value
		}
	}
	return value
}

func (g gitIdentity) found(m Machine) (Found, bool) {
	server := g.get("smtpserver")
	program := g.get("sendmailcmd")
	at := server.at
	for _, e := range g.entries { // where it begins
		if e.section == "sendemail" && e.subsection == g.name && (g.name != "" || e.key == "smtpserver") {
			at = e.at
			break
		}
	}
	f := newFound(Git, at, "git-"+g.name)
	if g.name == "" {
		f.Account.Name = string(Git)
	}
	switch {
	case server.value == "" && program.value == "":
		return f, false // an identity without a server of its own or of all
	case program.value != "" || filepath.IsAbs(server.value) || strings.Contains(server.value, " "):
		if server.value != "" && !filepath.IsAbs(server.value) && !strings.Contains(server.value, " ") {
			f.note(program.at, "sendmailcmd is left out: a program is no server")
			break
		}
		f.Account.From = g.from()
		f.refuse("it sends through a program, not through a server: import the settings of that one")
		return f, true
	}
	f.Account.From = g.from()
	g.server(&f, m)
	g.login(&f)
	g.rest(&f)
	return f, true
}

// from is whom git would send as.
func (g gitIdentity) from() mail.Address {
	if text := g.get("from").value; text != "" {
		return parseFrom(text)
	}
	name, email := g.other("author.name"), g.other("author.email")
	if name == "" {
		name = g.other("user.name")
	}
	if email == "" {
		email = g.other("user.email")
	}
	return mail.Address{Name: name, Address: email}
}

func (g gitIdentity) server(f *Found, m Machine) {
	s := &f.Account.SMTP
	s.Host = g.get("smtpserver").value
	encryption := g.get("smtpencryption").value
	if encryption == "" && g.get("smtpssl").value == "true" { // of old
		encryption = "ssl"
	}
	switch encryption {
	case "ssl":
		s.Security, s.Port = accounts.TLS, 465
	case "tls":
		s.Security, s.Port = accounts.STARTTLS, 25
	default:
		s.Security, s.Port = accounts.None, 25
	}
	if host, port, err := net.SplitHostPort(s.Host); err == nil {
		s.Host = host
		f.port(port)
	}
	f.port(g.get("smtpserverport").value)
	if domain := g.get("smtpdomain").value; domain != "" {
		s.EHLO = domain
	}
	if path := g.get("smtpsslcertpath"); path.key != "" && s.Security != accounts.None {
		switch {
		case path.value == "":
			f.note(path.at, "smtpSSLCertPath is left out: here a server always has to prove who it is; pin_sha256 trusts one certificate")
		case m.IsFolder != nil && m.IsFolder(m.expand(path.value, "")):
			if !slices.Contains(systemBundles, path.value) {
				f.note(path.at, "smtpSSLCertPath is left out: it is a directory, and ca_file is a file")
			}
		default:
			f.trustFile(m, path.at, path.value)
		}
	}
}

// port reads a number, or the name of a service.
func (f *Found) port(text string) {
	names := map[string]int{"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "ssmtp": 465, "urd": 465}
	if text == "" {
		return
	}
	n, ok := names[strings.ToLower(text)]
	if !ok {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > 65535 {
			f.refuse("its port is not a number")
		}
	}
	f.Account.SMTP.Port = n
}

// credentialScript asks git's helpers, as send-email does. Server and user come
// as arguments: nothing of the configuration is read by the shell.
const credentialScript = `printf 'protocol=smtp\nhost=%s\nusername=%s\n\n' "$1" "$2" | GIT_TERMINAL_PROMPT=0 git credential fill | sed -n 's/^password=//p'`

func (g gitIdentity) login(f *Found) {
	s := &f.Account.SMTP
	user, password, methods := g.get("smtpuser"), g.get("smtppass"), g.get("smtpauth")
	if methods.value == "none" {
		return
	}
	s.Username = user.value
	if methods.value != "" {
		f.auth(methods.at, strings.Fields(methods.value)...)
	}
	switch {
	case s.Username == "":
	case password.value != "":
		f.Clear = newClear(password.at, password.value)
	case g.other("credential.helper") != "":
		s.Secret.Command = []string{"sh", "-c", credentialScript, "sh", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), s.Username}
		f.note(f.Place, "the password is asked of git's credential helper, which may have none for this server yet")
	default:
		f.note(f.Place, "no password stands there, and no credential helper: git asks for it each time")
	}
}

// rest tells what has no equal here, but for the size of a batch.
func (g gitIdentity) rest(f *Found) {
	if size, err := strconv.Atoi(g.get("smtpbatchsize").value); err == nil && size > 0 {
		f.Account.Limits.MessagesPerConnection = size
	}
	for _, key := range []string{"envelopesender", "smtpserveroption", "smtprelogindelay"} {
		if e := g.get(key); e.key != "" {
			f.leaveOut(e.at, key)
		}
	}
}

package importer

import (
	"encoding/json"
	"errors"
	"net/mail"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sendoff/accounts"
)

// thunderbirdProfiles gives the prefs.js of the profile that Thunderbird opens, or
// of all if profiles.ini does not tell.
func (m Machine) thunderbirdProfiles(root string) []string {
	if !filepath.IsAbs(root) || m.ReadFile == nil {
		return nil
	}
	if data, err := m.ReadFile(filepath.Join(root, "profiles.ini")); err == nil {
		if path := thunderbirdDefault(root, string(data)); path != "" && exists(path) {
			return []string{path}
		}
	}
	all, _ := filepath.Glob(filepath.Join(root, "*", "prefs.js")) // the pattern is right
	return all
}

// thunderbirdDefault gives the prefs.js that a profiles.ini leads to: the default
// of the installation, else the profile that is marked.
func thunderbirdDefault(root, text string) string {
	entries, _ := parseINI("", text)
	profiles := make(map[string]map[string]string)
	installed := ""
	for _, e := range entries {
		if strings.HasPrefix(e.section, "Install") && e.key == "default" {
			installed = e.value
		}
		if profiles[e.section] == nil {
			profiles[e.section] = make(map[string]string)
		}
		profiles[e.section][e.key] = e.value
	}
	if installed == "" {
		for section, keys := range profiles {
			if strings.HasPrefix(section, "Profile") && keys["default"] == "1" {
				installed = keys["path"]
			}
		}
	}
	switch {
	case installed == "":
		return ""
	case filepath.IsAbs(installed):
		return filepath.Join(installed, "prefs.js")
	}
	return filepath.Join(root, filepath.FromSlash(installed), "prefs.js")
}

func readThunderbird(r *reader, paths []string) ([]Found, error) {
	path, text, err := r.single(paths)
	if err != nil {
		return nil, err
	}
	prefs, places := parsePrefs(path, text)
	if len(prefs) == 0 {
		return nil, errors.New("there is no setting of Thunderbird in it")
	}
	t := thunderbird{r, path, prefs, places}
	return t.accounts(), nil
}

// parsePrefs reads the lines user_pref("name", value); of a prefs.js. A value is
// kept as text: of strings what they say, of the rest what stands there.
func parsePrefs(path, text string) (prefs map[string]string, places map[string]Place) {
	prefs, places = make(map[string]string), make(map[string]Place)
	number := 0
	for line := range strings.Lines(text) {
		number++
		inside, ok := strings.CutPrefix(strings.TrimSpace(line), "user_pref(")
		inside, ended := strings.CutSuffix(inside, ");")
		if !ok || !ended {
			continue
		}
		name, rest, ok := cutString(inside)
		value, found := strings.CutPrefix(strings.TrimSpace(rest), ",")
		if !ok || !found {
			continue
		}
		if value = strings.TrimSpace(value); strings.HasPrefix(value, `"`) {
			if value, _, ok = cutString(value); !ok {
				continue
			}
		}
		prefs[name], places[name] = value, Place{path, number}
	}
	return prefs, places
}

// cutString reads the string in double quotes that a text begins with. Escapes
// are those of JSON, and \x41 and \' of JavaScript.
func cutString(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		return "", text, false
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			err := json.Unmarshal([]byte(`"`+b.String()+`"`), &value)
			return value, text[i+1:], err == nil
		case text[i] == '\\' && i+3 < len(text) && text[i+1] == 'x':
			b.WriteString(`\u00` + text[i+2:i+4])
			i += 3
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case text[i] == '\\' && i+1 < len(text):
			b.WriteString(text[i : i+2])
			i++
		default:
			b.WriteByte(text[i])
		}
	}
	return "", text, false
}

// thunderbird is what a prefs.js says.
type thunderbird struct {
	reader *reader
	path   string
	prefs  map[string]string
	places map[string]Place
}

func (t thunderbird) get(parts ...string) string { return t.prefs[strings.Join(parts, ".")] }

func (t thunderbird) list(parts ...string) (all []string) {
	for _, one := range strings.Split(t.get(parts...), ",") {
		if one = strings.TrimSpace(one); one != "" && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// accounts gives one for each pair of an account and a server that one of its
// identities sends through.
func (t thunderbird) accounts() []Found {
	standard := t.get("mail.accountmanager.defaultaccount")
	var found []Found
	for _, account := range t.list("mail.accountmanager.accounts") {
		var servers []string
		first := len(found)
		for _, identity := range t.list("mail.account", account, "identities") {
			server := t.get("mail.identity", identity, "smtpServer")
			if server == "" || t.get("mail.smtpserver", server, "hostname") == "" {
				server = t.get("mail.smtp.defaultserver")
			}
			if i := slices.Index(servers, server); i >= 0 {
				t.furtherIdentity(&found[first+i], identity)
				continue
			}
			servers = append(servers, server)
			f := t.found(account, identity, server)
			f.Default = account == standard && len(found) == first
			found = append(found, f)
		}
	}
	return found
}

func (t thunderbird) address(identity string) mail.Address {
	return mail.Address{Name: t.get("mail.identity", identity, "fullName"), Address: t.get("mail.identity", identity, "useremail")}
}

func (t thunderbird) furtherIdentity(f *Found, identity string) {
	if address := t.address(identity); address.Address != "" && address.Address != f.Account.From.Address {
		f.Account.Identities = append(f.Account.Identities, accounts.AddressText(address))
	}
}

func (t thunderbird) found(account, identity, server string) Found {
	at := t.places["mail.identity."+identity+".useremail"]
	if at.File == "" { // it has none
		at.File = t.path
	}
	address := t.address(identity)
	f := newFound(Thunderbird, at, "")
	if i := strings.LastIndexByte(address.Address, '@'); i > 0 {
		domain, _, _ := strings.Cut(address.Address[i+1:], ".")
		f.Account.Name = nameFor(domain, Thunderbird)
	}
	f.Account.From = address
	t.smtp(&f, server)
	t.mailbox(&f, t.get("mail.account", account, "server"))
	t.signature(&f, identity)
	if f.Account.SMTP.Username != "" {
		f.note(at, "the password is left out: Thunderbird keeps it in a store of its own, which is not read")
	}
	for _, key := range []string{"reply_to", "organization", "doBcc", "sign_mail"} {
		name := "mail.identity." + identity + "." + key
		if value := t.prefs[name]; value != "" && value != "false" {
			f.leaveOut(t.places[name], key)
		}
	}
	return f
}

// thunderbirdAuth is the method of a number in authMethod.
func thunderbirdAuth(number string) string {
	switch number {
	case "1":
		return "none"
	case "4":
		return "cram-md5"
	case "5":
		return "gssapi"
	case "6":
		return "ntlm"
	case "7":
		return "external"
	case "10":
		return "xoauth2"
	}
	return "auto" // a password, in the open or not, or whatever the server has
}

// thunderbirdSecurity reads try_ssl and socketType. Their 1 is STARTTLS if the
// server offers it; here nothing is sent without.
func thunderbirdSecurity(number string) accounts.Security {
	switch number {
	case "1", "2":
		return accounts.STARTTLS
	case "3":
		return accounts.TLS
	}
	return accounts.None
}

func (t thunderbird) smtp(f *Found, server string) {
	prefix := "mail.smtpserver." + server
	if kind := t.get(prefix, "type"); kind != "" && kind != "smtp" {
		f.refuse("it sends by %s, not by SMTP", kind)
		return
	}
	s := &f.Account.SMTP
	s.Host, s.Security = t.get(prefix, "hostname"), thunderbirdSecurity(t.get(prefix, "try_ssl"))
	s.Port = map[accounts.Security]int{accounts.TLS: 465, accounts.STARTTLS: 587, accounts.None: 25}[s.Security]
	if n, err := strconv.Atoi(t.get(prefix, "port")); err == nil && n > 0 {
		s.Port = n
	}
	s.EHLO = t.get(prefix, "hello_argument")
	method := thunderbirdAuth(t.get(prefix, "authMethod"))
	if method == "none" {
		return
	}
	s.Username = t.get(prefix, "username")
	f.auth(t.places[prefix+".authMethod"], method)
	if s.Auth == accounts.AuthExternal {
		f.refuse("it logs in by a client certificate in Thunderbird's own store")
	}
	if s.Auth.ByToken() {
		f.note(f.Place, "Thunderbird gets the access token itself; here a command has to print it, such as oama or mutt_oauth2.py")
	}
}

func (t thunderbird) mailbox(f *Found, server string) {
	prefix := "mail.server." + server
	protocols := map[string]accounts.Protocol{"imap": accounts.IMAP, "pop3": accounts.POP3}
	protocol, ok := protocols[t.get(prefix, "type")]
	if !ok {
		return // local folders, feeds, news
	}
	m := &f.Account.Mailbox
	m.Protocol, m.Security = protocol, thunderbirdSecurity(t.get(prefix, "socketType"))
	m.Host, m.Username = t.get(prefix, "realhostname"), t.get(prefix, "realuserName") // which have been changed since
	if m.Host == "" {
		m.Host = t.get(prefix, "hostname")
	}
	if m.Username == "" {
		m.Username = t.get(prefix, "userName")
	}
	m.Port = mailboxPort(protocol, m.Security)
	if n, err := strconv.Atoi(t.get(prefix, "port")); err == nil && n > 0 {
		m.Port = n
	}
	if auth, _ := authOf(thunderbirdAuth(t.get(prefix, "authMethod"))); auth.ByToken() {
		m.Auth = auth
	}
}

func (t thunderbird) signature(f *Found, identity string) {
	prefix := "mail.identity." + identity
	if t.get(prefix, "attach_signature") == "true" {
		path := t.get(prefix, "sig_file")
		name := prefix + ".sig_file"
		if strings.HasSuffix(strings.ToLower(path), ".html") || path == "" {
			f.note(t.places[name], "the signature is left out: it is HTML, or no file is named")
			return
		}
		f.signatureFile(t.reader, t.places[name], path)
		return
	}
	text := t.get(prefix, "htmlSigText")
	switch {
	case text == "":
	case t.get(prefix, "htmlSigFormat") == "true":
		f.note(t.places[prefix+".htmlSigText"], "the signature is left out: it is HTML, and a text is wanted")
	default:
		f.signature(text)
	}
}

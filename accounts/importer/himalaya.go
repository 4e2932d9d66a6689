package importer

import (
	"net/mail"
	"strconv"
	"strings"

	"sendoff/accounts"
)

func readHimalaya(r *reader, paths []string) ([]Found, error) {
	path, text, err := r.single(paths)
	if err != nil {
		return nil, err
	}
	return parseHimalaya(r, path, text)
}

// parseHimalaya gives the accounts of a config.toml: the tables below accounts of
// himalaya 1, or those at the top, of which each has keys like smtp-host, of the
// versions before.
func parseHimalaya(r *reader, path, text string) ([]Found, error) {
	leaves, err := tomlLeaves(path, text)
	if err != nil {
		return nil, err
	}
	var found []Found
	seen := make(map[string]bool)
	for _, leaf := range leaves {
		table := leaf.path[:len(leaf.path)-1]
		if len(table) > 0 && table[0] == "accounts" && len(table) > 1 {
			table = table[:2]
		} else if len(table) > 0 {
			table = table[:1]
		}
		id := strings.Join(table, "\x00")
		if len(table) == 0 || seen[id] || table[0] == "accounts" && len(table) < 2 {
			continue
		}
		seen[id] = true
		a := himalayaAccount{reader: r, keys: make(map[string]tomlLeaf)}
		for _, l := range leaves {
			if len(l.path) == 1 {
				a.keys[l.path[0]] = l // what holds for all accounts
			}
		}
		for _, l := range leaves {
			if key, ok := l.under(table...); ok {
				a.keys[key] = l
				if key == "name" { // as display-name was called, and goes before that of all
					a.keys["display-name"] = l
				}
			}
		}
		if _, ok := a.keys["email"]; ok {
			found = append(found, a.found(leaf.at, table[len(table)-1]))
		}
	}
	return found, nil
}

type himalayaAccount struct {
	reader *reader
	keys   map[string]tomlLeaf
}

// first is the value of the first of some keys that there is.
func (a *himalayaAccount) first(keys ...string) tomlLeaf {
	for _, key := range keys {
		if l, ok := a.keys[key]; ok {
			return l
		}
	}
	return tomlLeaf{}
}

func (a *himalayaAccount) get(keys ...string) string { return a.first(keys...).text }

func (a *himalayaAccount) found(at Place, name string) Found {
	f := newFound(Himalaya, at, name)
	f.Default = a.get("default") == "true"
	f.Account.From = mail.Address{Name: a.get("display-name", "name"), Address: a.get("email")}
	f.signatureOf(a)
	send := a.backend("message.send.backend", "message.send", "smtp", "sender")
	if send.kind != "smtp" {
		f.refuse("it sends through a program (%s), not through a server: import the settings of that one", send.kind)
		return f
	}
	smtp := &f.Account.SMTP
	smtp.Host, smtp.Username, smtp.Security = send.get("host"), send.get("login"), send.security()
	smtp.Port = send.port(&f, map[accounts.Security]int{accounts.TLS: 465, accounts.STARTTLS: 587, accounts.None: 25}[smtp.Security])
	smtp.Auth, smtp.Secret, f.Clear = send.login(&f)
	f.certificate(a, send)
	if box := a.backend("backend", "", "imap", "backend"); box.kind == "imap" {
		m := &f.Account.Mailbox
		m.Protocol, m.Host, m.Username, m.Security = accounts.IMAP, box.get("host"), box.get("login"), box.security()
		m.Port = box.port(&f, mailboxPort(accounts.IMAP, m.Security))
		m.Auth, m.Secret, f.ClearMailbox = box.login(&f)
		if !m.Auth.ByToken() {
			m.Auth = ""
		}
		if inbox := a.get("folder.aliases.inbox", "folder.alias.inbox", "folder-aliases.inbox"); inbox != "" && inbox != "INBOX" {
			m.Folder = inbox
		}
	}
	if l := a.first("message.send.save-copy", "folder.aliases.sent", "folder.alias.sent"); l.text != "" {
		f.note(l.at, "%s is left out: a copy of what is sent is not filed yet", l.path[len(l.path)-1])
	}
	return f
}

// signatureOf takes over a signature, which is a text or the name of a file.
func (f *Found) signatureOf(a *himalayaAccount) {
	l := a.first("signature")
	if strings.HasPrefix(l.text, "~/") || strings.HasPrefix(l.text, "/") && !strings.Contains(l.text, "\n") {
		f.signatureFile(a.reader, l.at, a.reader.machine.expand(l.text, ""))
		return
	}
	f.signature(l.text)
}

// himalayaBackend is a server of an account. Its keys have had a prefix of two
// forms: message.send.backend.host, and smtp-host.
type himalayaBackend struct {
	account  *himalayaAccount
	kind     string
	prefixes []string
}

// backend finds the server below a table; kind names its keys in the old form, and
// selector the key that says in the old form what it is.
func (a *himalayaAccount) backend(table, short, kind, selector string) himalayaBackend {
	b := himalayaBackend{account: a, prefixes: []string{table + ".", kind + "-", kind + "."}}
	b.kind = a.get(table+".type", table)
	if b.kind == "" && short != "" {
		b.kind = a.get(short + ".backend")
	}
	if b.kind == "" {
		b.kind = a.get(selector)
	}
	if b.kind == "" && b.get("host") != "" {
		b.kind = kind
	}
	if b.kind == "" {
		b.kind = "none"
	}
	return b
}

func (b himalayaBackend) leaf(keys ...string) tomlLeaf {
	for _, prefix := range b.prefixes {
		for _, key := range keys {
			if l, ok := b.account.keys[prefix+key]; ok {
				return l
			}
		}
	}
	return tomlLeaf{}
}

func (b himalayaBackend) get(keys ...string) string { return b.leaf(keys...).text }

// security is TLS where nothing is said, as in himalaya.
func (b himalayaBackend) security() accounts.Security {
	switch strings.ToLower(b.get("encryption.type", "encryption")) {
	case "none", "false":
		return accounts.None
	case "start-tls", "starttls":
		return accounts.STARTTLS
	case "tls", "ssl", "ssl/tls", "true", "required":
		return accounts.TLS
	}
	switch { // what the versions before had
	case b.get("starttls") == "true":
		return accounts.STARTTLS
	case b.get("ssl") == "false":
		return accounts.None
	}
	return accounts.TLS
}

func (b himalayaBackend) port(f *Found, usual int) int {
	l := b.leaf("port")
	if l.text == "" {
		return usual
	}
	n, err := strconv.Atoi(strings.ReplaceAll(l.text, "_", ""))
	if err != nil || n < 1 || n > 65535 {
		f.note(l.at, "the port is left out: it is none")
		return usual
	}
	return n
}

// login is the method and where the secret is kept.
func (b himalayaBackend) login(f *Found) (accounts.Auth, accounts.Secret, *Clear) {
	kind := strings.ToLower(b.get("auth.type", "auth"))
	if strings.HasPrefix(kind, "oauth2") || kind == "" && b.get("auth.method") != "" && b.get("auth.client-id") != "" {
		return b.token(f)
	}
	for _, form := range []string{"auth.", "auth.passwd.", "auth.password.", "passwd.", "passwd-", "password."} {
		if l := b.leaf(form + "raw"); l.text != "" {
			return accounts.AuthAuto, accounts.Secret{}, newClear(l.at, l.text)
		}
		if l := b.leaf(form+"cmd", form+"command"); l.text != "" {
			secret, clear := f.secretOf(l.at, b.account.argv(l))
			return accounts.AuthAuto, secret, clear
		}
		if l := b.leaf(form + "keyring"); l.text != "" {
			f.note(l.at, "the password is left out: it is in the keyring, where himalaya has put it for itself")
			return accounts.AuthAuto, accounts.Secret{}, nil
		}
	}
	if l := b.leaf("passwd", "password"); l.text != "" {
		return accounts.AuthAuto, accounts.Secret{}, newClear(l.at, l.text)
	}
	return accounts.AuthAuto, accounts.Secret{}, nil
}

// token is the login by OAuth 2. A token that stands in the file is out of date
// within the hour, so that only a command is of use.
func (b himalayaBackend) token(f *Found) (accounts.Auth, accounts.Secret, *Clear) {
	auth := accounts.AuthXOAUTH2
	if strings.EqualFold(b.get("auth.method", "oauth2-method"), "oauthbearer") {
		auth = accounts.AuthOAUTHBEARER
	}
	if l := b.leaf("auth.access-token.cmd", "auth.access-token.command", "oauth2-access-token.cmd"); l.text != "" {
		secret, clear := f.secretOf(l.at, b.account.argv(l))
		return auth, secret, clear
	}
	f.note(b.leaf("auth.type", "auth", "auth.method").at,
		"the token is left out: himalaya gets it itself, and here a command has to print it, such as oama or mutt_oauth2.py")
	return auth, accounts.Secret{}, nil
}

// argv is that of a command, which is a line for a shell or a list. In versions
// before 1 a list was one of lines, each fed by the one in front of it.
func (a *himalayaAccount) argv(l tomlLeaf) []string {
	if len(l.list) > 1 && !strings.Contains(l.list[0], " ") {
		return l.list
	}
	if len(l.list) > 0 {
		return a.reader.machine.command(strings.Join(l.list, " | "))
	}
	return a.reader.machine.command(l.text)
}

// certificate takes over whom to trust.
func (f *Found) certificate(a *himalayaAccount, send himalayaBackend) {
	if l := send.leaf("encryption.cert", "cert"); l.text != "" {
		f.trustFile(a.reader.machine, l.at, a.reader.machine.expand(l.text, ""))
	}
	if l := send.leaf("insecure"); l.text == "true" {
		f.note(l.at, "insecure is left out: here a server always has to prove who it is; pin_sha256 trusts one certificate")
	}
}

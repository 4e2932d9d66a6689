package accounts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"sendoff/internal/cleantext"
	"sendoff/internal/config"
)

// ErrNoAccounts is wrapped when accounts.toml is missing or names no account:
// the user has to set one up first. Of a missing file errors.Is(err,
// fs.ErrNotExist) is true as well.
var ErrNoAccounts = errors.New("no account is set up")

// Load reads accounts.toml. Every error but [ErrNoAccounts] is a
// [*config.Error], or [config.Errors]: all that is wrong. Signature files and client certificates are read too; secrets
// and CA files are not.
func Load(path string) (*Book, error) {
	r, err := load(path)
	if err != nil {
		return nil, err
	}
	return r.book, nil
}

// load also gives what could be read of a file that names no account.
func load(path string) (reading, error) {
	data, info, err := config.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return reading{}, fmt.Errorf("%s: %w (%w)", cleantext.Line(path), ErrNoAccounts, fs.ErrNotExist)
	}
	if err != nil {
		return reading{}, err
	}
	// Whoever can write to it names commands that we run.
	if err := config.CheckOwn(path, info, 0o022); err != nil {
		return reading{}, err
	}
	r, err := read(path, data)
	if err != nil {
		return r, err
	}
	if r.namesCommand() {
		// The arguments of a command tell how to get at the secret.
		if err := config.CheckOwn(path, info, 0o044); err != nil {
			return reading{}, err
		}
	}
	return r, nil
}

// namesCommand tells that a secret comes from a command.
func (r reading) namesCommand() bool {
	var secrets []Secret
	for _, a := range r.book.Accounts {
		secrets = append(secrets, a.SMTP.Secret, a.SMTP.Proxy.Secret, a.Mailbox.Secret)
	}
	for _, c := range r.clients {
		secrets = append(secrets, c.Secret)
	}
	return slices.ContainsFunc(secrets, func(s Secret) bool { return len(s.Command) > 0 })
}

// bookEntry, accountEntry and the others are accounts.toml as it stands on
// disk: its keys are all that this version honours.
type bookEntry struct {
	Default  string                `toml:"default"`
	Accounts []accountEntry        `toml:"account"`
	OAuth    map[string]oauthEntry `toml:"oauth"`
}

type accountEntry struct {
	Name          string          `toml:"name"`
	From          string          `toml:"from"`
	Identities    []string        `toml:"identities"`
	Signature     string          `toml:"signature"`
	SignatureFile string          `toml:"signature_file"`
	Identity      []identityEntry `toml:"identity"`
	WhenUncertain WhenUncertain   `toml:"when_uncertain"`
	Fallback      string          `toml:"fallback"`
	BounceAddress string          `toml:"bounce_address"`
	SMTP          smtpEntry       `toml:"smtp"`
	Limits        limitsEntry     `toml:"limits"`
	Mailbox       mailboxEntry    `toml:"mailbox"`
	OpenPGP       openpgpEntry    `toml:"openpgp"`
}

type smtpEntry struct {
	Host       string      `toml:"host"`
	Port       int         `toml:"port"`
	Security   Security    `toml:"security"`
	Auth       Auth        `toml:"auth"`
	Username   string      `toml:"username"`
	Secret     secretEntry `toml:"secret"`
	CAFile     string      `toml:"ca_file"`
	PinSHA256  string      `toml:"pin_sha256"`
	ClientCert string      `toml:"client_cert"`
	ClientKey  string      `toml:"client_key"`
	EHLO       string      `toml:"ehlo"`
	Proxy      string      `toml:"proxy"`

	ProxySecret secretEntry `toml:"proxy_secret"`
}

type secretEntry struct {
	Command []string `toml:"command"`
	File    string   `toml:"file"`
	Env     string   `toml:"env"`
	Keyring bool     `toml:"keyring"`
	OAuth   string   `toml:"oauth"`
}

// isZero tells that it names no place.
func (e secretEntry) isZero() bool {
	return e.Command == nil && e.File == "" && e.Env == "" && !e.Keyring && e.OAuth == ""
}

type limitsEntry struct {
	Connections           int   `toml:"connections"`
	MessagesPerConnection int   `toml:"messages_per_connection"`
	MaxSize               int64 `toml:"max_size"`
	PerSecond             int   `toml:"per_second"`
	PerMinute             int   `toml:"per_minute"`
	PerHour               int   `toml:"per_hour"`
	PerDay                int   `toml:"per_day"`
}

// reading is all that is known of a file.
type reading struct {
	data        []byte
	doc         *config.Document
	defaultName string    // "" if the file names none
	accounts    []Account // as they stand there, with nothing filled in
	clients     []OAuthClient
	book        *Book // nil if there is no account
}

// read of a file that names no account gives the reading and [ErrNoAccounts].
func read(path string, data []byte) (reading, error) {
	var file bookEntry
	doc, err := config.Decode(path, data, &file)
	explainPasswords(err)
	if doc == nil {
		return reading{}, err
	}
	if doc.Has("default") && file.Default == "" {
		doc.Note(doc.Error("default", "is empty", "leave the line out, or name an account"))
	}
	accounts := make([]Account, len(file.Accounts))
	for i, entry := range file.Accounts {
		l := loader{checker{doc, accountPath(i)}, filepath.Dir(path)}
		accounts[i], err = l.account(entry)
		doc.Note(err)
	}
	clients, err := loader{checker{doc: doc}, filepath.Dir(path)}.clients(file.OAuth)
	doc.Note(err)
	r := reading{data: data, doc: doc, defaultName: file.Default, accounts: accounts, clients: clients}
	r.book, err = newBook(doc, file.Default, accounts)
	if r.book != nil {
		err = config.Join(err, r.book.take(clients, doc))
	}
	err = doc.Errors(err)
	if errors.Is(err, ErrNoAccounts) {
		return r, fmt.Errorf("%s: %w", cleantext.Line(path), err)
	}
	if err != nil {
		return reading{}, err
	}
	return r, nil
}

// explainPasswords puts the reason into the errors of someone who typed a
// password where only the way to it belongs.
func explainPasswords(err error) {
	for _, e := range config.ErrorsOf(err) {
		explainPassword(e)
	}
}

func explainPassword(e *config.Error) {
	key := e.Key[strings.LastIndexByte(e.Key, '.')+1:]
	switch {
	case slices.Contains([]string{"password", "passwd", "pass"}, key):
		e.Problem, e.Hint = "a password does not belong in this file", secretHint
	case key == "secret" && errors.Is(e, config.ErrWrongType):
		e.Problem, e.Hint = "wants the place where the password is kept, never the password itself", secretHint
	case key == "proxy_secret" && errors.Is(e, config.ErrWrongType):
		e.Problem, e.Hint = "wants the place where the password is kept, never the password itself", proxySecretHint
	case key == "client_secret" && errors.Is(e, config.ErrWrongType):
		e.Problem, e.Hint = "wants the place where it is kept, never the secret itself", clientSecretHint
	}
}

// loader turns an entry of the file into an account. It sees to what only the
// file can tell, what is there though empty or zero; the checker judges values.
type loader struct {
	checker
	folder string // of the file: relative paths start there
}

func (l loader) account(e accountEntry) (Account, error) {
	wrong := []error{l.present(e)}
	note := func(err error) { wrong = append(wrong, err) }
	a := Account{
		Name:          e.Name,
		Identities:    e.Identities,
		WhenUncertain: e.WhenUncertain,
		Fallback:      e.Fallback,
		BounceAddress: e.BounceAddress,
		Limits:        Limits(e.Limits),
		OpenPGP:       l.openpgp(e.OpenPGP),
	}
	if !l.doc.Has(l.path("limits.messages_per_connection")) {
		a.Limits.MessagesPerConnection = messagesDefault
	}
	var err error
	if e.From != "" {
		a.From, err = l.address("from", e.From)
		note(err)
	}
	a.Signature, err = l.signature(e.Signature, e.SignatureFile)
	note(err)
	a.Signing, err = l.signing(e.Identity)
	note(err)
	a.SMTP, err = l.smtp(e.SMTP)
	note(err)
	a.Mailbox, err = l.mailbox(e.Mailbox)
	note(err)
	return a, config.Join(wrong...)
}

// present refuses keys that are there and say nothing: an empty text or a zero
// must not pass for "take the default".
func (l loader) present(e accountEntry) error {
	var wrong []error
	for _, text := range []struct{ key, value string }{
		{"name", e.Name},
		{"from", e.From},
		{"signature_file", e.SignatureFile},
		{"when_uncertain", string(e.WhenUncertain)},
		{"fallback", e.Fallback},
		{"bounce_address", e.BounceAddress},
		{"smtp.host", e.SMTP.Host},
		{"smtp.security", string(e.SMTP.Security)},
		{"smtp.auth", string(e.SMTP.Auth)},
		{"smtp.username", e.SMTP.Username},
		{"smtp.secret.file", e.SMTP.Secret.File},
		{"smtp.secret.env", e.SMTP.Secret.Env},
		{"smtp.secret.oauth", e.SMTP.Secret.OAuth},
		{"smtp.ca_file", e.SMTP.CAFile},
		{"smtp.pin_sha256", e.SMTP.PinSHA256},
		{"smtp.client_cert", e.SMTP.ClientCert},
		{"smtp.client_key", e.SMTP.ClientKey},
		{"smtp.ehlo", e.SMTP.EHLO},
		{"smtp.proxy", e.SMTP.Proxy},
		{"smtp.proxy_secret.file", e.SMTP.ProxySecret.File},
		{"smtp.proxy_secret.env", e.SMTP.ProxySecret.Env},
		{"mailbox.protocol", string(e.Mailbox.Protocol)},
		{"mailbox.host", e.Mailbox.Host},
		{"mailbox.security", string(e.Mailbox.Security)},
		{"mailbox.auth", string(e.Mailbox.Auth)},
		{"mailbox.username", e.Mailbox.Username},
		{"mailbox.secret.file", e.Mailbox.Secret.File},
		{"mailbox.secret.env", e.Mailbox.Secret.Env},
		{"mailbox.secret.oauth", e.Mailbox.Secret.OAuth},
		{"mailbox.folder", e.Mailbox.Folder},
		{"mailbox.every", e.Mailbox.Every},
		{"mailbox.sent_folder", e.Mailbox.SentFolder},
		{"mailbox.ca_file", e.Mailbox.CAFile},
		{"mailbox.pin_sha256", e.Mailbox.PinSHA256},
		{"openpgp.key", e.OpenPGP.Key},
		{"openpgp.encrypt", string(e.OpenPGP.Encrypt)},
	} {
		if text.value == "" && l.doc.Has(l.path(text.key)) {
			wrong = append(wrong, l.complain(text.key, "is empty", "leave the line out, or fill it in"))
		}
	}
	for _, number := range []struct {
		key   string
		value int
	}{
		{"smtp.port", e.SMTP.Port},
		{"limits.connections", e.Limits.Connections},
		{"smtp.secret.command", len(e.SMTP.Secret.Command)},
		{"smtp.proxy_secret.command", len(e.SMTP.ProxySecret.Command)},
		{"mailbox.port", e.Mailbox.Port},
		{"mailbox.secret.command", len(e.Mailbox.Secret.Command)},
	} {
		if number.value == 0 && l.doc.Has(l.path(number.key)) {
			wrong = append(wrong, l.complain(number.key, "is empty or zero", "leave the line out, or fill it in"))
		}
	}
	for _, secret := range []struct {
		key   string
		value secretEntry
		hint  string
	}{
		{"smtp.secret", e.SMTP.Secret, secretHint},
		{"smtp.proxy_secret", e.SMTP.ProxySecret, proxySecretHint},
		{"mailbox.secret", e.Mailbox.Secret, secretHint},
	} {
		if l.doc.Has(l.path(secret.key)) && secret.value.isZero() {
			wrong = append(wrong, l.complain(secret.key, "names no place", secret.hint))
		}
	}
	return config.Join(wrong...)
}

// signature gives the text itself or that of the file, with "\n" line ends and
// none at the end.
func (l loader) signature(text, file string) (string, error) {
	if file != "" {
		if l.doc.Has(l.path("signature")) {
			return "", l.complain("signature_file", "there is a signature too", "keep one of them")
		}
		path, err := l.file("signature_file", file)
		if err != nil {
			return "", err
		}
		data, _, err := config.Read(path)
		if err != nil {
			return "", l.complain("signature_file", err.Error(), "")
		}
		text = string(data)
	}
	if !utf8.ValidString(text) {
		return "", l.complain("signature_file", "is not UTF-8", "save it as UTF-8")
	}
	return signatureText(text), nil
}

// signatureText is a signature as it is kept. The line "-- " that many files of other
// programs begin with is written above it anyway.
func signatureText(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if first, rest, found := strings.Cut(text, "\n"); found && strings.TrimRight(first, " ") == "--" {
		text = rest
	}
	return strings.TrimRight(text, "\n")
}

func (l loader) smtp(e smtpEntry) (SMTP, error) {
	s := SMTP{
		Host: e.Host, Port: e.Port, Security: e.Security,
		Auth: e.Auth, Username: e.Username, EHLO: e.EHLO, PinSHA256: e.PinSHA256,
	}
	var wrong []error
	var err error
	for _, file := range []struct {
		key, path string
		into      *string
	}{
		{"smtp.ca_file", e.CAFile, &s.CAFile},
		{"smtp.client_cert", e.ClientCert, &s.ClientCert},
		{"smtp.client_key", e.ClientKey, &s.ClientKey},
	} {
		*file.into, err = l.file(file.key, file.path)
		wrong = append(wrong, err)
	}
	s.Secret, err = l.secretPlace("smtp.secret", e.Secret)
	wrong = append(wrong, err)
	s.Proxy, err = l.proxyURL(e.Proxy)
	wrong = append(wrong, err)
	s.Proxy.Secret, err = l.secretPlace("smtp.proxy_secret", e.ProxySecret)
	return s, config.Join(append(wrong, err)...)
}

// secretPlace resolves the paths of where a secret is kept.
func (l loader) secretPlace(key string, e secretEntry) (Secret, error) {
	s := Secret{Command: e.Command, Env: e.Env, Keyring: e.Keyring, OAuth: e.OAuth}
	var err error
	if s.File, err = l.file(key+".file", e.File); err != nil {
		return Secret{}, err
	}
	if len(s.Command) > 0 && strings.HasPrefix(s.Command[0], "~/") {
		// There is no shell to do it. Other programs are looked up in PATH.
		if s.Command[0], err = l.file(key+".command", s.Command[0]); err != nil {
			return Secret{}, err
		}
	}
	return s, nil
}

// file resolves a path of the file: "~/" is the home directory, a relative one
// starts at the folder of the file, "" stays.
func (l loader) file(key, path string) (string, error) {
	if path == "" || filepath.IsAbs(path) {
		return path, nil
	}
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return filepath.Join(l.folder, path), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", l.complain(key, "~ means nothing here: "+err.Error(), "write the whole path")
	}
	return filepath.Join(home, rest), nil
}

package cli

import (
	"errors"
	"net/mail"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/internal/config"
)

// accountFlag is a flag for one setting of an account, given as text; "" takes
// the setting out.
type accountFlag struct {
	name  string
	key   string // in accounts.toml, below account
	kind  string // as help names it; "": it is yes or no
	usage string
	set   func(a *accounts.Account, text string) error
}

// accountFlags are all settings that can be said on the command line. A password
// is none of them: other users see the arguments of a program.
var accountFlags = []accountFlag{
	{"from", "from", "address", "whom it sends as, as in 'Ada <ada@example.org>'", setFrom},
	{"identity", "identities", "addresses", "whom else it may send as, with commas between several; '*@example.org' is a whole domain", setIdentities},
	{"when-uncertain", "when_uncertain", "word", "what follows when no answer came: ask, resend",
		func(a *accounts.Account, text string) error {
			a.WhenUncertain = accounts.WhenUncertain(text)
			return nil
		}},

	{"bounce-address", "bounce_address", "address", "what its mail is sent from, with {token} in it, so that every bounce finds its message",
		func(a *accounts.Account, text string) error { a.BounceAddress = text; return nil }},
	{"fallback", "fallback", "account", "which one takes its mail over while it is down", func(a *accounts.Account, text string) error { a.Fallback = text; return nil }},

	{"smtp-host", "smtp.host", "host", "server that takes mail", func(a *accounts.Account, text string) error { a.SMTP.Host = text; return nil }},
	{"smtp-port", "smtp.port", "port", "its port (default: by --security)", number(func(a *accounts.Account) *int { return &a.SMTP.Port })},
	{"security", "smtp.security", "word", "tls (default), starttls, none",
		func(a *accounts.Account, text string) error { a.SMTP.Security = accounts.Security(text); return nil }},
	{"auth", "smtp.auth", "word", "how to log in: auto (default), none, plain, xoauth2, …",
		func(a *accounts.Account, text string) error { a.SMTP.Auth = accounts.Auth(text); return nil }},
	{"username", "smtp.username", "name", "to log in with (default: the address)", func(a *accounts.Account, text string) error { a.SMTP.Username = text; return nil }},
	{"ca-file", "smtp.ca_file", "file", "authorities to trust instead of the system's", filename(func(a *accounts.Account) *string { return &a.SMTP.CAFile })},
	{"pin", "smtp.pin_sha256", "digits", "SHA-256 fingerprint of the one certificate to trust",
		func(a *accounts.Account, text string) error { a.SMTP.PinSHA256 = text; return nil }},
	{"ehlo", "smtp.ehlo", "host", "name to greet the server with", func(a *accounts.Account, text string) error { a.SMTP.EHLO = text; return nil }},

	{"mailbox-protocol", "mailbox.protocol", "word", "where its bounces arrive: imap (default), pop3",
		func(a *accounts.Account, text string) error { a.Mailbox.Protocol = accounts.Protocol(text); return nil }},
	{"mailbox-host", "mailbox.host", "host", "server of that mailbox; '' for no mailbox", setMailboxHost},
	{"mailbox-port", "mailbox.port", "port", "its port", number(func(a *accounts.Account) *int { return &a.Mailbox.Port })},
	{"mailbox-security", "mailbox.security", "word", "tls (default), starttls",
		func(a *accounts.Account, text string) error { a.Mailbox.Security = accounts.Security(text); return nil }},
	{"mailbox-username", "mailbox.username", "name", "to log in with (default: as for sending)",
		func(a *accounts.Account, text string) error { a.Mailbox.Username = text; return nil }},
	{"mailbox-folder", "mailbox.folder", "folder", "of imap (default: INBOX)", func(a *accounts.Account, text string) error { a.Mailbox.Folder = text; return nil }},
	{"sent-copy", "mailbox.sent_copy", "", "what was sent is copied into the Sent folder there",
		yes(func(a *accounts.Account, yes bool) { a.Mailbox.SentCopy = yes })},
	{"sent-folder", "mailbox.sent_folder", "folder", "the name of that (default: as the server has it)",
		func(a *accounts.Account, text string) error { a.Mailbox.SentFolder = text; return nil }},
	{"mailbox-every", "mailbox.every", "duration", "how often to look (default: 2m)", setMailboxEvery},
	{"mailbox-idle", "mailbox.idle", "", "its server is asked to tell at once what arrives (default; of imap)",
		yes(func(a *accounts.Account, yes bool) { a.Mailbox.NoIdle = !yes })},

	{"openpgp-key", "openpgp.key", "key", "its own OpenPGP key: fingerprint or address (default: that of the From address)",
		func(a *accounts.Account, text string) error { a.OpenPGP.Key = text; return nil }},
	{"openpgp-sign", "openpgp.sign", "", "its mail is signed",
		yes(func(a *accounts.Account, yes bool) { a.OpenPGP.Sign = yes })},
	{"openpgp-encrypt", "openpgp.encrypt", "word", "which mail is encrypted: never (default), ask, when-possible, always",
		func(a *accounts.Account, text string) error { a.OpenPGP.Encrypt = accounts.Encrypt(text); return nil }},
	{"openpgp-to-self", "openpgp.encrypt_to_self", "", "what is encrypted can be read with its own key too (default)",
		yes(func(a *accounts.Account, yes bool) { a.OpenPGP.OthersAlone = !yes })},

	{"connections", "limits.connections", "n", "how many at once (default: 2)", number(func(a *accounts.Account) *int { return &a.Limits.Connections })},
	{"messages-per-connection", "limits.messages_per_connection", "n", "then a new one (default: 50; 0: no limit)", setMessages},
	{"per-second", "limits.per_second", "n", "recipients in a second", number(func(a *accounts.Account) *int { return &a.Limits.PerSecond })},
	{"per-minute", "limits.per_minute", "n", "recipients in a minute", number(func(a *accounts.Account) *int { return &a.Limits.PerMinute })},
	{"per-hour", "limits.per_hour", "n", "recipients in an hour", number(func(a *accounts.Account) *int { return &a.Limits.PerHour })},
	{"per-day", "limits.per_day", "n", "recipients in a day", number(func(a *accounts.Account) *int { return &a.Limits.PerDay })},
	{"max-size", "limits.max_size", "octets", "largest message", number(func(a *accounts.Account) *int64 { return &a.Limits.MaxSize })},

	{"secret-command", "smtp.secret", "command", "program that prints the password, as in 'pass show mail/work'; no shell reads it",
		func(a *accounts.Account, text string) error { return setSecretCommand(&a.SMTP.Secret, text) }},
	{"secret-file", "smtp.secret", "file", "file with the password: 0600 and yours",
		func(a *accounts.Account, text string) error { return setSecretFile(&a.SMTP.Secret, text) }},
	{"secret-env", "smtp.secret", "variable", "environment variable with the password",
		func(a *accounts.Account, text string) error { a.SMTP.Secret = accounts.Secret{Env: text}; return nil }},
	{"secret-keyring", "smtp.secret", "", "the password is in the keyring of this system", setSecretKeyring},
	{"secret-oauth", "smtp.secret", "provider", "no password: tokens of a provider, for which accounts.toml has a client (account login)",
		func(a *accounts.Account, text string) error { a.SMTP.Secret = accounts.Secret{OAuth: text}; return nil }},
}

// secretFlags say the same in several ways.
var secretFlags = []string{"secret-command", "secret-file", "secret-env", "secret-keyring", "secret-oauth"}

// flagText is the value of an accountFlag as pflag wants one.
type flagText struct{ text, kind string }

func (v *flagText) String() string        { return v.text }
func (v *flagText) Set(text string) error { v.text = text; return nil }
func (v *flagText) Type() string          { return v.kind }

// addAccountFlags gives a command the flags of some settings; only are their
// names, none for all.
func addAccountFlags(cmd *cobra.Command, only ...string) {
	for _, f := range accountFlags {
		if len(only) == 0 || slices.Contains(only, f.name) {
			cmd.Flags().Var(&flagText{kind: orElse(f.kind, "bool")}, f.name, f.usage)
			if f.kind == "" {
				cmd.Flags().Lookup(f.name).NoOptDefVal = "true"
			}
		}
	}
}

// applyAccountFlags sets what was said on the command line, and tells whether
// that was anything.
func applyAccountFlags(cmd *cobra.Command, a *accounts.Account) (any bool, err error) {
	if err := atMostOne(cmd, secretFlags...); err != nil {
		return false, err
	}
	for _, f := range accountFlags {
		given := cmd.Flags().Lookup(f.name)
		if given == nil || !given.Changed {
			continue
		}
		if err := f.set(a, given.Value.String()); err != nil {
			return false, usagef("--%s %w", f.name, err)
		}
		any = true
	}
	return any, nil
}

// saidWrong turns a complaint about a setting, which names no file, into one
// about the flag that has set it.
func saidWrong(err error) error {
	var e *config.Error
	if !errors.As(err, &e) || e.File != "" {
		return err
	}
	key := strings.TrimPrefix(e.Key, "account.")
	for _, f := range accountFlags {
		if f.key == key || strings.HasPrefix(key, f.key+".") {
			name := "--" + f.name
			if slices.Contains(secretFlags, f.name) {
				name = "the secret"
			}
			return hinted{usagef("%s %s", name, e.Problem), e.Hint}
		}
	}
	return hinted{usagef("%s: %s", key, e.Problem), e.Hint} // as of its name
}

func setFrom(a *accounts.Account, text string) error {
	address, err := mail.ParseAddress(text)
	if err != nil {
		return hinted{errors.New(strconv.Quote(text) + " is not an address with a domain"), "write it as ada@example.org or 'Ada <ada@example.org>'"}
	}
	a.From = *address
	return nil
}

// setIdentities takes a list apart at its commas; the accounts say what of it
// cannot be an address.
func setIdentities(a *accounts.Account, text string) error {
	a.Identities = nil
	for _, one := range strings.Split(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			a.Identities = append(a.Identities, one)
		}
	}
	return nil
}

func setMailboxHost(a *accounts.Account, text string) error {
	if a.Mailbox.Host = text; text == "" {
		a.Mailbox = accounts.Mailbox{}
	}
	return nil
}

// yes sets what is yes or no; "" is no word about it.
func yes(set func(a *accounts.Account, yes bool)) func(*accounts.Account, string) error {
	return func(a *accounts.Account, text string) error {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return hinted{errors.New(strconv.Quote(text) + " is neither true nor false"), "it takes =false behind it"}
		}
		set(a, yes)
		return nil
	}
}

func setMailboxEvery(a *accounts.Account, text string) (err error) {
	if a.Mailbox.Every = 0; text == "" {
		return nil
	}
	if a.Mailbox.Every, err = time.ParseDuration(text); err != nil {
		return hinted{errors.New(strconv.Quote(text) + " is not a duration"), "write it as 2m or 90s"}
	}
	return nil
}

// setMessages: without a word it is not 0, which is no limit.
func setMessages(a *accounts.Account, text string) error {
	if text == "" {
		a.Limits.MessagesPerConnection = accounts.New("", mail.Address{}).Limits.MessagesPerConnection
		return nil
	}
	return number(func(a *accounts.Account) *int { return &a.Limits.MessagesPerConnection })(a, text)
}

func number[T int | int64](at func(*accounts.Account) *T) func(*accounts.Account, string) error {
	return func(a *accounts.Account, text string) error {
		if text == "" {
			*at(a) = 0
			return nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || int64(T(n)) != n {
			return errors.New("wants a whole number, not " + strconv.Quote(text))
		}
		*at(a) = T(n)
		return nil
	}
}

// filename sets a path; it is relative to where the person is, and not to
// accounts.toml.
func filename(at func(*accounts.Account) *string) func(*accounts.Account, string) error {
	return func(a *accounts.Account, text string) (err error) {
		*at(a), err = wholePath(text)
		return err
	}
}

// wholePath leaves "~/", which accounts.toml knows, and "".
func wholePath(path string) (string, error) {
	if path == "" || strings.HasPrefix(path, "~/") {
		return path, nil
	}
	return filepath.Abs(path)
}

func setSecretCommand(s *accounts.Secret, text string) error {
	argv, err := accounts.SplitCommand(text)
	*s = accounts.Secret{Command: argv}
	if err != nil {
		return hinted{err, "write it as in --secret-command 'pass show mail/work'"}
	}
	return nil
}

func setSecretKeyring(a *accounts.Account, text string) error {
	yes, err := strconv.ParseBool(text)
	if err != nil {
		return hinted{errors.New("wants true or false, not " + strconv.Quote(text)), "--secret-keyring alone is enough"}
	}
	a.SMTP.Secret = accounts.Secret{Keyring: yes}
	return nil
}

func setSecretFile(s *accounts.Secret, text string) error {
	path, err := wholePath(text)
	*s = accounts.Secret{File: path}
	return err
}

package accounts

import (
	"fmt"
	"net/mail"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Entry is an account as a block of accounts.toml, with "\n" line ends. What is
// as it would be without a word is left out, but port and security: they are
// what people look for.
func Entry(a Account) string {
	var b strings.Builder
	b.WriteString("[[account]]\n")
	table, signing := "", signingEntry(a.Signing)
	for _, s := range settings(a.plain()) {
		if s.value == "" {
			continue
		}
		in, key := s.split()
		if in != table {
			b.WriteString(signing) // behind what is the account's own
			signing = ""
			fmt.Fprintf(&b, "\n[account.%s]\n", in)
			table = in
		}
		fmt.Fprintf(&b, "%s = %s\n", key, s.value)
	}
	b.WriteString(signing)
	return b.String()
}

// plain takes out what is as it would be without a word.
func (a Account) plain() Account {
	if a.WhenUncertain == Ask {
		a.WhenUncertain = ""
	}
	if a.SMTP.Auth == a.SMTP.Secret.usualAuth() {
		a.SMTP.Auth = ""
	}
	if a.Limits.Connections == connectionsDefault {
		a.Limits.Connections = 0
	}
	if a.OpenPGP.Encrypt == EncryptNever {
		a.OpenPGP.Encrypt = ""
	}
	m := a.Mailbox
	least := Mailbox{Protocol: m.Protocol, Host: m.Host}
	shared := reflect.DeepEqual(m.Secret, a.SMTP.Secret)
	if m.Secret.Keyring && m.Secret.entry.Role != RoleSMTP {
		shared = false // another entry
	}
	if !shared {
		least.Secret = m.Secret // what the login is depends on whose it is
	}
	usual := least.withDefaults(a.SMTP)
	for _, text := range []struct{ value, usual *string }{
		{&m.Username, &usual.Username},
		{&m.Folder, &usual.Folder},
		{(*string)(&m.Auth), (*string)(&usual.Auth)},
	} {
		if *text.value == *text.usual {
			*text.value = ""
		}
	}
	if m.Every == usual.Every {
		m.Every = 0
	}
	m.Secret = least.Secret
	a.Mailbox = m
	return a
}

// setting is a key of an account and its value as TOML; "" is for none.
type setting struct{ key, value string }

// split tells the table of a key of an account, "" for the account itself.
func (s setting) split() (table, key string) {
	if table, key, ok := strings.Cut(s.key, "."); ok {
		return table, key
	}
	return "", s.key
}

// settings are all there are, in the order in which people read them.
func settings(a Account) []setting {
	s, l, m := a.SMTP, a.Limits, a.Mailbox
	messages := strconv.Itoa(l.MessagesPerConnection) // 0 is no limit, and said
	if l.MessagesPerConnection == messagesDefault {
		messages = ""
	}
	return []setting{
		{"name", tomlText(a.Name)},
		{"from", tomlText(AddressText(a.From))},
		{"identities", tomlList(a.Identities)},
		{"signature", tomlText(a.Signature)},
		{"when_uncertain", tomlText(string(a.WhenUncertain))},
		{"fallback", tomlText(a.Fallback)},
		{"bounce_address", tomlText(a.BounceAddress)},
		{"smtp.host", tomlText(s.Host)},
		{"smtp.port", tomlNumber(s.Port)},
		{"smtp.security", tomlText(string(s.Security))},
		{"smtp.auth", tomlText(string(s.Auth))},
		{"smtp.username", tomlText(s.Username)},
		{"smtp.secret", s.Secret.toml()},
		{"smtp.ca_file", tomlText(s.CAFile)},
		{"smtp.pin_sha256", tomlText(s.PinSHA256)},
		{"smtp.client_cert", tomlText(s.ClientCert)},
		{"smtp.client_key", tomlText(s.ClientKey)},
		{"smtp.ehlo", tomlText(s.EHLO)},
		{"smtp.proxy", tomlText(s.Proxy.String())},
		{"smtp.proxy_secret", s.Proxy.Secret.toml()},
		{"limits.connections", tomlNumber(l.Connections)},
		{"limits.messages_per_connection", messages},
		{"limits.per_second", tomlNumber(l.PerSecond)},
		{"limits.per_minute", tomlNumber(l.PerMinute)},
		{"limits.per_hour", tomlNumber(l.PerHour)},
		{"limits.per_day", tomlNumber(l.PerDay)},
		{"limits.max_size", tomlNumber(l.MaxSize)},
		{"mailbox.protocol", tomlText(string(m.Protocol))},
		{"mailbox.host", tomlText(m.Host)},
		{"mailbox.port", tomlNumber(m.Port)},
		{"mailbox.security", tomlText(string(m.Security))},
		{"mailbox.auth", tomlText(string(m.Auth))},
		{"mailbox.username", tomlText(m.Username)},
		{"mailbox.secret", m.Secret.toml()},
		{"mailbox.folder", tomlText(m.Folder)},
		{"mailbox.every", tomlText(everyText(m.Every))},
		{"mailbox.idle", tomlFalse(m.NoIdle)},
		{"mailbox.sent_copy", tomlTrue(m.SentCopy)},
		{"mailbox.sent_folder", tomlText(m.SentFolder)},
		{"mailbox.ca_file", tomlText(m.CAFile)},
		{"mailbox.pin_sha256", tomlText(m.PinSHA256)},
		{"openpgp.key", tomlText(a.OpenPGP.Key)},
		{"openpgp.sign", tomlTrue(a.OpenPGP.Sign)},
		{"openpgp.encrypt", tomlText(string(a.OpenPGP.Encrypt))},
		{"openpgp.encrypt_to_self", tomlFalse(a.OpenPGP.OthersAlone)},
	}
}

// AddressText is an address as people write it, "Ünal <u@example.org>", where that
// reads as the same one. It is text from outside as much as the address is.
func AddressText(a mail.Address) string {
	if a == (mail.Address{}) {
		return ""
	}
	text := strings.Trim((&mail.Address{Address: a.Address}).String(), "<>")
	if a.Name != "" {
		text = a.Name + " <" + text + ">"
	}
	if again, err := mail.ParseAddress(text); err == nil && *again == a {
		return text
	}
	return a.String()
}

func tomlTrue(yes bool) string {
	if yes {
		return "true"
	}
	return ""
}

// tomlFalse is for what is true without a word.
func tomlFalse(not bool) string {
	if not {
		return "false"
	}
	return ""
}

// everyText drops the units that say nothing: "2m0s" is "2m".
func everyText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (s Secret) toml() string {
	switch {
	case len(s.Command) > 0:
		return "{ command = " + tomlList(s.Command) + " }"
	case s.File != "":
		return "{ file = " + tomlText(s.File) + " }"
	case s.Env != "":
		return "{ env = " + tomlText(s.Env) + " }"
	case s.Keyring:
		return "{ keyring = true }"
	case s.OAuth != "":
		return "{ oauth = " + tomlText(s.OAuth) + " }"
	}
	return ""
}

func tomlNumber[T int | int64](n T) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

// tomlText is a basic string of one line: it shows what others hide.
func tomlText(text string) string {
	if text == "" {
		return ""
	}
	return quoted(text)
}

func tomlList(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	elements := make([]string, len(texts))
	for i, text := range texts {
		elements[i] = quoted(text)
	}
	return "[" + strings.Join(elements, ", ") + "]"
}

func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

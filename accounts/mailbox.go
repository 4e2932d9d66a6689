package accounts

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"sendoff/internal/config"
)

// Mailbox is how to reach and log in to where the account's bounces arrive. The
// zero Mailbox is none.
type Mailbox struct {
	Protocol Protocol // imap by default
	Host     string   // a name or an IP address without brackets
	Port     int      // by default 993 for imap and 995 for pop3, without tls 143 and 110
	Security Security // none is for this machine alone: a mailbox wants a login
	Auth     Auth     // with the secret of SMTP that of SMTP, else auto
	Username string   // by default that of SMTP
	Secret   Secret   // by default that of SMTP
	Folder   string   // of imap; by default INBOX
	Every    time.Duration
	NoIdle   bool `json:",omitempty"` // nobody stays connected to be told what arrives (IDLE of IMAP)

	SentCopy   bool   // what was sent through the account is copied into its Sent folder; of imap alone
	SentFolder string // the name of that; empty: as the server has it

	Proxy Proxy // that of SMTP: who may not be seen by the one server may not be by the other

	CAFile    string // PEM file to trust instead of the system's authorities
	PinSHA256 string // the one certificate to trust, as [ParsePin] reads it
}

// Protocol is how a mailbox is read.
type Protocol string

// The choices; imap is the default.
const (
	IMAP Protocol = "imap"
	POP3 Protocol = "pop3"
)

const (
	everyDefault = 2 * time.Minute
	everyLeast   = 10 * time.Second // oftener would be taken for an attack
	everyMost    = 24 * time.Hour   // later a bounce is no news
)

// IsZero tells that there is no mailbox.
func (m Mailbox) IsZero() bool { return m.Protocol == "" && m.Host == "" }

// Place tells a mailbox from any other, and stays the same with another password or
// another way to the same server; "" for none.
func (m Mailbox) Place() string {
	if m.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s %s %s", m.Protocol, m.Username, m.Host)
}

// Loopback tells that the server is this machine, as [SMTP.Loopback] does.
func (m Mailbox) Loopback() bool { return m.Proxy.IsZero() && loopback(m.Host) }

// Port is where a mailbox is usually served with this security: RFC 8314 §3.2 and
// §3.1, else RFC 9051 §2.1 and RFC 1939 §3.
func (p Protocol) Port(s Security) int {
	switch {
	case p == POP3 && s == TLS:
		return 995
	case p == POP3:
		return 110
	case s == TLS:
		return 993
	}
	return 143
}

// withDefaults fills in what was left out; much of it is as for s.
func (m Mailbox) withDefaults(s SMTP) Mailbox {
	if m.IsZero() {
		return m
	}
	m.Protocol = cmp.Or(m.Protocol, IMAP)
	m.Security = cmp.Or(m.Security, TLS)
	m.Port = cmp.Or(m.Port, m.Protocol.Port(m.Security))
	m.Username = cmp.Or(m.Username, s.Username)
	m.Every = cmp.Or(m.Every, everyDefault)
	m.Proxy = s.Proxy
	if m.Protocol == IMAP {
		m.Folder = cmp.Or(m.Folder, "INBOX")
	}
	if m.Secret.IsZero() {
		m.Secret = s.Secret
		if s.Auth != AuthExternal && s.Auth != AuthNone { // which say nothing about a password
			m.Auth = cmp.Or(m.Auth, s.Auth)
		}
	}
	m.Auth = cmp.Or(m.Auth, m.Secret.usualAuth())
	return m
}

// mailboxEntry is [account.mailbox] as it stands on disk.
type mailboxEntry struct {
	Protocol   Protocol    `toml:"protocol"`
	Host       string      `toml:"host"`
	Port       int         `toml:"port"`
	Security   Security    `toml:"security"`
	Auth       Auth        `toml:"auth"`
	Username   string      `toml:"username"`
	Secret     secretEntry `toml:"secret"`
	Folder     string      `toml:"folder"`
	Every      string      `toml:"every"`
	Idle       bool        `toml:"idle"`
	SentCopy   bool        `toml:"sent_copy"`
	SentFolder string      `toml:"sent_folder"`
	CAFile     string      `toml:"ca_file"`
	PinSHA256  string      `toml:"pin_sha256"`
}

func (l loader) mailbox(e mailboxEntry) (Mailbox, error) {
	m := Mailbox{
		Protocol: e.Protocol, Host: e.Host, Port: e.Port, Security: e.Security,
		Auth: e.Auth, Username: e.Username, Folder: e.Folder, PinSHA256: e.PinSHA256,
		SentCopy: e.SentCopy, SentFolder: e.SentFolder, NoIdle: l.doc.Has(l.path("mailbox.idle")) && !e.Idle,
	}
	if m.Protocol == "" && l.doc.Has(l.path("mailbox")) {
		m.Protocol = IMAP // a table without a host must not pass for none
	}
	var fileError, everyError, secretError error
	m.CAFile, fileError = l.file("mailbox.ca_file", e.CAFile)
	m.Every, everyError = l.every(e.Every)
	m.Secret, secretError = l.secretPlace("mailbox.secret", e.Secret)
	return m, config.Join(fileError, everyError, secretError)
}

// every reads how often a mailbox is looked into; 0 where nothing is said.
func (l loader) every(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, l.complain("mailbox.every", fmt.Sprintf("%q is not a duration", text), `write it as "2m" or "90s"`)
	case d == 0: // as in "0s", which must not pass for the default
		return 0, l.everyRange(text)
	}
	return d, nil
}

func (c checker) everyRange(value any) error {
	return c.complain("mailbox.every", fmt.Sprintf("%v is out of range", value), `from "10s" to "24h"`)
}

// mailbox says what is wrong with the way to where bounces arrive.
func (c checker) mailbox(a Account) error {
	m := a.Mailbox
	if m.IsZero() {
		return nil
	}
	if err := config.Join(
		config.Choice(c.doc, c.path("mailbox.protocol"), m.Protocol, IMAP, POP3),
		config.Choice(c.doc, c.path("mailbox.security"), m.Security, TLS, STARTTLS, None),
		config.Choice(c.doc, c.path("mailbox.auth"), m.Auth, AuthAuto, AuthPlain, AuthLogin, AuthSCRAMSHA256, AuthSCRAMSHA1, AuthXOAUTH2, AuthOAUTHBEARER),
	); err != nil {
		return err
	}
	return config.Join(c.mailboxServer(m), c.mailboxUse(m), c.trust("mailbox.", m.Security, m.CAFile, m.PinSHA256))
}

func (c checker) mailboxServer(m Mailbox) error {
	if problem, hint := hostProblem(m.Host, string(m.Protocol)+".example.org"); problem != "" {
		return c.complain("mailbox.host", problem, hint)
	}
	switch {
	case m.Port < 1 || m.Port > 65535:
		return c.complain("mailbox.port", fmt.Sprintf("%d is out of range", m.Port),
			fmt.Sprintf("from 1 to 65535; usual is %d", m.Protocol.Port(m.Security)))
	case m.Security == None && !m.Loopback():
		return c.complain("mailbox.security", `"none" would show the login to everyone on the way`, `"tls" or "starttls"; "none" is for this machine alone`)
	}
	return nil
}

// mailboxUse says what is wrong with how the mailbox is to be looked into.
func (c checker) mailboxUse(m Mailbox) error {
	switch {
	case m.Protocol == POP3 && m.Folder != "":
		return c.complain("mailbox.folder", "is not used with pop3, which knows no folders", "leave it out")
	case m.Protocol == POP3 && m.NoIdle:
		return c.complain("mailbox.idle", "is not used with pop3, which never tells of mail by itself", "leave it out")
	case strings.ContainsFunc(m.Folder, unicode.IsControl):
		return c.complain("mailbox.folder", "holds control characters", "")
	case m.Protocol == POP3 && m.SentCopy:
		return c.complain("mailbox.sent_copy", "cannot be made with pop3, which has no folder for it", "leave it out, or use imap")
	case m.SentFolder != "" && !m.SentCopy:
		return c.complain("mailbox.sent_folder", "has no effect without sent_copy", "sent_copy = true")
	case strings.ContainsFunc(m.SentFolder, unicode.IsControl):
		return c.complain("mailbox.sent_folder", "holds control characters", "")
	case m.Every < everyLeast || m.Every > everyMost:
		return c.everyRange(m.Every)
	}
	return nil
}

// mailboxLogin says what is wrong with the login, much of which is that of smtp.
func (c checker) mailboxLogin(a Account) error {
	m := a.Mailbox
	if m.IsZero() {
		return nil
	}
	switch {
	case strings.ContainsFunc(m.Username, unicode.IsControl):
		return c.complain("mailbox.username", "holds control characters", "")
	case m.Username == "":
		return c.complain("mailbox.username", "is missing, and smtp has none to take", `for example username = "ada@example.org"`)
	case m.Secret.IsZero():
		return c.complain("mailbox.secret", "is missing, and smtp has none to take", secretHint)
	}
	if p := tokenProblem(m.Auth, m.Secret); p != "" {
		return c.complain("mailbox.auth", p, tokenHint)
	}
	return c.place("mailbox.secret", m.Secret)
}

package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"sendoff/accounts"
	"sendoff/outbox"
)

func TestChooseSent(t *testing.T) {
	folder := func(name string, attributes ...imap.MailboxAttr) *imap.ListData {
		return &imap.ListData{Mailbox: name, Delim: '.', Attrs: attributes}
	}
	for _, test := range []struct {
		want    string
		folders []*imap.ListData
	}{
		{"Sent", nil},
		{"Sent", []*imap.ListData{folder("INBOX")}},
		{"Ausgang", []*imap.ListData{folder("INBOX"), folder("Sent"), folder("Ausgang", imap.MailboxAttrSent)}},
		{"Sent Items", []*imap.ListData{folder("INBOX"), folder("Gesendet"), folder("Sent Items"), folder("Sent", imap.MailboxAttrNoSelect)}},
		{"INBOX.Sent", []*imap.ListData{folder("INBOX"), folder("INBOX.Drafts"), folder("INBOX.Trash")}},
		{"INBOX.sent", []*imap.ListData{folder("INBOX"), folder("INBOX.Drafts"), folder("INBOX.sent")}},
		{"Sent", []*imap.ListData{folder("INBOX"), folder("INBOX.Lists"), folder("Archive")}},
		{"Gesendet", []*imap.ListData{folder("INBOX"), folder("Gesendet"), folder("Sent/Old")}},
	} {
		if got := chooseSent(test.folders); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// filed is what stands in a folder of go-imap's server in memory.
func filed(t *testing.T, user *imapmemserver.User, port int, folder string) (all []string) {
	t.Helper()
	m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port)
	s := New(m, Options{})
	defer s.Close()
	if err := s.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := s.client.(*imapMailbox)
	data, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || data.NumMessages == 0 {
		return nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	var every imap.SeqSet
	every.AddRange(1, data.NumMessages)
	messages, err := c.Fetch(every, &imap.FetchOptions{Flags: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if len(m.Flags) != 1 || m.Flags[0] != imap.FlagSeen {
			t.Errorf("flags %v", m.Flags)
		}
		all = append(all, string(m.FindBodySection(section)))
	}
	return all
}

func copyOf(text string, again bool) outbox.FilingCopy {
	return outbox.FilingCopy{
		Item: 1, Account: "work", MessageID: "<one@example.org>", Size: int64(len(text)), Sent: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Again: again,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
	}
}

// filerAt is a Filer for one account, whose mailbox may be changed.
func filerAt(t *testing.T, m *accounts.Mailbox) *Filer {
	t.Helper()
	f := NewFiler(func(name string) (accounts.Account, error) {
		if name != "work" {
			return accounts.Account{}, errors.New("no account is named " + name)
		}
		return accounts.Account{Name: "work", Mailbox: *m}, nil
	}, Options{})
	f.Fingerprint = func(secret string) string { return "print of " + secret }
	t.Cleanup(f.Rest)
	return f
}

func TestFiler_PutsACopyIntoSentOnce(t *testing.T) {
	user, port := imapServer(t, nil, true, false)
	m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port)
	f := filerAt(t, &m)
	large := "Message-ID: <one@example.org>\r\nSubject: gr\u00fc\u00dfe\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 10_000)
	file := func(c outbox.FilingCopy, folder string) {
		t.Helper()
		if r, secret := f.File(t.Context(), c); r.Class != outbox.ClassAccepted || r.Text != folder || secret != "" {
			t.Errorf("%+v, %q", r, secret)
		}
	}
	file(copyOf(large, false), "Sent") // there is none yet: it is made
	session := f.session
	file(copyOf(large, true), "Sent") // it is there
	if f.session != session {
		t.Error("each copy logs in anew")
	}
	f.Rest()
	if got := filed(t, user, port, "Sent"); len(got) != 1 || got[0] != large {
		t.Errorf("%d messages are there", len(got))
	}
	file(copyOf("Message-ID: <two@example.org>\r\n\r\n", false), "Sent")
	f.session.conn.Close() // as a server does that has waited for long
	file(copyOf(large, false), "Sent")
	if got := filed(t, user, port, "Sent"); len(got) != 2 {
		t.Errorf("%d messages are there", len(got))
	}
	m.SentFolder = "Ausgang"
	file(copyOf(large, true), "Ausgang")
}

func TestFiler_SaysWhatFollowsFromAFailure(t *testing.T) {
	_, port := imapServer(t, nil, true, false)
	ours := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port)
	text := "Message-ID: <one@example.org>\r\n\r\n"
	for _, test := range []struct {
		name   string
		change func(*accounts.Mailbox, *outbox.FilingCopy)
		class  outbox.Class
		secret string
	}{
		{"another account", func(_ *accounts.Mailbox, c *outbox.FilingCopy) { c.Account = "home" }, outbox.ClassAccount, ""},
		{"no mailbox", func(m *accounts.Mailbox, _ *outbox.FilingCopy) { *m = accounts.Mailbox{} }, outbox.ClassAccount, ""},
		{"nobody is there", func(m *accounts.Mailbox, _ *outbox.FilingCopy) { m.Port = 1 }, outbox.ClassNetwork, ""},
		{"the login is refused", func(m *accounts.Mailbox, _ *outbox.FilingCopy) {
			t.Setenv("MAILBOX_TEST_WRONG", "wrong")
			m.Secret = accounts.Secret{Env: "MAILBOX_TEST_WRONG"}
		}, outbox.ClassCredentials, "print of wrong"},
		{"the secret cannot be had", func(m *accounts.Mailbox, _ *outbox.FilingCopy) {
			m.Secret = accounts.Secret{Env: "NOWHERE_TO_BE_FOUND"}
		}, outbox.ClassTemporary, ""},
		{"the message is gone", func(_ *accounts.Mailbox, c *outbox.FilingCopy) {
			c.Open = func() (io.ReadCloser, error) { return nil, outbox.ErrDamaged }
		}, outbox.ClassMessage, ""},
		{"the message is shorter", func(_ *accounts.Mailbox, c *outbox.FilingCopy) { c.Size++ }, outbox.ClassMessage, ""},
		{"the message is longer", func(_ *accounts.Mailbox, c *outbox.FilingCopy) { c.Size-- }, outbox.ClassMessage, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, c := ours, copyOf(text, false)
			test.change(&m, &c)
			f := filerAt(t, &m)
			r, secret := f.File(t.Context(), c)
			if r.Class != test.class || secret != test.secret || r.Text == "" || f.session != nil {
				t.Errorf("%s: %s, %q", r.Class, r.Text, secret)
			}
		})
	}
	m := ours
	f := filerAt(t, &m)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if r, _ := f.File(ended, copyOf(text, false)); r.Class == outbox.ClassAccepted || r.Class == outbox.ClassCredentials {
		t.Errorf("after the end: %s", r.Class)
	}
}

// A server that refuses a copy says so before all of it has gone out, or after.
func TestFiler_ARefusedCopy(t *testing.T) {
	for answer, want := range map[string]outbox.Class{
		"NO [OVERQUOTA] the mailbox is full": outbox.ClassTemporary,
		"NO [TOOBIG] too large":              outbox.ClassMessage,
		"NO [UNAVAILABLE] later":             outbox.ClassTemporary,
		"BAD what is that":                   outbox.ClassMessage,
	} {
		for _, early := range []bool{true, false} {
			port := scriptedAppend(t, answer, early)
			m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port)
			f := filerAt(t, &m)
			text := "Message-ID: <one@example.org>\r\n\r\n" + string(bytes.Repeat([]byte("x"), 8000))
			if r, _ := f.File(t.Context(), copyOf(text, false)); r.Class != want || !strings.Contains(answer, r.Text) {
				t.Errorf("%q, early %v: %s, %q", answer, early, r.Class, r.Text)
			}
			f.Rest()
		}
	}
}

// Dovecot says that there is no such folder as soon as it has the name, and does
// not wait for the message.
func TestFiler_MakesAFolderFirst(t *testing.T) {
	m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", scriptedAppend(t, "NO [TRYCREATE] there is none", true))
	f := filerAt(t, &m)
	for range 2 {
		if r, _ := f.File(t.Context(), copyOf("Message-ID: <one@example.org>\r\n\r\n", false)); r.Class != outbox.ClassAccepted || r.Text != "Sent" {
			t.Errorf("%s: %s", r.Class, r.Text)
		}
	}
	f.Rest()
}

// scriptedAppend is a server that lets anybody in and answers each APPEND the same,
// early or when it has the message. Where the answer is that there is no folder,
// it takes messages once that is made.
func scriptedAppend(t *testing.T, answer string, early bool) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { appendDialogue(conn, answer, early) })
		}
	})
	return listener.Addr().(*net.TCPAddr).Port
}

func appendDialogue(conn net.Conn, answer string, early bool) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // no test waits longer
	r := bufio.NewReader(conn)
	fmt.Fprint(conn, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] here\r\n")
	missing := strings.Contains(answer, "TRYCREATE")
	for {
		line, err := r.ReadString('\n')
		tag, command, ok := strings.Cut(line, " ")
		if err != nil || !ok {
			return
		}
		var size int64
		if at := strings.LastIndex(line, "{"); at >= 0 {
			fmt.Sscanf(line[at:], "{%d}", &size)
		}
		switch {
		case strings.HasPrefix(command, "CAPABILITY"):
			fmt.Fprintf(conn, "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n%s OK\r\n", tag)
		case strings.HasPrefix(command, "LIST"):
			fmt.Fprintf(conn, "* LIST (\\Sent) \"/\" Sent\r\n%s OK\r\n", tag)
		case strings.HasPrefix(command, "EXAMINE") && missing:
			fmt.Fprintf(conn, "%s NO there is none\r\n", tag)
		case strings.HasPrefix(command, "CREATE") && missing:
			missing, early, answer = false, false, "OK"
			fmt.Fprintf(conn, "%s OK\r\n", tag)
		case strings.HasPrefix(command, "APPEND") && !early:
			fmt.Fprint(conn, "+ go on\r\n")
			if _, err := io.CopyN(io.Discard, r, size+2); err != nil {
				return
			}
			fallthrough
		case strings.HasPrefix(command, "APPEND"):
			fmt.Fprintf(conn, "%s %s\r\n", tag, answer)
		default:
			fmt.Fprintf(conn, "%s OK\r\n", tag)
		}
	}
}

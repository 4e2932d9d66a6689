package peersuite

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
	"sendoff/outbox/mailbox"
	"sendoff/outbox/outboxtest"
)

// maildirAt makes a Maildir that Dovecot may work in.
func maildirAt(t *testing.T, path string) string {
	t.Helper()
	for _, dir := range []string{path, filepath.Join(path, "new"), filepath.Join(path, "cur"), filepath.Join(path, "tmp")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir, 65534, 65534); err != nil { // the user that Dovecot reads it as
			t.Fatal(err)
		}
	}
	return path
}

// arrives puts a mail into a Maildir.
func arrives(t *testing.T, maildir, name, text string) {
	t.Helper()
	path := filepath.Join(maildir, "new", fmt.Sprintf("%d.%s.example", time.Now().UnixNano(), name))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
}

func failure(name string) string {
	return "From: MAILER-DAEMON@example.org\nTo: ada@example.org\nMessage-ID: <" + name + "@mx.example.org>\nSubject: Undelivered Mail Returned to Sender\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
		"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; " + name + "@example.org\nAction: failed\nStatus: 5.1.1\n\n" +
		"--b\n\n.a dot\n" + strings.Repeat("x", 100_000) + "\n--b--\n"
}

// Reports are fetched from Dovecot by either protocol, once each, and Dovecot's
// mailbox is as it was.
func TestFetch(t *testing.T) {
	free := peers.FreeAddresses(t, 2)
	imap, pop3s := free[0], free[1]
	authority := smtptest.NewAuthority(t)
	certificate, key := authority.Files()
	starttls, tls := at(t, imap, accounts.STARTTLS), at(t, pop3s, accounts.TLS)
	d := peers.NeedDovecot(t, imap, peers.DovecotSettings{
		Services: []string{"imap", "pop3"}, Host: starttls.Host, Certificate: certificate, Key: key, Password: password,
		Lines: "auth_mechanisms = plain login\n" + mailboxServices(starttls.Port, tls.Port),
	})
	peers.AwaitListener(t, pop3s)
	t.Setenv("FETCH_PASSWORD", password)
	inbox := maildirAt(t, filepath.Join(d.Home, "mail"))
	junk := maildirAt(t, filepath.Join(d.Home, "mail", ".Junk"))
	for _, m := range []accounts.Mailbox{
		{Protocol: accounts.IMAP, Host: starttls.Host, Port: starttls.Port, Security: accounts.STARTTLS, Folder: "INBOX"},
		{Protocol: accounts.POP3, Host: tls.Host, Port: tls.Port, Security: accounts.TLS},
	} {
		t.Run(string(m.Protocol), func(t *testing.T) {
			m.Auth, m.Username, m.Secret = accounts.AuthAuto, "ada", accounts.Secret{Env: "FETCH_PASSWORD"}
			dir := t.TempDir()
			b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			s := outbox.NewSender(b, nil, nil, slog.New(slog.DiscardHandler))
			s.Fetcher = mailbox.NewFetcher(func(string) (accounts.Account, error) {
				return accounts.Account{Name: "work", Mailbox: m}, nil
			}, mailbox.Options{RootCAs: authority.Pool})
			var taken []string
			look := func(want ...string) {
				t.Helper()
				taken = nil
				r, err := s.FetchReports(t.Context(), outbox.Policy{Account: "work", Mailbox: m.Place(), Every: time.Minute}, func(_ string, one outbox.Taken) {
					for _, r := range one.Recipients {
						taken = append(taken, r.Address)
					}
				})
				if err != nil || r.Class != outbox.ClassAccepted || !slices.Equal(taken, want) {
					t.Errorf("took %q, %+v, %v, want %q", taken, r, err, want)
				}
			}
			name := string(m.Protocol)
			look(before(t, inbox)...)
			arrives(t, inbox, name, "From: kim@example.com\nSubject: lunch\n\nlunch?\n")
			arrives(t, inbox, name, failure(name))
			look(name + "@example.org")
			look()
			if m.Protocol == accounts.IMAP {
				arrives(t, junk, name, failure("junk"))
				look("junk@example.org")
			}
			for _, folder := range []string{inbox, junk} {
				if seen, err := filepath.Glob(filepath.Join(folder, "cur", "*:2,?*")); err != nil || len(seen) > 0 {
					t.Errorf("flagged: %v, %v", seen, err)
				}
			}
		})
	}
	if left, err := filepath.Glob(filepath.Join(inbox, "*", "*.example*")); err != nil || len(left) != 4 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// before are whom the reports are about that an earlier part of the test has left.
func before(t *testing.T, inbox string) (addresses []string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(inbox, "*", "*.imap.example*")); err != nil {
		t.Fatal(err)
	} else if len(left) > 0 {
		addresses = append(addresses, "imap@example.org")
	}
	return addresses
}

// A message that got no answer was sent if Dovecot has it in the Sent folder.
func TestSeek(t *testing.T) {
	w := &world{}
	dir := peers.OpenDir(t)
	maildirAt(t, filepath.Join(dir, "ada"))
	w.serveMail(t, dir)
	t.Setenv("FETCH_PASSWORD", password)
	m := accounts.Mailbox{Protocol: accounts.IMAP, Host: w.imap.Host, Port: w.imap.Port, Security: accounts.STARTTLS, Folder: "INBOX",
		Auth: accounts.AuthAuto, Username: "ada", Secret: accounts.Secret{Env: "FETCH_PASSWORD"}, CAFile: w.authority}
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	nobodyKnows := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		return outbox.Result{Class: outbox.ClassUncertain, Text: "the line broke"}
	}}
	policy := outbox.Policy{Account: "work", Connections: 1, Mailbox: m.Place(), Every: time.Minute}
	s := outbox.NewSender(b, nobodyKnows, func() []outbox.Policy { return []outbox.Policy{policy} }, slog.New(slog.DiscardHandler))
	s.Fetcher = mailbox.NewFetcher(func(string) (accounts.Account, error) {
		return accounts.Account{Name: "work", Mailbox: m}, nil
	}, mailbox.Options{})
	var ids []outbox.ID
	for range 2 {
		id, err := b.Submit(t.Context(), compose.Draft{Account: "work", From: "ada@example.org", To: "ana@example.com", Body: "hi"}, outbox.SubmitOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if _, err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	look := func(want ...string) {
		t.Helper()
		if r, err := s.FetchReports(t.Context(), policy, nil); err != nil || r.Class != outbox.ClassAccepted {
			t.Fatalf("%+v, %v", r, err)
		}
		for n, id := range ids {
			item, err := b.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if got := item.State.String() + " " + item.Recipients[0].Text; !strings.HasPrefix(got, want[n]) {
				t.Errorf("%q, want %q", got, want[n])
			}
		}
	}
	look("uncertain the line broke", "uncertain the line broke") // there is no such folder yet
	sent := maildirAt(t, filepath.Join(dir, "ada", ".Sent"))
	look("uncertain the line broke; not in the folder Sent at ", "uncertain the line broke; not in the folder Sent at ")
	message, err := b.Message(t.Context(), ids[0])
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(message)
	message.Close()
	if err != nil {
		t.Fatal(err)
	}
	arrives(t, sent, "provider", string(text))
	look("sent it is in the folder Sent", "uncertain the line broke; not in the folder Sent at ")
	if seen, err := filepath.Glob(filepath.Join(sent, "cur", "*:2,?*")); err != nil || len(seen) > 0 {
		t.Errorf("flagged: %v, %v", seen, err)
	}
}

// A report that arrives at Dovecot is seen within seconds, though the next look by
// itself is an hour away.
func TestListen(t *testing.T) {
	w := &world{}
	dir := peers.OpenDir(t)
	inbox := maildirAt(t, filepath.Join(dir, "ada"))
	w.serveMail(t, dir)
	t.Setenv("FETCH_PASSWORD", password)
	m := accounts.Mailbox{Protocol: accounts.IMAP, Host: w.imap.Host, Port: w.imap.Port, Security: accounts.STARTTLS, Folder: "INBOX",
		Auth: accounts.AuthAuto, Username: "ada", Secret: accounts.Secret{Env: "FETCH_PASSWORD"}, CAFile: w.authority}
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	policy := outbox.Policy{Account: "work", Connections: 1, Mailbox: m.Place(), Every: time.Hour, Idle: true}
	s := outbox.NewSender(b, &outboxtest.Transport{}, func() []outbox.Policy { return []outbox.Policy{policy} }, slog.New(slog.DiscardHandler))
	f := mailbox.NewFetcher(func(string) (accounts.Account, error) { return accounts.Account{Name: "work", Mailbox: m}, nil }, mailbox.Options{})
	began := make(chan struct{})
	s.Fetcher, s.Listener = f, told{f, began}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- s.Run(ctx) }()
	defer func() {
		start := time.Now()
		cancel()
		if err := <-over; err != nil || time.Since(start) > 3*time.Second {
			t.Errorf("%v, after %s", err, time.Since(start))
		}
	}()
	<-began
	for n := range 2 {
		arrives(t, inbox, fmt.Sprint("listen", n), failure(fmt.Sprint("listen", n)))
		start := time.Now()
		for reports := 0; reports <= n; time.Sleep(100 * time.Millisecond) {
			all, err := b.Reports(t.Context(), false, 10)
			if reports = len(all); err != nil || time.Since(start) > 20*time.Second {
				t.Fatalf("%d reports after %s, %v", reports, time.Since(start), err)
			}
		}
		t.Logf("seen after %s", time.Since(start))
	}
}

// told is a Listener that tells when it begins.
type told struct {
	outbox.Listener
	began chan struct{}
}

func (l told) Listen(ctx context.Context, e *outbox.Ear) (outbox.Result, string) {
	close(l.began)
	return l.Listener.Listen(ctx, e)
}

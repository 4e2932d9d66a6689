package mailbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox/smtp"
)

const (
	password = "correct horse"
	message  = "From: ada@example.org\r\nMessage-ID: <one@example.org>\r\nSubject: hi token1\r\n\r\nhello\r\n"
)

// at is a mailbox at a server, with a login.
func at(tb testing.TB, protocol accounts.Protocol, security accounts.Security, address string, port int) accounts.Mailbox {
	tb.Helper()
	tb.Setenv("MAILBOX_TEST_PASSWORD", password)
	m := accounts.Mailbox{
		Protocol: protocol, Host: address, Port: port, Security: security, Auth: accounts.AuthAuto,
		Username: "ada", Secret: accounts.Secret{Env: "MAILBOX_TEST_PASSWORD"},
	}
	if protocol == accounts.IMAP {
		m.Folder = "INBOX"
	}
	return m
}

// imapServer is go-imap's server in memory with one user and one message.
func imapServer(tb testing.TB, config *tls.Config, insecure bool, implicit bool) (*imapmemserver.User, int) {
	tb.Helper()
	user := imapmemserver.NewUser("ada", password)
	if err := user.Create("INBOX", nil); err != nil {
		tb.Fatal(err)
	}
	if _, err := user.Append("INBOX", literal{strings.NewReader(message)}, &imap.AppendOptions{}); err != nil {
		tb.Fatal(err)
	}
	store := imapmemserver.New()
	store.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return store.NewSession(), nil, nil
		},
		TLSConfig:    config,
		Logger:       log.New(io.Discard, "", 0),
		InsecureAuth: insecure,
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if implicit {
		listener = tls.NewListener(listener, config)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) })
	tb.Cleanup(func() {
		_ = server.Close()
		running.Wait()
	})
	return user, port
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

func TestSession_ReadsIMAPAndLeavesItAsItIs(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	for _, security := range []accounts.Security{accounts.TLS, accounts.STARTTLS, accounts.None} {
		t.Run(string(security), func(t *testing.T) {
			user, port := imapServer(t, authority.Server(nil), security == accounts.None, security == accounts.TLS)
			s := New(at(t, accounts.IMAP, security, "127.0.0.1", port), Options{RootCAs: authority.Pool})
			defer s.Close()
			if err := s.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			if (s.TLS() != nil) != (security != accounts.None) {
				t.Error("the line is not as it was to be")
			}
			folder, err := s.Examine(t.Context())
			if err != nil || folder.Messages != 1 {
				t.Errorf("%+v, %v", folder, err)
			}
			header, err := s.Find(t.Context(), "token1")
			if err != nil || !strings.Contains(string(header), "Subject: hi") || strings.Contains(string(header), "hello") {
				t.Errorf("%q, %v", header, err)
			}
			if _, err := s.Find(t.Context(), "token2"); !errors.Is(err, ErrNotFound) {
				t.Error(err)
			}
			status, err := user.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
			if err != nil || *status.NumMessages != 1 || *status.NumUnseen != 1 {
				t.Errorf("the mailbox was changed: %+v, %v", status, err)
			}
		})
	}
}

// What ends a session may do so while the line under it is changed. This is for
// the race detector.
func TestSession_IsInterruptedWhileItSecuresTheLine(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	_, port := imapServer(t, authority.Server(nil), false, true)
	const tries = 20 // a few do
	for range tries {
		s := New(at(t, accounts.IMAP, accounts.TLS, "127.0.0.1", port), Options{RootCAs: authority.Pool})
		if err := s.Dial(t.Context()); err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		s.conn.Conn = &counted{Conn: s.conn.Conn, at: 2, do: func() { running.Go(s.conn.interrupt) }}
		_ = s.handshake(t.Context()) // the end may come too late for it
		running.Wait()
		if _, err := s.conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("it goes on: %v", err)
		}
		s.Close()
	}
}

// counted does something at a write, the last of a handshake being the second.
type counted struct {
	net.Conn
	writes, at int
	do         func()
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if c.writes++; c.writes == c.at {
		c.do()
	}
	return n, err
}

// A clear line to a proxy on this machine leads away from it.
func TestSession_LogsInOverNoClearLineThroughAProxy(t *testing.T) {
	for _, proxied := range []string{"imap.example.org", "127.0.0.1"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		running.Go(func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			request := textproto.NewReader(bufio.NewReader(conn))
			for line := "-"; line != "" && err == nil; {
				line, err = request.ReadLine()
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 yes\r\n\r\n* OK [CAPABILITY IMAP4rev1] hi\r\n")
			if line, err := request.ReadLine(); err != nil || line != "T1 LOGOUT" {
				t.Errorf("%q was said, %v", line, err)
			}
		})
		m := at(t, accounts.IMAP, accounts.None, proxied, 143)
		m.Proxy = accounts.Proxy{Scheme: accounts.HTTP, Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}
		s := New(m, Options{})
		if err := s.enter(t.Context()); !errors.Is(err, smtp.ErrClearLine) {
			t.Errorf("%s: %v", proxied, err)
		}
		s.Close()
		running.Wait()
		_ = listener.Close()
	}
}

func TestSession_SaysWhereIMAPEnds(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	_, port := imapServer(t, authority.Server(nil), false, true)
	for _, test := range []struct {
		name   string
		change func(*accounts.Mailbox)
		stage  smtp.Stage
		answer Answer
		reason error
	}{
		{"a wrong password", func(m *accounts.Mailbox) { m.Secret = accounts.Secret{Command: []string{"echo", "wrong"}} }, smtp.StageLogin, Refused, nil},
		{"no folder", func(m *accounts.Mailbox) { m.Folder = "Bounces" }, StageFolder, Refused, ErrNoFolder},
		{"STARTTLS on the port of TLS", func(m *accounts.Mailbox) { m.Security = accounts.STARTTLS }, smtp.StageGreeting, NoAnswer, os.ErrDeadlineExceeded},
		{"no secret", func(m *accounts.Mailbox) { m.Secret = accounts.Secret{Env: "NO_SUCH_VARIABLE"} }, smtp.StageSecret, NoAnswer, smtp.ErrSecret},
		{"a token, and none is taken", func(m *accounts.Mailbox) {
			m.Auth, m.Secret = accounts.AuthXOAUTH2, accounts.Secret{Command: []string{"echo", "t"}}
		}, smtp.StageLogin, NoAnswer, smtp.ErrNoMethod},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := at(t, accounts.IMAP, accounts.TLS, "127.0.0.1", port)
			test.change(&m)
			s := New(m, Options{RootCAs: authority.Pool})
			defer s.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := s.enter(ctx)
			if err == nil {
				_, err = s.Examine(ctx)
			}
			var e *Error
			if !errors.As(err, &e) || e.Stage != test.stage || e.Answer != test.answer || test.reason != nil && !errors.Is(err, test.reason) {
				t.Errorf("%#v", err)
			}
		})
	}
}

// dialogues go with a scripted server, of which no word is expected that is not
// in them.
func TestSession_SaysWhereADialogueEnds(t *testing.T) {
	const popLogin = "S: +OK hi\nC: CAPA\nS: +OK\nS: UIDL\nS: TOP\nS: .\nC: USER ada\nS: +OK\nC: PASS correct horse\n"
	for _, test := range []struct {
		name     string
		protocol accounts.Protocol
		security accounts.Security
		dialogue string
		stage    smtp.Stage
		answer   Answer
		reason   error
		text     string
	}{
		{"no STARTTLS", accounts.IMAP, accounts.STARTTLS, "S: * OK hi\nC: a STARTTLS\nS: a BAD what\nC: <end>", smtp.StageTLS, NoAnswer, smtp.ErrNoSTARTTLS, "what"},
		{"no STLS", accounts.POP3, accounts.STARTTLS, "S: +OK hi\nC: STLS\nS: -ERR what\nC: <end>", smtp.StageTLS, NoAnswer, smtp.ErrNoSTARTTLS, "what"},
		{"text behind STARTTLS", accounts.IMAP, accounts.STARTTLS, "S: * OK hi\nC: a STARTTLS\nS: a OK go\nS: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\nstall", smtp.StageTLS, NoAnswer, smtp.ErrTampered, ""},
		{"logged in already", accounts.IMAP, accounts.STARTTLS, "S: * PREAUTH welcome\nC: <end>", smtp.StageGreeting, NoAnswer, smtp.ErrTampered, ""},
		{"goodbye", accounts.IMAP, accounts.None, "S: * BYE overloaded", smtp.StageGreeting, Unable, nil, "overloaded"},
		{"a web server", accounts.IMAP, accounts.None, "S: HTTP/1.1 400 Bad Request", smtp.StageGreeting, NoAnswer, smtp.ErrNotMail, "HTTP/1.1"},
		{"an SMTP server", accounts.POP3, accounts.None, "S: 220 smtp.example.org", smtp.StageGreeting, NoAnswer, smtp.ErrNotMail, "220"},
		{"plain for TLS", accounts.IMAP, accounts.TLS, "S: * OK hi\nstall", smtp.StageTLS, NoAnswer, smtp.ErrSpeaksPlain, ""},
		{"plain for TLS, POP3", accounts.POP3, accounts.TLS, "S: +OK hi\nstall", smtp.StageTLS, NoAnswer, smtp.ErrSpeaksPlain, ""},
		{"a hang-up", accounts.POP3, accounts.None, "close", smtp.StageGreeting, NoAnswer, nil, "the server closed it"},
		{"a wrong password, POP3", accounts.POP3, accounts.None, popLogin + "S: -ERR [AUTH] no", smtp.StageLogin, Refused, nil, "-ERR [AUTH] no"},
		{"not now", accounts.POP3, accounts.None, popLogin + "S: -ERR [SYS/TEMP] later", smtp.StageLogin, Unable, nil, "later"},
		{"a password repeated", accounts.POP3, accounts.None, popLogin + "S: -ERR no such thing as PASS correct horse", smtp.StageLogin, Refused, nil, "[hidden]"},
		{"an endless line", accounts.POP3, accounts.None, "S: +OK " + strings.Repeat("x", maxLine), smtp.StageGreeting, NoAnswer, errTooMuch, ""},
		{"no count", accounts.POP3, accounts.None, popLogin + "S: +OK\nC: STAT\nS: +OK many", StageFolder, NoAnswer, smtp.ErrNotMail, ""},
		{"IMAP without logins", accounts.IMAP, accounts.None, "S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\nC: T1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 LOGINDISABLED\nS: T1 OK done\nC: T2 LOGOUT\nS: * BYE\nS: T2 OK", smtp.StageLogin, NoAnswer, smtp.ErrNoLogin, ""},
		{"IMAP not now", accounts.IMAP, accounts.None, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\nC: T1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\nS: T1 OK done\n" +
			"C: T2 AUTHENTICATE PLAIN AGFkYQBjb3JyZWN0IGhvcnNl\nS: T2 NO [UNAVAILABLE] later\nC: T3 LOGOUT\nS: T3 OK", smtp.StageLogin, Unable, nil, "NO [UNAVAILABLE] later"},
		{"IMAP that talks nonsense", accounts.IMAP, accounts.None, "S: * OK [CAPABILITY IMAP4rev1] hi\nC: T1 CAPABILITY\nS: nonsense\nC: <end>", smtp.StageEHLO, NoAnswer, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := smtptest.Serve(t, test.dialogue, nil)
			s := New(at(t, test.protocol, test.security, server.Host, server.Port), Options{})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err := s.enter(ctx)
			if err == nil {
				_, err = s.Examine(ctx)
			}
			s.Close()
			var e *Error
			if !errors.As(err, &e) || e.Stage != test.stage || e.Answer != test.answer || test.reason != nil && !errors.Is(err, test.reason) || !strings.Contains(e.Text, test.text) {
				t.Errorf("%#v: %v", err, err)
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Errorf("the password is in %v", err)
			}
			server.Finish()
		})
	}
}

func TestSession_ReadsPOP3(t *testing.T) {
	for _, test := range []struct{ name, dialogue string }{
		{"by SASL", "C: CAPA\nS: +OK\nS: SASL PLAIN LOGIN\nS: .\nC: AUTH PLAIN AGFkYQBjb3JyZWN0IGhvcnNl\nS: +OK welcome\n"},
		{"by SASL, asked for", "C: CAPA\nS: +OK\nS: SASL LOGIN\nS: .\nC: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: YWRh\nS: + UGFzc3dvcmQ6\nC: Y29ycmVjdCBob3JzZQ==\nS: +OK welcome\n"},
		{"by USER", "C: CAPA\nS: -ERR what\nC: USER ada\nS: +OK\nC: PASS correct horse\nS: +OK welcome\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := smtptest.Serve(t, "S: +OK POP3 ready\n"+test.dialogue+"C: STAT\nS: +OK 2 4000\nC: STAT\nS: +OK 2 4000\n"+
				"C: TOP 2 0\nS: +OK\nS: Message-ID: <two@example.org>\nS: ..stuffed: yes\nS: \nS: .\nC: TOP 1 0\nS: +OK\nS: Message-ID: <one@example.org>\nS: \nS: .\n", nil)
			s := New(at(t, accounts.POP3, accounts.None, server.Host, server.Port), Options{})
			if err := s.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			if folder, err := s.Examine(t.Context()); err != nil || folder.Messages != 2 {
				t.Errorf("%+v, %v", folder, err)
			}
			if header, err := s.Find(t.Context(), "one@example.org"); err != nil || !strings.Contains(string(header), "<one@example.org>") {
				t.Errorf("%q, %v", header, err)
			}
			s.Close()
			for _, heard := range server.Finish() {
				if heard.Commands("DELE")+heard.Commands("RETR") > 0 || heard.Commands("QUIT") != 1 {
					t.Errorf("the server heard %q", heard.Lines)
				}
			}
		})
	}
}

// A server that falls silent holds nobody longer than the context.
func TestSession_EndsWithItsContext(t *testing.T) {
	for _, protocol := range []accounts.Protocol{accounts.IMAP, accounts.POP3} {
		for i, dialogue := range []string{"stall", "S: * OK [CAPABILITY IMAP4rev1] hi\nC: *\nstall", "S: +OK hi\nC: *\nstall"} {
			if i > 0 && (i == 1) != (protocol == accounts.IMAP) {
				continue
			}
			t.Run(fmt.Sprint(protocol, i), func(t *testing.T) {
				t.Setenv("MAILBOX_TEST_PASSWORD", password)
				m := at(t, protocol, accounts.None, "127.0.0.1", 1)
				synctest.Test(t, func(t *testing.T) {
					server := smtptest.ServeInMemory(t, dialogue, nil)
					s := New(m, Options{Dial: server.Dial})
					ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
					defer cancel()
					start := time.Now()
					err := s.enter(ctx)
					s.Close()
					if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took > 9*time.Second {
						t.Errorf("%v after %s", err, took)
					}
					server.Finish()
				})
			})
		}
	}
}

// One that never stops talking ends when it has said too much, and takes no more
// memory than that.
func TestSession_EndsWhereAServerTalksTooMuch(t *testing.T) {
	var talk strings.Builder
	talk.WriteString("S: * OK [CAPABILITY IMAP4rev1] hi\nC: T1 CAPABILITY\n")
	for range maxTalk / 900 {
		talk.WriteString("S: * OK " + strings.Repeat("x", 990) + "\n")
	}
	server := smtptest.Serve(t, talk.String(), nil)
	s := New(at(t, accounts.IMAP, accounts.None, server.Host, server.Port), Options{})
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.enter(ctx); !errors.Is(err, errTooMuch) {
		t.Errorf("%v", err)
	}
	s.Close()
	server.Finish()
}

// FuzzPOP3 holds that nothing a server says makes more of it than an error.
func FuzzPOP3(f *testing.F) {
	f.Add("+OK hi\r\n+OK\r\nSASL PLAIN\r\n.\r\n+OK\r\n+OK 1 20\r\n+OK 1 20\r\n+OK\r\nMessage-ID: <a@b>\r\n.\r\n")
	f.Add("+OK hi\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 0 0\r\n+OK 0 0\r\n+OK\r\n1 aa\r\n2 bb\r\n.\r\n+OK\r\nFrom: MAILER-DAEMON\r\n.\r\n+OK\r\nFrom: MAILER-DAEMON\r\n\r\n..\r\n.\r\n-ERR gone\r\n")
	f.Add("-ERR [SYS/TEMP] no\r\n")
	f.Add("+OK\r\n+OK\r\n..\r\n.\r\n+\r\n+ \r\n+OK 99999999999 1\r\n")
	f.Fuzz(func(t *testing.T, said string) {
		t.Setenv("MAILBOX_TEST_PASSWORD", password)
		m := at(t, accounts.POP3, accounts.None, "127.0.0.1", 1)
		s := New(m, Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			return &recorded{r: strings.NewReader(said)}, nil
		}})
		defer s.Close()
		if s.enter(t.Context()) != nil {
			return
		}
		if _, err := s.Examine(t.Context()); err == nil {
			header, err := s.Find(t.Context(), "a@b")
			if err == nil && !strings.Contains(string(header), "a@b") {
				t.Errorf("found in %q", header)
			}
			l := newLedger()
			if err := s.Look(t.Context(), l); err == nil && len(l.taken) > len(l.seen) {
				t.Errorf("took %q, and has seen %v", l.taken, l.seen)
			}
		}
	})
}

// recorded is a connection whose other end has said all it will say.
type recorded struct {
	net.Conn
	r *strings.Reader
}

func (c *recorded) Read(p []byte) (int, error)       { return c.r.Read(p) }
func (c *recorded) Write(p []byte) (int, error)      { return len(p), nil }
func (c *recorded) Close() error                     { return nil }
func (c *recorded) SetDeadline(time.Time) error      { return nil }
func (c *recorded) SetReadDeadline(time.Time) error  { return nil }
func (c *recorded) SetWriteDeadline(time.Time) error { return nil }
func (c *recorded) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

package check

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
)

// provider is a mail server of three protocols with one user, whose mail to
// himself arrives.
type provider struct {
	tb       testing.TB
	config   *tls.Config
	password string
	change   func(message string) string // on its way; nil: it arrives as it is
	lose     bool
	late     bool // it arrives when somebody has looked for it in vain

	box *imapmemserver.User

	mu       sync.Mutex
	onItsWay string
	messages []string
	logins   int // to the mailbox, right or wrong
	envelope []string
}

func newProvider(tb testing.TB, w *world) *provider {
	tb.Helper()
	p := &provider{tb: tb, password: password, box: imapmemserver.NewUser("user@example.org", password)}
	p.config = w.authority.Server(func(c *x509.Certificate) { c.DNSNames = []string{host} })
	if err := p.box.Create("INBOX", nil); err != nil {
		tb.Fatal(err)
	}
	store := imapmemserver.New()
	store.AddUser(p.box)
	quiet := log.New(io.Discard, "", 0)
	mail := gosmtp.NewServer(p)
	mail.ErrorLog, mail.Domain = quiet, host
	imap := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &countedSession{Session: store.NewSession(), p: p}, nil, nil
		},
		Logger: quiet, Caps: imap.CapSet{imap.CapIMAP4rev1: {}},
	})
	for port, serve := range map[int]func(net.Listener) error{465: mail.Serve, 993: imap.Serve, 995: p.servePOP3} {
		listener, err := tls.Listen("tcp", "127.0.0.1:0", p.config)
		if err != nil {
			tb.Fatal(err)
		}
		server := &smtptest.Server{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}
		w.at(port, server)
		var running sync.WaitGroup
		running.Go(func() { _ = serve(listener) })
		tb.Cleanup(func() {
			_ = listener.Close()
			_ = mail.Close()
			_ = imap.Close()
			running.Wait()
		})
	}
	return p
}

// countedSession counts the logins of IMAP.
type countedSession struct {
	imapserver.Session
	p *provider
}

func (s *countedSession) Login(username, password string) error {
	s.p.mu.Lock()
	s.p.logins++
	s.p.mu.Unlock()
	return s.Session.Login(username, password)
}

func (s *countedSession) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	data, err := s.Session.Search(kind, criteria, options)
	if err := s.p.arrive(); err != nil {
		s.p.tb.Error(err)
	}
	return data, err
}

func (p *provider) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &sendSession{p}, nil }

type sendSession struct{ p *provider }

func (s *sendSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *sendSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, secret string) error {
		if secret != s.p.password {
			return gosmtp.ErrAuthFailed
		}
		return nil
	}), nil
}
func (s *sendSession) Mail(from string, _ *gosmtp.MailOptions) error { return s.p.note(from) }
func (s *sendSession) Rcpt(to string, _ *gosmtp.RcptOptions) error   { return s.p.note(to) }
func (s *sendSession) Reset()                                        {}
func (s *sendSession) Logout() error                                 { return nil }

// note keeps an address of the envelope.
func (p *provider) note(address string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.envelope = append(p.envelope, address)
	return nil
}

func (s *sendSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil || s.p.lose {
		return err
	}
	text := string(data)
	if s.p.change != nil {
		text = s.p.change(text)
	}
	s.p.mu.Lock()
	s.p.onItsWay = text
	s.p.mu.Unlock()
	if s.p.late {
		return nil
	}
	return s.p.arrive()
}

// arrive puts what is on its way into the mailbox.
func (p *provider) arrive() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.onItsWay
	if text == "" {
		return nil
	}
	p.onItsWay = ""
	p.messages = append(p.messages, text)
	_, err := p.box.Append("INBOX", literal{strings.NewReader(text)}, &imap.AppendOptions{})
	return err
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// servePOP3 is as much of POP3 as a reader that changes nothing needs.
func (p *provider) servePOP3(l net.Listener) error {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		running.Go(func() { p.talkPOP3(conn) })
	}
}

func (p *provider) talkPOP3(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	p.mu.Lock()
	seen := append([]string(nil), p.messages...)
	p.mu.Unlock()
	fmt.Fprint(conn, "+OK ready\r\n")
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		switch command {
		case "CAPA":
			fmt.Fprint(conn, "+OK\r\nUSER\r\nTOP\r\nUIDL\r\n.\r\n")
		case "USER":
			fmt.Fprint(conn, "+OK\r\n")
		case "PASS":
			p.mu.Lock()
			p.logins++
			p.mu.Unlock()
			if argument != password {
				fmt.Fprint(conn, "-ERR [AUTH] no\r\n")
				continue
			}
			fmt.Fprint(conn, "+OK\r\n")
		case "STAT":
			fmt.Fprintf(conn, "+OK %d 1000\r\n", len(seen))
		case "TOP":
			var n int
			fmt.Sscan(argument, &n)
			header, _, _ := strings.Cut(seen[n-1], "\r\n\r\n")
			fmt.Fprintf(conn, "+OK\r\n%s\r\n\r\n.\r\n", header)
		case "QUIT":
			if err := p.arrive(); err != nil {
				p.tb.Error(err)
			}
			fmt.Fprint(conn, "+OK\r\n")
			return
		default:
			p.tb.Errorf("POP3: the client said %q", lines.Text())
			fmt.Fprint(conn, "-ERR\r\n")
		}
	}
}

// withMailbox gives the account of a world a mailbox.
func (w *world) withMailbox(protocol accounts.Protocol) {
	port := 993
	if protocol == accounts.POP3 {
		port = 995
	}
	w.account.Mailbox = accounts.Mailbox{Protocol: protocol, Host: host, Port: port, Security: accounts.TLS}
}

func TestRun_ReadsTheMailboxToo(t *testing.T) {
	for _, protocol := range []accounts.Protocol{accounts.IMAP, accounts.POP3} {
		t.Run(string(protocol), func(t *testing.T) {
			w := newWorld(t, accounts.TLS, 465)
			newProvider(t, w)
			w.withMailbox(protocol)
			report := w.check(Options{})
			if !report.OK() {
				t.Fatalf("%+v", failure(report))
			}
			for _, name := range mailboxSteps(accounts.TLS) {
				if s := step(t, report, mailboxPrefix+name); s.State != OK && name != StepDNS {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}

// A password that was refused for sending is not tried at the mailbox.
func TestRun_TriesARefusedPasswordOnce(t *testing.T) {
	w := newWorld(t, accounts.TLS, 465)
	p := newProvider(t, w)
	w.withMailbox(accounts.IMAP)
	p.password = "another"
	report := w.check(Options{})
	if s := failure(report); s.Name != StepLogin || s.Cause != CauseLoginRefused {
		t.Errorf("%+v", s)
	}
	if s := step(t, report, "mailbox-login"); s.State != Skipped || s.Cause != CauseSamePassword || p.logins != 0 {
		t.Errorf("%d logins, %+v", p.logins, s)
	}

	t.Setenv("ANOTHER_PASSWORD", password) // the mailbox has one of its own, which is right
	w.account.Mailbox.Secret = accounts.Secret{Env: "ANOTHER_PASSWORD"}
	if s := step(t, w.check(Options{}), "mailbox-login"); s.State != OK || p.logins != 1 {
		t.Errorf("%d logins, %+v", p.logins, s)
	}
}

func TestRun_NamesTheCauseAtTheMailbox(t *testing.T) {
	const login = "tls\nS: +OK hi\nC: CAPA\nS: -ERR\nC: CAPA\nS: -ERR\nC: USER *\nS: +OK\nC: PASS *\n"
	for _, test := range []struct {
		name     string
		protocol accounts.Protocol
		serve    string
		change   func(m *accounts.Mailbox)
		step     string
		cause    Cause
		says     string
	}{
		{"a misspelt host", "imap", "", func(m *accounts.Mailbox) { m.Host = "imap.gmial.com" }, "mailbox-dns", CauseHostUnknown, "imap.gmail.com"},
		{"a closed port", "imap", "", nil, "mailbox-connect", CausePortClosed, "port 993"},
		{"plain for TLS", "pop3", "S: +OK hi\nstall\n---\nS: +OK hi\nstall", nil, "mailbox-tls", CausePlainPort, "starttls"},
		{"no STLS", "pop3", "S: +OK hi\nC: STLS\nS: -ERR\n---\nclose", func(m *accounts.Mailbox) { m.Security = accounts.STARTTLS }, "mailbox-tls", CauseNoSTARTTLS, "encryption"},
		{"a web server", "imap", "tls\nS: HTTP/1.1 400 no\n---\ntls", nil, "mailbox-greeting", CauseNotMail, "not a mail server"},
		{"an IMAP account at the port of POP3", "imap", "tls\nS: +OK ready\n---\ntls", func(m *accounts.Mailbox) { m.Port = 995 }, "mailbox-greeting", CauseNotMail, "does not speak IMAP: the port is that of POP3"},
		{"busy", "imap", "tls\nS: * BYE overloaded", nil, "mailbox-greeting", CauseBusy, "overloaded"},
		{"a wrong password", "pop3", login + "S: -ERR [AUTH] no", nil, "mailbox-login", CauseLoginRefused, "-ERR [AUTH] no"},
		{"an app password", "pop3", login + "S: -ERR [AUTH] Application-specific password required: https://support.google.com/accounts/answer/185833", nil, "mailbox-login", CauseAppPassword, "app password"},
		{"POP3 is off", "pop3", login + "S: -ERR [SYS/PERM] Your account is not enabled for POP access. Please visit your Gmail settings page and enable your account for POP access.", nil, "mailbox-login", CauseMailboxOff, "POP3 is switched off"},
		{"not now", "pop3", login + "S: -ERR [SYS/TEMP] later", nil, "mailbox-login", CauseLoginFault, "quarter"},
		{"a hang-up", "pop3", login + "close", nil, "mailbox-login", CauseLoginHangUp, "locked out"},
		{"nonsense", "imap", "tls\nS: * OK [CAPABILITY IMAP4rev1] hi\nC: T1 CAPABILITY\nS: nonsense", nil, "mailbox-capabilities", CauseSenseless, "no IMAP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, accounts.TLS, 465)
			w.serve(465, begins+loggingIn+asking, nil)
			w.withMailbox(test.protocol)
			if test.change != nil {
				test.change(&w.account.Mailbox)
			}
			if test.serve != "" {
				w.serve(w.account.Mailbox.Port, test.serve, nil)
			}
			s := failure(w.check(Options{}))
			if s.Name != test.step || s.Cause != test.cause || !strings.Contains(s.Found+s.Server+s.Hint, test.says) {
				t.Errorf("%+v", s)
			}
		})
	}
	t.Run("no folder", func(t *testing.T) {
		w := newWorld(t, accounts.TLS, 465)
		newProvider(t, w)
		w.withMailbox(accounts.IMAP)
		w.account.Mailbox.Folder = "Bounces"
		if s := failure(w.check(Options{})); s.Name != "mailbox-folder" || s.Cause != CauseNoFolder || !strings.Contains(s.Found, `"Bounces"`) {
			t.Errorf("%+v", s)
		}
	})
}

var fromLine = regexp.MustCompile(`(?m)^From: .*\r$`)

func TestLoopback_SeesHowAMessageArrives(t *testing.T) {
	for _, test := range []struct {
		name     string
		protocol accounts.Protocol
		change   func(string) string
		state    State
		cause    Cause
		says     string
	}{
		{"as it was sent", accounts.IMAP, nil, OK, "", "From and Message-ID are as they were sent"},
		{"by POP3", accounts.POP3, nil, OK, "", "From and Message-ID are as they were sent"},
		{"proven", accounts.IMAP, func(m string) string {
			return "Authentication-Results: mx.example.org;\r\n spf=pass smtp.mailfrom=example.org; dkim=pass (2048-bit key) header.d=example.org; dmarc=pass\r\n" + m
		}, OK, "", "spf=pass dkim=pass dmarc=pass"},
		{"not proven", accounts.IMAP, func(m string) string {
			return "Authentication-Results: mx.example.org; spf=softfail; dkim=none; dmarc=fail (p=reject)\r\n" + m
		}, Advice, CauseNotProven, "spf, dmarc"},
		{"under another From", accounts.IMAP, func(m string) string { return fromLine.ReplaceAllString(m, "From: ada.real@provider.example\r") }, Advice, CauseRewritten, "ada.real@provider.example"},
		{"under another Message-ID", accounts.POP3, func(m string) string { return strings.Replace(m, "Message-ID: <", "Message-ID: <x", 1) }, OK, "", "another Message-ID"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, accounts.TLS, 465)
			p := newProvider(t, w)
			p.change = test.change
			w.withMailbox(test.protocol)
			report := w.check(Options{Loopback: true})
			s := step(t, report, StepLoopback)
			if s.State != test.state || s.Cause != test.cause || !strings.Contains(s.Found+s.Hint, test.says) || !report.OK() {
				t.Errorf("%+v", s)
			}
			if len(p.messages) != 1 {
				t.Errorf("%d messages were sent", len(p.messages))
			}
			status, err := p.box.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
			if err != nil || *status.NumMessages != 1 || *status.NumUnseen != 1 {
				t.Errorf("the mailbox was changed: %+v, %v", status, err)
			}
		})
	}
}

// Where bounces have an address of their own, it is proved that they are let through
// from there, and arrive.
func TestLoopback_GoesToWhereBouncesArrive(t *testing.T) {
	w := newWorld(t, accounts.TLS, 465)
	p := newProvider(t, w)
	w.withMailbox(accounts.IMAP)
	w.account.BounceAddress = "bounces+{token}@example.org"
	if s := step(t, w.check(Options{Loopback: true}), StepLoopback); s.State != OK {
		t.Errorf("%+v", s)
	}
	if len(p.envelope) < 2 {
		t.Errorf("from and to %q", p.envelope)
	}
	for _, address := range p.envelope { // also where the server is only asked what it would say
		if !strings.HasPrefix(address, "bounces+") || strings.Contains(address, "{") {
			t.Errorf("from and to %q", p.envelope)
		}
	}
	if hint := lostHint(w.account); !strings.Contains(hint, "bounces+{token}@example.org") {
		t.Error(hint)
	}
}

// Mail takes its time. Both protocols look again, IMAP in the same session.
func TestLoopback_LooksAgain(t *testing.T) {
	for _, protocol := range []accounts.Protocol{accounts.IMAP, accounts.POP3} {
		t.Run(string(protocol), func(t *testing.T) {
			w := newWorld(t, accounts.TLS, 465)
			p := newProvider(t, w)
			p.late = true
			w.withMailbox(protocol)
			report := w.check(Options{Loopback: true})
			if s := step(t, report, StepLoopback); s.State != OK || !strings.Contains(s.Found, "arrived in 1 s") {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestLoopback_SendsNothingUnlessAllIsWell(t *testing.T) {
	w := newWorld(t, accounts.TLS, 465)
	p := newProvider(t, w)
	if s := step(t, w.check(Options{Loopback: true}), StepLoopback); s.State != Skipped {
		t.Errorf("without a mailbox: %+v", s)
	}
	w.withMailbox(accounts.IMAP)
	w.account.Mailbox.Folder = "Bounces"
	if s := step(t, w.check(Options{Loopback: true}), StepLoopback); s.State != Skipped || len(p.messages) > 0 {
		t.Errorf("%d messages were sent: %+v", len(p.messages), s)
	}
}

// FuzzReadArrival holds that a header that anybody may have written breaks nothing.
func FuzzReadArrival(f *testing.F) {
	f.Add([]byte("From: Ada <ada@example.org>\r\nMessage-ID: <a@b>\r\nAuthentication-Results: mx; spf=pass; dkim = fail (x); dmarc=\r\n\r\n"))
	f.Add([]byte("Authentication-Results: ;;=;spf=\r\nFrom: a, b\r\n"))
	f.Fuzz(func(t *testing.T, header []byte) {
		for method, result := range readArrival(header).results {
			if result == "" || !strings.Contains("spf dkim dmarc", method) {
				t.Errorf("%q = %q", method, result)
			}
		}
	})
}

package check

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/dnstest"
	"sendoff/internal/smtptest"
)

const (
	password = "correct horse"
	plainIR  = "AHVzZXJAZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZQ==" // of user@example.org and the password

	host = "smtp.example.org" // where every account of these tests has its server
)

// world is all that a check can reach: ports of the server, and a name server.
type world struct {
	tb        testing.TB
	authority *smtptest.Authority
	ports     map[int]func(ctx context.Context) (net.Conn, error)
	servers   map[int]*smtptest.Server
	zone      string
	account   accounts.Account
}

// newWorld has nothing in it but an account.
func newWorld(tb testing.TB, security accounts.Security, port int) *world {
	tb.Helper()
	tb.Setenv("CHECK_TEST_PASSWORD", password)
	w := &world{
		tb: tb, authority: smtptest.NewAuthority(tb),
		ports: make(map[int]func(context.Context) (net.Conn, error)), servers: make(map[int]*smtptest.Server),
	}
	w.account = accounts.Account{Name: "work", SMTP: accounts.SMTP{
		Host: host, Port: port, Security: security, Username: "user@example.org", Secret: accounts.Secret{Env: "CHECK_TEST_PASSWORD"},
	}}
	w.account.From.Address = "ada@example.org"
	return w
}

// serve puts a scripted server at a port. Its certificate is right unless change
// spoils it.
func (w *world) serve(port int, dialogue string, change func(*x509.Certificate)) *smtptest.Server {
	w.tb.Helper()
	server := smtptest.Serve(w.tb, dialogue, w.authority.Server(func(c *x509.Certificate) {
		c.DNSNames, c.IPAddresses = []string{host}, nil
		if change != nil {
			change(c)
		}
	}))
	w.servers[port] = server
	w.at(port, server)
	return server
}

// at leads a port to a server on loopback.
func (w *world) at(port int, server *smtptest.Server) {
	w.ports[port] = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(server.Host, itoa(server.Port)))
	}
}

// dial leads to the ports of this world; any other is closed.
func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	at, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if at != host {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: at, IsNotFound: true}}
	}
	for known, connect := range w.ports {
		if port == fmt.Sprint(known) {
			return connect(ctx)
		}
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// check runs the check and holds what is true of every one.
func (w *world) check(o Options) Report {
	w.tb.Helper()
	book, err := accounts.NewBook("", w.account)
	if err == nil {
		w.account = book.Accounts[0]
	}
	o.Dial, o.RootCAs = w.dial, w.authority.Pool
	if o.Resolver == nil {
		o.Resolver = dnstest.Serve(w.tb, w.zone).Resolver()
	}
	var trace strings.Builder
	o.Trace = func(line string) { trace.WriteString(line + "\n") }
	defer func() {
		if strings.Contains(trace.String(), password) || strings.Contains(trace.String(), plainIR) {
			w.tb.Errorf("the password is in the trace:\n%s", trace.String())
		}
	}()
	var told []Step
	o.Step = func(s Step) { told = append(told, s) }
	start := time.Now()
	report := Run(w.tb.Context(), w.account, o)
	if took := time.Since(start); took > 20*time.Second {
		w.tb.Errorf("the check took %s", took)
	}
	if len(told) != len(report.Steps) {
		w.tb.Errorf("%d steps were told, the report has %d", len(told), len(report.Steps))
	}
	failed := make(map[string]bool) // by server
	for i, s := range report.Steps {
		side, _, of := strings.Cut(s.Name, "-")
		if !of {
			side = ""
		}
		if failed[side] && (s.State == OK || s.State == Fail) && s.Took > 0 && !isAdvice(s.Name) {
			w.tb.Errorf("%s was done although a step before it had failed", s.Name)
		}
		failed[side] = failed[side] || s.State == Fail
		if told[i] != s {
			w.tb.Errorf("step %d was told as %+v and reported as %+v", i, told[i], s)
		}
		if (s.State == OK) != (s.Cause == "") {
			w.tb.Errorf("%+v", s)
		}
		if (s.State == Fail || s.State == Advice) && (s.Found == "" || s.Hint == "") {
			w.tb.Errorf("no words for %+v", s)
		}
		for _, text := range []string{s.Found, s.Server, s.Hint} {
			if strings.Contains(text, password) || strings.Contains(text, plainIR) {
				w.tb.Errorf("the password is in %+v", s)
			}
		}
	}
	return report
}

func isAdvice(name string) bool {
	for _, n := range adviceSteps {
		if n == name {
			return true
		}
	}
	return false
}

// step gives a step of a report.
func step(tb testing.TB, r Report, name string) Step {
	tb.Helper()
	for _, s := range r.Steps {
		if s.Name == name {
			return s
		}
	}
	tb.Fatalf("no step %s in %+v", name, r.Steps)
	return Step{}
}

// failure gives the first step that failed.
func failure(r Report) Step {
	for _, s := range r.Steps {
		if s.State == Fail {
			return s
		}
	}
	return Step{}
}

const (
	loggingIn = `
		C: AUTH PLAIN ` + plainIR + `
		S: 235 2.7.0 welcome
	`
	asking = `
		C: MAIL FROM:<ada@example.org> SIZE=*
		S: 250 ok
		C: RCPT TO:<ada@example.org>
		S: 250 ok
		C: RSET
		S: 250 ok
	`
	offering = `
		C: EHLO [127.0.0.1]
		S: 250-smtp.example.org
		S: 250-SIZE 20000000
		S: 250-PIPELINING
		S: 250 AUTH PLAIN LOGIN
	`
	begins = "tls\nS: 220 smtp.example.org ESMTP ready" + offering
)

// domain is a zone in which all is well.
const domain = `
	example.org            MX  10 mx.example.org
	mx.example.org         A   192.0.2.1
	example.org            TXT v=spf1 mx -all
	mail._domainkey.example.org TXT v=DKIM1; p=MIGf
	_dmarc.example.org     TXT v=DMARC1; p=reject; rua=mailto:d@example.org
`

func TestRun_AllIsWell(t *testing.T) {
	for _, security := range []accounts.Security{accounts.TLS, accounts.STARTTLS} {
		t.Run(string(security), func(t *testing.T) {
			w := newWorld(t, security, 465)
			w.zone = domain
			dialogue := begins
			if security == accounts.STARTTLS {
				dialogue = "S: 220 smtp.example.org ESMTP ready\nC: EHLO *\nS: 250-hi\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\ntls" + offering
			}
			server := w.serve(465, dialogue+loggingIn+asking, nil)
			report := w.check(Options{})
			if !report.OK() {
				t.Fatalf("%+v", report)
			}
			want := append(stepsOf(security), adviceSteps...)
			for i, s := range report.Steps {
				if i >= len(want) || s.Name != want[i] {
					t.Errorf("step %d is %s, want %v", i, s.Name, want)
				}
				if s.State != OK && s.Name != StepDNS {
					t.Errorf("%+v", s)
				}
			}
			if s := step(t, report, StepSize); !strings.Contains(s.Found, "20 MB") || !strings.Contains(s.Found, "14.6 MB of files") {
				t.Errorf("%+v", s)
			}
			heard := server.Finish()
			if len(heard) != 1 || heard[0].Commands("DATA") != 0 || heard[0].Commands("QUIT") != 1 {
				t.Errorf("the server heard %+v", heard)
			}
		})
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

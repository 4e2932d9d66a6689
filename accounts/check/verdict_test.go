package check

import (
	"context"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/dnstest"
	"sendoff/outbox"
	"sendoff/outbox/smtp"
)

// What is known of a provider says more than its server does.
func TestJudge_KnowsProviders(t *testing.T) {
	refusedLogin := outbox.Result{Class: outbox.ClassCredentials, Code: 535, Enhanced: "5.7.8", Text: "Username and Password not accepted."}
	for _, test := range []struct {
		name, host, username, from string
		token                      bool
		cause                      Cause
		says                       []string
	}{
		{"Gmail", "smtp.gmail.com", "ada@gmail.com", "ada@gmail.com", false, CauseAppPassword, []string{"Gmail wants an app password", "2-Step Verification", "spaces between them do not matter"}},
		{"Gmail, a token", "smtp.gmail.com", "ada@gmail.com", "ada@gmail.com", true, CauseTokenRefused, []string{"fresh token"}},
		{"Workspace", "smtp.gmail.com", "ada@example.org", "ada@example.org", false, CauseAppPassword, []string{"Google Workspace wants"}},
		{"iCloud", "smtp.mail.me.com", "ada@icloud.com", "ada@icloud.com", false, CauseAppPassword, []string{"app"}},
		{"a provider of short names", "smtp.free.fr", "ada@free.fr", "ada@free.fr", false, CauseLoginRefused, []string{`username = "ada"`}},
		{"a provider of one name", "smtp.sendgrid.net", "ada@example.org", "ada@example.org", false, CauseLoginRefused, []string{`username = "apikey"`}},
		{"a provider of whole addresses", "posteo.de", "ada", "ada@posteo.de", false, CauseLoginRefused, []string{"ada@posteo.de"}},
		{"an unknown provider", "mail.example.net", "ada@example.org", "ada@example.org", false, CauseLoginRefused, []string{"check the user name"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := sight{protocol: sending, stage: smtp.StageLogin, answer: refusedLogin, host: test.host, username: test.username, token: test.token, now: time.Now()}
			s.account.From.Address = test.from
			v := judge(s)
			if v.cause != test.cause {
				t.Errorf("%+v", v)
			}
			for _, words := range test.says {
				if !strings.Contains(v.found+v.hint, words) {
					t.Errorf("%q is not in %+v", words, v)
				}
			}
		})
	}
}

func TestJudge_ASecretThatIsSlow(t *testing.T) {
	v := judge(sight{protocol: sending, stage: smtp.StageSecret, err: os.ErrDeadlineExceeded, answer: outbox.Result{Class: outbox.ClassNetwork, Text: "no answer in time"}})
	if v.cause != CauseSecretSlow || !strings.Contains(v.hint, "20 s") {
		t.Errorf("%+v", v)
	}
}

// There is a verdict on anything at all, in words.
func TestJudge_HasAWordForEverything(t *testing.T) {
	for _, stage := range []smtp.Stage{smtp.StageSecret, smtp.StageDial, smtp.StageTLS, smtp.StageGreeting, smtp.StageEHLO, smtp.StageLogin, smtp.StageMail, smtp.StageRcpt, "folder", ""} {
		for class := outbox.ClassAccepted; class <= outbox.ClassProtocol; class++ {
			for _, code := range []int{0, 299, 421, 454, 500, 535, 550} {
				for _, said := range []bool{false, true} {
					v := judge(sight{protocol: sending, stage: stage, said: said, answer: outbox.Result{Class: class, Code: code, Text: "words"}})
					if v.cause == "" || v.found == "" || v.hint == "" {
						t.Errorf("stage %s, class %s, code %d, said %t: %+v", stage, class, code, said, v)
					}
				}
			}
		}
	}
}

// A name is looked up once, by the dial itself, which tells how long it took.
func TestRun_TellsTheLookUp(t *testing.T) {
	w := newWorld(t, accounts.TLS, 465)
	server := w.serve(465, begins+loggingIn+asking, nil)
	names := dnstest.Serve(t, host+" A 127.0.0.1")
	w.account.SMTP.Port = server.Port
	book, err := accounts.NewBook("", w.account)
	if err != nil {
		t.Fatal(err)
	}
	dialer := net.Dialer{Resolver: names.Resolver()}
	report := Run(t.Context(), book.Accounts[0], Options{RootCAs: w.authority.Pool, Resolver: names.Resolver(),
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		}})
	if s := step(t, report, StepDNS); s.State != OK || s.Found != host+" is 127.0.0.1" || s.Took <= 0 || !report.OK() {
		t.Errorf("%+v, %+v", s, failure(report))
	}
}

func TestRun_AdviceFailsNothing(t *testing.T) {
	w := newWorld(t, accounts.TLS, 25)
	w.account.Limits.MaxSize = 30_000_000
	w.serve(25, begins+loggingIn+asking, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(50 * time.Hour) })
	report := w.check(Options{})
	if !report.OK() {
		t.Fatalf("%+v", failure(report))
	}
	for name, cause := range map[string]Cause{StepSettings: CausePort25, StepSize: CauseSizeLimit, StepMX: CauseNoMX} {
		if s := step(t, report, name); s.State != Advice || s.Cause != cause {
			t.Errorf("%+v", s)
		}
	}
	if s := step(t, report, StepCertificate); !strings.Contains(s.Hint, "expires in 2 days") {
		t.Errorf("%+v", s)
	}
	if s := step(t, report, StepSize); !strings.Contains(s.Hint, "max_size = 20000000") {
		t.Errorf("%+v", s)
	}
}

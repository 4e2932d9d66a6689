package smtp

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

const (
	password = "correct horse"
	plainIR  = "AHVzZXIAY29ycmVjdCBob3JzZQ==" // of user and password
	hello    = "Subject: hi\r\n\r\nhello\r\n"

	// greeting is the plain beginning of a dialogue, mail the plain end.
	greeting = `
		S: 220 test ready
		C: EHLO [127.0.0.1]
		S: 250 test
	`
	mail = `
		C: MAIL FROM:<ada@example.org>
		S: 250 ok
		C: RCPT TO:<bob@example.org>
		S: 250 ok
		C: DATA
		S: 354 go
		C: <body>
		S: 250 2.0.0 queued as X1
	`
)

// rig is a Transport with one account, which leads to a scripted server.
type rig struct {
	*Transport
	server  *smtptest.Server
	account accounts.Account
}

// newRig serves a dialogue in memory, without TLS and login; change may say
// otherwise.
func newRig(tb testing.TB, dialogue string, change func(*accounts.Account)) *rig {
	tb.Helper()
	server := smtptest.ServeInMemory(tb, dialogue, nil)
	return rigFor(tb, server, Options{Dial: server.Dial}, change)
}

// newSecureRig serves a dialogue over TCP, with TLS at hand.
func newSecureRig(tb testing.TB, dialogue string, change func(*accounts.Account)) *rig {
	tb.Helper()
	authority := smtptest.NewAuthority(tb)
	server := smtptest.Serve(tb, dialogue, authority.Server(nil))
	return rigFor(tb, server, Options{RootCAs: authority.Pool}, change)
}

func rigFor(tb testing.TB, server *smtptest.Server, o Options, change func(*accounts.Account)) *rig {
	tb.Helper()
	r := &rig{server: server}
	r.account = accounts.Account{Name: "work", SMTP: accounts.SMTP{
		Host: server.Host, Port: server.Port, Security: accounts.None, Auth: accounts.AuthAuto,
	}}
	if change != nil {
		change(&r.account)
	}
	r.Transport = New(func(name string) (accounts.Account, error) {
		if name != r.account.Name {
			return accounts.Account{}, errors.New("no such account")
		}
		return r.account, nil
	}, o)
	tb.Cleanup(func() { _ = r.Close() })
	return r
}

// finish closes the transport and gives what the server heard.
func (r *rig) finish() []smtptest.Conversation {
	_ = r.Close()
	return r.server.Finish()
}

// deliver sends a message to recipients, under a context of a minute.
func (r *rig) deliver(tb testing.TB, d outbox.Delivery) outbox.Report {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	report := r.Deliver(ctx, d)
	if len(report.Results) != len(d.Recipients) {
		tb.Fatalf("%d results for %d recipients", len(report.Results), len(d.Recipients))
	}
	return report
}

func withLogin(a *accounts.Account) {
	a.SMTP.Username = "user"
	a.SMTP.Secret = accounts.Secret{Env: "SMTP_TEST_PASSWORD"}
}

// delivery is a message that can be marked.
func delivery(message string, recipients ...string) outbox.Delivery {
	if len(recipients) == 0 {
		recipients = []string{"bob@example.org"}
	}
	return outbox.Delivery{
		Item: 1, Account: "work", From: "ada@example.org", Recipients: recipients, Size: int64(len(message)),
		Open:     func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(message)), nil },
		Mark:     func(context.Context, []outbox.Result) error { return nil },
		Progress: func(outbox.Step, int64) {},
	}
}

// counted makes Mark count.
func counted(d outbox.Delivery) (outbox.Delivery, *atomic.Int32) {
	marks := new(atomic.Int32)
	d.Mark = func(context.Context, []outbox.Result) error {
		marks.Add(1)
		return nil
	}
	return d, marks
}

// classes are the classes of a report, as one word each.
func classes(r outbox.Report) string {
	var all []string
	for _, result := range r.Results {
		all = append(all, result.Class.String())
	}
	return strings.Join(all, " ")
}

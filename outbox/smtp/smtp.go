// Package smtp hands one message to one account's submission server and
// translates its answers into [outbox.Result]s.
//
// It keeps connections for a short while, so that a run of messages pays for
// one login. It does not decide when to try again, knows no queue, and does not
// deliver to the servers of the recipients.
//
// Its one hard rule: after anything goes wrong between DATA and the answer to
// the final dot, the connection is closed and nothing more is said on it. A
// polite end would finish a half-read message with a dot, which the server
// then accepts.
//
// The dialogue is its own work from the first byte (RFC 5321). A client library
// in front of it would need a conn with a made-up greeting to do STARTTLS, sends
// a stray "*" after a refused login, matches EHLO keywords by case, loses the
// code of a reply it finds odd, and knows no context.
package smtp

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// Options are what tests and the program around a Transport may choose. The
// zero value is ready to use.
type Options struct {
	Log *slog.Logger // nil: nothing is logged

	// Dial makes the connection below TLS; nil: a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Fingerprint tells one secret from another: of one that was refused it goes
	// into the report. Nil: none does.
	Fingerprint func(secret string) string

	// RootCAs are trusted where an account names no CAFile; nil: the system's.
	RootCAs *x509.CertPool
}

// Transport delivers through the SMTP servers of accounts.
type Transport struct {
	lookup  func(name string) (accounts.Account, error)
	options Options
	idle    *pool
	pace    *pace
}

var _ outbox.Transport = (*Transport)(nil)

// New makes a Transport that asks lookup for the account of each delivery.
func New(lookup func(name string) (accounts.Account, error), o Options) *Transport {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.Fingerprint == nil {
		o.Fingerprint = func(string) string { return "" }
	}
	return &Transport{lookup: lookup, options: o, idle: newPool(o.Log), pace: newPace()}
}

// Close says goodbye on every idle connection and closes it, all within a
// second. Deliveries that still run close theirs when they end.
func (t *Transport) Close() error {
	t.idle.close()
	return nil
}

// Deliver implements [outbox.Transport].
func (t *Transport) Deliver(ctx context.Context, d outbox.Delivery) outbox.Report {
	x := newTransaction(d)
	if d.Follow != nil {
		d.Follow(outbox.Live{Said: x.dialogue.text, Known: x.standings})
	}
	account, err := t.lookup(d.Account)
	if err != nil {
		x.settle(outbox.Result{Class: outbox.ClassAccount, Text: cleantext.Line(err.Error())})
		return x.told()
	}
	if x.checkAddresses(); x.open() > 0 {
		t.deliver(ctx, account, x)
	}
	x.report.Server = hostPort(account.SMTP)
	return x.told()
}

// deliver runs the transaction on an idle connection, or on a new one when
// there is none, or when the server has given it up meanwhile: that is no
// failure of the message.
func (t *Transport) deliver(ctx context.Context, account accounts.Account, x *transaction) {
	key, name := keyOf(account, x.delivery), account.Name // not all of it is kept with a connection
	defer func() {
		if x.report.Alone {
			t.idle.leaveAlone(name)
		}
	}()
	defer func() {
		if x.report.Began {
			t.pace.carried(key)
		}
	}()
	if s := t.idle.take(key, x.delivery); s != nil {
		stale := x.run(ctx, s)
		t.releaseBehind(x, key, s)
		if !stale {
			return
		}
		x.dialogue.note("%v", errStale)
	}
	if !account.SMTP.Loopback() { // nobody is locked out by the own machine
		if err := t.pace.wait(ctx, key, x.waitsToConnect); err != nil {
			x.settle(resultOf(stopped(ctx, err)))
			return
		}
	}
	s, err := t.connect(ctx, account, &opening{progress: x.delivery.Progress, record: x.dialogue, entered: func(Stage) {}})
	if s != nil {
		x.report.TLS = s.tls
	}
	if err != nil {
		x.report.Secret = refusedSecret(err)
		x.settle(resultOf(err))
		return
	}
	s.most = lower(account.Limits.MessagesPerConnection, s.extensions.limit("MAILMAX"))
	s.alone = func() bool { return t.idle.isAlone(name) }
	x.run(ctx, s)
	t.releaseBehind(x, key, s)
}

// keyOf names the connections that a delivery may share: those that were made by the
// same settings. The outbox knows which these are, and making it out costs a fortieth
// of a long queue's time. Where they have changed since it claimed the message, server and
// login tell those of now from those of then. Of a secret that is another one under the
// same settings nothing is known here: a connection is used on for reuseFor at most, and
// no more once it was refused.
func keyOf(account accounts.Account, d outbox.Delivery) string {
	if d.Revision == "" {
		return account.Name + " " + account.Revision()
	}
	server := account.SMTP
	return fmt.Sprintf("%s %s %s:%d %s %s", account.Name, d.Revision, server.Host, server.Port, server.Security, server.Username)
}

// releaseBehind is release after a transaction. Where that met a refused login, no other
// connection is kept that was logged in with the same secret.
func (t *Transport) releaseBehind(x *transaction, key string, s *session) {
	if x.noteRefusedLogin(s) {
		t.idle.drop(key, s.secret)
	}
	t.release(key, s)
}

// release keeps a connection for the next message, or ends it.
func (t *Transport) release(key string, s *session) {
	s.dialogue = nil // what is said now belongs to no message
	switch {
	case s.broken:
		s.abort()
	case s.full() && s.ahead == nil:
		t.idle.retire(s)
	default:
		t.idle.put(key, s)
	}
}

// lower is the stricter of two limits, of which 0 is none.
func lower(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// opening is a session on its way, and who is told how far it has come.
type opening struct {
	progress func(outbox.Step, int64)
	record   *dialogue
	entered  func(Stage)
	session  *session // nil before there is a connection
}

// connect opens, secures and logs in to a session. With an error the session is
// closed, and there to tell how far it came; nil if there was no connection.
//
// The secrets come first: asking for them may take a person's time, and a server
// that is kept waiting hangs up.
func (t *Transport) connect(ctx context.Context, account accounts.Account, o *opening) (*session, error) {
	o.progress(outbox.StepConnect, 0)
	o.entered(StageSecret)
	login, err := resolveLogin(ctx, account.SMTP, "")
	if err != nil {
		return nil, err
	}
	hop, err := resolveHop(ctx, account.SMTP)
	if err != nil {
		return nil, err
	}
	s, err := t.connectAs(ctx, account, hop, login, o)
	if fresh, again := renewed(ctx, account.SMTP, login, err); again {
		return t.connectAs(ctx, account, hop, fresh, o)
	}
	return s, err
}

func (t *Transport) connectAs(ctx context.Context, account accounts.Account, hop hop, login login, o *opening) (*session, error) {
	config, err := tlsConfig(account.SMTP, t.options.RootCAs)
	if err != nil {
		return nil, err
	}
	o.entered(StageDial)
	conn, err := t.dial(ctx, account.SMTP, hop)
	if err != nil {
		return nil, err
	}
	s := newSession(conn, account.SMTP)
	s.probe = func(ctx context.Context) bool { return t.answersTLS(ctx, account.SMTP, hop) }
	s.recordIn(o.record, echoOf(login), hop)
	s.entered, o.session = o.entered, s
	stop := context.AfterFunc(ctx, s.line.interrupt)
	defer stop()
	if err := s.open(ctx, config, login, o.progress); err != nil {
		s.abort()
		return s, withSecret(err, t.options.Fingerprint(login.secret))
	}
	if login.secret != "" {
		s.secret = t.options.Fingerprint(login.secret)
	}
	t.options.Log.Debug("smtp session opened", "server", s.server, "tls", s.tls)
	return s, nil
}

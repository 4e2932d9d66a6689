package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
)

// Stage is a part of the way to a session that takes mail.
type Stage string

// The stages. With STARTTLS, greeting and EHLO come before TLS, and EHLO once
// more behind it.
const (
	StageSecret   Stage = "secret" // asking for the secrets of the account
	StageDial     Stage = "dial"
	StageTLS      Stage = "tls"
	StageGreeting Stage = "greeting"
	StageEHLO     Stage = "ehlo"
	StageLogin    Stage = "login"
	StageMail     Stage = "mail" // only in [Probe.MaySend]
	StageRcpt     Stage = "rcpt" // likewise
)

// ProbeOptions say who is told how far a probe has come, and how long it may take.
type ProbeOptions struct {
	// Entered is told each stage when it begins, so the one before is through. It
	// may ask the probe what is known by then. A login by a token that is refused
	// begins anew, at StageDial, if there is another token. Nil: nobody is told.
	Entered func(Stage)

	// Limit is how long a stage may take; nil: as long as in a delivery.
	Limit func(Stage) time.Duration

	// Trace is told each line of the dialogue, as [outbox.Delivery] describes it.
	Trace func(line string)
}

// Probe is a session that is opened as a delivery opens it, only to see how far
// that goes. It logs in once, like a delivery, and never sends a message. It
// belongs to one goroutine.
type Probe struct {
	transport *Transport
	account   accounts.Account
	options   ProbeOptions
	opening   *opening
	stage     Stage
	timer     *time.Timer // ends the stage
}

// ProbeError is where and why a probe ended. It wraps what is known of the
// reason: one of this package's, or an error of the standard library.
type ProbeError struct {
	Stage  Stage
	Result outbox.Result // as a delivery would get it
	cause  error
}

func (e *ProbeError) Error() string { return e.Result.Text }

// Unwrap is for [errors.Is] and [errors.As].
func (e *ProbeError) Unwrap() error { return e.cause }

// Probe makes a probe of an account, whose name no one needs to know yet. The
// caller must call Close.
func (t *Transport) Probe(account accounts.Account, o ProbeOptions) *Probe {
	if o.Entered == nil {
		o.Entered = func(Stage) {}
	}
	if o.Limit == nil {
		o.Limit = func(Stage) time.Duration { return time.Hour }
	}
	p := &Probe{transport: t, account: account, options: o}
	p.opening = &opening{
		progress: func(outbox.Step, int64) {},
		record:   newDialogue(outbox.Delivery{Trace: o.Trace}),
		entered:  p.enter,
	}
	return p
}

// errSlow ends a stage that takes too long.
var errSlow = errors.New("it takes too long")

// Open goes from nothing to a session that is logged in. It is called once. The
// error is a [*ProbeError], which is a timeout (os.ErrDeadlineExceeded) where a
// stage took too long or ctx ended.
func (p *Probe) Open(ctx context.Context) error {
	ctx, cancel := p.limited(ctx)
	defer cancel()
	s, err := p.transport.connect(ctx, p.account, p.opening)
	if err != nil {
		return p.failed(ctx, err)
	}
	p.opening.session = s
	return nil
}

// limited is a context that ends with the stage's time.
func (p *Probe) limited(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	p.timer = time.AfterFunc(time.Hour, func() { cancel(errSlow) })
	return ctx, func() { p.timer.Stop(); cancel(nil) }
}

func (p *Probe) enter(s Stage) {
	p.stage = s
	p.timer.Reset(p.options.Limit(s))
	p.options.Entered(s)
}

// failed is an error with the stage that it comes from. What the server has
// repeated of the login is taken out.
func (p *Probe) failed(ctx context.Context, err error) *ProbeError {
	e := &ProbeError{Stage: p.stage, Result: resultOf(err), cause: err}
	if ctx.Err() != nil && e.Result.Code == 0 {
		e.Result = outbox.Result{Class: outbox.ClassNetwork, Text: "no answer in time"}
		if errors.Is(context.Cause(ctx), errSlow) {
			e.Result.Text = fmt.Sprintf("no answer within %s", inWords(p.options.Limit(p.stage)))
		}
		e.cause = fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err)
	}
	e.Result.Text = p.opening.record.hide(e.Result.Text)
	return e
}

// MaySend asks the server by MAIL and RCPT whether it takes a message from one
// address to another, and takes that back by RSET. Nothing is sent. The error is
// a [*ProbeError] of StageMail or StageRcpt.
func (p *Probe) MaySend(ctx context.Context, from, to string) error {
	ctx, cancel := p.limited(ctx)
	defer cancel()
	s := p.opening.session
	stop := context.AfterFunc(ctx, s.line.interrupt)
	defer stop()
	p.enter(StageMail)
	if err := p.ask(s, from, to); err != nil {
		return p.failed(ctx, err)
	}
	_, err := s.exchange(phaseReset, "RSET")
	s.broken = s.broken || err != nil // and it is asked nothing else
	return nil
}

func (p *Probe) ask(s *session, from, to string) error {
	d := outbox.Delivery{From: from, Size: 1 << 10, UTF8: !isASCII(from + to)}
	if d.UTF8 && !s.offers("SMTPUTF8") {
		return accountFailure("the server cannot take addresses beyond ASCII (it offers no SMTPUTF8)").because(ErrNoUTF8)
	}
	for _, address := range []string{from, to} {
		if err := checkAddress(address, d.UTF8); err != nil {
			return accountFailure("%v", err).because(ErrSettings)
		}
	}
	if r, err := s.exchange(phaseMail, s.mailCommand(d)); err != nil {
		return err
	} else if !r.positive() {
		return refused(phaseMail, r)
	}
	p.enter(StageRcpt)
	if r, err := s.exchange(phaseFirstRcpt, s.rcptCommand(d, to)); err != nil {
		return err
	} else if !r.positive() {
		return refused(phaseFirstRcpt, r)
	}
	return nil
}

// Close says goodbye, where the server listens, and closes the connection.
func (p *Probe) Close() {
	switch s := p.opening.session; {
	case s == nil:
	case s.broken:
		s.abort()
	default:
		s.quit()
	}
}

// Greeting is the first that the server said, cleaned; "" before that.
func (p *Probe) Greeting() string {
	if p.opening.session == nil {
		return ""
	}
	return p.opening.record.hide(p.opening.session.greeted)
}

// Address is where the connection leads, "" while there is none.
func (p *Probe) Address() string {
	if p.opening.session == nil {
		return ""
	}
	return p.opening.session.line.RemoteAddr().String()
}

// TLS is the state of the line; nil while it is not secured.
func (p *Probe) TLS() *tls.ConnectionState {
	if p.opening.session == nil {
		return nil
	}
	if secured, ok := p.opening.session.conn.(*tls.Conn); ok {
		state := secured.ConnectionState()
		return &state
	}
	return nil
}

// Offers is what the server offers now, by EHLO keyword in upper case. The text
// is the server's.
func (p *Probe) Offers() map[string]string {
	if p.opening.session == nil {
		return nil
	}
	return maps.Clone(p.opening.session.extensions)
}

// MaxSize is the largest message that the server takes, in octets; 0: it names
// none (RFC 1870).
func (p *Probe) MaxSize() int64 { return extensions(p.Offers()).maxSize() }

// Limit is one of those that the server keeps (RFC 9422), such as RCPTMAX; 0: it
// names none.
func (p *Probe) Limit(name string) int { return extensions(p.Offers()).limit(name) }

// Login is the mechanism by which the session is logged in, "" if it is not.
func (p *Probe) Login() string {
	if p.opening.session == nil {
		return ""
	}
	return p.opening.session.way
}

package smtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
	"sendoff/outbox/refusal"
)

// failure is why a step ended: what the outbox is told of it, and the error
// beneath, if there is one.
type failure struct {
	outbox.Result
	cause  error
	reason error // one of those in reason.go; nil: the cause says it, or the reply
}

func (f *failure) Error() string { return f.Text }

func (f *failure) Unwrap() []error {
	var all []error
	for _, err := range []error{f.cause, f.reason} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// resultOf is what an error of this package tells the outbox.
func resultOf(err error) outbox.Result {
	var f *failure
	if errors.As(err, &f) {
		return f.Result
	}
	return outbox.Result{Class: outbox.ClassTemporary, Text: cleantext.Line(err.Error())}
}

// verdict is what a reply means.
func verdict(p phase, r reply) outbox.Result {
	enhanced, text := r.enhanced(), r.words()
	why := refusal.Of(r.code, enhanced, text)
	class := classOf(p, r.code, enhanced, why)
	return outbox.Result{Class: class, Code: r.code, Enhanced: enhanced, Text: text, Limit: limitOf(class, p, r.code, enhanced, why)}
}

// refused is a reply that ends a step.
func refused(p phase, r reply) *failure { return &failure{Result: verdict(p, r)} }

// lost is a connection that broke, or an answer that is not SMTP. Whether that
// is because the delivery was stopped, its callers know.
func lost(p phase, err error) *failure {
	var odd *protocolError
	if errors.As(err, &odd) {
		return &failure{Result: outbox.Result{Class: odd.class, Text: fmt.Sprintf("%s (%s)", odd, p)}, cause: err}
	}
	f := &failure{Result: outbox.Result{Class: outbox.ClassNetwork, Text: fmt.Sprintf("connection lost %s: %s", p, reason(err))}, cause: err}
	if timedOut(err) {
		f.Text = fmt.Sprintf("no answer %s within %s", p, inWords(p.timeout()))
	}
	if p == phaseAuth && !timedOut(err) {
		// Hanging up on a login may be how a server locks somebody out: do not
		// knock again every few seconds, as for a network that is down.
		f.Class, f.Limit = outbox.ClassThrottled, outbox.LimitLogins
	}
	return f
}

// from notes the error beneath a failure.
func (f *failure) from(cause error) *failure {
	f.cause = cause
	return f
}

// because notes which of the reasons above a failure has.
func (f *failure) because(reason error) *failure {
	f.reason = reason
	return f
}

// accountFailure is something that only a change of the account mends.
func accountFailure(format string, arguments ...any) *failure {
	return &failure{Result: outbox.Result{Class: outbox.ClassAccount, Text: cleantext.Line(fmt.Sprintf(format, arguments...))}}
}

// credentialsFailure is something that only another secret mends.
func credentialsFailure(format string, arguments ...any) *failure {
	return &failure{Result: outbox.Result{Class: outbox.ClassCredentials, Text: cleantext.Line(fmt.Sprintf(format, arguments...))}}
}

// stopped is a delivery whose context ended before anything was accepted: with the
// program, or since a person wants it stopped.
func stopped(ctx context.Context, err error) *failure {
	text := "stopped before the message was sent"
	if errors.Is(err, outbox.ErrStopped) || errors.Is(context.Cause(ctx), outbox.ErrStopped) {
		text = outbox.ErrStopped.Error()
	}
	return &failure{Result: outbox.Result{Class: outbox.ClassNetwork, Text: text}, cause: err}
}

// dialFailure explains why there is no connection. ctx is the delivery's.
func dialFailure(ctx context.Context, address string, err error) *failure {
	if ctx.Err() != nil {
		return stopped(ctx, err)
	}
	f := &failure{Result: outbox.Result{Class: outbox.ClassNetwork}, cause: err}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		f.Class = outbox.ClassAccount
		f.Text = fmt.Sprintf("no such host: %s: check the server name of the account", dns.Name)
	case errors.As(err, &dns):
		f.Text = fmt.Sprintf("the name %s could not be looked up: is the network up?", dns.Name)
	case timedOut(err), errors.Is(err, context.DeadlineExceeded):
		f.Text = fmt.Sprintf("cannot reach %s: no answer within %s", address, inWords(dialTimeout))
	default:
		f.Text = fmt.Sprintf("cannot reach %s: %s", address, reason(err))
	}
	f.Text = cleantext.Line(f.Text)
	return f
}

// reason says in a few words why a connection broke or was not made.
func reason(err error) string {
	var system syscall.Errno
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed it"
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return "it was closed"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "no route to it: is the network up?"
	case errors.As(err, &system):
		return system.Error()
	}
	return cleantext.Line(err.Error())
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func inWords(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

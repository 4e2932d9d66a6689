// Package check proves an account step by step, through the code that will send
// with it, and names the cause of what fails.
//
// A step is what a thin probe has seen and a verdict about that, which is pure.
// The first step of a server that fails ends the steps of that server; what the
// DNS says about the sender's domain is advice and fails nothing. Nothing is sent
// but by the loop-back test, which its caller has to ask for, and nothing in a
// mailbox is changed. It knows no outbox: it neither heeds nor sets a park.
//
// Its one hard rule: one login with a password, and no second one anywhere with
// a password that was refused.
package check

import (
	"context"
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox/smtp"
)

// State is what a step came to.
type State string

// The states, as JSON has them. Advice is something to know that stops nobody.
const (
	OK      State = "ok"
	Fail    State = "fail"
	Skipped State = "skipped"
	Advice  State = "advice"
)

// The names of the steps, as JSON has them. Those of the mailbox have "mailbox-"
// in front.
const (
	StepSettings     = "settings"
	StepSecret       = "secret"
	StepDNS          = "dns"
	StepConnect      = "connect"
	StepTLS          = "tls"
	StepCertificate  = "certificate"
	StepGreeting     = "greeting"
	StepEHLO         = "ehlo"
	StepCapabilities = "capabilities"
	StepLogin        = "login"
	StepFrom         = "from"
	StepSize         = "size"
	StepFolder       = "folder"
	StepSPF          = "spf"
	StepDKIM         = "dkim"
	StepDMARC        = "dmarc"
	StepAlignment    = "alignment"
	StepMX           = "mx"
	StepLoopback     = "loopback"
)

// Step is one thing that was looked at. All its text is safe to show.
type Step struct {
	Name   string
	State  State
	Took   time.Duration
	Cause  Cause  // why it is not ok; "" if it is
	Found  string // what was seen or what went wrong, in words
	Server string // the server's own words, with their codes
	Hint   string // what to do
}

// Part is a side of a check.
type Part string

// The parts, in the order of a report.
const (
	PartSending  Part = "sending"
	PartMailbox  Part = "mailbox"
	PartDomain   Part = "domain"
	PartLoopback Part = "loopback"
)

// Part tells which side of the check a step belongs to.
func (s Step) Part() Part {
	switch {
	case strings.HasPrefix(s.Name, mailboxPrefix):
		return PartMailbox
	case slices.Contains(adviceSteps, s.Name):
		return PartDomain
	case s.Name == StepLoopback:
		return PartLoopback
	}
	return PartSending
}

const mailboxPrefix = "mailbox-"

// Report is a whole check.
type Report struct {
	Account string
	Steps   []Step
}

// OK tells that nothing failed. Advice, and what was skipped, does not count.
func (r Report) OK() bool {
	for _, s := range r.Steps {
		if s.State == Fail {
			return false
		}
	}
	return true
}

// Options are what tests and the program around a check may choose. The zero
// value is ready to use.
type Options struct {
	// Step is told each step as it is known, in the order of the report and from
	// the goroutine of Run. Nil: nobody is told.
	Step func(Step)

	// Trace is told each line of the SMTP dialogue, secrets aside.
	Trace func(line string)

	// Dial makes connections below TLS; nil: a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Resolver is asked for the records of the From domain; nil: the system's.
	Resolver *net.Resolver

	// RootCAs are trusted where an account names no CAFile; nil: the system's.
	RootCAs *x509.CertPool

	// Loopback asks for the loop-back test: a message to oneself, if all else is well.
	Loopback bool
}

// Limits of time. All together, a check is over within 20 s, whoever is silent;
// the last of them is for the goodbyes.
const (
	limit       = 19 * time.Second
	secretLimit = 12 * time.Second // a person may be typing a passphrase
	dialLimit   = 9 * time.Second
	greetLimit  = 8 * time.Second // servers that look their callers up take some seconds
	stageLimit  = 6 * time.Second
	knockLimit  = 4 * time.Second
	adviceLimit = 8 * time.Second
	lookupLimit = 3 * time.Second

	arriveLimit = 2 * time.Minute // of the loop-back test
)

// Run checks an account. It returns within 20 s, or with the end of ctx; the
// loop-back test may take two minutes more.
func Run(ctx context.Context, account accounts.Account, o Options) Report {
	if o.Step == nil {
		o.Step = func(Step) {}
	}
	if o.Resolver == nil {
		o.Resolver = &net.Resolver{PreferGo: true} // which ends with its context
	}
	report := Report{Account: account.Name}
	r := &run{account: account, options: o, login: make(chan loginOutcome, 1), asked: make(chan struct{})}
	r.transport = smtp.New(r.lookup, smtp.Options{Dial: o.Dial, RootCAs: o.RootCAs})
	defer r.transport.Close()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var told []<-chan Step
	for _, part := range []func(context.Context, chan<- Step){r.sending, r.mailbox, r.advice} {
		steps := make(chan Step, maxSteps)
		told = append(told, steps)
		go func() {
			defer close(steps)
			part(limited, steps)
		}()
	}
	tell := func(s Step) {
		s = s.clean()
		report.Steps = append(report.Steps, s)
		o.Step(s)
	}
	for _, steps := range told {
		for s := range steps {
			tell(s)
		}
	}
	if o.Loopback {
		tell(r.loopback(ctx, report.OK()))
	}
	return report
}

// maxSteps is more than one part has: none waits for who reads them.
const maxSteps = 32

// run is one check while it lasts.
type run struct {
	account   accounts.Account
	options   Options
	transport *smtp.Transport
	asked     chan struct{}     // closed when the sending side has its secret, or will not have it
	login     chan loginOutcome // of the sending server, once
}

// loginOutcome tells the mailbox's side what became of the same secret.
type loginOutcome struct{ spoilt bool }

func (r *run) lookup(string) (accounts.Account, error) { return r.account, nil }

// maxShown bounds what a step says, in bytes.
const maxShown = 1 << 10

// clean makes a step safe to show.
func (s Step) clean() Step {
	for _, text := range []*string{&s.Found, &s.Server, &s.Hint} {
		if *text = cleantext.Line(*text); len(*text) > maxShown {
			*text = cleantext.Line((*text)[:maxShown]) + "…"
		}
	}
	return s
}

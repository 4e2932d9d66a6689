package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
	"sendoff/outbox/mailbox"
	"sendoff/outbox/smtp"
)

// reader is the side of a check that goes to where the bounces arrive.
type reader struct {
	*run
	*chain
	session *mailbox.Session
	way     *way
	server  accounts.Mailbox
}

// mailboxSteps are the steps of that side in their order.
func mailboxSteps(s accounts.Security) []string {
	line, talk := []string{StepTLS, StepCertificate}, []string{StepGreeting}
	if s == accounts.STARTTLS {
		line, talk = talk, line
	}
	return slices.Concat([]string{StepSecret, StepDNS, StepConnect}, line, talk, []string{StepCapabilities, StepLogin, StepFolder})
}

// mailbox goes from the secret to the folder. An account without a mailbox has
// no steps of it.
func (r *run) mailbox(ctx context.Context, out chan<- Step) {
	if r.account.Mailbox.IsZero() {
		return
	}
	m := &reader{run: r, chain: newChain(out, mailboxSteps(r.account.Mailbox.Security)...), way: newWay(), server: r.account.Mailbox}
	m.prefix = mailboxPrefix
	defer m.end(CauseNotReached)
	m.session = mailbox.New(m.server, r.mailboxOptions())
	defer m.session.Close()
	for _, step := range []func(context.Context) error{m.secret, m.connect, m.secure, m.capabilities, m.login, m.folder} {
		if err := step(ctx); err != nil {
			return
		}
	}
}

func (r *run) mailboxOptions() mailbox.Options {
	return mailbox.Options{Dial: r.options.Dial, RootCAs: r.options.RootCAs}
}

// bounded runs a stage in its time.
func (m *reader) bounded(ctx context.Context, stage smtp.Stage, do func(context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, stageTime(stage))
	defer cancel()
	err := do(within)
	if err != nil {
		m.failed(ctx, stage, err)
	}
	return err
}

// secret asks for it behind the sending side, which may have to ask a person for
// the same.
func (m *reader) secret(ctx context.Context) error {
	if sameSecret(m.account) {
		select {
		case <-m.asked:
		case <-ctx.Done():
		}
		m.last = time.Now()
	}
	if err := m.bounded(ctx, smtp.StageSecret, m.session.Resolve); err != nil {
		return err
	}
	m.pass(StepSecret, "from "+m.server.Secret.String())
	return nil
}

func (m *reader) connect(ctx context.Context) error {
	if err := m.bounded(m.way.watch(ctx), smtp.StageDial, m.session.Dial); err != nil {
		return err
	}
	m.way.tell(m.chain, StepDNS, StepConnect, m.server.Host, m.server.Proxy, m.session.Address())
	return nil
}

func (m *reader) secure(ctx context.Context) error {
	if err := m.bounded(ctx, smtp.StageGreeting, m.session.Secure); err != nil {
		return err
	}
	m.heard(m.server.Security == accounts.STARTTLS)
	m.line()
	m.heard(true)
	return nil
}

// heard tells the greeting, when it is its turn.
func (m *reader) heard(now bool) {
	if now {
		m.tell(Step{Name: StepGreeting, State: OK, Server: m.session.Greeting()})
	}
}

// line tells how the line is secured.
func (m *reader) line() {
	state := m.session.TLS()
	if state == nil {
		m.skip(StepTLS, CauseNotNeeded, "the account wants a clear line")
		m.skip(StepCertificate, CauseNotNeeded, "")
		return
	}
	m.pass(StepTLS, fmt.Sprintf("%s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)))
	found, hint := aboutCertificate(state, m.server.PinSHA256 != "", time.Now())
	m.tell(Step{Name: StepCertificate, State: OK, Found: found, Hint: hint})
}

func (m *reader) capabilities(ctx context.Context) error {
	return m.bounded(ctx, smtp.StageEHLO, func(ctx context.Context) error {
		all, err := m.session.Capabilities(ctx)
		if err == nil {
			m.pass(StepCapabilities, strings.Join(all[:min(len(all), 40)], ", "))
		}
		return err
	})
}

// login waits for what became of the same password at the other server: two
// wrong logins in a second are how one is locked out.
func (m *reader) login(ctx context.Context) error {
	if sameLogin(m.account) {
		select {
		case outcome := <-m.run.login:
			if outcome.spoilt {
				m.skip(StepLogin, CauseSamePassword, "the same password did not get in for sending just now, and is not tried again")
				return errStopped
			}
		case <-ctx.Done():
		}
		m.last = time.Now()
	}
	if err := m.bounded(ctx, smtp.StageLogin, m.session.Login); err != nil {
		return err
	}
	m.pass(StepLogin, "as "+m.server.Username)
	return nil
}

// errStopped ends the steps without a failure.
var errStopped = errors.New("it is not gone on")

func (m *reader) folder(ctx context.Context) error {
	return m.bounded(ctx, mailbox.StageFolder, func(ctx context.Context) error {
		folder, err := m.session.Examine(ctx)
		if err == nil {
			m.toldFolder(ctx, folder)
		}
		return err
	})
}

// toldFolder tells the folder. Without UIDL a POP3 server does not say which of
// its messages are new.
func (m *reader) toldFolder(ctx context.Context, f mailbox.Folder) {
	found := fmt.Sprintf("%d messages", f.Messages)
	if m.server.Protocol == accounts.IMAP {
		m.pass(StepFolder, m.server.Folder+": "+found)
		return
	}
	all, err := m.session.Capabilities(ctx)
	if err == nil && len(all) > 0 && !slices.Contains(all, "UIDL") {
		m.tell(Step{Name: StepFolder, State: Advice, Cause: CauseNoUIDL, Found: found + "; the server does not say which are new (no UIDL)", Hint: "use IMAP, if the provider has it"})
		return
	}
	m.pass(StepFolder, found)
}

// failed tells the step that has failed.
func (m *reader) failed(ctx context.Context, stage smtp.Stage, err error) {
	var e *mailbox.Error
	if !errors.As(err, &e) {
		e = &mailbox.Error{Stage: stage, Text: err.Error()}
	}
	server := m.server
	seen := sight{
		protocol: strings.ToUpper(string(server.Protocol)), stage: e.Stage, err: err, said: e.Answer != mailbox.NoAnswer,
		answer: outbox.Result{Class: classOf(e), Text: e.Text}, account: m.account, host: server.Host, port: server.Port, security: server.Security,
		username: server.Username, token: server.Auth.ByToken(), allowed: stageTime(e.Stage), offered: m.session.Offered(),
	}
	v := m.lookAround(ctx, accounts.SMTP{Host: server.Host, Port: server.Port, Security: server.Security, Proxy: server.Proxy}, seen)
	words := ""
	if seen.said {
		words = e.Text
	}
	name := mailboxStepAt(e.Stage, v.cause)
	m.way.tellUpTo(m.chain, e.Stage, v.cause, server.Host, server.Proxy)
	if e.Stage == smtp.StageGreeting && server.Security == accounts.TLS {
		m.line()
	}
	if e.Stage == smtp.StageTLS && server.Security == accounts.STARTTLS {
		m.heard(true)
	}
	m.fail(name, v, words)
}

// mailboxStepAt is stepAt for a protocol that has no EHLO.
func mailboxStepAt(stage smtp.Stage, c Cause) string {
	if stage == smtp.StageEHLO {
		return StepCapabilities
	}
	return stepAt(stage, c)
}

// classOf says of a mailbox's answer what the outbox would call it.
func classOf(e *mailbox.Error) outbox.Class {
	switch e.Answer {
	case mailbox.Refused:
		return outbox.ClassCredentials
	case mailbox.Unable:
		return outbox.ClassThrottled
	case mailbox.Forbidden:
		return outbox.ClassAccount
	}
	switch {
	case !e.Lost() && e.Stage != smtp.StageDial && e.Stage != smtp.StageSecret && !errors.Is(e, os.ErrDeadlineExceeded):
		return outbox.ClassProtocol
	case e.Lost() && e.Stage == smtp.StageLogin && !errors.Is(e, os.ErrDeadlineExceeded):
		return outbox.ClassThrottled // as for SMTP: it may be how a server locks somebody out
	}
	return outbox.ClassNetwork
}

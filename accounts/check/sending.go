package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"sendoff/accounts"
	"sendoff/internal/config"
	"sendoff/outbox"
	"sendoff/outbox/mailbox"
	"sendoff/outbox/smtp"
)

// sending is the protocol of the server that sends, as people call it.
const sending = "SMTP"

// sender is the side of a check that goes to the server that sends.
type sender struct {
	*run
	*chain
	probe *smtp.Probe
	stage smtp.Stage // that it is at
	way   *way

	secretHad func() // the place of the secret is free for others
}

// stepsOf are the steps of that side in their order, which is another one with
// STARTTLS.
func stepsOf(s accounts.Security) []string {
	line, talk := []string{StepTLS, StepCertificate}, []string{StepGreeting, StepEHLO}
	if s == accounts.STARTTLS {
		line, talk = talk, line
	}
	return slices.Concat([]string{StepSettings, StepSecret, StepDNS, StepConnect}, line, talk, []string{StepCapabilities, StepLogin, StepFrom, StepSize})
}

// sending goes from the settings to what may be sent.
func (r *run) sending(ctx context.Context, out chan<- Step) {
	s := &sender{run: r, chain: newChain(out, stepsOf(r.account.SMTP.Security)...), way: newWay()}
	outcome := loginOutcome{}
	defer func() { r.login <- outcome }()
	s.secretHad = sync.OnceFunc(func() { close(r.asked) })
	defer s.secretHad()
	defer s.end(CauseNotReached)
	if !s.settings() {
		return
	}
	s.probe = r.transport.Probe(r.account, smtp.ProbeOptions{Entered: s.entered, Limit: stageTime, Trace: r.options.Trace})
	defer s.probe.Close()
	if err := s.probe.Open(s.way.watch(ctx)); err != nil {
		stage, v := s.failed(ctx, err)
		outcome.spoilt = spoilt(stage, v.cause)
		return
	}
	s.through(s.stage)
	s.skip(StepLogin, CauseNotNeeded, "the account has no login")
	s.from(ctx)
	s.size()
}

// stageTime is how long each stage may take.
func stageTime(s smtp.Stage) time.Duration {
	switch s {
	case smtp.StageSecret:
		return secretLimit
	case smtp.StageDial:
		return dialLimit
	case smtp.StageGreeting, smtp.StageLogin: // which servers delay on purpose
		return greetLimit
	}
	return stageLimit
}

// settings looks at what can be seen without a network.
func (s *sender) settings() bool {
	if _, err := accounts.NewBook("", s.account); err != nil {
		v := verdict{CauseSettings, err.Error(), ""}
		if e := new(config.Error); errors.As(err, &e) {
			v.found, v.hint = strings.TrimPrefix(e.Key, "account[0].")+" "+e.Problem, e.Hint
		}
		s.fail(StepSettings, v, "")
		return false
	}
	server := s.account.SMTP
	if server.Port == 25 && !server.Loopback() {
		s.tell(Step{Name: StepSettings, State: Advice, Cause: CausePort25, Found: "port 25 is for mail between servers, and usually blocked", Hint: fmt.Sprintf("use port %d (tls) or %d (starttls)", accounts.TLS.Port(), accounts.STARTTLS.Port())})
		return true
	}
	s.pass(StepSettings, fmt.Sprintf("%s, %s", net.JoinHostPort(server.Host, fmt.Sprint(server.Port)), server.Security))
	return true
}

// entered is told that a stage begins. One that leads back to the start is a
// second token, of which nothing more is told than how it ends.
func (s *sender) entered(next smtp.Stage) {
	if s.stage != smtp.StageLogin {
		s.through(s.stage)
	}
	if s.stage == smtp.StageSecret {
		s.secretHad()
	}
	s.stage = next
}

// through tells the steps of a stage that has succeeded.
func (s *sender) through(stage smtp.Stage) {
	server := s.account.SMTP
	switch stage {
	case smtp.StageSecret:
		if server.Secret.IsZero() {
			s.skip(StepSecret, CauseNotNeeded, "the account has none")
			return
		}
		s.pass(StepSecret, "from "+server.Secret.String())
	case smtp.StageDial:
		s.way.tell(s.chain, StepDNS, StepConnect, server.Host, server.Proxy, s.probe.Address())
		if server.Security == accounts.None {
			s.skip(StepTLS, CauseNotNeeded, "the account wants a clear line")
			s.skip(StepCertificate, CauseNotNeeded, "")
		}
	case smtp.StageTLS:
		s.secured(s.probe.TLS())
	case smtp.StageGreeting:
		s.tell(Step{Name: StepGreeting, State: OK, Server: s.probe.Greeting()})
	case smtp.StageEHLO:
		s.pass(StepEHLO, "")
		if server.Security != accounts.STARTTLS || s.probe.TLS() != nil {
			s.capabilities()
		}
	case smtp.StageLogin:
		s.loggedIn()
	}
}

func (s *sender) secured(state *tls.ConnectionState) {
	s.pass(StepTLS, fmt.Sprintf("%s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)))
	found, hint := aboutCertificate(state, s.account.SMTP.PinSHA256 != "", time.Now())
	s.tell(Step{Name: StepCertificate, State: OK, Found: found, Hint: hint})
}

// capabilities says what the server can do, and what follows where it cannot.
func (s *sender) capabilities() {
	offers := s.probe.Offers()
	var has, lacks []string
	for _, keyword := range []string{"PIPELINING", "8BITMIME", "CHUNKING", "ENHANCEDSTATUSCODES"} {
		if _, found := offers[keyword]; found {
			has = append(has, keyword)
		}
	}
	for _, e := range []struct{ keyword, without string }{
		{"SMTPUTF8", "no SMTPUTF8: addresses must be ASCII"},
		{"DSN", "no DSN: no delivery receipts"},
	} {
		if _, found := offers[e.keyword]; found {
			has = append(has, e.keyword)
		} else {
			lacks = append(lacks, e.without)
		}
	}
	if limits := offers["LIMITS"]; limits != "" {
		has = append(has, "LIMITS "+limits)
	}
	if ways := offers["AUTH"]; ways != "" {
		has = append(has, "logins "+ways)
	}
	s.pass(StepCapabilities, strings.Join(append([]string{strings.Join(has, ", ")}, lacks...), "; "))
}

func (s *sender) loggedIn() {
	server := s.account.SMTP
	switch way := s.probe.Login(); {
	case way == "": // a certificate without a name, where the server wants no more
		s.skip(StepLogin, CauseNotNeeded, "the server takes the client certificate for a login")
	case server.Username == "":
		s.pass(StepLogin, "by "+way)
	default:
		s.pass(StepLogin, fmt.Sprintf("as %s, by %s", server.Username, way))
	}
}

// from asks whether the account may send as its From address, by a message to
// itself that is taken back before it is one.
func (s *sender) from(ctx context.Context) {
	message, err := newSelfMessage(s.account, time.Now())
	if err == nil {
		err = s.probe.MaySend(ctx, message.envelope.From, message.envelope.Recipients[0])
	}
	if err != nil {
		s.stage = smtp.StageMail
		s.failed(ctx, err)
		return
	}
	s.pass(StepFrom, "the server takes mail from "+cmp.Or(s.account.BounceAddress, s.account.From.Address))
}

// size compares what the server takes with what the account lets pass.
func (s *sender) size() {
	server, own := s.probe.MaxSize(), s.account.Limits.MaxSize
	switch {
	case server == 0 && own == 0:
		s.skip(StepSize, CauseNotNeeded, "the server names no limit")
	case server == 0:
		s.pass(StepSize, "the server names no limit; the account's own is "+inMB(own))
	case own > server:
		s.tell(Step{Name: StepSize, State: Advice, Cause: CauseSizeLimit,
			Found: fmt.Sprintf("the server takes %s a message, and the account lets %s pass", inMB(server), inMB(own)),
			Hint:  fmt.Sprintf("set max_size = %d in the account's limits", server)})
	default:
		s.pass(StepSize, fmt.Sprintf("up to %s a message, so about %s of files", inMB(server), inMB(filesIn(server))))
	}
}

// filesIn is how much of files fits into a message: base64 makes four characters
// of three bytes, and two of a line end for each line of 76.
func filesIn(size int64) int64 { return size * 3 / 4 * 76 / 78 }

func inMB(octets int64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(octets)/1e6), ".0") + " MB"
}

// failed tells the step that has failed, and looks around first where that says
// more. It gives the stage of that.
func (s *sender) failed(ctx context.Context, err error) (smtp.Stage, verdict) {
	var e *smtp.ProbeError
	if !errors.As(err, &e) {
		e = &smtp.ProbeError{Stage: s.stage, Result: outbox.Result{Text: err.Error()}}
	}
	server := s.account.SMTP
	v := s.lookAround(ctx, server, sight{
		protocol: sending, stage: e.Stage, err: err, answer: e.Result, account: s.account,
		host: server.Host, port: server.Port, security: server.Security, username: server.Username, token: server.Auth.ByToken(),
		allowed: stageTime(e.Stage), offered: strings.Fields(strings.ToUpper(s.probe.Offers()["AUTH"])),
	})
	s.way.tellUpTo(s.chain, e.Stage, v.cause, server.Host, server.Proxy)
	name := stepAt(e.Stage, v.cause)
	if slices.Contains(s.told, name) { // TLS 1.3 refuses our certificate in place of its next answer
		name = stepAt(e.Stage, "")
	}
	s.fail(name, v, quoted(e.Result))
	return e.Stage, v
}

// lookAround judges what was seen, after a look at what may say more.
func (r *run) lookAround(ctx context.Context, server accounts.SMTP, seen sight) verdict {
	seen.now = time.Now()
	v := judge(seen)
	if v.cause == CauseHostUnknown {
		seen.near = accounts.NearestHost(server.Host)
	}
	if otherDoorMayHelp[v.cause] {
		seen.doors = r.knock(ctx, server, portsOf(seen.protocol))
	}
	v = judge(seen)
	if ctx.Err() != nil && v.cause != CauseSecretSlow && v.cause != CauseTokenServer {
		return verdict{CauseTimeOver, "the time of the check was over: " + v.found, v.hint}
	}
	return v
}

// otherDoorMayHelp are the causes for which it is worth a look at the other ports.
var otherDoorMayHelp = map[Cause]bool{
	CausePortClosed: true, CauseNoAnswer: true, CausePlainPort: true, CauseNoSTARTTLS: true, CauseTLSRefused: true,
	CauseTLSSilent: true, CauseSilent: true, CauseNoLogin: true, CauseLost: true, CauseNotMail: true,
}

// stepAt is the step that a stage's failure belongs to.
func stepAt(stage smtp.Stage, c Cause) string {
	switch {
	case c == CauseHostUnknown, stage == smtp.StageDial && c == CauseOffline:
		return StepDNS
	case strings.HasPrefix(string(c), string(CauseCertificate)):
		return StepCertificate
	}
	switch stage {
	case smtp.StageSecret:
		return StepSecret
	case smtp.StageDial:
		return StepConnect
	case smtp.StageTLS:
		return StepTLS
	case smtp.StageGreeting:
		return StepGreeting
	case smtp.StageEHLO:
		return StepEHLO
	case smtp.StageLogin:
		return StepLogin
	case mailbox.StageFolder:
		return StepFolder
	}
	return StepFrom
}

// quoted are the server's own words with their codes, "" if it said nothing.
func quoted(r outbox.Result) string {
	if r.Code == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.Code, r.Enhanced)) + " " + r.Text
}

// way watches how a connection is made: what package net tells of it.
type way struct {
	began, resolved time.Time
	addresses       []string
}

func newWay() *way { return new(way) }

func (w *way) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { w.began = time.Now() },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			w.resolved = time.Now()
			w.addresses = nil
			for _, a := range info.Addrs {
				w.addresses = append(w.addresses, a.String())
			}
		},
	})
}

// tell tells how a name was looked up, and where the connection leads.
func (w *way) tell(c *chain, dns, connect, host string, proxy accounts.Proxy, address string) {
	w.tellNames(c, dns, host, proxy)
	found := "to " + address
	if !proxy.IsZero() {
		found = "through the proxy " + proxy.Address()
	}
	c.pass(connect, found)
}

func (w *way) tellNames(c *chain, dns, host string, proxy accounts.Proxy) {
	_, err := netip.ParseAddr(host)
	switch {
	case !proxy.IsZero():
		c.skip(dns, CauseNotNeeded, "the proxy looks the name up")
	case err == nil, w.addresses == nil:
		c.skip(dns, CauseNotNeeded, "there is no name to look up")
	default:
		c.tell(Step{Name: dns, State: OK, Took: max(w.resolved.Sub(w.began), 1), Found: fmt.Sprintf("%s is %s", host, listed(w.addresses))})
	}
}

// tellUpTo tells what went well in a stage that has failed.
func (w *way) tellUpTo(c *chain, stage smtp.Stage, cause Cause, host string, proxy accounts.Proxy) {
	switch {
	case stage == smtp.StageDial && stepAt(stage, cause) == StepConnect:
		w.tellNames(c, StepDNS, host, proxy)
	case stage == smtp.StageTLS && stepAt(stage, cause) == StepCertificate:
		c.pass(StepTLS, "")
	}
}

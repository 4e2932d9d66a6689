package check

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
	"sendoff/outbox/refusal"
	"sendoff/outbox/smtp"
)

// sight is all that a verdict goes by: where a server's steps ended, why, and
// what was looked at besides.
type sight struct {
	protocol string // SMTP, IMAP, POP3
	stage    smtp.Stage
	err      error
	answer   outbox.Result // Code and Enhanced are 0 and "" without an answer of SMTP
	said     bool          // a mailbox's server has said no; the class says how it is meant

	account  accounts.Account
	host     string
	port     int
	security accounts.Security
	username string
	token    bool          // the secret is an access token
	allowed  time.Duration // what the stage was given

	offered []string // login mechanisms
	doors   []door   // how the usual ports answer
	near    string   // a known host that may be meant, "" for none
	now     time.Time
}

// verdict is what a sight means.
type verdict struct {
	cause Cause
	found string // what happened, in words
	hint  string // what to do
}

// rule is one thing that can go wrong. The first that fits is the verdict.
type rule struct {
	cause Cause
	fits  func(sight) bool
	say   func(sight) (found, hint string)
}

// judge says what a sight means. It is pure.
func judge(s sight) verdict {
	for _, r := range rules {
		if r.fits(s) {
			found, hint := r.say(s)
			return verdict{r.cause, found, hint}
		}
	}
	return fallback(s)
}

// fallback says what the outbox would say of it.
func fallback(s sight) verdict {
	if s.said {
		return verdict{CauseRefused, "the server refuses it", "show the provider the server's words"}
	}
	e := outbox.Explain(s.answer, s.account.Name, s.account.From.Address)
	v := verdict{CauseFailed, strings.TrimSuffix(e.What, "."), e.Hint}
	if s.answer.Code > 0 {
		v.cause = CauseRefused
		return v
	}
	v.found = s.answer.Text
	return v
}

// as tells that an error holds one of a type.
func as[T error](s sight) bool {
	var target T
	return errors.As(s.err, &target)
}

func because(reason error) func(sight) bool {
	return func(s sight) bool { return errors.Is(s.err, reason) }
}

func (s sight) at(stages ...smtp.Stage) bool { return slices.Contains(stages, s.stage) }

// timedOut tells that a stage got no answer in its time.
func (s sight) timedOut() bool { return errors.Is(s.err, os.ErrDeadlineExceeded) }

// login tells that the secret is a token which a login at a provider brings.
func (s sight) login() bool {
	secret := s.account.Mailbox.Secret
	if s.protocol == sending {
		secret = s.account.SMTP.Secret
	}
	return secret.OAuth != ""
}

// refusedFor tells a refusal, at some stages, by what the server means.
func (s sight) refusedFor(reasons ...refusal.Reason) bool {
	code := s.answer.Code
	if s.said {
		code = 535 // a mailbox's server says it in the same words, and has no such codes
	}
	return code >= 400 && slices.Contains(reasons, refusal.Of(code, s.answer.Enhanced, s.answer.Text))
}

// place is host and port, as people say them.
func (s sight) place() string { return fmt.Sprintf("%s, port %d", s.host, s.port) }

// otherProtocol is the one whose usual port the account has for this one, "" if
// it is none of another.
func (s sight) otherProtocol() string {
	usual := map[int]string{25: sending, 465: sending, 587: sending, 143: "IMAP", 993: "IMAP", 110: "POP3", 995: "POP3"}
	if usual[s.port] == s.protocol {
		return ""
	}
	return usual[s.port]
}

// says makes the words of a rule that needs nothing of the sight.
func says(found, hint string) func(sight) (string, string) {
	return func(sight) (string, string) { return found, hint }
}

// hung tells a connection that broke, or a server that said nothing.
func (s sight) hung() bool {
	return s.answer.Code == 0 && !s.said && (s.timedOut() || s.answer.Class == outbox.ClassNetwork)
}

// rules go from the start of the way to its end. A server that answers is
// believed first.
var rules = slices.Concat(wayRules, lineRules, certificateRules, answerRules, loginRules, fromRules, folderRules, lastRules)

// wayRules are for what keeps a connection from being made.
var wayRules = []rule{
	{CauseTokenServer, func(s sight) bool {
		return s.at(smtp.StageSecret) && s.login() && (s.timedOut() || errors.Is(s.err, accounts.ErrTryLater))
	}, func(s sight) (string, string) {
		found := s.answer.Text
		if s.timedOut() {
			found = "the server that gives the tokens did not answer in time"
		}
		return found, "the login itself stands: check again in a while, and whether the network lets you to that server"
	}},
	{CauseSecretSlow, func(s sight) bool { return s.at(smtp.StageSecret) && s.timedOut() }, func(s sight) (string, string) {
		return "the secret was not given in time", fmt.Sprintf("unlock the place where it is kept, then check again: a check has %d s", int(limit.Seconds())+1)
	}},
	{CauseSecret, because(smtp.ErrSecret), func(s sight) (string, string) {
		return s.answer.Text, "see that the place where the secret is kept gives it, and nothing else"
	}},
	{CauseProxy, because(smtp.ErrProxy), func(s sight) (string, string) {
		return s.answer.Text, "check the proxy of the account"
	}},
	{CauseSettings, because(smtp.ErrSettings), func(s sight) (string, string) {
		return s.answer.Text, "check what the account says there"
	}},
	{CauseHostUnknown, func(s sight) bool {
		var dns *net.DNSError
		return errors.As(s.err, &dns) && dns.IsNotFound
	}, func(s sight) (string, string) {
		if s.near != "" {
			return "no such server: " + s.host, "did you mean " + s.near + "?"
		}
		return "no such server: " + s.host, "check the host of the account"
	}},
	{CauseOffline, func(s sight) bool {
		return as[*net.DNSError](s) || s.at(smtp.StageDial) && errors.Is(s.err, syscall.ENETUNREACH)
	}, says("names cannot be looked up, or there is no way out: are you online?", "connect to a network and check again; settings can be saved unchecked")},
	{CausePortClosed, func(s sight) bool { return s.at(smtp.StageDial) && errors.Is(s.err, syscall.ECONNREFUSED) }, func(s sight) (string, string) {
		return fmt.Sprintf("%s answers, but nothing listens on port %d", s.host, s.port), s.throughOtherDoor("check the port of the account")
	}},
	{CauseNoAnswer, func(s sight) bool { return s.at(smtp.StageDial) }, func(s sight) (string, string) {
		found := "no way to " + s.place()
		if s.timedOut() {
			found = fmt.Sprintf("no answer from %s in %d s", s.place(), int(s.allowed.Seconds()))
		}
		return found + ": a firewall, or the network that you are in, may block it" + s.triedDoors(),
			s.throughOtherDoor("try another network, or ask the provider for another port")
	}},
}

// lineRules are for what keeps the line from being secured.
var lineRules = []rule{
	{CausePlainPort, because(smtp.ErrSpeaksPlain), func(s sight) (string, string) {
		return fmt.Sprintf("port %d begins in the clear, not with TLS", s.port), s.throughOtherDoor(fmt.Sprintf("set security = \"starttls\", usually with port %d", usualPort(s.protocol, accounts.STARTTLS)))
	}},
	{CauseTLSPort, func(s sight) bool {
		return errors.Is(s.err, smtp.ErrSpeaksTLS) || s.at(smtp.StageGreeting) && s.hung() && s.security != accounts.TLS && s.doorAt(s.port) == smtp.DoorTLS
	}, func(s sight) (string, string) {
		return fmt.Sprintf("port %d expects TLS at once", s.port), fmt.Sprintf(`set security = "tls" with port %d`, s.port)
	}},
	{CauseNoSTARTTLS, because(smtp.ErrNoSTARTTLS), func(s sight) (string, string) {
		return "the server offers no encryption here (no STARTTLS), so a password would travel in the clear: refused",
			s.throughOtherDoor("check the port; try another network, if this one may take the offer out")
	}},
	{CauseTampered, because(smtp.ErrTampered), says("there was clear text behind the server's answer to STARTTLS: somebody may be tampering with the line",
		"try another network, and tell the provider if it stays so")},
	{CauseTLSOld, because(smtp.ErrOldTLS), says("the server offers only TLS 1.0 or 1.1, unsafe since 2021 (RFC 8996)", "ask the provider for a server with TLS 1.2 or later")},
	{CauseClientCert, func(s sight) bool { return errors.Is(s.err, smtp.ErrCertWanted) && s.account.SMTP.ClientCert != "" }, says(
		"the server does not take the certificate of the account", "see that client_cert is the one that the server knows")},
	{CauseClientCert, because(smtp.ErrCertWanted), says("the server wants a certificate from the account", "name one that the server knows with client_cert and client_key")},
	{CauseTLSRefused, because(smtp.ErrTLSRefused), func(s sight) (string, string) {
		return "the server breaks off the TLS handshake", s.throughOtherDoor("check the host and the port of the account")
	}},
	{CauseTLSRefused, func(s sight) bool { return s.at(smtp.StageTLS) && s.answer.Code >= 400 }, func(s sight) (string, string) {
		return "the server does not secure the line now; nothing is sent over a clear one", s.throughOtherDoor("check again later, or ask the provider")
	}},
	{CauseNotMail, func(s sight) bool { return errors.Is(s.err, smtp.ErrNotMail) && s.otherProtocol() != "" }, func(s sight) (string, string) {
		return fmt.Sprintf("what answers at %s does not speak %s: the port is that of %s", s.place(), s.protocol, s.otherProtocol()), s.throughOtherDoor("check the port of the account")
	}},
	{CauseNotMail, because(smtp.ErrNotMail), func(s sight) (string, string) {
		return "what answers at " + s.place() + " is not a mail server", "check the host and the port; in a hotel or a train, open its log-in page in a browser first"
	}},
	{CauseTLSSilent, func(s sight) bool { return s.at(smtp.StageTLS) && s.timedOut() }, func(s sight) (string, string) {
		return fmt.Sprintf("the server takes the connection, and does not answer to TLS within %d s", int(s.allowed.Seconds())),
			s.throughOtherDoor("check the port and the security of the account")
	}},
}

// answerRules are for servers that answer, or fail to, before the login.
var answerRules = []rule{
	{CauseTooManyConns, func(s sight) bool { return s.refusedFor(refusal.Connections) }, says("there are too many connections to the server already",
		"close other mail programs, or set a lower number of connections in the account's limits")},
	{CauseTooManyLogins, func(s sight) bool { return s.refusedFor(refusal.Logins) }, says("the server wants no more logins for now",
		"wait an hour, and see that no other program logs in with an old password")},
	{CauseBusy, func(s sight) bool {
		return s.at(smtp.StageGreeting, smtp.StageEHLO) && (s.answer.Code >= 400 && s.answer.Code < 500 || s.said)
	}, says("the server is busy", "check again in some minutes")},
	{CauseUnwelcome, func(s sight) bool { return s.at(smtp.StageGreeting, smtp.StageEHLO) && s.answer.Code >= 500 }, says("the server refuses this network",
		"try another network; where its words name a list, ask to be taken off that")},
	{CauseSilent, func(s sight) bool { return s.at(smtp.StageGreeting) && s.timedOut() }, func(s sight) (string, string) {
		return fmt.Sprintf("the server takes the connection, and says nothing for %d s", int(s.allowed.Seconds())), s.throughOtherDoor("check the host and the port of the account")
	}},
}

// lastRules are for what has no rule of its own.
var lastRules = []rule{
	{CauseSenseless, func(s sight) bool { return s.answer.Class == outbox.ClassProtocol }, func(s sight) (string, string) {
		if s.protocol != sending {
			return "the server says what is no " + s.protocol, "check the host, the port and the protocol of the mailbox"
		}
		return s.answer.Text, "check the host and the port; if they are right, show the provider the server's words"
	}},
	{CauseLost, func(s sight) bool { return s.hung() }, func(s sight) (string, string) {
		return s.answer.Text, s.throughOtherDoor("check again; if it stays so, try another network")
	}},
}

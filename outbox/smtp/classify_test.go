package smtp

import (
	"testing"

	"sendoff/outbox"
)

func TestClassify(t *testing.T) {
	const (
		greet, ehlo, start, auth = phaseGreeting, phaseEHLO, phaseSTARTTLS, phaseAuth
		mail, rcpt, more         = phaseMail, phaseFirstRcpt, phaseFurtherRcpt
		data, dot                = phaseData, phaseDot
	)
	rows := []struct {
		phase    phase
		code     int
		enhanced string
		text     string
		want     outbox.Class
	}{
		{dot, 250, "2.0.0", "queued", outbox.ClassAccepted},
		{dot, 354, "", "go", outbox.ClassUncertain},
		{mail, 354, "", "go", outbox.ClassProtocol},
		{data, 250, "", "ok", outbox.ClassProtocol},

		// The server as a whole.
		{greet, 421, "4.3.2", "shutting down", outbox.ClassNetwork},
		{greet, 421, "4.7.0", "try again later", outbox.ClassThrottled},
		{greet, 421, "", "Too many concurrent SMTP connections", outbox.ClassThrottled},
		{greet, 554, "5.7.1", "you are not welcome", outbox.ClassAccount},
		{ehlo, 550, "", "bad name", outbox.ClassAccount},
		{start, 454, "4.7.0", "TLS not available", outbox.ClassNetwork},
		{start, 502, "", "no", outbox.ClassAccount},

		// One recipient does not stop an account.
		{rcpt, 550, "5.7.133", "SenderNotAuthenticatedForGroup; authentication required", outbox.ClassRejected},
		{rcpt, 530, "5.7.0", "Recipient domain requires authentication", outbox.ClassRejected},
		{rcpt, 454, "4.7.1", "<ana@example.org>: Relay access denied", outbox.ClassTemporary},
		{rcpt, 550, "5.1.1", "<throttle@example.org>: user unknown", outbox.ClassRejected},
		{rcpt, 550, "5.1.1", "<starttls@example.org>: user unknown", outbox.ClassRejected},
		{more, 550, "", "<daily.limit@example.org>: unknown", outbox.ClassRejected},
		{dot, 554, "5.7.1", "STARTTLS is required by recipient domain", outbox.ClassPolicy},

		// The login.
		{auth, 535, "5.7.8", "bad credentials", outbox.ClassCredentials},
		{auth, 534, "5.7.9", "application-specific password required", outbox.ClassCredentials},
		{auth, 535, "5.7.139", "basic authentication is disabled", outbox.ClassCredentials},
		{auth, 550, "5.7.30", "basic authentication is not supported", outbox.ClassCredentials},
		{auth, 535, "5.7.8", "Too many connections", outbox.ClassThrottled},
		{auth, 454, "4.7.0", "Too many login attempts", outbox.ClassThrottled},
		{auth, 454, "4.7.0", "Temporary authentication failure", outbox.ClassThrottled},
		{auth, 421, "", "bye", outbox.ClassThrottled},
		{auth, 432, "4.3.2", "concurrent connections limit exceeded", outbox.ClassThrottled},
		{auth, 432, "4.7.12", "a password transition is needed", outbox.ClassCredentials},
		{auth, 504, "5.5.4", "unrecognized authentication type", outbox.ClassAccount},
		{auth, 538, "5.7.11", "encryption required", outbox.ClassAccount},
		{mail, 530, "5.7.0", "Authentication required", outbox.ClassCredentials},
		{mail, 530, "5.7.0", "Must issue a STARTTLS command first", outbox.ClassAccount},
		{mail, 550, "", "unauthenticated senders not allowed", outbox.ClassCredentials},
		{rcpt, 550, "5.7.30", "not supported for client submission", outbox.ClassCredentials},

		// Limits of the account, whatever their code.
		{mail, 432, "4.3.2", "sender thread limit", outbox.ClassThrottled},
		{mail, 421, "4.4.5", "too busy", outbox.ClassThrottled},
		{mail, 452, "4.3.2", "Connection rate limit exceeded.", outbox.ClassThrottled},
		{rcpt, 550, "5.4.5", "Daily user sending limit exceeded", outbox.ClassThrottled},
		{rcpt, 550, "5.7.1", "Daily SMTP relay limit exceeded", outbox.ClassThrottled},
		{data, 454, "", "Throttling failure: Maximum sending rate exceeded.", outbox.ClassThrottled},
		{data, 454, "", "Throttling failure: Daily message quota exceeded.", outbox.ClassThrottled},
		{rcpt, 450, "4.7.1", "too much mail from you", outbox.ClassThrottled},
		{rcpt, 550, "5.1.1", "has sent to too many recipients this hour", outbox.ClassThrottled},
		{dot, 421, "4.7.0", "slow down", outbox.ClassThrottled},

		// Not now.
		{mail, 451, "4.3.0", "later", outbox.ClassTemporary},
		{mail, 452, "4.3.1", "insufficient system storage", outbox.ClassTemporary},
		{rcpt, 451, "4.7.1", "Greylisting in action", outbox.ClassTemporary},
		{rcpt, 450, "4.2.1", "the user is receiving mail at a rate limit", outbox.ClassTemporary},
		{rcpt, 450, "4.2.2", "mailbox full", outbox.ClassTemporary},
		{rcpt, 450, "5.1.1", "the basic code rules", outbox.ClassTemporary},
		{rcpt, 421, "", "closing", outbox.ClassTemporary},
		{more, 452, "4.5.3", "too many recipients", outbox.ClassTemporary},
		{more, 552, "", "no more", outbox.ClassTemporary},
		{rcpt, 552, "", "Too many recipients", outbox.ClassTemporary},
		{dot, 451, "4.0.0", "operating system error", outbox.ClassTemporary},

		// This recipient.
		{rcpt, 550, "5.1.1", "user unknown", outbox.ClassRejected},
		{rcpt, 550, "4.7.1", "the basic code rules", outbox.ClassRejected},
		{rcpt, 550, "5.7.1", "no such user", outbox.ClassRejected},
		{rcpt, 550, "", "relaying denied", outbox.ClassRejected},
		{rcpt, 551, "", "try <new@example.org>", outbox.ClassRejected},
		{rcpt, 556, "5.1.10", "null MX", outbox.ClassRejected},
		{more, 552, "5.2.2", "mailbox full", outbox.ClassRejected},
		{dot, 552, "5.2.2", "over quota", outbox.ClassRejected},

		// The message, or who it says it is from.
		{mail, 552, "5.3.4", "too big", outbox.ClassMessage},
		{mail, 552, "", "no", outbox.ClassMessage},
		{mail, 534, "", "SIZE=Message too big.", outbox.ClassMessage},
		{mail, 553, "5.7.1", "sender address not owned by user", outbox.ClassMessage},
		{mail, 550, "5.7.60", "client does not have permissions to send as this sender", outbox.ClassMessage},
		{mail, 501, "5.1.8", "sender address rejected", outbox.ClassMessage},
		{dot, 552, "5.2.3", "message size exceeds fixed maximum", outbox.ClassMessage},
		{dot, 554, "", "transaction failed", outbox.ClassMessage},
		{dot, 554, "5.7.1", "size limit=15728640", outbox.ClassMessage},

		// What the receiver thinks of it.
		{dot, 554, "5.7.1", "no", outbox.ClassPolicy},
		{dot, 550, "", "looks like SPAM", outbox.ClassPolicy},
		{dot, 550, "5.7.509", "does not pass DMARC verification", outbox.ClassPolicy},
		{rcpt, 550, "5.7.26", "multiple authentication checks failed", outbox.ClassPolicy},
		{rcpt, 554, "5.7.1", "client host rejected", outbox.ClassPolicy},
		{mail, 554, "", "rejected for policy reasons", outbox.ClassPolicy},

		{mail, 503, "5.5.1", "need MAIL first", outbox.ClassProtocol},
	}
	for _, row := range rows {
		if got := classify(row.phase, row.code, row.enhanced, row.text); got != row.want {
			t.Errorf("%s: %d %s %s: %s, want %s", row.phase, row.code, row.enhanced, row.text, got, row.want)
		}
	}
}

func TestLimitOf_NamesTheLimitThatAReplySpeaksOf(t *testing.T) {
	for _, c := range []struct {
		reply reply
		phase phase
		want  outbox.Limit
	}{
		{reply{code: 550, text: "5.4.5 Daily user sending limit exceeded"}, phaseFirstRcpt, outbox.LimitDay},
		{reply{code: 550, text: "5.7.1 Daily SMTP relay limit exceeded for customer"}, phaseDot, outbox.LimitDay},
		{reply{code: 454, text: "Throttling failure: Daily message quota exceeded"}, phaseDot, outbox.LimitDay},
		{reply{code: 421, text: "4.7.0 too many connections from your host"}, phaseGreeting, outbox.LimitConnections},
		{reply{code: 432, text: "4.3.2 Concurrent connections limit exceeded"}, phaseMail, outbox.LimitConnections},
		{reply{code: 421, text: "4.4.5 Server busy"}, phaseGreeting, outbox.LimitConnections},
		{reply{code: 454, text: "4.7.0 Too many login attempts, please try again later"}, phaseAuth, outbox.LimitNone},
		{reply{code: 454, text: "Throttling failure: Maximum sending rate exceeded"}, phaseDot, outbox.LimitNone},
		{reply{code: 452, text: "4.5.3 too many recipients"}, phaseFurtherRcpt, outbox.LimitRecipients},
		{reply{code: 552, text: "too many recipients"}, phaseFurtherRcpt, outbox.LimitRecipients},
		{reply{code: 452, text: "4.5.3 too many recipients"}, phaseFirstRcpt, outbox.LimitNone},
		{reply{code: 452, text: "4.5.3 Your message has too many recipients, see Google's sending limits"}, phaseFurtherRcpt, outbox.LimitRecipients},
		{reply{code: 550, text: "5.5.3 Your message has too many recipients, see Google's sending limits"}, phaseFurtherRcpt, outbox.LimitRecipients},
		{reply{code: 552, text: "5.5.3 Too many recipients; recipients limit per mail exceeded"}, phaseFurtherRcpt, outbox.LimitRecipients},
		{reply{code: 554, text: "Transaction failed: Recipient count exceeds 50."}, phaseFurtherRcpt, outbox.LimitRecipients},
		{reply{code: 452, text: "4.5.3 Too many recipients received this hour"}, phaseFurtherRcpt, outbox.LimitNone},
		{reply{code: 452, text: "4.3.1 insufficient storage"}, phaseFurtherRcpt, outbox.LimitNone},
		{reply{code: 451, text: "4.7.1 greylisted"}, phaseFurtherRcpt, outbox.LimitNone},
		{reply{code: 550, text: "5.1.1 no such user"}, phaseFurtherRcpt, outbox.LimitNone},
	} {
		if got := verdict(c.phase, c.reply); got.Limit != c.want {
			t.Errorf("%d %s: limit %d, want %d (class %s)", c.reply.code, c.reply.text, got.Limit, c.want, got.Class)
		}
	}
}

package smtp

import (
	"strings"

	"sendoff/outbox"
	"sendoff/outbox/refusal"
)

// classify says what a reply means for the outbox. It is pure.
//
// The basic code rules (RFC 5321 §4.2.1): a 4yz is never the end of a message,
// and an enhanced code of another class is shown but does not count. Why the
// server refuses is for package refusal to tell; here it is put together with
// where in the dialogue the reply came.
func classify(p phase, code int, enhanced, text string) outbox.Class {
	return classOf(p, code, enhanced, refusal.Of(code, enhanced, text))
}

func classOf(p phase, code int, enhanced string, why refusal.Reason) outbox.Class {
	switch {
	case code/100 == 2 && p == phaseDot:
		return outbox.ClassAccepted
	case code/100 < 4 && p == phaseDot:
		return outbox.ClassUncertain // the dot has left, and this is no answer to it
	case code/100 < 4:
		return outbox.ClassProtocol
	case ofRefusal[why] == outbox.ClassThrottled:
		return outbox.ClassThrottled // before and after the login, and whatever the code
	}
	switch p {
	case phaseAuth:
		return classifyLogin(code, enhanced, why)
	case phaseMail, phaseFirstRcpt, phaseFurtherRcpt, phaseData, phaseBody, phaseDot:
		if code < 500 {
			return classifyPostponed(p, code)
		}
		return classifyRefused(p, code, enhanced, why)
	}
	// Before the login, nothing has been said of any message: it is the server
	// that is not there for now, or not there for us.
	if code < 500 {
		return outbox.ClassNetwork
	}
	return outbox.ClassAccount
}

// ofRefusal is what a refusal means behind the login. What stands without a
// class, or not at all, means what its phase says.
var ofRefusal = [...]outbox.Class{
	// A limit of the account, which is no fault of a message. What a mailbox gets
	// too much of, and what greylisting puts off, is not one.
	refusal.DailyLimit:  outbox.ClassThrottled,
	refusal.Connections: outbox.ClassThrottled,
	refusal.Rate:        outbox.ClassThrottled,
	refusal.Logins:      outbox.ClassThrottled,
	refusal.Greylisted:  outbox.ClassTemporary, // QUIRK: as a 5yz from some, who mean the same

	// One recipient. It is the same when the server only says so after the dot,
	// as those do that hand a message on while we wait.
	refusal.SlowMailbox:    outbox.ClassRejected,
	refusal.MailboxFull:    outbox.ClassRejected,
	refusal.NoMailbox:      outbox.ClassRejected,
	refusal.MailboxOff:     outbox.ClassRejected,
	refusal.MailboxMoved:   outbox.ClassRejected,
	refusal.Unavailable:    outbox.ClassRejected,
	refusal.NoDomain:       outbox.ClassRejected,
	refusal.NoMailHere:     outbox.ClassRejected,
	refusal.NoRoute:        outbox.ClassRejected,
	refusal.Unreachable:    outbox.ClassRejected,
	refusal.TooManyHops:    outbox.ClassRejected,
	refusal.OutOfTime:      outbox.ClassRejected,
	refusal.BadAddress:     outbox.ClassRejected,
	refusal.RelayDenied:    outbox.ClassRejected,
	refusal.Restricted:     outbox.ClassRejected,
	refusal.AddressRefused: outbox.ClassRejected,
	refusal.NoneLeft:       outbox.ClassRejected,

	// The message, or who it says it is from. Another message of the account may
	// well go; many servers only say so at RCPT.
	refusal.TooLarge:      outbox.ClassMessage,
	refusal.NeedsUTF8:     outbox.ClassMessage,
	refusal.NotOwned:      outbox.ClassMessage,
	refusal.SenderUnknown: outbox.ClassMessage,
	refusal.SenderRefused: outbox.ClassMessage,

	// What the receiver thinks of it, or of where it comes from.
	refusal.Blocked:    outbox.ClassPolicy,
	refusal.HostName:   outbox.ClassPolicy,
	refusal.Unproven:   outbox.ClassPolicy,
	refusal.Virus:      outbox.ClassPolicy,
	refusal.Attachment: outbox.ClassPolicy,
	refusal.Spam:       outbox.ClassPolicy,
	refusal.Content:    outbox.ClassPolicy,
	refusal.Policy:     outbox.ClassPolicy,

	// The account: nothing else of it would go either.
	refusal.LoginNeeded:    outbox.ClassCredentials,
	refusal.BasicOff:       outbox.ClassCredentials,
	refusal.AppPassword:    outbox.ClassCredentials,
	refusal.AccountBlocked: outbox.ClassAccount,

	refusal.OutOfStep: outbox.ClassProtocol,
	refusal.Syntax:    0, // the last of all: the table is as long as the list of reasons
}

// classifyLogin is for replies to AUTH (RFC 4954 §4.7 and §6).
func classifyLogin(code int, enhanced string, why refusal.Reason) outbox.Class {
	switch {
	case code == 432: // 4.7.12: the server wants the password typed anew
		return outbox.ClassCredentials
	case code < 500:
		// Not refused, but trying often is how one gets locked out.
		return outbox.ClassThrottled
	case code == 500, code == 501, code == 502, code == 503, code == 504, code == 538, enhanced == "5.7.11", why == refusal.TLSNeeded:
		return outbox.ClassAccount // the way of logging in is wrong, not the password
	}
	return outbox.ClassCredentials
}

// classifyPostponed is for a 4yz to a message or a recipient.
func classifyPostponed(p phase, code int) outbox.Class {
	if code == 454 && !p.isRcpt() {
		return outbox.ClassThrottled // RFC 4954 §6, Amazon SES; at RCPT it is Postfix's "relay access denied"
	}
	return outbox.ClassTemporary
}

// classifyRefused is for a 5yz to a message or a recipient.
func classifyRefused(p phase, code int, enhanced string, why refusal.Reason) outbox.Class {
	class := ofRefusal[why]
	switch {
	case p.isRcpt() && tooManyRecipients(p, code, why):
		return outbox.ClassTemporary
	case why == refusal.TLSNeeded && (p == phaseMail || code == 530):
		return outbox.ClassAccount // it wants the line secured before anything else
	case wantsLogin(p, code, why):
		return outbox.ClassCredentials
	case class == outbox.ClassRejected && p == phaseMail:
		return outbox.ClassMessage // nobody has been named yet but the sender
	case class != 0:
		return class
	case p.isRcpt() && why != refusal.Malformed:
		return outbox.ClassRejected
	case p != phaseMail && strings.HasPrefix(enhanced, "5.7."):
		return outbox.ClassPolicy
	}
	return outbox.ClassMessage
}

// wantsLogin tells a refusal that a login, or another one, would lift. By its
// code alone it is one, unless the words say otherwise: QUIRK: "534 SIZE=Message
// too big", "530 recipient domain requires authentication".
func wantsLogin(p phase, code int, why refusal.Reason) bool {
	switch why {
	case refusal.LoginNeeded, refusal.BasicOff, refusal.AppPassword:
		return true
	case refusal.LoginRefused, refusal.LoginMethod, refusal.LoginFault, refusal.BrowserLogin, refusal.ServiceOff, refusal.PasswordExpired:
		// In a reply to a recipient or a message these words are somebody else's.
		return p == phaseMail || code == 530 || code == 534 || code == 535
	}
	return (code == 530 || code == 534 || code == 535) && ofRefusal[why] == 0
}

// tooManyRecipients tells that the rest should come in another transaction
// (RFC 5321 §4.5.3.1.10), which servers say with 552 as well as 452.
func tooManyRecipients(p phase, code int, why refusal.Reason) bool {
	return why == refusal.Recipients || p == phaseFurtherRcpt && code == 552 && why == refusal.NoRoom
}

// limitOf says which limit a reply of a class speaks of. It is pure.
func limitOf(class outbox.Class, p phase, code int, enhanced string, why refusal.Reason) outbox.Limit {
	switch {
	case class == outbox.ClassThrottled && why == refusal.DailyLimit:
		return outbox.LimitDay
	case class == outbox.ClassThrottled && why == refusal.Connections:
		return outbox.LimitConnections
	case class != outbox.ClassTemporary || p != phaseFurtherRcpt:
		return outbox.LimitNone
	case tooManyRecipients(p, code, why), code == 452 && enhanced == "" && why == refusal.StorageFull:
		// "452 insufficient system storage" is what RFC 5321 has for it as well.
		return outbox.LimitRecipients
	}
	return outbox.LimitNone
}

// isRcpt tells that one recipient was asked for.
func (p phase) isRcpt() bool { return p == phaseFirstRcpt || p == phaseFurtherRcpt }

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

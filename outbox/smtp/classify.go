package smtp

import (
	"strings"

	"sendoff/outbox"
)

// classify says what a reply means for the outbox. It is pure.
//
// The basic code rules (RFC 5321 §4.2.1); an enhanced code of another class is
// shown but does not count, and an unknown 4yz is temporary. text decides only
// where servers give one code to different things: limits above all, which come
// as any 4yz and 5yz and are never the fault of a message.
func classify(p phase, code int, enhanced, text string) outbox.Class {
	if enhanced != "" && int(enhanced[0]-'0') != code/100 {
		enhanced = ""
	}
	text = withoutAddresses(strings.ToLower(text))
	rcpt := p == phaseFirstRcpt || p == phaseFurtherRcpt
	switch {
	case code/100 == 2 && p == phaseDot:
		return outbox.ClassAccepted
	case code/100 < 4 && p == phaseDot:
		return outbox.ClassUncertain // the dot has left, and this is no answer to it
	case code/100 < 4:
		return outbox.ClassProtocol
	case rcpt && enhanced == groupNotAllowed:
		return outbox.ClassRejected
	case throttled(p, code, enhanced, text):
		return outbox.ClassThrottled
	case code >= 500 && strings.Contains(text, "starttls") && p <= phaseMail:
		return outbox.ClassAccount // it wants the line secured before anything else
	}
	switch p {
	case phaseAuth:
		return classifyLogin(code, enhanced)
	case phaseMail, phaseFirstRcpt, phaseFurtherRcpt, phaseData, phaseBody, phaseDot:
		if wantsLogin(code, enhanced, text) && !(rcpt && strings.Contains(text, "recipient")) {
			return outbox.ClassCredentials
		}
		if code < 500 {
			return outbox.ClassTemporary
		}
		return classifyRefusal(p, code, enhanced, text)
	}
	// Before the login, nothing has been said of any message: it is the server
	// that is not there for now, or not there for us.
	if code < 500 {
		return outbox.ClassNetwork
	}
	return outbox.ClassAccount
}

// classifyLogin is for replies to AUTH (RFC 4954 §4.7 and §6).
func classifyLogin(code int, enhanced string) outbox.Class {
	switch {
	case code == 432: // 4.7.12: the server wants the password typed anew
		return outbox.ClassCredentials
	case code < 500:
		// Not refused, but trying often is how one gets locked out.
		return outbox.ClassThrottled
	case code == 500, code == 501, code == 502, code == 503, code == 504, code == 538, enhanced == "5.7.11":
		return outbox.ClassAccount // the way of logging in is wrong, not the password
	}
	return outbox.ClassCredentials
}

// wantsLogin tells a refusal that a login, or another one, would lift.
func wantsLogin(code int, enhanced, text string) bool {
	switch {
	case tooLarge(enhanced, text):
		return false // QUIRK: "534 SIZE=Message too big"
	case code == 530, code == 534, code == 535, enhanced == "5.7.30":
		return true
	}
	return code >= 500 && containsAny(text, "authentication required", "authentication is required", "authenticate first",
		"must authenticate", "not authenticated", "unauthenticated", "authentication not enabled")
}

// throttled tells a limit of the account.
//
// A 421 alone is not one: a server that restarts says it as well. Neither is a
// 450 4.2.1, where it is the recipient that gets too much, nor a 4.7.1, which
// is what greylisting says.
func throttled(p phase, code int, enhanced, text string) bool {
	switch {
	case strings.HasPrefix(enhanced, "4.2.") || strings.HasPrefix(enhanced, "5.2."):
		return false // about a mailbox
	case code == 432 && enhanced != "4.7.12":
		return true // QUIRK: Exchange Online, too many connections at once
	case code == 421 && (enhanced == "4.7.0" || enhanced == "4.7.28" || enhanced == "4.4.5"):
		return true
	case code == 454 && p != phaseSTARTTLS && p != phaseFirstRcpt && p != phaseFurtherRcpt: // there it is Postfix's "relay access denied"
		return true
	case enhanced == "5.4.5", enhanced == "4.4.5":
		return true
	case containsAny(text, "greylist", "graylist", "greylisted"):
		return false
	}
	return containsAny(text, throttleWords...)
}

// limitOf says which limit a reply of a class speaks of. It is pure.
func limitOf(class outbox.Class, p phase, code int, enhanced, text string) outbox.Limit {
	text = withoutAddresses(strings.ToLower(text))
	switch class {
	case outbox.ClassThrottled:
		switch {
		case enhanced == "5.4.5", strings.Contains(text, "daily"), strings.Contains(text, "recipients today"):
			return outbox.LimitDay
		case code == 432, enhanced == "4.4.5" && code == 421, containsAny(text, connectionWords...):
			return outbox.LimitConnections
		}
	case outbox.ClassTemporary:
		if p == phaseFurtherRcpt && (tooManyRecipients(p, code, enhanced, text) || code == 452 && (enhanced == "" || enhanced == "4.5.3")) {
			return outbox.LimitRecipients
		}
	}
	return outbox.LimitNone
}

// connectionWords are how servers say that there are too many connections.
var connectionWords = []string{"too many connections", "too many concurrent", "concurrent connections", "connection limit", "thread limit"}

// throttleWords are how providers speak of their limits.
var throttleWords = []string{
	"daily limit", "daily user sending", "daily smtp relay", "daily sending", "daily message", "daily quota",
	"hourly limit", "sending limit", "sending rate", "sending quota", "message rate", "rate limit", "request limit exceeded",
	"too much mail", "too many messages", "too many emails", "too many connections", "too many concurrent", "too many login",
	"too many recipients this hour", "too many recipients today", "concurrent connections", "connection rate", "thread limit",
	"maximum message count", "throttl",
}

// classifyRefusal is for a 5yz to a message or a recipient.
func classifyRefusal(p phase, code int, enhanced, text string) outbox.Class {
	rcpt := p == phaseFirstRcpt || p == phaseFurtherRcpt
	switch {
	case rcpt && tooManyRecipients(p, code, enhanced, text):
		return outbox.ClassTemporary
	case tooLarge(enhanced, text), code == 552 && enhanced == "" && !rcpt && !mailboxFull(text):
		return outbox.ClassMessage
	case code == 503:
		return outbox.ClassProtocol // "bad sequence": the two ends are out of step
	case aboutMailbox(enhanced), mailboxFull(text):
		return outbox.ClassRejected
	case containsAny(text, policyWords...), isPolicyCode(enhanced):
		return outbox.ClassPolicy
	case rcpt:
		return outbox.ClassRejected
	case p == phaseMail:
		// "not owned by user", 5.7.60: the server does not let this account send
		// as that address. Another message of the account may well go.
		return outbox.ClassMessage
	case strings.HasPrefix(enhanced, "5.7."):
		return outbox.ClassPolicy
	}
	return outbox.ClassMessage
}

// tooManyRecipients tells that the rest should come in another transaction
// (RFC 5321 §4.5.3.1.10), which servers say with 552 as well as 452.
func tooManyRecipients(p phase, code int, enhanced, text string) bool {
	if enhanced == "5.5.3" || strings.Contains(text, "too many recipients") {
		return true
	}
	return p == phaseFurtherRcpt && code == 552 && !aboutMailbox(enhanced) && !mailboxFull(text) && !tooLarge(enhanced, text)
}

func tooLarge(enhanced, text string) bool {
	return enhanced == "5.3.4" || enhanced == "5.2.3" ||
		containsAny(text, "too big", "too large", "message size exceeds", "size limit", "maximum message size")
}

// aboutMailbox tells the codes of RFC 3463 that speak of one address or
// mailbox. 5.1.7 and 5.1.8 are about the sender's.
func aboutMailbox(enhanced string) bool {
	if enhanced == "5.1.7" || enhanced == "5.1.8" {
		return false
	}
	return strings.HasPrefix(enhanced, "5.1.") || enhanced == "5.2.1" || enhanced == "5.2.2"
}

// groupNotAllowed is Exchange's for a group that takes mail of its own
// organisation alone, in words that speak of authentication.
const groupNotAllowed = "5.7.133"

// withoutAddresses takes out what stands in angle brackets: an address may hold
// any of the words that are looked for.
func withoutAddresses(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, text, found = strings.Cut(rest, ">")
		if !found {
			b.WriteString(rest)
			return b.String()
		}
	}
}

func mailboxFull(text string) bool {
	return containsAny(text, "mailbox full", "mailbox is full", "over quota", "quota exceeded", "overquota", "enough space")
}

// isPolicyCode tells the codes for a sender that could not be proven (RFC 7372,
// and Microsoft's of the same kind).
func isPolicyCode(enhanced string) bool {
	switch enhanced {
	case "5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27", "5.7.509", "5.7.515":
		return true
	}
	return false
}

// policyWords name the message or its origin, not an address.
var policyWords = []string{
	"spam", "dmarc", "dkim", " spf", "policy", "policies", "blacklist", "blocklist", "block list", "reputation", "content reject",
	"uribl", "virus", "malware", "client host rejected", "from ip address",
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

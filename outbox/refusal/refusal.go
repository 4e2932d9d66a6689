// Package refusal tells what a mail server means when it refuses: out of the
// codes of a reply and its words it makes one [Reason].
//
// Servers share few habits. RFC 5321 has some twenty codes, RFC 3463 adds those
// of three numbers, and many servers use 550 5.7.1, or no number at all, for
// everything; then only the words tell a mailbox that does not exist from a
// sender who is not liked. What servers say, in which words, is listed here and
// nowhere else.
//
// It does not say what follows for a message: that depends on where in the
// dialogue a reply came, and outbox/smtp knows it. It does no work on text that
// is not a refusal.
//
// Its one hard rule: it is pure, and any text at all gets the same answer each
// time, in time that grows with the length of the text.
package refusal

import "strings"

// Reason is why a server refused something.
type Reason uint8

// The reasons. They are made anew out of a reply whenever they are needed, and
// never stored.
const (
	Unknown Reason = iota // neither the codes nor the words are known

	// There is too much of it.
	DailyLimit   // the account's quota of a day
	Connections  // too many connections at once
	Rate         // too many messages in a time, or too fast
	Logins       // too many logins, or too many that were refused
	Recipients   // too many in one transaction (RFC 5321 §4.5.3.1.10)
	SlowMailbox  // the recipient gets more than the mailbox may in a time
	Greylisted   // strangers are asked to come again
	Busy         // the server has no time, or is going down
	StorageFull  // the server has no room
	NoRoom       // 552: there is no room for this message in this mailbox
	MailboxFull  // the recipient's mailbox has no room
	TooLarge     // the message
	TooManyHops  // the message goes round in a circle
	OutOfTime    // some server tried for too long
	Unreachable  // the server behind cannot be reached
	ServerFault  // something is broken at the server
	LookupFailed // its DNS gave no answer

	// Who logs in, and how.
	LoginRefused
	LoginNeeded
	LoginFault      // the server could not look the password up
	LoginMethod     // it takes other methods
	AppPassword     // it takes a password made for programs
	BasicOff        // it takes no passwords
	BrowserLogin    // it wants the person to log in with a browser
	ServiceOff      // SMTP is not switched on for the account
	PasswordExpired // it has to be changed
	TLSNeeded       // the line must be secured first
	AccountBlocked  // the sender's own account is suspended

	// The sender's address.
	NotOwned      // the account may not use it
	SenderUnknown // it, or its domain, does not exist
	SenderRefused // it is not wanted

	// The recipient's address.
	NoMailbox
	MailboxOff
	MailboxMoved
	Unavailable // "mailbox unavailable", which is said of all the four above
	NoDomain
	NoMailHere // the domain takes no mail (RFC 7504, RFC 7505)
	NoRoute
	BadAddress // it is not written as an address
	RelayDenied
	Restricted     // it takes mail of certain senders alone
	AddressRefused // no more is said
	NoneLeft       // every recipient was refused before

	// The message, and where it comes from.
	Blocked  // the IP address, by its reputation or a list
	HostName // the IP address has no name, or the wrong one
	Unproven // SPF, DKIM, DMARC
	Virus
	Attachment
	Spam
	Content
	Malformed // headers, line ends, MIME
	NeedsUTF8 // the next server takes no addresses beyond ASCII
	Policy
	AccessDenied

	// The dialogue.
	OutOfStep
	NotSupported
	Syntax
)

// Of gives the reason for a reply: its code, its enhanced code (RFC 3463, "" for
// none), and its words. An enhanced code of another class than the code does not
// count. A code of 0 is for who has no more than an enhanced one.
func Of(code int, enhanced, text string) Reason {
	if code == 0 && enhanced != "" {
		code = 100*int(enhanced[0]-'0') + 99 // no server answers with that
	}
	if code < 400 || code > 599 {
		return Unknown
	}
	if enhanced != "" && int(enhanced[0]-'0') != code/100 {
		enhanced = ""
	}
	said := reply{code, enhanced, wordsOf(text)}
	for _, table := range tables {
		for i := range table {
			if table[i].matches(said) {
				return table[i].reason
			}
		}
	}
	return Unknown
}

// reply is what the rules look at.
type reply struct {
	code     int
	enhanced string
	words    []string
}

// rule is one habit of servers. What it names must all be there.
type rule struct {
	reason Reason

	// codes are any of those, with a space between: "552", "5.4.5", "x.2.2" of
	// either class, "421/4.7.0" for the two together.
	codes string

	// words are any of those phrases; see [phraseIn].
	words []string

	// also are phrases of which one must stand there besides.
	also []string

	// unless are phrases of which none may stand there.
	unless []string

	// notMailbox is for limits of the sender: where the code speaks of a mailbox,
	// the same words mean that one.
	notMailbox bool
}

func (r *rule) matches(said reply) bool {
	switch {
	case r.notMailbox && aboutMailbox(detail(said.enhanced)):
		return false
	case r.codes != "" && !r.hasCode(said):
		return false
	case r.words != nil && !anyPhrase(said.words, r.words):
		return false
	case r.unless != nil && anyPhrase(said.words, r.unless):
		return false
	}
	return r.also == nil || anyPhrase(said.words, r.also)
}

func (r *rule) hasCode(said reply) bool {
	for wanted := range strings.FieldsSeq(r.codes) {
		basic, enhanced, both := strings.Cut(wanted, "/")
		if !both && strings.Contains(wanted, ".") {
			basic, enhanced = "", wanted
		}
		if (basic == "" || basic == decimal(said.code)) && (enhanced == "" || sameEnhanced(enhanced, said.enhanced)) {
			return true
		}
	}
	return false
}

func sameEnhanced(wanted, said string) bool {
	if rest, either := strings.CutPrefix(wanted, "x."); either {
		return said != "" && detail(said) == rest
	}
	return wanted == said
}

// detail is an enhanced code without its class: "1.1" of "5.1.1".
func detail(enhanced string) string {
	_, rest, _ := strings.Cut(enhanced, ".")
	return rest
}

// aboutMailbox tells what is switched off, full, or full for a message. x.2.0 is
// anything: QUIRK: Exchange Online says it of its own users' limits.
func aboutMailbox(detail string) bool { return detail == "2.1" || detail == "2.2" || detail == "2.3" }

// decimal is a code of three digits.
func decimal(code int) string {
	return string([]byte{byte('0' + code/100), byte('0' + code/10%10), byte('0' + code%10)})
}

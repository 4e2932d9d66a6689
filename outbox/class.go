package outbox

import "fmt"

// Class says what kind of answer a recipient got in an attempt: whose fault it
// was (Scope) and what follows (Retry). The zero Class is no answer at all and
// is never stored as a result.
type Class uint8

// The classes, as JSON "class" prints them.
const (
	ClassAccepted    Class = iota + 1 // the server took responsibility (RFC 5321 §6.1)
	ClassNetwork                      // no connection, or it broke before the final dot
	ClassAccount                      // certificate, unknown host, STARTTLS gone, no login method in common
	ClassCredentials                  // the login was refused
	ClassTemporary                    // a 4yz for this recipient or message
	ClassThrottled                    // a limit of the account: too fast, too many connections, daily quota (also as a 5yz)
	ClassRejected                     // a 5yz for this recipient alone
	ClassMessage                      // a 5yz for the message: too large, malformed
	ClassPolicy                       // a 5yz for the message by the receiver's policy: spam, reputation
	ClassUncertain                    // the final dot may have left and no reply was seen
	ClassProtocol                     // an answer that is not SMTP
)

var classNames = [...]string{
	ClassAccepted: "accepted", ClassNetwork: "network", ClassAccount: "account", ClassCredentials: "credentials",
	ClassTemporary: "temporary", ClassThrottled: "throttled", ClassRejected: "recipient", ClassMessage: "message",
	ClassPolicy: "policy", ClassUncertain: "uncertain", ClassProtocol: "protocol",
}

// String is the class as JSON prints it.
func (c Class) String() string {
	if c == 0 || int(c) >= len(classNames) {
		return ""
	}
	return classNames[c]
}

// ParseClass reads what String wrote.
func ParseClass(s string) (Class, error) {
	for c, name := range classNames {
		if name == s && name != "" {
			return Class(c), nil
		}
	}
	return 0, fmt.Errorf("unknown class %q", s)
}

// Scope is what a failure stands in the way of.
type Scope uint8

// The scopes, from the widest to the narrowest.
const (
	ScopeNone Scope = iota
	ScopeAccount
	ScopeConnection
	ScopeMessage
	ScopeRecipient
)

// Scope tells whom a failure of this class concerns: nothing of an account
// whose login is refused goes out, but one unknown mailbox stops nobody else.
func (c Class) Scope() Scope {
	switch c {
	case ClassAccount, ClassCredentials, ClassThrottled:
		return ScopeAccount
	case ClassNetwork, ClassProtocol:
		return ScopeConnection
	case ClassMessage, ClassPolicy, ClassUncertain:
		return ScopeMessage
	case ClassTemporary, ClassRejected:
		return ScopeRecipient
	}
	return ScopeNone
}

// Retry is what follows a failure.
type Retry uint8

// The ways on.
const (
	RetryNone  Retry = iota // it was accepted
	RetryLater              // on the schedule
	RetryPark               // when the account goes on
	RetryNever              // not by itself: failed
	RetryAsk                // only when a person or a proof says so: uncertain
)

// Retry tells what follows a failure of this class.
func (c Class) Retry() Retry {
	switch c {
	case ClassAccepted:
		return RetryNone
	case ClassAccount, ClassCredentials, ClassThrottled, ClassNetwork:
		return RetryPark
	case ClassRejected, ClassMessage, ClassPolicy:
		return RetryNever
	case ClassUncertain:
		return RetryAsk
	}
	return RetryLater
}

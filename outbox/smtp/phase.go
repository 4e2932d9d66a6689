package smtp

import "time"

// phase is where in the dialogue something happened. What an answer means
// depends on it.
type phase uint8

const (
	phaseGreeting phase = iota
	phaseEHLO
	phaseSTARTTLS
	phaseTLS // the handshake
	phaseAuth
	phaseReset
	phaseMail
	phaseFirstRcpt   // no recipient of this transaction was accepted yet
	phaseFurtherRcpt // one was: "too many" now means "the rest in another transaction"
	phaseData
	phaseBody
	phaseDot
	phaseQuit
)

// String names the phase as in "connection lost …".
func (p phase) String() string {
	switch p {
	case phaseGreeting:
		return "before the greeting"
	case phaseEHLO:
		return "at EHLO"
	case phaseSTARTTLS:
		return "at STARTTLS"
	case phaseTLS:
		return "during the TLS handshake"
	case phaseAuth:
		return "during the login"
	case phaseReset:
		return "at RSET"
	case phaseMail:
		return "at MAIL"
	case phaseFirstRcpt, phaseFurtherRcpt:
		return "at RCPT"
	case phaseData:
		return "at DATA"
	case phaseBody:
		return "while the message was sent"
	case phaseDot:
		return "after the final dot"
	}
	return "at QUIT"
}

// Time limits. RFC 5321 §4.5.3.2 gives minima for programs that relay mail
// unattended; here a person may be watching, and what fails before MAIL costs
// nothing but another try, so the first steps are shorter.
const (
	dialTimeout      = 30 * time.Second
	handshakeTimeout = 60 * time.Second
	blockTimeout     = 3 * time.Minute // §4.5.3.2.5, for each block of the body
	quitTimeout      = time.Second     // a courtesy, no more
	lastWordsTimeout = time.Second     // for a reply that came with the end of the connection
)

// timeout is how long a whole reply may take.
func (p phase) timeout() time.Duration {
	switch p {
	case phaseMail, phaseFirstRcpt, phaseFurtherRcpt:
		return 5 * time.Minute // §4.5.3.2.2, .3
	case phaseData:
		return 2 * time.Minute // §4.5.3.2.4
	case phaseBody:
		return blockTimeout
	case phaseDot:
		return 10 * time.Minute // §4.5.3.2.6; who gives up earlier sends twice
	case phaseQuit:
		return quitTimeout
	}
	return time.Minute
}

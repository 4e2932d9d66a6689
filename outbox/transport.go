package outbox

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Transport hands one message to one account's server.
//
// Deliver is called from several goroutines at once, at most [Policy]
// Connections of them for one account. It blocks until every recipient has a
// result or ctx ends, never longer, and never panics on what a server says. The cause
// of that end is ErrStopped where a person wants this delivery stopped, which is told to
// nobody behind Mark.
// It must call Delivery.Mark, and see it return nil, before the first byte of
// the final dot is handed to the kernel.
type Transport interface {
	Deliver(ctx context.Context, d Delivery) Report
}

// Delivery is one attempt for one item, as a [Transport] needs it.
type Delivery struct {
	Item       ID
	Account    string
	Revision   string   // of the account's settings, as its [Policy] has it; "": not known
	From       string   // envelope sender, ASCII unless UTF8
	Recipients []string // envelope recipients still open, in the order of the results
	Size       int64    // octets of the message with CRLF line ends, before dot-stuffing
	EightBit   bool     // the message has octets above 127
	UTF8       bool     // headers or addresses need SMTPUTF8 (RFC 6531)
	RequireTLS bool     // every server on the way must pass it on over TLS alone (RFC 8689)
	Report     bool     // a report is wished for when it is delivered, too (RFC 3461)

	// Open gives the exact bytes, CRLF line ends throughout. The caller closes.
	Open func() (io.ReadCloser, error)

	// Mark records durably that the final dot may leave now, and what is known of
	// the recipients by then: a result for each of them, without a class for those
	// that wait for the answer to the dot; nil: all of them do. After a crash only
	// these are in doubt.
	// If it fails, the dot must not be sent: with ErrStopped since a person wants the
	// delivery stopped. It may be called while the body is still going out, at most once.
	Mark func(ctx context.Context, known []Result) error

	// Next gives the delivery that its caller means to make behind this one, if
	// there is one: its envelope, which is all of it that counts here, may leave
	// behind this one's final dot. It is asked at most once, after Mark; nil:
	// there is none.
	Next func() (Delivery, bool)

	// Progress is told the step and how many octets of the message have gone
	// out. It is cheap, never blocks, and is never nil.
	Progress func(step Step, done int64)

	// Trace is told each line of the dialogue as it is said, in the form of
	// Report.Dialogue, one after the other. Nil: nobody listens.
	Trace func(line string)

	// Follow is given, once and as the attempt begins, what tells how it goes. Nil: nobody
	// wants it.
	Follow func(Live)
}

// Live tells how an attempt goes on. It may be asked at any time and from any goroutine,
// but not within Trace, and costs next to nothing until then.
type Live struct {
	// Said gives all that is kept of its dialogue so far, in the form of Report.Dialogue.
	Said func() string

	// Known gives what is known of each of its recipients by now, in their order. Nil: it
	// does not tell.
	Known func() []Known
}

// Known is what is known of a recipient while an attempt goes on.
type Known struct {
	Address string `json:"address"`
	Taken   bool   `json:"taken,omitempty"` // the server takes it, and waits for the message
	Result  Result `json:"result,omitzero"` // what has become of it already; the zero Result: nothing has
}

// Step is where in the dialogue an attempt is.
type Step string

// The steps, in words a screen can show.
const (
	StepPace     Step = "waiting for its turn to connect"
	StepConnect  Step = "connecting"
	StepTLS      Step = "securing the line"
	StepLogin    Step = "logging in"
	StepEnvelope Step = "naming the recipients"
	StepBody     Step = "sending"
	StepDot      Step = "waiting for the server's word"
)

// Report is what an attempt came to.
type Report struct {
	Server  string // host:port
	TLS     string // "TLS 1.3", "" for a clear line
	Secret  string // fingerprint of the secret of a login that was refused; "" otherwise
	Results []Result

	// Alone tells that the server hung up on a final dot behind which the envelope
	// of the next delivery stood, or never answered that: it may die of such a one,
	// or throw it away. Nothing should stand there from now on.
	Alone bool

	// Began tells that it came to this message: MAIL was sent, or the message
	// could not be read. What fails after that counts as a try of it, what fails
	// before is between us and the server.
	Began bool

	// Dialogue is what was said and what happened, cleaned, at most [MaxDialogue],
	// "" for nothing. Each of its lines has the milliseconds since the attempt
	// began, ">" for what we said, "<" for what the server said or "*" for what
	// happened, and the words. Never in it: a secret or the message.
	Dialogue string
}

// leftForAnother tells a recipient who is more than the server takes in one
// transaction, and was not named to it.
func (r Result) leftForAnother() bool { return r.Limit == LimitRecipients && r.Code == 0 }

// accepted tells that each of so many recipients has the message.
func (r Report) accepted(recipients int) bool {
	return len(r.Results) == recipients && !slices.ContainsFunc(r.Results, func(r Result) bool { return r.Class != ClassAccepted })
}

// Result is the answer for one recipient.
type Result struct {
	Class    Class
	Code     int    // basic reply code, 0 without a reply
	Enhanced string // RFC 3463, "5.1.1", "" without one
	Text     string // the server's own words or what went wrong, cleaned, one line
	Limit    Limit  // which one the server speaks of
}

// Replied tells that a server said it: else the text is what went wrong here.
func (r Result) Replied() bool { return r.Code != 0 || r.Enhanced != "" }

// Answer is the whole answer in one line, as "550 5.1.1 no such mailbox": a server may
// have its codes in its text as well.
func (r Result) Answer() string {
	text := r.Text
	if r.Enhanced != "" && !strings.HasPrefix(text, r.Enhanced) {
		text = strings.TrimSpace(r.Enhanced + " " + text)
	}
	if r.Code != 0 && !strings.HasPrefix(text, fmt.Sprint(r.Code)) {
		text = strings.TrimSpace(fmt.Sprint(r.Code) + " " + text)
	}
	return text
}

// Limit is what a provider says that there was too much of.
type Limit uint8

// The limits. The numbers are stored.
const (
	LimitNone        Limit = iota // it does not say, or it is not about a limit
	LimitDay                      // the quota of a day
	LimitConnections              // connections at once
	LimitRecipients               // recipients in one transaction (RFC 5321 §4.5.3.1.10)
	LimitLogins                   // logins: it hangs up on them, as on somebody it has locked out
)

// Package bounce reads a delivery report: whom it is about, what became of the
// message, why, and which message it was.
//
// A report is written by the mail server that gave up, or has not given up yet.
// Half of them have a part for machines (RFC 3464, RFC 6533), often a damaged
// one; the others are text for people, each kind of server in words of its own.
// What servers write is listed in tables, each rule with its reason beside it.
// It has rules for servers, and none for a sender, a site or a single mail.
//
// Only the outer report is read, never one inside the message that comes back.
// What only looks like a report (an absence, a read receipt, a complaint, a
// letter that speaks of bounces) is told as what it is, and has no recipients.
//
// It does not know what was sent from here, and believes nothing: who calls
// compares the result with what went out. Its one hard rule: whatever the bytes
// are, it answers in time that grows with their number, and reads no more than
// [limits] allow.
package bounce

import (
	"io"
)

// Report is what a mail says about the delivery of another one. Its texts come
// from strangers; they are valid UTF-8, of one line and without control
// characters (see internal/cleantext).
type Report struct {
	Mail       Mail
	Recipients []Recipient // no address twice; empty unless Mail is Delivery

	// The message that was sent.
	MessageID  string // without < and >; "" if the report does not have it
	EnvelopeID string // ENVID of RFC 3461, "" if none is given
	Subject    string

	// References are Message-IDs that the report itself answers to, without
	// < and >: with some servers the only trace of the message that was sent.
	References []string
}

// Mail is what a mail is, seen by someone who looks for reports.
type Mail uint8

// The sorts of mail.
const (
	Other     Mail = iota // anything else
	Delivery              // a report about a delivery, good or bad
	AutoReply             // an absence and the like (RFC 3834)
	Receipt               // of a reader (RFC 8098)
	Feedback              // a complaint (RFC 5965)
)

// Recipient is what a report says of one recipient.
type Recipient struct {
	Address    string // as it was typed, if the report knows it, else as it failed
	Original   string // ORCPT of RFC 3461, as the report repeats it, or ""
	Action     Action
	Status     string // RFC 3463, as it stands in the report, or ""
	Code       int    // of SMTP, as it stands in the report, or 0
	Diagnostic string // the words of a server
	Kind       Kind
	Reason     string // for people: what it means and what to do, in one line
}

// Action is what became of a message (RFC 3464 §2.3.3).
type Action string

// The actions. Relayed and Expanded say that it went on to where no reports come
// from.
const (
	Failed    Action = "failed"
	Delayed   Action = "delayed" // the server goes on trying
	Delivered Action = "delivered"
	Relayed   Action = "relayed"
	Expanded  Action = "expanded"
)

// Kind is what it means for the address. The zero Kind is KindUnknown.
type Kind uint8

// The kinds. Hard and Soft are both final for the message: nobody tries on.
const (
	KindUnknown Kind = iota
	Hard             // it would be refused again
	Soft             // the time was up, or something was wrong for a while
	Delay            // it may still arrive
	Success
)

func (k Kind) String() string {
	return [...]string{"unknown", "hard", "soft", "delay", "success"}[k]
}

// limits of what is read. They leave room for every report known, and keep the
// rest of a mail, which may be the message with all its attachments, out.
const (
	maxMail       = 1 << 20   // bytes of the mail, as they come
	maxText       = 256 << 10 // of a part, decoded
	maxHead       = 16 << 10  // of the text, where a report says that it is one
	maxHeader     = 128 << 10 // of one header
	maxFields     = 1000      // of one header
	maxValue      = 32 << 10  // of a field: room for a To with hundreds of addresses
	maxParts      = 64
	maxDepth      = 8
	maxSaid       = 64 << 10 // of the text for people, before the message that comes back
	maxReferences = 20       // of the report itself: a thread may have thousands
	maxRecipients = 500      // Exim and Exchange send a second report for more
	maxWords      = 4 << 10  // of a server, as they are read
	maxDiagnostic = 1000     // and as they are given
)

// Parse reads a mail, or as much of it as matters. The error is that of r; what
// is no report, or no mail at all, is no error. It may be called from several
// goroutines.
func Parse(r io.Reader) (Report, error) { return ParseFor("", r) }

// ParseFor is Parse for a mail that came to where, if it is a report, only one about
// this recipient comes; "" for any other mail. The report need not name him.
func ParseFor(only string, r io.Reader) (Report, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxMail))
	if err != nil {
		return Report{}, err
	}
	m := readMail(raw)
	m.only = only
	return m.report(), nil
}

func (m Mail) String() string {
	return [...]string{"other", "delivery report", "automatic reply", "receipt", "complaint"}[m]
}

// MarshalText writes its name.
func (m Mail) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// MarshalText writes its name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

package outbox

import (
	"slices"
	"time"
)

// Item is one message in the outbox.
type Item struct {
	ID        ID
	MessageID string // with angle brackets
	Account   string
	From      string // as in the header, cleaned
	To        []string
	Cc        []string
	Bcc       []string
	Subject   string // cleaned, one line
	State     State
	Size      int64 // octets of the message; for a draft 0

	Created     time.Time // when it was queued; of a draft, when it was begun
	Updated     time.Time // of the last change of state, or of the draft
	NotBefore   time.Time // undo window or schedule; zero without one
	Undo        bool      // NotBefore is an undo window
	NextAttempt time.Time // zero when none is due by itself
	Attempts    int       // tries that counted

	// Reason is the one line that explains a failed, uncertain or waiting item:
	// the words of the first recipient that has any.
	Reason string

	// Recipients is filled by [Outbox.Get], and by [Outbox.List] when asked.
	Recipients []Recipient

	// Copy is what became of the copy for the Sent folder.
	Copy SentCopy

	// MeantFor is the account that it was queued for, if the fallback of that has
	// taken it over; "" else.
	MeantFor string

	// Campaign is the name of the one that it belongs to; "" for none.
	Campaign string

	// Halted tells of a held item that its campaign holds it, since that is paused or sends
	// nothing at this hour: it goes when that goes on.
	Halted bool

	// Stopping tells of an item that is being sent that a person wants that stopped, and that
	// its final dot has not left by what is known: see [Outbox.Cancel].
	Stopping bool

	// AtDot tells of an item that is being sent that the final dot of the attempt may have
	// left by what the database knows: the server may have it, and it cannot be stopped any
	// more. Of one that takes less than a second the database may not learn of that.
	AtDot bool

	// ReplacedBy is the item that this one was sent anew as, by [Outbox.Redate] if it is
	// cancelled, else as a copy that was made of it when it had failed; 0 for none.
	ReplacedBy ID

	// Resent tells of an item that failed, to somebody at least, that its copy is queued or
	// was sent: what becomes of the recipients is told there.
	Resent bool

	// Dated is what the Date of its message says.
	Dated time.Time

	// HasDraft tells that the draft this item was made from is kept, so that it
	// can be copied into a new one, or taken back unless Marked.
	HasDraft bool
	// Marked tells that the final dot of some attempt may have left: somebody may
	// have the message.
	Marked bool
}

// Recipient is one envelope recipient of an item and its truth.
type Recipient struct {
	Address     string
	State       RecipientState
	Attempts    int
	NextAttempt time.Time
	Result
	At time.Time // of the last result

	// Report is what the delivery report that made it so says, for people; "" if
	// none did. Filled by [Outbox.Get] alone.
	Report string
}

// Attempt is one try for an item.
type Attempt struct {
	Number   int
	Account  string
	Server   string
	TLS      string
	Started  time.Time
	Marked   time.Time // the final dot may have left from here on; zero: it did not
	Finished time.Time // zero while it runs
	Results  []AttemptResult

	// Dialogue is the Report's; filled by [Outbox.Transcript] alone. While the attempt
	// runs it is what [Outbox.Following] gives of it, and "" of one that ended with its
	// program, and after a purge.
	Dialogue string
}

// Line is how safe the line of an attempt was: "TLS 1.3", "no TLS", "" where there
// was none or nobody knows. Whether there was one is told by what was heard on it.
func (a Attempt) Line() string {
	answered := func(r AttemptResult) bool { return r.Code != 0 }
	if a.TLS == "" && (!a.Marked.IsZero() || slices.ContainsFunc(a.Results, answered)) {
		return "no TLS"
	}
	return a.TLS
}

// AttemptResult is what an attempt came to for one recipient.
type AttemptResult struct {
	Address string
	Result
}

// Policy is what the outbox must know of an account. It knows no more.
type Policy struct {
	Account       string
	Connections   int  // deliveries at once, at least 1
	ResendInDoubt bool // when_uncertain = "resend"
	Limits        Limits
	Revision      string // of the settings: a change lifts a park
	SentCopy      bool   // what was sent is copied into the Sent folder of its mailbox
	Fallback      string // account that takes over what waits while this one is down; "": none

	Mailbox string        // where its reports arrive, told from any other by this name; "": nowhere
	Every   time.Duration // how often that is looked into
	Idle    bool          // its server is also asked to tell what arrives

	ReturnPath string // the envelope sender, with mailtoken.Mark in it; "": the address of From
}

// Park is an account that stopped, why, and until when.
type Park struct {
	Account string
	Result
	Since time.Time
	Until time.Time // zero: until the account or its secret changes, or a person asks for a retry
	Tries int

	revision string // of the settings that it is for
}

// Late tells that an item waits for longer than anybody expects of mail, though
// nobody refused it.
func (i Item) Late(now time.Time) bool {
	return (i.State == StateWaiting || i.State == StateSending) && now.Sub(later(i.Dated, i.NotBefore)) >= LateAfter
}

// Progress is how far an attempt that is going on has come.
type Progress struct {
	Item    ID        `json:"item"`
	Attempt int64     `json:"attempt"` // tells it from any other that goes on
	Account string    `json:"account"`
	Step    Step      `json:"step"`
	Done    int64     `json:"done"`  // octets of the message sent
	Total   int64     `json:"total"` // octets of the message
	Started time.Time `json:"started"`
	Since   time.Time `json:"since"` // when it came as far as that

	// Stale tells that its sender has not told for a while how far it is, as one does that
	// stands still.
	Stale bool `json:"-"`

	// Number is the attempt's, Dialogue what was said so far, in the form of the Report's,
	// and Recipients what is known of its recipients; filled by [Outbox.Following] alone.
	Number     int     `json:"-"`
	Dialogue   string  `json:"dialogue,omitempty"`
	Recipients []Known `json:"recipients,omitempty"`
}

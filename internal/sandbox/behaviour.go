package sandbox

import (
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Behaviour is what the sandbox does with mail to one local part. Everybody
// else gets an ordinary server.
type Behaviour struct {
	// LocalPart is "reject" for reject@ and reject+anything@, in upper or lower
	// case, at any domain.
	LocalPart   string
	Description string // one line, without the local part

	onRecipient reaction // nil: the recipient is accepted
	onMessage   reaction // before the message is kept; nil: it is
	onKept      reaction // after the message is kept, before the answer

	returned *returned // the report that comes back later; nil: none
}

// reaction is an answer other than the ordinary one, or nil. A reaction after
// RCPT is about that recipient; later ones are about the message as a whole,
// and the first one that is not nil is the answer.
type reaction func(s *session, to string) error

const (
	deferrals  = 2                // how often defer@ says "later"
	slowAnswer = 20 * time.Second // how long slow@ takes: longer than a person waits, shorter than any client's timeout
)

// Behaviours is the table that the server goes by, in the order of a help text:
// first what a refused recipient looks like, then what a whole message meets.
func Behaviours() []Behaviour {
	return []Behaviour{
		{LocalPart: "reject", Description: "no such mailbox: 550 5.1.1 to RCPT",
			onRecipient: answer(550, 5, 1, 1, "No such mailbox here")},
		{LocalPart: "full", Description: "mailbox full: 552 5.2.2 to RCPT",
			onRecipient: answer(552, 5, 2, 2, "The mailbox is full")},
		{LocalPart: "busy", Description: "never now: 450 4.2.1 to RCPT, every time",
			onRecipient: answer(450, 4, 2, 1, "The mailbox is busy, try again later")},
		{LocalPart: "defer", Description: "greylisting: 451 4.7.1 to RCPT twice, then accepted; the next message begins anew",
			onRecipient: (*session).greylist},
		{LocalPart: "throttle", Description: "too fast: 421 4.7.0 to RCPT, and the line is closed",
			onRecipient: (*session).throttle},
		{LocalPart: "quota", Description: "the account's daily limit: 550 5.4.5 to RCPT",
			onRecipient: answer(550, 5, 4, 5, "Daily user sending limit exceeded")},
		{LocalPart: "escape", Description: "550 5.7.1 to RCPT with terminal escapes and bytes that are not UTF-8",
			onRecipient: answer(550, 5, 7, 1, hostileText)},
		{LocalPart: "spam", Description: "refused for its content: 554 5.7.1 after the final dot",
			onMessage: answer(554, 5, 7, 1, "Message rejected as spam")},
		{LocalPart: "size", Description: "too large after all: 552 5.3.4 after the final dot",
			onMessage: answer(552, 5, 3, 4, "Message too big for this mailbox")},
		{LocalPart: "drop", Description: "the line is closed after the final dot without an answer; the message is kept",
			onKept: (*session).drop},
		{LocalPart: "bounce", Description: "accepted, and 5 s later a delivery report comes back: 550 5.1.1",
			returned: &bounced},
		{LocalPart: "delayed", Description: "accepted, and 5 s later a report says that it is still being tried",
			returned: &delayed},
		{LocalPart: "vague", Description: "accepted, and 5 s later a report comes back that says neither which message nor whom it is about",
			returned: &inWords},
		{LocalPart: "slow", Description: "accepted, but the answer takes 20 s",
			onKept: (*session).dawdle},
	}
}

// hostileText holds what a terminal would act on: colour and cursor by ESC and
// by the one-byte C1 form, a window title, a backspace, a tab, a right-to-left
// override, and bytes that are not UTF-8. A line break cannot be in it: it
// would end the reply line.
const hostileText = "\x1b[31;5mred\x1b[0m \x1b]0;owned\x07 \x9b2J \bhidden\ttab \u202egnp.exe \xff\xfe Gr\xfc\xdfe"

func answer(code, class, subject, detail int, text string) reaction {
	// One line: of several, go-smtp puts the enhanced code on the last alone.
	reply := &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
	return func(*session, string) error { return reply }
}

// behaviourOf is the table's row for an address; the ordinary one if it has none.
func behaviourOf(address string) Behaviour {
	local := address
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		local = address[:at]
	}
	local, _, _ = strings.Cut(local, "+")
	for _, b := range Behaviours() {
		if strings.EqualFold(local, b.LocalPart) {
			return b
		}
	}
	return Behaviour{}
}

// greylist defers what it has not seen often enough. A server that greylists
// sees no more of a message than its envelope at this point.
func (s *session) greylist(to string) error {
	if s.server.greylist.pass(s.current().from, to) {
		return nil
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Greylisted, please try again later"}
}

func (s *session) throttle(string) error {
	s.reset()
	s.line.hangUpAfterReply()
	return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Too many messages, slow down"}
}

func (s *session) drop(to string) error {
	s.server.logf("%s: closed the line without an answer", to)
	s.line.hangUp()
	return nil
}

// dawdle waits; the end of the server cuts it short, and the line with it.
func (s *session) dawdle(string) error {
	timer := time.NewTimer(slowAnswer)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.server.closing:
	}
	return nil
}

// greylist counts the deferrals of each pair of sender and recipient.
type greylist struct {
	mu    sync.Mutex
	tries map[[2]string]int
}

// maxGreylist bounds the memory of a server that runs for weeks. Forgetting
// means only that some are deferred again.
const maxGreylist = 10_000

// pass tells whether this try is accepted. Then the pair is forgotten, so that
// its next message is deferred like the first.
func (g *greylist) pass(from, to string) bool {
	pair := [2]string{from, strings.ToLower(to)}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tries[pair] == deferrals {
		delete(g.tries, pair)
		return true
	}
	if g.tries == nil || len(g.tries) >= maxGreylist {
		g.tries = make(map[[2]string]int)
	}
	g.tries[pair]++
	return false
}

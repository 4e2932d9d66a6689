package crash

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// letter is what the test knows of one message it has asked for. Its subject is
// its name: a killed enqueuer prints no ID.
type letter struct {
	subject    string
	recipients []string
	kept       bool // queued to be held, or for later; nobody lets it go

	ids      []string  // as printed; of a key that was repeated, each time
	saidSent bool      // send --wait ended with 0
	deleted  bool      // somebody tried to
	gone     bool      // and was told that it is
	stopped  time.Time // when it was held, cancelled or deleted for certain; zero: or let go again
	marked   bool      // somebody may have said that it arrived
	resent   int       // how often somebody may have had it sent again though it may have arrived
}

// ledger is what the test has done, to tell afterwards what is right.
type ledger struct {
	mu      sync.Mutex
	letters map[string]*letter // by subject
	runs    map[string]int     // processes, by command
	signals map[syscall.Signal]int
	cut     int           // senders that were killed or told to end
	slowest time.Duration // from SIGTERM to the end of a process
}

func newLedger() *ledger {
	return &ledger{letters: make(map[string]*letter), runs: make(map[string]int), signals: make(map[syscall.Signal]int)}
}

// add records a letter before anybody is asked to queue it. Of a key that is
// repeated it gives the first one.
func (l *ledger) add(new letter) *letter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known := l.letters[new.subject]; known != nil {
		return known
	}
	l.letters[new.subject] = &new
	return &new
}

// queued records what send printed. An ID that was printed counts whatever
// became of the process then: a script may have read it.
func (l *ledger) queued(m *letter, r ran) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id, whole := strings.CutSuffix(r.out, "\n"); whole {
		m.ids = append(m.ids, id)
	}
	if r.code == 0 && slices.Contains(r.args, "--wait") {
		m.saidSent = true
	}
}

// acted records what is done to items, by their subjects. What may make a copy
// is recorded before: whether a killed process has done it nobody knows.
func (l *ledger) acted(subjects []string, note func(*letter)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, subject := range subjects {
		if m := l.letters[subject]; m != nil {
			note(m)
		}
	}
}

// count counts a process that has ended.
func (l *ledger) count(r ran) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[r.args[0]]++
	if !r.befallen {
		return
	}
	l.signals[r.fate.signal]++
	if r.fate.signal == syscall.SIGTERM {
		l.slowest = max(l.slowest, r.late)
	}
	sends := r.args[0] == "daemon" || r.args[0] == "flush" || slices.Contains(r.args, "--wait")
	if sends && (r.fate.signal == syscall.SIGKILL || r.fate.signal == syscall.SIGTERM) {
		l.cut++
	}
}

// String is what happened, in numbers.
func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprintf("%d letters; processes %v; killed %d, told to end %d, stopped %d; %d senders cut; "+
		"the slowest ended %s after it was told to", len(l.letters), l.runs,
		l.signals[syscall.SIGKILL], l.signals[syscall.SIGTERM], l.signals[syscall.SIGSTOP], l.cut, l.slowest.Round(time.Millisecond))
}

package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"sendoff/internal/lease"
)

const (
	// pulseName is the file with the process that sends. Its time is when that moved last.
	pulseName = "sender.pid"
	// pulseEvery is how often a sender says that it moves. It is a goroutine of its own
	// that does, which waits for nothing but the clock and the disk: neither a silent server nor an
	// empty queue stops it.
	pulseEvery = 10 * time.Second
	// stillAfter is how long a sender must not have moved to be called still: a disk that
	// is slow makes one or two beats late.
	stillAfter = 3 * pulseEvery
)

// SenderState is whether there is a sender, and whether it moves.
type SenderState uint8

// What a sender can be found to be.
const (
	SenderGone  SenderState = iota // nobody has the lease: nothing leaves
	SenderMoves                    // what is due leaves
	SenderStill                    // a process has the lease and does nothing: nothing leaves, and nobody else may send
)

// SenderSeen is what is known of the sender at a moment.
type SenderSeen struct {
	State   SenderState
	Here    bool          // it is this process
	Process int           // that stands still; 0: not known
	Quiet   time.Duration // for how long it has not moved, if it stands still
}

// judgeSender decides what a sender is. held tells that somebody has the lease, here that
// this process has, and quiet how long ago it moved last.
func judgeSender(held, here bool, quiet time.Duration, process int) SenderSeen {
	switch {
	case here:
		return SenderSeen{State: SenderMoves, Here: true}
	case !held:
		return SenderSeen{State: SenderGone}
	case quiet >= stillAfter:
		return SenderSeen{State: SenderStill, Process: process, Quiet: quiet}
	}
	return SenderSeen{State: SenderMoves}
}

// NobodySends is why nothing leaves when no process is the sender.
const NobodySends = "nothing is sending now"

// Unsent says in few words, which stay the same, why nothing leaves; "" if it does.
func (s SenderSeen) Unsent() string {
	switch {
	case s.State == SenderGone:
		return NobodySends
	case s.State == SenderStill && s.Process != 0:
		return fmt.Sprintf("the sender stands still (process %d)", s.Process)
	case s.State == SenderStill:
		return "the sender stands still"
	}
	return ""
}

// Words say of a sender that stands still that it does, for how long, and what that may
// come from; "" of any other.
func (s SenderSeen) Words() string {
	if s.State != SenderStill {
		return ""
	}
	process := ""
	if s.Process != 0 {
		process = fmt.Sprintf("process %d, ", s.Process)
	}
	return fmt.Sprintf("the sender has not moved for %s (%sperhaps stopped with ctrl+z)", quietly(s.Quiet), process)
}

// Hint is what can be done about a sender that stands still; "" of any other.
func (s SenderSeen) Hint() string {
	switch {
	case s.State != SenderStill:
		return ""
	case s.Process == 0:
		return "in its terminal fg lets it go on"
	}
	return fmt.Sprintf("in its terminal fg lets it go on; kill -KILL %d ends it with what is written in it, and may leave in doubt what it was sending", s.Process)
}

// quietly is a length of time, roughly.
func quietly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// Sender tells whether something sends, whichever process that is.
func (b *Outbox) Sender() SenderSeen {
	if b.sending.Load() != nil {
		return judgeSender(true, true, 0, 0)
	}
	held, err := lease.Held(b.senderLock())
	if err != nil || !held {
		return judgeSender(false, false, 0, 0)
	}
	path := filepath.Join(b.options.Dir, pulseName)
	info, err := os.Stat(path)
	if err != nil { // it has just begun, or who has the lease sends nothing, as while the outbox is rebuilt
		return judgeSender(true, false, 0, 0)
	}
	return judgeSender(true, false, b.heard.since(info.ModTime(), time.Now()), processIn(path))
}

// processIn is what a sender has written down; 0 if that cannot be read.
func processIn(path string) int {
	data, _ := os.ReadFile(path)
	process, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return max(process, 0)
}

// heard is what this process has heard of the sender.
type heard struct {
	mu    sync.Mutex
	beat  time.Time // the last one, by the clock of the wall
	moved time.Time // when that was, by the monotonic clock of this process
}

// since is how long ago the sender moved that has left a beat. Only of the first look is
// it what the clock of the wall says: that jumps when it is set, and while the machine
// sleeps nobody moves.
func (h *heard) since(beat, now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.beat.IsZero():
		h.moved = now.Add(-max(now.Sub(beat), 0))
	case !beat.Equal(h.beat):
		h.moved = now
	}
	h.beat = beat
	return now.Sub(h.moved)
}

// pulse says that this process is the sender and moves, until ctx ends. That it cannot be
// said is nothing to stop for: others take a sender without a pulse for one that moves.
func (b *Outbox) pulse(ctx context.Context) {
	path := filepath.Join(b.options.Dir, pulseName)
	defer os.Remove(path)
	if os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), filePermissions) != nil {
		return
	}
	ticker := time.NewTicker(pulseEvery)
	defer ticker.Stop()
	for {
		now := time.Now()
		if err := os.Chtimes(path, now, now); errors.Is(err, fs.ErrNotExist) {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// takeSenderLease takes the lease of the outbox in a directory. A pulse that is there is
// that of a sender which has died, and none of who has the lease now.
func takeSenderLease(dir string) (*lease.Lease, error) {
	held, err := lease.Take(filepath.Join(dir, senderLockName))
	if err == nil {
		os.Remove(filepath.Join(dir, pulseName))
	}
	return held, err
}

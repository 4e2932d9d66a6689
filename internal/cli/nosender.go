package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"sendoff/internal/config"
	"sendoff/outbox"
)

const hintNobodySends = "sendoff flush sends once; sendoff daemon --install keeps a sender running"

// sendsHint is what gets a sender going that is gone or stands still.
func sendsHint(s outbox.SenderSeen) string { return orElse(s.Hint(), hintNobodySends) }

// sayUnsent tells that what was queued stays where it is, or starts a sender where
// config.toml says so. It is no error: what was asked for is done. Beside a sender that
// stands still another one could only wait.
func (p *program) sayUnsent(s outbox.SenderSeen, settings config.Settings) {
	switch {
	case s.State == outbox.SenderMoves:
	case s.State == outbox.SenderStill:
		p.say(errors.New("queued, but "+s.Words()), s.Hint())
	case settings.Deliver == config.DeliverAuto:
		p.startFlush()
	default:
		p.say(errors.New("queued, but "+outbox.NobodySends), hintNobodySends)
	}
}

// sayStill tells who waits for a sender that it stands still.
func (p *program) sayStill(s outbox.SenderSeen) {
	if s.State == outbox.SenderStill {
		p.say(errors.New(s.Words()), s.Hint())
	}
}

// startFlush starts this program for one pass, in a session of its own so that
// it outlives the terminal; what it has to say stands in the log and the outbox.
func (p *program) startFlush() {
	if err := startDetached("flush"); err != nil {
		p.say(fmt.Errorf("queued, but nothing is sending now: %w", err), hintNobodySends)
	}
}

func startDetached(args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start a sender: %w", err)
	}
	cmd := exec.Command(self, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start a sender: %w", err)
	}
	return cmd.Process.Release()
}

// toBeSent is how much would leave by itself, now or at its time, if something sent.
func toBeSent(counts map[outbox.State]int, left outbox.CampaignsLeft) int {
	return counts[outbox.StateWaiting] + counts[outbox.StateScheduled] + left.Due()
}

// somethingDue tells whether a message other than one could be sent now.
func somethingDue(ctx context.Context, b *outbox.Outbox, but outbox.ID) (bool, error) {
	now := time.Now()
	for item, err := range eachItem(ctx, b, outbox.Query{States: []outbox.State{outbox.StateWaiting}}, pageSize) {
		if err != nil {
			return false, err
		}
		if item.ID != but && !item.NextAttempt.After(now) {
			return true, nil
		}
	}
	return false, nil
}

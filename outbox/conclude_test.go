package outbox

import (
	"context"
	"log/slog"
	"testing"
)

// transportFunc is a Transport of one function.
type transportFunc func(ctx context.Context, d Delivery) Report

func (f transportFunc) Deliver(ctx context.Context, d Delivery) Report { return f(ctx, d) }

// What has stopped an account since something was claimed for it, as a delivery whose
// outcome was in the same commit, still stops it when that begins.
func TestService_AStopOutlastsTheStartOfWhatWasClaimedBefore(t *testing.T) {
	b, _ := queued(t)
	policies := []Policy{{Account: "work", Connections: 2}}
	v := NewSender(b, nil, func() []Policy { return policies }, slog.New(slog.DiscardHandler)).newService(nil)
	v.tracker = newTracker(t.TempDir())
	v.current.Store(&policies)
	v.stopped.Store("work", true) // by what was before: the claim finds that it is over
	jobs, err := v.claim(t.Context(), policies)
	if _, stopped := v.stopped.Load("work"); err != nil || len(jobs) != 1 || stopped {
		t.Fatalf("%d claimed, %v; stopped %t", len(jobs), err, stopped)
	}
	v.stopped.Store("work", true)
	seen := false
	v.transport = transportFunc(func(context.Context, Delivery) Report {
		_, seen = v.stopped.Load("work")
		return Report{}
	})
	v.start(t.Context(), jobs[0])
	if <-v.finished; !seen {
		t.Error("it goes on")
	}
}

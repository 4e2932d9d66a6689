package outbox_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"sendoff/outbox"
)

// stoppedAtTheDot is a server that takes one recipient at once, and a line that is
// cut by the end of the program between the mark and the final dot.
type stoppedAtTheDot struct {
	stop func()
	t    *testing.T
}

func (s *stoppedAtTheDot) Deliver(ctx context.Context, d outbox.Delivery) outbox.Report {
	left := outbox.Result{Class: outbox.ClassTemporary, Limit: outbox.LimitRecipients, Text: "more than the server takes at once"}
	if err := d.Mark(ctx, []outbox.Result{{}, left}); err != nil {
		s.t.Error(err)
	}
	s.stop()
	return outbox.Report{Server: "scripted:25", Began: true, Results: []outbox.Result{{Class: outbox.ClassNetwork, Text: "stopped"}, left}}
}

// What was recorded with a mark does not stand in the way of taking it back.
func TestSender_StoppedBetweenTheMarkAndTheDot(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org, ben@example.org"), outbox.SubmitOptions{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if err := sender(b, &stoppedAtTheDot{stop, t}, policies(1)).Run(ctx); err != nil {
		t.Error(err)
	}
	item := get(t, b, id)
	if slices.ContainsFunc(item.Recipients, func(r outbox.Recipient) bool {
		return r.State != outbox.RecipientWaiting || r.Attempts != 0 || r.NextAttempt.After(time.Now())
	}) {
		t.Errorf("%+v", item.Recipients)
	}
}

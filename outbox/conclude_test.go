package outbox

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
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

// An accepted message is in the log also when the one behind it in its lane was refused
// before its mark.
func TestLane_LogsWhatIsRecordedWithARefusal(t *testing.T) {
	l, first := fastLane(t, 3)
	var log strings.Builder
	l.log = slog.New(slog.NewTextHandler(&log, nil))
	l.ahead = openAttempt(t, l.outbox, true)
	accepted := Report{Server: "mx:25", Began: true, Results: []Result{{Class: ClassAccepted, Code: 250, Text: "Ok"}}}
	_, second := l.conclude(t.Context(), &ending{service: l.service, job: first, report: accepted, at: time.Now()})
	if second == nil || l.behind == nil {
		t.Fatal("its outcome does not wait for the next mark")
	}
	refused := Report{Server: "mx:25", Began: true, Results: []Result{{Class: ClassRejected, Code: 550, Text: "no such user"}}}
	if d, _ := l.conclude(t.Context(), &ending{service: l.service, job: second, report: refused, at: time.Now()}); d.err != nil {
		t.Fatal(d.err)
	}
	for _, text := range []string{"code=250", "code=550"} {
		if strings.Count(log.String(), text) != 1 {
			t.Errorf("%s is not there once:\n%s", text, log.String())
		}
	}
	if strings.Index(log.String(), "code=250") > strings.Index(log.String(), "code=550") {
		t.Error("in the wrong order")
	}
}

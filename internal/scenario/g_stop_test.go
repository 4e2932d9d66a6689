package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

// asker is the outbox through which a person asks: the sender's own, or that of another
// program.
func (r *rig) asker(another bool) *outbox.Outbox {
	r.Helper()
	if !another {
		return r.outbox
	}
	b, err := outbox.Open(r.Context(), outbox.Options{Dir: r.dir})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		if err := b.Close(); err != nil {
			r.Error(err)
		}
	})
	return b
}

// eachAsker tells a story for a person at the sender's own screen, and for one elsewhere.
func eachAsker(t *testing.T, tell func(r *rig, asker *outbox.Outbox)) {
	for name, another := range map[string]bool{"here": false, "in another program": true} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) { tell(r, r.asker(another)) })
		})
	}
}

// stopAt runs the sender until nothing is open any more, and asks it to stop an item when
// that has come to a step. It gives when it was asked, and what is said to that.
func (r *rig) stopAt(id outbox.ID, asker *outbox.Outbox, step outbox.Step) (asked time.Time, answer error) {
	r.Helper()
	r.run(time.Hour, func(open []outbox.Item) bool {
		for _, p := range r.outbox.Progress() {
			if p.Item == id && p.Step == step && asked.IsZero() && (step != outbox.StepBody || p.Done > 0) {
				asked, answer = time.Now(), asker.Cancel(r.Context(), id)
			}
		}
		return isSettled(open)
	})
	if asked.IsZero() {
		r.Fatalf("it never came to %q", step)
	}
	return asked, answer
}

// Who sees the wrong file going to the wrong person stops it, from wherever: the server
// gets no final dot, nobody is to blame, and it can be sent after all.
func TestG09_StoppedBeforeTheDot(t *testing.T) {
	eachAsker(t, func(r *rig, asker *outbox.Outbox) {
		r.answer = table(rule{"DATA", "", 1, "354 go\nread 100000\nstall"}, rule{"RCPT", bob, 0, "550 5.1.1 unknown"})
		d := long()
		d.Cc = bob
		id := r.submit(d)
		asked, answer := r.stopAt(id, asker, outbox.StepBody)
		if !errors.Is(answer, outbox.ErrStopping) {
			r.Errorf("asked to stop: %v", answer)
		}
		if err := asker.AwaitStop(r.Context(), id); err != nil {
			r.Error(err)
		}
		r.want(id, want{state: "cancelled", recipients: "waiting failed", tries: 1, transactions: 1})
		r.between("the stop", r.attempts(id)[0].Finished.Sub(asked), 0, 300*time.Millisecond)
		if got := r.recipient(id, ana); got.Attempts != 0 || got.Text != outbox.ErrStopped.Error() {
			r.Errorf("%+v", got)
		}
		all, err := r.outbox.Transcript(r.Context(), id)
		if err != nil || len(all) != 1 || !strings.Contains(all[0].Dialogue, "and no final dot") || !strings.Contains(all[0].Dialogue, outbox.ErrStopped.Error()) {
			r.Errorf("%+v, %v", all, err)
		}
		if len(r.parks()) > 0 {
			r.Errorf("parked: %+v", r.parks())
		}
		r.pass(day)
		r.want(id, want{state: "cancelled", transactions: 1})
		r.retry(id)
		r.settle(time.Minute)
		r.want(id, want{state: "partial", recipients: "sent failed"})
	})
}

// Before a server is there it is no different, and what goes next goes on.
func TestG09_StoppedBeforeTheServerAnswers(t *testing.T) {
	eachAsker(t, func(r *rig, asker *outbox.Outbox) {
		r.answer = table(rule{"CONNECT", "", 1, "stall"})
		id, other := r.send(ana), r.send(bob)
		if _, answer := r.stopAt(id, asker, outbox.StepTLS); !errors.Is(answer, outbox.ErrStopping) {
			r.Errorf("asked to stop: %v", answer)
		}
		r.want(id, want{state: "cancelled", recipients: "waiting", tries: 1})
		r.want(other, want{state: "sent", recipients: "sent", tries: 1, transactions: 1})
		r.between("the other", r.attempts(other)[0].Finished.Sub(r.attempts(id)[0].Finished), 0, time.Second)
	})
}

// Behind the dot it is the server's: that is said, and nothing has changed.
func TestG09_NotBehindTheDot(t *testing.T) {
	eachAsker(t, func(r *rig, asker *outbox.Outbox) {
		r.answer = table(rule{".", "", 0, "pause 10s\n250 2.0.0 ok"})
		id := r.submit(long())
		if _, answer := r.stopAt(id, asker, outbox.StepDot); !errors.Is(answer, outbox.ErrTooLate) {
			r.Errorf("asked to stop: %v", answer)
		}
		r.want(id, want{state: "sent", recipients: "sent", tries: 1, transactions: 1})
	})
}

// Who takes the wish back before the sender has heard of it has changed nothing, and who
// does so behind that has the message in the queue again.
func TestG09_TheWishIsTakenBack(t *testing.T) {
	for name, after := range map[string]time.Duration{"at once": 0, "later": time.Second} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.answer = table(rule{"DATA", "", 1, "354 go\nread 100000\npause 20s"})
				id := r.submit(long())
				asker := r.asker(true)
				asked := false
				r.run(time.Hour, func(open []outbox.Item) bool {
					for _, p := range r.outbox.Progress() {
						if p.Step == outbox.StepBody && p.Done > 0 && !asked {
							asked = true
							tally, err := asker.ActOn(r.Context(), outbox.ActionCancel, id)
							if err != nil || len(tally.Stopping) != 1 || tally.Undoable != 1 || tally.Done != 0 {
								r.Errorf("%+v, %v", tally, err)
							}
							time.Sleep(after)
							last, err := asker.LastDeed(r.Context())
							if err != nil || last.Action != outbox.ActionCancel {
								r.Errorf("%+v, %v", last, err)
							}
							if u, err := asker.Undo(r.Context(), last.ID); err != nil || len(u.Items) != 1 || u.Left != 0 {
								r.Errorf("%+v, %v", u, err)
							}
							open = r.open()
						}
					}
					return isSettled(open)
				})
				tries := 1
				if after > 0 {
					tries = 2
				}
				r.want(id, want{state: "sent", recipients: "sent", tries: tries, transactions: tries})
			})
		})
	}
}

// Whenever somebody asks, and however fast the others go out: what is called cancelled,
// no server has, and what a server has is called sent.
func TestG09_NobodyHasWhatIsCalledCancelled(t *testing.T) {
	const many, every = 120, 7 * time.Millisecond
	eachAsker(t, func(r *rig, asker *outbox.Outbox) {
		r.answer = func(c command) string {
			switch c.verb {
			case "DATA":
				return fmt.Sprintf("pause %dms\n354 go", 40*(c.nth%8))
			case ".":
				return fmt.Sprintf("pause %dms\n250 2.0.0 ok", 10*(c.nth%5))
			}
			return ""
		}
		var all []outbox.ID
		for n := range many {
			all = append(all, r.send(fmt.Sprintf("user%d@example.org", n)))
		}
		asked := make(map[outbox.ID]error)
		asking, done, begun := make(chan struct{}), make(chan struct{}), false
		r.run(time.Hour, func(open []outbox.Item) bool {
			if !begun {
				begun = true
				go func() {
					defer close(asking)
					for n := 0; ; n++ { // sometimes for what is on its way, sometimes for what is not
						select {
						case <-done:
							return
						case <-time.After(every):
						}
						id := all[n*7%many]
						if under := r.outbox.Progress(); len(under) > 0 && n%8 > 0 {
							id = under[n%len(under)].Item
						}
						if _, before := asked[id]; !before && id%4 > 0 {
							asked[id] = asker.Cancel(context.WithoutCancel(r.Context()), id)
						}
					}
				}()
			}
			return isSettled(open)
		})
		close(done)
		<-asking
		count := make(map[string]int)
		for _, id := range all {
			item := r.item(id)
			r.checkCopies(id, item)
			switch err := asked[id]; {
			case errors.Is(err, outbox.ErrTooLate), errors.Is(err, outbox.ErrTransition):
				count["too late"]++
				r.want(id, want{state: "sent", recipients: "sent"})
			case errors.Is(err, outbox.ErrStopping):
				count["asked, and "+item.State.String()]++
				if err, sent := asker.AwaitStop(r.Context(), id), item.State == outbox.StateSent; err != nil && !sent || sent && !errors.Is(err, outbox.ErrTooLate) {
					r.Errorf("%s is %s: %v", id, item.State, err)
				}
			default:
				count[item.State.String()]++
			}
			if item.State != outbox.StateSent && item.State != outbox.StateCancelled {
				r.Errorf("%s is %s", id, item.State)
			}
		}
		r.Logf("%v", count)
	})
}

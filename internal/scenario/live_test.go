package scenario

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

// What is said is seen before the attempt is over, here and by another program, without
// the login, and what is kept in the end begins with it.
func TestLive_ADialogueIsSeenAsItIsSaid(t *testing.T) {
	for name, elsewhere := range map[string]bool{"here": false, "by another program": true} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.state = r.TempDir()
				r.restart()
				looking := r.outbox
				if elsewhere {
					looking = r.anotherLook()
				}
				r.answer = table(rule{"RCPT", bob, 0, "pause 40s\n250 2.1.5 ok, bob"}, rule{".", "", 0, "pause 1m\n250 2.0.0 ok queued as X1"})
				id := r.send(ana, bob)
				seen := r.follow(looking, id)
				r.want(id, want{state: "sent", recipients: "sent sent", tries: 1, transactions: 1})
				kept := r.transcript(r.outbox, id)
				for _, moment := range []string{"> RCPT TO:<bob@example.org>", "* the message ("} {
					at := lastLineIs(seen, moment)
					if at.Dialogue == "" || !strings.HasPrefix(kept, at.Dialogue) || findSecret([]byte(at.Dialogue)) != "" || !strings.Contains(at.Dialogue, "> AUTH PLAIN …\n") {
						r.Errorf("at %q it was\n%s\nand in the end\n%s", moment, at.Dialogue, kept)
					}
					if at.Number != 1 || at.Account != "work" || at.Started.IsZero() || at.Since.Before(at.Started) {
						r.Errorf("at %q: %+v", moment, at)
					}
				}
				if _, goesOn, err := looking.Following(r.Context(), id); goesOn || err != nil {
					r.Errorf("it goes on %t, %v", goesOn, err)
				}
			})
		})
	}
}

// anotherLook opens the outbox once more, as another program does.
func (r *rig) anotherLook() *outbox.Outbox {
	r.Helper()
	b, err := outbox.Open(r.Context(), outbox.Options{Dir: r.dir, State: r.state})
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

// follow sends all there is, and gives what was seen of the attempt for an item. What
// Transcript has of it is the same.
func (r *rig) follow(looking *outbox.Outbox, id outbox.ID) (seen []outbox.Progress) {
	r.Helper()
	r.run(time.Hour, func(open []outbox.Item) bool {
		p, ok, err := looking.Following(r.Context(), id)
		if err != nil {
			r.Error(err)
		}
		if ok {
			seen = append(seen, p)
			if said := r.transcript(looking, id); said != p.Dialogue {
				r.Errorf("the transcript is\n%s\nand what was said\n%s", said, p.Dialogue)
			}
		}
		return isSettled(open)
	})
	return seen
}

// transcript is what was said in the only attempt for an item.
func (r *rig) transcript(b *outbox.Outbox, id outbox.ID) string {
	r.Helper()
	all, err := b.Transcript(r.Context(), id)
	if err != nil || len(all) != 1 {
		r.Fatalf("%d attempts, %v", len(all), err)
	}
	return all[0].Dialogue
}

// lastLineIs is what was seen while a line with a text was the last that was said.
func lastLineIs(seen []outbox.Progress, text string) outbox.Progress {
	for _, p := range seen {
		if last := p.Dialogue[strings.LastIndexByte(p.Dialogue, '\n')+1:]; strings.Contains(last, text) {
			return p
		}
	}
	return outbox.Progress{}
}

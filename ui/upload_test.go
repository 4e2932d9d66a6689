package ui

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

func TestUpload_SaysNothingBeforeItKnows(t *testing.T) {
	const mega = 1 << 20
	type step struct {
		after  time.Duration // the step before
		step   outbox.Step
		done   int64
		unseen bool // nobody has looked since
	}
	body := func(after time.Duration, done int64) step { return step{after, outbox.StepBody, done, false} }
	behindStop := func(after time.Duration, done int64) step { return step{after, outbox.StepBody, done, true} }
	second := time.Second
	for _, c := range []struct {
		name  string
		steps []step
		speed int64
		left  time.Duration
		says  string // "": nothing at all
	}{
		{"nothing yet", nil, 0, 0, ""},
		{"one look", []step{body(0, mega)}, 0, 0, ""},
		{"too short a time", []step{body(0, 0), body(900*time.Millisecond, mega)}, 0, 0, ""},
		{"a second", []step{body(0, 0), body(second, mega)}, mega, 9 * second, "left"},
		{"the mean of portions", []step{body(0, 0), body(second, 0), body(second, 2*mega)}, mega, 8 * second, "left"},
		{"only of late", []step{body(0, 0), body(4*second, 0), body(4*second, 0), body(5*second, 5*mega)}, mega, 5 * second, "left"},
		{"none go out", []step{body(0, mega), body(5*second, mega), body(8*second, mega)}, 0, 0, "the server takes nothing"},
		{"between two portions of a slow line", []step{body(0, 0), body(second, 2*mega), body(7*second, 2*mega)}, mega / 4, 32 * second, "left"},
		{"no portion for long", []step{body(0, 0), body(second, 2*mega), body(25*second, 2*mega)}, 0, 0, "the server takes nothing"},
		{"begun anew", []step{body(0, 0), body(second, mega), body(second, 0), body(second, 2*mega)}, 2 * mega, 4 * second, "left"},
		{"all is out", []step{body(0, 0), body(second, 10*mega)}, 10 * mega, 0, ""},
		{"stopped for a minute", []step{body(0, 0), body(second, mega), behindStop(time.Minute, mega), body(second, 2*mega)}, mega, 8 * second, "left"},
		{"stopped, and just brought back", []step{body(0, 0), body(second, mega), behindStop(time.Minute, mega)}, 0, 0, ""},
		{"another step", []step{body(0, 0), body(second, mega), {second, outbox.StepDot, 10 * mega, false}}, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var u upload
			now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
			var before int64
			for _, s := range c.steps {
				for ; s.after > second && !s.unseen; s.after -= second {
					now = now.Add(second)
					u = u.seen(now, outbox.Progress{Step: outbox.StepBody, Done: before, Total: 10 * mega})
				}
				now, before = now.Add(s.after), s.done
				u = u.seen(now, outbox.Progress{Step: s.step, Done: s.done, Total: 10 * mega})
			}
			if u.speed() != c.speed || u.left(10*mega) != c.left {
				t.Errorf("%d bytes a second, %v left; want %d and %v", u.speed(), u.left(10*mega), c.speed, c.left)
			}
			if words := u.words(10 * mega); (words == "") != (c.says == "") || !strings.Contains(words, c.says) {
				t.Errorf("it says %q", words)
			}
		})
	}
}

func TestUpload_IsShownWhereverItsMessageIs(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
		ended := half.run(s)
		<-half.reached
		s.Advance(2 * time.Second)
		s.See("50 %")
		s.SeeNot("/s ·", "━  ") // none go out
		for id := range s.model.progress {
			s.model.uploads[id] = upload{{s.model.now.Add(-1500 * time.Millisecond), 0}}
		}
		s.Advance(progressEvery)
		s.See("━─", "50 % · ", "/s · ", " left")
		s.Keys("q", "w")
		s.See("Photos", "50 % · ", "/s · ", " left", "━━━━━━━━━━━━━━━━━━━━────────────────────")
		s.Keys("esc", "enter")
		s.See("Sending: ", "50 % · ", "/s · ", " left.", "━━━━━━━━━━━━━━━━━━━━────────────────────")
		s.Keys("t")
		s.See("sending, ", "50 % · ", "/s · ", " left")
		close(half.goOn)
		s.Advance(2 * time.Second)
		ended()
	})
}

func TestUpload_KeepsLittle(t *testing.T) {
	var u upload
	now := time.Now()
	for i := range int64(10000) {
		now = now.Add(progressEvery)
		u = u.seen(now, outbox.Progress{Step: outbox.StepBody, Done: i})
	}
	if most := int(speedOver/progressEvery) + 2; len(u) > most {
		t.Errorf("%d samples are kept, not %d", len(u), most)
	}
}

package ui

import (
	"time"

	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

const (
	// speedOver is the stretch of time that a speed is the mean of: long enough that the
	// portions in which a connection takes its bytes do not show.
	speedOver = 5 * time.Second
	// stuckFrom is how long nothing must have gone out to be called stuck: on a slow line the
	// kernel takes portions that last for longer than a speed is the mean of.
	stuckFrom = 12 * time.Second
	// speedFrom is the least of it from which anything is said. What is over by then
	// needed no word.
	speedFrom = time.Second
	// unseenFrom is how long nobody has looked for a speed to begin anew: the program was stopped
	// meanwhile, as by ctrl+z, and it is no fault of the line that nothing went. It is eight looks.
	unseenFrom = 8 * progressEvery
)

// sample is how much of a message had gone out at a time.
type sample struct {
	at   time.Time
	done int64
}

// upload is how the bytes of a message have gone out of late, the oldest first. It is
// of one attempt: bytes that go out again begin anew.
type upload []sample

// seen adds how far an attempt is now, and leaves out what is older than speedOver; while
// nothing goes out, than stuckFrom.
func (u upload) seen(now time.Time, g outbox.Progress) upload {
	if g.Step != outbox.StepBody || g.Stale {
		return nil
	}
	if last := len(u) - 1; last >= 0 && (g.Done < u[last].done || now.Sub(u[last].at) >= unseenFrom) {
		u = nil
	}
	for len(u) > 1 && now.Sub(u[1].at) >= speedOver && (u[1].done < g.Done || now.Sub(u[1].at) >= stuckFrom) {
		u = u[1:]
	}
	return append(u, sample{now, g.Done})
}

// speed is how many bytes a second go out; 0 while that is not known, and when none do.
func (u upload) speed() int64 {
	if len(u) == 0 {
		return 0
	}
	first, last := u[0], u[len(u)-1]
	took := last.at.Sub(first.at)
	if took < speedFrom {
		return 0
	}
	return int64(float64(last.done-first.done) / took.Seconds())
}

// left is how long the rest takes at that speed; 0 while that is not known.
func (u upload) left(total int64) time.Duration {
	speed := u.speed()
	if speed == 0 || total <= u[len(u)-1].done {
		return 0
	}
	return time.Duration(float64(total-u[len(u)-1].done) / float64(speed) * float64(time.Second))
}

// stuck tells that none of the rest has gone out for a stuckFrom.
func (u upload) stuck(total int64) bool {
	return len(u) > 1 && u[len(u)-1].done < total && u.speed() == 0 && u[len(u)-1].at.Sub(u[0].at) >= stuckFrom
}

// words are the speed and the time that is left, or that nothing moves; "" while they are
// not known.
func (u upload) words(total int64) string {
	left := u.left(total)
	switch {
	case u.stuck(total):
		return "the server takes nothing"
	case left == 0:
		return ""
	}
	return size(u.speed()) + "/s · " + roughly(left) + " left"
}

// roughly is a length of time that is a guess: nobody needs the seconds of an hour.
func roughly(d time.Duration) string {
	switch {
	case d >= 100*time.Minute:
		return number(int((d+30*time.Minute)/time.Hour)) + " h"
	case d >= 100*time.Second:
		return number(int((d+30*time.Second)/time.Minute)) + " min"
	}
	return seconds(d)
}

// takeProgress takes in how far all that goes out is now.
func (d *desk) takeProgress(all []outbox.Progress) {
	uploads := make(map[outbox.ID]upload, len(all))
	d.progress = make(map[outbox.ID]outbox.Progress, len(all))
	for _, g := range all {
		d.progress[g.Item] = g
		if u := d.uploads[g.Item].seen(d.now, g); u != nil {
			uploads[g.Item] = u
		}
	}
	d.uploads = uploads
}

// widestBar is as wide as a bar by itself gets: of a wider one nobody sees more.
const widestBar = 40

// uploadBar is how much of a message has gone out; "" unless it lasts.
func (d *desk) uploadBar(id outbox.ID, width int) string {
	g := d.progress[id]
	if d.uploads[id].words(g.Total) == "" {
		return ""
	}
	return d.styles.bar(int(g.Done*100/g.Total), 100, width)
}

// uploadLine is a bar, how much of a message has gone out, how fast, and what is left;
// "" unless it lasts.
func (d *desk) uploadLine(id outbox.ID, width int) string {
	const wide = 16
	bar := d.uploadBar(id, wide)
	if bar == "" {
		return ""
	}
	g := d.progress[id]
	text := share(g) + " · " + d.uploads[id].words(g.Total)
	if width < wide+2+ansi.StringWidth(text) {
		return d.styles.dim.Render(cut(text, width))
	}
	return bar + "  " + d.styles.dim.Render(text)
}

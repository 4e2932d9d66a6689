package outbox_test

import (
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
)

// What leaves next is known without a look at all that is scheduled. What is held or
// cancelled does not leave.
func TestNextScheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		now := time.Now()
		next := func(after time.Time) time.Time {
			t.Helper()
			at, err := b.NextScheduled(t.Context(), after)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		if at := next(now); !at.IsZero() {
			t.Errorf("nothing is scheduled, and leaves at %s", at)
		}
		soon := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: now.Add(time.Minute)})
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: now.Add(time.Hour)})
		for after, want := range map[time.Duration]time.Duration{0: time.Minute, time.Minute: time.Hour} {
			if at := next(now.Add(after)); !at.Equal(now.Add(want)) {
				t.Errorf("%s on, the next is in %s, want %s", after, at.Sub(now), want)
			}
		}
		if err := b.Cancel(t.Context(), soon); err != nil {
			t.Fatal(err)
		}
		if at := next(now); !at.Equal(now.Add(time.Hour)) {
			t.Errorf("one that is cancelled leaves at %s", at)
		}
	})
}

package outbox_test

import (
	"maps"
	"testing"
	"time"

	"sendoff/outbox"
)

func TestUnderWay_CountsWhatWouldGoNow(t *testing.T) {
	b := open(t, t.TempDir())
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Hold: true})
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Undo: time.Minute})
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
	home := draftTo("ana@example.org")
	home.Account = "home"
	submit(t, b, home, outbox.SubmitOptions{})
	for _, test := range []struct {
		still outbox.Still
		want  outbox.UnderWay
	}{
		{outbox.Still{}, outbox.UnderWay{Due: 3, Undo: 1, Waits: 1}},
		{outbox.Still{Stopped: []string{"home"}}, outbox.UnderWay{Due: 2, Undo: 1, Waits: 1}},
		{outbox.Still{Stopped: []string{"home", "work"}}, outbox.UnderWay{Undo: 1}},
		{outbox.Still{Later: []string{"home"}}, outbox.UnderWay{Due: 2, Undo: 1, Waits: 2}},
		{outbox.Still{Stopped: []string{"home"}, Later: []string{"work"}}, outbox.UnderWay{Undo: 1, Waits: 3}},
	} {
		if got, err := b.UnderWay(t.Context(), test.still); err != nil || got != test.want {
			t.Errorf("without %v: %+v, %v; want %+v", test.still, got, err, test.want)
		}
	}
}

func TestStandingStill_CountsWhatWaitsForEachAccount(t *testing.T) {
	b := open(t, t.TempDir())
	for _, account := range []string{"work", "work", "home"} {
		d := draftTo("ana@example.org")
		d.Account = account
		submit(t, b, d, outbox.SubmitOptions{})
	}
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Hold: true})
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Undo: time.Minute})
	got, err := b.StandingStill(t.Context(), []string{"home", "work", "empty"})
	if want := map[string]int{"home": 1, "work": 2}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

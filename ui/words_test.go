package ui

import (
	"testing"
	"time"

	"sendoff/outbox"
)

func TestSentence_LeavesCommandsAsTheyAreTyped(t *testing.T) {
	for text, want := range map[string]string{"it waits": "It waits.", "sendoff suppress remove lets it": "sendoff suppress remove lets it."} {
		if got := sentence(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Where a message was looked for is told apart from what the server has said, in the
// zone that all times are in.
func TestSought_IsTextOfItsOwnInLocalTime(t *testing.T) {
	r := outbox.Result{Class: outbox.ClassUncertain, Text: "the line broke; not in the folder Sent at 2026-11-30 18:47 UTC"}
	now := time.Date(2026, 11, 30, 20, 0, 0, 0, time.FixedZone("CET", 3600))
	if got := reply(r); got != "the line broke" {
		t.Errorf("%q", got)
	}
	if got, want := sought(r, now), "It was looked for in the folder Sent, 19:47:00: it is not there."; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	r.Text = "the line broke; not in the folder Sent at 2026-11-30 18:47:23 UTC"
	if got, want := sought(r, now), "It was looked for in the folder Sent, 19:47:23: it is not there."; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	if got := sought(outbox.Result{Text: "the line broke"}, now); got != "" {
		t.Errorf("%q", got)
	}
}

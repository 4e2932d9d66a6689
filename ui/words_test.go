package ui

import "testing"

func TestSentence_LeavesCommandsAsTheyAreTyped(t *testing.T) {
	for text, want := range map[string]string{"it waits": "It waits.", "sendoff suppress remove lets it": "sendoff suppress remove lets it."} {
		if got := sentence(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

package ui

import (
	"testing"

	"sendoff/outbox"
)

// A key that the state of a campaign does not take says what that is.
func TestDeadKey_SaysWhy(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, many(3)...)
	}, func(s *story) {
		s.Keys("f")
		s.See("[filters] in config.toml is empty")
		s.Keys("6", "d")
		s.See("It is running: x ends it first.")
		s.Keys("s")
		s.See("None of its letters is in doubt.")
		s.Keys("enter", "r")
		s.See("None of its letters has failed.")
		s.Keys("d")
		s.See("It is running: x ends it first.")
		s.Keys("x", "y")
		s.See("⊘ cancelled")
		s.Keys("esc", "enter", "p")
		s.See("It is cancelled already.")
	})
}

package ui

import (
	"strings"
	"testing"

	"sendoff/outbox"
)

// A window that is stopped says that nothing is sent only where it is the one that sends.
func TestSuspend_SaysWhoStopsSending(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		other, err := openOutbox(s.dir)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, test := range []struct {
			of   *outbox.Outbox
			here bool
		}{{other, false}, {s.box, true}} {
			end := new(halfway).runFor(s, test.of)
			s.Advance(0)
			if words := s.model.stoppedHere(); strings.Contains(words, "sends nothing") != test.here {
				s.t.Errorf("it sends here: %t, and says %q", test.here, words)
			}
			end()
		}
		if err := other.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

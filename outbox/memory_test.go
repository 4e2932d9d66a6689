package outbox

import (
	"testing"
	"time"
)

// A server that sends messages back takes them first, so that the next one taken
// says nothing before it has stood for a while.
func TestMemory_ABounceIsMadeGoodByWhatStands(t *testing.T) {
	now := time.Now()
	bounced := Recipient{Address: "a@x.example", State: RecipientBounced, At: now.Add(-72 * time.Hour), Result: Result{Class: ClassRejected, Code: 550}}
	for _, c := range []struct {
		newer  Recipient
		failed bool
	}{
		{Recipient{Address: "A@x.example", State: RecipientSent, At: now.Add(-time.Minute)}, true},
		{Recipient{Address: "A@x.example", State: RecipientSent, At: now.Add(-48 * time.Hour)}, false},
		{Recipient{Address: "A@x.example", State: RecipientConfirmed, At: now.Add(-time.Minute)}, false},
		{Recipient{Address: "A@x.example", State: RecipientWaiting}, true},
	} {
		m := memory{now: now, at: make(map[string]int)}
		m.add(c.newer, "work", now.Add(-time.Hour))
		m.add(bounced, "work", now.Add(-80*time.Hour))
		if got := m.all[0]; len(m.all) != 1 || got.Bounced != c.failed || (got.Failure.Code == 550) != c.failed {
			t.Errorf("%s: %+v", c.newer.State, m.all)
		}
	}
}

package outbox

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// The index of Message-IDs grows at its end, whatever the order of the list was.
func TestLetterStamp_MessageIDsAscendInTheOrderOfSending(t *testing.T) {
	i := campaignImport{seed: [16]byte{1, 2, 3}}
	numbers := make([]int, 100)
	for n := range numbers {
		numbers[n] = n + 1
	}
	slices.SortFunc(numbers, func(a, b int) int { return cmp.Compare(i.position(a), i.position(b)) })
	last := ""
	for _, number := range numbers {
		s, err := letterStamp(i.seed[:], number, "Ada <ada@example.org>", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if s.MessageID <= last {
			t.Errorf("row %d has %s behind %s", number, s.MessageID, last)
		}
		last = s.MessageID
	}
	if slices.IsSorted(numbers) {
		t.Errorf("the order is that of the list: %v", numbers)
	}
}

package outbox

import (
	"slices"
	"testing"
)

func TestBudget_IsBoundedByConnectionsAndByRoom(t *testing.T) {
	for _, c := range []struct{ connections, leave, due, room, want int }{
		{1, 0, 0, unlimited, 50}, {4, 0, 0, unlimited, 100}, {100, 0, 0, unlimited, 400},
		{4, 300, 0, unlimited, 300}, {4, 300, 150, unlimited, 150}, {4, 1000, 0, unlimited, 400}, // who is fast gets more
		{4, 0, 60, unlimited, 0}, {4, 0, 40, unlimited, 60}, // not before half of it is gone
		{4, 0, 0, 7, 7}, {4, 0, 3, 7, 4}, {4, 0, 4, 7, 0}, {4, 0, 0, 0, 0}, {4, 0, 5, 0, 0}, {1, 0, 0, 1, 1}, {1, 0, 1, 1, 0},
	} {
		if got := budget(c.connections, c.leave, c.due, c.room); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestSpread_GivesEachWhatItMayStillSend(t *testing.T) {
	given := spread(100, []string{"home", "relay", "work"}, map[string]int{"home": 10, "relay": 30})
	count := map[string]int{}
	for _, a := range given {
		count[a]++
	}
	if len(given) != 40 || count["home"] != 10 || count["relay"] != 30 {
		t.Errorf("%v", count)
	}
	if first := given[:8]; !slices.Contains(first, "home") || !slices.Contains(first, "relay") {
		t.Errorf("they do not take turns: %v", first)
	}
}

func TestShare_LeavesSomethingForEachCampaign(t *testing.T) {
	left := map[string]int{"work": 100}
	for campaigns, want := 3, []int{34, 33, 33}; campaigns > 0; campaigns-- {
		n := share(left, campaigns)["work"]
		if n != want[3-campaigns] {
			t.Errorf("with %d left: %d", campaigns, n)
		}
		left["work"] -= n
	}
}

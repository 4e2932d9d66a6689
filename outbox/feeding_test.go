package outbox

import (
	"slices"
	"testing"
	"time"
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

func TestStock_TellsHowManyLeaveInAMoment(t *testing.T) {
	start := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	first := stock{}.next(start, 40)
	if first != (stock{at: start, due: 40}) {
		t.Errorf("of the first look: %+v", first)
	}
	made := first.and(60)
	for _, c := range []struct {
		after      time.Duration
		due, leave int
	}{
		{aheadFeed, 30, 70}, {2 * aheadFeed, 30, 35}, {aheadFeed / 2, 30, 140},
		{aheadFeed, 100, 0}, {aheadFeed, 130, 0}, // what others have queued does not leave backwards
		{feedPause, 0, mostAhead},
	} {
		if got := made.next(start.Add(c.after), c.due); got != (stock{at: start.Add(c.after), due: c.due, leave: c.leave}) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if got := made.next(start.Add(feedPause/4), 0); got != made {
		t.Errorf("so soon nothing can be told: %+v", got)
	}
}

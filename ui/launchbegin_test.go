package ui

import (
	"os"
	"path/filepath"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestLaunch_ManyAreTyped(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, rowsFor(51))
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "ctrl+s", "y")
		s.See("Send them?", "how many are sent: type 51")
		s.Type("50")
		s.Keys("enter")
		s.See("That is not 51.")
		s.Keys("backspace", "1", "enter")
		s.See("51 not begun")
	})
}

// What was said of the start goes when that is not so any more.
func TestLaunch_TheNoticeOfTheStartGoesWithIt(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.Keys("enter", "ctrl+s", "y")
		s.See("It is started, ")
		id := s.model.top().(*campaignPane).campaign.ID
		if err := s.box.PauseCampaign(s.t.Context(), id, "paused by hand"); err != nil { // from elsewhere
			s.t.Fatal(err)
		}
		s.Send(changed{})
		s.See("‖ paused")
		s.SeeNot("It is started")
		s.Keys("p", "p")
		s.See("It is paused; what is on the wire is finished.")
	})
}

// A notice that does not fit into a line has two.
func TestLaunch_TheNoticeOfTheStartIsWhole(t *testing.T) {
	for _, height := range []int{12, 24} {
		tell(t, 40, height, ready(t), nil, func(s *story) {
			s.launched("campaign")
			s.Keys("enter", "ctrl+s", "y")
			s.See("It is started, and begins soon. p", "pauses it, x ends it.")
			if bad := s.Overflow(); len(bad) > 0 {
				s.t.Errorf("%v\n%s", bad, s.Screen())
			}
		})
	}
}

func TestLaunch_HoldsIt(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.Keys("enter", "ctrl+s", "H")
		s.See("‖ paused", "Held since its start. p lets it go on.", "It is stored, and nothing goes")
		s.Keys("p")
		s.deliver()
		s.See("5 of 5 sent")
	})
}

// What is started is what was looked at.
func TestLaunch_AChangedListStartsNothing(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, rowsFor(3))
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "ctrl+s")
		s.See("Start this?")
		if err := os.WriteFile(filepath.Join(dir, "people.csv"), []byte(rowsFor(2)), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("y")
		s.See("has changed since it was looked at")
		if all, err := s.box.Campaigns(s.t.Context()); len(all) != 0 || err != nil {
			s.t.Errorf("%v, %v", all, err)
		}
		s.Keys("esc", "esc", "r")
		s.See("✓ 2 letters")
	})
}

// esc while rows are stored takes the campaign back.
func TestLaunch_AStartIsStopped(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, rowsFor(40))
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "ctrl+s")
		p := s.model.top().(*planPane)
		cmd := pressKey(s.t, p, "y")
		s.See("Starting", "… storing row 0 of 40", "esc stop")
		pressKey(s.t, p, "esc")
		s.See("… taking it back")
		for _, c := range cmd().(tea.BatchMsg) {
			s.Send(c())
		}
		s.See("Nothing was started.", "y start")
		if all, err := s.box.Campaigns(s.t.Context()); len(all) != 0 || err != nil {
			s.t.Errorf("%v, %v", all, err)
		}
	})
}

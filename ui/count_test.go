package ui

import (
	"testing"

	"sendoff/outbox"
)

func TestCount_SaysHowOftenAKeyOfTheListIsDone(t *testing.T) {
	tell(t, 100, 30, nil, letters(30), func(s *story) {
		for _, test := range []struct {
			keys []string
			want string
		}{
			{[]string{"alt+5", "j"}, "Letter 25"},
			{[]string{"alt+2", "k"}, "Letter 27"},
			{[]string{"j"}, "Letter 26"}, // it was for one key
			{[]string{"alt+3", "G"}, "Letter 28"},
			{[]string{"alt+1", "0", "g"}, "Letter 21"},
			{[]string{"alt+9", "9", "9", "9", "9", "9", "9", "9", "k"}, "Letter 30"},
			{[]string{"alt+4", "esc", "j"}, "Letter 29"},
			{[]string{"alt+4", "H", "j"}, "Letter 28"}, // what is not done several times is done once
			{[]string{"alt+2", "pgdown"}, "Letter 1 "},
		} {
			s.Keys(test.keys...)
			if got := s.model.home.item().Subject + " "; got[:len(test.want)] != test.want {
				s.t.Errorf("%q goes to %s, want %s", test.keys, got, test.want)
			}
		}
		s.count(outbox.StateHeld, 1)
		s.Keys("alt+1", "2")
		s.See(" 12  m compose")
		s.Keys("?")
		s.See("alt+1-9", "so often: alt+5 j")
		s.SeeNot(" 12  ")
		s.Keys("2", "j") // digits are free there
		if top := s.model.top().(*helpPane).text.top; top != 2 {
			s.t.Errorf("the help stands at line %d", top)
		}
		s.Keys("esc", "5")
		s.See("Nothing has been sent yet.")
	})
}

func TestCount_MarksSeveral(t *testing.T) {
	tell(t, 100, 24, nil, letters(450), func(s *story) {
		s.Keys("alt+3", "space")
		s.See("3 marked", "▌… waiting   Letter 447")
		s.Keys("alt+2")
		s.See("3 marked  2")
		s.Keys("esc")
		s.See("3 marked")
		s.Keys("k", "k", "alt+2", "space") // they are marked: no more
		s.See("1 marked")
		s.Keys("v", "alt+4", "j")
		s.See("6 marked")
		s.Keys("esc", "g", "alt+9", "9", "9", "space")
		s.See("200 marked", "More than that are not read yet: v and G mark to the end.")
	})
}

// What is not read yet is read.
func TestCount_GoesToARowThatIsNotReadYet(t *testing.T) {
	tell(t, 100, 24, nil, letters(450), func(s *story) {
		s.Keys("alt+4", "0", "0", "G")
		s.See("▌… waiting   Letter 51 ")
		s.Keys("g", "alt+3", "0", "0", "j")
		s.See("▌… waiting   Letter 150")
		s.Keys("alt+9", "9", "9", "j")
		s.See("▌… waiting   Letter 1 ")
	})
}

func TestCount_OfACampaignsRows(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "members", Held: "held"}, many(450)...)
	}, func(s *story) {
		s.Keys("6", "enter", "2", "5", "0", "G")
		s.See("all rows · 201–400 of 450", "▌· not begun user250@example.org")
		s.Keys("1", "9", "9", "j")
		s.See("all rows · 401–450 of 450", "▌· not begun user449@example.org")
		s.Keys("4", "4", "8", "k")
		s.See("all rows · 1–200 of 450", "▌· not begun user001@example.org")
	})
}

// Digits count where the settings give them no meaning, and mean what those say.
func TestCount_GoesByTheKeysOfTheSettings(t *testing.T) {
	none := make(map[string][]string)
	for _, name := range sectionActions {
		none[name] = nil
	}
	free, err := NewKeys(none)
	if err != nil {
		t.Fatal(err)
	}
	tell(t, 100, 24, func(o *Options) { o.Keys = free }, letters(30), func(s *story) {
		s.Keys("5", "j")
		s.See("▌… waiting   Letter 25")
	})
	bound, err := NewKeys(map[string][]string{"outbox.hold": {"alt+7"}})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, 100, 24, func(o *Options) { o.Keys = bound }, letters(30), func(s *story) {
		s.Keys("alt+7")
		s.count(outbox.StateHeld, 1)
	})
}

// A digit answers a question, and writes where text is typed.
func TestCount_IsNotTakenFromWhoNeedsTheDigit(t *testing.T) {
	tell(t, 100, 24, nil, letters(3), func(s *story) {
		s.Keys("d", "alt+3", "esc", "/", "3")
		if got := s.model.home.filter.search(); got != "3" {
			s.t.Errorf("the filter is %q", got)
		}
		s.Keys("esc", "m")
		s.Type("12")
		if got := s.model.composer().draft().To; got != "12" {
			s.t.Errorf("written is %q", got)
		}
	})
}

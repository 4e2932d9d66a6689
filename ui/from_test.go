package ui

import (
	"strings"
	"testing"
	"time"

	"sendoff/compose"
)

func TestCompose_TheSenderTakesTheAccountAndTheSignatureAlong(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.See("Ada Example <ada@example.org>", "· work")
		s.Keys("alt+n")
		s.See("Ada <ada@lists.example.org>", "· work", "example.org")
		s.Keys("alt+n")
		s.See("Ada <ada@home.example>", "· home")
		if text := s.model.composer().body.text(); strings.Contains(text, "example.org") {
			s.t.Errorf("the signature of the other account stays: %q", text)
		}
		s.Keys("alt+n")
		s.See("Ada Example <ada@example.org>")
		if text := s.model.composer().body.text(); text != "\n\n-- \nAda\nexample.org" {
			s.t.Errorf("the signature is not back: %q", text)
		}
		s.Keys("alt+p")
		s.See("Ada <ada@home.example>")
	})
}

func TestCompose_ASenderOfItsOwnStays(t *testing.T) {
	d := compose.Draft{Account: "work", From: "news@ada.example", To: "ana@example.org", ReplyTo: "re@example.org"}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.See("news@ada.example", "· work")
		s.Keys("tab", "tab")
		s.Type("x")
		s.Advance(2 * time.Second)
		if got := s.saved(); got.From != d.From || got.ReplyTo != d.ReplyTo {
			s.t.Errorf("saved %+v", got)
		}
		s.Keys("ctrl+s")
		s.See("from      news@ada.example through work", "y send")
	})
}

func TestCompose_AnotherSignatureLeavesTheCursorWhereItIs(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "tab", "tab")
		s.Type("Hi,")
		s.Keys("enter", "enter")
		s.Type("日本 and on")
		s.Keys("left", "left", "left")
		x, y, _ := s.Cursor()
		for range 2 { // the second has another signature
			s.Keys("alt+n")
		}
		if gotX, gotY, shown := s.Cursor(); !shown || gotX != x || gotY != y {
			s.t.Errorf("cursor at %d,%d (%v), was at %d,%d", gotX, gotY, shown, x, y)
		}
		s.Type("!")
		if got := s.model.composer().draft().Body; got != "Hi,\n\n日本 and! on" {
			s.t.Errorf("the text is %q", got)
		}
	})
}

func TestResign(t *testing.T) {
	const ada, grace = "Ada\nexample.org", "Grace"
	for _, test := range []struct {
		name, text, from, to, want string
		said                       bool
	}{
		{"in its place", "Hi\n\n-- \nAda\nexample.org", ada, grace, "Hi\n\n-- \nGrace", false},
		{"text below it", "Hi\n\n-- \nAda\nexample.org\nP.S.", ada, grace, "Hi\n\n-- \nGrace\nP.S.", false},
		{"taken away above text", "Hi\n\n-- \nAda\nexample.org\nP.S.", ada, "", "Hi\nP.S.", false},
		{"the first for this text", "Hi\n", "", grace, "Hi\n\n-- \nGrace", false},
		{"of two the last", "-- \nAda\nexample.org\n\n-- \nAda\nexample.org", ada, grace, "-- \nAda\nexample.org\n\n-- \nGrace", false},
		{"changed", "Hi\n\n-- \nAda\nexample.org EDITED", ada, grace, "Hi\n\n-- \nAda\nexample.org EDITED", true},
		{"changed, and back", "Hi\n\n-- \nAda\nexample.org EDITED", grace, ada, "Hi\n\n-- \nAda\nexample.org EDITED", true},
		{"changed, from one without", "Hi\n\n-- \nAda EDITED", "", ada, "Hi\n\n-- \nAda EDITED", true},
		{"its blank is gone", "Hi\n\n--\nAda\nexample.org", "", ada, "Hi\n\n--\nAda\nexample.org", true},
		{"taken out by hand", "Hi", ada, grace, "Hi", false},
		{"as an editor leaves it", "Hi\n\n-- \nAda\nexample.org\n", ada, grace, "Hi\n\n-- \nGrace\n", false},
		{"taken away", "Hi\n\n-- \nAda\nexample.org", ada, "", "Hi", false},
		{"nothing else", "", "", grace, "\n\n-- \nGrace", false},
		{"none", "Hi\n\n", "", "", "Hi\n\n", false},
		{"the same", "Hi\n\n-- \nchanged", ada, ada, "Hi\n\n-- \nchanged", false},
	} {
		got, ok := resign(test.text, test.from, test.to)
		if got != test.want || ok == test.said {
			t.Errorf("%s: %q, %v; want %q, %v", test.name, got, ok, test.want, !test.said)
		}
	}
}

// There is never a second signature, and what was written into one stays.
func TestCompose_AChangedSignatureStaysAndThatIsSaid(t *testing.T) {
	tell(t, 100, 24, nil, nil, func(s *story) {
		s.Keys("m", "tab", "tab", "ctrl+end")
		s.Type(" EDITED")
		s.Keys("alt+p")
		s.See("Ada <ada@home.example>", "The signature was changed by hand, and stays.")
		s.Keys("alt+n")
		s.Type("!")
		if got, want := s.model.composer().body.text(), "\n\n-- \nAda\nexample.org EDITED!"; got != want {
			s.t.Errorf("the text is %q, want %q", got, want)
		}
	})
	tell(t, 100, 24, nil, nil, func(s *story) {
		s.Keys("m", "tab", "tab", "ctrl+end", "enter")
		s.Type("Below")
		s.Keys("alt+p")
		s.SeeNot("changed by hand")
		s.Type("!")
		if got, want := s.model.composer().body.text(), "\nBelow!"; got != want {
			s.t.Errorf("the text is %q, want %q", got, want)
		}
	})
}

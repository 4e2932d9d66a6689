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

package ui

import (
	"testing"
	"time"
)

func TestCompose_TheSenderIsTyped(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("alt+a")
		s.See("From  Ada Example <ada@example.org>", "*@ada.example (work)")
		s.Keys("ctrl+u")
		s.Type("nobody")
		s.Keys("enter")
		s.See(`! "nobody": an address needs a domain`)
		s.Type("@elsewhere.example")
		s.Keys("enter")
		s.See("! no account may send as nobody@elsewhere.example")
		s.Keys("ctrl+u")
		s.Type("Ada's news <news@ada.example>")
		s.Keys("enter")
		s.See("New message", "news@ada.example", "· work")
		s.Keys("alt+n")
		s.See("Ada Example <ada@example.org>")
		s.Keys("alt+p", "alt+a", "ctrl+u")
		s.Type("ada@home.example") // of another account, whose signature is none
		s.Keys("enter")
		s.See("ada@home.example", "· home")
		s.SeeNot("-- ")
		s.Keys("alt+a", "ctrl+u")
		s.Type("news@ada.example")
		s.Keys("enter")
		s.Advance(2 * time.Second)
		if d := s.saved(); d.From != "news@ada.example" || d.Account != "work" || d.Body != "\n\n-- \nAda\nexample.org" {
			s.t.Errorf("saved %+v", d)
		}
		s.Keys("ctrl+s")
		s.See("from      news@ada.example through work")
	})
}

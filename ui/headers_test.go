package ui

import (
	"reflect"
	"testing"
	"time"

	"sendoff/compose"
)

func TestHeaders_ReplyToAndOthersAreTyped(t *testing.T) {
	tell(t, 80, 24, nil, writtenTo, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+r")
		s.Type("ki")
		s.Keys("tab", "tab")
		s.Type("Hello")
		s.Keys("ctrl+o")
		s.Type("X-Priority: 1")
		s.Keys("ctrl+o", "ctrl+o", "tab", "shift+tab") // blank ones go
		s.Keys("ctrl+o")
		s.Type("Keywords:figures")
		s.Keys("up")
		s.Type("1")
		s.See("Reply-To \"Lee, Kim\" <kim@example.com>", "Header   X-Priority: 11", "Header   Keywords:figures")
		s.Keys("down", "down")
		if f := s.model.composer().focus; f != fieldBody {
			s.t.Errorf("the focus is on %d", f)
		}
		s.Advance(2 * time.Second)
		d := s.saved()
		want := []compose.Header{{Name: "X-Priority", Value: "11"}, {Name: "Keywords", Value: "figures"}}
		if d.ReplyTo != `"Lee, Kim" <kim@example.com>` || !reflect.DeepEqual(d.Headers, want) {
			s.t.Errorf("%+v", d)
		}
		s.Keys("ctrl+s")
		s.See(`reply to  "Lee, Kim" <kim@example.com>`, "header    X-Priority: 11", "✓ addresses")
		s.Keys("esc", "ctrl+o")
		s.Type("novalue")
		s.Keys("ctrl+s")
		s.See(`✗ Header: "novalue" is no further field: it has no name`, "write it as Name: value")
		s.Keys("esc", "shift+tab", "tab")
		s.See("Header   novalue")
	})
}

func TestHeaders_ThatNobodyTouchedStayAsTheyCame(t *testing.T) {
	d := draft("work", "ana@example.org", "Hello")
	d.Headers = []compose.Header{{Name: "X-A", Value: "one\ttwo\u200d  three "}, {Name: "Nothing", Value: ""}, {Name: "X-B", Value: "b"}}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.model.composer().setFocus(fieldHeaders)
		s.Keys("tab", "tab", "shift+tab", "shift+tab", "shift+tab")
		if got := s.model.composer().draft().Headers; !reflect.DeepEqual(got, d.Headers) {
			s.t.Errorf("%q", got)
		}
		s.Keys("tab")
		s.Keys("ctrl+u")
		s.Keys("shift+tab")
		if got := s.model.composer().draft().Headers; !reflect.DeepEqual(got, d.Headers[1:]) {
			s.t.Errorf("%q", got)
		}
	})
}

// What says which message is answered takes no room, goes along, and is shown to who
// asks for headers.
func TestHeaders_ThoseOfEveryReplyAreFolded(t *testing.T) {
	d := draft("work", "ana@example.org", "Re: Hello")
	d.Headers = []compose.Header{{Name: "In-Reply-To", Value: "<1@example.org>"}, {Name: "X-A", Value: "a"}, {Name: "References", Value: "<0@example.org> <1@example.org>"}}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.See("Reply", "Header   X-A: a")
		s.SeeNot("In-Reply-To", "References", "New message")
		s.model.composer().setFocus(fieldSubject)
		s.Keys("tab", "ctrl+e")
		s.Send(editorClosed{composer: s.model.composer()})
		s.model.composer().setFocus(fieldHeaders)
		s.Type("b")
		if got := s.model.composer().draft().Headers; got[0] != d.Headers[0] || got[1].Value != "ab" || got[2] != d.Headers[2] {
			s.t.Errorf("%q", got)
		}
		s.Keys("tab")
		if f := s.model.composer().focus; f != fieldBody {
			s.t.Errorf("the focus is on %d", f)
		}
		s.Keys("ctrl+o")
		s.See("Header   In-Reply-To: <1@example.org>", "Header   References: <0@example.org> <1@example.org>")
		s.Keys("shift+tab", "ctrl+u", "shift+tab", "shift+tab", "ctrl+u", "tab")
		if got := s.model.composer().draft().Headers; len(got) != 1 || got[0].Value != "ab" {
			s.t.Errorf("%q", got)
		}
	})
}

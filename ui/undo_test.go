package ui

import (
	"strings"
	"testing"
	"time"

	"sendoff/compose"
)

func TestUndo_GoesBackAndForthThroughWhatWasWritten(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		written := func() string {
			d := s.model.composer().draft()
			body, _, _ := strings.Cut(d.Body, "\n")
			return strings.Join([]string{d.To, d.Subject, body}, "/")
		}
		s.Keys("m", "alt+z", "alt+y") // nothing to undo
		s.Type("ana@x")
		s.Keys("tab")
		s.Type("Figures")
		s.Keys("tab")
		s.paste("Hi both.")
		s.Advance(2 * time.Second)
		s.Type(" One")
		s.Advance(2 * time.Second)
		s.Type(" two")
		s.Keys("backspace")
		want := []string{"ana@x/Figures/Hi both. One tw", "ana@x/Figures/Hi both. One two", "ana@x/Figures/Hi both. One", "ana@x/Figures/Hi both.", "ana@x/Figures/", "ana@x//", "//"}
		for i, w := range want {
			if got := written(); got != w {
				s.t.Errorf("after %d times undo: %q, want %q", i, got, w)
			}
			s.Keys("ctrl+_")
		}
		if f := s.model.composer().focus; f != fieldTo {
			s.t.Errorf("the focus is on %d", f)
		}
		for i := len(want) - 2; i >= 0; i-- {
			s.Keys("alt+y")
			if got := written(); got != want[i] {
				s.t.Errorf("redo: %q, want %q", got, want[i])
			}
		}
		s.Type("o!")
		s.Keys("alt+y") // what was undone is gone by now
		if got := written(); got != "ana@x/Figures/Hi both. One two!" {
			s.t.Errorf("%q", got)
		}
		s.Keys("alt+z")
		s.Advance(2 * time.Second)
		if d := s.saved(); !strings.HasPrefix(d.Body, "Hi both. One tw\n") {
			s.t.Errorf("what was undone is not saved: %q", d.Body)
		}
	})
}

// The bytes of a text come back as they were, also those that the form shows in
// another way.
func TestUndo_BringsBackTheVeryBytes(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	d.Body, d.Headers = "tab\there\r\nand CRLF", []compose.Header{{Name: "X-A", Value: "a\tb"}}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.Type("x")
		s.Keys("alt+n") // is no text
		s.Keys("alt+z")
		if got := s.model.composer().draft(); got.Body != d.Body || got.Headers[0] != d.Headers[0] || got.From == d.From {
			s.t.Errorf("%+v", got)
		}
	})
}

func TestHistory_IsBounded(t *testing.T) {
	var h history
	now := time.Now()
	for i := range 10 * maxSteps {
		h.add(compose.Draft{Body: strings.Repeat("x", i)}, compose.Draft{Body: strings.Repeat("x", i+1)}, now.Add(time.Duration(i)*time.Minute))
	}
	if len(h.past) != maxSteps {
		t.Errorf("%d steps", len(h.past))
	}
}

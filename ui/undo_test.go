package ui

import (
	"os"
	"path/filepath"
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

// A file that was taken off comes back as it was, and one that was attached goes; both
// are said.
func TestUndo_BringsFilesBack(t *testing.T) {
	dir := album(t)
	tell(t, 80, 24, withFiles(dir, "a.csv", "b.pdf"), nil, func(s *story) {
		path := func(name string) string { return filepath.Join(dir, name) }
		seen := s.model.composer().draft().Attachments[0]
		if seen.Modified == 0 {
			s.t.Error("it was not looked at")
		}
		s.Keys("ctrl+_") // nothing is undone by that: looking is no change
		s.attached(path("a.csv"), path("b.pdf"))
		s.model.composer().setFocus(fieldBody)
		s.Type("!")
		s.toFiles()
		s.Keys("x")
		s.attached(path("b.pdf"))
		s.Keys("alt+z")
		s.attached(path("a.csv"), path("b.pdf"))
		s.See("Attached again: a.csv.", "a.csv 4 B · b.pdf 9 B")
		if got := s.model.composer().draft().Attachments[0]; got != seen {
			s.t.Errorf("it is %+v and was %+v", got, seen)
		}
		s.Advance(2 * time.Second)
		if d := s.saved(); len(d.Attachments) != 2 {
			s.t.Errorf("saved is %+v", d.Attachments)
		}
		s.Keys("alt+y")
		s.attached(path("b.pdf"))
		s.See("Not attached any more: a.csv.")
		s.Keys("x") // the last: the focus leaves the files
		s.attached()
		s.Type("more")
		s.Keys("alt+z", "alt+z")
		s.attached(path("b.pdf"))
		s.Keys("alt+z")
		s.attached(path("a.csv"), path("b.pdf"))
	})
}

// A picture comes back into the text and the message alike, and out of both; one whose
// file has changed since says so.
func TestUndo_BringsAPictureBack(t *testing.T) {
	dir := album(t)
	tell(t, 100, 24, withFiles(dir, "chart.png"), nil, func(s *story) {
		inText := func(want int) {
			s.t.Helper()
			if d := s.model.composer().draft(); len(d.Inline) != want || strings.Contains(d.Body, "chart.png") != (want == 1) || len(d.Attachments) != 1-want {
				s.t.Errorf("in the text: %+v", d)
			}
		}
		s.toFiles()
		s.Keys("i")
		inText(1)
		s.Advance(3 * time.Second)
		s.toFiles()
		s.Keys("x")
		if d := s.model.composer().draft(); len(d.Inline) != 0 || strings.Contains(d.Body, "chart.png") {
			s.t.Errorf("taken off: %+v", d)
		}
		s.Advance(3 * time.Second)
		if err := os.WriteFile(filepath.Join(dir, "chart.png"), []byte("longer than it was, and no picture"), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("alt+z")
		inText(1)
		s.See("chart.png 34 B, in the text, changed since")
		s.Advance(3 * time.Second)
		inText(1)
		s.Keys("alt+z")
		inText(0)
		s.Keys("alt+y")
		inText(1)
	})
}

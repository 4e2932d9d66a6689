package ui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func TestBody_KeepsTheBytesThatNobodyTouched(t *testing.T) {
	for _, text := range []string{"", "tab\there\r\nand CRLF", "a\x00b\x1b[1m", strings.Repeat("line\n", 20_000), "no end of line"} {
		b := newBody(newStyles(true), text)
		b.setFocus(true)
		b.view(80, 10)
		b.update(tea.KeyPressMsg{Code: tea.KeyDown})
		if got := b.text(); got != text {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
	}
}

func TestBody_Paste(t *testing.T) {
	b := newBody(newStyles(true), "short")
	b.setFocus(true)
	b.update(tea.PasteMsg{Content: "one\r\ntwo\rthree "})
	if got := b.text(); got != "one\ntwo\nthree short" {
		t.Errorf("%q", got)
	}
	// What is too long to edit here goes in whole, where the cursor stood.
	long := strings.Repeat("0123456789\n", 12_000)
	b.update(tea.PasteMsg{Content: long})
	if got := b.text(); got != "one\ntwo\nthree "+long+"short" {
		t.Errorf("%d bytes", len(got))
	}
	if !b.long() {
		t.Error("it is not long")
	}
	before := b.text()
	if b.update(tea.KeyPressMsg{Code: 'x', Text: "x"}) != refused || b.text() != before {
		t.Error("a long text was changed here")
	}
	if b.update(tea.PasteMsg{Content: "x\r\ny"}) != appended || b.text() != before+"\nx\ny" {
		t.Error("a paste into a long text is not at its end")
	}
}

func TestBody_EnterWorksBelowLine99(t *testing.T) {
	b := newBody(newStyles(true), "")
	b.setFocus(true)
	for range 150 {
		b.update(tea.KeyPressMsg{Code: tea.KeyEnter})
	}
	if got := strings.Count(b.text(), "\n"); got != 150 {
		t.Errorf("%d line breaks, want 150", got)
	}
}

func TestCompose_ALongTextIsForTheEditor(t *testing.T) {
	d := draft("work", "ana@example.org", "Long")
	d.Body = strings.Repeat("A line of the text.\r\n", 5_000)
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.See("The text is 105 kB long: ctrl+e edits it", "A line of the text.")
		s.Type("x")
		if got := s.model.composer().draft().Body; got != d.Body {
			s.t.Errorf("%d bytes, want %d", len(got), len(d.Body))
		}
		s.See("The text is too long to type in here: ctrl+e opens the editor.")
		s.paste("a postscript")
		s.See("what was pasted stands at its end")
		if got := s.model.composer().draft().Body; got != d.Body+"a postscript" {
			s.t.Errorf("%d bytes, want %d", len(got), len(d.Body)+len("a postscript"))
		}
	})
}

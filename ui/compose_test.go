package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// saved is the one draft on disk.
func (s *story) saved() compose.Draft {
	s.t.Helper()
	d, err := s.box.Draft(s.t.Context(), s.only(outbox.StateDraft).ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *story) none(state outbox.State) {
	s.t.Helper()
	all, err := s.box.List(s.t.Context(), outbox.Query{States: []outbox.State{state}})
	if err != nil || len(all) != 0 {
		s.t.Fatalf("%d items are %s, %v", len(all), state, err)
	}
}

func (s *story) paste(text string) { s.Send(tea.PasteMsg{Content: text}) }

// body goes to the text and empties it of the signature.
func (s *story) body() {
	s.model.composer().body.set("")
	s.model.composer().setFocus(fieldBody)
}

func TestCompose_TextIsOnDiskTwoSecondsAfterAKey(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Advance(2 * time.Second)
		s.See("draft saved")
		if d := s.saved(); d.To != "ana@example.org" || d.Account != "work" || d.From != "Ada Example <ada@example.org>" {
			s.t.Errorf("saved %+v", d)
		}
		// Without a pause too, and still the same draft.
		for range 30 {
			s.Type("x")
			s.Advance(100 * time.Millisecond)
		}
		if d := s.saved(); len(d.To) < len("ana@example.org")+20 {
			s.t.Errorf("saved %q after three seconds of typing", d.To)
		}
	})
}

func TestCompose_LeavingKeepsWhatIsWrittenAndNothingElse(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "esc")
		s.See("Nothing is on its way")
		s.none(outbox.StateDraft)

		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("esc")
		s.See("Kept as a draft.", "1 Drafts 1")
		s.Keys("1", "enter")
		s.See("New message", "To       ana@example.org")
		s.Keys("shift+tab", "ctrl+u") // from the subject, which is empty
		s.model.composer().body.set("")
		s.Keys("esc")
		s.none(outbox.StateDraft)
	})
}

func TestCompose_DiscardAsks(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Advance(2 * time.Second)
		s.Keys("ctrl+x")
		s.See("Discard this message?")
		s.Keys("n")
		s.See("New message")
		s.Keys("ctrl+x", "y")
		s.SeeNot("New message")
		s.none(outbox.StateDraft)
	})
}

// Whatever ends the program, Run saves what is open before it returns.
func TestCompose_TheLastWordsAreSavedAtTheEnd(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+c")
		if !s.Quit {
			s.t.Fatal("ctrl+c does not quit")
		}
		if err := s.model.saveOpen(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		if d := s.saved(); d.To != "ana@example.org" {
			s.t.Errorf("saved %+v", d)
		}
	})
}

func TestCompose_WhatWasSentIsNotSavedAgain(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Advance(2 * time.Second)
		c := s.model.composer()
		s.Keys("ctrl+s", "y")
		s.only(outbox.StateScheduled)
		if err := c.saver.save(s.t.Context(), 99, c.last); err != nil {
			s.t.Error(err)
		}
		s.none(outbox.StateDraft)
	})
}

func TestCompose_AnErrorOfTheDiskIsShownAndTypingGoesOn(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		closed, err := openOutbox(s.t.TempDir())
		if err != nil {
			s.t.Fatal(err)
		}
		if err := closed.Close(); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("m")
		c := s.model.composer()
		c.saver.box = closed
		s.Type("ana@example.org")
		s.Advance(2 * time.Second)
		s.See("not saved:")
		s.Keys("esc")
		s.See("New message", "ana@example.org")
		s.Type("x")
		s.See("ana@example.orgx")
		s.Keys("ctrl+c")
		s.See("Quit and lose the text?")
		s.Keys("n")
		if s.Quit {
			s.t.Fatal("no means no")
		}
		c.saver.box = s.box
		s.Advance(2 * time.Second)
		s.See("draft saved")
		if d := s.saved(); d.To != "ana@example.orgx" {
			s.t.Errorf("saved %+v", d)
		}
	})
}

// Another process has sent the draft: what was typed since is not lost.
func TestCompose_ADraftThatWasSentElsewhereBecomesANewOne(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Advance(2 * time.Second)
		id := s.only(outbox.StateDraft).ID
		if _, err := s.box.Submit(s.t.Context(), s.saved(), outbox.SubmitOptions{Draft: id}); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("tab")
		s.Type("More")
		s.Advance(2 * time.Second)
		if i := s.only(outbox.StateDraft); i.ID == id || i.Subject != "More" {
			s.t.Errorf("%s %q", i.ID, i.Subject)
		}
	})
}

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
		s.See("addresses, files and size are in order")
	})
}

func TestCompose_FieldsAndCopies(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.SeeNot("Bcc     ")
		s.Keys("ctrl+b")
		s.Type("cc@example.org")
		s.Keys("enter")
		s.Type("bcc@example.org")
		s.Keys("tab")
		s.Type("Subject")
		s.Keys("down")
		s.Type("Text")
		s.Keys("up")
		s.Type("!")
		d := s.model.composer().draft()
		if d.Cc != "cc@example.org" || d.Bcc != "bcc@example.org" || d.Subject != "Subject!" || !strings.HasPrefix(d.Body, "Text") {
			s.t.Errorf("%+v", d)
		}
		s.Keys("ctrl+s")
		s.See("cc        cc@example.org", "bcc       bcc@example.org")
	})
}

// The cursor stands where the next letter comes, in columns.
func TestCompose_TheCursorCountsColumns(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		at := func(what string, x, y int) {
			s.t.Helper()
			if gotX, gotY, shown := s.Cursor(); !shown || gotX != x || gotY != y {
				s.t.Errorf("%s: cursor at %d,%d (%v), want %d,%d\n%s", what, gotX, gotY, shown, x, y, s.Screen())
			}
		}
		s.Keys("m")
		at("empty field", 10, 2)
		s.Type("日本")
		at("wide characters", 14, 2)
		s.Keys("left")
		at("one back", 12, 2)
		s.Keys("end")
		s.Type(strings.Repeat("x", 100))
		at("scrolled", 78, 2)
		s.Keys("home")
		at("back at the start", 10, 2)
		s.body()
		s.Type("日本語ab")
		at("in the text", 9, 7)
		s.Keys("enter")
		at("next line", 1, 8)
		s.Keys("ctrl+x")
		if _, _, shown := s.Cursor(); shown {
			s.t.Error("the cursor is shown while a question stands")
		}
	})
}

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
	b.update(tea.KeyPressMsg{Code: 'x', Text: "x"})
	b.update(tea.PasteMsg{Content: "x"})
	if b.text() != before {
		t.Error("a long text was changed here")
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
	})
}

func TestCompose_PastedAddressesOnLinesBecomeAList(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.paste("ana@example.org\r\n\"Lee, Kim\" <kim@example.com>;\n\n")
		if got := s.model.composer().draft().To; got != `ana@example.org, "Lee, Kim" <kim@example.com>` {
			s.t.Errorf("%q", got)
		}
	})
}

// Two saves that overlap, the older one late, leave the newer text on disk.
func TestSaver_AnOlderTextIsNeverWrittenOverANewerOne(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		v := &saver{box: s.box}
		for _, step := range []struct {
			revision int
			to       string
		}{{2, "new@example.org"}, {1, "old@example.org"}} {
			if err := v.save(context.Background(), step.revision, compose.Draft{To: step.to}); err != nil {
				s.t.Fatal(err)
			}
		}
		if d := s.saved(); d.To != "new@example.org" {
			s.t.Errorf("saved %+v", d)
		}
	})
}

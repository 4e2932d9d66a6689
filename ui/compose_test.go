package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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
		s.Keys("ctrl+u") // where it was left
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

func TestCompose_WhatWasDiscardedCanBeBroughtBack(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+x", "y")
		s.SeeNot("brings it back", "u bring back") // there was nothing in it
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("tab")
		s.Type("Figures")
		s.Keys("left", "ctrl+x", "y") // before it was ever saved
		s.See("Discarded; u brings it back.", "u bring back")
		s.none(outbox.StateDraft)
		s.Advance(noticeTime)
		s.Keys("u")
		s.See("New message", "ana@example.org", "Figures")
		s.Type("!")
		s.Keys("esc")
		if d := s.saved(); d.To != "ana@example.org" || d.Subject != "Figure!s" {
			s.t.Errorf("%+v", d)
		}
		s.SeeNot("u bring back")

		s.Keys("1", "d", "y")
		s.See("Deleted; u brings it back.")
		s.none(outbox.StateDraft)
		s.Keys("u")
		s.See("New message", "Figure!s")
		s.Keys("ctrl+x", "y", "m")
		s.Type("bo@example.org")
		s.Keys("ctrl+s", "y", "u") // what was done last is undone
		s.See("Taken back: it is a draft again.", "bo@example.org")
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
		if _, err := s.box.Submit(s.t.Context(), s.saved(), outbox.SubmitOptions{Draft: outbox.DraftRef{ID: id}}); err != nil {
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

func TestCompose_PastedAddressesOnLinesBecomeAList(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.paste("ana@example.org\r\n\"Lee, Kim\" <kim@example.com>;\n\n")
		if got := s.model.composer().draft().To; got != `ana@example.org, "Lee, Kim" <kim@example.com>` {
			s.t.Errorf("%q", got)
		}
	})
}

func TestCompose_APasteAmongTheAttachmentsGoesToTheText(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	d.Attachments = []compose.Attachment{{Path: filepath.Join(files(t), "figures.pdf")}}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.model.composer().setFocus(fieldAttach)
		s.paste("Not a path. ")
		if got := s.model.composer().draft().Body; got != "Not a path. "+d.Body {
			s.t.Errorf("the text is %q", got)
		}
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

// Between ctrl+e and the text that comes back there are moments in which the
// form is on the screen: what is typed then would be lost.
func TestCompose_TakesNothingWhileTheEditorOpens(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("tab", "tab")
		s.Type("Before")
		s.Keys("ctrl+e")
		s.See("opening the editor…")
		c := s.model.composer()
		dir, body := c.editDir, c.draft().Body
		s.Type("x")
		s.paste("x")
		s.Keys("ctrl+e", "ctrl+s", "esc")
		s.Send(pathsSeen{composer: c, text: "P.S. "}) // pasted before ctrl+e
		s.See("New message", "opening the editor…")
		if c.editDir != dir || c.draft().Body != body {
			s.t.Fatalf("in %q the text is %q", c.editDir, c.draft().Body)
		}
		if err := os.WriteFile(filepath.Join(dir, editFile), []byte("After"), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.Send(editorClosed{composer: c})
		s.SeeNot("opening the editor…")
		if got := c.draft().Body; got != "P.S. After" {
			s.t.Errorf("the text is %q", got)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			s.t.Errorf("%s: %v", dir, err)
		}
		s.Keys("ctrl+s")
		s.See("Send this?")
	})
}

func TestCompose_AnEditorThatDoesNotOpenGivesTheFormBack(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.t.Setenv("TMPDIR", filepath.Join(s.t.TempDir(), "none"))
		s.Keys("m", "tab", "tab", "ctrl+e")
		s.See("Open the editor:")
		s.Type("typed")
		s.See("typed")
	})
}

func TestCompose_TheSizeIsThatOfTheReview(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.bin")
	if err := os.WriteFile(path, make([]byte, 300_000), 0o600); err != nil {
		t.Fatal(err)
	}
	d := draft("work", "ana@example.org", "Figures")
	d.Attachments = []compose.Attachment{{Path: path}}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.See("about 411 kB of 25 MB")
		s.Keys("ctrl+s")
		s.See("about 411 kB of the server's 25 MB")
	})
}

// A text that cannot be saved at the end is written where a person finds it.
func TestCompose_WhatCannotBeSavedAtTheEndIsInAFile(t *testing.T) {
	for _, home := range []bool{false, true} {
		tell(t, 80, 24, nil, nil, func(s *story) {
			dir := s.t.TempDir()
			s.t.Setenv("TMPDIR", dir)
			if home {
				s.t.Setenv("HOME", dir)
				s.t.Setenv("TMPDIR", filepath.Join(dir, "none"))
			}
			s.Keys("m")
			s.Type("ana@example.org")
			s.Keys("tab")
			s.Type("Figures")
			s.close()
			err := s.model.saveOpen(s.t.Context())
			s.open()
			found, _ := filepath.Glob(filepath.Join(dir, "sendoff-draft-*.txt"))
			if err == nil || len(found) != 1 || !strings.Contains(err.Error(), found[0]) {
				s.t.Fatalf("%v is there; the error is %v", found, err)
			}
			info, _ := os.Stat(found[0])
			text, _ := os.ReadFile(found[0])
			want := "From: Ada Example <ada@example.org>\nTo: ana@example.org\nSubject: Figures\n\n\n\n-- \nAda\nexample.org"
			if string(text) != want || info.Mode().Perm() != 0o600 {
				s.t.Errorf("%v %q, want %q", info.Mode(), text, want)
			}
		})
	}
}

// A save that hangs must not keep the program from ending.
func TestSaver_WaitsNoLongerThanItsContext(t *testing.T) {
	v := newSaver(nil, outbox.DraftRef{})
	if err := v.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := compose.Draft{To: "ana@example.org"}
	_, leaveErr := v.leave(ctx, d)
	_, submitErr := v.submit(ctx, d, outbox.SubmitOptions{})
	for _, err := range []error{v.save(ctx, 1, d), leaveErr, v.discard(ctx), submitErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want that it was cancelled", err)
		}
	}
}

// Two saves that overlap, the older one late, leave the newer text on disk.
func TestSaver_AnOlderTextIsNeverWrittenOverANewerOne(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		v := newSaver(s.box, outbox.DraftRef{})
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

// Two windows on one draft: neither text is lost, and who comes second is told.
func TestSaver_ADraftThatWasChangedElsewhereIsNotOverwritten(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, compose.Draft{Account: "work", To: "ana@example.org", Body: "first"}); err != nil {
			s.t.Fatal(err)
		}
	}, func(s *story) {
		s.Keys("1", "enter")
		s.See("first")
		item := s.only(outbox.StateDraft)
		s.Advance(time.Second)
		if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{ID: item.ID}, compose.Draft{Account: "work", To: "ana@example.org", Body: "written elsewhere"}); err != nil {
			s.t.Fatal(err)
		}
		s.Type("here ")
		s.Advance(3 * time.Second)
		s.See("a copy of its own now")
		drafts, err := s.box.List(s.t.Context(), outbox.Query{States: []outbox.State{outbox.StateDraft}})
		if err != nil || len(drafts) != 2 {
			s.t.Fatalf("%d drafts, %v", len(drafts), err)
		}
		if d, err := s.box.Draft(s.t.Context(), item.ID); err != nil || d.Body != "written elsewhere" {
			s.t.Errorf("the other window's draft is %q, %v", d.Body, err)
		}
	})
}

package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// An error is read by who goes on writing.
func TestCompose_AnErrorGoesWithTheNextKeyThatWrites(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "tab", "tab", "ctrl+e")
		s.Send(editorClosed{composer: s.model.composer(), err: errors.New("exit status 1")})
		s.See("The editor failed")
		s.Keys("up", "down")
		s.See("The editor failed")
		s.Type("x")
		s.SeeNot("The editor failed")
		s.Keys("ctrl+e")
		s.Send(editorClosed{composer: s.model.composer(), err: errors.New("exit status 1")})
		s.See("The editor failed")
		s.Keys("ctrl+e")
		s.Send(editorClosed{composer: s.model.composer()})
		s.SeeNot("The editor failed")
	})
}

package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

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
		s.See("Kept as a draft.", "Drafts 1")
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
		s.See(`Brought back: "`, "▌✎ draft     Figures") // among the drafts
		s.Keys("enter")
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
		s.Keys("u", "enter")
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
		if err := c.saver.save(s.t.Context(), sheet{draft: c.last, revision: 99}); err != nil {
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

// A text that cannot be saved at the end is written where a person finds it, also
// after the next start of the machine.
func TestCompose_WhatCannotBeSavedAtTheEndIsInAFile(t *testing.T) {
	for _, place := range []string{"state", "home", "tmp"} {
		t.Run(place, func(t *testing.T) {
			dir := t.TempDir()
			gone := filepath.Join(dir, "none")
			t.Setenv("TMPDIR", dir)
			t.Setenv("HOME", gone)
			state := gone
			for _, place := range []string{"state", "home"} {
				if err := os.Mkdir(filepath.Join(dir, place), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			switch place {
			case "state":
				state = filepath.Join(dir, "state")
				t.Setenv("HOME", filepath.Join(dir, "home"))
			case "home":
				t.Setenv("HOME", filepath.Join(dir, "home"))
			case "tmp":
				place = "."
			}
			tell(t, 80, 24, func(o *Options) { o.State = state }, nil, func(s *story) {
				s.Keys("m")
				s.Type("ana@example.org")
				s.Keys("tab")
				s.Type("Figures")
				s.close()
				err := s.model.saveOpen(s.t.Context())
				s.open()
				found, _ := filepath.Glob(filepath.Join(dir, place, "sendoff-draft-*.txt"))
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
		})
	}
}

// What stands below a line "-- " is text as any other, unless it is the signature that
// the program put there.
func TestCompose_TextBelowASignatureIsKept(t *testing.T) {
	for name, leave := range map[string]func(*story){
		"esc": func(s *story) { s.Keys("esc") },
		"ctrl+c": func(s *story) {
			s.Keys("ctrl+c")
			if err := s.model.saveOpen(s.t.Context()); err != nil {
				s.t.Error(err)
			}
		},
		"discard": func(s *story) { s.Keys("ctrl+x", "y", "u", "esc") },
		"time":    func(s *story) { s.Advance(2 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			tell(t, 80, 24, nil, nil, func(s *story) {
				s.Keys("m", "tab", "tab", "ctrl+end", "enter")
				s.Type("Below")
				leave(s)
				if d := s.saved(); d.Body != "\n\n-- \nAda\nexample.org\nBelow" {
					s.t.Errorf("saved %q", d.Body)
				}
			})
			tell(t, 80, 24, nil, nil, func(s *story) { // of an account without a signature
				s.Keys("m", "alt+n", "alt+n", "tab", "tab")
				s.Type("-- ")
				s.Keys("enter")
				s.Type("Below")
				leave(s)
				if d := s.saved(); d.Body != "-- \nBelow" {
					s.t.Errorf("saved %q", d.Body)
				}
			})
		})
	}
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Advance(2 * time.Second)
		s.Keys("tab", "tab", "ctrl+end", "enter")
		s.Type("Below")
		s.Keys("ctrl+home", "up", "up", "ctrl+u", "esc")
		s.See("Kept as a draft.")
		if d := s.saved(); d.To != "" || d.Body != "\n\n-- \nAda\nexample.org\nBelow" {
			s.t.Errorf("saved %+v", d)
		}
	})
}

// What the program made of a link or as a reply is no draft before somebody writes.
func TestCompose_WhatNobodyWroteOnIsNotKept(t *testing.T) {
	d := draft("work", "ana@example.org", "Re: Figures")
	d.Body = "\n\nAna wrote:\n> Here they are.\n\n-- \nAda\nexample.org"
	d.Headers = []compose.Header{{Name: "In-Reply-To", Value: "<1@example.org>"}}
	path := filepath.Join(t.TempDir(), "figures.pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.7"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Attachments = []compose.Attachment{{Path: path}}
	reply := func(o *Options) { o.Compose = &d }
	tell(t, 80, 24, reply, nil, func(s *story) {
		s.Advance(3 * time.Second)
		s.SeeNot("draft saved")
		s.Keys("tab", "alt+n", "alt+n", "esc") // another sender, who has no signature
		s.See("Nothing was written: no draft is kept.")
		s.none(outbox.StateDraft)
	})
	tell(t, 80, 24, reply, nil, func(s *story) {
		s.Keys("ctrl+c")
		if err := s.model.saveOpen(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		s.none(outbox.StateDraft)
	})
	tell(t, 80, 24, func(o *Options) { o.Compose, o.Written = &d, true }, nil, func(s *story) { // out of a file of somebody's
		s.Keys("esc")
		s.See("Kept as a draft.")
	})
	tell(t, 80, 24, reply, nil, func(s *story) { // asked for, it is kept
		s.Advance(3 * time.Second)
		s.Keys("ctrl+s", "p")
		s.See("Kept as a draft.")
		if got := s.saved(); got.Body != d.Body {
			s.t.Errorf("saved %q", got.Body)
		}
	})
	tell(t, 80, 24, reply, nil, func(s *story) {
		s.Type("x")
		s.Keys("esc")
		s.See("Kept as a draft.")
		if got := s.saved(); got.Body != "x"+d.Body {
			s.t.Errorf("saved %q", got.Body)
		}
	})
}

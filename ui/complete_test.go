package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

// writtenTo is an outbox out of which addresses can be completed.
func writtenTo(s *story) {
	s.queue(draft("work", `"Lee, Kim" <kim@example.com>`, "Figures"), outbox.SubmitOptions{})
	s.queue(draft("work", "Kimberly <kimberly@example.org>, reject@example.org", "Plans"), outbox.SubmitOptions{})
	s.deliver()
	s.sleep(24 * time.Hour)
	s.queue(draft("work", "kim@example.com", "Figures again"), outbox.SubmitOptions{})
	s.deliver()
}

func (s *story) field(f field) string { return s.model.composer().inputs[f].value() }

func TestComplete_TakesWhomMessagesWereFor(t *testing.T) {
	tell(t, 80, 24, nil, writtenTo, func(s *story) {
		s.Keys("m")
		s.Type("k")
		s.SeeNot("kim@example.com")
		s.Type("i")
		s.See("▌kim@example.com", "Lee, Kim", "2 sent, just now", "kimberly@example.org", "1 sent, yesterday", "tab take", "esc type on")
		s.Keys("tab")
		if got := s.field(fieldTo); got != `"Lee, Kim" <kim@example.com>, ` {
			s.t.Errorf("%q", got)
		}
		s.SeeNot("kimberly")
		s.Type(", KIM") // who types the comma has one all the same
		s.Keys("down")
		s.See("▌kimberly@example.org")
		s.Keys("down")
		s.See("▌kim@example.com")
		s.Keys("up", "enter")
		if got := s.field(fieldTo); got != `"Lee, Kim" <kim@example.com>, Kimberly <kimberly@example.org>, ` {
			s.t.Errorf("%q", got)
		}
		s.Type("rej") // without a comma the next does not replace the one before
		s.Keys("down", "tab")
		if got := s.field(fieldTo); got != `"Lee, Kim" <kim@example.com>, Kimberly <kimberly@example.org>, reject@example.org, ` {
			s.t.Errorf("%q", got)
		}
		s.Keys("tab")
		if got := s.field(fieldTo); got != `"Lee, Kim" <kim@example.com>, Kimberly <kimberly@example.org>, reject@example.org` {
			s.t.Errorf("%q", got)
		}
		if f := s.model.composer().focus; f != fieldSubject {
			s.t.Errorf("the focus is on %d", f)
		}
	})
}

func TestComplete_EscapeTypesOnAndDoesNotLeave(t *testing.T) {
	tell(t, 80, 24, nil, writtenTo, func(s *story) {
		s.Keys("m")
		s.Type("ki")
		s.Keys("esc")
		s.See("New message")
		s.SeeNot("▌")
		s.Keys("tab")
		if got := s.field(fieldTo); got != "ki" || s.model.composer().focus != fieldSubject {
			s.t.Errorf("%q", got)
		}
		s.Keys("shift+tab", "left", "right")
		s.SeeNot("▌")
		s.Type("m")
		s.See("▌kim@example.com")
		s.Keys("esc", "esc")
		s.See("Kept as a draft.")
	})
}

// A whole address is meant as it stands, however many others it begins.
func TestComplete_AWholeAddressIsNotReplacedByTab(t *testing.T) {
	tell(t, 80, 24, nil, writtenTo, func(s *story) {
		s.Keys("m")
		s.Type("kim@example.co")
		s.See("kim@example.com")
		s.SeeNot("▌", "tab take")
		s.Keys("tab")
		s.SeeNot("kim@example.com")
		if got := s.field(fieldTo); got != "kim@example.co" {
			s.t.Errorf("%q", got)
		}
		s.Keys("shift+tab")
		s.Type("m")
		s.SeeNot("▌", "2 sent")
	})
}

// What stands behind the cursor is another address, or its end: it stays.
func TestComplete_InTheMiddleReplacesNothingElse(t *testing.T) {
	tell(t, 80, 24, nil, writtenTo, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("home")
		s.Type("ki")
		s.SeeNot("▌")
		s.Type(", ")
		s.Keys("left", "left")
		s.Type("m")
		s.Keys("tab")
		if got := s.field(fieldTo); got != `"Lee, Kim" <kim@example.com>, ana@example.org` {
			s.t.Errorf("%q", got)
		}
		s.Type("!")
		if got := s.field(fieldTo); got != `"Lee, Kim" <kim@example.com>!, ana@example.org` {
			s.t.Errorf("the cursor is elsewhere: %q", got)
		}
	})
}

func TestComplete_MarksWhatWasRefusedBefore(t *testing.T) {
	tell(t, 80, 24, nil, writtenTo, func(s *story) {
		s.Keys("m")
		s.Type("rej")
		s.See("reject@example.org", "✗ refused yesterday: There is no mailbox")
		s.SeeNot("▌", "tab take") // it takes a decision
		s.Keys("down", "tab")
		s.See("✗ reject@example.org refused yesterday: There is no mailbox of that name at")
		s.Keys("backspace", "backspace", "backspace")
		s.SeeNot("✗ reject@")
		s.Type("g")
		s.See("✗ reject@example.org refused yesterday")
		s.Keys("tab")
		s.Type("Hello")
		s.Keys("ctrl+s")
		s.See("! reject@example.org refused yesterday: There is no mailbox of", "1 take it off", "that name", "y send")
	})
}

func TestComplete_OutOfFilesAndGroups(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cards := write("book.vcf", "BEGIN:VCARD\nFN:Jörg Änder\x1b[2J\nEMAIL:jo@example.net\nEND:VCARD\n")
	groups := write("groups", "team: Ana <ana@example.org>, bo@example.org\n")
	options := func(o *Options) {
		o.AddressFiles.Cards, o.AddressFiles.Groups = []string{cards, filepath.Join(dir, "none.vcf")}, groups
	}
	tell(t, 100, 24, options, nil, func(s *story) {
		s.Keys("m")
		s.See("An address book cannot be read: /")
		s.Keys("ctrl+b")
		s.Type("än")
		s.See("▌jo@example.net", "Jörg Änder\ufffd[2J", "address book")
		s.Keys("tab")
		if got := s.field(fieldCc); got != `"Jörg Änder[2J" <jo@example.net>, ` {
			s.t.Errorf("%q", got)
		}
		s.Keys("tab")
		s.Type("te")
		s.See("▌team", "group of 2", "Ana <ana@example.org>, bo")
		s.Keys("tab")
		if got := s.field(fieldBcc); got != "Ana <ana@example.org>, bo@example.org, " {
			s.t.Errorf("%q", got)
		}
		if bad := s.Overflow(); len(bad) > 0 {
			s.t.Error(bad)
		}
	})
}

func TestComplete_AsksAProgramWhenTypingRests(t *testing.T) {
	asked := filepath.Join(t.TempDir(), "asked")
	options := func(o *Options) {
		o.Lookup.Argv = []string{"sh", "-c", `echo "$1" >>"$2"; printf 'mum@example.org\tEve\nKIM@example.com\tKimmy\n'`, "sh", "%s", asked}
	}
	tell(t, 80, 24, options, writtenTo, func(s *story) {
		s.Keys("m")
		s.Type("mum") // a nickname that only the program knows
		s.SeeNot("▌")
		s.Advance(200 * time.Millisecond)
		s.See("▌mum@example.org", "Eve", "address book", "kim@example.com", "2 sent")
		s.Keys("backspace")
		s.Advance(200 * time.Millisecond)
		s.Type("m")
		s.Advance(200 * time.Millisecond)
		s.Keys("tab")
		if got := s.field(fieldTo); got != "Eve <mum@example.org>, " {
			s.t.Errorf("%q", got)
		}
		if got, err := os.ReadFile(asked); err != nil || string(got) != "mum\nmu\n" {
			s.t.Errorf("it was asked for %q, %v", got, err)
		}
	})
}

func TestComplete_AProgramThatFailsIsSaidOnceAndGivenUp(t *testing.T) {
	asked := filepath.Join(t.TempDir(), "asked")
	options := func(o *Options) {
		o.Lookup.Argv = []string{"sh", "-c", `echo "$1" >>"$2"; echo 'no \033[1mdatabase' >&2; exit 1`, "sh", "%s", asked}
	}
	tell(t, 80, 24, options, writtenTo, func(s *story) {
		s.Keys("m")
		for i := range lookupGivenUp + 2 {
			s.Type(fmt.Sprintf("k%d", i))
			s.Advance(200 * time.Millisecond)
			if i == 0 {
				s.See("The address book does not answer: exit status 1: no ")
				s.Advance(noticeTime)
			}
			s.SeeNot("does not answer")
			s.Keys("ctrl+u")
		}
		if got, _ := os.ReadFile(asked); strings.Count(string(got), "\n") != lookupGivenUp {
			s.t.Errorf("it was asked for %q", got)
		}
		s.Type("ki")
		s.See("▌kim@example.com")
	})
}

// Who must not be written to is offered with why, wherever the address is known from,
// and never as the one that a single key takes.
func TestComplete_MarksWhoMustNotBeWrittenTo(t *testing.T) {
	groups := filepath.Join(t.TempDir(), "groups")
	if err := os.WriteFile(groups, []byte("team: ana@example.org, kim@example.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tell(t, 80, 24, func(o *Options) { o.AddressFiles.Groups = groups }, func(s *story) {
		s.queue(draft("work", "kim@example.com", "Hello"), outbox.SubmitOptions{})
		stops := []outbox.Suppression{{Address: "kim@example.com", Why: outbox.WhyComplaint, At: time.Now()}}
		if _, err := s.box.Suppress(s.t.Context(), stops); err != nil {
			s.t.Fatal(err)
		}
	}, func(s *story) {
		s.Keys("m")
		s.Type("kim")
		s.See("kim@example.com  ✗ suppressed since today: its owner has called a")
		s.Keys("tab")
		s.SeeNot("✗ suppressed") // tab went on, and took nobody
		if to := s.model.composer().draft().To; to != "kim" {
			s.t.Errorf("To is %q", to)
		}
	})
}

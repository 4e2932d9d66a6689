package ui

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

func TestReview_ProblemsStandInTheWayOfSending(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana")
		s.Keys("ctrl+s")
		s.See("✗ To:", `"ana": an address needs a domain`)
		s.SeeNot("y send")
		for _, name := range []string{"v", "o", "h"} { // no key is without an answer
			s.Keys(name)
			s.See("There is no message to show yet: look at what is wrong.")
			s.Advance(noticeTime)
		}
		s.Keys("y")
		s.See("It is not sent: look at what is wrong.")
		s.none(outbox.StateScheduled)
		s.Keys("1") // the fix of a finding that is not shown as long as there are problems
		s.See("Send this?")
		s.Keys("e")
		s.Type("@example.org")
		s.Keys("ctrl+s")
		s.See("! There is no subject.", "y send")
		s.Keys("1")
		s.Type("Hello")
		s.Keys("ctrl+s")
		s.See("✓ addresses, files and size are in order", "y send")
		s.Keys("h")
		s.See("The message has no HTML.")
		s.Keys("esc")
		s.See("New message")
	})
}

func TestReview_ATooLargeMessageIsToldBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.bin")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 30_000_000); err != nil { // a hole: no disk is used
		t.Fatal(err)
	}
	d := draft("work", "ana@example.org", "Large")
	d.Attachments = []compose.Attachment{{Path: path}}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See("✗ Size: it is about 41 MB; work takes 25 MB")
		s.SeeNot("y send")
	})
}

// A file vanishes between the review and y: everything is still there.
func TestReview_WhatIsNotQueuedStaysInTheForm(t *testing.T) {
	path := filepath.Join(files(t), "figures.pdf")
	d := draft("work", "ana@example.org", "Figures")
	d.Attachments = []compose.Attachment{{Path: path}}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See("y send")
		if err := os.Remove(path); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("y")
		s.See("no such file", "✗ Attachment:")
		s.SeeNot("y send")
		s.Keys("e")
		s.See("New message", "figures.pdf")
		s.none(outbox.StateScheduled)
	})
}

func TestReview_KeepsAsDraft(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+s", "p")
		s.See("Kept as a draft.", "Drafts 1")
		s.only(outbox.StateDraft)
	})
}

func TestReview_WithoutAnUndoWindowItIsDueAtOnce(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.UndoWindow = 0 }, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+s")
		s.See("leaves    at once")
		s.Keys("y")
		s.See("… waiting   (no subject)")
	})
}

func TestReview_ALargeMessageIsSeenToBeQueued(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+s")
		r := s.model.top().(*reviewPane)
		r.sending, r.written = true, new(atomic.Int64)
		r.written.Store(34_000_000)
		r.size = 100_000_000
		s.See("queueing 34 MB of about 100 MB")
		s.Keys("y", "esc") // nothing to be done until the outbox has it
		s.See("queueing 34 MB")
	})
}

// What arrives in the form behind the review is not sent unseen, nor left out.
func TestReview_FollowsTheForm(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("tab", "ctrl+s")
		s.See("subject   (none)", "y send")
		c := s.model.composer()
		s.Send(pathsSeen{composer: c, text: "Pasted"}) // while the files were looked for
		s.See("subject   Pasted", "y send")

		c.inputs[fieldSubject].set("Changed")
		s.Keys("y")
		s.See("The message has changed meanwhile", "subject   Changed")
		s.none(outbox.StateScheduled)
		s.Keys("y")
		if i := s.only(outbox.StateScheduled); i.Subject != "Changed" {
			s.t.Errorf("%q was sent", i.Subject)
		}
	})
}

func TestReview_AFileThatJoinsIsNamed(t *testing.T) {
	path := filepath.Join(files(t), "figures.pdf")
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+s")
		f := attachment{Attachment: compose.Attachment{Path: path}}
		s.Send(pathsSeen{composer: s.model.composer(), files: []attachment{f.look()}, text: path})
		s.See("Attach")
		s.Keys("y")
		s.SeeNot("figures.pdf") // until it is checked
		s.Keys("y")
		s.See("files     figures.pdf", "The message has changed meanwhile")
	})
}

func TestReview_TheUndoWindowIsThatOfTheOutbox(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+s", "y")
		s.See("It leaves in 10 s; u takes it back.")
		if i := s.only(outbox.StateScheduled); !i.Undo || i.NotBefore.Sub(i.Created) < 10*time.Second {
			s.t.Errorf("undo %v, created %v, not before %v", i.Undo, i.Created, i.NotBefore)
		}
	})
}

// A server may be faster than the list is read: what was just queued is shown there all
// the same, with what became of it.
func TestReview_WhatIsSentBeforeTheListIsReadIsShown(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	tell(t, 80, 24, func(o *Options) { o.Compose, o.UndoWindow = &d, 0 }, nil, func(s *story) {
		s.Keys("ctrl+s")
		reading := s.model.home.load()
		s.Keys("y")
		s.deliver()
		s.later(reading)
		s.See("▌✓ sent      Figures", "Sent 1")
		s.Advance(2 * time.Second)
		s.See("▌✓ sent      Figures")
		s.Keys("5", "2")
		s.SeeNot("Figures")
	})
}

func TestReview_TakesAttachmentsOff(t *testing.T) {
	dir := files(t)
	d := draft("work", "ana@example.org", "Figures")
	d.Attachments = []compose.Attachment{{Path: filepath.Join(dir, "figures.pdf")}}
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See("files     figures.pdf")
		s.Keys("d")
		s.See("The file figures.pdf is taken off", "✓ addresses")
		s.SeeNot("files     figures.pdf")
		s.Keys("d") // there is none
		s.Keys("esc")
		c := s.model.composer()
		c.files = append(c.files, attachment{Attachment: d.Attachments[0]}, attachment{Attachment: compose.Attachment{Path: filepath.Join(dir, "second.txt")}})
		s.Keys("ctrl+s", "d")
		s.See("x takes the chosen one off.", "New message")
		s.Keys("x")
		if len(c.files) != 1 {
			s.t.Errorf("%d files", len(c.files))
		}
	})
}

// What stands in To where nobody does is shown before it is sent.
func TestReview_ShowsToWhereAllAreInBcc(t *testing.T) {
	d := draft("work", "", "Figures")
	d.Bcc = "ana@example.org"
	tell(t, 100, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See("to        Ada Example <ada@example.org> (nobody is in To)", "bcc       ana@example.org")
	})
}

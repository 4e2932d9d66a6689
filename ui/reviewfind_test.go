package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// reviewed opens the review of a draft.
func reviewed(t *testing.T, d compose.Draft, setUp func(*story), play func(*story)) {
	t.Helper()
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, setUp, func(s *story) {
		s.Keys("ctrl+s")
		play(s)
	})
}

func TestReview_AsksTwiceWhereSomethingIsMostLikelyMissing(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	d.Body = "The figures are attached.\n"
	reviewed(t, d, nil, func(s *story) {
		s.See("! You write “attached”, and nothing is attached.", "1 attach a file", "y send")
		s.SeeNot("✓")
		s.Keys("y")
		s.See("Send it all the same? y once more does.", "y send all the same", "One more y sends it all the same.")
		s.none(outbox.StateScheduled)
		s.Keys("j") // which is no answer
		s.SeeNot("all the same")
		s.Keys("y", "y")
		s.See("It leaves in 10 s")
		s.only(outbox.StateScheduled)
	})
}

func TestReview_SendsAtOnceInSpiteOfAWarning(t *testing.T) {
	d := draft("work", "ana@example.org", "")
	reviewed(t, d, nil, func(s *story) {
		s.See("! There is no subject.")
		s.Keys("y")
		s.only(outbox.StateScheduled)
	})
}

func TestReview_TakesTheDigitsOfTheKeypad(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	d.Body = "The figures are attached.\n"
	reviewed(t, d, nil, func(s *story) {
		s.Send(tea.KeyPressMsg{Code: tea.KeyKp1})
		s.See("Attach")
	})
}

func TestReview_AttachesWhatIsMissing(t *testing.T) {
	path := filepath.Join(files(t), "figures.pdf")
	d := draft("work", "ana@example.org", "Figures")
	d.Body = "The figures are attached.\n"
	reviewed(t, d, nil, func(s *story) {
		s.Keys("1")
		s.See("Attach")
		s.model.top().(*attachPane).path.set("")
		s.Type(path)
		s.Keys("enter", "ctrl+s")
		s.See("files     figures.pdf  10 B  text/plain", "✓ addresses") // which is what is in it
		s.SeeNot("nothing is attached")
	})
}

func TestReview_CorrectsAnAddress(t *testing.T) {
	d := draft("work", `"Lee, Kim" <kim@gmial.com>, ana@example.org`, "Figures")
	reviewed(t, d, nil, func(s *story) {
		s.See("! Is kim@gmial.com meant to be kim@gmail.com?", "1 correct it")
		s.Keys("1")
		s.See(`to        "Lee, Kim" <kim@gmail.com> · ana@example.org`, "✓ addresses")
		s.Keys("esc")
		if got := s.model.composer().draft().To; got != `"Lee, Kim" <kim@gmail.com>, ana@example.org` {
			s.t.Errorf("the form has %q", got)
		}
		s.Keys("alt+z")
		s.See("kim@gmial.com")
	})
}

func TestReview_MovesTheManyToBcc(t *testing.T) {
	var all []string
	for n := range 20 {
		all = append(all, "m"+number(n)+"@many.example")
	}
	d := draft("work", strings.Join(all, ", "), "News")
	reviewed(t, d, nil, func(s *story) {
		s.See("! 20 people see each other's addresses.", "1 move them to Bcc")
		s.Keys("1")
		s.See("bcc       m0@many.example", "✓ addresses")
		s.See("to        Ada Example <ada@example.org> (nobody is in To)")
		s.Keys("y")
		i := s.only(outbox.StateScheduled)
		if item, err := s.box.Get(s.t.Context(), i.ID); err != nil || len(item.To) != 0 || len(item.Bcc) != 20 {
			s.t.Errorf("%+v, %v", item, err)
		}
	})
}

func TestReview_ChangesToTheAccountThatTheyKnow(t *testing.T) {
	d := draft("work", "jo@family.example", "Sunday")
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, func(s *story) {
		before := draft("home", "jo@family.example", "Saturday")
		before.From = "Ada <ada@home.example>"
		s.queue(before, outbox.SubmitOptions{})
	}, func(s *story) {
		s.Keys("ctrl+s")
		s.See("! So far you wrote to jo@family.example through home.", "1 send through home")
		s.Keys("1")
		s.See("through home", "✓ addresses")
		if d := s.model.composer().draft(); d.Account != "home" || !strings.Contains(d.From, "@home.example") {
			s.t.Errorf("it goes through %q as %q", d.Account, d.From)
		}
	})
}

func TestReview_SaysWhomNotToWriteTo(t *testing.T) {
	d := draft("work", "Kim <kim@example.com>, ana@example.org", "News")
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, func(s *story) {
		stop := outbox.Suppression{Address: "kim@example.com", Why: outbox.WhyUnsubscribe, At: time.Now()}
		if _, err := s.box.Suppress(s.t.Context(), []outbox.Suppression{stop}); err != nil {
			s.t.Fatal(err)
		}
	}, func(s *story) {
		s.See("✗ kim@example.com suppressed since today: its owner wants no more mail") // in the form already
		s.Keys("ctrl+s")
		s.See("✗ Kim <kim@example.com> · ana@example.org", "! kim@example.com is suppressed since today", "1 take it off")
		s.Keys("1")
		s.See("to        ana@example.org", "✓ addresses")
		s.SeeNot("kim@")
	})
}

func TestReview_SaysThatADraftIsOld(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, draft("work", "ana@example.org", "Old")); err != nil {
			s.t.Fatal(err)
		}
		s.sleep(40 * 24 * time.Hour)
	}, func(s *story) {
		s.Keys("1", "enter", "ctrl+s")
		s.See("· You began this 40 days ago.", "y send")
	})
}

func TestReview_ObjectionsComeFirstOnALowScreen(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	d.Body = "The figures are attached.\n"
	tell(t, 40, 12, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See("nothing is", "1 attach a file")
	})
}

func TestReview_ShowsWhatItWillBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.bin")
	if err := os.WriteFile(path, make([]byte, 3*maxSource), 0o600); err != nil {
		t.Fatal(err)
	}
	d := draft("work", "ana@example.org", "Figures")
	d.Body = "Look at **this**\x1b[2J.\n"
	d.Bcc = "boss@example.org"
	d.Style = compose.StyleMarkdown
	reviewed(t, d, nil, func(s *story) {
		s.See("text      plain 22 B · HTML 171 B", "bcc       boss@example.org")
		s.Keys("v")
		s.See("Text · Figures", "Look at **this**")
		s.Keys("v", "h")
		s.See("HTML, as it reads · Figures", "Look at this")
		s.Keys("esc", "o")
		s.See("Source · Figures", "From: Ada Example", "Content-Type: multipart/alternative")
		s.SeeNot("boss@example.org")
		if strings.Contains(s.model.View().Content, "\x1b[2J") {
			s.t.Error("the text acts on the terminal")
		}
		s.Keys("esc", "esc")
		s.model.composer().files = []attachment{{Attachment: compose.Attachment{Path: path}}}
		s.Keys("ctrl+s", "o", "G")
		s.See("The rest is not shown.")
	})
	d.Style = compose.StylePlain
	reviewed(t, d, nil, func(s *story) {
		s.SeeNot("HTML", "h HTML")
		s.Keys("h")
		s.See("Send this?")
	})
}

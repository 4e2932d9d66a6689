package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/internal/uitest"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// readmePictures are those of the README, each with the way to its screen. They are
// written anew by
//
//	go test ./ui -run Readme -update
var readmePictures = []struct {
	name          string
	width, height int
	open          func(*story)
}{
	{"outbox", 90, 18, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
		ended := half.run(s)
		s.t.Cleanup(func() {
			close(half.goOn)
			ended()
		})
		<-half.reached
		s.Advance(2 * time.Second)
		s.queue(draft("work", "jo@example.org", "Lunch on Friday?"), outbox.SubmitOptions{Undo: 20 * time.Second})
		s.Advance(2 * time.Second)
		s.Keys("G")
	}},
	{"compose", 90, 20, func(s *story) {
		d := draft("work", "board@example.org", "Quarterly figures")
		d.Body = "Hi all,\n\nthe figures are in the table below. **Please** look at page 3.\n\n-- \nAda\nexample.org"
		d.Attachments = []compose.Attachment{{Path: filepath.Join("testdata", "files", "figures.txt")}}
		s.later(s.model.openComposer(d, outbox.DraftRef{}))
		s.model.composer().setFocus(fieldTo)
		s.Type(", kim")
	}},
	{"review", 90, 18, func(s *story) {
		d := draft("work", "board@example.org, Kim Lee <kim@gmial.com>", "Quarterly figures")
		d.Body = "Hi all,\n\nthe figures are attached. **Please** look at page 3.\n"
		s.later(s.model.openComposer(d, outbox.DraftRef{}))
		s.Keys("ctrl+s")
	}},
	{"item", 90, 20, func(s *story) { s.Keys("4", "G", "enter") }},
	{"campaign", 90, 18, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "spring letter"}, guests()...)
		s.deliver()
		s.Keys("6", "enter")
	}},
}

// desktop is the outbox of somebody who uses it every day, on a morning.
func desktop(s *story) {
	s.transport.Script, s.transport.Server, s.transport.TLS = readmeAnswers, "smtp.example.org:465", "TLS 1.3"
	s.sleep(9*time.Hour + 41*time.Minute)
	for _, subject := range []string{"Photos from the trip", "Agenda", "Your parcel", "Re: Agenda", "Book club in June", "The heating"} {
		s.queue(draft("work", "sam@example.org, kim@example.com", subject), outbox.SubmitOptions{})
	}
	s.queue(draft("work", "board@example.org, b.kurz@example.org, ines@example.org", "Minutes of 12 May"), outbox.SubmitOptions{})
	s.queue(draft("work", "kim@old.example", "Hello"), outbox.SubmitOptions{})
	s.queue(draft("work", "billing@example.com", "Invoice 1043"), outbox.SubmitOptions{})
	s.queue(draft("home", "ops@example.org", "Backup failed on db2"), outbox.SubmitOptions{})
	s.deliver()
	s.sleep(25 * time.Minute)
	s.queue(draft("work", "team@example.org, sam@example.org", "Plan for the week"), outbox.SubmitOptions{NotBefore: time.Now().Add(33 * time.Hour)})
	s.queue(draft("work", "kim@example.com", "Not before I have called her"), outbox.SubmitOptions{Hold: true})
	s.queue(draft("work", "ana@example.org, sam@example.org", "Figures for the bank"), outbox.SubmitOptions{})
	s.queue(draft("work", "landlord@example.net", "Re: lease"), outbox.SubmitOptions{})
	if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, draft("work", "", "An idea")); err != nil {
		s.t.Fatal(err)
	}
}

// readmeAnswers are what the servers there say.
func readmeAnswers(recipient string, try int) outbox.Result {
	name, _, _ := strings.Cut(recipient, "@")
	switch {
	case name == "b.kurz" || recipient == "kim@old.example":
		return outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "5.1.1 <" + recipient + ">: Recipient address rejected"}
	case name == "billing" || recipient == "dario@example.org":
		return answers("lost@example.com", try)
	case name == "ops":
		return answers("login@example.org", try)
	case recipient == "hugo@example.com":
		return outbox.Result{Class: outbox.ClassRejected, Code: 552, Enhanced: "5.2.2", Text: "5.2.2 mailbox full"}
	}
	return outboxtest.Accepted()
}

// guests are the people of a small list. One address is known to be wrong by then.
func guests() (all []string) {
	for _, name := range []string{"ada", "b.kurz", "chloe", "dario", "emma", "farid", "grace", "hugo", "ines", "jonas", "kim", "lena"} {
		for _, domain := range []string{"org", "com", "net"} {
			all = append(all, fmt.Sprintf("%s@example.%s", name, domain))
		}
	}
	return all
}

// messageID is what differs from run to run.
var messageID = regexp.MustCompile(`[0-9a-f]{32}@`)

func TestReadme_ItsPicturesAreOfTheScreensAsTheyAre(t *testing.T) {
	dir, err := filepath.Abs("../doc/screens")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, picture := range readmePictures {
		t.Run(picture.name, func(t *testing.T) {
			tell(t, picture.width, picture.height, nil, desktop, func(s *story) {
				picture.open(s)
				drawn := messageID.ReplaceAllString(s.SVG("sendoff"), "0123456789abcdef@")
				path := filepath.Join(dir, picture.name+".svg")
				if uitest.Updating() {
					if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(path, []byte(drawn), 0o644)); err != nil {
						t.Fatal(err)
					}
				}
				if kept, err := os.ReadFile(path); err != nil || string(kept) != drawn {
					t.Errorf("%s is not of the screen as it is now (%v): run this test with -update, and look at it", path, err)
				}
			})
			if !strings.Contains(string(readme), "](doc/screens/"+picture.name+".svg)") {
				t.Error("the README does not show it")
			}
		})
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(readmePictures) {
		t.Errorf("%d pictures are there, %d are made: %v", len(files), len(readmePictures), err)
	}
}

package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// story is an outbox whose failures somebody is told of.
type story struct {
	*testing.T
	box    *outbox.Outbox
	sender *outbox.Sender
	path   string
	told   []Notice
	end    func()
}

func begin(t *testing.T) *story {
	t.Helper()
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	server := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		switch {
		case strings.HasPrefix(recipient, "gone"):
			return outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no such mailbox"}
		case strings.HasPrefix(recipient, "later"):
			return outbox.Result{Class: outbox.ClassTemporary, Code: 451, Text: "later"}
		case strings.HasPrefix(recipient, "doubt"):
			return outbox.Result{Class: outbox.ClassUncertain, Text: "the line broke"}
		}
		return outboxtest.Accepted()
	}}
	policies := func() []outbox.Policy { return []outbox.Policy{{Account: "work", Connections: 1}} }
	return &story{T: t, box: b, sender: outbox.NewSender(b, server, policies, slog.New(slog.DiscardHandler)), path: filepath.Join(dir, "notified.json")}
}

// run has somebody told from now on, by a Notifier that begins anew.
func (s *story) run(tell func(Notice) error) {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	n := &Notifier{Outbox: s.box, Path: s.path, Log: slog.New(slog.DiscardHandler), Tell: func(_ context.Context, n Notice) error {
		s.told = append(s.told, n)
		if tell != nil {
			return tell(n)
		}
		return nil
	}}
	over := make(chan struct{})
	go func() {
		defer close(over)
		n.Run(ctx)
	}()
	s.end = func() {
		cancel()
		<-over
	}
	synctest.Wait()
}

// send sends a message each to lists of recipients.
func (s *story) send(lists ...string) (ids []outbox.ID) {
	s.Helper()
	for n, to := range lists {
		d := compose.Draft{Account: "work", From: "ada@example.org", To: to, Subject: fmt.Sprintf("Letter %d", n+1), Body: "hi"}
		id, err := s.box.Submit(s.Context(), d, outbox.SubmitOptions{})
		if err != nil {
			s.Fatal(err)
		}
		ids = append(ids, id)
	}
	if _, err := s.sender.Flush(s.Context()); err != nil {
		s.Fatal(err)
	}
	return ids
}

// want waits and compares what was told since the last call.
func (s *story) want(titles ...string) {
	s.Helper()
	time.Sleep(quiet + gathering + time.Second)
	synctest.Wait()
	var got []string
	for _, n := range s.told {
		got = append(got, n.Title)
	}
	s.told = nil
	if strings.Join(got, "|") != strings.Join(titles, "|") {
		s.Errorf("told %q, want %q", got, titles)
	}
}

func TestNotifier_TellsOfFailuresOnceAndOfManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t)
		s.send("gone@example.org") // before anybody was to be told
		s.run(nil)
		s.want()
		s.send("ana@example.org", "later@example.org", "doubt@example.org")
		s.want()
		ids := s.send("gone@example.org, ana@example.org")
		s.want("Not delivered: “Letter 1”")
		s.send("gone1@example.org", "gone2@example.org", "gone3@example.org")
		s.want("Not delivered: 3 messages")

		report := func(action, status string) {
			t.Helper()
			item, err := s.box.Get(t.Context(), ids[0])
			if err != nil {
				t.Fatal(err)
			}
			text := "From: MAILER-DAEMON@example.org\nMessage-ID: <" + action + "@mx>\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n" +
				"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; ana@example.org\nAction: " + action + "\nStatus: " + status + "\n\n" +
				"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: " + item.MessageID + "\n\n--b--\n"
			taken, err := s.box.TakeReport(t.Context(), outbox.Arrived{Mail: strings.NewReader(text)})
			if err != nil || len(taken.Recipients) != 1 || taken.Recipients[0].Counts != outbox.Counted {
				t.Fatalf("%+v, %v", taken, err)
			}
		}
		report("delayed", "4.4.1")
		s.want()
		report("failed", "5.1.1")
		s.want("Not delivered: “Letter 1”")
		s.end()
	})
}

func TestNotifier_TellsNobodyTwiceOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t)
		s.run(nil)
		s.send("gone@example.org")
		s.want("Not delivered: “Letter 1”")
		s.end()
		s.run(nil)
		s.want()
		s.end()
		ids := s.send("gone2@example.org") // while nobody was there to tell
		s.run(nil)
		s.want("Not delivered: “Letter 1”")
		s.end()
		time.Sleep(24 * time.Hour)
		if err := s.box.Retry(t.Context(), ids[0], outbox.RetryOptions{}); err != nil {
			t.Fatal(err)
		}
		s.send()
		s.run(nil)
		s.want("Not delivered: “Letter 1”") // it has failed again
		if err := os.WriteFile(s.path, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.end()
		s.run(nil)
		s.want() // a damaged file is as none
		s.end()
	})
}

// What cannot be shown is not tried again: a program that fails would else be started
// over and over.
func TestNotifier_GoesOnWhereNothingCanBeShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t)
		s.run(func(Notice) error { return errors.New("no desktop") })
		s.send("gone@example.org")
		s.want("Not delivered: “Letter 1”")
		s.send("gone@example.org")
		s.want("Not delivered: “Letter 1”")
		s.end()
	})
}

// Of more failures than one notification is about, the others are in the next.
func TestTold_GoesOnWhereItWasBounded(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	of := func(number int64, after time.Duration) outbox.Undelivered {
		return outbox.Undelivered{Number: number, Recipient: outbox.Recipient{At: start.Add(after)}}
	}
	var told told
	if news := told.add([]outbox.Undelivered{of(1, 0), of(2, 0)}, start); len(news) != 2 {
		t.Errorf("%d are new", len(news))
	}
	if news := told.add([]outbox.Undelivered{of(1, 0), of(2, 0), of(3, 0), of(2, time.Second)}, start.Add(time.Second)); len(news) != 2 {
		t.Errorf("%d are new", len(news))
	}
	told.add(nil, start.Add(time.Hour))
	if len(told.Last) != 0 {
		t.Errorf("%d are remembered", len(told.Last))
	}
}

func TestNoticeOf(t *testing.T) {
	one := func(item outbox.ID, subject, address string, r outbox.Result, report string) outbox.Undelivered {
		return outbox.Undelivered{Item: item, Account: "work", Subject: subject, Recipient: outbox.Recipient{Address: address, Result: r, Report: report}}
	}
	gone := outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no such mailbox"}
	for _, test := range []struct {
		all         []outbox.Undelivered
		title, body string
	}{
		{[]outbox.Undelivered{one(1, "Lunch", "ana@example.org", gone, "")}, "Not delivered: “Lunch”", "To ana@example.org. There is no mailbox of that name at example.org."},
		{[]outbox.Undelivered{one(1, "", "ana@example.org", gone, "The mailbox is full.")}, "Not delivered: (no subject)", "To ana@example.org. The mailbox is full."},
		{[]outbox.Undelivered{one(1, "a\x1b]0;x\x07", "a\x9b@example.org", gone, "re\x1bd")}, "Not delivered: “a\ufffd]0;x\ufffd”", "To a\ufffd@example.org. re\ufffdd"},
		{[]outbox.Undelivered{one(1, "Lunch", "a@x", gone, ""), one(1, "Lunch", "b@x", gone, ""), one(1, "Lunch", "c@x", gone, ""), one(1, "Lunch", "d@x", gone, ""), one(1, "Lunch", "e@x", gone, "")},
			"Not delivered: “Lunch”", "To a@x, b@x, c@x and 2 more"},
		{[]outbox.Undelivered{one(1, "Lunch", "a@x", gone, ""), one(2, "Dinner", "b@x", gone, "")}, "Not delivered: 2 messages", "“Lunch”, “Dinner”"},
		{[]outbox.Undelivered{one(1, strings.Repeat("ü", 80), "a@x", gone, strings.Repeat("ü", 300))},
			"Not delivered: “" + strings.Repeat("ü", 59) + "…”", "To a@x. " + strings.Repeat("ü", 231) + "…"},
	} {
		got := NoticeOf(test.all)
		if got.Title != test.title || got.Body != test.body {
			t.Errorf("%q, %q\nwant %q, %q", got.Title, got.Body, test.title, test.body)
		}
	}
}

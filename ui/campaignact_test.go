package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

func TestCampaign_PausesGoesOnAndIsCancelled(t *testing.T) {
	var id outbox.CampaignID
	tell(t, 100, 24, nil, func(s *story) {
		id = s.start(outbox.CampaignSpec{Name: "concert"}, many(5)...)
	}, func(s *story) {
		s.Keys("6", "enter", "p")
		s.See("It is paused; what is on the wire is finished.", "‖ paused", " Paused by hand. p lets it go on.", "p go on")
		if state, _ := s.counts(id); state != outbox.CampaignPaused {
			s.t.Errorf("it is %s", state)
		}
		s.Keys("p")
		s.See("It goes on.", "↑ running", "p pause")
		s.Keys("x")
		s.See("End concert for good? 5 letters will not be sent.")
		s.Keys("n")
		if state, _ := s.counts(id); state != outbox.CampaignRunning {
			s.t.Errorf("it is %s", state)
		}
		s.Keys("x", "y")
		s.See("It is cancelled; what was sent stays sent.", "⊘ cancelled", "5 cancelled")
		s.SeeNot("p pause", "x cancel")
		if state, n := s.counts(id); state != outbox.CampaignCancelled || n.Cancelled != 5 {
			s.t.Errorf("it is %s: %+v", state, n)
		}
	})
}

func TestCampaign_RetriesThoseThatFailedAndSettlesDoubt(t *testing.T) {
	for _, test := range []struct {
		keys []string
		say  string
		want outbox.CampaignCounts
	}{
		{[]string{"r", "n"}, "1 failed · 2 in doubt", outbox.CampaignCounts{Rows: 4, Sent: 1, Failed: 1, Uncertain: 2}},
		{[]string{"r", "y"}, "1 letter again.", outbox.CampaignCounts{Rows: 4, Sent: 1, Waiting: 1, Uncertain: 2}},
		{[]string{"s", "n"}, "1 failed · 2 in doubt", outbox.CampaignCounts{Rows: 4, Sent: 1, Failed: 1, Uncertain: 2}},
		{[]string{"s", "y"}, "2 letters again.", outbox.CampaignCounts{Rows: 4, Sent: 1, Failed: 1, Waiting: 2}},
		{[]string{"s", "s"}, "2 may have arrived, or not.  y send again  a they arrived  d they did not  n leave them", outbox.CampaignCounts{Rows: 4, Sent: 1, Failed: 1, Uncertain: 2}},
		{[]string{"s", "a"}, "2 letters settled as sent.", outbox.CampaignCounts{Rows: 4, Sent: 3, Failed: 1}},
		{[]string{"s", "d"}, "2 letters settled as failed.", outbox.CampaignCounts{Rows: 4, Sent: 1, Failed: 3}},
	} {
		var id outbox.CampaignID
		tell(t, 100, 24, nil, func(s *story) {
			id = s.start(outbox.CampaignSpec{Name: "concert"}, "ana@example.org", "spam@example.org", "lost@example.com", "lost@example.org")
			s.deliver()
		}, func(s *story) {
			s.Keys("6", "enter")
			s.See("✓ done", "finished")
			s.Keys(test.keys...)
			s.See(test.say)
			if _, n := s.counts(id); n != test.want {
				s.t.Errorf("%q: %+v", test.keys, n)
			}
		})
	}
}

func TestCampaign_SaysWhoIsNotTriedAgain(t *testing.T) {
	var id outbox.CampaignID
	tell(t, 100, 24, nil, func(s *story) {
		id = s.start(outbox.CampaignSpec{Name: "concert"}, "reject@example.org", "spam@example.com")
		s.deliver()
	}, func(s *story) {
		s.Keys("6", "enter", "r", "y")
		s.See("1 letter again. 1 left: suppressed (sendoff suppress remove ADDRESS).")
		if _, n := s.counts(id); n.Failed != 1 || n.Waiting != 1 {
			s.t.Errorf("%+v", n)
		}
	})
	tell(t, 100, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, "reject@example.org")
		s.deliver()
	}, func(s *story) {
		s.Keys("6", "enter", "r", "y")
		s.See("None goes out again. 1 left: suppressed (sendoff suppress remove ADDRESS).")
	})
}

func TestCampaign_ACancelledOneHasItsDoubtsSettled(t *testing.T) {
	var id outbox.CampaignID
	tell(t, 100, 24, nil, func(s *story) {
		id = s.start(outbox.CampaignSpec{Name: "concert", Canary: 1}, "lost@example.com", "ana@example.org")
		s.deliver()
	}, func(s *story) {
		s.Keys("6", "enter", "x", "y")
		s.See("⊘ cancelled", "1 in doubt", "s settle doubt")
		s.SeeNot("r retry")
		s.Keys("s")
		s.See("1 may have arrived, or not.  a they arrived  d they did not  n leave them")
		s.SeeNot("send again")
		s.Keys("a")
		s.See("1 letter settled as sent.")
		if state, n := s.counts(id); state != outbox.CampaignCancelled || n.Sent != 1 {
			s.t.Errorf("it is %s: %+v", state, n)
		}
	})
}

func TestCampaign_AsksBeforeItSendsOldLettersAgain(t *testing.T) {
	for _, test := range []struct {
		keys, say []string
		want      outbox.CampaignCounts
	}{
		{[]string{"r", "y", "n"}, nil, outbox.CampaignCounts{Rows: 3, Sent: 1, Failed: 1, Uncertain: 1}},
		{[]string{"r", "y", "y"}, []string{"1 letter again."}, outbox.CampaignCounts{Rows: 3, Sent: 1, Waiting: 1, Uncertain: 1}},
		{[]string{"s", "y", "y"}, []string{"1 letter again."}, outbox.CampaignCounts{Rows: 3, Sent: 1, Failed: 1, Waiting: 1}},
	} {
		var id outbox.CampaignID
		tell(t, 100, 24, nil, func(s *story) {
			id = s.start(outbox.CampaignSpec{Name: "concert"}, "ana@example.org", "spam@example.org", "lost@example.com")
			s.deliver()
			s.sleep(5 * 24 * time.Hour)
		}, func(s *story) {
			s.Keys("6", "enter")
			s.Keys(test.keys[:2]...)
			s.See("1 message is over four days old: send with the old date?")
			s.Keys(test.keys[2])
			s.See(test.say...)
			if _, n := s.counts(id); n != test.want {
				s.t.Errorf("%q: %+v", test.keys, n)
			}
		})
	}
}

// An answer of the outbox that comes late asks nobody who does something else by then.
func TestCampaign_ALateAnswerAsksNobodyWhoIsElsewhere(t *testing.T) {
	for _, elsewhere := range []struct{ keys, see string }{
		{"?", "This campaign"}, {"x", "End concert for good?"}, {"esc", "Campaigns"},
	} {
		var id outbox.CampaignID
		tell(t, 100, 24, nil, func(s *story) {
			id = s.start(outbox.CampaignSpec{Name: "concert", Canary: 1}, "spam@example.org", "kim@example.org")
			s.deliver()
			s.sleep(5 * 24 * time.Hour)
		}, func(s *story) {
			s.Keys("6", "enter", "r")
			again := s.model.question.answers[0].do
			s.Keys("n")
			late := again() // y, and the outbox takes its time
			s.Keys(elsewhere.keys)
			s.Send(late())
			s.See(elsewhere.see, "1 message is over four days old, and left: r asks about them")
			s.SeeNot("send with the old date?")
			if _, n := s.counts(id); n.Failed != 1 {
				s.t.Errorf("%+v", n)
			}
		})
	}
}

// What is over can be deleted, in its view and in the list, after a question; and nothing
// that is not.
func TestCampaign_IsDeletedWhenItIsOver(t *testing.T) {
	var first outbox.CampaignID
	tell(t, 80, 24, nil, func(s *story) {
		first = s.start(outbox.CampaignSpec{Name: "concert"}, many(5)...)
		s.start(outbox.CampaignSpec{Name: "second", Held: "held"}, many(2)...)
	}, func(s *story) {
		s.Keys("6", "j", "enter")
		s.See("↑ running")
		s.SeeNot("d delete")
		s.Keys("d")
		s.deliver()
		s.See("✓ done", "d delete")
		s.Keys("d")
		s.See("Delete concert for good, and what is known of its 5 rows?")
		s.Keys("n")
		if state, _ := s.counts(first); state != outbox.CampaignDone {
			s.t.Errorf("it is %s", state)
		}
		s.Keys("d", "y")
		s.See("Deleted. Who has unsubscribed or is suppressed stays so.", "Campaigns 1", "second")
		s.SeeNot("concert", "d delete")
		if _, err := s.box.CampaignByID(s.t.Context(), first); !errors.Is(err, outbox.ErrNoCampaign) {
			s.t.Errorf("%v", err)
		}
		s.Keys("enter", "x", "y", "esc")
		s.Send(changed{})
		s.See("cancelled", "d delete")
		s.Keys("d", "y")
		s.See("Deleted.")
		s.Send(changed{})
		s.SeeNot("second")
	})
}

// Where no row was found none is offered to be written, and what is there already is not
// suggested.
func TestCampaign_OffersToWriteWhatIsThereToAFreePlace(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, "ana@example.org", "ben@example.org")
	}, func(s *story) {
		home := s.t.TempDir()
		s.t.Setenv("HOME", home)
		s.Keys("6", "enter", "X")
		s.See("~/concert.csv")
		if err := os.WriteFile(filepath.Join(home, "concert.csv"), nil, 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("esc", "X")
		s.See("~/concert-2.csv")
		s.Keys("esc", "/")
		s.Type("zoe")
		s.Keys("enter")
		s.See("No row has that.")
		s.SeeNot("X write out")
		s.Keys("X")
		s.SeeNot("Write all rows")
		s.See("X does nothing here")
	})
}

// What merge export writes is written by the interface, too: of the rows that are shown.
func TestCampaign_WritesItsRowsIntoAFile(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, "ana@example.org", "=cmd@example.org", "")
	}, func(s *story) {
		s.deliver()
		path := filepath.Join(s.t.TempDir(), "result.csv")
		s.Keys("6", "enter", "X")
		s.See("Write all rows of concert", "~/concert.csv", "3 rows. All columns of the list")
		s.Keys("ctrl+u")
		s.Type(path)
		s.Keys("ctrl+s")
		s.See("3 rows are written into")
		text, err := os.ReadFile(path)
		for _, want := range []string{"email,state,reason,account,item,", "\nana@example.org,sent,,work,", "\n'=cmd@example.org,sent,", "\n,skipped,it has no address,"} {
			if err != nil || !strings.Contains(string(text), want) {
				s.t.Errorf("%q is missing, %v:\n%s", want, err, text)
			}
		}
		s.Keys("X", "ctrl+u")
		s.Type(path)
		s.Keys("ctrl+s")
		s.See("there already, and stays as it is")
		s.Keys("esc", "/")
		s.Type("ana")
		s.Keys("enter", "X")
		s.See(`Write all rows with "ana" of concert`, "1 row. All columns of the list")
		found := filepath.Join(s.t.TempDir(), "found.csv")
		s.Keys("ctrl+u")
		s.Type(found)
		s.Keys("ctrl+s")
		s.See("1 row is written into")
		text, err = os.ReadFile(found)
		if err != nil || strings.Count(string(text), "\n") != 2 || !strings.Contains(string(text), "\nana@example.org,sent,") {
			s.t.Errorf("%v:\n%s", err, text)
		}
	})
}

// What can be done about a campaign in its view is done in the list of campaigns too.
func TestCampaigns_AreActedOnInTheirList(t *testing.T) {
	var first, second outbox.CampaignID
	tell(t, 120, 24, nil, func(s *story) {
		t.Setenv("HOME", t.TempDir())
		first = s.start(outbox.CampaignSpec{Name: "concert"}, "spam@example.org", "ana@example.org", "lost@example.com")
		s.deliver()
		second = s.start(outbox.CampaignSpec{Name: "members"}, many(5)...)
	}, func(s *story) {
		s.Keys("6")
		s.See("▌↑ running   members", "p pause", "x cancel", "X write out")
		s.SeeNot("r retry")
		s.Keys("p")
		s.See("It is paused; what is on the wire is finished.", "▌‖ paused    members", "p go on")
		s.Keys("p")
		s.See("It goes on.", "▌↑ running   members")
		s.Keys("X")
		s.See("Write all rows of members", "5 rows.")
		s.Keys("ctrl+s")
		s.See("5 rows are written into ~/members.csv.")
		s.Keys("x")
		s.See("End members for good? 5 letters will not be sent.")
		s.Keys("n")
		if state, _ := s.counts(second); state != outbox.CampaignRunning {
			s.t.Errorf("it is %s", state)
		}
		s.Keys("x", "y")
		s.See("It is cancelled; what was sent stays sent.", "▌⊘ cancelled members", "d delete")
		s.Keys("j")
		s.See("▌✓ done      concert", "r retry failed", "s settle doubt")
		s.Keys("s", "a")
		s.See("1 letter settled as sent.")
		s.Keys("r", "y")
		s.See("1 letter again.")
		if _, n := s.counts(first); n.Sent != 2 || n.Waiting != 1 {
			s.t.Errorf("%+v", n)
		}
		s.Keys("?")
		s.See("The selected campaign", "write out")
		s.SeeNot("The selected message")
	})
}

// Who opens a row that has no letter is told why.
func TestCampaign_SaysWhyARowHasNoLetter(t *testing.T) {
	var id outbox.CampaignID
	tell(t, 100, 24, nil, func(s *story) {
		id = s.start(outbox.CampaignSpec{Name: "concert", Held: "held"}, "", "ana@example.org", "ben@example.org")
	}, func(s *story) {
		s.Keys("6", "enter", "enter")
		s.See("It has no letter: it has no address.")
		s.Keys("j", "enter")
		s.See("Its letter is not made yet.")
		if err := s.box.CancelCampaign(s.t.Context(), id); err != nil {
			s.t.Fatal(err)
		}
		s.Send(changed{})
		s.Keys("enter")
		s.See("It has no letter: that was deleted, or the campaign ended before it was made.")
	})
}

// So it is where the letter was deleted.
func TestCampaign_SaysThatALetterWasDeleted(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, many(2)...)
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
		ended := half.run(s)
		<-half.reached
		s.Advance(time.Second)
		second := s.only(outbox.StateWaiting)
		if err := s.box.Delete(s.t.Context(), second.ID); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("6", "enter", "f", "f") // which of the two it was is chance
		s.See("── cancelled", "▌⊘ cancelled user00")
		s.Keys("enter")
		s.See("Its letter was deleted.")
		close(half.goOn)
		s.Advance(time.Second)
		ended()
	})
}

// What is being sent is not called off, and the question does not count it.
func TestCampaign_EndingItLeavesWhatIsOnTheWire(t *testing.T) {
	for want, counts := range map[string]outbox.CampaignCounts{
		"5 letters will not be sent.":                                      {Ready: 3, Waiting: 2},
		"1 letter will not be sent; what is on the wire is finished.":      {Ready: 1, Sending: 4},
		"End concert for good? What is on the wire is finished.  y end it": {Sending: 4},
	} {
		tell(t, 100, 24, nil, func(s *story) {
			s.start(outbox.CampaignSpec{Name: "concert"}, many(5)...)
		}, func(s *story) {
			s.Keys("6", "enter")
			s.model.top().(*campaignPane).campaign.Counts = counts
			s.Keys("x")
			s.See(want)
		})
	}
}

package ui

import (
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/outbox"
)

// line is the line of the screen that holds a text.
func (s *story) line(text string) string {
	s.t.Helper()
	for line := range strings.SplitSeq(s.Screen(), "\n") {
		if strings.Contains(line, text) {
			return line
		}
	}
	s.t.Fatalf("no %q on the screen:\n%s", text, s.Screen())
	return ""
}

func TestOutbox_AMessageIsWrittenSentAndSeenToArrive(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.See("Nothing is on its way", "m writes a message")
		s.Keys("m")
		s.Type("someone@example.org")
		s.Keys("tab")
		s.Type("Hello")
		s.Keys("tab")
		s.Type("How are you?")
		s.Keys("ctrl+s")
		s.See("Send this?", "Ada Example <ada@example.org> through work (smtp.example.org)", "someone@example.org", "in 10 s (u takes it back)", "y send")
		s.Keys("y")
		s.See("◷ undo 10 s Hello", "It leaves in 10 s; u takes it back.", "Outbox 1")
		s.Advance(4500 * time.Millisecond)
		s.See("◷ undo 6 s")
		s.Advance(6 * time.Second)
		s.See("… waiting   Hello")
		s.deliver()
		s.See("✓ sent      Hello", "Sent 1") // it stays where the eye is
		if got := s.line("Hello"); !strings.HasPrefix(got, "▌") {
			s.t.Errorf("the cursor has left it: %q", got)
		}
		s.Keys("5")
		s.See("✓ sent      Hello")
		s.Keys("2")
		s.SeeNot("Hello")
		if i := s.only(outbox.StateSent); len(i.Recipients) != 1 || i.Recipients[0].Address != "someone@example.org" {
			s.t.Errorf("recipients %+v", i.Recipients)
		}
	})
}

func TestOutbox_AFailedMessageSaysWhyAndIsRetriedInItsPlace(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "once@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.See("Failed 1", "Nothing is on its way")
		s.Keys("4")
		s.See("✗ failed    Hello", "The mailbox is switched off.  550 5.2.1 not today")
		s.Keys("r")
		s.See("It is tried again now.", "… waiting   Hello")
		s.Advance(time.Second) // the pass leaves what was tried in the same moment
		s.deliver()
		s.See("✓ sent      Hello")
	})
}

func TestOutbox_TakesBackInTheUndoWindow(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Lunch?"), outbox.SubmitOptions{Undo: 10 * time.Second})
	}, func(s *story) {
		s.Keys("u")
		s.See("New message", "jo@example.org", "Lunch?", "see you on Friday", "Taken back")
		if i := s.only(outbox.StateDraft); i.Subject != "Lunch?" {
			s.t.Errorf("draft %+v", i)
		}
	})
}

func TestOutbox_TellsWhenItIsTooLateToTakeBack(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org, defer@example.org", "Lunch?"), outbox.SubmitOptions{})
	}, func(s *story) {
		s.deliver()
		s.Send(s.model.takeBack(s.only(outbox.StateWaiting).ID)())
		s.See("It is too late: the message is on its way.")
	})
}

func TestOutbox_AsksBeforeItResendsWhatMayHaveArrived(t *testing.T) {
	for _, c := range []struct {
		key  string
		want outbox.State
	}{{"n", outbox.StateUncertain}, {"y", outbox.StateWaiting}, {"s", outbox.StateSent}, {"x", outbox.StateUncertain}} {
		t.Run(c.key, func(t *testing.T) {
			tell(t, 80, 24, nil, func(s *story) {
				s.queue(draft("work", "lost@example.com", "Invoice"), outbox.SubmitOptions{})
				s.deliver()
			}, func(s *story) {
				s.Keys("4", "r")
				s.See("Send it again?", "y send again", "s it arrived", "n leave it")
				s.Keys(c.key)
				s.only(c.want)
			})
		})
	}
}

func TestOutbox_AsksWithWhichDateOldMailIsSent(t *testing.T) {
	for key, want := range map[string][]outbox.State{
		"o": {outbox.StateWaiting},                        // the same one, with its old date
		"y": {outbox.StateWaiting, outbox.StateCancelled}, // a new one, and the old one says so
	} {
		t.Run(key, func(t *testing.T) {
			tell(t, 80, 24, nil, func(s *story) {
				s.queue(draft("work", "once@example.org", "Hello"), outbox.SubmitOptions{})
				s.deliver()
				s.sleep(5 * 24 * time.Hour)
			}, func(s *story) {
				s.Keys("4", "r")
				s.See("Over four days old: with which date?", "y of today", "o its own")
				s.only(outbox.StateFailed)
				s.Keys(key)
				for _, state := range want {
					s.only(state)
				}
			})
		})
	}
}

func TestOutbox_ActsOnTheSelectedMessage(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Lunch"), outbox.SubmitOptions{})
	}, func(s *story) {
		for _, step := range []struct {
			key, see string
			want     outbox.State
		}{
			{"H", "‖ held      Lunch", outbox.StateHeld},
			{"H", "… waiting   Lunch", outbox.StateWaiting},
			{"x", "⊘ cancelled Lunch", outbox.StateCancelled},
			{"r", "… waiting   Lunch", outbox.StateWaiting},
		} {
			s.Keys(step.key)
			s.See(step.see)
			s.only(step.want)
		}
		s.Keys("d")
		s.See(`Delete "Lunch"? It has not been sent.`)
		s.Keys("n")
		s.only(outbox.StateWaiting)
		s.Keys("d", "y")
		s.See("Deleted; u brings it back.", "Nothing is on its way", "u bring back")
		s.Keys("u")
		s.See("… waiting   Lunch", `Brought back: "`)
		s.only(outbox.StateWaiting)
	})
}

func TestOutbox_EditsWhatWasNotTriedAndCopiesWhatWas(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "reject@example.org", "Tried"), outbox.SubmitOptions{})
		s.deliver()
		s.queue(draft("work", "ana@example.org", "Not tried"), outbox.SubmitOptions{Hold: true})
	}, func(s *story) {
		held := s.only(outbox.StateHeld).ID
		s.Keys("e")
		s.See("Subject  Not tried", "It is a draft again")
		if i := s.only(outbox.StateDraft); i.ID != held {
			s.t.Errorf("%s became the draft %s", held, i.ID)
		}
		s.Keys("ctrl+x", "y", "4", "e")
		s.See("Subject  Tried", "This is a copy")
		s.Advance(2 * time.Second)
		s.none(outbox.StateDraft) // nobody has written anything yet
		s.Type("again")
		s.Advance(2 * time.Second)
		s.only(outbox.StateFailed)
		s.only(outbox.StateDraft)
	})
}

func TestItem_DeletingItClosesItsView(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("4", "enter")
		s.See("── attempts")
		s.Keys("d", "y")
		s.Advance(time.Second)
		s.See("Deleted; u brings it back.", "Failed 2")
		s.SeeNot("── attempts")
		s.Keys("u")
		s.See(`Brought back: "`, "Failed 3")
		s.Keys("g", "enter")
		s.See("── attempts")
	})
}

// Another pane is opened while the draft is still being read.
func TestOutbox_ADraftThatIsReadLateClosesNothing(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		late := s.model.edit(s.only(outbox.StateHeld))
		s.Keys("m")
		s.Type("ana@example.org")
		s.Send(late())
		s.See("New message", "ana@example.org", "There is a message open already.")
	})
}

func TestItem_PromisesNoTryOfWhatIsNotSent(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "defer@example.org", "Later"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("enter")
		s.See("… defer@example.org", "waits · 1 try", "It is tried again by itself")
		for _, step := range []struct{ key, see string }{{"H", "not sent: held"}, {"x", "not sent: cancelled"}} {
			s.Keys(step.key)
			s.Advance(time.Second)
			s.See("defer@example.org", step.see)
			s.SeeNot("waits", "tried again by itself", "next in")
		}
	})
}

func TestItem_NamesManyRecipientsWithoutDrawingThemAll(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		var to []string
		for n := range 300 {
			to = append(to, fmt.Sprintf("r%d@example.org", n))
		}
		s.queue(draft("work", strings.Join(append(to, "reject@example.org"), ", "), "To all"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("4", "enter")
		s.See("◐ partial  300 of 301", "✗ reject@example.org")
		if got := strings.Join(s.model.top().(*itemPane).text.lines, "\n"); !strings.Contains(got, "and 101 more") {
			s.t.Error("the others are not counted")
		}
	})
}

func TestOutbox_EveryStateIsInASection(t *testing.T) {
	in := make(map[outbox.State]int)
	for _, states := range sectionStates {
		for _, state := range states {
			in[state]++
		}
	}
	for _, state := range outbox.States {
		if in[state] != 1 {
			t.Errorf("%s stands in %d sections", state, in[state])
		}
		if stateLooks[state].word == "" || stateLooks[state].glyph == "" {
			t.Errorf("%s has no look", state)
		}
	}
}

func TestOutbox_TheUndoWindowIsInOutboxAndAScheduleIsNot(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.See("Outbox 4", "Scheduled 1", "Lunch on Friday?")
		s.SeeNot("Plan for the week")
		s.Keys("3")
		s.See("◷ scheduled Plan for the week", "Sun 09:02")
		s.SeeNot("Lunch on Friday?")
		s.Keys("S")
		s.See("… waiting   Plan for the week", "³Scheduled   · ")
	})
}

func TestOutbox_FiltersAsItIsTyped(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("/")
		s.Type("kim")
		s.See("Not before I have")
		s.SeeNot("Never mind", "Lunch")
		s.Type("xq") // q is text here
		s.See("No message in any section has that")
		s.Keys("backspace", "backspace", "enter", "j")
		s.See("/ kim", "Not before I have")
		s.Keys("esc")
		s.See("Never mind", "Lunch")
		s.SeeNot("/ kim")
	})
}

func TestOutbox_SaysThatNothingIsSending(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Sending = false }, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Lunch"), outbox.SubmitOptions{})
	}, func(s *story) {
		s.See("Nothing is sending, and 1 message waits. Start `sendoff daemon`")
		s.Keys("enter")
		s.See("Nothing is sending: start `sendoff daemon`, or `sendoff flush` once.")
	})
}

func TestOutbox_SaysItsNoticeInWholeSentences(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Notice = "A demo: nothing leaves. m writes, C begins a campaign." }, nil, func(s *story) {
		s.See("A demo: nothing leaves. m writes, C begins a campaign.")
		s.Resize(40, 12)
		s.See("A demo: nothing leaves.")
		s.SeeNot("m writes, C", "leaves. …")
	})
}

func TestOutbox_SaysHowToBegin(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Accounts, o.AccountsFile = nil, "~/.config/sendoff/accounts.toml" }, nil, func(s *story) {
		s.See("No account is set up yet.", "sendoff demo", "~/.config/sendoff/accounts.toml")
		s.Keys("m")
		s.See("no account is set up: it can be written, not sent")
		s.Type("ana@example.org")
		s.Keys("ctrl+s")
		s.See("no account is set up")
		s.SeeNot("y send", "address is missing")
		s.Keys("p")
		s.See("Kept as a draft.")
		s.only(outbox.StateDraft)
	})
}

func TestOutbox_AsksBeforeQuittingWhileMailIsUnderWay(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Lunch"), outbox.SubmitOptions{Undo: 10 * time.Second})
	}, func(s *story) {
		s.Keys("q")
		s.See("Quit? 1 message is under way")
		s.Keys("n")
		if s.Quit {
			s.t.Fatal("no means no")
		}
		s.Keys("q", "y")
		if !s.Quit {
			s.t.Fatal("yes means yes")
		}
	})
	tell(t, 80, 24, nil, nil, func(s *story) {
		if s.Keys("q"); !s.Quit {
			s.t.Fatal("nothing to ask about")
		}
	})
}

func TestOutbox_AChangeOfItsSettingsEndsWhatAnAccountStandsStillFor(t *testing.T) {
	revision := "1"
	tell(t, 100, 24, func(o *Options) {
		o.Policies = func() []outbox.Policy { return []outbox.Policy{{Account: "home", Revision: revision}} }
	}, func(s *story) {
		s.queue(draft("home", "login@example.org", "Backup"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.See("home ◐ login refused", "parked")
		revision = "2"
		s.Send(changed{})
		s.SeeNot("◐", "parked")
	})
}

func TestOutbox_ParkedAccountsAreNamedAndTheirMessagesToo(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.See("home ◐ login refused", "‖ parked    Backup failed on db2", "home is parked: login refused (535)")
	})
}

func TestOutbox_SaysWhatMakesAnAccountUnusable(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.transport.Script = func(string, int) outbox.Result {
			return outbox.Result{Class: outbox.ClassAccount, Text: "the certificate of smtp.example.org:465 is for another host: other.example"}
		}
		s.queue(draft("work", "ana@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.See("work ◐ certificate of another name", "work is parked: certificate of another name. It goes on")
		s.SeeNot("cannot be used")
	})
}

// A list of many pages is read as it is scrolled, and only what is on the screen
// is read again after a change.
func TestOutbox_ScrollsThroughManyPages(t *testing.T) {
	const many = 2*page + 70
	tell(t, 80, 24, nil, func(s *story) { queueMany(s.t, s.box, many) }, func(s *story) {
		rows := &s.model.home.rows
		s.See(fmt.Sprintf("Outbox %d", many))
		if n := len(rows.items); n != page {
			s.t.Errorf("%d rows are read for the first screen, want a page", n)
		}
		s.Keys("G")
		if n := len(rows.items); n != many {
			s.t.Fatalf("%d rows, want %d", n, many)
		}
		s.Keys("up", "up")
		if got := s.line("▌"); !strings.Contains(got, rows.items[many-3].Subject) {
			s.t.Errorf("the cursor is on %q, want %q", got, rows.items[many-3].Subject)
		}
		// What changed in the middle is not read before one goes there.
		far := 150
		for _, i := range []int{far, many - 3} {
			if err := s.box.Hold(s.t.Context(), rows.items[i].ID); err != nil {
				s.t.Fatal(err)
			}
		}
		s.Advance(time.Second)
		s.See("‖ held      " + rows.items[many-3].Subject)
		s.Keys("g")
		for s.model.home.list.cursor < far {
			s.Keys("pgdown")
		}
		s.See("‖ held      " + rows.items[far].Subject)
		for i := range many - 1 {
			if a, b := rows.items[i].ID, rows.items[i+1].ID; a <= b {
				s.t.Fatalf("row %d is %s and the next %s", i, a, b)
			}
		}
	})
}

func TestOutbox_TheCursorStaysOnItsMessageWhenOthersCome(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		queueMany(s.t, s.box, 40)
	}, func(s *story) {
		s.Keys("pgdown", "j")
		before := s.Screen()
		at := s.line("▌")
		s.queue(draft("work", "jo@example.org", "New"), outbox.SubmitOptions{})
		s.Advance(time.Second)
		if got := s.line("▌"); got != at {
			s.t.Errorf("the cursor went from %q to %q", at, got)
		}
		if strings.Index(before, at) != strings.Index(s.Screen(), at) {
			s.t.Errorf("the row moved:\n%s\n%s", before, s.Screen())
		}
	})
}

func TestOutbox_ResultsForAnotherSectionAreDropped(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		stale := listRequest{generation: s.model.home.generation, section: s.model.home.section, below: []outbox.ID{0}}.read(s.t.Context(), Options{Outbox: s.box})
		s.Keys("4")
		s.Send(stale)
		s.See("Invoice 1043")
		s.SeeNot("Never mind")
	})
}

func TestOutbox_TheMouseSelectsOpensAndScrolls(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Mouse = true }, everyState, func(s *story) {
		click := func(x, y int) { s.Send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }
		if s.model.View().MouseMode == tea.MouseModeNone {
			s.t.Fatal("the mouse is off")
		}
		click(20, 5)
		if got := s.line("▌"); !strings.Contains(got, "Not before I have") {
			s.t.Errorf("selected %q", got)
		}
		s.Send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		click(44, 1)
		s.See("Invoice 1043")
		click(20, 5) // line 4 is the reason of the first
		s.See("There is no mailbox of that name")
		click(20, 4)
		s.See("── attempts")
	})
}

// Before any of it is out there is no share to show.
func TestProgress_NamesTheStepBeforeTheMessage(t *testing.T) {
	for step, want := range map[outbox.Step]string{
		outbox.StepPace: "in line", outbox.StepConnect: "connecting", outbox.StepTLS: "securing", outbox.StepLogin: "logging in", outbox.StepEnvelope: "addressing", outbox.StepDot: "confirming",
	} {
		tell(t, 80, 24, nil, func(s *story) {
			s.queue(draft("work", "jo@example.org", "Photos"), outbox.SubmitOptions{})
		}, func(s *story) {
			half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), at: step}
			ended := half.run(s)
			<-half.reached
			s.Advance(2 * time.Second)
			s.See("↑ sending   Photos", want)
			s.SeeNot("0 %")
			s.Resize(40, 12) // which has no room for another column
			s.See("↑ " + cell(shortSteps[step], 9) + " Photos")
			close(half.goOn)
			s.Advance(2 * time.Second)
			ended()
		})
	}
}

func TestProgress_IsShownWhileSomethingIsSent(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
		ended := half.run(s)
		<-half.reached
		s.Advance(2 * time.Second)
		s.See("↑ sending   Photos", "50 %")
		s.Resize(40, 12)
		s.See("↑ 50 %      Photos")
		s.Resize(80, 24)
		if bar := s.model.View().ProgressBar; bar == nil || bar.Value != 50 {
			s.t.Errorf("progress bar %+v", bar)
		}
		s.Keys("enter")
		s.See("Sending: ", "50 %")
		close(half.goOn)
		s.Advance(2 * time.Second)
		s.See("has it")
		if bar := s.model.View().ProgressBar; bar != nil {
			s.t.Errorf("progress bar %+v when all is sent", bar)
		}
		ended()
	})
}

// A value that means nothing is named, and not taken for a search that found nothing.
func TestFilter_NamesAValueThatMeansNothing(t *testing.T) {
	for typed, want := range map[string]string{
		"before:tomorrow": "before:tomorrow is no day", "state:nonsense": "state:nonsense is no state", "foo:bar": "foo:bar has no field's name",
	} {
		tell(t, 80, 24, nil, hello, func(s *story) {
			s.Keys("/")
			s.Type(typed)
			s.See("Nothing is found: " + want)
			s.Keys("enter")
			s.See("esc clear")
		})
	}
}

// Names of accounts have a share of the screen, and no more than the longest needs.
func TestOutbox_NamesOfAccountsHaveAShareOfTheScreen(t *testing.T) {
	long := accounts.Account{Name: "newsletter-of-the-choir", From: mail.Address{Address: "ada@choir.example"}, SMTP: accounts.SMTP{Host: "smtp.choir.example"}}
	for width, want := range map[int]int{80: 13, 100: 16, 120: 20, 144: 23} {
		p := newOutboxPane(newDesk(t.Context(), Options{Accounts: append(book(t), long)}))
		p.width = width
		if got := p.accountWidth(); got != want {
			t.Errorf("%d columns: %d, want %d", width, got, want)
		}
		p.desk.accounts = book(t)
		if got := p.accountWidth(); got != len("work") {
			t.Errorf("%d columns: %d for the short ones", width, got)
		}
	}
}

package ui

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"sendoff/compose"
	"sendoff/compose/merge"
	"sendoff/outbox"
)

// render makes letters of rows whose first cell is an address. What is frozen is
// the subject, or a campaign that was begun on the screen.
func render(_ string, frozen []byte) (outbox.Letters, error) {
	if c, err := merge.Thaw(frozen); err == nil {
		return func(number, line int, cells []string) (compose.Draft, error) {
			letter, problems := c.Letter(merge.Row{Number: number, Line: line, Values: cells})
			if len(problems.Errors()) > 0 {
				return compose.Draft{}, problems
			}
			return letter.Draft, nil
		}, nil
	}
	return func(_, _ int, cells []string) (compose.Draft, error) {
		if cells[0] == "nobody@example.org" {
			return compose.Draft{}, errors.New("there is no programme.txt")
		}
		return compose.Draft{To: cells[0], Subject: string(frozen), Body: "Dear friend\n", Style: compose.StylePlain}, nil
	}, nil
}

// rowsOf are rows for some addresses; one without is skipped.
func rowsOf(addresses ...string) iter.Seq2[outbox.NewRow, error] {
	return func(yield func(outbox.NewRow, error) bool) {
		for i, address := range addresses {
			row := outbox.NewRow{Number: i + 1, Line: i + 2, Address: address, Cells: []string{address}}
			if address == "" {
				row.Skip = "it has no address"
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// start begins a campaign.
func (s *story) start(spec outbox.CampaignSpec, addresses ...string) outbox.CampaignID {
	s.t.Helper()
	spec.Frozen, spec.Columns = []byte("Your seat"), []string{"email"}
	spec.Accounts = []outbox.CampaignAccount{{Account: "work", From: "Ada Example <ada@example.org>"}}
	id, err := s.box.StartCampaign(s.t.Context(), spec, rowsOf(addresses...))
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// many are addresses of so many people.
func many(n int) (addresses []string) {
	for i := range n {
		addresses = append(addresses, fmt.Sprintf("user%03d@example.org", i+1))
	}
	return addresses
}

// campaigns starts some, and sends what can be sent.
func campaigns(s *story) {
	s.start(outbox.CampaignSpec{Name: "concert"}, slices.Concat([]string{"once@example.org", "lost@example.com", "", "defer@example.net"}, many(20))...)
	s.start(outbox.CampaignSpec{Name: "members", Held: "held until somebody has looked at it"}, many(1840)...)
	s.start(outbox.CampaignSpec{Name: "newsletter", NotBefore: time.Now().Add(33 * time.Hour)}, many(12)...)
	s.deliver()
}

func (s *story) counts(id outbox.CampaignID) (outbox.CampaignState, outbox.CampaignCounts) {
	s.t.Helper()
	c, err := s.box.CampaignByID(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.State, c.Counts
}

func TestCampaigns_AreASectionWhereThereIsOne(t *testing.T) {
	tell(t, 100, 24, nil, nil, func(s *story) {
		s.SeeNot("Campaigns")
		s.Keys("6")
		s.See("Nothing is on its way.")
		s.Keys("shift+tab", "shift+tab")
		s.See("Nothing has been sent yet.")
		s.Keys("2")
		campaigns(s)
		s.See("Campaigns 3")
		s.Keys("6")
		s.See("▌◷ scheduled newsletter", "0 of 12", "‖ paused    members", "↑ running   concert", "20 of 23", "1 failed · 1 in doubt")
		s.Keys("G")
		s.See("▌↑ running   concert")
		s.start(outbox.CampaignSpec{Name: "another"}, many(3)...)
		s.Advance(time.Second)
		s.See("another", "▌↑ running   concert") // the cursor stays
		s.SeeNot("/ filter", "H hold")
		s.Keys("tab", "shift+tab")
		s.See("▌↑ running   concert")
	})
}

func TestCampaign_SaysWhatBecameOfEachRow(t *testing.T) {
	tell(t, 100, 30, nil, campaigns, func(s *story) {
		s.Keys("6", "G", "enter")
		s.See("concert", "↑ running", "20 of 23 sent · 1 failed · 1 in doubt · 1 waiting · 1 skipped",
			"22 in the last minute · left: 1 letter", "── all rows", "▌✗ failed    once@example.org", "550 5.2.1 not today", "? uncertain lost@example.com", "- skipped   line 4", "it has no address",
			"… waiting   defer@example.net", "✓ sent      user001@example.org", "f show failed")
		s.Keys("f")
		s.See("── failed", "once@example.org")
		s.SeeNot("user001@example.org")
		s.Keys("enter")
		s.See("Your seat", "✗ once@example.org", "── attempts")
		s.Keys("esc", "f")
		s.See("── in doubt", "lost@example.com")
		s.Keys("esc")
		s.See("Campaigns 3")
	})
}

// On a narrow screen the counts take another line, and none is lost.
func TestCampaign_ItsCountsAreWholeOnNarrowScreens(t *testing.T) {
	for _, width := range []int{20, 24, 30, 40, 60, 80} {
		tell(t, width, 24, nil, campaigns, func(s *story) {
			s.Keys("6", "G", "enter")
			s.See("20 of 23 sent", "1 failed", "1 in doubt", "1 waiting", "1 skipped", "once@")
		})
	}
}

// What it waits for comes and goes; the rows stay where they are.
func TestCampaign_ItsRowsDoNotJumpWhenItWaitsForNothing(t *testing.T) {
	for _, width := range []int{40, 80} {
		soon := func(s *story) {
			s.start(outbox.CampaignSpec{Name: "concert", NotBefore: time.Now().Add(10 * time.Second)}, many(3)...)
		}
		tell(t, width, 24, nil, soon, func(s *story) {
			s.Keys("6", "enter")
			s.See("It begins in 10 s.")
			at := slices.IndexFunc(strings.Split(s.Screen(), "\n"), func(line string) bool { return strings.Contains(line, "user001") })
			s.Advance(15 * time.Second)
			s.SeeNot("It begins", "It waits")
			if line := strings.Split(s.Screen(), "\n")[at]; !strings.Contains(line, "user001") {
				s.t.Errorf("the rows have moved from line %d:\n%s", at, s.Screen())
			}
		})
	}
}

func TestCampaign_ShowsItsRowsByPages(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "members", Held: "held"}, many(450)...)
	}, func(s *story) {
		s.Keys("6", "enter")
		s.See("all rows · 1–200 of 450", "▌· not begun user001@example.org")
		s.Keys("G")
		s.See("all rows · 401–450 of 450", "▌· not begun user450@example.org")
		s.Keys("j")
		s.See("▌· not begun user450@example.org")
		s.Keys("g")
		s.See("all rows · 1–200 of 450", "▌· not begun user001@example.org")
		s.Keys("k")
		s.See("▌· not begun user001@example.org")
		for range 12 {
			s.Keys("pgdown")
		}
		s.See("all rows · 201–400 of 450")
		s.Keys("G", "g")
		for range 200 {
			s.Keys("j")
		}
		s.See("all rows · 201–400 of 450", "▌· not begun user201@example.org")
		s.Keys("k")
		s.See("all rows · 1–200 of 450", "▌· not begun user200@example.org")
	})
}

// The last page of some of the rows begins where no page of all rows does.
func TestCampaign_GoesToTheEndOfAChoice(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		var rows []string
		for _, address := range many(400) {
			rows = append(rows, address, "") // each other row is skipped
		}
		s.start(outbox.CampaignSpec{Name: "members", Held: "held"}, rows...)
	}, func(s *story) {
		s.Keys("6", "enter", "f", "G")
		s.See("not begun · 201–400 of 400", "▌· not begun user400@example.org")
		s.Keys("f", "G", "k")
		s.See("skipped · 201–400 of 400", "▌- skipped   line 799", "- skipped   line 801")
	})
}

// What is read of a page that was left is not shown as the one that is open.
func TestCampaign_DropsRowsOfAnotherPage(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "members", Held: "held"}, append(many(3), "")...)
	}, func(s *story) {
		s.Keys("6", "enter")
		p := s.model.top().(*campaignPane)
		late := p.load()
		next := p.choose(5)
		if next != nil {
			s.t.Fatal("two readings are under way")
		}
		s.Send(late())
		s.See("── skipped", "line 5")
		s.SeeNot("user001@example.org")
	})
}

// What was cancelled of a campaign is over, and stands there; a message that somebody
// has cancelled stays in the list.
func TestCampaigns_TheirCancelledLettersAreNotInTheOutbox(t *testing.T) {
	cancelled := func(s *story) {
		id := s.start(outbox.CampaignSpec{Name: "concert"}, "once@example.org", "defer@example.net", "defer@example.com")
		s.deliver()
		if err := s.box.CancelCampaign(s.t.Context(), id); err != nil {
			s.t.Fatal(err)
		}
		if all, err := s.box.List(s.t.Context(), outbox.Query{States: []outbox.State{outbox.StateCancelled}}); err != nil || len(all) != 2 {
			s.t.Fatalf("%d letters are cancelled, %v", len(all), err)
		}
	}
	tell(t, 80, 24, nil, cancelled, func(s *story) {
		s.See("Nothing is on its way.")
		s.SeeNot("Outbox 2", "cancelled")
		hello(s)
		item := s.only(outbox.StateWaiting)
		if err := s.box.Cancel(s.t.Context(), item.ID); err != nil {
			s.t.Fatal(err)
		}
		s.Send(changed{})
		s.See("²Outbox    · ", "⊘ cancelled", "Hello")
		s.SeeNot("Your seat")
		s.Keys("6", "enter")
		s.See("2 cancelled")
	})
}

func TestCampaign_ShowsWhoHasUnsubscribed(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, many(2)...)
		s.deliver()
		if _, err := s.box.Suppress(s.t.Context(), []outbox.Suppression{{Address: "user001@example.org", Why: outbox.WhyUnsubscribe, At: time.Now()}}); err != nil {
			s.t.Fatal(err)
		}
	}, func(s *story) {
		s.Keys("6", "enter")
		s.See("✓ sent      user001@example.org                 has unsubscribed since", "✓ sent      user002@example.org                 work")
	})
}

// Nothing is being sent where nobody sends.
func TestCampaign_SaysWhatASenderThatIsGoneHasLeft(t *testing.T) {
	for sending, want := range map[bool]string{true: "37 being sent or next", false: "37 left by a sender that is gone"} {
		tell(t, 100, 24, func(o *Options) { o.Sending = sending }, func(s *story) {
			s.start(outbox.CampaignSpec{Name: "concert", Held: "held"}, many(2)...)
		}, func(s *story) {
			s.Keys("6", "enter")
			p := s.model.top().(*campaignPane)
			p.campaign.Counts = outbox.CampaignCounts{Rows: 40, Sending: 37, Skipped: 2}
			s.See("0 of 38 sent", want)
		})
	}
}

func TestCampaign_ShowsWhoseLetterCannotBeMade(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, "nobody@example.org", "ana@example.org")
		s.deliver()
	}, func(s *story) {
		s.Keys("6", "enter")
		s.See("✓ done", "1 failed", "✗ failed    nobody@example.org", "its letter cannot be made: there is no", "✓ sent      ana@example.org")
		s.SeeNot("enter open")
		s.Keys("r", "y")
		s.See("1 letter again.", "· not begun nobody@example.org")
	})
}

// What somebody should look at is told on the narrowest screens too.
func TestCampaigns_TellTroubleOnNarrowScreens(t *testing.T) {
	tell(t, 80, 12, nil, campaigns, func(s *story) {
		s.Keys("6")
		s.See("20 of 23  1 failed · 1 in doubt")
		for width, row := range map[int]string{60: "  20 of 23  ✗1 ?1", 50: "↑ running   concert           20/23  ✗1 ?1", 40: "↑ concert           20/23  ✗1 ?1", 28: "↑ concert     ✗1 ?1"} {
			s.Resize(width, 12)
			s.See(row)
		}
	})
}

func TestCampaign_ThatIsGoneIsClosed(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, many(3)...)
	}, func(s *story) {
		s.Keys("6", "enter")
		p := s.model.top().(*campaignPane)
		p.campaign.ID += 100
		s.Send(p.load()())
		s.See("The campaign is not there any more.", "Campaigns 1")
	})
}

// One person is found among hundreds, within the choice of rows, and on any page.
func TestCampaign_FindsRowsByWhatStandsInThem(t *testing.T) {
	for _, width := range []int{40, 80} {
		tell(t, width, 12, nil, func(s *story) {
			s.start(outbox.CampaignSpec{Name: "members", Held: "held"}, append(many(450), "Zoe@other.example", "")...)
		}, func(s *story) {
			s.Keys("6", "enter", "G", "/")
			s.See("user450@")
			s.Type("ZO")
			s.See("/ ZO", "Zoe@other", "esc clear") // as it is typed
			s.SeeNot("user450@")
			s.Type("E@")
			s.Keys("enter")
			s.See("all rows with \"ZOE@\"", "Zoe@other", "esc show all")
			s.SeeNot("user001", "of 452")
			s.Keys("f")
			s.See("not begun with \"ZOE@\"")
			s.Keys("f")
			s.See("skipped with \"ZOE@\"", "No row has that. esc shows all.")
			s.Keys("esc")
			s.See("── skipped", "line 453")
			s.SeeNot("esc show all")
			s.Keys("f", "/")
			s.Type("user")
			s.Keys("enter", "G")
			s.See("all rows with \"user\" · 401–450", "user450@")
			s.Keys("/", "ctrl+u", "enter")
			s.See("all rows · 1–200 of 452")
			s.Keys("esc")
			s.See("Campaigns 1")
		})
	}
}

// Fields and columns are asked for as in the list.
func TestCampaign_FindsRowsByFields(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "members"}, "ana@example.org", "reject@example.org", "lost@example.org", "")
		s.deliver()
	}, func(s *story) {
		s.Keys("6", "enter", "/")
		s.See("/ ", "in all rows")
		for _, test := range []struct{ typed, see, not string }{
			{"to:ana", "✓ sent      ana@", "reject@"},
			{"state:fail", "✗ failed    reject@", "ana@"},
			{"state:in doubt", "? uncertain lost@", "ana@"},
			{"-state:sent -reject", "lost@", "ana@"},
			{"state:", "ana@", "Nothing"},
			{"state:lost", "Nothing is found: state:lost is no state of a row, such as not begun", "ana@"},
		} {
			s.Keys("ctrl+u")
			s.Type(test.typed)
			s.See(test.see)
			s.SeeNot(test.not)
		}
		s.Keys("esc")
		s.See("all rows", "ana@example.org", "line 5")
		s.SeeNot("/ state")
	})
}

func TestCampaign_TextFromOutsideDoesNotReachTheTerminal(t *testing.T) {
	for _, evil := range hostile {
		tell(t, 60, 20, nil, func(s *story) {
			s.start(outbox.CampaignSpec{Name: evil, Held: evil}, evil)
		}, func(s *story) {
			for _, pressed := range []string{"6", "enter", "x"} {
				s.Keys(pressed)
				if bad := s.Overflow(); len(bad) > 0 {
					s.t.Fatalf("%q: %v\n%s", evil, bad, s.Screen())
				}
				if content := s.model.View().Content; strings.Contains(content, "\x1b]") || strings.Contains(content, "\x1b[2J") || strings.ContainsAny(content, "\u202e\u2028\x07\r\t") {
					s.t.Fatalf("%q reaches the screen:\n%q", evil, content)
				}
			}
		})
	}
}

// Where nothing sends, the time of a campaign does not hide that.
func TestCampaign_SaysThatNothingSendsBesideItsTime(t *testing.T) {
	tell(t, 120, 24, func(o *Options) { o.Sending = false }, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert", NotBefore: time.Now().Add(20 * time.Hour)}, many(3)...)
	}, func(s *story) {
		s.Keys("6", "enter")
		s.See("It waits: begins ", "Nothing is sending: start")
	})
}

// The taskbar shows the whole campaign, not the letters that go out just now.
func TestProgress_IsThatOfACampaign(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, "ana@example.org", "ben@example.org", "lost@example.org", "cat@example.org")
	}, func(s *story) {
		bar := s.model.View().ProgressBar
		if bar == nil || bar.Value != 0 {
			s.t.Errorf("progress bar %+v before the first", bar)
		}
		s.deliver()
		if bar := s.model.View().ProgressBar; bar != nil {
			s.t.Errorf("progress bar %+v when all is over", bar)
		}
	})
}

// What is left is told of the same moment as what was sent, though the look ahead is older.
func TestCampaign_WhatIsLeftAgreesWithWhatWasSent(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, many(59)...)
	}, func(s *story) {
		s.Keys("6", "enter")
		s.See("0 of 59 sent", "left: 59 letters: ")
		p := s.model.top().(*campaignPane)
		p.campaign.Counts.Sent, p.campaign.Counts.Ready = 17, 42
		s.See("17 of 59 sent", "left: 42 letters: ")
	})
}

// A bar is there as long as ten cells have room for it, and it moves nothing when it grows.
func TestCampaign_HasABarOnANarrowScreen(t *testing.T) {
	bars := map[int]int{24: 0, 40: 10, 59: 10, 62: 16}
	for width, want := range bars {
		tell(t, width, 24, nil, campaigns, func(s *story) {
			s.Keys("6", "G", "enter")
			line := s.line("of 23 sent")
			if got := strings.Count(line, "━") + strings.Count(line, "─"); got != want {
				s.t.Errorf("%d columns: a bar of %d cells, want %d: %q", width, got, want, line)
			}
		})
	}
}

// A campaign has a bar in the list wherever its name has room beside it.
func TestCampaigns_HaveABarBesideTheirNames(t *testing.T) {
	all := []outbox.Campaign{{Name: "concert", Counts: outbox.CampaignCounts{Rows: 60}}}
	for width, want := range map[int]int{40: 0, 59: 10, 80: 12, 120: 12} {
		if got := newCampaignColumns(width, all); got.bar != want || got.name < len("concert") {
			t.Errorf("%d columns: %+v, want a bar of %d", width, got, want)
		}
	}
}

// On a narrow screen the room goes to what the rows that are chosen have to say.
func TestCampaign_ItsRowsAreAsWideAsTheirKindNeeds(t *testing.T) {
	for _, test := range []struct {
		width int
		of    string
		want  campaignRowColumns
	}{
		{30, "all rows", campaignRowColumns{1, 16, 8}},
		{40, "all rows", campaignRowColumns{11, 16, 8}},
		{40, "failed", campaignRowColumns{1, 18, 16}},
		{40, "sent", campaignRowColumns{1, 24, 10}},
		{50, "sent", campaignRowColumns{1, 34, 10}},
		{59, "waiting", campaignRowColumns{11, 22, 21}},
		{80, "failed", campaignRowColumns{11, 33, 31}},
		{120, "sent", campaignRowColumns{11, 34, 70}},
	} {
		of := rowChoices[slices.IndexFunc(rowChoices, func(c rowChoice) bool { return c.name == test.of })]
		if got := newCampaignRowColumns(test.width, of); got != test.want {
			t.Errorf("%d columns, %s: %+v, want %+v", test.width, test.of, got, test.want)
		}
	}
}

// Nothing of the list moves when letters are sent or fail, and long names have what room there is.
func TestCampaigns_KeepTheirColumnsWhileCountsChange(t *testing.T) {
	const long = "a-rather-long-campaign-name"
	list := func(counts outbox.CampaignCounts) []outbox.Campaign {
		return []outbox.Campaign{{Name: "concert", Counts: counts}, {Name: long, Counts: outbox.CampaignCounts{Rows: 61, Ready: 61}}}
	}
	for width := range 200 {
		before := newCampaignColumns(width, list(outbox.CampaignCounts{Rows: 42, Ready: 42}))
		for _, counts := range []outbox.CampaignCounts{{Rows: 42, Ready: 4, Sent: 38}, {Rows: 42, Sent: 38, Failed: 3, Uncertain: 1}, {Rows: 42, Sent: 42}} {
			if after := newCampaignColumns(width, list(counts)); after != before {
				t.Errorf("%d columns: %+v became %+v", width, before, after)
			}
		}
		if width >= 80 && (before.name < len(long) || before.note < ansi.StringWidth("1 failed · 1 in doubt")) {
			t.Errorf("%d columns: %+v", width, before)
		}
	}
}

// The line of a campaign says when it begins, and why it is paused.
func TestCampaigns_SayWhenAndWhy(t *testing.T) {
	begin := func(s *story) {
		campaigns(s)
		s.start(outbox.CampaignSpec{Name: "soon", NotBefore: time.Now().Add(9 * time.Second)}, many(3)...)
	}
	tell(t, 80, 24, nil, begin, func(s *story) {
		s.Keys("6")
		s.See("0 of 3  in 9 s", "0 of 12  Sun 09:00", "0 of 1,840  held until somebod")
		s.Advance(2 * time.Second)
		s.See("0 of 3  in 7 s")
		s.Resize(120, 24)
		s.See("held until somebody has looked at it")
		s.Resize(40, 12)
		s.See("0/3  in 7 s", "0/12  Sun 09:00", "0/1,840  paused")
	})
}

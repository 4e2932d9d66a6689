package ui

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/campaign"
	"sendoff/internal/dnstest"
	"sendoff/outbox"
)

func TestLaunch_SaysWhatIsWrongAndLeavesItOut(t *testing.T) {
	tell(t, 100, 24, ready(t), nil, func(s *story) {
		s.launched("campaign/wrong")
		s.See("✗ 1 letter of 5 rows; nothing goes while something is wrong.", "people.csv:3", "bob@x", "people.csv:6", "first_name is empty on 1 row", "! people.csv:4", "v letters")
		s.Keys("j", "j", "j", "j")
		s.See("The options, o, let both have") // and not the flag of the command
		s.Keys("g", "v")
		s.See("Row 2 of 5", "✗ \"bob@x\": the domain has no dot.", "email: bob@x")
		s.SeeNot("t test")
		s.Keys("esc", "enter")
		s.See("Leave those rows out, and send 1 letter?")
		s.Keys("n", "enter", "y", "ctrl+s")
		s.See("1 letter of 5 rows", "left out  4 rows")
		s.Keys("y")
		if state, counts := s.counts(1); state != outbox.CampaignRunning || counts.Ready != 1 || counts.Skipped != 4 {
			s.t.Errorf("%s, %+v", state, counts)
		}
	})
}

func TestLaunch_SaysWhatLettersLack(t *testing.T) {
	signs := func(o *Options) {
		o.Campaigns = &Campaigns{UnsubscribeKey: filepath.Join(t.TempDir(), "key"), Book: func() (*accounts.Book, error) {
			all := book(t)
			all[0].OpenPGP.Sign = true
			return accounts.NewBook("work", all...)
		}}
	}
	tell(t, 100, 24, signs, nil, func(s *story) {
		s.Keys("C")
		s.Type("~/campaign/")
		s.Keys("enter")
		s.See("letters of a campaign are not signed, whatever account work says")
		s.Keys("enter", "ctrl+s")
		s.See("Start this?", "letters of a campaign are not signed, whatever account work says")
	})
}

// Whoever gets no letter is no sample of them.
func TestLaunch_ThePlanShowsSubjectsOfLettersThatGo(t *testing.T) {
	stop := func(s *story) {
		if _, err := s.box.Suppress(s.t.Context(), []outbox.Suppression{{Address: "bob@example.org", Why: outbox.WhyPerson}}); err != nil {
			s.t.Fatal(err)
		}
	}
	tell(t, 80, 24, ready(t), stop, func(s *story) {
		dir := s.writeFolder(plainLetter, "email,First Name\nana@example.org,Ana\nana@example.org,Twice\nbob@example.org,Bob\nkim@x,Kim\nlea@example.org,Lea\n")
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "y", "ctrl+s")
		s.See("2 letters of 5 rows", "Hello Ana", "Hello Lea")
		s.SeeNot("Hello Twice", "Hello Bob", "Hello Kim")
	})
}

// Whoever had a letter lately is counted before the same people get another.
func TestLaunch_ThePlanSaysWhoHadALetterLately(t *testing.T) {
	for _, width := range []int{40, 80} {
		tell(t, width, 24, ready(t), nil, func(s *story) {
			plan := func() {
				s.launched("campaign")
				s.Keys("enter", "ctrl+s")
				s.See("Start this?")
			}
			plan()
			s.SeeNot("again?")
			s.Keys("y")
			s.See("5 not begun")
			s.Keys("esc")
			plan()
			s.See("again?", "5 of these people had", "it yet.")
			s.Keys("esc", "esc", "esc", "esc")
			s.Advance(15 * time.Second)
			s.deliver()
			plan()
			s.See("again?", "5 of these people had", "1 January.")
			s.SeeNot("it yet")
		})
	}
}

func TestLaunch_OptionsAreLookedAtAgain(t *testing.T) {
	tell(t, 100, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, "Mail to;First Name\nana@example.org;\nana@example.org;Ana\n")
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter")
		s.See("the two files do not go together", "no column has the addresses", "say which one it is with o")
		s.SeeNot("go on")
		s.Keys("o", "right", "right", "tab", "right", "tab", "tab")
		s.See("the name of a column")
		s.Type("Mail to")
		s.Keys("ctrl+s")
		s.See("✓ 2 letters, one for every row.", "Mail to (address)")
	})
}

func TestLaunch_FindsRows(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.Keys("v", "/")
		s.Type("MARTÍN")
		s.Keys("enter")
		s.See("Row 3 of 5")
		s.Keys("/")
		s.Type("9")
		s.Keys("enter")
		s.See("There is no row 9.")
		s.Keys("backspace")
		s.Type("5")
		s.Keys("enter")
		s.See("Row 5 of 5", "Sam")
		s.Keys("/")
		s.Type("nobody")
		s.Keys("enter")
		s.See("No row has that.")
	})
}

// An account that cannot send the letters is found before the start, and what is wrong
// is shown where it can be mended.
func TestLaunch_AnotherAccountIsLookedAtAgain(t *testing.T) {
	tell(t, 90, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder("---\nsubject: Hello\nfrom: ada@lists.example.org\n---\nDear friend,\n", rowsFor(3))
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "tab", "right", "right", "ctrl+s")
		s.See("That does not go", "2 of 4: look", "account home does not send as ada@lists.example.org")
	})
}

// A look that nobody waits for any more ends.
func TestLaunch_ALookIsStopped(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		ctx, stop := context.WithCancel(s.t.Context())
		stop()
		r := s.model.top().(*lookPane).launch.request()
		if found := r.look(ctx, s.model.options, func(any) {}); !errors.Is(found.err, context.Canceled) {
			s.t.Errorf("it goes on: %v", found.err)
		}
		p := s.model.top().(*lookPane)
		_ = pressKey(s.t, p, "r")
		s.See("… looking at every letter, 0 %", "esc stop")
		pressKey(s.t, p, "esc")
		s.See("1 of 4: files")
		if p.task.running() {
			s.t.Error("it runs on")
		}
	})
}

// What stands in lists and letters does nothing to the terminal.
func TestLaunch_TextFromOutsideDoesNotReachTheTerminal(t *testing.T) {
	for _, evil := range hostile {
		cell := `"` + strings.ReplaceAll(evil, `"`, `""`) + `"`
		tell(t, 60, 20, ready(t), nil, func(s *story) {
			dir := s.writeFolder(plainLetter+evil+"\n", "email,First Name,"+cell+"\nana@example.org,"+cell+",x\n"+cell+",Bob,x\nkim@example.org,Kim,"+cell+"\nlea@example.org,Lea,x\n")
			s.launchable()
			look := func() {
				s.t.Helper()
				if bad := s.Overflow(); len(bad) > 0 {
					s.t.Fatalf("%q: %v\n%s", evil, bad, s.Screen())
				}
				if content := s.model.View().Content; strings.Contains(content, "\x1b]") || strings.Contains(content, "\x1b[2J") || strings.ContainsAny(content, "\u202e\u2028\x07\r\t") {
					s.t.Fatalf("%q reaches the screen:\n%q", evil, content)
				}
			}
			s.Keys("C")
			s.Type(dir + "/")
			for _, keys := range []string{"enter", "j", "v", "right", "right", "o", "esc", "right", "t", "esc", "esc", "enter", "y", "ctrl+s", "y"} {
				s.Keys(keys)
				look()
			}
		})
	}
}

// Domains are asked about where somebody wants that, and what takes no mail is left out.
func TestLaunch_AsksAboutDomainsWhereItIsTold(t *testing.T) {
	zone := dnstest.Serve(t, "example.org MX 10 mx.example.org\nnull.example MX 0 .\nbusy.example SERVFAIL")
	asks := func(o *Options) {
		ready(t)(o)
		o.Campaigns.Domains = func() *campaign.Domains { return campaign.NewDomains(zone.Resolver()) }
	}
	tell(t, 80, 24, asks, nil, func(s *story) {
		dir := s.writeFolder(plainLetter, "email,First Name\nana@example.org,Ana\nbob@null.example,Bob\nkim@busy.example,Kim\n")
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter")
		s.See("✓ 3 letters")
		if asked := zone.Asked(); len(asked) > 0 {
			s.t.Errorf("asked without being told: %q", asked)
		}
		s.Keys("o", "tab", "tab", "tab", "right")
		s.See("Domains", "are asked for their mail servers", "tells your name server")
		s.Keys("ctrl+s")
		s.See("✗ 2 letters of 3 rows", "people.csv:3", "null.example takes no mail", "note     the name servers say nothing of 1 domain now", "busy.example")
		s.Keys("enter", "y", "ctrl+s", "y")
		if _, counts := s.counts(1); counts.Ready != 2 || counts.Skipped != 1 {
			s.t.Errorf("%+v", counts)
		}
	})
}

// Chance picks letters that somebody would not have leafed to, and never the one that is
// shown already.
func TestLaunch_ShowsLettersThatChancePicks(t *testing.T) {
	seen := [2][]string{}
	for run := range seen {
		tell(t, 80, 24, ready(t), nil, func(s *story) {
			s.model.options.Campaigns.Seed = 7
			dir := s.writeFolder(plainLetter, rowsFor(1000))
			s.Keys("C")
			s.Type(dir + "/")
			s.Keys("enter", "v")
			s.See("R random")
			last := "Row 1 of"
			for range 20 {
				s.Keys("R")
				row, _, _ := strings.Cut(s.Screen()[strings.Index(s.Screen(), "Row "):], " ·")
				if row == last {
					s.t.Errorf("%s again", row)
				}
				last = row
				seen[run] = append(seen[run], row)
			}
		})
	}
	if !slices.Equal(seen[0], seen[1]) || !strings.HasSuffix(seen[0][0], " of 1,000") {
		t.Errorf("the same seed picks others: %q, %q", seen[0], seen[1])
	}
}

// What is wrong is read from its beginning on also where its row is cut.
func TestLook_TellsAllOfAProblemOnANarrowScreen(t *testing.T) {
	tell(t, 40, 12, ready(t), nil, func(s *story) {
		s.launched("campaign/wrong")
		s.Keys("j", "j")
		s.See("letter 2: first_name is empty on 1…", "first_name is empty on 1 row of the", "list: line 5.", "Say {{ first_name")
	})
}

// On a narrow screen too a problem tells its file, and the one thing to type is whole.
func TestLaunch_TellsWhereAndHowToMendOnNarrowScreens(t *testing.T) {
	tell(t, 40, 12, ready(t), nil, func(s *story) {
		s.launched("campaign/wrong")
		s.See("✗ 1 letter of 5 rows; nothing goes.", "✗ list 3: \"bob@x\"", "✗ list 6: it has")
		s.SeeNot(" …")
		s.Keys("j", "j")
		s.See("✗ letter 2: first_name", "Say {{ first_name | default: \"friend\"", "}}, or default: \"\" for nothing.")
		dir := s.writeFolder("---\nsubject: Hello {{ name }}\n---\nHi\n", "email,name\nana@example.org,\n")
		s.Keys("esc", "esc", "C")
		s.Type(dir + "/")
		s.Keys("enter")
		s.See("✗ letter 2: name is", "Say {{ name | default: \"friend\" }}, or")
	})
}

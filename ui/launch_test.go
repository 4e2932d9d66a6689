package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/internal/campaign"
	"sendoff/internal/dnstest"
	"sendoff/outbox"
)

// ready lets campaigns be begun, by the accounts of the story.
func ready(t testing.TB) func(*Options) {
	return func(o *Options) {
		o.Campaigns = &Campaigns{Book: bookOf(t), UnsubscribeKey: filepath.Join(t.TempDir(), "key")}
	}
}

func bookOf(t testing.TB) func() (*accounts.Book, error) {
	all := book(t)
	return func() (*accounts.Book, error) { return accounts.NewBook("work", all...) }
}

// launchable is for the list of screens: campaigns can be begun.
func (s *story) launchable() { ready(s.t)(&s.model.options) }

// launched goes to the look at a campaign of testdata, which is the home directory.
func (s *story) launched(folder string) {
	s.launchable()
	s.Keys("C")
	s.Type("~/" + folder + "/")
	s.Keys("enter")
}

// writeFolder writes a letter and a list into a folder of the story, and gives its path.
func (s *story) writeFolder(letter, list string) string {
	s.t.Helper()
	dir := s.t.TempDir()
	for name, text := range map[string]string{"letter.md": letter, "people.csv": list} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return dir
}

const plainLetter = "---\nsubject: Hello {{ first_name }}\n---\nDear {{ first_name }},\n"

// rowsFor is a list of so many people.
func rowsFor(n int) string {
	var b strings.Builder
	b.WriteString("email,First Name\n")
	for i := range n {
		fmt.Fprintf(&b, "user%d@example.org,User %d\n", i+1, i+1)
	}
	return b.String()
}

// The whole way by the interface alone: five rows go out, each once.
func TestLaunch_ACampaignOfFiveGoesOut(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.See("2 of 4: look", "✓ 5 letters, one for every row.", "~/campaign/people.csv", "email (address), name, First Name, seat", "enter go on")
		s.Keys("v")
		s.See("Row 1 of 5 · line 2", "To          Ana Grün <ana@example.org>", "From        Ada Example <ada@example.org>", "programme.txt (27 octets)", "Your seat, Ana", "your seat is **12**.")
		s.Keys("right", "right")
		s.See("Row 3 of 5", "Lea Martín")
		s.Keys("left")
		s.See("Row 2 of 5", "Your seat, Bob")
		s.Keys("h")
		s.See("HTML, as it reads · Your seat, Bob", "your seat is 13.")
		s.Keys("h", "o")
		s.See("Subject: Your seat, Bob", "Content-Type:")
		s.Keys("esc", "9", "n")
		s.See("Row 5 of 5")
		s.Keys("3", "p")
		s.See("Row 2 of 5")
		s.Keys("esc", "enter")
		s.See("3 of 4: how", "Name      letter", "as each letter says", "at once", "all of them", "through work as Ada Example")
		s.Keys("ctrl+s")
		s.See("4 of 4: start", "5 letters, one for every row", "5 messages: ", "done today", "work, as Ada Example <ada@example.org>", "in 10 s", "Your seat, Ana", "y start")
		s.Keys("y")
		s.See("letter", "5 not begun", "It is started: the first letter may leave in 10 s.", "ana@example.org")
		s.deliver()
		s.See("5 not begun") // it can be stopped yet
		s.Advance(15 * time.Second)
		s.deliver()
		s.See("✓ done", "5 of 5 sent")
		for _, to := range []string{"ana@example.org", "bob@example.org", "lea@example.com", "kim@example.org", "sam@example.net"} {
			if n := s.transport.Tries(to); n != 1 {
				s.t.Errorf("%s was sent to %d times", to, n)
			}
		}
		s.Keys("esc")
		s.See("6 Campaigns 1", "C begins another.")
	})
}

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

// The key that leads on from a look is there on the narrowest screen, whatever was found.
func TestLaunch_TheKeyThatLeadsOnIsTheFirst(t *testing.T) {
	for _, width := range []int{40, 80} {
		tell(t, width, 12, ready(t), nil, func(s *story) {
			s.launched("campaign/wrong")
			s.See("enter leave out")
			if width == 80 {
				s.See("o options")
			}
			s.Keys("enter", "y", "esc")
			s.See("enter go on", "! 1 letter of 5 rows")
			if width == 80 {
				s.See("o options")
			}
			s.Keys("o", "tab", "tab", "left", "ctrl+s")
			s.See("enter leave out")
		})
		tell(t, width, 12, ready(t), nil, func(s *story) {
			dir := s.writeFolder(plainLetter, "Mail to;First Name\nana@example.org;Ana\n")
			s.launchable()
			s.Keys("C")
			s.Type(dir + "/")
			s.Keys("enter")
			s.See("o options")
			s.SeeNot("go on")
		})
		tell(t, width, 12, ready(t), nil, func(s *story) { // nobody is left
			dir := s.writeFolder(plainLetter, "email,First Name\nana@x,Ana\n")
			s.launchable()
			s.Keys("C")
			s.Type(dir + "/")
			s.Keys("enter")
			if width == 80 {
				s.See("E edit list")
			} else {
				s.See("E list")
			}
			s.SeeNot("leave out")
		})
	}
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

// A letter goes to who looks at it, through the account that will send it, and counts
// for nothing.
func TestLaunch_ATestGoesToOneself(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.Keys("v", "right", "t")
		s.See("Test with row 2", "To  ada@example.org")
		s.Type("x y")
		s.Keys("enter")
		s.See("That is no address")
		for range 3 {
			s.Keys("backspace")
		}
		s.Keys("enter")
		s.See("The test goes to ada@example.org.", "Row 2 of 5")
		s.deliver()
		item := s.only(outbox.StateSent)
		if item.Subject != "[TEST] Your seat, Bob" || len(item.Recipients) != 1 || item.Recipients[0].Address != "ada@example.org" || item.Account != "work" {
			s.t.Errorf("%+v", item)
		}
		if all, err := s.box.Campaigns(s.t.Context()); len(all) != 0 || err != nil {
			s.t.Errorf("%v, %v", all, err)
		}
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

func TestLaunch_AsksHowItGoes(t *testing.T) {
	tell(t, 90, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.Keys("enter")
		s.Type("-2 x")
		s.Keys("ctrl+s")
		s.See("A name is letters, digits")
		s.Keys("backspace", "backspace", "tab", "left")
		s.See("‹ all accounts, by what each may send ›")
		s.Keys("tab")
		s.Type("tomorow")
		s.Keys("ctrl+s")
		s.See("is not a time")
		for range len("tomorow") {
			s.Keys("backspace")
		}
		s.Type("tomorrow 9")
		s.Keys("tab")
		s.Type("8-18")
		s.Keys("ctrl+s")
		s.See("is not a part of a day")
		for range len("8-18") {
			s.Keys("backspace")
		}
		s.Type("08:00-18:00")
		s.Keys("tab")
		s.Type("two")
		s.Keys("ctrl+s")
		s.See("How many go first?")
		s.Keys("backspace", "backspace", "backspace", "2", "ctrl+s")
		s.See("letter-2", "home, as Ada <ada@home.example>; work, as Ada Example", "begins    ", "in 33 h", "only 08:00-18:00", "the first 2, then it waits for you", "the first 2 go, then it pauses until it is resumed")
		s.Keys("esc")
		s.See("tomorrow 9", "08:00-18:00") // what was typed stays
		s.Keys("ctrl+s", "y")
		s.See("◷ scheduled", "It begins ")
		all, err := s.box.Campaigns(s.t.Context())
		if err != nil || len(all) != 1 || all[0].Name != "letter-2" || len(all[0].Accounts) != 2 || all[0].Hours.String() != "08:00-18:00" {
			s.t.Errorf("%+v, %v", all, err)
		}
		s.Keys("esc", "C")
		s.Type("~/campaign/")
		s.Keys("enter", "enter")
		for range len("letter") {
			s.Keys("backspace")
		}
		s.Type("letter-2")
		s.Keys("ctrl+s")
		s.See("There is a campaign of that name already.", "3 of 4: how")
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

func TestLaunch_ManyAreTyped(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, rowsFor(51))
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "ctrl+s", "y")
		s.See("Send them?", "how many are sent: 51")
		s.Type("50")
		s.Keys("enter")
		s.See("That is not the number of letters.")
		s.Keys("backspace", "1", "enter")
		s.See("51 not begun")
	})
}

// What was said of the start goes when that is not so any more.
func TestLaunch_TheNoticeOfTheStartGoesWithIt(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.Keys("enter", "ctrl+s", "y")
		s.See("It is started: ")
		id := s.model.top().(*campaignPane).campaign.ID
		if err := s.box.PauseCampaign(s.t.Context(), id, "paused by hand"); err != nil { // from elsewhere
			s.t.Fatal(err)
		}
		s.Send(changed{})
		s.See("‖ paused")
		s.SeeNot("It is started")
		s.Keys("p", "p")
		s.See("It is paused; what is on the wire is finished.")
	})
}

// A notice that does not fit into a line has two.
func TestLaunch_TheNoticeOfTheStartIsWhole(t *testing.T) {
	for _, height := range []int{12, 24} {
		tell(t, 40, height, ready(t), nil, func(s *story) {
			s.launched("campaign")
			s.Keys("enter", "ctrl+s", "y")
			s.See("It is started: the first letter may", "p pauses it, x ends it.")
			if bad := s.Overflow(); len(bad) > 0 {
				s.t.Errorf("%v\n%s", bad, s.Screen())
			}
		})
	}
}

func TestLaunch_HoldsIt(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.Keys("enter", "ctrl+s", "H")
		s.See("‖ paused", "Held since its start. p lets it go on.", "It is stored, and nothing goes")
		s.Keys("p")
		s.deliver()
		s.See("5 of 5 sent")
	})
}

// What is started is what was looked at.
func TestLaunch_AChangedListStartsNothing(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, rowsFor(3))
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "ctrl+s")
		s.See("Start this?")
		if err := os.WriteFile(filepath.Join(dir, "people.csv"), []byte(rowsFor(2)), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("y")
		s.See("has changed since it was looked at")
		if all, err := s.box.Campaigns(s.t.Context()); len(all) != 0 || err != nil {
			s.t.Errorf("%v, %v", all, err)
		}
		s.Keys("esc", "esc", "r")
		s.See("✓ 2 letters")
	})
}

// esc while rows are stored takes the campaign back.
func TestLaunch_AStartIsStopped(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, rowsFor(40))
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "ctrl+s")
		p := s.model.top().(*planPane)
		cmd := pressKey(s.t, p, "y")
		s.See("Starting", "… storing row 0 of 40", "esc stop")
		pressKey(s.t, p, "esc")
		s.See("… taking it back")
		for _, c := range cmd().(tea.BatchMsg) {
			s.Send(c())
		}
		s.See("Nothing was started.", "y start")
		if all, err := s.box.Campaigns(s.t.Context()); len(all) != 0 || err != nil {
			s.t.Errorf("%v, %v", all, err)
		}
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

func TestLaunch_ASampleIsWritten(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.t.TempDir()
		s.launchable()
		s.t.Setenv("HOME", dir)
		s.Keys("C", "alt+n")
		s.See("Folder  ~/concert")
		s.Keys("enter")
		s.See("2 of 4: look", "✓ 3 letters", "~/concert/letter.md", "It is written into ~/concert.")
		s.Keys("esc")
		s.See("letter.md")
		s.Keys("alt+n", "enter")
		s.See("is there already. Choose another folder.")
		if _, err := os.Stat(filepath.Join(dir, "concert", "programme.txt")); err != nil {
			s.t.Error(err)
		}
	})
}

// Two lists beside a letter: somebody says which.
func TestLaunch_AsksForTheListWhereThereIsMoreThanOne(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, rowsFor(3))
		if err := os.WriteFile(filepath.Join(dir, "others.tsv"), []byte("email\tFirst Name\nkim@example.org\tKim\n"), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.SeeNot("people.csv")
		s.Keys("enter")
		s.See("The list for letter.md", "▌ others.tsv", "people.csv")
		s.Keys("enter")
		s.See("✓ 1 letter")
	})
}

func TestLaunch_WithoutAccountsItIsLookedAtOnly(t *testing.T) {
	none := func(o *Options) {
		o.Accounts, o.Campaigns = nil, &Campaigns{Book: func() (*accounts.Book, error) { return nil, accounts.ErrNoAccounts }}
	}
	tell(t, 80, 24, none, nil, func(s *story) {
		s.Keys("C")
		s.Type("~/campaign/")
		s.Keys("enter")
		s.See("✓ 5 letters")
		s.Keys("enter")
		s.See("No account is set up to send them")
		s.Keys("v")
		s.See("Your seat, Ana")
		s.SeeNot("t test")
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

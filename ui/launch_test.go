package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
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
		s.See("letter", "5 not begun", "It is started, and begins soon.", "It begins in 10 s.", "ana@example.org")
		s.Advance(3 * time.Second)
		s.See("It begins in 7 s.")
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
		s.See("Campaigns 1", "C begins another.")
	})
}

// The key that leads on from a look is there on the narrowest screen, whatever was found.
func TestLaunch_TheKeyThatLeadsOnIsTheFirst(t *testing.T) {
	for _, width := range []int{40, 80} {
		tell(t, width, 12, ready(t), nil, func(s *story) {
			s.launched("campaign/wrong")
			s.See("enter leave out")
			if width == 80 {
				s.See("E edit list  e edit letter  o options") // the list is where the selected problem is
				s.Keys("j", "j")
				s.See("e edit letter  E edit list")
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
		s.Keys("alt+n")
		s.See("Folder  ~/concert-2") // the other one is there
		s.SeeNot("a new one")
		s.Keys("backspace", "backspace", "enter")
		s.See("is there already. Choose another folder.")
		if _, err := os.Stat(filepath.Join(dir, "concert", "programme.txt")); err != nil {
			s.t.Error(err)
		}
	})
}

// What begins as a letter does is proposed before a README; that can be taken all the same.
func TestLaunch_LikelyLettersStandFirst(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder(plainLetter, rowsFor(3))
		if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte("# How to\n---\n"), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.See("▌ letter.md", "README.md")
		s.Keys("down")
		s.See("▌ README.md")
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

package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/accounts/discover"
	"sendoff/outbox"
)

// twoSetUp is a program with twoAccounts, of which home is parked.
func twoSetUp(t *testing.T, w *world, play func(*story)) {
	t.Helper()
	options := worldly(t, w, twoAccounts)
	tell(t, 100, 24, func(o *Options) { options(o); o.Policies = limitsOfWork }, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Hello"), outbox.SubmitOptions{})
		s.queue(draft("home", "login@example.org", "Lunch"), outbox.SubmitOptions{})
		s.deliver()
		s.sleep(3 * time.Minute)
	}, func(s *story) {
		s.Keys("A")
		play(s)
	})
}

func TestAccounts_SayHowEachDoes(t *testing.T) {
	var w world
	twoSetUp(t, &w, func(s *story) {
		s.See("2 accounts", "▌work · default", "● well, last sent 3 min ago", "1 of 500 today", "smtp.example.org:465 tls",
			"◐ login refused, waits for you", "1 to send", "mail.home.example:587 starttls")
		s.SeeNot("r try again")
		s.Keys("j")
		s.See("r try again")
		s.Keys("enter")
		s.See("The login of the account home was refused.", "535 5.7.8 bad password", "password from variable HOME_PASSWORD")
		s.Keys("esc", "k", "enter")
		s.See("1 of 100 this hour · 1 of 500 today", "Ada <ada@lists.example.org>", "password from command pass")
		s.SeeNot("mail/work") // an argument may give more away than it should
		s.Keys("esc", "esc")
		s.See("Drafts")
	})
}

func TestAccounts_TryAParkedOneAgain(t *testing.T) {
	var w world
	twoSetUp(t, &w, func(s *story) {
		s.transport.Script = nil // now it takes the password
		s.Keys("j", "r")
		s.See("It is tried once more now.")
		s.Advance(time.Second)
		s.deliver()
		s.See("home ", "● well, last sent just now")
		s.SeeNot("r try again")
	})
}

func TestAccounts_ADaysQuotaIsNotRunAgainstUnasked(t *testing.T) {
	var w world
	options := worldly(t, &w, twoAccounts)
	tell(t, 100, 24, func(o *Options) { options(o); o.Policies = limitsOfWork }, func(s *story) {
		s.transport.Script = func(string, int) outbox.Result {
			return outbox.Result{Class: outbox.ClassThrottled, Limit: outbox.LimitDay, Code: 550, Enhanced: "5.4.5", Text: "5.4.5 daily limit"}
		}
		s.queue(draft("work", "ana@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("A")
		s.See("◐ day's quota used up, goes on")
		s.Keys("t")
		s.See("Try all the same? The account's quota for the day is used up.")
		s.Keys("n")
		s.See("◐ day's quota used up")
		s.Keys("t", "y")
		s.Advance(time.Second)
		s.SeeNot("◐ day's quota")
	})
}

// What is changed keeps the comments of the file and what the account has.
func TestAccounts_AreMadeDefaultRenamedAndRemoved(t *testing.T) {
	var w world
	twoSetUp(t, &w, func(s *story) {
		s.Keys("j", "D")
		s.See("home is the default now.", "▌home · default")
		s.SeeNot("D make default")
		s.Keys("R", "ctrl+u")
		s.Type("work")
		s.Keys("enter")
		s.See("! ", "work")
		s.Keys("ctrl+u")
		s.Type("flat")
		s.Keys("enter")
		s.See("home is flat now.", "▌flat · default")
		s.Keys("esc")
		s.See("flat ")
		s.Keys("A", "j", "d")
		s.See("Remove work? What it has sent stays here.")
		s.Keys("n", "d", "y")
		s.See("work is removed.", "1 account")
		s.Keys("d")
		s.See("Remove flat?")
		s.Keys("y")
		s.See("No account is set up yet.", "n  add an account")
	})
	if got := w.file(t); !strings.HasPrefix(got, "# mine\n") {
		t.Errorf("accounts.toml is\n%s", got)
	}
}

func TestAccounts_OneThatMessagesWaitForIsRemovedKnowingly(t *testing.T) {
	var w world
	twoSetUp(t, &w, func(s *story) {
		s.Keys("j", "d")
		s.See("Remove home? 1 message waits for it; they stay")
		s.Keys("n")
		s.See("▌home")
	})
	if got := w.file(t); got != twoAccounts {
		t.Errorf("accounts.toml is\n%s", got)
	}
}

func TestAccounts_TakeANewSecret(t *testing.T) {
	var w world
	twoSetUp(t, &w, func(s *story) {
		s.transport.Script = nil
		s.Keys("j", "s")
		s.See("New secret of home", "It has been from variable HOME_PASSWORD so far.")
		s.Type(typedPassword)
		s.SeeNot("horse")
		s.Keys("enter")
		s.See("The new secret of home is used from now on.", "▌home")
		s.Advance(time.Second)
		s.deliver()
		s.See("● well, last sent just now") // it was let go on
		s.Keys("s", "shift+tab")
		s.See("‹ typed now, in place of the one in its file ›")
		s.Keys("tab")
		s.Type("another one")
		s.Keys("ctrl+s")
		s.See("is used from now on")
	})
	kept := filepath.Join(filepath.Dir(w.path), "home.secret")
	if data, err := os.ReadFile(kept); err != nil || string(data) != "another one\n" {
		t.Errorf("kept is %q, %v", data, err)
	}
	if got := w.file(t); !strings.Contains(got, `secret = { file = "`+kept+`" }`) || !strings.Contains(got, "# not the old one") {
		t.Errorf("accounts.toml is\n%s", got)
	}
}

func TestAccounts_AreCheckedAndCheckedAgainWithANewSecret(t *testing.T) {
	w := world{fails: loginRefused()}
	twoSetUp(t, &w, func(s *story) {
		s.Keys("c")
		s.See("Check of work", "… checking", "✓ settings", "✓ connect         31 ms")
		s.Advance(3 * time.Second)
		s.See("✗ it does not work", "– not reached: from, size", "! spf", "r check again")
		s.SeeNot("s save")
		w.fails = nil
		s.Keys("s")
		s.Type(typedPassword)
		s.Keys("enter")
		s.See("Check of work", "✗ it does not work", "is used from now on")
		s.Keys("r")
		s.See("… checking")
		s.SeeNot("✗")
		s.Advance(3 * time.Second)
		s.See("✓ all is well")
		s.Keys("esc")
		s.See("▌work")
	})
	if len(w.checked) != 2 || len(w.checked[0].SMTP.Secret.Command) == 0 || w.checked[1].SMTP.Secret.File == "" {
		t.Errorf("checked are %v", w.checked)
	}
}

// Where accounts cannot be set up, as in the demo, they are shown all the same.
func TestAccounts_OfTheDemoAreOnlyShown(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Policies = limitsOfWork }, everyState, func(s *story) {
		s.Keys("A")
		s.See("▌work · default", "◐ login refused")
		s.SeeNot("n add", "c check", "d remove")
		s.Keys("n", "c", "d", "e", "R", "D", "s", "j", "t")
		s.See("Accounts", "It is tried once more now.")
		s.Keys("enter", "c", "d")
		s.See("login      none")
	})
}

func TestAccounts_MoreThanFitAreScrolled(t *testing.T) {
	tell(t, 80, 12, func(o *Options) {
		o.Accounts = nil
		for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t") {
			a := book(t)[1]
			a.Name = name
			o.Accounts = append(o.Accounts, a)
		}
	}, nil, func(s *story) {
		s.Keys("A", "G")
		s.See("▌t", "20 accounts")
		s.SeeNot("▌a")
		s.Keys("g", "pgdown")
		s.See("▌e")
	})
}

// What servers and providers say does not act on the terminal.
func TestWizard_TextFromOutsideDoesNotReachTheTerminal(t *testing.T) {
	for _, evil := range hostile {
		w := world{finding: func(FindOptions) discover.Result {
			r := ownServer(FindOptions{})
			for i := range r.Findings {
				f := &r.Findings[i]
				f.Why, f.Confirm, f.SMTP.Username = evil, evil, evil
			}
			for i := range r.Roads {
				r.Roads[i].Said = evil
			}
			return r
		}, fails: &check.Step{Name: check.StepLogin, State: check.Fail, Found: evil, Server: evil, Hint: evil}}
		options := worldly(t, &w, "")
		tell(t, 60, 20, options, nil, func(s *story) {
			look := func() {
				s.t.Helper()
				if bad := append(s.Overflow(), s.spill()...); len(bad) > 0 {
					s.t.Fatalf("%q: %v\n%s", evil, bad, s.Screen())
				}
				if content := s.model.View().Content; strings.Contains(content, "\x1b]") || strings.Contains(content, "\x1b[2J") || strings.ContainsAny(content, "\u202e\u2028\x07\r\t") {
					s.t.Fatalf("%q reaches the screen:\n%q", evil, content)
				}
			}
			s.address("ada@example.org")
			look()
			s.Advance(10 * time.Second)
			look()
			s.Keys("j")
			look()
			s.Keys("enter")
			look()
			s.Keys("ctrl+u")
			s.Type("ada")
			s.Keys("tab", "tab")
			s.paste(evil)
			look()
			s.Keys("ctrl+s")
			s.Advance(3 * time.Second)
			look()
		})
	}
}

func TestMistake_LeavesThePathOut(t *testing.T) {
	d := newDesk(t.Context(), Options{AccountsFile: "/home/ada/.config/sendoff/accounts.toml"})
	d.fail(errors.New("/home/ada/.config/sendoff/accounts.toml:2: account[0].nmae: unknown key"))
	if got := d.notice.text; got != "In accounts.toml:2: account[0].nmae: unknown key." {
		t.Errorf("it says %q", got)
	}
	if got := mistake(&accounts.LookupError{Problem: "no account is named x", Hint: "did you mean y?"}); got != "no account is named x: did you mean y?" {
		t.Errorf("it says %q", got)
	}
}

// A task that nobody waits for any more ends, and what it tells is dropped.
func TestTask_ThatIsLeftEnds(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		ended := make(chan struct{})
		task, cmd := s.model.begin(func(ctx context.Context, tell func(any)) any {
			defer close(ended)
			for range 2 * toldAhead { // more than there is room for: it goes on all the same
				tell("news")
			}
			<-ctx.Done()
			return "over"
		})
		go func() {
			for _, c := range cmd().(tea.BatchMsg)[:1] {
				c()
			}
		}()
		time.Sleep(time.Second)
		task.end()
		<-ended
		if news, more := task.hear(t.Context(), taskTold{task, "late"}); news != nil || more != nil {
			s.t.Errorf("it still hears %v", news)
		}
	})
}

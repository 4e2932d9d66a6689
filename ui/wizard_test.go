package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/accounts/discover"
)

const typedPassword = "correct horse"

// address types whose account it is, and goes on.
func (s *story) address(address string) {
	s.Keys("n")
	s.Type(address)
	s.Keys("enter")
	s.Type("Ada")
	s.Keys("enter")
}

func TestWizard_FromAnAddressToAnAccountThatWorks(t *testing.T) {
	w := world{finding: ownServer}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.See("n  add an account", "sendoff account import", "sendoff demo")
		s.address("ada@example.org")
		s.Advance(time.Second)
		s.See("… looking, 1 s of 8", "– what sendoff knows", "… the domain's own       asking")
		s.SeeNot("smtp.example.org")
		s.Advance(10 * time.Second)
		s.See("▌smtp.example.org:465 tls, user ada", "autoconfig.example.org says so, its DNS (SRV) too",
			"mail.example.org:587 starttls", "? a guess", "another server, which I type",
			"✗ its web server         smtp.example.org port 25 is without encryption:", "refused")
		s.SeeNot("May its own server") // it is sure
		s.Keys("enter")
		s.See("Login at smtp.example.org", "User name  ada", "typed now, kept in a new file of mine", "Call it    example")
		s.Type(typedPassword) // the first field that is empty has the focus
		s.See("•••••••••••••", "It is not shown.")
		s.Keys("enter", "enter")
		s.See("Check of example", "✓ connect", "… checking")
		s.Advance(3 * time.Second)
		s.See("✓ all is well, and saved", "✓ from", "1.2 s", "! spf", "hint: add a TXT record", "example is set up: m writes a message.")
		s.Keys("m")
		s.See("New message", "Ada <ada@example.org>")
		s.Keys("esc", "A")
		s.See("example", "Ada <ada@example.org> · smtp.example.org:465 tls")
	})
	if got := w.file(t); !strings.Contains(got, `default = "example"`) || !strings.Contains(got, `host = "imap.example.org"`) || strings.Contains(got, typedPassword) {
		t.Errorf("accounts.toml is\n%s", got)
	}
	kept := filepath.Join(filepath.Dir(w.path), "example.secret")
	if data, err := os.ReadFile(kept); err != nil || string(data) != typedPassword+"\n" {
		t.Errorf("kept is %q, %v", data, err)
	}
	if len(w.asked) != 1 || w.asked[0] != "ada@example.org" {
		t.Errorf("asked for %q", w.asked)
	}
	secret := w.checked[0].SMTP.Secret
	if got, err := secret.Resolve(t.Context()); got != typedPassword || err != nil || secret.File != "" {
		t.Errorf("checked with %q of %s, %v", got, secret, err)
	}
}

// A password that is typed is nowhere on the screen, on no step and in no size.
func TestWizard_ShowsNoPassword(t *testing.T) {
	w := world{finding: ownServer, fails: loginRefused()}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.address("ada@example.org")
		s.Advance(10 * time.Second)
		s.Keys("enter")
		look := func() {
			s.t.Helper()
			if content := s.model.View().Content; strings.Contains(content, "horse") || strings.Contains(s.model.View().WindowTitle, "horse") {
				s.t.Errorf("the password is on the screen:\n%s", s.Screen())
			}
		}
		for _, r := range typedPassword {
			s.Type(string(r))
			look()
		}
		s.paste("horse\n") // a copied line has its end
		look()
		for _, keys := range [][]string{{"left"}, {"shift+tab"}, {"right"}, {"tab"}, {"f1"}, {"esc"}, {"ctrl+s"}} {
			s.Keys(keys...)
			look()
		}
		s.Advance(3 * time.Second)
		look()
		s.See("✗ it does not work")
	})
	if got, _ := w.checked[0].SMTP.Secret.Resolve(t.Context()); strings.ContainsAny(got, "\r\n") || strings.HasSuffix(got, " ") {
		t.Errorf("checked with %q", got)
	}
	if got := w.file(t); got != "" {
		t.Errorf("saved is\n%s", got)
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(w.path), "*")); len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
}

func TestWizard_SavesWhatFailsOnlyWhenItIsToldTo(t *testing.T) {
	w := world{finding: ownServer, fails: loginRefused()}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.address("ada@example.org")
		s.Advance(10 * time.Second)
		s.Keys("enter")
		s.Type("wrong")
		s.Keys("ctrl+s")
		s.Advance(3 * time.Second)
		s.See("✗ it does not work", "login: the server refuses the user name or the password", "See that both are right.",
			"server: 535 5.7.8 Authentication credentials invalid", "s save anyway", "r check again", "esc change it")
		if got := w.file(t); got != "" {
			s.t.Errorf("saved is\n%s", got)
		}
		s.Keys("esc") // the form is as it was
		s.See("Login at smtp.example.org", "•••••")
		s.Keys("ctrl+s")
		s.Advance(3 * time.Second)
		s.Keys("s")
		s.See("example is saved, but it does not work: the server refuses", "✗ it does not work; saved")
		s.Keys("enter")
		s.See("Drafts")
	})
	if got := w.file(t); !strings.Contains(got, `name = "example"`) || len(w.checked) != 2 {
		t.Errorf("%d checks, accounts.toml is\n%s", len(w.checked), got)
	}
}

func TestWizard_AsksBeforeTheWholeAddressIsShown(t *testing.T) {
	w := world{finding: func(o FindOptions) discover.Result {
		if o.AskDomain {
			return ownServer(o)
		}
		r := ownServer(o)
		r.Findings = r.Findings[1:]
		r.Roads = []discover.Road{{Source: discover.SourceAutoconfig, State: discover.Nothing, Said: "autoconfig.example.org has nothing", MayKnow: true}}
		return r
	}}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.address("ada@example.org")
		s.Advance(10 * time.Second)
		s.See("May its own server see the whole address?", "? a guess", "y show it  m type them  n no")
		s.Keys("n")
		if len(w.asked) != 1 {
			s.t.Errorf("asked for %q", w.asked)
		}
		s.See("a show the address")
		s.Keys("a", "y")
		s.Advance(10 * time.Second)
		s.See("▌smtp.example.org:465 tls, user ada")
		s.SeeNot("a show the address")
	})
	if len(w.asked) != 2 || w.asked[0] != "ada@example.org" || w.asked[1] != "ada@example.org whole" {
		t.Errorf("asked for %q", w.asked)
	}
}

// esc goes back on every step, and what was under way ends.
func TestWizard_GoesBackAndStopsWhatRuns(t *testing.T) {
	w := world{finding: ownServer}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.address("ada@example.org")
		s.See("… looking")
		s.Keys("esc")
		s.See("Your address  ada@example.org")
		if w.left != 1 {
			s.t.Errorf("%d look-ups were stopped", w.left)
		}
		s.Keys("ctrl+s")
		s.Advance(10 * time.Second)
		s.Keys("enter")
		s.Type(typedPassword)
		s.Keys("ctrl+s")
		s.See("… checking", "esc stop")
		s.Keys("esc")
		if w.left != 2 {
			s.t.Errorf("%d were stopped", w.left)
		}
		s.See("Login at")
		s.Keys("esc")
		s.See("▌smtp.example.org:465")
		s.Keys("esc", "esc")
		s.See("No account is set up yet.")
		s.Advance(time.Minute)
		s.See("No account is set up yet.")
	})
	if got := w.file(t); got != "" {
		t.Errorf("saved is\n%s", got)
	}
}

// Without a network the servers of a known provider are there at once, and need not
// be waited for; and all can be typed.
func TestWizard_WorksOffline(t *testing.T) {
	w := world{finding: func(FindOptions) discover.Result {
		known, _ := discover.Known("ada@gmail.com")
		known.Offline = true
		return known
	}}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.address("ada@gmail.com")
		s.See("… looking", "▌smtp.gmail.com:465 tls", "sendoff knows Gmail")
		s.Advance(10 * time.Second)
		s.See("Nobody could be asked: this is what sendoff knows.")
		s.Keys("enter")
		s.See("Login at smtp.gmail.com", "app password", "published as of")
		s.Keys("esc", "esc", "esc")
		w.finding = func(FindOptions) discover.Result { return discover.Result{Address: "ada@example.org", Offline: true} }
		s.address("ada@example.org")
		s.Advance(10 * time.Second)
		s.See("Nobody could be asked", "▌another server, which I type")
		s.SeeNot("May its own server")
		s.Keys("enter")
		s.See("Servers by hand")
	})
}

func TestWizard_TypesTheServersAtOnce(t *testing.T) {
	w := world{finding: ownServer}
	tell(t, 80, 24, worldly(t, &w, twoAccounts), nil, func(s *story) {
		s.Keys("A", "n")
		s.Type("ada@example.org")
		s.Keys("alt+m")
		s.See("Servers by hand")
		s.Keys("enter")
		s.Keys("ctrl+s")
		s.See("! Which server takes your mail?")
		s.Type("smtp.example.org:465")
		s.Keys("enter", "right", "enter")
		s.See("usual: 587")
		s.Type("70000")
		s.Keys("enter")
		s.See("! Ports go from 1 to 65535.")
		for range 5 {
			s.Keys("backspace")
		}
		s.Keys("enter")
		s.See("Login at", "User name  ada@example.org", "Call it    example")
		s.Keys("shift+tab", "right", "right")
		s.See("‹ a command prints it ›", "Command")
		s.Keys("tab")
		s.Type("pass show 'mail/home")
		s.Keys("enter", "ctrl+s")
		s.See("! The command")
		s.Type("'")
		s.Keys("ctrl+s")
		s.See("has the port in it")
		s.Keys("esc", "shift+tab", "shift+tab")
		for range 4 {
			s.Keys("backspace")
		}
		s.Keys("ctrl+s", "shift+tab", "right", "right", "tab")
		s.Type("pass show mail/home")
		s.Keys("ctrl+s")
		s.Advance(3 * time.Second)
		s.See("✓ all is well, and saved")
	})
	if got := w.file(t); !strings.HasPrefix(got, twoAccounts) || !strings.Contains(got, `secret = { command = ["pass", "show", "mail/home"] }`) {
		t.Errorf("accounts.toml is\n%s", got)
	}
	if len(w.asked) > 0 {
		t.Errorf("asked for %q", w.asked)
	}
}

func TestWizard_SaysAtTheFieldWhatIsWrong(t *testing.T) {
	w := world{}
	tell(t, 80, 24, worldly(t, &w, twoAccounts), nil, func(s *story) {
		s.Keys("A", "n", "enter", "enter")
		s.See("! That is no address")
		s.Type("ada@gmial.com")
		s.Keys("ctrl+s")
		s.See("Did you mean ada@gmail.com?", "g no, go on")
		if len(w.asked) > 0 {
			s.t.Errorf("asked for %q before it is sure", w.asked)
		}
		s.Keys("g")
		s.See("Servers of ada@gmial.com")
		s.Keys("m")
		s.Type("smtp.example.org:465")
		s.Keys("ctrl+s", "ctrl+s")
		s.See("! Please type the password.")
		s.Type("x")
		s.Keys("ctrl+s")
		s.See("has the port in it")
		s.Keys("esc", "shift+tab", "shift+tab")
		for range 4 {
			s.Keys("backspace")
		}
		s.Keys("ctrl+s")
		s.Type("x")
		s.Keys("enter", "ctrl+u")
		s.Type("work")
		s.Keys("ctrl+s")
		s.See("Call it    work", "! ")
	})
	if got := w.file(t); got != twoAccounts {
		t.Errorf("accounts.toml is\n%s", got)
	}
}

func TestWizard_TellsAtOnceOfAFileThatCannotBeAddedTo(t *testing.T) {
	w := world{}
	options := worldly(t, &w, twoAccounts)
	tell(t, 80, 24, options, nil, func(s *story) {
		if err := os.WriteFile(w.path, []byte("[[account]]\nnmae = 1\n"), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("A", "n")
		s.See("nmae", "Accounts")
	})
}

// The choices of a place all come to the setting that they stand for.
func TestSecretFields_AreThePlaceTheyName(t *testing.T) {
	d := newDesk(t.Context(), Options{AccountsFile: "/c/accounts.toml"})
	s := d.newSecretFields(accounts.Secret{File: "/old"}, []accounts.OAuthClient{{Name: "google"}, {Name: "own"}}, nil)
	for i, test := range []struct {
		fill func()
		want string
	}{
		{func() { s.typed.input.set("x") }, "file /old"},
		{func() {}, "nowhere"}, // a new file has its name only when it is written
		{func() {}, "keyring"},
		{func() { s.argv.input.set("pass show 'my mail'") }, "command pass"},
		{func() { s.file.input.set("~/secret") }, "file ~/secret"},
		{func() { s.env.input.set("SECRET") }, "variable SECRET"},
		{func() {}, "login at google"},
		{func() {}, "login at own"},
	} {
		s.place.chosen = i
		test.fill()
		secret, _, problem := s.secret()
		if problem != "" || secret.Place.String() != test.want {
			t.Errorf("%s: %s, %q, want %s", s.place.choices[i], secret.Place, problem, test.want)
		}
		if typed := secret.Text != ""; typed != (i < 3) || secret.Replace != (i == 0) {
			t.Errorf("%s: typed %t, replace %t", s.place.choices[i], typed, secret.Replace)
		}
	}
	for i, f := range []*formField{s.typed, s.typed, s.typed, s.argv, s.file, s.env} {
		s.place.chosen = i
		f.input.set("")
		if _, at, problem := s.secret(); at != f || problem == "" {
			t.Errorf("%s: empty is taken", s.place.choices[i])
		}
	}
}

// The address stays as it was written, with its name and its letters; what is asked
// is asked in those that DNS knows.
func TestWizard_KeepsTheAddressAsItIsWritten(t *testing.T) {
	w := world{}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.Keys("n")
		s.Type("Ada Example <ada@bücher.example>")
		s.Keys("ctrl+s")
		s.Advance(10 * time.Second)
		s.Keys("m")
		s.Type("127.0.0.1")
		s.Keys("ctrl+s", "ctrl+s")
		s.Advance(3 * time.Second)
		s.See("all is well, and saved")
	})
	if got := w.file(t); !strings.Contains(got, `from = "Ada Example <ada@bücher.example>"`) {
		t.Errorf("accounts.toml is\n%s", got)
	}
	if len(w.asked) != 1 || w.asked[0] != "ada@xn--bcher-kva.example" {
		t.Errorf("asked for %q", w.asked)
	}
}

// Who goes on by hand while it looks, and comes back, is not told that it still
// looks.
func TestWizard_SaysWhatWasNotWaitedFor(t *testing.T) {
	w := world{finding: ownServer}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.address("ada@example.org")
		s.See("asking")
		s.Keys("m", "esc")
		s.SeeNot("asking", "… looking")
		s.See("not waited for: r looks again", "another server, which I type")
		s.Keys("r")
		s.Advance(10 * time.Second)
		s.See("▌smtp.example.org:465 tls, user ada")
	})
}

// An account whose mailbox fails can send, and is not called broken.
func TestWizard_TellsAMailboxThatFailsFromSendingThatDoes(t *testing.T) {
	broken := loginRefused()
	broken.Name = "mailbox-login"
	w := world{finding: ownServer, fails: broken}
	tell(t, 80, 24, worldly(t, &w, ""), nil, func(s *story) {
		s.address("ada@example.org")
		s.Advance(10 * time.Second)
		s.Keys("enter")
		s.Type("x")
		s.Keys("ctrl+s")
		s.Advance(3 * time.Second)
		s.See("✗ its mailbox does not work", "── its mailbox at imap.example.org")
		s.Keys("s")
		s.See("example is saved, but its mailbox does not work")
	})
}

// Whatever was found can be seen and chosen on a low screen, and that there is more.
func TestWizard_AllServersCanBeReachedOnALowScreen(t *testing.T) {
	w := world{finding: func(o FindOptions) discover.Result {
		r := ownServer(o)
		for _, name := range []string{"a", "b", "c"} {
			r.Findings = append(r.Findings, discover.Finding{Source: discover.SourceGuess, Guess: true, Why: name + ".example.org exists",
				SMTP: accounts.SMTP{Host: name + ".example.org", Port: 465, Security: accounts.TLS, Auth: accounts.AuthAuto}})
		}
		return r
	}}
	tell(t, 40, 12, worldly(t, &w, ""), nil, func(s *story) {
		s.address("ada@example.org")
		s.Advance(10 * time.Second)
		s.See("▌smtp.example.org:465 tls, user ada", "DNS (SRV) too", " c.example.org", "↓ more")
		s.Keys("j", "j", "j")
		s.See("▌b.example.org", "b.example.org exists", "another server, which I type", "✓ 2 found  ✗ 1 refused  ! 1 failed")
		s.Keys("G")
		s.See("▌another server, which I type", "smtp.example.org")
		s.Resize(80, 24)
		s.See("mail.example.org exists", "✓ 2 found  ✗ 1 refused  ! 1 failed  – 4 nothing")
	})
}

// No line stands there that says nothing, and none is missing.
func TestFirstRun_FitsALowScreen(t *testing.T) {
	tell(t, 40, 12, func(o *Options) {
		o.Accounts, o.Setup, o.Demo, o.Import = nil, &Setup{}, []string{"demo"}, []string{"import"}
	}, nil, func(s *story) {
		wants := []string{"No account is set up yet.", "n  add an account", "i  import accounts", "T  try the demo", "m  write a draft before that"}
		for _, height := range []int{12, 11, 10} {
			s.Resize(40, height)
			s.See(wants...)
			s.SeeNot("…")
		}
		s.Keys("A")
		s.Resize(40, 12)
		s.See(wants...)
		s.SeeNot("…")
	})
}

// What the list of accounts shows while there is none can be done there.
func TestAccounts_BeginAsTheListDoesWhereThereIsNone(t *testing.T) {
	for pressed, want := range map[string]string{"i": "import accounts", "T": "try the demo"} {
		tell(t, 80, 24, func(o *Options) {
			o.Accounts, o.Setup, o.Demo, o.Import = nil, &Setup{}, []string{"demo"}, []string{"import"}
			o.Keys, _ = NewKeys(map[string][]string{"list.import": {"I"}, "list.compose": {"w"}})
		}, nil, func(s *story) {
			s.See("I  import accounts", "as a draft: w")
			s.Keys("A")
			s.See("n add  i import accounts  T try the demo  m compose", "i  import accounts", "as a draft: m")
			s.Keys("?")
			s.See(want)
			s.Keys("esc", pressed)
			s.SeeNot("does nothing")
			if !s.model.editorTurn {
				s.t.Errorf("%s does not %s", pressed, want)
			}
		})
	}
	tell(t, 80, 24, func(o *Options) { o.Accounts = nil }, nil, func(s *story) {
		s.Keys("A", "m")
		s.See("To", "Subject")
		s.SeeNot("does nothing")
	})
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("A")
		s.SeeNot("try the demo", "compose")
	})
}

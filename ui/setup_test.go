package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/accounts/discover"
	"sendoff/outbox"
)

// world is accounts.toml on a real disk, with servers that are found and checked as
// a test says.
type world struct {
	path string

	mu      sync.Mutex
	finding func(o FindOptions) discover.Result // nil: nothing is found
	fails   *check.Step                         // what fails in a check; nil: nothing
	asked   []string                            // of Find: the address, with "whole" where it may be shown
	checked []accounts.Account
	left    int // look-ups and checks that were stopped
	pause   time.Duration
}

// worldly is a program that can set accounts up.
func worldly(t *testing.T, w *world, text string) func(*Options) {
	t.Helper()
	w.path = filepath.Join(t.TempDir(), "sendoff", "accounts.toml")
	w.pause = 2 * time.Second
	if text != "" {
		if err := os.MkdirAll(filepath.Dir(w.path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(o *Options) {
		o.AccountsFile, o.AccountsNow, o.Setup = w.path, w.now, w.setup()
		o.Accounts, _ = w.now()
	}
}

func (w *world) now() ([]accounts.Account, error) {
	book, err := accounts.Load(w.path)
	if errors.Is(err, accounts.ErrNoAccounts) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := []accounts.Account{book.DefaultAccount()}
	for _, a := range book.Accounts {
		if a.Name != book.Default {
			all = append(all, a)
		}
	}
	return all, nil
}

func (w *world) setup() *Setup {
	change := func(change func(*accounts.File) error) error {
		file, err := accounts.OpenFile(w.path)
		if err != nil {
			return err
		}
		return errors.Join(change(file), file.Save())
	}
	return &Setup{
		Find: w.find, Check: w.check,
		Rename: func(_ context.Context, old, name string) error {
			return change(func(f *accounts.File) error { return f.Rename(old, name) })
		},
		Remove: func(_ context.Context, name string) error {
			return change(func(f *accounts.File) error { return f.Remove(name) })
		},
	}
}

// wait is the time that a server takes; false if nobody waits any more.
func (w *world) wait(ctx context.Context) bool {
	select {
	case <-time.After(w.pause):
		return true
	case <-ctx.Done():
		w.mu.Lock()
		defer w.mu.Unlock()
		w.left++
		return false
	}
}

func (w *world) find(ctx context.Context, address string, o FindOptions) (discover.Result, error) {
	w.mu.Lock()
	if o.AskDomain {
		address += " whole"
	}
	w.asked = append(w.asked, address)
	finding := w.finding
	w.mu.Unlock()
	result := discover.Result{Address: strings.TrimSuffix(address, " whole")}
	if finding != nil {
		result = finding(o)
	}
	for i, source := range discover.Sources() {
		road := discover.Road{Source: source, State: discover.Nothing, Said: "there is nothing"}
		for _, told := range result.Roads {
			if told.Source == source {
				road = told
			}
		}
		if i%3 == 1 && !w.wait(ctx) {
			return result, nil
		}
		o.Told(road)
	}
	return result, nil
}

func (w *world) check(ctx context.Context, a accounts.Account, step func(check.Step)) check.Report {
	w.mu.Lock()
	w.checked = append(w.checked, a)
	fails := w.fails
	w.mu.Unlock()
	report := check.Report{Account: a.Name}
	tell := func(s check.Step) {
		report.Steps = append(report.Steps, s)
		step(s)
	}
	tell(check.Step{Name: check.StepSettings, State: check.OK, Found: accounts.Server{Host: a.SMTP.Host, Port: a.SMTP.Port, Security: a.SMTP.Security}.String()})
	tell(check.Step{Name: check.StepConnect, State: check.OK, Took: 31 * time.Millisecond, Found: "to 192.0.2.25:465"})
	if !w.wait(ctx) {
		return report
	}
	login := check.Step{Name: check.StepLogin, State: check.OK, Took: 210 * time.Millisecond, Found: "with PLAIN"}
	if fails != nil {
		login = *fails
	}
	tell(login)
	last := check.Step{Name: check.StepFrom, State: check.OK, Took: 1200 * time.Millisecond, Found: "the server takes mail from " + a.From.Address}
	if fails != nil {
		last = check.Step{Name: check.StepFrom, State: check.Skipped, Cause: check.CauseNotReached}
	}
	tell(last)
	tell(check.Step{Name: check.StepSize, State: check.Skipped, Cause: check.CauseNotReached})
	tell(check.Step{Name: check.StepSPF, State: check.Advice, Took: 8 * time.Millisecond, Cause: check.CauseNoSPF, Found: "example.org does not say who may send for it", Hint: "add a TXT record that begins with v=spf1"})
	return report
}

// loginRefused is a login that does not succeed.
func loginRefused() *check.Step {
	return &check.Step{
		Name: check.StepLogin, State: check.Fail, Took: 240 * time.Millisecond, Cause: check.CauseLoginRefused,
		Found: "the server refuses the user name or the password", Server: "535 5.7.8 Authentication credentials invalid", Hint: "see that both are right",
	}
}

// ownServer is a domain that says where its mail goes, and a guess.
func ownServer(FindOptions) discover.Result {
	return discover.Result{Address: "ada@example.org",
		Findings: []discover.Finding{
			{Source: discover.SourceAutoconfig, Also: []discover.Source{discover.SourceSRV}, Why: "autoconfig.example.org says so",
				SMTP:    accounts.SMTP{Host: "smtp.example.org", Port: 465, Security: accounts.TLS, Auth: accounts.AuthAuto, Username: "ada"},
				Mailbox: accounts.Mailbox{Protocol: accounts.IMAP, Host: "imap.example.org", Port: 993, Security: accounts.TLS, Username: "ada"}},
			{Source: discover.SourceGuess, Guess: true, Why: "mail.example.org exists", Confirm: "nobody says that this is the server of example.org",
				SMTP: accounts.SMTP{Host: "mail.example.org", Port: 587, Security: accounts.STARTTLS, Auth: accounts.AuthAuto, Username: "ada@example.org"}},
		},
		Roads: []discover.Road{
			{Source: discover.SourceAutoconfig, State: discover.Found, Said: "autoconfig.example.org says so"},
			{Source: discover.SourceWellKnown, State: discover.Refused, Said: "smtp.example.org port 25 is without encryption: refused"},
			{Source: discover.SourceISPDB, State: discover.Failed, Said: "autoconfig.thunderbird.net does not answer"},
			{Source: discover.SourceGuess, State: discover.Found, Said: "mail.example.org exists"},
		},
	}
}

// file is accounts.toml as it is.
func (w *world) file(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(w.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

const twoAccounts = `# mine
default = "work"

[[account]]
name = "work"
from = "Ada Example <ada@example.org>"
identities = ["Ada <ada@lists.example.org>"]
[account.smtp]
host = "smtp.example.org"
username = "ada"
secret = { command = ["pass", "show", "mail/work"] } # not the old one
[account.limits]
per_hour = 100
per_day = 500

[[account]]
name = "home"
from = "Ada <ada@home.example>"
[account.smtp]
host = "mail.home.example"
security = "starttls"
username = "ada"
secret = { env = "HOME_PASSWORD" }
`

// limitsOfWork are the policies of twoAccounts.
func limitsOfWork() []outbox.Policy {
	return []outbox.Policy{
		{Account: "work", Connections: 1, Revision: "1", Limits: outbox.Limits{PerHour: 100, PerDay: 500}},
		{Account: "home", Connections: 1, Revision: "1"},
	}
}

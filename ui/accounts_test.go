package ui

import (
	"net/mail"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
)

// setting is accounts that change while the program runs.
type setting struct {
	mu  sync.Mutex
	all []accounts.Account
}

func (s *setting) now() ([]accounts.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all), nil
}

func (s *setting) set(all ...accounts.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = all
}

// changing begins with some accounts, which the test can change.
func changing(now *setting, all ...accounts.Account) func(*Options) {
	now.set(all...)
	return func(o *Options) { o.Accounts, o.AccountsNow = all, now.now }
}

func TestAccounts_ThatComeGoAndChangeAreSeenWhileItRuns(t *testing.T) {
	both := book(t)
	var now setting
	tell(t, 80, 24, changing(&now), nil, func(s *story) {
		s.See("No account is set up yet.")
		now.set(both...)
		s.Advance(15 * time.Second)
		s.SeeNot("No account is set up yet.")
		s.See("work ○   home ○")
		now.set(both[1])
		s.Advance(15 * time.Second)
		s.SeeNot("work ○")
		now.set()
		s.Advance(15 * time.Second)
		s.See("No account is set up yet.")
	})
}

// The list says of an account what the accounts say: nothing, before it has sent.
func TestAccounts_AreWellOnceTheyHaveSent(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.See("work ○   home ○")
		s.queue(draft("work", "ana@example.org", "Rent"), outbox.SubmitOptions{})
		s.queue(draft("home", "login@example.org", "Minutes"), outbox.SubmitOptions{})
		s.See("work ○   home ○")
		s.deliver()
		s.See("work ●   home ◐ ")
		s.Keys("A")
		s.See("● well, last sent just now")
	})
}

// Who has begun to write before there is an account can send when there is one,
// and keeps From when others come, go, or get another name.
func TestCompose_TakesInAccountsThatComeWhileItIsOpen(t *testing.T) {
	both := book(t)
	var now setting
	tell(t, 80, 24, changing(&now), nil, func(s *story) {
		from := func(want, account string) {
			s.t.Helper()
			s.Advance(15 * time.Second)
			s.See(want)
			if d := s.model.composer().draft(); d.Account != account {
				s.t.Errorf("it goes through %q", d.Account)
			}
		}
		s.Keys("m")
		s.Type("ana@example.org")
		now.set(both[1])
		from("ada@home.example", "home")
		now.set(both...)
		from("ada@home.example", "home")
		renamed := both[1]
		renamed.Name = "flat"
		now.set(both[0], renamed)
		from("ada@home.example", "flat")
		now.set(both[0])
		from("ada@home.example", "") // which the review will not let pass
		s.Keys("alt+n")
		from("ada@example.org", "work")
		s.See("--", "Ada")
		if d := s.only(outbox.StateDraft); len(d.From) == 0 {
			s.t.Error("the draft on disk has no From")
		}
	})
}

func TestTakeAccounts_KeepsThemWhereTheyCannotBeRead(t *testing.T) {
	d := newDesk(t.Context(), Options{Accounts: book(t)})
	d.panes = []pane{newOutboxPane(d)}
	d.takeAccounts(nil)
	if len(d.accounts) != 2 {
		t.Errorf("%d accounts are left", len(d.accounts))
	}
	d.takeAccounts([]accounts.Account{accounts.New("x", mail.Address{})})
	if len(d.accounts) != 1 {
		t.Errorf("%d accounts are there", len(d.accounts))
	}
}

// A mistake in the accounts file is told where mail and accounts are looked at, until it is
// mended: the accounts of before go on, and nobody would know why the new ones do not come.
func TestAccounts_TellWhatIsWrongWithTheirFile(t *testing.T) {
	for _, width := range []int{40, 80} {
		var wrong atomic.Value
		wrong.Store("")
		tell(t, width, 12, func(o *Options) { o.AccountsWrong = func() string { return wrong.Load().(string) } }, nil, func(s *story) {
			wrong.Store("accounts.toml:3: account.nmae: there is no such key")
			s.Advance(slowTick + time.Second)
			s.See("accounts.toml:3: account.nmae: there")
			s.Keys("A")
			s.See("Accounts", "accounts.toml:3: account.nmae: there", "before.")
			wrong.Store("")
			s.Advance(slowTick + time.Second)
			s.SeeNot("accounts.toml:3")
			s.Keys("esc")
			s.SeeNot("accounts.toml:3")
		})
	}
}

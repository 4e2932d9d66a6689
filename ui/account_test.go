package ui

import (
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
)

// second lets the account home send as that of work, and adds one more.
func second(o *Options) {
	o.Accounts[1].Identities = []string{"*@example.org"}
	relay := o.Accounts[1]
	relay.Name = "relay"
	o.Accounts = append(o.Accounts, relay)
}

// mustGoThrough checks the account of the one item in a state.
func (s *story) mustGoThrough(account string, state outbox.State) {
	s.t.Helper()
	if i := s.only(state); i.Account != account {
		s.t.Errorf("it is of %s, not of %s", i.Account, account)
	}
}

func TestItem_GoesThroughAnotherAccountThatMaySendIt(t *testing.T) {
	tell(t, 100, 24, second, func(s *story) {
		s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("4", "enter")
		s.See("a other account")
		s.Keys("a")
		s.See("Through which account?", "1 home", "2 relay", "n leave it")
		s.Keys("n", "a", "1")
		s.See("It goes through home now.")
		s.Advance(time.Second)
		s.See("(home)")
		s.mustGoThrough("home", outbox.StateWaiting)
		s.Keys("esc", "2", "a", "2")
		s.See("It goes through relay now.")
		s.mustGoThrough("relay", outbox.StateWaiting)
	})
}

func TestItem_AsksTwiceBeforeItIsSentTwiceThroughAnotherAccount(t *testing.T) {
	tell(t, 100, 24, second, func(s *story) {
		s.queue(draft("work", "lost@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("4", "a", "1")
		s.See("Send it again? It may have arrived already.")
		s.Keys("n")
		s.mustGoThrough("work", outbox.StateUncertain)
		s.Keys("a", "1", "y")
		s.mustGoThrough("home", outbox.StateWaiting)
	})
}

func TestItem_OfOldMailMovesWithItsDate(t *testing.T) {
	tell(t, 100, 24, second, func(s *story) {
		s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
		s.sleep(5 * 24 * time.Hour)
	}, func(s *story) {
		s.Keys("4", "a", "2")
		s.See("Over four days old: send it with its own date?")
		s.SeeNot("of today")
		s.Keys("y")
		s.mustGoThrough("relay", outbox.StateWaiting)
	})
}

// An account that would rewrite the sender is no choice.
func TestItem_HasNoOtherAccountForItsSender(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("4", "enter")
		s.SeeNot("other account")
		s.Keys("a")
		s.SeeNot("Through which account?")
	})
}

func TestReview_SaysWhatTheAccountWaitsFor(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		s.queue(draft("home", "login@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+s")
		s.See("leaves    in 10 s", "through work (smtp.example.org)", "of the server's 25")
		s.Keys("esc", "alt+p", "ctrl+s")
		s.See("leaves    when home goes on, which is parked: login refused", "through home (mail.home.example)")
		s.SeeNot("of the server's")
	})
}

func TestCompose_SignatureIsOfTheAddress(t *testing.T) {
	own := func(o *Options) {
		o.Accounts[0].Signing = []accounts.Identity{{Address: "ada@lists.example.org", Signature: "The list"}}
	}
	tell(t, 80, 24, own, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		signs := func(want string) {
			s.t.Helper()
			if text := s.model.composer().body.text(); text != want {
				s.t.Errorf("the text is %q, not %q", text, want)
			}
		}
		signs("\n\n-- \nAda\nexample.org")
		s.Keys("alt+n") // another address of the same account
		signs("\n\n-- \nThe list")
		s.Keys("alt+n") // another account
		signs("")
		s.Keys("alt+p", "alt+p")
		signs("\n\n-- \nAda\nexample.org")
	})
}

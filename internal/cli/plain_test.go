package cli

import (
	"slices"
	"testing"
	"time"

	"sendoff/outbox"
)

func TestFactsOf_ADraftIsNotQueued(t *testing.T) {
	queued := func(state outbox.State) bool {
		all := factsOf(outbox.Item{State: state, Created: time.Now()}, "", time.Now())
		return slices.ContainsFunc(all, func(f fact) bool { return f.name == "queued" })
	}
	if queued(outbox.StateDraft) {
		t.Error("a draft is shown as queued")
	}
	if !queued(outbox.StateWaiting) {
		t.Error("it is not shown when a message was queued")
	}
}

func TestAnswerFact_NoServerSaidWhatWentWrongHere(t *testing.T) {
	here := outbox.Result{Class: outbox.ClassNetwork, Text: "connection refused"}
	server := outbox.Result{Class: outbox.ClassRejected, Code: 550, Text: "no"}
	what := outbox.Explanation{What: "It could not be reached."}
	for _, c := range []struct {
		plain  outbox.Explanation
		result outbox.Result
		want   fact
	}{
		{what, here, fact{"", "connection refused"}},
		{outbox.Explanation{}, here, fact{"what happened", "connection refused"}},
		{what, server, fact{"server said", "550 no"}},
		{what, outbox.Result{Class: outbox.ClassRejected, Enhanced: "5.1.1"}, fact{"server said", "5.1.1"}},
	} {
		if got := answerFact(c.plain, c.result); got != c.want {
			t.Errorf("%+v is %q, want %q", c.result, got, c.want)
		}
	}
}

func TestWaitFacts_TellTheNextTryAndWhyTheAccountStandsStill(t *testing.T) {
	now := time.Now()
	soon, late := now.Add(time.Minute), now.Add(time.Hour)
	at := func(t time.Time) fact { return fact{"next try", t.Local().Format(time.DateTime)} }
	parkedUntil := func(until time.Time) (outbox.Park, fact) {
		park := outbox.Park{Account: "work", Until: until, Result: outbox.Result{Text: "no route"}}
		return park, fact{"parked", "account work " + parkText(park)}
	}
	tillLate, late1 := parkedUntil(late)
	forYou, you := parkedUntil(time.Time{})
	for _, c := range []struct {
		name   string
		next   time.Time
		park   outbox.Park
		parked bool
		want   []fact
	}{
		{"its turn comes", now.Add(-time.Minute), outbox.Park{}, false, nil},
		{"it waits", soon, outbox.Park{}, false, []fact{at(soon)}},
		{"the account waits longer", soon, tillLate, true, []fact{at(late), late1}},
		{"the account waits for a person", soon, forYou, true, []fact{you}},
	} {
		item := outbox.Item{State: outbox.StateWaiting, NextAttempt: c.next}
		if got := waitFacts(item, c.park, c.parked, now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

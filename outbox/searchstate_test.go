package outbox_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// What a row calls an item, a search finds it by.
func TestSearch_KnowsTheWordsOfRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b := open(t, dir)
		transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
			switch name, _, _ := strings.Cut(recipient, "@"); name {
			case "login":
				return answer(outbox.ClassCredentials, 535, "5.7.8 bad password")
			case "defer":
				return answer(outbox.ClassTemporary, 451, "4.7.1 later")
			case "lost":
				return outbox.Result{Class: outbox.ClassUncertain, Text: "no answer"}
			case "reject":
				return answer(outbox.ClassRejected, 550, "5.1.1 no such mailbox")
			}
			return outboxtest.Accepted()
		}}
		of := func(revision string) []outbox.Policy {
			return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1"}, {Account: "home", Connections: 1, Revision: revision}}
		}
		names := make(map[outbox.ID]string)
		letter := func(account, to, copyOf string, o outbox.SubmitOptions) outbox.ID {
			d := draftTo(to + "@example.org")
			d.Account, d.CopyOf = account, copyOf
			id := submit(t, b, d, o)
			names[id] = to
			return id
		}
		letter("home", "login", "", outbox.SubmitOptions{})
		letter("work", "defer", "", outbox.SubmitOptions{})
		letter("work", "lost", "", outbox.SubmitOptions{})
		reject := letter("work", "reject", "", outbox.SubmitOptions{})
		flush(t, sender(b, transport, func() []outbox.Policy { return of("1") }))
		time.Sleep(5 * time.Hour)
		letter("home", "behind", "", outbox.SubmitOptions{})
		letter("work", "held", reject.String(), outbox.SubmitOptions{Hold: true})
		letter("work", "undo", "", outbox.SubmitOptions{Undo: time.Minute})
		letter("work", "later", "", outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
		for _, test := range []struct {
			search, revision string
			want             []string
		}{
			{"state:parked", "1", []string{"behind", "login"}},
			{"state:parked", "2", nil}, // the account was mended: nothing of it is shown as parked
			{"state:parked", "", []string{"behind", "login"}},
			{"-state:parked state:waiting", "1", []string{"defer"}},
			{"state:waiting", "1", []string{"behind", "defer", "login"}},
			{"state:par login", "1", []string{"login"}}, // as it is typed
			{"state:late", "1", []string{"defer", "login"}},
			{"state:undo", "1", []string{"undo"}},
			{"state:resent", "1", []string{"reject"}},
			{"state:in", "1", []string{"lost"}},
			{"state:in do", "1", []string{"lost"}},
			{"state:In Doubt", "1", []string{"lost"}},
			{"state:in doubt lost", "1", []string{"lost"}},
			{"state:in doubt reject", "1", nil},
			{"state:in doubtful", "1", nil},
			{`state:"in doubt"`, "1", []string{"lost"}},
			{"state:in-doubt", "1", []string{"lost"}},
			{"state:under way", "1", nil},
			{"state:-", "1", nil},
		} {
			q := outbox.Query{Search: test.search, Policies: of(test.revision)}
			if test.revision == "" {
				q.Policies = nil
			}
			items, err := b.List(t.Context(), q)
			var got []string
			for _, i := range items {
				got = append(got, names[i.ID])
			}
			slices.Sort(got)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s of revision %q finds %v, want %v; %v", test.search, test.revision, got, test.want, err)
			}
			if n, err := b.Count(t.Context(), q); n != len(test.want) || err != nil {
				t.Errorf("%s counts %d, %v", test.search, n, err)
			}
		}
		both, err := b.List(t.Context(), outbox.Query{States: []outbox.State{outbox.StateHeld}, Words: []string{"parked"}})
		if err != nil || len(both) != 3 {
			t.Errorf("%d are held or parked, %v", len(both), err)
		}
	})
}

func TestParseStateWord(t *testing.T) {
	for _, word := range outbox.StateWords() {
		for _, typed := range []string{word, strings.ToUpper(word), strings.ReplaceAll(word, " ", "-"), strings.ReplaceAll(word, " ", "")} {
			if got, ok := outbox.ParseStateWord(typed); got != word || !ok {
				t.Errorf("%q is %q, %v", typed, got, ok)
			}
		}
	}
	for _, typed := range []string{"", "-", "par", "waiting"} {
		if got, ok := outbox.ParseStateWord(typed); ok {
			t.Errorf("%q is %q", typed, got)
		}
	}
}

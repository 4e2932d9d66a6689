package outbox_test

import (
	"slices"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

func TestSearch_WordsAndFields(t *testing.T) {
	b := open(t, t.TempDir())
	letter := func(account, to, cc, subject string, o outbox.SubmitOptions) string {
		d := draftTo(to)
		d.Account, d.Cc, d.Subject = account, cc, subject
		return submit(t, b, d, o).String()
	}
	invoice := letter("work", "ana@example.org", "ben@example.net", "Invoice 100% due", outbox.SubmitOptions{})
	lunch := letter("home", "ben@example.net", "", "Re: lunch on Monday", outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{}, func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1}, {Account: "home", Connections: 1}}
	}))
	held := letter("work", "cat@example.com", "", "Draft of the \"contract\"", outbox.SubmitOptions{Hold: true})
	later := letter("work", "ana@example.org", "", "Next year", outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
	today := time.Now().Format(time.DateOnly)
	tomorrow := time.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	all := []string{later, held, lunch, invoice}
	for search, want := range map[string][]string{
		"":                             all,
		"  ":                           all,
		"invoice":                      {invoice},
		"INVOICE ana":                  {invoice},
		"100%":                         {invoice},
		"%":                            {invoice},
		"to:ana":                       {later, invoice},
		"to:ben":                       {lunch, invoice},
		"cc:ben":                       {invoice},
		"TO:ben -invoice":              {lunch},
		"-to:ana":                      {held, lunch},
		"account:home":                 {lunch},
		"account:HOME lunch":           {lunch},
		"account:hom":                  {},
		"state:sent":                   {lunch, invoice},
		"state:s":                      {later, lunch, invoice}, // scheduled and sent; nothing is being sent
		"state:held":                   {held},
		"state:scheduled":              {later},
		"state:waiting":                {},
		"state:nonsense":               {},
		"-state:sent to:ana":           {later},
		`"lunch on"`:                   {lunch},
		`"on lunch"`:                   {},
		`subject:"lunch on" ben`:       {lunch},
		`"lunch on mon`:                {lunch}, // it is being typed
		"re:":                          {lunch},
		"re: lunch":                    {lunch},
		"from:ada":                     all,
		"from:ana":                     {},
		"before:" + today:              {},
		"after:" + today:               all,
		"before:" + tomorrow:           all,
		"after:today":                  all,
		"before:7d":                    {},
		"after:yesterday -after:today": {},
		"before:someday":               {},
		"id:" + lunch:                  {lunch},
		"to:":                          {}, // a word
		"-":                            {},
		`'; DROP TABLE items; --`:      {},
	} {
		items, err := b.List(t.Context(), outbox.Query{Search: search})
		if err != nil {
			t.Errorf("%q: %v", search, err)
			continue
		}
		got := []string{}
		for _, item := range items {
			got = append(got, item.ID.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", search, got, want)
		}
		if n, err := b.Count(t.Context(), outbox.Query{Search: search}); err != nil || n != len(want) {
			t.Errorf("%q counts %d, %v", search, n, err)
		}
	}
}

func TestBegunSearch_LeavesOutAFieldWithNothingBehindIt(t *testing.T) {
	for typed, want := range map[string]string{
		"": "", "state:": "", "STATE:": "", "-to:": "", "invoice state:": "invoice ", "to:ana": "to:ana", "lunch:": "lunch:", "to: ": "to: ", "to:ana ": "to:ana ", "überfällig cc:": "überfällig ",
	} {
		if got := outbox.BegunSearch(typed); got != want {
			t.Errorf("%q is searched for as %q, want %q", typed, got, want)
		}
	}
}

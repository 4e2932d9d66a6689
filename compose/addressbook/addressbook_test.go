package addressbook

import (
	"strings"
	"testing"
	"time"
)

func names(entries []Entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Text())
	}
	return strings.Join(all, " | ")
}

func entry(t *testing.T, address, name string) Entry {
	t.Helper()
	e, ok := NewEntry(address, name)
	if !ok {
		t.Fatalf("%q is no address", address)
	}
	return e
}

func TestBook_Match(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	used := func(e Entry, sent int, days int) Entry {
		e.Sent, e.Last = sent, now.AddDate(0, 0, -days)
		return e
	}
	old := used(entry(t, "kim@old.example", "Kim Lee"), 50, 0)
	old.Warning = "bounced"
	b := NewBook(
		[]Entry{old, used(entry(t, "kim@example.com", "Kim Lee"), 12, 3), used(entry(t, "kimberly@example.org", ""), 40, 400), used(entry(t, "jo.kimura@mail.example.net", "Jörg Änder"), 2, 1)},
		[]Entry{entry(t, "kimberly@EXAMPLE.org", "Kimberly"), entry(t, "zoe@example.org", "Zoë"), {Name: "kin", Members: []string{"a@x.example", "Bo <b@x.example>"}}},
	)
	for typed, want := range map[string]string{
		"ki":         "Kim Lee <kim@example.com> | Jörg Änder <jo.kimura@mail.example.net> | Kimberly <kimberly@example.org> | a@x.example, Bo <b@x.example> | Kim Lee <kim@old.example>",
		"LEE, kim":   "Kim Lee <kim@example.com> | Kim Lee <kim@old.example>",
		`"Lee, Ki`:   "Kim Lee <kim@example.com> | Kim Lee <kim@old.example>",
		"kim <kim@o": "Kim Lee <kim@old.example>",
		"example.n":  "Jörg Änder <jo.kimura@mail.example.net>",
		"än":         "Jörg Änder <jo.kimura@mail.example.net>",
		"mura":       "",
		"":           "",
		`"`:          "",
	} {
		if got := names(b.Match(typed, now, 9)); got != want {
			t.Errorf("%s: %s\nwant %s", typed, got, want)
		}
	}
	if got := b.Match("ki", now, 2); len(got) != 2 {
		t.Errorf("%d entries, want 2", len(got))
	}
	if e, ok := b.Find("KIM@old.example"); !ok || e.Warning != "bounced" {
		t.Errorf("%+v, %v", e, ok)
	}
	if _, ok := b.Find(""); ok {
		t.Error("a group was found as an address")
	}
}

func TestEntry_TextCanBeReadAgain(t *testing.T) {
	for address, want := range map[string]string{
		"ana@example.org":                   "ana@example.org",
		`"Lee, Kim" <kim@example.com>`:      `"Lee, Kim" <kim@example.com>`,
		"jo@münchen.example (Jo)":           "Jo <jo@münchen.example>",
		"Ev\x1b[2Jil\u202e <e@example.org>": "",
	} {
		e, ok := NewEntry(address, "")
		if ok != (want != "") || ok && e.Text() != want {
			t.Errorf("%q: %q, %v; want %q", address, e.Text(), ok, want)
		}
	}
	if e := entry(t, "e@example.org", "Ev\x1b[2Jil\n\u202ename"); e.Name != "Ev\ufffd[2Jil \ufffdname" {
		t.Errorf("%q", e.Name)
	}
}

func TestParseGroups(t *testing.T) {
	got, err := ParseGroups("# whom I write to\nteam: ana@example.org, \"Lee, Kim\" <kim@example.com>\nwrong\nfamily: jo@example.org,\n\tbo@example.org\nempty:\n")
	if want := `ana@example.org, "Lee, Kim" <kim@example.com> | jo@example.org, bo@example.org`; names(got) != want {
		t.Errorf("%s, want %s", names(got), want)
	}
	if err == nil || !strings.HasPrefix(err.Error(), "line 3: a group is a name") {
		t.Errorf("%v", err)
	}
}

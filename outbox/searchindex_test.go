package outbox_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sendoff/outbox"
)

// searches are of every kind.
var searches = []string{
	"a", "wo", "wom", "wombat", "WOMBAT", "zq", "%", "_", `\`, `"`, `"a b"`, "to:user7", "cc:team", "subject:figures", "from:ada", "-wombat", "wombat -figures",
	"figures -letter", "ü", "müller", "MÜLLER", "100%", `it"s`, "日本", "日本語", "\xff", "a\x00b", "-wo -an", "state:sent wombat", "account:work an", "before:2020 letter",
	"OR", "AND NOT", "(figures", "figures*", "sought:x", "e\u0301", "\nx", strings.Repeat("figures ", 30),
}

// found are the IDs that a search finds, page by page.
func found(t *testing.T, b *outbox.Outbox, search string, states ...outbox.State) (ids []outbox.ID) {
	t.Helper()
	q := outbox.Query{Search: search, States: states, Limit: 7}
	for {
		items, err := b.List(t.Context(), q)
		if err != nil {
			t.Fatalf("%q: %v", search, err)
		}
		for _, i := range items {
			ids = append(ids, i.ID)
		}
		if len(items) < q.Limit {
			break
		}
		q.Before = ids[len(ids)-1]
	}
	if n, err := b.Count(t.Context(), outbox.Query{Search: search, States: states}); err != nil || n != len(ids) {
		t.Errorf("%q: %d are listed and %d counted, %v", search, len(ids), n, err)
	}
	return ids
}

func index(t testing.TB, b *outbox.Outbox) {
	t.Helper()
	if err := b.IndexSearch(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// oddItems queues items with all that may be searched for.
func oddItems(t *testing.T, b *outbox.Outbox) {
	t.Helper()
	for n, subject := range []string{
		"Wombat figures", "wombat", "Letter of the WOMBAT", "Müller", "MÜLLER", "100% sure", "a_b", `back\slash`, `it"s "a b" c`, "日本語の手紙", "日本", "an", "x", "",
		"e\u0301te\u0301", "OR AND NOT (figures* sought:x", "figures figures figures",
	} {
		d := draftTo(fmt.Sprintf("user%d@example%d.org", n, n%3))
		d.Subject = subject
		if n%4 == 0 {
			d.Cc = "Team <team@example.net>"
		}
		submit(t, b, d, outbox.SubmitOptions{Hold: n%5 == 0})
	}
}

func TestSearch_MeansTheSameWithTheIndex(t *testing.T) {
	b := open(t, t.TempDir())
	oddItems(t, b)
	want := make(map[string][]outbox.ID)
	for _, search := range searches {
		want[search] = found(t, b, search)
	}
	check := func(when string) {
		t.Helper()
		for _, search := range searches {
			if got := found(t, b, search); !slices.Equal(got, want[search]) {
				t.Errorf("%s: %q finds %v, and not %v", when, search, got, want[search])
			}
		}
	}
	index(t, b)
	check("indexed")
	oddItems(t, b) // not indexed yet
	both := 0
	for _, search := range searches {
		got := found(t, b, search)
		if search != "state:sent wombat" && len(got) != 2*len(want[search]) {
			t.Errorf("half indexed: %q finds %v beside %v", search, got, want[search])
		}
		both += len(got)
	}
	if both == 0 {
		t.Error("nothing is found at all")
	}
}

func TestSearch_FollowsWhatChangesInTheIndex(t *testing.T) {
	b := open(t, t.TempDir())
	d := draftTo("ana@example.org")
	d.Subject = "Wombat"
	ref, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, d)
	if err != nil {
		t.Fatal(err)
	}
	gone := submit(t, b, d, outbox.SubmitOptions{})
	index(t, b)
	if err := b.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if got := found(t, b, "wombat"); !slices.Equal(got, []outbox.ID{ref.ID}) {
		t.Errorf("found %v", got)
	}
	d.Subject = "Koala"
	if _, err := b.SaveDraft(t.Context(), ref, d); err != nil {
		t.Fatal(err)
	}
	if got := found(t, b, "wombat"); len(got) != 0 {
		t.Errorf("it is found by its old name: %v", got)
	}
	if got := found(t, b, "koala"); len(got) != 1 {
		t.Errorf("it is not found by its new name: %v", got)
	}
	actOn(t, b, outbox.ActionDelete, ref.ID) // and back, with its old ID
	undoLast(t, b)
	if got := found(t, b, "koala"); len(got) != 1 {
		t.Errorf("what was brought back is not found: %v", got)
	}
}

// What an older version has left is taken in bit by bit, and found meanwhile.
func TestSearch_FindsInAnOutboxOfBefore(t *testing.T) {
	b := open(t, golden(t, "schema4"))
	before := found(t, b, "example")
	index(t, b)
	if got := found(t, b, "example"); len(got) == 0 || !slices.Equal(got, before) {
		t.Errorf("found %v, and before %v", got, before)
	}
}

func TestSearch_DoesWithoutADamagedIndex(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	oddItems(t, b)
	index(t, b)
	want := found(t, b, "wombat")
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("DELETE FROM sought_data WHERE id > 10"); err != nil {
		t.Fatal(err)
	}
	if got := found(t, b, "wombat"); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

// An index that is up to date is not written again: every window would wake up.
func TestIndexSearch_WritesOnlyWhatIsNew(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	oddItems(t, b)
	index(t, b)
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	version := func() (v int) {
		if err := db.QueryRow("PRAGMA data_version").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := version()
	index(t, b)
	if version() != before {
		t.Error("nothing was new, and it was written")
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range searches {
		f.Add(s, s)
	}
	f.Add("Straße", "strasse")
	f.Add("İstanbul", "istan")
	f.Fuzz(func(t *testing.T, subject, search string) {
		b := open(t, t.TempDir())
		d := draftTo("ana@example.org")
		d.Subject = subject
		if _, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, d); err != nil {
			t.Skip()
		}
		want := found(t, b, search)
		index(t, b)
		if got := found(t, b, search); !slices.Equal(got, want) {
			t.Errorf("%q in %q: %v, and %v without the index", search, subject, got, want)
		}
	})
}

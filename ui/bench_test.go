package ui

import (
	"context"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"golang.org/x/sync/errgroup"

	"sendoff/compose/addressbook"
	"sendoff/internal/uitest"
	"sendoff/outbox"
)

const benchmarkItems = 10_000

func BenchmarkFirstFrame10000(b *testing.B) {
	box := full(b)
	for b.Loop() {
		ctx, stop := context.WithCancel(b.Context())
		m := New(ctx, Options{Outbox: box, Accounts: book(b), Sending: true, Theme: "dark"})
		d := uitest.NewDriveOutside(b, m, 120, 40)
		d.Until("rows", func(string) bool { return m.home.loaded })
		stop()
	}
}

func BenchmarkKey10000(b *testing.B) {
	box := full(b)
	m := New(b.Context(), Options{Outbox: box, Accounts: book(b), Sending: true, Theme: "dark"})
	d := uitest.NewDriveOutside(b, m, 120, 40)
	d.Until("rows", func(string) bool { return m.home.loaded })
	down, up := tea.KeyPressMsg{Code: 'j', Text: "j"}, tea.KeyPressMsg{Code: 'k', Text: "k"}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		key := down
		if n%200 >= 100 {
			key = up
		}
		m.Update(key)
		m.View()
	}
}

// Most of what a key costs is its frame: what is drawn or listed more than once for it
// shows here.
func TestKey_AllocatesLittle(t *testing.T) {
	const most = 2600 // for 36 rows
	box, err := openOutbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	queueMany(t, box, 100)
	m := New(t.Context(), Options{Outbox: box, Accounts: book(t), Sending: true, Theme: "dark"})
	d := uitest.NewDriveOutside(t, m, 120, 40)
	d.Until("rows", func(string) bool { return m.home.loaded })
	allocated := testing.AllocsPerRun(20, func() {
		m.Update(tea.KeyPressMsg{Code: 'j', Text: "j"})
		m.View()
	})
	if allocated > most {
		t.Errorf("%.0f pieces of memory for a key, of at most %d", allocated, most)
	}
}

// full is an outbox of benchmarkItems waiting messages.
func full(b *testing.B) *outbox.Outbox {
	b.Helper()
	box, err := openOutbox(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { box.Close() })
	queueMany(b, box, benchmarkItems)
	return box
}

// BenchmarkComplete is the search of one key among twenty thousand people.
func BenchmarkComplete(b *testing.B) {
	var entries []addressbook.Entry
	for i := range 20_000 {
		e, _ := addressbook.NewEntry(fmt.Sprintf("person.%d@example.org", i), fmt.Sprintf("Person %d Kim", i))
		entries = append(entries, e)
	}
	p := people{book: addressbook.NewBook(entries)}
	for b.Loop() {
		p.match("ki", time.Now(), maxChoices)
	}
}

// BenchmarkTypeAddress is a key in To, with its frame, among those that 10,000
// messages were for. A screen of 60 frames a second leaves 16 ms.
func BenchmarkTypeAddress(b *testing.B) {
	box, err := openOutbox(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { box.Close() })
	var all errgroup.Group
	all.SetLimit(256)
	for i := range benchmarkItems {
		to := fmt.Sprintf("Person %d Kim <person.%d@example.org>", i, i)
		all.Go(func() error {
			_, err := box.Submit(b.Context(), draft("work", to, "Letter"), outbox.SubmitOptions{})
			return err
		})
	}
	if err := all.Wait(); err != nil {
		b.Fatal(err)
	}
	m := New(b.Context(), Options{Outbox: box, Accounts: book(b), Sending: true, Theme: "dark"})
	d := uitest.NewDriveOutside(b, m, 120, 40)
	d.Until("rows", func(string) bool { return m.home.loaded })
	d.Keys("m")
	d.Until("people", func(string) bool { return m.people.book != nil })
	d.Keys("k", "i")
	typed, back := tea.KeyPressMsg{Code: 'm', Text: "m"}, tea.KeyPressMsg{Code: tea.KeyBackspace}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		key := typed
		if n%2 == 1 {
			key = back
		}
		m.Update(key)
		m.View()
	}
	if !m.composer().completion.open() {
		b.Error("nobody is offered")
	}
}

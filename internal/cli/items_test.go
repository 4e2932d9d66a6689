package cli

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
)

func openOutbox(t *testing.T, items int) *outbox.Outbox {
	t.Helper()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir(), State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	for i := range items {
		d := compose.Draft{Account: "work", From: "ada@example.org", To: fmt.Sprintf("user%d@example.org", i), Body: "Hi.\n"}
		if _, err := b.Submit(t.Context(), d, outbox.SubmitOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestEachItem_GivesEveryItemOnceWhateverThePage(t *testing.T) {
	b := openOutbox(t, 7)
	for _, size := range []int{1, 3, 7, 8} {
		for limit := range 9 {
			var got []outbox.ID
			for item, err := range eachItem(t.Context(), b, outbox.Query{Limit: limit}, size) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, item.ID)
			}
			want := []outbox.ID{7, 6, 5, 4, 3, 2, 1}
			if limit > 0 {
				want = want[:min(limit, len(want))]
			}
			if !slices.Equal(got, want) {
				t.Errorf("limit %d by pages of %d: %v", limit, size, got)
			}
		}
	}
}

func TestEachItem_EndsWithTheFirstError(t *testing.T) {
	b := openOutbox(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen, failures int
	for _, err := range eachItem(ctx, b, outbox.Query{}, 1) {
		if err != nil {
			failures++
			continue
		}
		seen++
		cancel()
	}
	if seen != 1 || failures != 1 {
		t.Errorf("%d items and %d errors", seen, failures)
	}
}

// Scripts see one array, however it was written.
func TestWriteItemsJSON_IsWhatOneArrayWouldBe(t *testing.T) {
	for count := range 3 {
		all := []itemJSON{}
		for i := range count {
			all = append(all, toJSON(item(i)))
		}
		var want, got bytes.Buffer
		if err := writeJSON(&want, all); err != nil {
			t.Fatal(err)
		}
		if err := writeItemsJSON(&got, items(count)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%d items:\n%s\nwant:\n%s", count, &got, &want)
		}
	}
}

// failing is a writer that is full after some bytes.
type failing struct{ room int }

func (f *failing) Write(data []byte) (int, error) {
	if f.room -= len(data); f.room < 0 {
		return 0, fmt.Errorf("full")
	}
	return len(data), nil
}

// A list is written as it is read: the memory it takes does not grow with it.
func TestList_WritesBeforeAllIsRead(t *testing.T) {
	for name, write := range map[string]func(*failing, iter.Seq2[outbox.Item, error]) error{
		"table": func(f *failing, all iter.Seq2[outbox.Item, error]) error { return writeTable(f, all, item(0).Created) },
		"JSON":  func(f *failing, all iter.Seq2[outbox.Item, error]) error { return writeItemsJSON(f, all) },
	} {
		read := 0
		counted := func(yield func(outbox.Item, error) bool) {
			for i := range 20 * pageSize {
				read++
				if !yield(item(i), nil) {
					return
				}
			}
		}
		if err := write(&failing{room: 100}, counted); err == nil {
			t.Errorf("%s: no error", name)
		}
		if read > pageSize {
			t.Errorf("%s: %d items were read before the first was written", name, read)
		}
	}
}

func item(i int) outbox.Item {
	return outbox.Item{ID: outbox.ID(i + 1), Account: "work", To: []string{"<ana@example.org>"}, Subject: "a & b",
		Recipients: []outbox.Recipient{{Address: "ana@example.org", State: outbox.RecipientWaiting}}}
}

func items(count int) iter.Seq2[outbox.Item, error] {
	return func(yield func(outbox.Item, error) bool) {
		for i := range count {
			if !yield(item(i), nil) {
				return
			}
		}
	}
}

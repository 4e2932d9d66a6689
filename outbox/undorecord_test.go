package outbox_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// What has happened to a letter is not undone with its deletion.
func TestUndo_BringsDeletedLettersBackAsWhatTheyWere(t *testing.T) {
	dir := t.TempDir()
	b := openHere(t, dir)
	large := draftTo("large@example.org", "refused@example.org")
	large.Body = strings.Repeat("A line of a long letter.\n", 20_000) // more than the database keeps
	failed := submit(t, b, large, outbox.SubmitOptions{})
	sent := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Key: "once"})
	flush(t, sender(b, &outboxtest.Transport{Script: func(address string, _ int) outbox.Result {
		if address == "refused@example.org" {
			return outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no such user"}
		}
		return outbox.Result{Class: outbox.ClassAccepted, Code: 250, Text: "2.0.0 queued"}
	}}, policies(1)))
	waiting := submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
	cancelled := submit(t, b, draftTo("kim@example.org"), outbox.SubmitOptions{})
	if err := b.Cancel(t.Context(), cancelled); err != nil {
		t.Fatal(err)
	}
	all := []outbox.ID{failed, sent, waiting, cancelled}
	type known struct {
		item     outbox.Item
		attempts []outbox.Attempt
		bytes    string
	}
	look := func(id outbox.ID) (k known) {
		k.item = get(t, b, id)
		var err error
		if k.attempts, err = b.Attempts(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		r, err := b.Message(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		k.bytes = string(text)
		return k
	}
	before := make(map[outbox.ID]known)
	for _, id := range all {
		before[id] = look(id)
	}
	if got := actOn(t, b, outbox.ActionDelete, all...); got.Done != 4 || got.Undoable != 4 {
		t.Fatalf("%+v", got)
	}
	other := submit(t, b, draftTo("lou@example.org"), outbox.SubmitOptions{}) // which takes the numbers that are free now
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))                 // which sweeps
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	if u := undoLast(t, b); len(u.Items) != 4 || u.Left != 0 {
		t.Errorf("%+v", u)
	}
	for _, id := range all {
		if after := look(id); !reflect.DeepEqual(after, before[id]) {
			t.Errorf("%s was\n%+v\nand is\n%+v", id, before[id], after)
		}
	}
	wantState(t, b, outbox.StateSent, other)
	if damage, err := b.Check(t.Context(), outbox.CheckOptions{}); err != nil || len(damage) > 0 {
		t.Errorf("%+v, %v", damage, err)
	}
}

// A key stands for one message.
func TestUndo_LeavesWhatWasQueuedAgainMeanwhile(t *testing.T) {
	b := open(t, t.TempDir())
	first := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Key: "once"})
	actOn(t, b, outbox.ActionDelete, first)
	again := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Key: "once"})
	if u := undoLast(t, b); u.Left != 1 || len(u.Items) != 0 {
		t.Errorf("%+v", u)
	}
	wantState(t, b, outbox.StateWaiting, again)
	if _, err := b.Get(t.Context(), first); !errors.Is(err, outbox.ErrNotFound) {
		t.Errorf("it is there: %v", err)
	}
}

// The text of a deleted letter is on disk for as long as it can be brought back.
func TestUndo_KeepsTheFileOfADeletedLetter(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	d := draftTo("ana@example.org")
	d.Body = strings.Repeat("A line of a long letter.\n", 20_000)
	actOn(t, b, outbox.ActionDelete, submit(t, b, d, outbox.SubmitOptions{}))
	files := func() int {
		names, err := os.ReadDir(filepath.Join(dir, "files"))
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	if files() != 1 {
		t.Errorf("%d files, want that of the letter", files())
	}
	if err := b.Delete(t.Context(), undoLast(t, b).Items[0]); err != nil {
		t.Fatal(err)
	}
	if files() != 0 {
		t.Errorf("%d files are left", files())
	}
}

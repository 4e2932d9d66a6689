package outbox_test

import (
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"sendoff/internal/lease"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// olderSchemas are outboxes that were made by the last program that wrote each
// schema, with a draft, a message in every state, and a parked account.
var olderSchemas = []string{"schema1", "schema2", "schema3", "schema4", "schema5", "schema6"}

// golden puts an outbox of an older schema into a directory.
func golden(t *testing.T, name string) string {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", name+".db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "outbox.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOpen_AnOlderOutboxIsBroughtUpToDate(t *testing.T) {
	for _, name := range olderSchemas {
		t.Run(name, func(t *testing.T) { bringUpToDate(t, open(t, golden(t, name))) })
	}
}

func bringUpToDate(t *testing.T, b *outbox.Outbox) {
	t.Helper()
	want := map[string]outbox.State{
		"draft@example.org": outbox.StateDraft, "reject@example.org": outbox.StateFailed, "grey@example.org": outbox.StateWaiting,
		"drop@example.org": outbox.StateUncertain, "held@example.org": outbox.StateHeld, "later@example.org": outbox.StateScheduled,
		"parked@example.org": outbox.StateWaiting,
	}
	items, err := b.List(t.Context(), outbox.Query{WithRecipients: true})
	if err != nil || len(items) != 9 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	for _, item := range items {
		if len(item.To) != 1 || item.To[0] == "ana@example.org" {
			continue
		}
		if state, known := want[item.To[0]]; known && item.State != state {
			t.Errorf("%v is %s, want %s", item.To, item.State, state)
		}
		delete(want, item.To[0])
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	if found, err := b.Check(t.Context(), outbox.CheckOptions{}); err != nil || len(found) > 0 {
		t.Errorf("found %+v, %v", found, err)
	}
	// It is not only read: what waits is sent, and its park is known.
	for _, item := range items {
		if item.State == outbox.StateWaiting && item.Account == "work" {
			if err := b.Retry(t.Context(), item.ID, outbox.RetryOptions{AnyAge: true}); err != nil {
				t.Fatal(err)
			}
			flush(t, sender(b, &outboxtest.Transport{Dialogue: "0 > HELO"}, policies(1)))
			if got := get(t, b, item.ID); got.State != outbox.StateSent || len(message(t, b, item.ID)) == 0 {
				t.Errorf("after a retry it is %s", got.State)
			}
			if all := transcript(t, b, item.ID); len(all) != 2 || all[0] != "" || all[1] != "0 > HELO" {
				t.Errorf("its dialogues are %q", all)
			}
		}
	}
	if parks, err := b.Parks(t.Context()); err != nil || len(parks) != 1 || parks[0].Account != "home" {
		t.Errorf("parks %+v, %v", parks, err)
	}
}

// In schema 5 the message for grey wishes a report of its delivery and that for held is
// encrypted: only their drafts say so.
func TestOpen_WhatDraftsOfAnOlderOutboxWishForIsKnown(t *testing.T) {
	checkWishes(t, open(t, golden(t, "schema5")))
}

func checkWishes(t *testing.T, b *outbox.Outbox) {
	t.Helper()
	grey, held := itemTo(t, b, "grey@example.org"), itemTo(t, b, "held@example.org")
	if err := b.Retry(t.Context(), grey, outbox.RetryOptions{AnyAge: true}); err != nil {
		t.Fatal(err)
	}
	if err := b.Release(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	reports := make(chan outbox.ID, 10)
	flush(t, sender(b, &outboxtest.Transport{During: func(_ context.Context, d outbox.Delivery) error {
		if d.Report {
			reports <- d.Item
		}
		return nil
	}}, policies(1)))
	close(reports)
	for id := range reports {
		if id != grey {
			t.Errorf("a report is wished for %s as well", id)
		}
		grey = 0
	}
	if grey != 0 {
		t.Error("no report is wished for any more")
	}
	if _, err := b.Draft(t.Context(), held); err == nil {
		t.Error("the draft of what was encrypted is still there")
	}
}

func itemTo(t *testing.T, b *outbox.Outbox, address string) outbox.ID {
	t.Helper()
	items, err := b.List(t.Context(), outbox.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if len(item.To) == 1 && item.To[0] == address {
			return item.ID
		}
	}
	t.Fatalf("nothing is for %s", address)
	return 0
}

func TestOpen_AnOlderSenderIsNotLeftInWhatItDoesNotUnderstand(t *testing.T) {
	dir := golden(t, olderSchemas[len(olderSchemas)-1])
	held, err := lease.Take(filepath.Join(dir, "sender.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Open(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrOlderSender) {
		t.Errorf("opened beside a sender: %v", err)
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

// makeNewer pretends that a newer version has been here.
func makeNewer(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
}

func TestOpen_ANewerOutboxIsNotTouched(t *testing.T) {
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	makeNewer(t, dir)
	if _, err := outbox.Open(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrNewerSchema) {
		t.Errorf("opened what a newer version wrote: %v", err)
	}
}

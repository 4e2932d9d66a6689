package outbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

func TestSubmit_KeepsTheMessageAcrossReopening(t *testing.T) {
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	d := draftTo("ana@example.org", `"Kim; Lee" <kim@example.com>`)
	d.Bcc = "boss@example.net"
	id := submit(t, b, d, outbox.SubmitOptions{})
	before := message(t, b, id)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	b = open(t, dir)
	item := get(t, b, id)
	if item.State != outbox.StateWaiting || item.Account != "work" || item.Subject != d.Subject || !item.HasDraft {
		t.Errorf("item %+v", item)
	}
	if len(item.To) != 2 || item.To[0] != "ana@example.org" || item.Bcc[0] != "boss@example.net" {
		t.Errorf("to %q bcc %q", item.To, item.Bcc)
	}
	if got := states(item); len(got) != 3 || got["boss@example.net"] != "waiting" {
		t.Errorf("recipients %v", got)
	}
	if after := message(t, b, id); after != before {
		t.Error("the bytes changed")
	}
	if strings.Contains(before, "boss@") || !strings.Contains(before, item.MessageID) {
		t.Errorf("Bcc or another Message-ID in\n%s", before)
	}
}

func TestSubmit_PutsALargeMessageInAFile(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	big := filepath.Join(t.TempDir(), "big.bin")
	if err := os.WriteFile(big, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	d := draftTo("ana@example.org")
	d.Attachments = []compose.Attachment{{Path: big}}
	var told int64
	id := submit(t, b, d, outbox.SubmitOptions{Progress: func(done int64) { told = done }})
	item := get(t, b, id)
	if item.Size < 4<<20 || told < 3<<20 || told > item.Size {
		t.Errorf("size %d, told %d", item.Size, told)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil || len(entries) != 1 || len(entries[0].Name()) != 64 {
		t.Fatalf("content files %v, %v", entries, err)
	}
	if info, _ := entries[0].Info(); info.Mode().Perm() != 0o600 || info.Size() != item.Size {
		t.Errorf("%v, %d octets", info.Mode(), info.Size())
	}
	if got := message(t, b, id); int64(len(got)) != item.Size {
		t.Errorf("%d octets come back", len(got))
	}
}

func TestSubmit_LeavesNothingBehindAfterAnError(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	big := filepath.Join(t.TempDir(), "big.bin")
	if err := os.WriteFile(big, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	d := draftTo("ana@example.org")
	d.Attachments = []compose.Attachment{{Path: big}, {Path: filepath.Join(t.TempDir(), "missing")}}
	saved, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Submit(t.Context(), d, outbox.SubmitOptions{Draft: saved}); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Join(dir, "files")); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	if item := get(t, b, saved.ID); item.State != outbox.StateDraft {
		t.Errorf("the draft is %s now", item.State)
	}
}

func TestSubmit_TheSameKeyQueuesOnce(t *testing.T) {
	b := open(t, t.TempDir())
	first := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Key: "invoice-1043"})
	again := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Key: "invoice-1043"})
	other := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Key: "invoice-1044"})
	if again != first || other == first {
		t.Errorf("queued as %s, %s and %s", first, again, other)
	}
	if items, err := b.List(t.Context(), outbox.Query{}); err != nil || len(items) != 2 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestSubmit_ADraftKeepsItsIDAndIsADraftNoMore(t *testing.T) {
	b := open(t, t.TempDir())
	d := draftTo("ana@example.org")
	saved, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, d)
	if err != nil {
		t.Fatal(err)
	}
	if got := submit(t, b, d, outbox.SubmitOptions{Draft: saved}); got != saved.ID {
		t.Errorf("queued as %s, was draft %s", got, saved.ID)
	}
	if _, err := b.SaveDraft(t.Context(), saved, d); !errors.Is(err, outbox.ErrNotDraft) {
		t.Errorf("a late autosave: %v, want ErrNotDraft", err)
	}
	if _, err := b.Submit(t.Context(), d, outbox.SubmitOptions{Draft: saved}); !errors.Is(err, outbox.ErrNotDraft) {
		t.Errorf("sent a second time: %v, want ErrNotDraft", err)
	}
}

func TestTakeBack_MakesItTheDraftItWas(t *testing.T) {
	b := open(t, t.TempDir())
	d := draftTo("ana@example.org")
	id := submit(t, b, d, outbox.SubmitOptions{NotBefore: time.Now().Add(time.Minute)})
	if item := get(t, b, id); item.State != outbox.StateScheduled {
		t.Fatalf("in its undo window it is %s", item.State)
	}
	if err := b.TakeBack(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	got, err := b.Draft(t.Context(), id)
	if err != nil || got.To != d.To || got.Body != d.Body {
		t.Errorf("%+v, %v", got, err)
	}
	if item := get(t, b, id); item.State != outbox.StateDraft || len(item.Recipients) != 0 {
		t.Errorf("it is %s with %d recipients", item.State, len(item.Recipients))
	}
	if _, err := b.Message(t.Context(), id); !errors.Is(err, outbox.ErrNotFound) {
		t.Errorf("its message: %v", err)
	}
	submit(t, b, got, outbox.SubmitOptions{Draft: outbox.DraftRef{ID: id}})
}

func TestDraft_KeepsWhatIsNotAnAddressYet(t *testing.T) {
	b := open(t, t.TempDir())
	saved, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, compose.Draft{To: "ana@", Subject: "a\x1b]2;title\x07b", Body: "text\r\n\tkept"})
	if err != nil {
		t.Fatal(err)
	}
	item := get(t, b, saved.ID)
	if item.To[0] != "ana@" || strings.ContainsAny(item.Subject, "\x1b\x07") {
		t.Errorf("listed as to %q, subject %q", item.To, item.Subject)
	}
	if d, err := b.Draft(t.Context(), saved.ID); err != nil || d.Subject != "a\x1b]2;title\x07b" || d.Body != "text\r\n\tkept" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestList_FiltersAndPages(t *testing.T) {
	b := open(t, t.TempDir())
	first := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	d := draftTo("kim@example.com")
	d.Subject, d.Account = "100% sure", "home"
	second := submit(t, b, d, outbox.SubmitOptions{Hold: true})
	third := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
	for _, c := range []struct {
		name string
		q    outbox.Query
		want []outbox.ID
	}{
		{"all, newest first", outbox.Query{}, []outbox.ID{third, second, first}},
		{"waiting is not scheduled", outbox.Query{States: []outbox.State{outbox.StateWaiting}}, []outbox.ID{first}},
		{"scheduled or held", outbox.Query{States: []outbox.State{outbox.StateScheduled, outbox.StateHeld}}, []outbox.ID{third, second}},
		{"account", outbox.Query{Account: "home"}, []outbox.ID{second}},
		{"search by address", outbox.Query{Search: "ANA figures"}, []outbox.ID{third, first}},
		{"a percent sign is a percent sign", outbox.Query{Search: "%"}, []outbox.ID{second}},
		{"page", outbox.Query{Limit: 1, Before: third}, []outbox.ID{second}},
	} {
		items, err := b.List(t.Context(), c.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []outbox.ID
		for _, i := range items {
			got = append(got, i.ID)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	}
	counts, err := b.Counts(t.Context())
	if err != nil || counts[outbox.StateWaiting] != 1 || counts[outbox.StateScheduled] != 1 || counts[outbox.StateHeld] != 1 {
		t.Errorf("counts %v, %v", counts, err)
	}
}

func TestFind(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	if got, err := b.Find(t.Context(), "a"); err != nil || got != id {
		t.Errorf("the only one: %s, %v", got, err)
	}
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	for typed, want := range map[string]error{"a": outbox.ErrAmbiguous, "b1": outbox.ErrNotFound, "hello": outbox.ErrBadID, "a2": nil} {
		if _, err := b.Find(t.Context(), typed); !errors.Is(err, want) {
			t.Errorf("Find(%q): %v, want %v", typed, err, want)
		}
	}
}

func TestOpen_RefusesADirectoryOthersCanWrite(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Open(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrUnsafeDir) {
		t.Errorf("got %v", err)
	}
}

func TestOpen_KeepsEverythingToItsOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	b := open(t, dir)
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpen_NamesADamagedDatabase(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "outbox.db"), []byte(strings.Repeat("not a database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Open(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

func TestWatch_TellsOfAnotherConnectionsCommit(t *testing.T) {
	dir := t.TempDir()
	mine, other := open(t, dir), open(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	changed := mine.Watch(ctx)
	<-changed // the first look is always news
	submit(t, other, draftTo("ana@example.org"), outbox.SubmitOptions{})
	if _, open := <-changed; !open {
		t.Fatal("no word of it within ten seconds")
	}
}

func TestLeave_WhatWasCommittedIsThereForTheNext(t *testing.T) {
	dir := t.TempDir()
	for range 60 { // long enough that the log is cut back on the way
		b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		if err := b.Leave(); err != nil {
			t.Fatal(err)
		}
		if _, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, draftTo("ana@example.org")); err == nil {
			t.Fatal("it takes changes after Leave")
		}
	}
	info, err := os.Stat(filepath.Join(dir, "outbox.db-wal"))
	if err == nil && info.Size() > 4<<20 {
		t.Errorf("the log has grown to %d bytes", info.Size())
	}
	b := open(t, dir)
	if items, err := b.List(t.Context(), outbox.Query{}); err != nil || len(items) != 60 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestSubmit_EndsWithItsContext(t *testing.T) {
	b := open(t, t.TempDir())
	big := filepath.Join(t.TempDir(), "big.bin")
	if err := os.WriteFile(big, make([]byte, 8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	d := draftTo("ana@example.org")
	d.Attachments = []compose.Attachment{{Path: big}}
	ctx, stop := context.WithCancel(t.Context())
	var told int64
	_, err := b.Submit(ctx, d, outbox.SubmitOptions{Progress: func(done int64) { told = done; stop() }})
	if !errors.Is(err, context.Canceled) || told > 2<<20 {
		t.Errorf("stopped after %d octets with %v", told, err)
	}
}

func TestTakeBack_ToleratesTriesThatNobodyCanHave(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	refused := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		return answer(outbox.ClassNetwork, 0, "cannot reach the server")
	}}
	flush(t, sender(b, refused, policies(1)))
	if item := get(t, b, id); item.Marked {
		t.Fatal("marked without a dot")
	}
	if err := b.TakeBack(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	again := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Draft: outbox.DraftRef{ID: id}, Undo: time.Minute})
	if item := get(t, b, again); !item.Undo || item.State != outbox.StateScheduled || time.Until(item.NotBefore) > time.Minute {
		t.Errorf("%+v", item)
	}
	if attempts, err := b.Attempts(t.Context(), id); err != nil || len(attempts) != 0 {
		t.Errorf("%d attempts of the message that is no more, %v", len(attempts), err)
	}
	if err := b.Release(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	if err := b.TakeBack(t.Context(), id); !errors.Is(err, outbox.ErrTransition) {
		t.Errorf("taken back after it was sent: %v", err)
	}
}

func TestSaveDraft_WhatSomebodyElseHasSavedIsNotOverwritten(t *testing.T) {
	b := open(t, t.TempDir())
	mine, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, draftTo("ana@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	_, theirs, err := b.OpenDraft(t.Context(), mine.ID)
	if err != nil || theirs != mine {
		t.Fatalf("opened as %+v, %v; saved as %+v", theirs, err, mine)
	}
	if mine, err = b.SaveDraft(t.Context(), mine, draftTo("ben@example.org")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SaveDraft(t.Context(), theirs, draftTo("kim@example.org")); !errors.Is(err, outbox.ErrChanged) {
		t.Errorf("saved over what the other one had saved: %v", err)
	}
	if _, err := b.Submit(t.Context(), draftTo("kim@example.org"), outbox.SubmitOptions{Draft: theirs}); !errors.Is(err, outbox.ErrChanged) {
		t.Errorf("sent in place of what the other one had saved: %v", err)
	}
	if d, err := b.Draft(t.Context(), mine.ID); err != nil || d.To != "ben@example.org" {
		t.Errorf("it is to %s now, %v", d.To, err)
	}
}

// What is built depends on settings, and is built again for a copy.
func TestSubmit_KeepsWhatTheHabitsDecided(t *testing.T) {
	old := time.Local
	t.Cleanup(func() { time.Local = old })
	time.Local = time.FixedZone("far", 5*3600+1800)
	dir := t.TempDir()
	openFor := func(h compose.Habits) *outbox.Outbox {
		b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir, Habits: h})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := openFor(compose.Habits{Style: compose.StyleMarkdown, Flowed: true, LocalDate: true})
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	first := message(t, b, id)
	if !strings.Contains(first, "text/html") || !strings.Contains(first, "format=flowed") || !strings.HasSuffix(header(t, b, id, "Date"), " +0530") {
		t.Errorf("the habits do not show in\n%s", first)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	b = openFor(compose.Habits{Style: compose.StylePlain})
	defer b.Close()
	d, err := b.Draft(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if again := message(t, b, submit(t, b, d, outbox.SubmitOptions{})); again != first {
		t.Errorf("an unchanged copy is\n%s", again)
	}
	fresh := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	if text := message(t, b, fresh); strings.Contains(text, "text/html") || !strings.HasSuffix(header(t, b, fresh, "Date"), " +0000") {
		t.Errorf("the old habits show in\n%s", text)
	}
}

// A draft from before there was anything but plain text names no style, and an
// unchanged copy is still the same message.
func TestSubmit_ACopyOfAnOlderMessageKeepsItsMessageID(t *testing.T) {
	b := open(t, t.TempDir())
	d := draftTo("ana@example.org")
	d.Body, d.Style = "A **bold** word.\n", compose.StylePlain
	id := submit(t, b, d, outbox.SubmitOptions{})
	d.Style, d.CopyOf = "", id.String()
	if same := submit(t, b, d, outbox.SubmitOptions{}); get(t, b, same).MessageID != get(t, b, id).MessageID {
		t.Error("an unchanged copy is another message")
	}
	d.Body += "More.\n"
	if text := message(t, b, submit(t, b, d, outbox.SubmitOptions{})); !strings.Contains(text, "<strong>bold</strong>") {
		t.Errorf("a changed copy is\n%s", text)
	}
}

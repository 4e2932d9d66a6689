package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/internal/lease"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// busyOutbox makes an outbox with messages in many states, and gives what
// stands in it. Its recipients are the keys.
func busyOutbox(t *testing.T, dir string) (transport *outboxtest.Transport, want map[string]outbox.Item) {
	t.Helper()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for n := range 12 {
		submit(t, b, draftTo(fmt.Sprintf("sent%d@example.org", n)), outbox.SubmitOptions{})
	}
	submit(t, b, largeDraft(t), outbox.SubmitOptions{})
	transport = &outboxtest.Transport{}
	flush(t, sender(b, transport, policies(1)))
	for n := range 12 {
		submit(t, b, draftTo(fmt.Sprintf("wait%d@example.org", n), fmt.Sprintf("also%d@example.org", n)), outbox.SubmitOptions{})
	}
	large := largeDraft(t)
	large.To = "large@example.org"
	submit(t, b, large, outbox.SubmitOptions{})
	submit(t, b, draftTo("held@example.org"), outbox.SubmitOptions{Hold: true})
	submit(t, b, draftTo("later@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
	if _, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, draftTo("draft@example.org")); err != nil {
		t.Fatal(err)
	}
	return transport, byRecipient(t, b)
}

func byRecipient(t *testing.T, b *outbox.Outbox) map[string]outbox.Item {
	t.Helper()
	items, err := b.List(t.Context(), outbox.Query{WithRecipients: true})
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]outbox.Item)
	for _, item := range items {
		if len(item.To) > 0 {
			all[item.To[0]] = item
		}
	}
	return all
}

func databaseOf(dir string) string { return filepath.Join(dir, "outbox.db") }

// copyOutbox copies what stands in a directory, as it is.
func copyOutbox(t *testing.T, from string) (to string) {
	t.Helper()
	to = t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Chmod(path, 0o600)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return to
}

func change(t *testing.T, path string, f func(data []byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rebuild(t *testing.T, dir string) outbox.Rebuilt {
	t.Helper()
	done, err := outbox.Rebuild(t.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatalf("rebuild: %v", err)
	}
	return done
}

// checkSound fails for whatever Check finds but what was known before: content
// that is gone stays gone.
func checkSound(t *testing.T, b *outbox.Outbox) {
	t.Helper()
	found, err := b.Check(t.Context(), outbox.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		if !d.Kind.Harmless() && d.Kind != outbox.DamagedContent {
			t.Errorf("after the rebuild: %s of %s: %s", d.Kind, d.Item, d.Text)
		}
	}
}

// survive rebuilds a damaged outbox and proves the promises: it is sound, what
// was sent is not sent again, and nothing is there that was not before. It gives
// what is left.
func survive(t *testing.T, dir string, before *outboxtest.Transport, want map[string]outbox.Item) (done outbox.Rebuilt, left map[string]outbox.Item) {
	t.Helper()
	done = rebuild(t, dir)
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatalf("open after the rebuild: %v", err)
	}
	defer b.Close()
	if done.Kept != "" {
		checkSound(t, b)
	}
	left = byRecipient(t, b)
	apart := make(map[outbox.ID]bool)
	for _, d := range done.Apart {
		apart[d.Item] = true
	}
	for name, item := range left {
		if item.State != want[name].State && item.Reason == "" && !apart[item.ID] && want[name].State != 0 {
			t.Errorf("%s was %s and is %s, and nobody was told why", name, want[name].State, item.State)
		}
		was, known := want[name]
		// A byte may have become that of another state: no harm but to the truth.
		if quiet := []outbox.State{was.State, outbox.StateHeld, outbox.StateUncertain, outbox.StateDraft, outbox.StateBounced}; known && !slices.Contains(quiet, item.State) {
			t.Errorf("%s was %s and is %s: %s", name, was.State, item.State, item.Reason)
		}
	}
	transport := &outboxtest.Transport{}
	flush(t, sender(b, transport, policies(1)))
	sent := before.Copies()
	for c, n := range transport.Copies() {
		if sent[c] > 0 || n > 1 {
			t.Errorf("%s got %s again", c.Recipient, c.Item)
		}
	}
	if done.Kept != "" {
		checkSound(t, b)
	}
	return done, left
}

func same(t *testing.T, left, want map[string]outbox.Item) {
	t.Helper()
	for name, was := range want {
		if item, there := left[name]; !there || item.State != was.State || item.ID != was.ID || len(item.Recipients) != len(was.Recipients) {
			t.Errorf("%s was %s %s with %d recipients and is %s %s with %d: %s", name, was.ID, was.State, len(was.Recipients), item.ID, item.State, len(item.Recipients), item.Reason)
		}
	}
}

func TestRebuild_ASoundOutboxStaysAsItIs(t *testing.T) {
	dir := t.TempDir()
	transport, want := busyOutbox(t, dir)
	before, err := os.Stat(databaseOf(dir))
	if err != nil {
		t.Fatal(err)
	}
	done, left := survive(t, dir, transport, want)
	after, err := os.Stat(databaseOf(dir))
	if err != nil || !os.SameFile(before, after) || done.Kept != "" || done.Mended != 0 || done.Items+done.Drafts != len(want) {
		t.Errorf("%v, %+v", err, done)
	}
	same(t, left, want)
}

func TestRebuild_NoDatabaseAtAll(t *testing.T) {
	sound := t.TempDir()
	transport, want := busyOutbox(t, sound)
	for name, damage := range map[string]func(path string) error{
		"empty": func(path string) error { return os.Truncate(path, 0) },
		"text":  func(path string) error { return os.WriteFile(path, []byte("Dear diary,\n"), 0o600) },
		"gone":  os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyOutbox(t, sound)
			if err := damage(databaseOf(dir)); err != nil {
				t.Fatal(err)
			}
			if _, err := outbox.Open(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrCorrupt) {
				t.Errorf("it opened: %v", err)
			}
			done, left := survive(t, dir, transport, want)
			large, there := left["large@example.org"]
			if done.Revived != 2 || !there || large.State != outbox.StateHeld || !strings.Contains(large.Reason, "may have been sent") {
				t.Errorf("%+v; the large one is %+v", done, large)
			}
		})
	}
}

func TestRebuild_NotBesideASender(t *testing.T) {
	dir := t.TempDir()
	busyOutbox(t, dir)
	change(t, databaseOf(dir), func(data []byte) []byte { clear(data[:100]); return data })
	held, err := lease.Take(filepath.Join(dir, "sender.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	if _, err := outbox.Rebuild(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrSenderRuns) {
		t.Errorf("%v", err)
	}
}

func TestRebuild_NotWhileAnybodyHasItOpen(t *testing.T) {
	dir := t.TempDir()
	busyOutbox(t, dir)
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(data []byte) []byte { clear(data[:4096]); return data }
	change(t, databaseOf(dir), damaged)
	if _, err := outbox.Rebuild(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrLocked) {
		t.Errorf("%v", err)
	}
	if paths, err := filepath.Glob(filepath.Join(dir, "outbox-damaged-*")); err != nil || len(paths) > 0 {
		t.Errorf("it was replaced under an open connection: %v, %v", paths, err)
	}
	if err := b.Close(); err != nil {
		t.Logf("close: %v", err) // what it finds damaged it may say
	}
	if done := rebuild(t, dir); done.Kept == "" {
		t.Errorf("%+v", done)
	}
}

// A command that began while the database was being replaced must not go on in
// the old one.
func TestOpen_WaitsForARebuild(t *testing.T) {
	dir := t.TempDir()
	transport, want := busyOutbox(t, dir)
	change(t, databaseOf(dir), func(data []byte) []byte { clear(data[:4096]); return data })
	opened := make(chan error)
	stop := make(chan struct{})
	go func() {
		defer close(opened)
		for {
			b, err := outbox.Open(context.Background(), outbox.Options{Dir: dir})
			switch {
			case err == nil:
				err = b.Close()
			case errors.Is(err, outbox.ErrCorrupt) || errors.Is(err, outbox.ErrLocked):
				err = nil
			}
			if err != nil {
				opened <- err
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	for range 20 {
		if _, err := outbox.Rebuild(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrLocked) && err != nil {
			t.Error(err)
		}
	}
	close(stop)
	for err := range opened {
		t.Errorf("open: %v", err)
	}
	survive(t, dir, transport, want)
}

func TestRebuild_OfAnOlderSchema(t *testing.T) {
	for name, prepare := range map[string]func(dir string){
		"as it was": func(string) {},
		"brought up to date": func(dir string) {
			b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
			if err == nil {
				err = b.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, schema := range olderSchemas {
			t.Run(schema+" "+name, func(t *testing.T) {
				dir := golden(t, schema)
				prepare(dir)
				change(t, databaseOf(dir), func(data []byte) []byte { clear(data[:100]); return data })
				if done := rebuild(t, dir); done.Items+done.Drafts != 9 {
					t.Errorf("%+v", done)
				}
				b := open(t, dir)
				checkSound(t, b)
				if schema >= "schema5" {
					checkWishes(t, b)
				}
			})
		}
	}
}

// What was sent does not become due because one of two records of it is wrong.
func TestRebuild_DoesNotMakeSentMailDue(t *testing.T) {
	dir := t.TempDir()
	transport, want := busyOutbox(t, dir)
	query(t, dir, "UPDATE recipients SET state = 1, class = 0 WHERE address = 'sent3@example.org'")
	done, left := survive(t, dir, transport, want)
	if item := left["sent3@example.org"]; item.State != outbox.StateHeld || done.Kept != "" || len(done.Apart) != 1 || done.Mended != 1 {
		t.Errorf("%s: %s; %+v", item.State, item.Reason, done)
	}
}

func TestRebuild_DefinitionsThatAreNotOurs(t *testing.T) {
	sound := t.TempDir()
	transport, want := busyOutbox(t, sound)
	for name, text := range map[string]string{
		"a column":  "ALTER TABLE recipients RENAME COLUMN waited TO waitee",
		"an index":  "DROP INDEX items_due",
		"a table":   "DROP TABLE parks",
		"no schema": "PRAGMA user_version = -7",
		"none such": "PRAGMA user_version = 64770",
		"the first": "PRAGMA user_version = 1",
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyOutbox(t, sound)
			query(t, dir, text)
			surviveOpening(t, dir)
			done, left := survive(t, dir, transport, want)
			if done.Kept == "" {
				t.Errorf("%+v", done)
			}
			same(t, left, want)
		})
	}
}

func TestRebuild_NotOfANewerSchema(t *testing.T) {
	dir := t.TempDir()
	busyOutbox(t, dir)
	makeNewer(t, dir)
	change(t, databaseOf(dir), func(data []byte) []byte { clear(data[4096:20000]); return data })
	if _, err := outbox.Rebuild(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrNewerSchema) {
		t.Errorf("%v", err)
	}
}

// What only the journal of a dead sender knows outlasts a rebuild of the database
// beside it.
func TestRebuild_TheJournalCounts(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	submitMany(t, b, 8)
	var marked []outbox.ID
	tried := 0
	transport := &chained{marked: func(d outbox.Delivery) {
		before := slices.Clone(marked)
		marked = append(marked, d.Item)
		if _, err := os.Stat(filepath.Join(dir, "outbox.journal")); err != nil {
			return
		}
		tried++
		killed := copyOutbox(t, dir)
		whole, err := outbox.Open(t.Context(), outbox.Options{Dir: killed})
		if err != nil {
			t.Fatal(err)
		}
		if err := whole.Close(); err != nil { // which brings SQLite's log into the database
			t.Fatal(err)
		}
		change(t, databaseOf(killed), func(data []byte) []byte { clear(data[:4096]); return data })
		if done := rebuild(t, killed); done.Kept == "" {
			t.Errorf("nothing was rebuilt: %+v", done)
		}
		rebuilt := open(t, killed)
		again := &outboxtest.Transport{}
		flush(t, sender(rebuilt, again, policies(1)))
		for _, id := range before {
			if s := get(t, rebuilt, id).State; s != outbox.StateSent {
				t.Errorf("%s is marked, and %s is %s", d.Item, id, s)
			}
		}
		for c := range again.Copies() {
			if slices.Contains(marked, c.Item) {
				t.Errorf("%s is sent again", c.Item)
			}
		}
	}}
	if o := flush(t, sender(b, transport, policies(1))); o.Sent != 8 || tried < 2 {
		t.Errorf("%+v, %d rebuilds", o, tried)
	}
}

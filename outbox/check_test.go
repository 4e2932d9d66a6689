package outbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// litter puts things into the directory of content files that are old enough to
// be looked at.
func litter(t *testing.T, dir string) (files string) {
	t.Helper()
	files = filepath.Join(dir, "files")
	old := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{"notes.txt", ".spool-123", strings.Repeat("ab", 32)} {
		path := filepath.Join(files, name)
		if err := errors.Join(os.MkdirAll(files, 0o700), os.WriteFile(path, []byte("x"), 0o600), os.Chtimes(path, old, old)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(files, "folder"), 0o700), os.Symlink("/dev/zero", filepath.Join(files, "link"))); err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCheck_FindsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	busyOutbox(t, dir)
	litter(t, dir)
	query(t, dir, "UPDATE items SET state = 12 WHERE state = 3")
	query(t, dir, "UPDATE counts SET n = n + 5 WHERE state = 6")
	query(t, dir, "UPDATE recipients SET state = 2 WHERE address = 'wait1@example.org'")
	query(t, dir, "UPDATE drafts SET json = '{' WHERE item_id IN (SELECT id FROM items WHERE draft = 1)")
	query(t, dir, "DELETE FROM recipients WHERE address = 'later@example.org'")
	query(t, dir, "UPDATE bodies SET data = x'00' WHERE item_id = 3")
	b := open(t, dir)
	var kinds []string
	found, err := b.Check(t.Context(), outbox.CheckOptions{})
	for _, d := range found {
		kinds = append(kinds, d.Kind.String())
	}
	slices.Sort(kinds)
	want := []string{"attempt", "content", "counts", "draft", "recipients", "state", "strange file", "strange file", "stray file", "stray file", "stray file"}
	if err != nil || !slices.Equal(kinds, want) {
		t.Errorf("found %q, %v; want %q\n%+v", kinds, err, want, found)
	}
	quick, err := b.Check(t.Context(), outbox.CheckOptions{Quick: true})
	if err != nil || len(quick) != len(found) {
		t.Errorf("a quick look finds %d, %v", len(quick), err)
	}
}

func TestSender_LeavesAloneWhatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	files := litter(t, dir)
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	var left []string
	entries, err := os.ReadDir(files)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"folder", "link", "notes.txt"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left are %q, %v; want %q", left, err, want)
	}
}

// A damaged row is shown as it is, and hides no other.
func TestList_ShowsWhatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	busyOutbox(t, dir)
	query(t, dir, "UPDATE items SET to_list = '[\"x' WHERE id = 2")
	query(t, dir, "UPDATE recipients SET state = 77 WHERE item_id = 3")
	b := open(t, dir)
	items, err := b.List(t.Context(), outbox.Query{WithRecipients: true})
	if err != nil || len(items) != 29 {
		t.Errorf("%d items, %v", len(items), err)
	}
	if found, err := b.Check(t.Context(), outbox.CheckOptions{}); err != nil || len(found) != 1 || found[0].Item != 3 {
		t.Errorf("found %+v, %v", found, err)
	}
}

// Looking beside a sender finds nothing that is only on its way.
func TestCheck_BesideASender(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	const messages = 60
	working := make(chan struct{})
	go func() {
		defer close(working)
		s := sender(b, &outboxtest.Transport{}, policies(4))
		for n := range messages {
			d := draftTo(fmt.Sprintf("r%d@example.org", n))
			d.Body = strings.Repeat("A line of sixty-four octets, so that the log has to begin anew.\n", 3500)
			if _, err := b.Submit(t.Context(), d, outbox.SubmitOptions{}); err != nil {
				t.Error(err)
			}
			if n%20 == 19 {
				if _, err := s.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	for done := false; !done; {
		select {
		case <-working:
			done = true
		default:
		}
		found, err := b.Check(t.Context(), outbox.CheckOptions{Quick: true})
		if err != nil || len(found) > 0 {
			t.Fatalf("found %+v, %v", found, err)
		}
		if found, err := outbox.CheckFiles(dir); err != nil || len(found) > 0 {
			t.Fatalf("found %+v, %v", found, err)
		}
	}
}

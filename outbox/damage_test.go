package outbox_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// theContentFile is the path of the only one.
func theContentFile(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "files", "*"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("content files %v, %v", paths, err)
	}
	return paths[0]
}

// What is damaged is shown and set apart, and the rest goes on.
func TestSender_SetsApartWhatIsDamaged(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"gone": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
		"cut off": func(t *testing.T, path string) {
			if err := os.Truncate(path, 1000); err != nil {
				t.Fatal(err)
			}
		},
		"one bit": func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)/2] ^= 1
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"a pipe in its place": func(t *testing.T, path string) {
			if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
				t.Fatal(err)
			}
		},
		"longer": func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString("more"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := open(t, dir)
			id := submit(t, b, largeDraft(t), outbox.SubmitOptions{})
			damage(t, theContentFile(t, dir))
			good := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
			transport := &outboxtest.Transport{}
			flush(t, sender(b, transport, policies(1)))
			item := get(t, b, id)
			if item.State != outbox.StateFailed || !strings.Contains(item.Reason, "damaged") {
				t.Errorf("%s: %s", item.State, item.Reason)
			}
			if n := len(transport.Copies()); n != 1 || get(t, b, good).State != outbox.StateSent {
				t.Errorf("%d copies arrived, the other one is %s", n, get(t, b, good).State)
			}
		})
	}
}

// query changes a database behind the back of its outbox, which is closed.
func query(t *testing.T, dir, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}

func TestSender_SetsApartATextThatWasChangedInTheDatabase(t *testing.T) {
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	b.Close()
	query(t, dir, "UPDATE bodies SET data = CAST(replace(CAST(data AS TEXT), 'figures', 'figurez') AS BLOB)")
	b = open(t, dir)
	transport := &outboxtest.Transport{}
	flush(t, sender(b, transport, policies(1)))
	if item := get(t, b, id); item.State != outbox.StateFailed || len(transport.Copies()) != 0 {
		t.Errorf("%s: %s", item.State, item.Reason)
	}
}

func TestWrites_ANewerProgramHasBeenHereMeanwhile(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	makeNewer(t, dir)
	if _, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, draftTo("ben@example.org")); !errors.Is(err, outbox.ErrNewerSchema) {
		t.Errorf("a draft was written into what a newer version made: %v", err)
	}
	transport := &outboxtest.Transport{}
	if err := sender(b, transport, policies(1)).Run(t.Context()); !errors.Is(err, outbox.ErrNewerSchema) {
		t.Errorf("the sender ends with %v", err)
	}
	if n := len(transport.Copies()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// What is none of ours stays as it is: the sweep neither follows it, nor waits
// for it, nor ends at it.
func TestH10_AlienFilesInTheOutbox(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	id := submit(t, b, largeDraft(t), outbox.SubmitOptions{})
	files, outside := filepath.Join(dir, "files"), filepath.Join(t.TempDir(), "outside")
	old := time.Now().Add(-48 * time.Hour)
	stray := filepath.Join(files, strings.Repeat("f", 64)) // behind all the others
	spool := filepath.Join(files, ".spool-dead")
	aliens := []string{"a note.txt", "dir/full", "pipe", "link", strings.Repeat("e", 64)}
	err := errors.Join(
		os.WriteFile(outside, nil, 0o600), os.WriteFile(stray, nil, 0o600), os.WriteFile(spool, nil, 0o600),
		os.WriteFile(filepath.Join(files, aliens[0]), nil, 0o600), os.MkdirAll(filepath.Join(files, aliens[1]), 0o700),
		syscall.Mkfifo(filepath.Join(files, aliens[2]), 0o600), os.Symlink(outside, filepath.Join(files, aliens[3])),
		os.Symlink(outside, filepath.Join(files, aliens[4])),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
	)
	for _, name := range []string{stray, spool, outside, filepath.Join(files, aliens[0]), filepath.Join(files, "dir"), filepath.Join(files, aliens[2])} {
		err = errors.Join(err, os.Chtimes(name, old, old))
	}
	if err != nil {
		t.Fatal(err)
	}
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	if state := get(t, b, id).State; state != outbox.StateSent {
		t.Errorf("the message is %s", state)
	}
	for _, name := range aliens {
		if _, err := os.Lstat(filepath.Join(files, name)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{stray, spool} {
		if _, err := os.Lstat(name); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

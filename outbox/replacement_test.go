package outbox

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/internal/sqlitefile"
)

// A rebuild that is killed leaves the old outbox or the new one, with all that
// was in SQLite's log.
func TestReplacement_KilledAfterEveryStep(t *testing.T) {
	live := t.TempDir()
	b, err := Open(t.Context(), Options{Dir: live})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for n := range 5 {
		d := compose.Draft{Account: "work", From: "ada@example.org", To: fmt.Sprintf("r%d@example.org", n), Subject: "s", Body: "b\n"}
		if _, err := b.Submit(t.Context(), d, SubmitOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for killed := range 7 {
		dir := t.TempDir()
		for _, name := range []string{databaseName, logName} {
			data, err := os.ReadFile(filepath.Join(live, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		r := replace(t, dir, killed)
		left, err := Open(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatalf("killed after %d steps: %v", killed, err)
		}
		items, err := left.List(t.Context(), Query{WithRecipients: true})
		if err != nil || len(items) != 5 || items[0].State != StateWaiting {
			t.Errorf("killed after %d steps: %d items, %v", killed, len(items), err)
		}
		if found, err := left.Check(t.Context(), CheckOptions{}); err != nil || len(found) > 0 {
			t.Errorf("killed after %d steps: %+v, %v", killed, found, err)
		}
		if err := left.Close(); err != nil {
			t.Error(err)
		}
		if _, err := Rebuild(t.Context(), Options{Dir: dir}); err != nil {
			t.Errorf("again after %d steps: %v", killed, err)
		}
		if info, err := os.Stat(r.kept); killed > 0 && (err != nil || info.Mode().Perm() != filePermissions) {
			t.Errorf("the old database is not kept: %v", err)
		}
	}
}

// replace takes so many steps of a replacement.
func replace(t *testing.T, dir string, steps int) *replacement {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, databaseName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	old, err := sqlitefile.Open(file, filepath.Join(dir, logName))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	r := &replacement{dir: dir, file: file, old: old, now: time.Now()}
	if _, err := r.make(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, step := range r.steps()[:min(steps, len(r.steps()))] {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

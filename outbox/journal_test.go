package outbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// put writes a record into a journal.
func (g *journal) put(t *testing.T, r record) error {
	t.Helper()
	return g.wait(t.Context(), appendRecord(nil, r))
}

// attemptsIn are the attempts of the records that the next process finds.
func attemptsIn(t *testing.T, dir string) (all []int64) {
	t.Helper()
	records, err := readJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		all = append(all, r.attempt)
	}
	return all
}

func TestJournal_KeepsWhatManyBringTogether(t *testing.T) {
	dir := t.TempDir()
	g := newJournal(dir)
	if got := attemptsIn(t, dir); len(got) != 0 {
		t.Errorf("without a journal there is %v", got)
	}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if err := g.put(t, record{kind: recordMark, attempt: int64(i), at: time.Now()}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := make(map[int64]bool)
	for _, attempt := range attemptsIn(t, dir) {
		seen[attempt] = true
	}
	if len(seen) != 200 {
		t.Errorf("%d of 200 are there", len(seen))
	}
	info, err := os.Stat(g.path)
	if err != nil || info.Mode().Perm() != filePermissions {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := g.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(g.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after it was removed: %v", err)
	}
}

// It is written over from its beginning; what is left of before is behind the end,
// or old.
func TestJournal_BeginsAnewWhenItIsLong(t *testing.T) {
	dir := t.TempDir()
	g := newJournal(dir)
	r := record{kind: recordEnd, attempt: 1, report: Report{Dialogue: strings.Repeat("x", 60<<10)}}
	for !g.full() {
		if err := g.put(t, r); err != nil {
			t.Fatal(err)
		}
	}
	failure := errors.New("it cannot be settled")
	if err := g.beginAnew(func() error { return failure }); !errors.Is(err, failure) || !g.full() {
		t.Errorf("a journal that the database has not followed is begun anew: %v", err)
	}
	if err := g.beginAnew(func() error { return nil }); err != nil || g.full() {
		t.Error(err)
	}
	if err := g.put(t, record{kind: recordMark, attempt: 2}); err != nil {
		t.Fatal(err)
	}
	if got := attemptsIn(t, dir); len(got) != 1 || got[0] != 2 {
		t.Errorf("it has %v", got)
	}
}

// While nothing of it comes into the database, it takes no more than is read back.
func TestJournal_IsNeverLongerThanWhatIsRead(t *testing.T) {
	dir := t.TempDir()
	g := newJournal(dir)
	r := record{kind: recordEnd, attempt: 1, report: Report{Dialogue: strings.Repeat("x", 900<<10)}}
	taken := 0
	for g.put(t, r) == nil {
		taken++
	}
	if got := attemptsIn(t, dir); len(got) != taken || taken < 7 {
		t.Errorf("%d records were taken and %d are read", taken, len(got))
	}
}

// What could not be synced is not there for the next process, though it was
// written; and what was there before is.
func TestJournal_AFailedSyncIsNotBelieved(t *testing.T) {
	dir := t.TempDir()
	g := newJournal(dir)
	if err := g.put(t, record{kind: recordMark, attempt: 1}); err != nil {
		t.Fatal(err)
	}
	failing := true
	g.sync = func(file *os.File) error {
		if failing {
			return errors.New("the disk failed")
		}
		return syncData(file)
	}
	if err := g.put(t, record{kind: recordMark, attempt: 2}); err == nil {
		t.Error("it says that it is on the disk")
	}
	failing = false
	if err := g.put(t, record{kind: recordMark, attempt: 3}); !errors.Is(err, errJournal) {
		t.Errorf("after a failure it is used: %v", err)
	}
	if got := attemptsIn(t, dir); len(got) != 1 || got[0] != 1 {
		t.Errorf("it has %v", got)
	}
	if err := g.remove(); err != nil {
		t.Fatal(err)
	}
	if err := g.put(t, record{kind: recordMark, attempt: 4}); err != nil {
		t.Errorf("a new one is as broken: %v", err)
	}
}

func TestParseJournal_LeavesANewerOneAlone(t *testing.T) {
	mark := appendRecord(nil, record{kind: recordMark, attempt: 1})
	for text, want := range map[string]int{"": 0, journalHead: 0, "\x00\x00\x00\x00": 0, journalHead[:5]: 0, journalHead + string(mark): 1} {
		if got, err := parseJournal([]byte(text)); err != nil || len(got) != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	if _, err := parseJournal([]byte("sendoff journal 2\n" + string(mark))); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("a newer one: %v", err)
	}
}

// A journal that cannot be read is no reason to send anything again.
func TestTakeOver_NotWithoutTheJournal(t *testing.T) {
	b, id := queued(t)
	crash(t, b, Policy{Account: "work"}, false)
	if err := os.Mkdir(filepath.Join(b.options.Dir, journalName), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := b.Cancel(t.Context(), id); err == nil {
		t.Error("the attempt was taken for one without a mark")
	}
}

package outbox_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

func TestRebuild_WithoutItsFirstPageNothingIsLostAndNothingLeaves(t *testing.T) {
	dir := t.TempDir()
	transport, want := busyOutbox(t, dir)
	change(t, databaseOf(dir), func(data []byte) []byte { clear(data[:4096]); return data })
	if _, err := outbox.Open(t.Context(), outbox.Options{Dir: dir}); !errors.Is(err, outbox.ErrCorrupt) {
		t.Errorf("it opened: %v", err)
	}
	done, left := survive(t, dir, transport, want)
	for name, was := range want {
		item, there := left[name]
		if open := was.State == outbox.StateWaiting || was.State == outbox.StateScheduled; open {
			was.State = outbox.StateHeld
		}
		if !there || item.State != was.State || item.ID != was.ID {
			t.Errorf("%s: %s %s, want %s %s", name, item.ID, item.State, was.ID, was.State)
		}
	}
	if len(done.Apart) == 0 || done.Apart[0].Text == "" || done.Kept == "" {
		t.Errorf("%+v", done)
	}
}

func TestRebuild_CutAtManyPlaces(t *testing.T) {
	dir := t.TempDir()
	transport, want := busyOutbox(t, dir)
	info, err := os.Stat(databaseOf(dir))
	if err != nil {
		t.Fatal(err)
	}
	sizes := []int64{0, 1, 15, 99, 100, 511, 4095, 4097, info.Size() - 1}
	for size := int64(4096); size < info.Size(); size += 4096 {
		sizes = append(sizes, size, size+2000)
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(sizes)-9, func(i, j int) { sizes[9+i], sizes[9+j] = sizes[9+j], sizes[9+i] })
	within(t, 3*time.Second, sizes, func(t *testing.T, size int64) {
		dir := copyOutbox(t, dir)
		if err := os.Truncate(databaseOf(dir), size); err != nil {
			t.Fatal(err)
		}
		survive(t, dir, transport, want)
	})
}

// within runs cases until the time is over; those at the beginning always.
func within[T any](t *testing.T, limit time.Duration, cases []T, run func(*testing.T, T)) {
	t.Helper()
	start := time.Now()
	for i, c := range cases {
		if i >= 9 && time.Since(start) > limit {
			t.Logf("%d of %d cases within %s", i, len(cases), limit)
			return
		}
		t.Run(fmt.Sprint(c), func(t *testing.T) { run(t, c) })
	}
}

func TestRebuild_PagesOfZeros(t *testing.T) {
	dir := t.TempDir()
	transport, want := busyOutbox(t, dir)
	info, err := os.Stat(databaseOf(dir))
	if err != nil {
		t.Fatal(err)
	}
	pages := make([]int, info.Size()/4096)
	for i := range pages {
		pages[i] = i
	}
	within(t, 3*time.Second, pages, func(t *testing.T, page int) {
		dir := copyOutbox(t, dir)
		change(t, databaseOf(dir), func(data []byte) []byte { clear(data[page*4096:][:4096]); return data })
		_, left := survive(t, dir, transport, want)
		if lost := len(want) - len(left); lost > 12 {
			t.Errorf("one page was lost, and with it %d of %d items", lost, len(want))
		}
	})
}

func TestRebuild_FlippedBytes(t *testing.T) {
	dir := t.TempDir()
	transport, want := busyOutbox(t, dir)
	seeds := make([]uint64, 200)
	for i := range seeds {
		seeds[i] = uint64(i)
	}
	within(t, 3*time.Second, seeds, func(t *testing.T, seed uint64) {
		dir := copyOutbox(t, dir)
		random := rand.New(rand.NewPCG(seed, seed))
		change(t, databaseOf(dir), func(data []byte) []byte {
			for range 1 + random.IntN(40) {
				data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
			}
			return data
		})
		surviveOpening(t, dir)
		survive(t, dir, transport, want)
	})
}

// surviveOpening is what any command does with a damaged outbox: it may fail.
func surviveOpening(t *testing.T, dir string) {
	t.Helper()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		if !errors.Is(err, outbox.ErrCorrupt) && !errors.Is(err, outbox.ErrNewerSchema) {
			t.Errorf("open: %v", err)
		}
		return
	}
	defer b.Close()
	if _, err := b.Check(t.Context(), outbox.CheckOptions{}); err != nil {
		t.Errorf("check: %v", err)
	}
}

// tornLog gives an outbox whose newest changes are in SQLite's log alone.
func tornLog(t *testing.T) (dir string, transport *outboxtest.Transport, want map[string]outbox.Item) {
	t.Helper()
	live := t.TempDir()
	transport, _ = busyOutbox(t, live)
	b := open(t, live)
	submit(t, b, draftTo("new@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, transport, policies(1)))
	want = byRecipient(t, b)
	dir = copyOutbox(t, live)
	if err := os.Remove(databaseOf(dir) + "-shm"); err != nil {
		t.Fatal(err)
	}
	return dir, transport, want
}

func TestRebuild_ATornLog(t *testing.T) {
	dir, transport, want := tornLog(t)
	if found, err := outbox.CheckFiles(dir); err != nil || len(found) > 0 {
		t.Fatalf("what a crash leaves is called damaged: %+v, %v", found, err)
	}
	log := databaseOf(dir) + "-wal"
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	frames := (len(data) - 32) / (4096 + 24)
	for _, at := range []int{3, 30, 32 + 2000, 32 + frames/2*4120 + 100, len(data) - 5} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			dir := copyOutbox(t, dir)
			change(t, databaseOf(dir)+"-wal", func(data []byte) []byte { data[at] ^= 0x55; return data })
			found, err := outbox.CheckFiles(dir)
			if err != nil || len(found) != 1 || found[0].Kind != outbox.DamagedLog {
				t.Errorf("found %+v, %v", found, err)
			}
			done, _ := survive(t, dir, transport, want)
			if _, err := os.Stat(done.Kept + "-wal"); err != nil {
				t.Errorf("the log is not kept: %v", err)
			}
		})
	}
	t.Run("whole", func(t *testing.T) {
		dir := copyOutbox(t, dir)
		change(t, databaseOf(dir), func(data []byte) []byte { return data[:8192] })
		survive(t, dir, transport, want)
	})
}

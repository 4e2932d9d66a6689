package outbox

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	progressName = "progress.json"
	// progressEvery is how often the file is written while something goes out.
	progressEvery = 250 * time.Millisecond
	// progressStale is the age at which the file is a dead process's.
	progressStale = 2 * time.Second
	// maxProgress bounds what is read of it: 64 connections need 16 KiB.
	maxProgress = 1 << 20
)

// tracker keeps how far the attempts of this process have come.
type tracker struct {
	path string // "" keeps it in memory alone

	mu      sync.Mutex
	current map[int64]Progress // by attempt
}

func newTracker(stateDir string) *tracker {
	t := &tracker{current: make(map[int64]Progress)}
	if stateDir != "" {
		t.path = filepath.Join(stateDir, progressName)
	}
	return t
}

func (t *tracker) begin(j *job, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current[j.attempt] = Progress{Item: j.item, Account: j.policy.Account, Step: StepConnect, Total: j.size, Started: now}
}

func (t *tracker) update(attempt int64, step Step, done int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p, ok := t.current[attempt]; ok {
		p.Step, p.Done = step, done
		t.current[attempt] = p
	}
}

func (t *tracker) end(attempt int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.current, attempt)
}

// snapshot is what goes out now, oldest item first.
func (t *tracker) snapshot() []Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Progress, 0, len(t.current))
	for _, p := range t.current {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Progress) int { return int(a.Item - b.Item) })
	return all
}

// publish writes the snapshot for other processes. It is not synced: after a
// crash it means nothing. A failure only costs them the percentage.
func (t *tracker) publish() {
	if t.path == "" {
		return
	}
	data, err := json.Marshal(t.snapshot())
	if err != nil {
		return
	}
	dir := filepath.Dir(t.path)
	if err := os.MkdirAll(dir, dirPermissions); err != nil {
		return
	}
	file, err := os.CreateTemp(dir, "."+progressName+"-")
	if err != nil {
		return
	}
	_, err = file.Write(data)
	if closed := file.Close(); err != nil || closed != nil || os.Rename(file.Name(), t.path) != nil {
		os.Remove(file.Name())
	}
}

// withdraw removes the file when nothing goes out any more.
func (t *tracker) withdraw() {
	if t.path != "" {
		os.Remove(t.path)
	}
}

// Progress gives what is going out now, by whichever process is the sender; of
// another process it is up to a quarter of a second old.
func (b *Outbox) Progress() []Progress {
	if t := b.sending.Load(); t != nil {
		return t.snapshot()
	}
	if b.options.State == "" {
		return nil
	}
	path := filepath.Join(b.options.State, progressName)
	info, err := os.Stat(path)
	if err != nil || time.Since(info.ModTime()) > progressStale || info.Size() > maxProgress {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var all []Progress
	if json.NewDecoder(bytes.NewReader(data)).Decode(&all) != nil {
		return nil
	}
	return all
}

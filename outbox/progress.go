package outbox

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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
	// progressStale is the age at which the file is that of a process that stands still, or is
	// dead.
	progressStale = 2 * time.Second
	// maxProgress bounds what is read of it: 64 connections need 16 KiB, and what is
	// said on them at most twice mostSaid.
	maxProgress = 1 << 20
	// saidAfter is how long an attempt goes on before the file has what was said in it.
	// Nobody can watch a shorter one, and a campaign has thousands of these in a second.
	saidAfter = time.Second
	// mostSaid bounds what the file has of dialogues and recipients, in bytes: all of the
	// usual kind on 64 connections, and of the longest possible dialogues those of 16.
	mostSaid = 256 << 10
)

// going is an attempt that goes on.
type going struct {
	Progress
	moved time.Duration // how long after its start it came as far as that
	live  Live          // tells how it goes; nothing while nobody can
}

// inFull is how far an attempt has come, with what was said in it and what is known of
// its recipients.
func (g going) inFull() Progress {
	if g.live.Said != nil {
		g.Dialogue = bounded(g.live.Said())
	}
	if g.live.Known != nil {
		g.Recipients = g.live.Known()
	}
	return g.Progress
}

// length is about how many bytes the file needs for what inFull adds.
func (p Progress) length() int {
	const frame = 128 // what stands around an address and an answer
	n := len(p.Dialogue)
	for _, k := range p.Recipients {
		n += len(k.Address) + len(k.Result.Text) + frame
	}
	return n
}

// tracker keeps how far the attempts of this process have come. Of what is said in
// them it knows only whom to ask: while nobody does, a dialogue costs nothing here.
type tracker struct {
	path string // "" keeps it in memory alone

	mu      sync.Mutex
	current map[int64]*going // by attempt
}

func newTracker(stateDir string) *tracker {
	t := &tracker{current: make(map[int64]*going)}
	if stateDir != "" {
		t.path = filepath.Join(stateDir, progressName)
	}
	return t
}

func (t *tracker) begin(j *job, now time.Time) {
	g := &going{Progress: Progress{Item: j.item, Attempt: j.attempt, Account: j.policy.Account, Step: StepConnect, Total: j.size, Started: now}}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current[j.attempt] = g
}

func (t *tracker) update(attempt int64, step Step, done int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.current[attempt]; g != nil && (g.Step != step || g.Done != done) {
		g.Step, g.Done, g.moved = step, done, time.Since(g.Started) // which costs half of a time.Now
	}
}

// follow learns who tells how an attempt goes.
func (t *tracker) follow(attempt int64, live Live) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.current[attempt]; g != nil {
		g.live = live
	}
}

func (t *tracker) end(attempt int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.current, attempt)
}

// all is what goes out now, oldest item first.
func (t *tracker) all() []going {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]going, 0, len(t.current))
	for _, g := range t.current {
		seen := *g
		seen.Since = g.Started.Add(g.moved)
		all = append(all, seen)
	}
	slices.SortFunc(all, func(a, b going) int { return int(a.Item - b.Item) })
	return all
}

func (t *tracker) snapshot() []Progress {
	var all []Progress
	for _, g := range t.all() {
		all = append(all, g.Progress)
	}
	return all
}

// following is how far the newest attempt for an item has come, with what was said.
func (t *tracker) following(item ID) (p Progress, ok bool) {
	var newest going
	for _, g := range t.all() {
		if g.Item == item && g.Attempt > newest.Attempt {
			newest = g
		}
	}
	return newest.inFull(), newest.Attempt != 0 // asked without the lock
}

// published is what other processes learn: what is said, and what is known of recipients,
// in attempts that take their time, the longest under way first, as far as there is room.
func published(all []going, now time.Time) []Progress {
	room := mostSaid
	out := make([]Progress, 0, len(all))
	byAge := slices.SortedStableFunc(slices.Values(all), func(a, b going) int { return a.Started.Compare(b.Started) })
	for _, g := range byAge {
		p := g.Progress
		if room > 0 && now.Sub(g.Started) >= saidAfter {
			if full := g.inFull(); full.length() <= room {
				p, room = full, room-full.length()
			}
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Progress) int { return int(a.Item - b.Item) })
	return out
}

func encodeProgress(all []Progress) ([]byte, error) {
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false) // each line of a dialogue has one of these
	err := encoder.Encode(all)
	return data.Bytes(), err
}

// publish writes what goes out for other processes. It is not synced: after a
// crash it means nothing. A failure only costs them the percentage.
func (t *tracker) publish() {
	if t.path == "" {
		return
	}
	data, err := encodeProgress(published(t.all(), time.Now()))
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
// another process it is up to a quarter of a second old, and Stale where that has not told
// for longer.
func (b *Outbox) Progress() []Progress {
	if t := b.sending.Load(); t != nil {
		return t.snapshot()
	}
	all := b.progressElsewhere()
	for i := range all {
		all[i].Dialogue, all[i].Recipients = "", nil
	}
	return all
}

// Following gives how far the attempt for an item has come that goes on now, with what
// was said in it so far; false: none does. Of another process it is as old as what
// Progress gives, and without what was said in the first second; where very many
// attempts take their time there, some are without it for longer.
func (b *Outbox) Following(ctx context.Context, id ID) (p Progress, ok bool, err error) {
	if t := b.sending.Load(); t != nil {
		p, ok = t.following(id)
	} else {
		p, ok = newestOf(b.progressElsewhere(), id)
	}
	if !ok {
		return Progress{}, false, nil
	}
	err = b.read.QueryRowContext(ctx, "SELECT number FROM attempts WHERE id = ? AND item_id = ?", p.Attempt, id).Scan(&p.Number)
	if errors.Is(err, sql.ErrNoRows) { // it was deleted meanwhile
		return Progress{}, false, nil
	}
	return p, err == nil, storeError(err)
}

// newestOf is the newest attempt for an item of those that another process has told of.
func newestOf(all []Progress, id ID) (newest Progress, ok bool) {
	for _, g := range all {
		if g.Item == id && g.Attempt >= newest.Attempt {
			newest, ok = g, true
		}
	}
	newest.Dialogue = bounded(newest.Dialogue)
	return newest, ok
}

// progressElsewhere reads what another process has published.
func (b *Outbox) progressElsewhere() []Progress {
	if b.options.State == "" {
		return nil
	}
	path := filepath.Join(b.options.State, progressName)
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxProgress {
		return nil
	}
	stale := time.Since(info.ModTime()) > progressStale
	if stale && !b.SenderRunning() {
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
	for i := range all {
		all[i].Stale = stale
	}
	return all
}

package crash

import (
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// cuts are how many power cuts a sample has right after an acknowledgement or a
// final dot, and how many anywhere.
const cuts = 8

// Whenever the power fails, and whatever the disk makes of what was not synced:
// the database is sound, what was acknowledged is whole, and a message whose
// final dot has left is not sent again.
func TestPower_ACutLosesAndDoublesNothing(t *testing.T) {
	needTracing(t)
	t.Parallel()
	r := record(t)
	r.send(t, smallText, largeText, smallText, smallText, smallText, smallText)
	queued := len(r.moments)
	r.run(t, "", "flush")
	r.send(t, largeText, smallText)
	r.run(t, "", "flush")
	disks := 0
	for wrong := range r.powerCuts(t, r.moments) {
		disks++
		if wrong != "" {
			t.Errorf("seed %d, %s", *seed, wrong)
		}
	}
	t.Logf("seed %d: %d disks", *seed, disks)
	// Without the syncs something must go wrong, or this test is blind.
	never := withoutSyncs(r.moments, func(string) bool { return true })
	r.requireWrong(t, never, "was acknowledged and is gone")
	notInFlush := append(slices.Clone(r.moments[:queued]), withoutSyncs(r.moments[queued:], func(string) bool { return true })...)
	r.requireWrong(t, notInFlush, "is sent again")
}

func (r *recording) requireWrong(t *testing.T, moments []moment, words string) {
	t.Helper()
	for wrong := range r.powerCuts(t, moments) {
		if strings.Contains(wrong, words) {
			return
		}
	}
	t.Errorf("without syncs nothing %s", words)
}

// powerCuts gives, for every disk that a cut at one of the sampled moments may
// leave, what is wrong with it; "" for nothing.
func (r *recording) powerCuts(t *testing.T, moments []moment) iter.Seq[string] {
	return func(yield func(string) bool) {
		random := chance(t)
		at := r.chooseCuts(moments, random)
		world := newReplay(r.root)
		for i, m := range moments {
			world.see(m)
			if !at[i] {
				continue
			}
			for _, l := range losses {
				wrong := world.wrongAfter(t, l, random)
				if wrong != "" {
					wrong = fmt.Sprintf("a cut after %s, of what was not synced lost: %s: %s", m.name, l, wrong)
				}
				if !yield(wrong) {
					return
				}
			}
		}
	}
}

// chooseCuts gives the moments after which the power fails: with -long all that
// changed something.
func (r *recording) chooseCuts(moments []moment, random *rand.Rand) map[int]bool {
	var promises, changes []int
	world := newReplay(r.root)
	for i, m := range moments {
		_, path := m.file()
		switch {
		case world.see(m) != nothing:
			promises = append(promises, i)
		case m.ended && world.drive.has(path+m.text()):
			changes = append(changes, i)
		}
	}
	if !*long {
		random.Shuffle(len(promises), func(i, j int) { promises[i], promises[j] = promises[j], promises[i] })
		random.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
		promises, changes = promises[:min(cuts, len(promises))], changes[:min(cuts, len(changes))]
	}
	at := make(map[int]bool)
	for _, i := range append(promises, changes...) {
		at[i] = true
	}
	return at
}

// wrongAfter makes the disk that a power cut leaves now and says what is wrong
// with the outbox on it; "" for nothing.
func (r *replay) wrongAfter(t *testing.T, l loss, random *rand.Rand) string {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "disk")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir) // with -long there are thousands
	r.drive.cut(l, random).put(t, dir)
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: filepath.Join(dir, "sendoff"), State: filepath.Join(dir, "state")})
	if err != nil {
		return err.Error()
	}
	defer b.Close()
	if wrong := r.lost(t, b); wrong != "" {
		return wrong
	}
	return r.sentAgain(t, b)
}

// put writes the files into a directory, but for those that the next process
// makes anew.
func (d disk) put(t *testing.T, dir string) {
	t.Helper()
	for name, content := range d {
		if passing(name) {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// lost says what was acknowledged and is not there as a whole.
func (r *replay) lost(t *testing.T, b *outbox.Outbox) string {
	all, err := readAll(t.Context(), b)
	if err != nil {
		return err.Error()
	}
	for _, id := range r.acknowledged {
		if _, found := all[id]; !found {
			return id + " was acknowledged and is gone"
		}
	}
	return ""
}

// sentAgain delivers what the outbox takes for due, and says what of that has
// been delivered before or is left undelivered.
func (r *replay) sentAgain(t *testing.T, b *outbox.Outbox) string {
	server := &outboxtest.Transport{}
	policies := func() []outbox.Policy { return []outbox.Policy{{Account: "work", Connections: 1}} }
	if _, err := outbox.NewSender(b, server, policies, slog.New(slog.DiscardHandler)).Flush(t.Context()); err != nil {
		return err.Error()
	}
	items, err := b.List(t.Context(), outbox.Query{})
	if err != nil {
		return err.Error()
	}
	for _, i := range items {
		copies := server.Copies()[outboxtest.Copy{Item: i.ID, Recipient: "kim@example.org"}]
		switch {
		case copies > 0 && r.left[i.MessageID]:
			return i.ID.String() + " is sent again"
		case i.State != outbox.StateSent && i.State != outbox.StateUncertain:
			return i.ID.String() + " is " + i.State.String() + " after a flush"
		}
	}
	return ""
}

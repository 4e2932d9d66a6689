package crash

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// point is a place in a run: the n-th system call of a name. strace counts by
// thread, and which thread of Go's makes a call is chance, so a point is a
// sample, not a place that can be found again for certain.
type point struct {
	call   string
	n      int
	single bool // with one thread of Go code at a time
}

func (p point) String() string {
	threads := "all threads"
	if p.single {
		threads = "one thread"
	}
	return fmt.Sprintf("%s %d, %s", p.call, p.n, threads)
}

// walk is a way through the points of a story.
type walk struct {
	counts map[string]int // how many there are of each call
	each   int            // points of each call in a sample
	// visit disturbs a run at a point. It tells whether the run got there.
	visit func(t *testing.T, p point) bool
}

// chance is the source of what a test chooses; the seed and its name decide.
func chance(t *testing.T) *rand.Rand {
	name := fnv.New64a()
	name.Write([]byte(t.Name()))
	return rand.New(rand.NewPCG(*seed, name.Sum64()))
}

// run visits a sample of the points, or all with -long, each as a test.
func (w walk) run(t *testing.T) {
	t.Helper()
	visited, reached := 0, 0
	visit := func(p point) (there bool) {
		t.Run(p.String(), func(t *testing.T) { there = w.visit(t, p) })
		visited++
		if there {
			reached++
		}
		return there
	}
	if *long {
		w.visitAll(visit)
	} else {
		for _, p := range w.sample(chance(t)) {
			for try := 1; !visit(p) && try < sampleTries; try++ {
				visited-- // the same point again
			}
		}
	}
	t.Logf("seed %d: %d points, %d reached", *seed, visited, reached)
	if !*long && reached*3 < visited {
		t.Errorf("only %d of %d points were reached: this test sees too little", reached, visited)
	}
}

// sampleTries are how often a point of a sample is gone to that was not reached: on
// a busy machine another thread than usual may make that call.
const sampleTries = 3

// misses are how many runs in a row may end before they get to a point, until
// the later points of a call are given up: which thread makes it is chance.
const misses = 5

func (w walk) visitAll(visit func(point) bool) {
	for _, single := range []bool{true, false} {
		for _, name := range slices.Sorted(maps.Keys(w.counts)) {
			for n, missed := 1, 0; n <= w.counts[name] && missed < misses; n++ {
				if missed++; visit(point{name, n, single}) {
					missed = 0
				}
			}
		}
	}
}

// sample chooses points of every call, so that the many of one do not hide the
// few of another.
func (w walk) sample(random *rand.Rand) (points []point) {
	for _, name := range slices.Sorted(maps.Keys(w.counts)) {
		order := random.Perm(w.counts[name])
		for _, n := range order[:min(w.each, len(order))] {
			points = append(points, point{name, n + 1, random.IntN(2) == 0})
		}
	}
	return points
}

package scenario

import (
	"flag"
	"runtime"
	"runtime/metrics"
)

// What the heap may have in it, with all that the servers, the letters and the
// checks keep there: the figure of a story, and of each that is told at the same time.
const (
	mostHeap = 100 << 20
	moreHeap = 20 << 20
)

// mostHeard is the most of one answer: what is read of it, and what is on its way by then.
const mostHeard = 64<<10 + 2*window

// mostInHeap is what the heap may have in it while as many stories are told as can be.
func mostInHeap() int64 { return mostHeap + moreHeap*int64(storiesAtOnce()-1) }

// weigh gives what the process has in its heap. To ask stops nobody, so that it can
// be done at every look; garbage counts unless it would be too much.
func weigh() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for range 2 {
		metrics.Read(sample)
		if int64(sample[0].Value.Uint64()) <= mostInHeap() {
			break
		}
		runtime.GC()
	}
	return int64(sample[0].Value.Uint64())
}

// checkMemory demands that no answer is heard without end, and that the heap stays
// small. That is the heap of the process: what of it is one story's cannot be told
// where several are told at once, so it is held against what all of them may take.
// What takes little by itself is measured to the octet in stories that are told
// alone (E20, F07 to F09, C11).
func (r *rig) checkMemory() {
	r.Helper()
	for name, s := range r.servers {
		s.mu.Lock()
		if s.longest > mostHeard {
			r.Errorf("%d octets of an answer of %s were heard", s.longest, name)
		}
		s.mu.Unlock()
	}
	if r.heap > mostInHeap() {
		r.Errorf("there were %d MB in the heap, of %d", r.heap>>20, mostInHeap()>>20)
	}
}

// storiesAtOnce is how many may be told at the same time.
func storiesAtOnce() int {
	if v, ok := flag.Lookup("test.parallel").Value.(flag.Getter); ok {
		if n, ok := v.Get().(int); ok {
			return n
		}
	}
	return 1
}

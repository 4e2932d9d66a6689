package outbox

import "sync"

const (
	// maxFreshLetter is the longest letter whose bytes are kept until it is sent: what is
	// longer takes longer to send than to make.
	maxFreshLetter = 64 << 10
	// maxFresh bounds each of the two halves, in octets: some hundred usual letters.
	maxFresh = 1 << 20
)

// freshLetters are the bytes of letters from when they were made, to be measured, to
// when they are sent, a moment later, by their digest. Nothing depends on them: who
// finds none makes the letter again. They may be used from several goroutines.
type freshLetters struct {
	mu         sync.Mutex
	young, old map[string][]byte // old is what young was when that was full
	size       int               // of young, in octets
}

// put keeps the bytes of a letter; what has been kept for longest goes for it.
func (f *freshLetters) put(digest string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.young == nil || f.size+len(data) > maxFresh {
		f.young, f.old, f.size = make(map[string][]byte), f.young, 0
	}
	f.young[digest] = data
	f.size += len(data)
}

// take gives the bytes of a letter, and keeps them no more; nil if there are none.
func (f *freshLetters) take(digest string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, half := range []map[string][]byte{f.young, f.old} {
		if data, ok := half[digest]; ok {
			delete(half, digest)
			return data
		}
	}
	return nil
}

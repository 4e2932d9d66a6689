package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"sendoff/compose/unsubscribe"
)

// wishes understands the mails of those who want no more letters, once there is a key:
// that is made with the first campaign, by whatever process.
type wishes struct {
	path string

	mu    sync.Mutex // guards what follows
	known bool
	key   unsubscribe.Key
}

func newWishes(p places) *wishes { return &wishes{path: unsubscribeKey(p)} }

// unsubscribeKey is the file of the key that signs the tokens of letters.
func unsubscribeKey(p places) string { return filepath.Join(p.data, "unsubscribe.key") }

// of gives the address whose owner proves by a mail that he wants no more.
func (w *wishes) of(header []byte) (address string, proven bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.known {
		if _, err := os.Stat(w.path); errors.Is(err, fs.ErrNotExist) { // it is not to be made for that
			return "", false
		}
		key, err := unsubscribe.LoadKey(w.path)
		if err != nil {
			return "", false
		}
		w.key, w.known = key, true
	}
	wish, err := w.key.Find(header)
	return wish.Address, err == nil
}

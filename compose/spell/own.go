package spell

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxOwn bounds what is read of the user's own words: it is a hundred thousand.
const maxOwn = 1 << 20

// ownWords are those of the user, in small letters.
func (c Checker) ownWords() (map[string]bool, error) {
	if c.OwnWords == "" {
		return nil, nil
	}
	f, err := os.Open(c.OwnWords)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxOwn))
	if err != nil {
		return nil, err
	}
	own := make(map[string]bool)
	for _, word := range strings.Fields(string(data)) {
		own[strings.ToLower(word)] = true
	}
	return own, nil
}

// Add makes a word one of the user's own.
func (c Checker) Add(word string) (err error) {
	if err := os.MkdirAll(filepath.Dir(c.OwnWords), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(c.OwnWords, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.WriteString(word + "\n")
	return err
}

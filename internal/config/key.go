package config

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"

	"sendoff/internal/atomicfile"
)

// KeySize is the length of a key that [LoadKey] makes.
const KeySize = 32

// LoadKey reads the random key that a file holds, and makes it (0600) if there is
// none. Several processes may do so at once. A file that others can read is
// refused.
func LoadKey(path string) ([]byte, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("make a key: %w", err)
		}
		key, err = readKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	return key, nil
}

func readKey(path string) ([]byte, error) {
	key, info, err := Read(path)
	if err != nil {
		return nil, err
	}
	if err := CheckOwn(path, info, 0o077); err != nil {
		return nil, err
	}
	if len(key) != KeySize {
		return nil, &Error{File: path, Problem: fmt.Sprintf("has %d bytes, not %d", len(key), KeySize), Hint: "restore it, or remove it, and a new one is made"}
	}
	return key, nil
}

// makeKey puts a new key in place, unless there is one.
func makeKey(path string) error {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails
	return atomicfile.Create(path, key)
}

package accounts

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"sendoff/internal/atomicfile"
	"sendoff/internal/config"
)

// Fingerprints tell whether a secret is another one than before, without keeping
// it: an HMAC under a random key of this outbox says nothing to who does not
// have both.
type Fingerprints struct{ key []byte }

const fingerprintKeySize = sha256.Size

// LoadFingerprints reads the key of a file, and makes it (0600) if there is none.
// Several processes may do so at once.
func LoadFingerprints(path string) (Fingerprints, error) {
	key, err := readFingerprintKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeFingerprintKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return Fingerprints{}, fmt.Errorf("make the key of fingerprints: %w", err)
		}
		key, err = readFingerprintKey(path)
	}
	if err != nil {
		return Fingerprints{}, fmt.Errorf("read the key of fingerprints: %w", err)
	}
	return Fingerprints{key}, nil
}

// Of is the fingerprint of a secret.
func (f Fingerprints) Of(secret string) string {
	mac := hmac.New(sha256.New, f.key)
	mac.Write([]byte(secret))
	return hex.EncodeToString(mac.Sum(nil)[:16]) // to tell apart: 128 bits do
}

func readFingerprintKey(path string) ([]byte, error) {
	key, info, err := config.Read(path)
	if err != nil {
		return nil, err
	}
	if err := config.CheckOwn(path, info, 0o077); err != nil {
		return nil, err
	}
	if len(key) != fingerprintKeySize {
		return nil, fmt.Errorf("%s has %d bytes, not %d: remove it, and a new one is made", path, len(key), fingerprintKeySize)
	}
	return key, nil
}

// makeFingerprintKey puts a new key in place, unless there is one.
func makeFingerprintKey(path string) error {
	key := make([]byte, fingerprintKeySize)
	rand.Read(key) // never fails
	return atomicfile.Create(path, key)
}

package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"sendoff/internal/config"
)

// Fingerprints tell whether a secret is another one than before, without keeping
// it: an HMAC under a random key of this outbox says nothing to who does not
// have both.
type Fingerprints struct{ key []byte }

// LoadFingerprints reads the key of a file, and makes it (0600) if there is none.
// Several processes may do so at once.
func LoadFingerprints(path string) (Fingerprints, error) {
	key, err := config.LoadKey(path)
	if err != nil {
		return Fingerprints{}, fmt.Errorf("fingerprints: %w", err)
	}
	return Fingerprints{key}, nil
}

// Of is the fingerprint of a secret.
func (f Fingerprints) Of(secret string) string {
	mac := hmac.New(sha256.New, f.key)
	mac.Write([]byte(secret))
	return hex.EncodeToString(mac.Sum(nil)[:16]) // to tell apart: 128 bits do
}

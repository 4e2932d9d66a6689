package accounts

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFingerprints_TellSecretsApartAndKeepNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fingerprint.key")
	prints := make([]Fingerprints, 8)
	var all sync.WaitGroup
	for i := range prints {
		all.Go(func() {
			var err error
			if prints[i], err = LoadFingerprints(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, p := range prints {
		if p.Of("correct horse") != prints[0].Of("correct horse") {
			t.Fatal("two processes that start at once have two keys")
		}
	}
	if prints[0].Of("correct horse") == prints[0].Of("battery staple") {
		t.Error("two secrets have one fingerprint")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	other, err := LoadFingerprints(filepath.Join(t.TempDir(), "fingerprint.key"))
	if err != nil || other.Of("correct horse") == prints[0].Of("correct horse") {
		t.Errorf("another outbox has the same fingerprint, %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFingerprints_RefuseAKeyThatOthersCanRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fingerprint.key")
	if _, err := LoadFingerprints(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadFingerprints(path); err == nil {
		t.Error("a key that others can read was used")
	}
}

package lease_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"sendoff/internal/lease"
)

func TestLease_OneHolderAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.lock")
	first, err := lease.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lease.Take(path); !errors.Is(err, lease.ErrHeld) {
		t.Fatalf("a second Take: %v, want ErrHeld", err)
	}
	if held, err := lease.Held(path); err != nil || !held {
		t.Fatalf("Held = %v, %v while it is held", held, err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if held, err := lease.Held(path); err != nil || held {
		t.Fatalf("Held = %v, %v after Release", held, err)
	}
	second, err := lease.Take(path)
	if err != nil {
		t.Fatalf("Take after Release: %v", err)
	}
	defer second.Release()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("lock file: %v %v, want 0600", info.Mode(), err)
	}
}

func TestWait_TakesItWhenItIsGivenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "write.lock")
	first, err := lease.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		second, err := lease.Wait(path)
		if err == nil {
			err = second.Release()
		}
		got <- err
	}()
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
}

func TestTake_NamesWhatItCannotOpen(t *testing.T) {
	_, err := lease.Take(filepath.Join(t.TempDir(), "missing", "sender.lock"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
}

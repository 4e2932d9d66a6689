package oauth

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"sendoff/accounts"
	"sendoff/internal/oauthtest"
)

// Who moves or forgets a login waits for who is renewing it: what that brings must
// not stand under a name that nobody has any more.
func TestTokens_AreNotMovedWhileTheyAreRenewed(t *testing.T) {
	for name, do := range map[string]func(r *rig) error{
		"moved": func(r *rig) error {
			return r.MoveAnd(t.Context(), r.client, "work", "play", func() error { return nil })
		},
		"forgotten": func(r *rig) error { return r.Forget(t.Context(), r.client, "work") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, oauthtest.Start(t), "")
			r.have(t, 0)
			done := make(chan error, 1)
			r.server.Lock()
			r.server.Instead = func(http.ResponseWriter, *http.Request) bool {
				go func() { done <- do(r) }()
				select {
				case err := <-done:
					t.Errorf("it did not wait: %v", err)
					done <- err
				case <-time.After(100 * time.Millisecond): // far more than it takes without waiting
				}
				return false
			}
			r.server.Unlock()
			if _, err := r.access(t, ""); err != nil {
				t.Error(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if _, err := r.access(t, ""); !errors.Is(err, ErrLogin) {
				t.Errorf("under the old name: %v", err)
			}
		})
	}
}

func TestTokens_AreTheUsersAlone(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	r.have(t, time.Hour)
	for path, want := range map[string]os.FileMode{r.dir: 0o700, r.path("work"): 0o600, filepath.Join(r.dir, "work.lock"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if err := os.Chmod(r.path("work"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := r.access(t, ""); err == nil || !strings.Contains(err.Error(), "others can read it") {
		t.Errorf("got %v", err)
	}
}

func TestTokens_GoWithTheAccount(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	k := r.have(t, time.Hour)
	called, failure := 0, errors.New("the account keeps its name")
	if err := r.MoveAnd(t.Context(), r.client, "work", "play", func() error { return failure }); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if got, err := r.access(t, ""); err != nil || got != k.Access {
		t.Errorf("what was not moved: %q, %v", got, err)
	}
	count := func() error { called++; return nil }
	if err := errors.Join(r.MoveAnd(t.Context(), r.client, "work", "play", count), r.MoveAnd(t.Context(), r.client, "nobody", "x", count)); err != nil || called != 2 {
		t.Fatalf("%v after %d calls", err, called)
	}
	if _, err := r.access(t, ""); !errors.Is(err, ErrLogin) {
		t.Errorf("the old name: %v", err)
	}
	r.account.Name = "play"
	if got, err := r.access(t, ""); err != nil || got != k.Access {
		t.Errorf("the new name: %q, %v", got, err)
	}
	for range 2 {
		if err := r.Forget(t.Context(), r.client, "play"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.access(t, ""); !errors.Is(err, ErrLogin) {
		t.Errorf("forgotten: %v", err)
	}
}

// FuzzKept: whatever stands in the file of tokens, nothing of it is told.
func FuzzKept(f *testing.F) {
	f.Add([]byte(`{"client":"x","access_token":"secret-token","expires":"2026-11-23T12:00:00Z","refresh_token":"secret-token"}`))
	f.Add([]byte(`{"client":"x","access_token":"secret-token`))
	f.Add([]byte(`{"client":"x","dead":"because"}`))
	f.Add([]byte(`null`))
	dir := f.TempDir()
	tokens := New(dir)
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(tokens.path("work"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := tokens.read(t.Context(), accounts.Account{Name: "work"}, accounts.OAuthClient{ID: "x"})
		if err == nil {
			err = k.hopeless(accounts.Account{Name: "work"}, accounts.OAuthClient{ID: "x"})
		}
		if err != nil && strings.Contains(err.Error(), "secret-token") {
			t.Errorf("said %v", err)
		}
	})
}

func TestTokens_InTheKeyringAreNowhereElse(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	keyring.MockInit()
	r := newRig(t, oauthtest.Start(t), "keyring = true\n")
	if _, err := r.access(t, ""); !errors.Is(err, ErrLogin) {
		t.Errorf("got %v", err)
	}
	k := r.have(t, 0)
	if got, err := r.access(t, ""); err != nil || got == k.Access || !r.server.Good(got) {
		t.Errorf("got %q, %v", got, err)
	}
	if err := r.MoveAnd(t.Context(), r.client, "work", "play", func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	r.account.Name = "play"
	if got, err := r.access(t, ""); err != nil || !r.server.Good(got) {
		t.Errorf("renamed: %q, %v", got, err)
	}
	if err := r.Forget(t.Context(), r.client, "play"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.access(t, ""); !errors.Is(err, ErrLogin) {
		t.Errorf("forgotten: %v", err)
	}
	files, err := os.ReadDir(r.dir)
	for _, file := range files {
		if info, err := file.Info(); err != nil || info.Size() > 0 {
			t.Errorf("there is a file %s", file.Name())
		}
	}
	if err != nil {
		t.Error(err)
	}

	keyring.MockInitWithError(errors.New("failed to unlock correct collection"))
	if _, err := r.access(t, ""); !errors.Is(err, accounts.ErrKeyringLocked) || errors.Is(err, ErrLogin) {
		t.Errorf("locked: %v", err)
	}
}

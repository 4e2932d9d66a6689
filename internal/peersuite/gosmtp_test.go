package peersuite

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/sandbox"
)

// The sandbox is go-smtp's server: what answers here is that.
func TestGoSMTP(t *testing.T) {
	var refusals atomic.Int64
	box, err := sandbox.Start(sandbox.Options{Dir: filepath.Join(t.TempDir(), "mail"), MaxSize: maxSize, Log: func(line string) {
		if strings.HasPrefix(line, "login refused") {
			refusals.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &server{
		smtp: at(t, box.Addr(), accounts.None), refused: "reject@example.org", deferred: "busy@example.org",
		maxSize: maxSize, utf8: true, trips: 1, login: true,
		refusals: func(*testing.T) int { return int(refusals.Load()) },
	}
	s.taken = func(t *testing.T) (all []taken) {
		for _, m := range box.Messages() {
			text, err := os.ReadFile(m.Path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, taken{m.To, text})
		}
		return all
	}
	s.run(t)
}

package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"

	"sendoff/internal/cli"
)

// home gives this process an accounts.toml and an empty outbox.
func home(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(xdg.Reload) // after the variables are what they were
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"} {
		t.Setenv(name, dir)
	}
	xdg.Reload()
	if err := os.Mkdir(filepath.Join(dir, "sendoff"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "[[account]]\nname = \"work\"\nfrom = \"ada@example.org\"\n[account.smtp]\nhost = \"127.0.0.1\"\nsecurity = \"none\"\n"
	if err := os.WriteFile(filepath.Join(dir, "sendoff", "accounts.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// silent is a standard input where nobody writes; it presses ctrl+c when it is
// first read.
type silent struct{ interrupt func() }

func (s silent) Read([]byte) (int, error) {
	s.interrupt()
	select {}
}

func TestSend_CtrlCWhileTheTextIsRead(t *testing.T) {
	home(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, err bytes.Buffer
	code := cli.Main(ctx, []string{"send", "--to", "ana@example.org"}, cli.Streams{In: silent{cancel}, Out: &out, Err: &err})
	const tryLater = 75
	if code != tryLater || out.Len() > 0 || !strings.Contains(err.String(), "hint: nothing is queued") {
		t.Errorf("exit %d, said %q and %q", code, &out, &err)
	}
}

// endless is a standard input without an end.
type endless struct{}

func (endless) Read(data []byte) (int, error) {
	for i := range data {
		data[i] = 'x'
	}
	return len(data), nil
}

func TestSend_ATextHasAnEnd(t *testing.T) {
	home(t)
	var out, err bytes.Buffer
	code := cli.Main(t.Context(), []string{"send", "--to", "ana@example.org"}, cli.Streams{In: endless{}, Out: &out, Err: &err})
	const badData = 65
	if code != badData || out.Len() > 0 || !strings.Contains(err.String(), "hint: attach it as a file") {
		t.Errorf("exit %d, said %q and %q", code, &out, &err)
	}
}

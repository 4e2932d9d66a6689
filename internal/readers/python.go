package readers

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"os/exec"
	"testing"

	"sendoff/internal/peers"
)

//go:embed read.py
var readPy string

// Python reads a message with Python's email package, the reader that is
// most outspoken about defects.
func Python(tb testing.TB, raw []byte) Reading {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), peers.Need(tb, "python3"), "-c", readPy)
	cmd.Stdin = bytes.NewReader(raw)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("python3: %v\n%s", err, stderr.Bytes())
	}
	var r Reading
	if err := json.Unmarshal(out, &r); err != nil {
		tb.Fatalf("python3 wrote %q: %v", out, err)
	}
	return r
}

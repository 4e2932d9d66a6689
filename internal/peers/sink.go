package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Sink is the command of Postfix's smtp-sink, which takes all mail; see Serve.
// It gets up to a hundred connections at once.
func Sink(tb testing.TB, address string, flags ...string) *exec.Cmd {
	tb.Helper()
	if os.Geteuid() == 0 { // it refuses to run as root
		flags = append([]string{"-u", "nobody"}, flags...)
	}
	return exec.Command(Need(tb, "smtp-sink"), append(flags, address, "100")...)
}

// OpenDir is a directory of the test that a server of any user can write in.
func OpenDir(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for parent := filepath.Dir(dir); parent != "/" && parent != os.TempDir(); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			tb.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// Files gives what is in the files of a directory, by name.
func Files(tb testing.TB, dir string) map[string][]byte {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	files := make(map[string][]byte)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			tb.Fatal(err)
		}
		files[entry.Name()] = text
	}
	return files
}

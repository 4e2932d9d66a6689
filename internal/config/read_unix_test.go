//go:build unix

package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRead_RefusesWhatIsNoSmallRegularFile(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, bytes.Repeat([]byte("#"), maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, want string }{
		{filepath.Join(dir, "missing\x1b[2J"), "missing\ufffd[2J: no such file or directory"},
		{dir, ": not a regular file"},
		{fifo, "fifo: not a regular file"},
		{large, "large: larger than 1 MiB"},
	} {
		_, _, err := Read(test.path)
		var e *Error
		if !errors.As(err, &e) || !strings.HasSuffix(e.Error(), test.want) {
			t.Errorf("Read(%q): %v, want …%s", test.path, err, test.want)
		}
	}
	if _, _, err := Read(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestCheckOwn_RefusesTheBitsThatAreDenied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		mode, deny fs.FileMode
		problem    string
	}{
		{0o600, 0o077, ""},
		{0o400, 0o077, ""},
		{0o644, 0o022, ""},
		{0o644, 0o077, "others can read it (mode 0644)"},
		{0o640, 0o077, "others can read it (mode 0640)"},
		{0o660, 0o022, "others can write to it (mode 0660)"},
		{0o602, 0o022, "others can write to it (mode 0602)"},
		{0o666, 0o077, "others can write to it (mode 0666)"},
	} {
		if err := os.Chmod(path, test.mode); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		err = CheckOwn(path, info, test.deny)
		var e *Error
		switch {
		case test.problem == "" && err != nil:
			t.Errorf("%04o: %v", test.mode, err)
		case test.problem != "" && (!errors.As(err, &e) || e.Problem != test.problem || e.Hint != "chmod 600 "+path):
			t.Errorf("%04o: got %v, want %s", test.mode, err, test.problem)
		}
	}
}

func TestCheckOwn_RefusesAFileOfAnotherUser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	if err := os.Chown(path, nobody, -1); err != nil {
		t.Skip("only root can give a file away")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckOwn(path, info, 0); err == nil || !strings.HasSuffix(err.Error(), "belongs to another user") {
		t.Errorf("got %v", err)
	}
}

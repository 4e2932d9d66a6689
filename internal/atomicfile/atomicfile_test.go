package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestReplace_LeavesTheNewContentAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"one", "", "three"} {
		if err := Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		check(t, path, text)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, []byte("four")); err != nil {
		t.Fatal(err)
	}
	check(t, path, "four") // and 0600 again
}

func TestCreate_ReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := Create(path, []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("two")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	check(t, path, "one")
}

// FAT and some others have no hard links, each with an error of its own.
func TestCreate_DoesWithoutHardLinks(t *testing.T) {
	for _, reason := range []syscall.Errno{syscall.EPERM, syscall.EACCES, syscall.ENOTSUP, syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.EMLINK} {
		path := filepath.Join(t.TempDir(), "file")
		move := without(func(from, to string) error { return &os.LinkError{Op: "link", Old: from, New: to, Err: reason} })
		if err := put(path, []byte("one"), move); err != nil {
			t.Errorf("%v: %v", reason, err)
		}
		if err := put(path, []byte("two"), move); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%v, a second time: %v", reason, err)
		}
		check(t, path, "one")
	}
}

func TestCreate_TellsOtherErrorsOfALink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	move := without(func(from, to string) error { return &os.LinkError{Op: "link", Old: from, New: to, Err: syscall.ENOSPC} })
	if err := put(path, []byte("one"), move); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	if names := list(t, filepath.Dir(path)); names != "" {
		t.Errorf("there is %s", names)
	}
}

func TestClaim_GivesTheNameBackIfNothingComesOfIt(t *testing.T) {
	directory := t.TempDir()
	if err := claim(filepath.Join(directory, "none"), filepath.Join(directory, "file")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if names := list(t, directory); names != "" {
		t.Errorf("there is %s", names)
	}
}

func TestReplace_FailsWithoutATrace(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "taken")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if Replace(path, []byte("x")) == nil || Create(path, []byte("x")) == nil {
		t.Error("a directory was replaced")
	}
	if Replace(filepath.Join(directory, "gone", "file"), nil) == nil {
		t.Error("a directory was made")
	}
	if names := list(t, directory); names != "taken" {
		t.Errorf("there is %s", names)
	}
}

// check says what is wrong with the file at path, and with what lies beside it.
func check(t *testing.T, path, want string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || string(data) != want {
		t.Errorf("got %q, %v; want %q", data, err, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names := list(t, filepath.Dir(path)); names != filepath.Base(path) {
		t.Errorf("there is %s", names)
	}
}

func list(t *testing.T, directory string) string {
	t.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestWrite_HasItsNameWhenItIsWhole(t *testing.T) {
	temporary, path := t.TempDir(), filepath.Join(t.TempDir(), "file")
	err := Write(temporary, path, func(w io.Writer) error {
		for range 2 {
			if _, err := io.WriteString(w, "half "); err != nil {
				return err
			}
			if names := list(t, filepath.Dir(path)); names != "" {
				t.Errorf("before it is whole there is %s", names)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, path, "half half ")
	if err := Write(temporary, path, func(io.Writer) error { return nil }); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	check(t, path, "half half ")
	if err := Write(temporary, path+"2", func(io.Writer) error { return io.ErrUnexpectedEOF }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("of half: %v", err)
	}
	check(t, path, "half half ")
	if names := list(t, temporary); names != "" {
		t.Errorf("there is %s", names)
	}
}

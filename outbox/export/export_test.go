package export

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
)

// box is an outbox with n messages and some drafts.
func box(t *testing.T, n int, drafts ...compose.Draft) (*outbox.Outbox, []outbox.ID) {
	t.Helper()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir(), State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	var ids []outbox.ID
	for range n {
		id, err := b.Submit(t.Context(), letter("ana@example.org"), outbox.SubmitOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, d := range drafts {
		ref, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, d)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, ref.ID)
	}
	return b, ids
}

func letter(to string) compose.Draft {
	return compose.Draft{Account: "work", From: "Ada <ada@example.org>", To: to, Subject: "Hello", Body: "Hello\n", Style: compose.StyleMarkdown}
}

// A reader of the folder, or a kill, must never find half of a file under its name.
func TestNewFile_HasItsNameWhenItIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "box")
	write := func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("half of it is there: %v", err)
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v, %v", entries, err)
		}
		info, err := entries[0].Info()
		if err != nil || info.Mode().Perm() != 0o600 || !strings.HasPrefix(info.Name(), ".") {
			t.Errorf("%v, %v", info, err)
		}
		return nil
	}
	if err := NewFile(path, write); err != nil || read(t, path) != "half" {
		t.Errorf("%v", err)
	}
	unasked := func(io.Writer) error { t.Error("it is made for nothing"); return nil }
	var about *fs.PathError
	if err := NewFile(path, unasked); !errors.Is(err, fs.ErrExist) || !errors.As(err, &about) || about.Path != path {
		t.Errorf("where it is: %v", err)
	}
	gone := filepath.Join(filepath.Dir(path), "gone", "box")
	if err := NewFile(gone, unasked); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &about) || about.Path != gone {
		t.Errorf("in no folder: %v", err)
	}
}

// One message that cannot be copied keeps no other from it, and the same again goes on.
func TestTo_GoesOnWhereItWasLeft(t *testing.T) {
	b, ids := box(t, 2, letter(""), letter("ben@example.org"))
	for _, test := range []struct {
		format Format
		files  string
	}{{EML, "*.eml"}, {Maildir, "cur/*:2,S"}} {
		folder := filepath.Join(t.TempDir(), "copies")
		var before []string
		for again := range 3 {
			var done []int
			err := To(t.Context(), b, test.format, folder, ids, func(n int) { done = append(done, n) })
			var some *Incomplete
			var problems compose.Problems
			if !errors.As(err, &some) || some.Copied != 3 || some.Of != 4 || len(some.Faults) != 1 || some.Faults[0].ID != ids[2] || !errors.As(err, &problems) {
				t.Fatalf("%s: %v", test.format, err)
			}
			if want := "copied 3 of 4; " + ids[2].String() + `: "Hello": to: there is no recipient`; err.Error() != want {
				t.Errorf("%s: %q instead of %q", test.format, err, want)
			}
			if !slices.Equal(done, []int{1, 2, 3, 4}) {
				t.Errorf("%s: told %v", test.format, done)
			}
			files, err := filepath.Glob(filepath.Join(folder, test.files))
			if err != nil || len(files) != 3 {
				t.Errorf("%s: there is %v, %v", test.format, files, err)
			}
			if again > 0 && !slices.Equal(files, before) {
				t.Errorf("%s: %v and then %v", test.format, before, files)
			}
			before = files
			if left := hidden(t, folder); len(left) > 0 {
				t.Errorf("%s: left behind: %v", test.format, left)
			}
		}
	}
}

// What is there and something else stays, and keeps the others from nothing.
func TestTo_OverwritesNothing(t *testing.T) {
	b, ids := box(t, 2, letter("ben@example.org"))
	folder := filepath.Join(t.TempDir(), "copies")
	if err := To(t.Context(), b, EML, folder, ids[:1], nil); err != nil {
		t.Fatal(err)
	}
	path := func(id outbox.ID) string { return filepath.Join(folder, id.String()+".eml") }
	message := read(t, path(ids[0]))
	for what, content := range map[string]string{"another": "kept", "half": message[:len(message)/2], "more": message + "\r\n", "empty": ""} {
		if err := os.WriteFile(path(ids[0]), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := To(t.Context(), b, EML, folder, ids, nil)
		if !errors.Is(err, fs.ErrExist) || !strings.HasPrefix(err.Error(), "copied 2 of 3; "+ids[0].String()+": ") {
			t.Errorf("%s: %v", what, err)
		}
		if got := read(t, path(ids[0])); got != content {
			t.Errorf("%s is overwritten: %q", what, got)
		}
	}
	changed := letter("ben@example.org")
	changed.Body = "Hello again\n"
	if _, err := b.SaveDraft(t.Context(), outbox.DraftRef{ID: ids[2]}, changed); err != nil {
		t.Fatal(err)
	}
	if err := To(t.Context(), b, EML, folder, ids[2:], nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a draft that has changed: %v", err)
	}
	target := filepath.Join(t.TempDir(), "elsewhere")
	if err := errors.Join(os.Remove(path(ids[0])), os.Symlink(target, path(ids[0]))); err != nil {
		t.Fatal(err)
	}
	if err := To(t.Context(), b, EML, folder, ids[:1], nil); !errors.Is(err, fs.ErrExist) || !strings.HasPrefix(err.Error(), "not copied; "+ids[0].String()) {
		t.Errorf("where a link is: %v", err)
	}
	if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("behind the link: %v", err)
	}
}

// A mail program has read and moved what was copied into its Maildir.
func TestTo_KnowsWhatIsInAMaildir(t *testing.T) {
	b, ids := box(t, 2)
	folder := filepath.Join(t.TempDir(), "Maildir")
	if err := To(t.Context(), b, Maildir, folder, ids[:1], nil); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "cur/*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if err := os.Rename(files[0], strings.TrimSuffix(files[0], "S")+"FRS"); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(folder, "new", "1.x_"+ids[1].String()+".sendoff") // out of another outbox
	if err := os.WriteFile(other, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := To(t.Context(), b, Maildir, folder, ids, nil); err != nil {
			t.Fatal(err)
		}
		if files, err := filepath.Glob(filepath.Join(folder, "cur/*")); err != nil || len(files) != 2 {
			t.Fatalf("%v, %v", files, err)
		}
	}
}

// Nobody knows a message by its ID.
func TestTo_SaysWhichMessageIsNotCopied(t *testing.T) {
	b, ids := box(t, 0, letter(""), compose.Draft{Account: "work", From: "Ada <ada@example.org>", To: "ana@example.org, ben@example.org", Body: "Hello\n"})
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, ids[1].String()+".eml"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := To(t.Context(), b, EML, folder, append(ids, ids[1]+1), nil)
	var some *Incomplete
	if !errors.As(err, &some) || len(some.Faults) != 3 {
		t.Fatal(err)
	}
	for n, want := range []string{`"Hello"`, "without subject to ana@example.org +1", ""} {
		if got := some.Faults[n].About; got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

func TestTo_LeavesNothingOfAnMbox(t *testing.T) {
	b, ids := box(t, 2, letter(""))
	folder := t.TempDir()
	err := To(t.Context(), b, Mbox, filepath.Join(folder, "box"), ids, nil)
	if err == nil || err.Error() != "copied none of 3; "+ids[2].String()+`: "Hello": to: there is no recipient` {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("there is %v, %v", left, err)
	}
	if err := To(t.Context(), b, Mbox, filepath.Join(folder, "box"), ids[:2], nil); err != nil {
		t.Errorf("again: %v", err)
	}
}

func TestTo_EndsWithItsContext(t *testing.T) {
	b, ids := box(t, 4)
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	err := To(ctx, b, EML, folder, ids, func(done int) {
		if done == 2 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "copied 2 of 4; "+ids[2].String()+": ") {
		t.Errorf("%v", err)
	}
	if files, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
}

// A folder that cannot be written is no fault of each message.
func TestTo_EndsWhereNothingCanBeWritten(t *testing.T) {
	b, ids := box(t, 3)
	folder := filepath.Join(t.TempDir(), "Maildir")
	if err := To(t.Context(), b, Maildir, folder, nil, nil); err != nil {
		t.Fatal(err)
	}
	told := 0
	err := To(t.Context(), b, Maildir, folder, ids, func(int) {
		if told++; told == 1 {
			if err := os.RemoveAll(filepath.Join(folder, "tmp")); err != nil {
				t.Fatal(err)
			}
		}
	})
	var some *Incomplete
	if !errors.As(err, &some) || some.Copied != 1 || len(some.Faults) != 1 || some.Faults[0].ID != ids[1] {
		t.Errorf("%v", err)
	}
}

func TestIncomplete_NamesTheFirstOfManyFaults(t *testing.T) {
	b, ids := box(t, 1, letter(""), letter(""), letter(""), letter(""), letter(""), letter(""), letter(""))
	err := To(t.Context(), b, EML, t.TempDir(), ids, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "copied 1 of 8; "+ids[1].String()) || !strings.HasSuffix(err.Error(), "; and 2 more") {
		t.Errorf("%v", err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// hidden are the temporary files in a folder and those below it.
func hidden(t *testing.T, folder string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

package compose

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/readers"
)

func TestAttachment_ThatIsNotAReadableFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mkfifo(path("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", path("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := os.Symlink(path("nowhere"), path("dangling")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(path("plain"), []byte("x"), 0o600), os.WriteFile(path("empty"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path, want string
		is               error
	}{
		{"missing", path("a\x1b[1m"), "no such file", fs.ErrNotExist},
		{"dangling link", path("dangling"), "no such file", fs.ErrNotExist},
		{"directory", dir, "it is a directory, not a file", nil},
		{"FIFO", path("fifo"), "it is a pipe, not a file", nil},
		{"socket", path("socket"), "it is a socket, not a file", nil},
		{"device", "/dev/null", "it is a device, not a file", nil},
		{"nothing in it", path("empty"), "it is empty", nil},
		{"below a file", path("plain/x"), "not a directory", syscall.ENOTDIR},
		{"NUL in the path", path("a\x00b"), "invalid argument", nil},
		{"name too long", path(strings.Repeat("x", 300)), "file name too long", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := plainDraft()
			d.Attachments = []Attachment{{Path: test.path}}
			var b bytes.Buffer
			_, err := Build(&b, d, testStamp)
			var field FieldError
			if !errors.As(err, &field) || field.Field != "attachments" || b.Len() > 0 {
				t.Fatalf("Build: %v, %d bytes written", err, b.Len())
			}
			if !strings.HasSuffix(field.Problem, `": `+test.want) || !clean(err.Error()) {
				t.Errorf("problem is %q, want …%q", field.Problem, test.want)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v is not %v", err, test.is)
			}
		})
	}
}

func TestAttachment_ThatMayNotBeReadIsRefused(t *testing.T) {
	path, _ := writeFile(t, "secret", []byte("x"))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(path); err == nil {
		f.Close()
		t.Skip("this user may read every file")
	}
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path}}
	if _, err := Build(io.Discard, d, testStamp); !errors.Is(err, fs.ErrPermission) || !strings.HasSuffix(err.Error(), "you may not read it") {
		t.Errorf("Build: %v", err)
	}
}

func TestAttachment_WithoutPathIsRefused(t *testing.T) {
	d := plainDraft()
	d.Attachments = []Attachment{{Name: "x"}}
	if problems := d.Check(); len(problems) != 1 || problems[0].Error() != "attachments: a file has no path" {
		t.Errorf("problems are %v", problems)
	}
}

// onFirstWrite calls a function when the first bytes of a message arrive, which
// is after the files were looked at.
type onFirstWrite struct{ do func() }

func (w *onFirstWrite) Write(p []byte) (int, error) {
	if w.do != nil {
		w.do()
		w.do = nil
	}
	return len(p), nil
}

func TestAttachment_ThatChangesWhileItIsReadIsAnError(t *testing.T) {
	content := bytes.Repeat([]byte("x"), 4*writeBuffer)
	tests := []struct {
		name   string
		change func(path string) error
		late   bool // shows also when the file has been opened for readers.Reading
		want   string
	}{
		{"grows", func(path string) error { return os.WriteFile(path, append(content, 'y'), 0o600) }, true, "it changed while it was read"},
		{"shrinks", func(path string) error { return os.Truncate(path, 10) }, true, "it changed while it was read"},
		{"is rewritten", func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) }, true, "it changed while it was read"},
		{"is replaced", func(path string) error {
			return errors.Join(os.WriteFile(path+".new", content, 0o600), os.Rename(path+".new", path))
		}, false, "it changed while it was read"},
		{"vanishes", os.Remove, false, "no such file"},
		{"becomes a FIFO", func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) }, false, "it is a pipe, not a file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first, _ := writeFile(t, "first.bin", content)
			second, _ := writeFile(t, "second.bin", content)
			d := plainDraft()
			d.Attachments = []Attachment{{Path: first}, {Path: second}}
			changes := []string{second}
			if test.late {
				changes = append(changes, first)
			}
			for _, path := range changes {
				w := &onFirstWrite{do: func() {
					if err := test.change(path); err != nil {
						t.Error(err)
					}
				}}
				_, err := Build(w, d, testStamp)
				var field FieldError
				if !errors.As(err, &field) || !strings.HasSuffix(field.Problem, test.want) {
					t.Errorf("Build: %v, want …%q", err, test.want)
				}
			}
		})
	}
}

// go-message writes a name that is not ASCII as RFC 2047 words in quotes, which
// RFC 2047 §5 forbids and Python does not decode.
func TestFileName_IsReadBackExactly(t *testing.T) {
	path, _ := writeFile(t, "x", []byte("content"))
	names := []string{
		"report.pdf", "Grüße.bin", "日本語.txt", "🚀", "two  spaces.txt", `quotes " and '.txt`, "50%41 off; a=b, c.txt",
		"utf-8''x", "it's utf-8''y.txt", "(a) [b] {c}.txt", "~tilde", strings.Repeat("n", 251) + ".txt", strings.Repeat("many words ", 22) + ".txt",
		strings.Repeat("語", 83) + ".txt", "a" + strings.Repeat(`"`, 200) + "b",
	}
	d := plainDraft()
	for _, name := range names {
		d.Attachments = append(d.Attachments, Attachment{Path: path, Name: name})
	}
	raw, _ := build(t, d)
	everyReader(t, raw, func(t *testing.T, r readers.Reading) {
		if len(r.Files) != len(names) {
			t.Fatalf("%d files are read", len(r.Files))
		}
		for i, name := range names {
			if r.Files[i].Name != name || r.Files[i].NameParameter != name {
				t.Errorf("%q is read as %q and %q", name, r.Files[i].Name, r.Files[i].NameParameter)
			}
		}
	})
}

// go-message decodes RFC 2047 words that RFC 2231 has brought out, so that this
// name can be read back by others only.
func TestFileName_ThatLooksEncodedIsNotDecoded(t *testing.T) {
	path, _ := writeFile(t, "x", []byte("x"))
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path, Name: "a =?utf-8?q?x?= b.txt"}}
	raw, _ := build(t, d)
	if r := pythonReads(t, raw); r.Files[0].Name != d.Attachments[0].Name {
		t.Errorf("name is read as %q", r.Files[0].Name)
	}
}

func TestFileName_IsCleanAndOneElement(t *testing.T) {
	tests := []struct {
		a    Attachment
		want string
	}{
		{Attachment{Path: "/a/b/c.txt"}, "c.txt"},
		{Attachment{Path: "/a/b/c.txt", Name: "d.txt"}, "d.txt"},
		{Attachment{Path: "x", Name: "../../etc/passwd"}, "passwd"},
		{Attachment{Path: "x", Name: `C:\temp\a.txt`}, "a.txt"},
		{Attachment{Path: "x", Name: "a\r\nBcc: b\x00\x1b.txt"}, "aBcc: b.txt"},
		{Attachment{Path: "x", Name: "photo\u202egpj.exe"}, "photogpj.exe"},
		{Attachment{Path: "x", Name: "pay\u00adment\U000e0041.pdf"}, "payment.pdf"},
		{Attachment{Path: "x", Name: "a\xffb"}, "a_b"},
		{Attachment{Path: "x", Name: " a "}, "a"},
		{Attachment{Path: "x", Name: "a/"}, "attachment"},
		{Attachment{Path: "x", Name: ".."}, "attachment"},
		{Attachment{Path: "/"}, "attachment"},
	}
	for _, test := range tests {
		if got := fileName(test.a); got != test.want {
			t.Errorf("fileName(%+v) = %q, want %q", test.a, got, test.want)
		}
	}
}

func TestSentAs_TellsEveryOtherName(t *testing.T) {
	for given, isOther := range map[string]bool{
		"a.txt": false, "Grüße  2.txt": false, `back\slash.txt`: true, "a\tb": true, " a": true, "a\u00a0": true, "a\u202eb": true, "a\xffb": true, "..": true,
	} {
		for _, a := range []Attachment{{Path: "/tmp/x", Name: given}, {Path: "/tmp/" + given}} {
			if given == ".." && a.Name == "" {
				continue // a directory
			}
			if name, other := a.SentAs(); other != isOther || name != fileName(a) {
				t.Errorf("%q goes as %q, told: %v", given, name, other)
			}
		}
	}
}

func TestFileName_TooLongForAHeaderLineIsRefused(t *testing.T) {
	path, _ := writeFile(t, "x", []byte("x"))
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path, Name: strings.Repeat("x", 256)}}
	if problems := d.Check(); len(problems) != 1 || !strings.HasSuffix(problems[0].Problem, "a file name has at most 255 bytes") {
		t.Errorf("problems are %v", problems)
	}
}

// What somebody has seen, in a review, is what goes out.
func TestAttachment_ThatIsNotWhatWasSeenIsRefused(t *testing.T) {
	path, _ := writeFile(t, "figures.txt", []byte("four"))
	a := Attachment{Path: path}
	seen, err := a.Look()
	if err != nil || seen.Size != 4 || seen.Type != "text/plain" {
		t.Fatalf("saw %+v, %v", seen, err)
	}
	a.Size, a.Modified = seen.Size, seen.Modified
	d := plainDraft()
	d.Attachments = []Attachment{a}
	if problems := d.Check(); len(problems) != 0 {
		t.Errorf("what was seen is refused: %v", problems)
	}
	for _, change := range []func() error{
		func() error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) },
		func() error {
			return errors.Join(os.WriteFile(path, []byte("fifth"), 0o600), os.Chtimes(path, time.Time{}, time.Unix(0, seen.Modified)))
		},
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, err := Build(io.Discard, d, testStamp); !errors.Is(err, ErrFileChanged) {
			t.Errorf("Build: %v", err)
		}
		if _, err := a.Look(); err != nil {
			t.Errorf("it cannot be looked at again: %v", err)
		}
	}
}

func TestAttachment_LookSaysWhyItCannotBeSent(t *testing.T) {
	dir := t.TempDir()
	pipe, empty := filepath.Join(dir, "pipe"), filepath.Join(dir, "empty")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.WriteFile(empty, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		pipe: "it is a pipe, not a file", "/dev/zero": "it is a device, not a file", dir: "it is a directory, not a file",
		empty: "it is empty", filepath.Join(dir, "missing"): "no such file",
	} {
		if _, err := (Attachment{Path: path}).Look(); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

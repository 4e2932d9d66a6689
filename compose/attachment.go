package compose

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode"
)

// maxFileName is what file systems take, in bytes. Encoded by RFC 2231 it is at
// most 765, and so within a header line.
const maxFileName = 255

// errChanged is the cause when a file is not the one that was looked at.
var errChanged = errors.New("changed while it was read")

// errEmpty is a file without an octet: nearly always the wrong one, or one that
// has not been written yet, and the recipient could not tell.
var errEmpty = errors.New("it is empty")

// file is an attachment that was looked at and can be sent.
type file struct {
	field     string // of the draft, for errors
	path      string
	source    string // what the text calls an image, if it has a name of its own there
	contentID string // of an image that the text shows, without angle brackets
	name      string // as the reader sees it
	mediaType string
	params    map[string]string
	info      fs.FileInfo
}

// inspectAll looks at the files of a field of the draft. What cannot be sent is a
// problem.
func inspectAll(problems *Problems, field string, list []Attachment) (files []file) {
	for _, a := range list {
		f, err := inspect(a)
		if err == nil {
			err = checkFileName(f.name)
		}
		if err != nil {
			*problems = append(*problems, attachmentError(field, a.Path, err))
			continue
		}
		f.field = field
		files = append(files, f)
	}
	return files
}

// inspect looks at an attachment: that it is a regular file, can be read and has
// something in it, and what it is.
func inspect(a Attachment) (file, error) {
	f, info, err := openRegular(a.Path)
	if err != nil {
		return file{}, err
	}
	defer f.Close()
	beginning := make([]byte, sniffBytes)
	n, err := io.ReadFull(f, beginning)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return file{}, err
	}
	if n == 0 {
		return file{}, errEmpty
	}
	out := file{path: a.Path, name: fileName(a), info: info}
	out.mediaType, out.params = mediaType(a.Type, out.name, beginning[:n])
	return out, nil
}

// notRegular says that something is not a regular file.
type notRegular string

func (e notRegular) Error() string { return "it is " + string(e) + ", not a file" }

// openRegular opens a regular file. It never waits and has no side effect on
// anything else: a FIFO would block the open, and opening a tape winds it.
func openRegular(path string) (*os.File, fs.FileInfo, error) {
	if path == "" {
		return nil, nil, errors.New("the path is missing")
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if err := checkRegular(info); err != nil {
		return nil, nil, err
	}
	// O_NONBLOCK: it may have become a FIFO meanwhile.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err = f.Stat()
	if err == nil {
		err = checkRegular(info)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func checkRegular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return notRegular("a directory")
	case mode&fs.ModeNamedPipe != 0:
		return notRegular("a pipe")
	case mode&fs.ModeSocket != 0:
		return notRegular("a socket")
	}
	return notRegular("a device")
}

// attachmentError puts an error of inspect or encode into words.
func attachmentError(field, path string, err error) FieldError {
	e := FieldError{Field: field, Err: err}
	what, isKind := err.(notRegular)
	switch {
	case path == "":
		e.Problem = "a file has no path"
		return e
	case errors.Is(err, fs.ErrNotExist):
		e.Problem = "no such file"
	case errors.Is(err, fs.ErrPermission):
		e.Problem = "you may not read it"
	case errors.Is(err, errChanged):
		e.Problem, e.Hint = "it "+err.Error(), "try again when nothing writes to it any more"
	case errors.Is(err, errEmpty):
		e.Problem, e.Hint = err.Error(), "see whether it is the right file; one that is meant to be empty can be sent packed, for example with tar or zip"
	case isKind:
		e.Problem = what.Error()
		if what == "a directory" {
			e.Hint = "pack it first, for example with tar or zip"
		}
	default:
		cause := err
		if at := new(fs.PathError); errors.As(err, &at) {
			cause = at.Err // without the path, which may hold anything
		}
		e.Problem = cause.Error()
	}
	e.Problem = quote(path) + ": " + e.Problem
	return e
}

// part is the file as a part of a message.
func (f *file) part() part {
	contentType := newField("Content-Type")
	contentType.token(f.mediaType)
	for _, key := range slices.Sorted(maps.Keys(f.params)) {
		contentType.parameter(key, f.params[key])
	}
	contentType.parameter("name", f.name) // for readers that know no Content-Disposition
	disposition := newField("Content-Disposition")
	fields := [][]byte{contentType.bytes(), encodingField(base64Encoding)}
	if f.contentID == "" {
		disposition.token("attachment")
	} else {
		disposition.token("inline")
		fields = append(fields, []byte("Content-ID: <"+f.contentID+">\r\n"))
	}
	disposition.parameter("filename", f.name)
	return part{file: f, fields: append(fields, disposition.bytes())}
}

// encode writes the content in base64. It is an error if the file is not the
// one that was inspected or if it changes meanwhile: nobody wants half of the
// old and half of the new one.
func (f file) encode(w io.Writer) error {
	in, info, err := openRegular(f.path)
	if err != nil {
		return attachmentError(f.field, f.path, err)
	}
	defer in.Close()
	if !f.isSame(info) {
		return attachmentError(f.field, f.path, errChanged)
	}
	b := newBase64Writer(w)
	n, err := b.ReadFrom(io.LimitReader(in, info.Size()+1)) // one more shows that it grew
	if b.Close() != nil {
		return writeError(b.err)
	}
	if err != nil {
		return attachmentError(f.field, f.path, err)
	}
	if info, err = in.Stat(); err != nil {
		return attachmentError(f.field, f.path, err)
	}
	if n != info.Size() || !f.isSame(info) {
		return attachmentError(f.field, f.path, errChanged)
	}
	return nil
}

func (f file) isSame(info fs.FileInfo) bool {
	return os.SameFile(f.info, info) && f.info.Size() == info.Size() && f.info.ModTime().Equal(info.ModTime())
}

// fileName is the name that the reader is shown and may save the file under:
// the last element of the path, without control characters and the marks that
// turn the direction of text ("exe.gpj" for "jpg.exe").
func fileName(a Attachment) string {
	name := a.Name
	if name == "" {
		name = filepath.Base(a.Path)
	}
	name = strings.ToValidUTF8(name, "_")
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name[strings.LastIndexAny(name, `/\`)+1:])
	if name == "" || name == "." || name == ".." {
		return "attachment"
	}
	return name
}

// checkFileName refuses what does not fit into a header line.
func checkFileName(name string) error {
	if len(name) > maxFileName {
		return fmt.Errorf("a file name has at most %d bytes", maxFileName)
	}
	return nil
}

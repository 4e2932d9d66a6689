package compose

import (
	"bytes"
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

	"sendoff/internal/cleantext"
)

// maxFileName is what file systems take, in bytes. Encoded by RFC 2231 it is at
// most 765, and so within a header line.
const maxFileName = 255

// errChanged is the cause when a file is not the one that was looked at.
var errChanged = errors.New("changed while it was read")

// errEmpty is a file without an octet: nearly always the wrong one, or one that
// has not been written yet, and the recipient could not tell.
var errEmpty = errors.New("it is empty")

// ErrFileChanged is why a file is not sent that somebody has seen otherwise.
var ErrFileChanged = errors.New("it has changed since it was looked at")

// Seen is what was seen of a file that can be sent.
type Seen struct {
	Size     int64
	Modified int64  // in nanoseconds of Unix time
	Type     string // what it will be sent as
}

// Look looks at the file as Build does, whatever was seen of it before. The error
// says in a few words why it cannot be sent. It reads the disk.
func (a Attachment) Look() (Seen, error) {
	a.Modified = 0
	f, err := inspect(a)
	if err == nil {
		err = checkFileName(f.name)
	}
	if err != nil {
		problem, _ := attachmentProblem(err)
		return Seen{}, errors.New(problem)
	}
	return Seen{Size: f.info.Size(), Modified: f.info.ModTime().UnixNano(), Type: f.mediaType}, nil
}

// isOther tells that the file was seen, and is not as it was then.
func (a Attachment) isOther(info fs.FileInfo) bool {
	return a.Modified != 0 && (a.Modified != info.ModTime().UnixNano() || a.Size != info.Size())
}

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
	message   *saved // it travels as the message that it is; nil: in base64
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
	if a.isOther(info) {
		return file{}, ErrFileChanged
	}
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
	if mayBeMessage(a, out.name) {
		if out.message = readSaved(io.MultiReader(bytes.NewReader(beginning[:n]), f)); out.message != nil {
			out.mediaType, out.params = messageType, nil
		}
	}
	return out, nil
}

// asOctets has a message travel as octets.
func (f *file) asOctets() {
	if f.message != nil {
		f.message, f.mediaType = nil, octetStream
	}
}

// encodedSize is how many octets its content has on its way.
func (f file) encodedSize() int64 {
	if f.message != nil {
		return f.message.length
	}
	return encodedLength(f.info.Size())
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
	if path == "" {
		e.Problem = "a file has no path"
		return e
	}
	e.Problem, e.Hint = attachmentProblem(err)
	e.Problem = quote(path) + ": " + e.Problem
	return e
}

func attachmentProblem(err error) (problem, hint string) {
	what, isKind := err.(notRegular)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file", ""
	case errors.Is(err, fs.ErrPermission):
		return "you may not read it", ""
	case errors.Is(err, errChanged):
		return "it " + err.Error(), "try again when nothing writes to it any more"
	case errors.Is(err, ErrFileChanged):
		return err.Error(), "look at it again, and attach it as it is now"
	case errors.Is(err, errEmpty):
		return err.Error(), "see whether it is the right file; one that is meant to be empty can be sent packed, for example with tar or zip"
	case isKind && what == "a directory":
		return what.Error(), "pack it first, for example with tar or zip"
	case isKind:
		return what.Error(), ""
	}
	if at := new(fs.PathError); errors.As(err, &at) {
		return at.Err.Error(), "" // without the path, which may hold anything
	}
	return err.Error(), ""
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
	encoding := base64Encoding
	if f.message != nil {
		encoding = sevenBit
	}
	fields := [][]byte{contentType.bytes(), encodingField(encoding)}
	if f.contentID == "" {
		disposition.token("attachment")
	} else {
		disposition.token("inline")
		fields = append(fields, []byte("Content-ID: <"+f.contentID+">\r\n"))
	}
	disposition.parameter("filename", f.name)
	return part{file: f, fields: append(fields, disposition.bytes())}
}

// encode writes the content, in base64 or as lines. It is an error if the file is not the
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
	n, failed, err := f.copyTo(w, io.LimitReader(in, info.Size()+1)) // one more shows that it grew
	if failed != nil {
		return writeError(failed)
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

// copyTo writes what stands in the file, of which it has read n octets. failed is an error
// of w.
func (f file) copyTo(w io.Writer, r io.Reader) (n int64, failed, err error) {
	if f.message != nil {
		out := &failing{w: w}
		n, err = copyLines(out, r)
		return n, out.err, err
	}
	b := newBase64Writer(w)
	n, err = b.ReadFrom(r)
	_ = b.Close() // it keeps its error
	return n, b.err, err
}

// failing keeps the error of a writer, to tell it from that of a reader.
type failing struct {
	w   io.Writer
	err error
}

func (f *failing) Write(p []byte) (n int, err error) {
	n, err = f.w.Write(p)
	if f.err == nil {
		f.err = err
	}
	return n, err
}

func (f file) isSame(info fs.FileInfo) bool {
	return os.SameFile(f.info, info) && f.info.Size() == info.Size() && f.info.ModTime().Equal(info.ModTime())
}

// SentAs is the name that the reader is shown, and tells whether that is another one than
// the file or the writer gave it.
func (a Attachment) SentAs() (name string, isOther bool) {
	given := a.Name
	if given == "" {
		given = filepath.Base(a.Path)
	}
	name = fileName(a)
	return name, name != given
}

// fileName is the name that the reader is shown and may save the file under:
// the last element of the path, without control characters and the marks that hide
// text or turn its direction ("exe.gpj" for "jpg.exe").
func fileName(a Attachment) string {
	name := a.Name
	if name == "" {
		name = filepath.Base(a.Path)
	}
	name = strings.ToValidUTF8(name, "_")
	name = strings.Map(func(r rune) rune {
		if cleantext.Unsafe(r) {
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

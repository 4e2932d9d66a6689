package merge

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The notes that [List.Notes] gives about how a file was read.
const (
	noteUTF16   = "it is UTF-16"
	noteWindows = "it is not UTF-8, so it was read as Windows-1252: look at a row with accents"
	noteOldMac  = "its lines end in CR alone"
)

// survey is what a look through a whole list tells of how it is written.
type survey struct {
	bom       int // octets before the text
	utf16     bool
	wideFirst bool // of UTF-16: big endian
	invalid   int  // line of the first octet that is not UTF-8; 0: none
	accents   bool // there are characters of several octets that are UTF-8
	nul       bool
	packed    bool // it is a ZIP file, as .xlsx and .ods are
	lf, cr    bool
}

// look reads all of r. A list is not held in memory, so it is read twice: what
// its encoding is may only show at its end.
func look(r io.Reader) (survey, error) {
	var s survey
	buffered := bufio.NewReaderSize(r, 64<<10)
	start, err := buffered.Peek(4)
	if err != nil && err != io.EOF {
		return s, err
	}
	s.packed = bytes.HasPrefix(start, []byte("PK\x03\x04"))
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		s.bom = 3
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		s.bom, s.utf16 = 2, true
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		s.bom, s.utf16, s.wideFirst = 2, true, true
	}
	if s.packed {
		return s, nil
	}
	if s.utf16 {
		buffered = bufio.NewReaderSize(s.decodeUTF16(buffered), 64<<10)
	}
	return s, s.count(buffered)
}

// count looks at every character.
func (s *survey) count(r *bufio.Reader) error {
	for line := 1; ; {
		c, size, err := r.ReadRune()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case c == utf8.RuneError && size == 1 && s.invalid == 0:
			s.invalid = line
		case c == '\n':
			s.lf = true
			line++
		case c == '\r':
			s.cr = true
		case c == 0:
			s.nul = true
		}
		s.accents = s.accents || size > 1 && c != '\ufeff'
	}
}

// refusal is why the list cannot be read, as a problem of the file.
func (s *survey) refusal(file string) error {
	hint := "export it as CSV with UTF-8"
	switch {
	case s.packed:
		return Problem{File: file, Text: "it is a packed file, such as a workbook, and not text", Hint: "export it as CSV from the program that made it"}
	case s.nul:
		return Problem{File: file, Text: "it holds NUL characters: it is not text", Hint: hint}
	case s.invalid > 0 && s.accents && !s.utf16:
		return Problem{File: file, Line: s.invalid, Text: "this line is not UTF-8, although others are", Hint: hint}
	}
	return nil
}

// notes says what was guessed or changed.
func (s *survey) notes() (notes []string) {
	if s.utf16 {
		notes = append(notes, noteUTF16)
	}
	if s.windows() {
		notes = append(notes, noteWindows)
	}
	if s.oldMac() {
		notes = append(notes, noteOldMac)
	}
	return notes
}

func (s *survey) windows() bool { return s.invalid > 0 && !s.utf16 }
func (s *survey) oldMac() bool  { return s.cr && !s.lf }

// decode gives the text of r, which stands at its beginning, in UTF-8 with lines
// that end in LF.
func (s *survey) decode(r io.Reader) io.Reader {
	switch {
	case s.utf16:
		r = s.decodeUTF16(r)
	case s.windows():
		r = charmap.Windows1252.NewDecoder().Reader(r)
	case s.bom > 0:
		r = &skipping{r, s.bom}
	}
	if s.oldMac() {
		r = macLines{r}
	}
	return r
}

func (s *survey) decodeUTF16(r io.Reader) io.Reader {
	order := unicode.LittleEndian
	if s.wideFirst {
		order = unicode.BigEndian
	}
	return unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(r)
}

// skipping leaves out the first octets.
type skipping struct {
	io.Reader
	left int
}

func (s *skipping) Read(p []byte) (int, error) {
	if s.left > 0 {
		if _, err := io.CopyN(io.Discard, s.Reader, int64(s.left)); err != nil {
			return 0, err
		}
		s.left = 0
	}
	return s.Reader.Read(p)
}

// macLines ends lines in LF that end in CR.
type macLines struct{ io.Reader }

func (m macLines) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// maxRow is the most that a row may have, in octets. A letter for one person is
// made of far less; a quotation mark that is missing makes one row of the rest of
// the file.
const maxRow = 1 << 20

// errRow is a row that is too long.
var errRow = errors.New("a row is longer than " + fmt.Sprint(maxRow>>20) + " MiB")

// meter ends with errRow when more than maxRow was read for a row.
type meter struct {
	io.Reader
	left int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errRow
	}
	n, err := m.Reader.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

func (m *meter) next() { m.left = maxRow }

package merge

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// List is a table of recipients that is read as a stream.
type List struct {
	file    string
	columns []Column
	notes   []string
	source  source
}

// ListOptions say what a file cannot.
type ListOptions struct {
	Separator rune   // between cells; 0 finds it in the header
	ToColumn  string // the column with the address; "" for the usual names
}

// Row is one line of a list, bound to its columns.
type Row struct {
	Number   int      // from 1, without the header
	Line     int      // of the file, from 1, where the row begins
	Values   []string // one a column, in their order; trimmed, with LF as line ends
	Problems Problems // then Values are not to be used
}

// source gives the records of a file.
type source interface {
	// next gives one record. A problem of that record alone is a Problem, after
	// which the next one can be read; the end is io.EOF; any other error is the end too.
	next() (record, error)
}

// record is what stands in one row of a file.
type record struct {
	line   int
	values []string
}

// OpenList reads the header of a list: CSV with a comma, a semicolon, a tab or a
// vertical bar between its cells, or JSON Lines; in UTF-8, UTF-16 with a byte
// order mark, or Windows-1252. file is its name in problems. What is wrong with
// it as a whole is the error, a Problem or Problems if it is not one of reading.
//
// The rows are read from f as they are asked for.
func OpenList(file string, f io.ReadSeeker, o ListOptions) (*List, error) {
	s, err := look(f)
	if err != nil {
		return nil, err
	}
	if err := s.refusal(file); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	l := &List{file: file, notes: s.notes()}
	text := bufio.NewReaderSize(s.decode(f), 64<<10)
	header, err := l.open(text, o)
	switch {
	case err == io.EOF:
		return nil, Problem{File: file, Text: "it is empty", Hint: "the first line names the columns"}
	case err != nil:
		return nil, err
	}
	columns, problems := parseColumns(file, header.line, header.values, o.ToColumn)
	if len(problems) > 0 {
		return nil, problems
	}
	l.columns = columns
	return l, nil
}

// open finds out what kind of list it is and reads its header.
func (l *List) open(text *bufio.Reader, o ListOptions) (record, error) {
	start, err := text.Peek(text.Size())
	if err != nil && err != io.EOF {
		return record{}, err
	}
	if bytes.HasPrefix(bytes.TrimLeft(start, " \t\r\n"), []byte("{")) && o.Separator == 0 {
		j := newJSONLines(l.file, text)
		l.source = j
		return j.header()
	}
	c := newCSV(l.file, text, start, o.Separator)
	l.source = c
	return c.next()
}

// Columns are those of the header, in its order.
func (l *List) Columns() []Column { return l.columns }

// Notes say what was found out about the file that its owner should know.
func (l *List) Notes() []string { return l.notes }

// Rows gives the rows, once. One that is wrong has Problems; an error is one of
// reading, and the last thing there is. Lines of empty cells are left out: they
// are what spreadsheets put below a table.
func (l *List) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for number := 1; ; {
			r, err := l.source.next()
			if err == io.EOF {
				return
			}
			row := Row{Number: number, Line: r.line, Values: r.values}
			problem, isProblem := err.(Problem)
			switch {
			case isProblem:
				row.Problems = Problems{problem}
			case err != nil:
				yield(Row{}, err)
				return
			case blank(r.values):
				continue
			default:
				l.check(&row)
			}
			for i := range row.Problems {
				row.Problems[i].Row = number
			}
			if !yield(row, nil) {
				return
			}
			number++
		}
	}
}

func blank(values []string) bool {
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			return false
		}
	}
	return true
}

// check cleans the cells of a row and notes what cannot be in one.
func (l *List) check(row *Row) {
	if got, want := len(row.Values), len(l.columns); got != want {
		row.Problems.add(l.file, row.Line, "a cell that holds what stands between cells needs quotation marks around it",
			"it has %s, the header has %d", count(got, "cell"), want)
		return
	}
	for i, value := range row.Values {
		value = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n").Replace(value)) // VT is a line end inside of a cell in Excel
		row.Values[i] = value
		if what := unfit(value); what != "" {
			row.Problems.add(l.file, row.Line, "", "%s holds %s", quote(l.columns[i].Name), what)
		}
	}
}

// unfit names what no cell can hold; "" if there is nothing.
func unfit(value string) string {
	if !utf8.ValidString(value) {
		return "what is not UTF-8"
	}
	for _, r := range value {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return fmt.Sprintf("the control character %U", r)
		}
	}
	return ""
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

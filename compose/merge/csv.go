package merge

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// separators are what may stand between cells; the first of several that are as
// frequent counts.
const separators = ",;\t|"

// csvFile reads a list of cells with something between them.
type csvFile struct {
	file   string
	meter  *meter
	reader *csv.Reader
	before int // lines that were taken off
	last   int // line of the record before
}

// newCSV reads text, which begins with start. A separator of 0 is found there.
func newCSV(file string, text io.Reader, start []byte, separator rune) *csvFile {
	c := &csvFile{file: file}
	if first, _, _ := strings.Cut(string(start), "\n"); separator == 0 || isExcelHint(first) {
		declared := separatorLine(first)
		if declared != 0 {
			text = &skipping{text, len(first) + 1}
			c.before = 1
			start = start[min(len(start), len(first)+1):]
		}
		if separator == 0 {
			separator = declared
		}
	}
	if separator == 0 {
		separator = sniff(string(start))
	}
	c.meter = &meter{Reader: text, left: maxRow}
	c.reader = csv.NewReader(c.meter)
	c.reader.Comma = separator
	c.reader.FieldsPerRecord = -1 // the list compares them with the header
	return c
}

// isExcelHint tells the line "sep=;", with which Excel is told the separator.
func isExcelHint(line string) bool { return separatorLine(line) != 0 }

func separatorLine(line string) rune {
	rest, found := strings.CutPrefix(strings.ToLower(strings.TrimSuffix(line, "\r")), "sep=")
	r, size := utf8.DecodeRuneInString(rest)
	if !found || size != len(rest) || !strings.ContainsRune(separators, r) {
		return 0
	}
	return r
}

// sniff finds what stands between the names of the header.
func sniff(text string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, r := range text {
		if r == '\n' && !quoted {
			break
		}
		if r == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[r]++
		}
	}
	best := ','
	for _, r := range separators {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

func (c *csvFile) next() (record, error) {
	c.meter.next()
	values, err := c.reader.Read()
	var syntax *csv.ParseError
	switch {
	case errors.Is(err, errRow):
		return record{}, Problem{
			File: c.file, Line: c.last + 1, Text: errRow.Error(),
			Hint: "a quotation mark that is never closed makes one row of all that follows",
		}.final()
	case errors.As(err, &syntax):
		return record{line: c.before + syntax.StartLine}, Problem{
			File: c.file, Line: c.before + syntax.StartLine, Text: csvText(syntax.Err),
			Hint: `a cell with a quotation mark in it is written "like ""this"""`,
		}
	case err != nil:
		return record{}, err
	}
	line, _ := c.reader.FieldPos(0)
	c.last = c.before + line
	return record{c.last, values}, nil
}

// csvText puts what encoding/csv says into words.
func csvText(err error) string {
	switch err {
	case csv.ErrBareQuote:
		return "a quotation mark stands in the middle of a cell"
	case csv.ErrQuote:
		return "a quotation mark is missing or one too many"
	}
	return err.Error()
}

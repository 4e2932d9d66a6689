package merge

import (
	"fmt"
	"strings"

	"sendoff/internal/cleantext"
)

// Problem is one thing that is wrong with a list, a row or a template.
type Problem struct {
	File    string // as it was named
	Line    int    // in File, from 1; 0 where there is none
	Row     int    // of the list, from 1 without the header; 0 if it is about no row
	Warning bool   // it hinders nothing
	Text    string // what is wrong; cleaned
	Hint    string // what can be done, if there is more to say than Text does; cleaned
}

// Error is the place and what is wrong.
func (p Problem) Error() string {
	switch {
	case p.Row > 0:
		return fmt.Sprintf("%s:%d: row %d: %s", cleantext.Line(p.File), p.Line, p.Row, p.Text)
	case p.Line > 0:
		return fmt.Sprintf("%s:%d: %s", cleantext.Line(p.File), p.Line, p.Text)
	}
	return cleantext.Line(p.File) + ": " + p.Text
}

// final makes an error of a problem after which nothing more can be read.
func (p Problem) final() error { return Problems{p} }

// Problems is all that is wrong with something; never empty as an error.
type Problems []Problem

// Error gives the problems, one a line.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, problem := range p {
		texts[i] = problem.Error()
	}
	return strings.Join(texts, "\n")
}

// Errors are those that are not mere warnings; nil if there are none.
func (p Problems) Errors() (errors Problems) {
	for _, problem := range p {
		if !problem.Warning {
			errors = append(errors, problem)
		}
	}
	return errors
}

// add notes a problem at a line of a file.
func (p *Problems) add(file string, line int, hint, format string, args ...any) {
	*p = append(*p, Problem{File: file, Line: line, Hint: hint, Text: fmt.Sprintf(format, args...)})
}

// warn notes what hinders nothing.
func (p *Problems) warn(file string, line int, hint, format string, args ...any) {
	*p = append(*p, Problem{File: file, Line: line, Hint: hint, Text: fmt.Sprintf(format, args...), Warning: true})
}

// quote is text from a file as it stands in a problem: in quotes, one line,
// clean, and not longer than a glance.
func quote(text string) string {
	const most = 60
	runes := []rune(cleantext.Line(strings.TrimSpace(text[:min(len(text), 4*most)])))
	if len(runes) > most {
		runes = append(runes[:most-1], '…')
	}
	return `"` + string(runes) + `"`
}

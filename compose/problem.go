package compose

import (
	"fmt"
	"slices"
	"strings"

	"sendoff/internal/cleantext"
)

// FieldError is one thing that is wrong with a draft, in words for the person
// who wrote it.
type FieldError struct {
	Field   string // its JSON name in Draft: "to", "reply_to", "attachments"
	Problem string // what is wrong; cleaned
	Hint    string // what can be done, if there is more to say than Problem does
	Err     error  // the cause, such as fs.ErrNotExist; often nil
}

// Error is the field and the problem.
func (e FieldError) Error() string { return e.Field + ": " + e.Problem }

// Unwrap gives the cause.
func (e FieldError) Unwrap() error { return e.Err }

// Problems is everything that is wrong with a draft; never empty as an error.
type Problems []FieldError

// Error gives the problems in one line.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, e := range p {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap lets errors.Is and errors.As look at every problem.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, e := range p {
		errs[i] = e
	}
	return errs
}

// add notes a problem of a field.
func (p *Problems) add(field, hint, format string, args ...any) {
	*p = append(*p, FieldError{Field: field, Hint: hint, Problem: fmt.Sprintf(format, args...)})
}

// about tells that one of the fields has a problem.
func (p Problems) about(fields ...string) bool {
	return slices.ContainsFunc(p, func(e FieldError) bool { return slices.Contains(fields, e.Field) })
}

// quote is text that someone typed, as it stands in a problem: in quotes, one
// line, clean, and not longer than a glance.
func quote(text string) string {
	const most = 60
	runes := []rune(cleantext.Line(strings.TrimSpace(firstBytes(text, 4*most+4))))
	if len(runes) > most {
		runes = append(runes[:most-1], '…')
	}
	return `"` + string(runes) + `"`
}

// firstBytes cuts s without regard to runes; cleaning mends the cut.
func firstBytes(s string, n int) string { return s[:min(n, len(s))] }

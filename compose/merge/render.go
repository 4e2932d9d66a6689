package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/parser"
	"github.com/osteele/liquid/render"
	"github.com/osteele/liquid/values"
	"github.com/osteele/tuesday"

	"sendoff/internal/cleantext"
)

const (
	printTag = "put"     // takes the place of {{ … }}: the number of a printed, then the expression
	tracking = "."       // is bound to the *rendering; no variable has such a name
	rowName  = "row"     // is bound to all columns by their names
	loopName = "forloop" // is bound by Liquid
)

// nothing are the names that are bound to what an empty cell is.
var nothing = []string{"blank", "empty"}

// maxRendered bounds a text, in octets: a loop that goes wrong must not fill the
// memory.
const maxRendered = 16 << 20

// Lack is a value that was empty where a text would have shown it.
type Lack struct {
	Name string // of the column, or of what was made of it
	Line int    // of the template
}

// Instead is what the template can have there, so that a text stands in the place of an
// empty value. Where several make the value, it names the first.
func (l Lack) Instead() string {
	name, _, _ := strings.Cut(l.Name, ", ")
	return "{{ " + clean(name) + ` | default: "friend" }}`
}

// rendering is what came up while a row was rendered, and what that took.
type rendering struct {
	ctx   context.Context
	until time.Time
	steps int // of loops
	lacks []Lack
}

// render gives the text for the variables of a row. The same variables give the
// same text.
func (t *text) render(vars map[string]any, o *rendering) (string, error) {
	if t.root == nil {
		return t.source, nil
	}
	vars[tracking] = o
	var out bounded
	out.Grow(len(t.source)) // what it comes to, nearly
	err := guard(func() error {
		if err := render.Render(t.root, &out, vars, t.config); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		line, words := liquidError(err)
		return "", fmt.Errorf("%s:%d: %s", cleantext.Line(t.file), max(line, t.line), words)
	}
	return out.String(), nil
}

// compilePrint compiles the tag that stands for {{ … }}.
func (t *text) compilePrint(args string) (func(io.Writer, render.Context) error, error) {
	number, source, _ := strings.Cut(args, " ")
	i, err := strconv.Atoi(number)
	if err != nil {
		return nil, err
	}
	expression, err := parseExpression(source)
	if err != nil {
		return nil, err
	}
	p := t.prints[i]
	return func(w io.Writer, ctx render.Context) error {
		value, err := ctx.Evaluate(expression)
		if err != nil {
			return fmt.Errorf("%s: %w", p.source, filterError(err))
		}
		shown := printable(value)
		if strings.TrimSpace(shown) == "" && !p.mayLack && len(p.names) > 0 {
			o := ctx.Get(tracking).(*rendering)
			o.lacks = append(o.lacks, Lack{strings.Join(p.names, ", "), p.line})
		}
		if t.place == placeHTML && p.spot.link && !isHarmless(shown) {
			return fmt.Errorf("%s: %s is no link that begins with mailto: or https://", p.source, quote(shown))
		}
		_, err = io.WriteString(w, escape(t.place, p.spot, shown))
		return err
	}, nil
}

// printable is a value as it is written.
func printable(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return strings.ToValidUTF8(v, "\ufffd") // a filter can cut or decode
	case float64: // without an exponent
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		return printable(strings.Join(v, ""))
	case []any:
		var b strings.Builder
		for _, item := range v {
			b.WriteString(printable(item))
		}
		return b.String()
	}
	return printable(fmt.Sprint(value))
}

// emptyCell is a cell with nothing in it. In Liquid "" counts as true, so that
// {% if company %} would greet whoever has none; nil, which does not, is not
// equal to "". This is both.
type emptyCell struct{}

var _ values.Value = emptyCell{}

func (emptyCell) Interface() any             { return nil }
func (emptyCell) Int() int                   { return 0 }
func (emptyCell) Less(values.Value) bool     { return false }
func (emptyCell) Contains(values.Value) bool { return false }
func (emptyCell) Test() bool                 { return false }

func (emptyCell) Equal(other values.Value) bool {
	v := other.Interface()
	return v == nil || v == ""
}

func (emptyCell) IndexValue(values.Value) values.Value { return values.ValueOf(nil) }

func (emptyCell) PropertyValue(name values.Value) values.Value {
	if name.Interface() == "size" {
		return values.ValueOf(0)
	}
	return values.ValueOf(nil)
}

// cell is what a template sees of a cell.
func cell(value string) any {
	if value == "" {
		return emptyCell{}
	}
	return value
}

// layouts are the dates that the filter "date" reads. The order of day and month
// in 01/02/2026 is anybody's guess, so that is none of them.
var layouts = []string{
	"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", time.RFC3339, "2006-01-02T15:04:05", "2.1.2006", "2 January 2006", "2 Jan 2006",
	"January 2, 2006", "Jan 2, 2006", time.RFC1123Z, time.RFC1123,
}

// formatDate is the filter "date". That of Liquid knows "now" and the zone of the
// machine, and the same row is to give the same text on another day and elsewhere.
func formatDate(text string, format func(string) string) (string, error) {
	if text == "" {
		return "", nil
	}
	for _, layout := range layouts {
		if date, err := time.Parse(layout, text); err == nil {
			return tuesday.Strftime(format("%Y-%m-%d"), date)
		}
	}
	return "", errors.New("it is not a date such as 2026-12-24")
}

// guard turns a panic of Liquid into an error.
//
// QUIRK: its lexer panics on a number that is too large or a name such as "?", and
// a filter does when a value cannot be converted (liquid v1.9.2 expressions/scanner.rl,
// values.MustConvert).
func guard(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
			if cause, ok := r.(interface{ Cause() error }); ok { // without its stack
				err = cause.Cause()
			}
		}
	}()
	return do()
}

// liquidError gives the line and the words of an error, cleaned: both texts of
// the template and values stand in it.
func liquidError(err error) (line int, words string) {
	if located, ok := err.(parser.Error); ok {
		line = located.LineNumber()
		words = strings.TrimPrefix(located.Error(), fmt.Sprintf("Liquid error (line %d): ", line))
		words = strings.TrimSuffix(words, " in "+located.Path())
		if cause := located.Cause(); cause != nil {
			words = filterError(cause).Error()
		}
		if tag, ends := strings.CutSuffix(words, " not inside "); ends {
			words = tag + " has no beginning"
		}
	} else {
		words = err.Error()
	}
	const most = 300 // a value may be anything
	return line, cleantext.Line(words[:min(len(words), most)])
}

// filterError is what a filter has said, without what Liquid puts around it.
func filterError(err error) error {
	if failed, ok := err.(expressions.FilterError); ok {
		return fmt.Errorf("%s: %w", failed.FilterName, failed.Err)
	}
	return err
}

// noFiles is what {% include %} would find.
type noFiles struct{}

func (noFiles) ReadTemplate(string) ([]byte, error) { return nil, fs.ErrNotExist }

// bounded is a text that does not grow beyond maxRendered.
type bounded struct{ strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	if err := b.takes(len(p)); err != nil {
		return 0, err
	}
	return b.Builder.Write(p)
}

func (b *bounded) WriteString(s string) (int, error) {
	if err := b.takes(len(s)); err != nil {
		return 0, err
	}
	return b.Builder.WriteString(s)
}

func (b *bounded) takes(more int) error {
	if b.Len()+more > maxRendered {
		return fmt.Errorf("the text is longer than %d MiB", maxRendered>>20)
	}
	return nil
}

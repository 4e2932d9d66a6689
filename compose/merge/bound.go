package merge

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/osteele/liquid/parser"
	"github.com/osteele/liquid/render"
)

// What a letter may take. A template comes from somewhere at times, and a cell
// always does: neither is to stop the program or fill the memory. What is written
// is bounded by bounded; this is for loops that write nothing, and for values.
const (
	maxSteps = 100_000          // of all loops for a letter
	maxTime  = 30 * time.Second // for a letter; far more than that takes on any machine
	maxValue = 4 << 20          // octets; a row has no more than a quarter of them
	maxItems = 100_000          // of a list
)

// stepTag stands at the beginning of what a loop repeats.
const stepTag = "step"

func newRendering(ctx context.Context) rendering {
	return rendering{ctx: ctx, until: time.Now().Add(maxTime)}
}

// step counts one step of a loop, and ends what takes too many.
func (r *rendering) step() error {
	r.steps++
	switch {
	case r.ctx.Err() != nil:
		return r.ctx.Err()
	case r.steps > maxSteps:
		return fmt.Errorf("its loops take more than %d steps", maxSteps)
	case time.Now().After(r.until):
		return fmt.Errorf("its loops take longer than %s", maxTime)
	}
	return nil
}

// stepOf is the tag to put behind another one: for a loop the one that counts. It
// takes away as much white space as that does.
func stepOf(token parser.Token) string {
	switch {
	case token.Name != "for":
		return ""
	case strings.HasSuffix(token.Source, "-%}"):
		return "{% " + stepTag + " -%}"
	}
	return "{% " + stepTag + " %}"
}

func compileStep(string) (func(io.Writer, render.Context) error, error) {
	return func(_ io.Writer, ctx render.Context) error {
		return ctx.Get(tracking).(*rendering).step()
	}, nil
}

// lookAtRanges refuses ranges where all of their numbers would be made at once.
func (t *text) lookAtRanges(problems *Problems, token parser.Token, all []lexeme) {
	has := func(sign string) bool { return slices.ContainsFunc(all, func(l lexeme) bool { return l.is(sign) }) }
	if has("..") && (token.Type != parser.TagTokenType || token.Name != "for" || has("|")) {
		problems.add(t.file, token.SourceLoc.LineNo, "{% for i in (1..3) %}", "a range can stand only in a loop, not in %s", quote(token.Source))
	}
}

// addGrowingFilters puts filters whose result may be longer than what they are
// given in the place of Liquid's.
func addGrowingFilters(add func(name string, filter any)) {
	add("append", func(s, suffix string) (string, error) { return join("", s, suffix) })
	add("prepend", func(s, prefix string) (string, error) { return join("", prefix, s) })
	add("replace", func(s, old, by string) (string, error) { return replace(s, old, by, strings.Count(s, old)) })
	add("replace_first", func(s, old, by string) (string, error) { return replace(s, old, by, 1) })
	add("replace_last", func(s, old, by string) (string, error) {
		i := strings.LastIndex(s, old)
		if i < 0 {
			return s, nil
		}
		return join("", s[:i], by, s[i+len(old):])
	})
	add("concat", func(a, b []any) ([]any, error) {
		if len(a)+len(b) > maxItems {
			return nil, fmt.Errorf("the list has more than %d parts", maxItems)
		}
		return slices.Concat(a, b), nil
	})
	add("join", func(a []any, between func(string) string) (string, error) {
		var texts []string
		for _, item := range a {
			if item != nil {
				texts = append(texts, printable(item))
			}
		}
		return join(between(" "), texts...)
	})
}

// join is strings.Join for what is not longer than a value.
func join(between string, texts ...string) (string, error) {
	length := 0
	for _, text := range texts {
		if length += len(text) + len(between); length > maxValue {
			return "", errValue
		}
	}
	return strings.Join(texts, between), nil
}

func replace(s, old, by string, times int) (string, error) {
	if len(s)+times*(len(by)-len(old)) > maxValue {
		return "", errValue
	}
	return strings.Replace(s, old, by, times), nil
}

var errValue = fmt.Errorf("a value is longer than %d MiB", maxValue>>20)

package merge

import (
	"regexp"
	"strings"
	"testing"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/values"
)

// anything has every property and is equal to nothing.
type anything struct{ emptyCell }

func (a anything) Interface() any                          { return "x" }
func (a anything) IndexValue(values.Value) values.Value    { return a }
func (a anything) PropertyValue(values.Value) values.Value { return a }

// FuzzExpression binds the names that our reader finds in an expression, and no
// others: then Liquid misses none, so that no unknown column can hide from it.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		"a", "a.b", `a["b"]`, "a[0]", "a[b.c]", `"a" | append: b`, "a | default: b, c: d", "a == b and c != d", "a contains b or c", "(a..b)", "(a and b)", "-1", "1.5 > a",
		"a-b", "a?", "a.size", "nil == a", "true", `'it''s' | x: y`, "é | ü: ö", "a|b|c", "a.b[c].d[\"e\"]", "in", "a in b", "reversed", "a:b", "x | y:z", "a..b", `"\"" | a: b`, "a.and", "and.a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		e, err := parseExpression(source)
		if err != nil || strings.Contains(source, "..") {
			return // a range of anything may be long
		}
		vars, all := map[string]any{}, map[string]any{}
		for _, v := range variables(lex(source)) {
			vars[v.name] = anything{}
		}
		for _, name := range nameLike.FindAllString(source, -1) {
			all[name] = anything{}
		}
		if misses(e, vars) && !misses(e, all) { // a literal has no properties, whatever is bound
			t.Fatalf("%q: found %v, and Liquid wants more", source, vars)
		}
	})
}

var nameLike = regexp.MustCompile(`[\p{L}_][\p{L}\p{M}\p{Nd}_-]*\??`)

// misses tells that an expression wants more than what is bound.
func misses(e expressions.Expression, vars map[string]any) bool {
	config := expressions.NewConfig()
	config.LaxFilters, config.StrictVariables = true, true
	err := guard(func() error {
		_, err := e.Evaluate(expressions.NewContext(vars, config))
		return err
	})
	return err != nil && strings.Contains(err.Error(), "undefined variable")
}

package merge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/filters"
	"github.com/osteele/liquid/parser"
	"github.com/osteele/liquid/render"
	"github.com/osteele/liquid/tags"

	"sendoff/internal/config"
)

// text is one text of a template: a field of its head, or what stands below.
type text struct {
	file   string
	line   int    // where it begins
	field  string // "subject", "attachments"; "body" for what stands below
	place  place
	source string

	tokens []parser.Token
	prints []printed   // what is written into it, in order
	root   render.Node // nil if nothing is
	config render.Config
}

// printed is one {{ … }} of a text.
type printed struct {
	line    int
	source  string
	names   []string // what its value comes from, for a person
	mayLack bool     // it says what stands there when there is nothing
	spot    spot
}

// tagNames are the tags of Liquid that a template may use. The others read files
// or make HTML; "capture" would escape twice.
var tagNames = []string{
	"assign", "if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase", "for", "endfor",
	"break", "continue", "cycle", "comment", "endcomment", "raw", "endraw",
}

// filterNames are the filters that a template may use. What is escaped is so by
// its place, and never twice.
var filterNames = []string{
	"default", "compact", "concat", "join", "reverse", "sort", "sort_natural", "first", "last", "uniq", "date", "abs", "ceil", "floor",
	"modulo", "minus", "plus", "times", "divided_by", "round", "at_least", "at_most", "size", "pluralize", "handleize", "append", "capitalize",
	"downcase", "upcase", "prepend", "remove", "remove_first", "remove_last", "replace", "replace_first", "replace_last", "slice", "split",
	"strip", "lstrip", "rstrip", "strip_newlines", "truncate", "truncatewords", "url_encode", "url_decode",
}

// parseText reads a text and finds everything that is wrong with it whatever the
// list has.
func parseText(file string, line int, field string, p place, source string) (*text, Problems) {
	t := &text{file: file, line: line, field: field, place: p, source: source}
	var problems Problems
	t.tokens = parser.Scan(source, parser.SourceLoc{Pathname: file, LineNo: line}, nil)
	rewritten, live := t.rewrite(&problems)
	t.tokens = live
	if len(problems) > 0 {
		return t, problems
	}
	isLiteral := !slices.ContainsFunc(parser.Scan(source, parser.SourceLoc{}, nil), func(token parser.Token) bool { return token.Type != parser.TextTokenType })
	if isLiteral {
		return t, nil
	}
	t.compile(&problems, rewritten)
	return t, problems
}

// rewrite looks at the tokens one by one. It gives the source with a tag of ours
// in place of each {{ … }}, so that this package decides how a value is written
// and sees one that is empty, and the tokens outside of comments and raw text.
func (t *text) rewrite(problems *Problems) (source string, live []parser.Token) {
	var b strings.Builder
	var around surroundings
	inside := "" // the end of the comment or raw text that this is in
	opened := 0
	for _, token := range t.tokens {
		line := token.SourceLoc.LineNo
		switch {
		case inside != "":
			if token.Type == parser.TagTokenType && token.Name == inside {
				inside = ""
			}
			b.WriteString(token.Source)
			continue
		case token.Type == parser.TextTokenType:
			t.lookAtText(problems, token)
			around.add(t.place, token.Source)
			b.WriteString(token.Source)
		case token.Type == parser.TagTokenType:
			if token.Name == "comment" || token.Name == "raw" {
				inside, opened = "end"+token.Name, line
			}
			t.lookAtTag(problems, token)
			b.WriteString(token.Source)
			b.WriteString(stepOf(token))
		case token.Type == parser.ObjTokenType:
			s, problem := around.spot(t.place)
			if problem != "" {
				problems.add(t.file, line, "", "%s: %s", quote(token.Source), problem)
			}
			b.WriteString(t.lookAtValue(problems, token, s))
		}
		live = append(live, token)
	}
	if inside != "" {
		problems.add(t.file, opened, "", "{%% %s %%} does not end", strings.TrimPrefix(inside, "end"))
	}
	return b.String(), live
}

// lookAtText finds what was meant as more than text.
func (t *text) lookAtText(problems *Problems, token parser.Token) {
	marks := []string{"{{", "{%", "}}", "%}"}
	if t.place == placeHTML {
		marks = marks[:2] // "}}" stands in styles
	}
	for _, mark := range marks {
		before, _, found := strings.Cut(token.Source, mark)
		if found {
			line := token.SourceLoc.LineNo + strings.Count(before, "\n")
			problems.add(t.file, line, "write {{ name }} or {% if name %} in one line; {% raw %}…{% endraw %} stands around what means nothing", "%q has no other end", mark)
			return
		}
	}
}

func (t *text) lookAtTag(problems *Problems, token parser.Token) {
	line := token.SourceLoc.LineNo
	switch {
	case !slices.Contains(tagNames, token.Name) && token.Name == "capture":
		problems.add(t.file, line, `use assign: {% assign hello = "Dear " | append: name %}`, "%s cannot be used here", quote(token.Source))
	case !slices.Contains(tagNames, token.Name):
		problems.add(t.file, line, config.Suggest(token.Name, tagNames), "there is no tag %s", quote(token.Name))
	default:
		all := lex(token.Args)
		t.lookAtRanges(problems, token, all)
		t.lookAtFilters(problems, line, all)
	}
}

func (t *text) lookAtFilters(problems *Problems, line int, all []lexeme) {
	for _, name := range filtersOf(all) {
		switch {
		case name == "escape" || name == "escape_once" || name == "newline_to_br" || name == "safe":
			problems.add(t.file, line, "leave it out: values are written so that they stay text", "there is no filter %s here", quote(name))
		case name == "url_encode" && t.place == placeURL:
			problems.add(t.file, line, "leave it out: values are written so that they stay one part of the link", "there is no filter %s here", quote(name))
		case !slices.Contains(filterNames, name):
			problems.add(t.file, line, config.Suggest(name, filterNames), "there is no filter %s", quote(name))
		}
	}
}

// lookAtValue gives the tag of ours for {{ … }}, on as many lines.
func (t *text) lookAtValue(problems *Problems, token parser.Token, s spot) string {
	line := token.SourceLoc.LineNo
	all := lex(token.Args)
	_, err := parseExpression(token.Args)
	switch {
	case err != nil || strings.Contains(token.Args, "%}"):
		problems.add(t.file, line, `a column is named as {{ first_name }} or {{ row["First Name"] }}`, "%s cannot be read", quote(token.Source))
		return ""
	case t.place == placeAddress && t.hasQuotes():
		problems.add(t.file, line, "leave out the quotation marks: those that a name needs are written by themselves", "a value stands between quotation marks in %s", t.field)
		return ""
	}
	t.lookAtRanges(problems, token, all)
	t.lookAtFilters(problems, line, all)
	s.part = s.part && !slices.Contains(filtersOf(all), "url_encode")
	p := printed{line: line, source: token.Source, mayLack: slices.Contains(filtersOf(all), "default"), spot: s}
	for _, v := range variables(all) {
		p.names = append(p.names, v.label())
	}
	t.prints = append(t.prints, p)
	opening, closing := "{%", "%}"
	if strings.HasPrefix(token.Source, "{{-") {
		opening = "{%-"
	}
	if strings.HasSuffix(token.Source, "-}}") {
		closing = "-%}"
	}
	lines := strings.Repeat("\n", strings.Count(token.Source, "\n"))
	return fmt.Sprintf("%s %s %d %s %s%s", opening, printTag, len(t.prints)-1, token.Args, lines, closing)
}

// hasQuotes tells a text with quotation marks outside of what is filled in.
func (t *text) hasQuotes() bool {
	return slices.ContainsFunc(t.tokens, func(token parser.Token) bool {
		return token.Type == parser.TextTokenType && strings.Contains(token.Source, `"`)
	})
}

// label is how a variable is named to a person.
func (v variable) label() string {
	if v.name == rowName && len(v.path) > 0 {
		return v.path[0]
	}
	return v.name
}

// compile makes the text one that can be rendered.
func (t *text) compile(problems *Problems, rewritten string) {
	t.config = render.NewConfig()
	t.config.StrictVariables = true
	t.config.TemplateStore = noFiles{}
	filters.AddStandardFilters(&t.config)
	t.config.AddFilter("date", formatDate)
	addNumberFilters(t.config.AddFilter)
	addGrowingFilters(t.config.AddFilter)
	tags.AddStandardTags(&t.config)
	t.config.AddTag(stepTag, compileStep)
	t.config.AddTag(printTag, t.compilePrint)
	err := guard(func() error {
		root, err := t.config.Compile(rewritten, parser.SourceLoc{Pathname: t.file, LineNo: t.line})
		if err != nil { // a nil one is not a nil error
			return err
		}
		t.root = root
		return nil
	})
	if err != nil {
		line, words := liquidError(err)
		problems.add(t.file, max(line, t.line), "", "%s", words)
	}
}

// parseExpression parses an expression of Liquid.
func parseExpression(source string) (e expressions.Expression, err error) {
	err = guard(func() (err error) {
		e, err = expressions.Parse(source)
		return err
	})
	return e, err
}

// surroundings follow what of a text stands before a place.
type surroundings struct {
	html   htmlBefore
	line   strings.Builder // what stands on the line so far, without tags and values
	fenced bool
}

func (s *surroundings) add(p place, source string) {
	if p == placeHTML {
		s.html.add(source)
		return
	}
	for i, piece := range strings.SplitAfter(source, "\n") {
		if i > 0 {
			s.line.Reset()
		}
		s.line.WriteString(piece)
		if full := strings.TrimSpace(s.line.String()); strings.HasSuffix(piece, "\n") && (strings.HasPrefix(full, "```") || strings.HasPrefix(full, "~~~")) {
			s.fenced = !s.fenced
		}
	}
}

// spot is the place of a value that stands there now; problem says why none can.
func (s *surroundings) spot(p place) (at spot, problem string) {
	if p == placeHTML {
		at, problem = s.html.spot()
		s.html.value += "." // the next one is no beginning
		return at, problem
	}
	line := s.line.String()
	link := strings.LastIndex(line, "](")
	return spot{
		lineStart: strings.Trim(line, " \t>*+-.)0123456789") == "",
		code:      s.fenced || strings.Count(line, "`")%2 == 1,
		link:      link >= 0 && !strings.Contains(line[link:], ")"),
		table:     strings.Contains(line, "|"),
	}, ""
}

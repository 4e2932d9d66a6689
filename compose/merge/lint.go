package merge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osteele/liquid/parser"

	"sendoff/internal/config"
)

// scope is what a text can name.
type scope struct {
	columns []Column
	given   []string // bound besides them
	locals  []string // of assign, from there on
	loops   []string // the variables of the loops around
	cases   []bool   // of the cases around: they look at a column
}

// check finds the names that neither the list has nor are given, in every branch,
// and comparisons that are never what was meant.
func (t *text) check(columns []Column, given []string) (problems Problems) {
	s := scope{columns: columns, given: given}
	for _, token := range t.tokens {
		line := token.SourceLoc.LineNo
		switch token.Type {
		case parser.ObjTokenType:
			s.expression(&problems, t.file, line, token, lex(token.Args))
		case parser.TagTokenType:
			s.tag(&problems, t.file, line, token)
		}
	}
	return problems
}

// tag checks a tag and follows what it opens, closes and binds.
func (s *scope) tag(problems *Problems, file string, line int, token parser.Token) {
	all := lex(token.Args)
	switch token.Name {
	case "assign":
		if len(all) > 2 && all[1].is("=") {
			s.expression(problems, file, line, token, all[2:])
			s.locals = append(s.locals, s.bindable(problems, file, line, all[0].text))
		}
	case "for":
		if len(all) > 2 {
			looped := slices.DeleteFunc(slices.Clone(all[3:]), func(l lexeme) bool { return l == lexeme{lexName, "reversed"} })
			s.expression(problems, file, line, token, append(all[2:3:3], looped...))
			s.loops = append(s.loops, s.bindable(problems, file, line, all[0].text))
		}
	case "endfor":
		s.loops = s.loops[:max(len(s.loops)-1, 0)]
	case "case":
		s.expression(problems, file, line, token, all)
		vs := variables(all)
		s.cases = append(s.cases, len(vs) > 0 && s.isColumn(vs[0]))
	case "endcase":
		s.cases = s.cases[:max(len(s.cases)-1, 0)]
	case "when":
		s.expression(problems, file, line, token, all)
		s.checkWhen(problems, file, line, all)
	case "cycle":
	default:
		s.expression(problems, file, line, token, all)
	}
}

// bindable gives a name that a text binds, if it may.
func (s *scope) bindable(problems *Problems, file string, line int, name string) string {
	if name == rowName || name == loopName || slices.Contains(nothing, name) {
		problems.add(file, line, "choose another name", "%s has a meaning already", quote(name))
	}
	return name
}

// isLocal tells a name that the text has bound.
func (s *scope) isLocal(name string) bool {
	return slices.Contains(s.locals, name) || slices.Contains(s.loops, name)
}

// expression checks the variables and comparisons of an expression.
func (s *scope) expression(problems *Problems, file string, line int, token parser.Token, all []lexeme) {
	vs := variables(all)
	for _, v := range vs {
		s.variable(problems, file, line, token, v)
	}
	for i, l := range all {
		if l.kind == lexSign && slices.Contains([]string{"==", "!=", "<", ">", "<=", ">="}, l.text) {
			s.comparison(problems, file, line, all, vs, i)
		}
	}
}

func (s *scope) variable(problems *Problems, file string, line int, token parser.Token, v variable) {
	in := quote(token.Source)
	switch {
	case s.isLocal(v.name):
		checkPath(problems, file, line, in, v.path, "first", "last", "size")
	case v.name == loopName && len(s.loops) > 0:
		checkPath(problems, file, line, in, v.path, "first", "last", "index", "index0", "rindex", "rindex0", "length")
	case v.name == rowName && (len(v.path) == 0 || v.computed || v.numbered):
		problems.add(file, line, `name a column in quotation marks: {{ row["First Name"] }}`, "%s names no column", in)
	case v.name == rowName && s.column(v.path[0]) == nil:
		problems.add(file, line, "the columns are "+names(s.columns), "there is no column %s, in %s", quote(v.path[0]), in)
	case v.name == rowName:
		checkPath(problems, file, line, in, v.path[1:], "size")
	case slices.Contains(nothing, v.name):
		checkPath(problems, file, line, in, v.path)
	case s.column(v.name) == nil && slices.Contains(s.given, v.name):
		checkPath(problems, file, line, in, v.path, "size")
	case s.column(v.name) == nil:
		problems.add(file, line, config.Suggest(v.name, s.known()), "there is no column %s, in %s", quote(v.name), in)
	case v.numbered || v.computed:
		problems.add(file, line, "split makes a list of it", "%s is a text and has no parts, in %s", quote(v.name), in)
	default:
		checkPath(problems, file, line, in, v.path, "size")
	}
}

// checkPath refuses properties that there are not.
func checkPath(problems *Problems, file string, line int, in string, path []string, possible ...string) {
	for _, name := range path {
		if !slices.Contains(possible, name) {
			problems.add(file, line, "", "there is nothing called %s, in %s", quote("."+name), in)
		}
	}
}

// column finds the column of a name, as the header or as a variable has it.
func (s *scope) column(name string) *Column {
	i := slices.IndexFunc(s.columns, func(c Column) bool { return c.Alias == name || c.Name == name })
	if i < 0 {
		return nil
	}
	return &s.columns[i]
}

// known are the names for a suggestion.
func (s *scope) known() []string {
	all := slices.Concat(s.locals, s.loops, s.given)
	for _, c := range s.columns {
		all = append(all, c.Alias)
	}
	return all
}

// isColumn tells a variable that is a cell, and so a text.
func (s *scope) isColumn(v variable) bool {
	if s.isLocal(v.name) {
		return false
	}
	plain := len(v.path) == 0 && s.column(v.name) != nil
	return plain || v.name == rowName && len(v.path) == 1
}

// comparison refuses what Liquid never finds true: it holds a text and a number
// for different whatever they are, and orders them not at all.
func (s *scope) comparison(problems *Problems, file string, line int, all []lexeme, vs []variable, at int) {
	left, right := lexeme{}, lexeme{}
	if at > 0 {
		left = all[at-1]
	}
	if at+1 < len(all) {
		right = all[at+1]
	}
	ours := slices.ContainsFunc(vs, func(v variable) bool { return (v.end == at || v.start == at+1) && s.isColumn(v) })
	isOrder := all[at].text[0] == '<' || all[at].text[0] == '>'
	number := left
	if right.kind == lexNumber {
		number = right
	}
	switch {
	case ours && isOrder:
		problems.add(file, line, "make it a number first: {% assign n = age | plus: 0 %}{% if n > 17 %}", "what is in a list is text, and %s compares numbers", quote(all[at].text))
	case ours && number.kind == lexNumber:
		problems.add(file, line, fmt.Sprintf("write %q with quotation marks", number.text), "what is in a list is text, and never equal to the number %s", number.text)
	case ours && left.kind == lexText && strings.TrimSpace(left.text) == "":
		problems.add(file, line, `write the column first: {% if company == "" %}`, "an empty cell is not found so")
	}
}

// checkWhen is comparison for the values of a case.
func (s *scope) checkWhen(problems *Problems, file string, line int, all []lexeme) {
	if len(s.cases) == 0 || !s.cases[len(s.cases)-1] {
		return
	}
	for _, l := range all {
		switch {
		case l.kind == lexNumber:
			problems.add(file, line, fmt.Sprintf("write %q with quotation marks", l.text), "what is in a list is text, and never equal to the number %s", l.text)
		case l.kind == lexText && l.text == "":
			problems.add(file, line, "write {% when blank %}", "an empty cell is not found so")
		}
	}
}

package merge

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexemeKind is what a piece of an expression is.
type lexemeKind int

const (
	lexName     lexemeKind = iota // first_name; also a word like "in" or "and"
	lexProperty                   // .size, without its dot
	lexKeyword                    // limit: , without its colon; a filter with arguments looks so too
	lexText                       // "…" or '…', without its quotation marks
	lexNumber
	lexSign // == != < > <= >= .. = | , ( ) [ ] and whatever else
)

// lexeme is one piece of an expression.
type lexeme struct {
	kind lexemeKind
	text string
}

func (l lexeme) is(sign string) bool { return l.kind == lexSign && l.text == sign }

// lex splits an expression as the parser of Liquid does. That one keeps no tree:
// it makes functions at once, which cannot be asked for the names in them.
func lex(source string) (all []lexeme) {
	for source = strings.TrimSpace(source); source != ""; source = strings.TrimSpace(source) {
		l, length := lexOne(source)
		all = append(all, l)
		source = source[length:]
	}
	return all
}

func lexOne(source string) (l lexeme, length int) {
	r, _ := utf8.DecodeRuneInString(source)
	switch {
	case r == '"' || r == '\'':
		return lexQuoted(source)
	case r >= '0' && r <= '9' || r == '-' && len(source) > 1 && source[1] >= '0' && source[1] <= '9':
		length = 1 + lengthOf(source[1:], func(r rune) bool { return r >= '0' && r <= '9' })
		if rest := source[length:]; len(rest) > 1 && rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9' {
			length += 1 + lengthOf(rest[1:], func(r rune) bool { return r >= '0' && r <= '9' })
		}
		return lexeme{lexNumber, source[:length]}, length
	case beginsName(r):
		length = nameLength(source)
		if strings.HasPrefix(source[length:], ":") {
			return lexeme{lexKeyword, source[:length]}, length + 1
		}
		return lexeme{lexName, source[:length]}, length
	case r == '.' && len(source) > 1:
		if next, _ := utf8.DecodeRuneInString(source[1:]); beginsName(next) {
			length = nameLength(source[1:])
			return lexeme{lexProperty, source[1 : 1+length]}, 1 + length
		}
	}
	for _, sign := range []string{"==", "!=", ">=", "<=", ".."} {
		if strings.HasPrefix(source, sign) {
			return lexeme{lexSign, sign}, len(sign)
		}
	}
	_, length = utf8.DecodeRuneInString(source)
	return lexeme{lexSign, source[:length]}, length
}

// lexQuoted reads a text; within double quotes a backslash takes the meaning of
// what follows.
func lexQuoted(source string) (l lexeme, length int) {
	for i := 1; i < len(source); i++ {
		switch {
		case source[i] == '\\' && source[0] == '"':
			i++
		case source[i] == source[0]:
			return lexeme{lexText, source[1:i]}, i + 1
		}
	}
	return lexeme{lexSign, source}, len(source) // the parser refuses it
}

func beginsName(r rune) bool {
	return r == '_' || unicode.IsLetter(r)
}

func nameLength(source string) int {
	length := lengthOf(source, func(r rune) bool {
		return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
	})
	if strings.HasPrefix(source[length:], "?") {
		length++
	}
	return length
}

// lengthOf is how many octets at the beginning fit.
func lengthOf(source string, fits func(rune) bool) int {
	for i, r := range source {
		if !fits(r) {
			return i
		}
	}
	return len(source)
}

// words mean something else than a variable where one could stand.
var words = []string{"true", "false", "nil", "and", "or", "contains", "in"}

// variable is a name in an expression with what is asked of it.
type variable struct {
	name       string
	start, end int      // its lexemes
	path       []string // properties and texts in brackets, in order
	numbered   bool     // it has a number in brackets
	computed   bool     // it has something else in brackets
}

// variables are those of an expression, in order.
func variables(all []lexeme) (found []variable) {
	for i := 0; i < len(all); i++ {
		isFilter := i > 0 && all[i-1].is("|")
		if all[i].kind != lexName || isFilter || slices.Contains(words, all[i].text) {
			continue
		}
		v := variable{name: all[i].text, start: i, end: i + 1}
		for v.extend(all) {
		}
		found = append(found, v)
		if !v.computed {
			i = v.end - 1
		}
	}
	return found
}

// extend takes one more property or index to a variable.
func (v *variable) extend(all []lexeme) bool {
	rest := all[v.end:]
	switch {
	case len(rest) > 0 && rest[0].kind == lexProperty:
		v.path = append(v.path, rest[0].text)
		v.end++
		return true
	case len(rest) == 0 || !rest[0].is("["):
		return false
	case len(rest) > 2 && rest[1].kind == lexText && rest[2].is("]"):
		v.path = append(v.path, rest[1].text)
		v.end += 3
		return true
	case len(rest) > 2 && rest[1].kind == lexNumber && rest[2].is("]"):
		v.numbered = true
		v.end += 3
		return true
	}
	v.computed = true // what is in the brackets is looked at on its own
	return false
}

// filtersOf names the filters of an expression.
func filtersOf(all []lexeme) (found []string) {
	for i, l := range all {
		if i > 0 && all[i-1].is("|") && (l.kind == lexName || l.kind == lexKeyword) {
			found = append(found, l.text)
		}
	}
	return found
}

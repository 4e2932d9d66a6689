package importer

import (
	"fmt"
	"path/filepath"
	"strings"
)

// gitEntry is a variable of a git configuration.
type gitEntry struct {
	section, subsection, key string // section and key in lower case
	value                    string
	at                       Place
}

// name is the variable as git config --list has it.
func (e gitEntry) name() string {
	name := e.key
	if e.subsection != "" {
		name = e.subsection + "." + name
	}
	if e.section != "" {
		name = e.section + "." + name
	}
	return name
}

// gitFile reads a file and those it includes. The ones that are included on a
// condition are told.
func (r *reader) gitFile(path string, depth int) (entries []gitEntry, notes []Note, err error) {
	text, err := r.read(path, depth)
	if err != nil {
		return nil, nil, err
	}
	own, err := parseGitConfig(path, text)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range own {
		entries = append(entries, e)
		switch {
		case e.name() == "include.path":
			target := r.machine.expand(e.value, filepath.Dir(path))
			more, further, err := r.gitFile(target, depth+1)
			if err != nil {
				notes = append(notes, Note{e.at, "the file that is included cannot be read: " + reason(err)})
			}
			entries, notes = append(entries, more...), append(notes, further...)
		case e.section == "includeif" && e.key == "path":
			notes = append(notes, Note{e.at, "a file that git includes on a condition is left out: for its account say sendoff account import FILE"})
		}
	}
	return entries, notes, nil
}

// parseGitConfig reads the text of a git configuration as git does.
func parseGitConfig(path, text string) ([]gitEntry, error) {
	p := gitParser{text: strings.TrimPrefix(text, "\ufeff"), path: path, line: 1}
	for p.at < len(p.text) {
		if err := p.next(); err != nil {
			return p.entries, err
		}
	}
	return p.entries, nil
}

type gitParser struct {
	text, path          string
	at, line            int
	section, subsection string
	entries             []gitEntry
}

func (p *gitParser) bad() error {
	return fmt.Errorf("%s: this is no git configuration", Place{p.path, p.line})
}

// peek is the byte that follows, 0 at the end; a carriage return before the end of
// a line is none.
func (p *gitParser) peek() byte {
	if p.at < len(p.text) && p.text[p.at] == '\r' && p.at+1 < len(p.text) && p.text[p.at+1] == '\n' {
		p.at++
	}
	if p.at >= len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *gitParser) take() byte {
	c := p.peek()
	if p.at < len(p.text) {
		p.at++
	}
	if c == '\n' {
		p.line++
	}
	return c
}

func (p *gitParser) next() error {
	switch c := p.peek(); {
	case c == '\n' || c == ' ' || c == '\t' || c == '\r' || c == 0:
		p.take()
	case c == '#' || c == ';':
		p.comment()
	case c == '[':
		p.take()
		return p.header()
	case isLetter(c):
		return p.variable()
	default:
		return p.bad()
	}
	return nil
}

func (p *gitParser) comment() {
	for p.at < len(p.text) && p.peek() != '\n' {
		p.at++
	}
}

// header reads [section], [section "subsection"] and the old [section.subsection].
func (p *gitParser) header() error {
	name := p.name(".")
	p.section, p.subsection, _ = strings.Cut(name, ".")
	blanks := p.blanks()
	if blanks && p.peek() == '"' {
		p.take()
		var b strings.Builder
		for c := p.take(); c != '"'; c = p.take() {
			if c == '\\' {
				c = p.take()
			}
			if c == '\n' || c == 0 {
				return p.bad()
			}
			b.WriteByte(c)
		}
		p.section, p.subsection = name, b.String()
	}
	if p.take() != ']' || p.section == "" {
		return p.bad()
	}
	return nil
}

// name reads letters, digits, "-" and those in more, in lower case.
func (p *gitParser) name(more string) string {
	begin := p.at
	for c := p.peek(); isLetter(c) || c >= '0' && c <= '9' || c == '-' || c != 0 && strings.IndexByte(more, c) >= 0; c = p.peek() {
		p.at++
	}
	return strings.ToLower(p.text[begin:p.at])
}

func (p *gitParser) blanks() (any bool) {
	for c := p.peek(); c == ' ' || c == '\t'; c = p.peek() {
		p.at++
		any = true
	}
	return any
}

func (p *gitParser) variable() error {
	e := gitEntry{section: p.section, subsection: p.subsection, at: Place{p.path, p.line}}
	e.key = p.name("")
	p.blanks()
	switch c := p.peek(); {
	case c == '\n' || c == 0: // a name alone is true
		e.value = "true"
	case c == '=':
		p.take()
		value, ok := p.value()
		if !ok {
			return p.bad()
		}
		e.value = value
	default:
		return p.bad()
	}
	p.entries = append(p.entries, e)
	return nil
}

// value reads up to the end of the line: quotes, which may begin anywhere, keep
// blanks and comment marks, and a backslash at the end goes on with the next line.
func (p *gitParser) value() (value string, ok bool) {
	var b strings.Builder
	quoted, blanks := false, ""
	p.blanks()
	for {
		switch c := p.peek(); {
		case c == '\n' || c == 0:
			return b.String(), !quoted
		case !quoted && (c == ' ' || c == '\t'):
			blanks += string([]byte{p.take()})
		case !quoted && (c == '#' || c == ';'):
			p.comment()
		case c == '"':
			p.take()
			quoted = !quoted
			b.WriteString(blanks)
			blanks = ""
		case c == '\\':
			p.take()
			b.WriteString(blanks)
			blanks = ""
			switch escaped := p.take(); escaped {
			case '\n', 0: // also where the file ends
			case 't':
				b.WriteByte('\t')
			case 'n':
				b.WriteByte('\n')
			case 'b':
				b.WriteByte('\b')
			case '\\', '"':
				b.WriteByte(escaped)
			default:
				return "", false
			}
		default:
			b.WriteString(blanks)
			blanks = ""
			b.WriteByte(p.take())
		}
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

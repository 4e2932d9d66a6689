package importer

import "strings"

// A value of a muttrc is a row of parts, since what a command prints or a variable
// holds is not known here, and often is the password.
type muttPart struct {
	kind muttPartKind
	text string // what stands there; the command; the name of the variable
}

type muttPartKind int

const (
	muttText    muttPartKind = iota
	muttCommand              // in backticks
	muttEnv                  // $NAME of the environment
)

type muttValue []muttPart

// add appends text, and keeps the parts few.
func (v *muttValue) add(text string) {
	if n := len(*v); n > 0 && (*v)[n-1].kind == muttText {
		(*v)[n-1].text += text
		return
	}
	if text != "" {
		*v = append(*v, muttPart{muttText, text})
	}
}

// plain is the text of a value, with what the environment says now; ok is false
// if a command is in it.
func (v muttValue) plain(m Machine) (text string, ok bool) {
	var b strings.Builder
	for _, part := range v {
		switch part.kind {
		case muttCommand:
			return "", false
		case muttEnv:
			b.WriteString(m.env(part.text))
		default:
			b.WriteString(part.text)
		}
	}
	return b.String(), true
}

// maxMuttValue bounds what variables that hold each other grow to.
const maxMuttValue = 64 << 10

// muttWords takes a line of a muttrc apart, as mutt's own reader of words does.
type muttWords struct {
	line string
	at   int
	vars func(name string) (muttValue, bool)
	size int // of what variables have put in
}

// blanks moves on to the next word.
func (w *muttWords) blanks() {
	for w.at < len(w.line) && (w.line[w.at] == ' ' || w.line[w.at] == '\t') {
		w.at++
	}
}

// more tells that the command goes on.
func (w *muttWords) more() bool {
	w.blanks()
	return w.at < len(w.line) && w.line[w.at] != ';' && w.line[w.at] != '#'
}

// next moves behind the ";" of a command, and tells whether another one may follow.
func (w *muttWords) next() bool {
	for w.more() {
		w.word("")
	}
	if w.at < len(w.line) && w.line[w.at] == ';' {
		w.at++
		return true
	}
	return false
}

// word reads up to a blank, the end of the command, or one of the bytes in stop.
func (w *muttWords) word(stop string) muttValue {
	w.blanks()
	var v muttValue
	quote := byte(0)
	for w.at < len(w.line) {
		c := w.line[w.at]
		if quote == 0 && (c == ' ' || c == '\t' || c == ';' || c == '#' || strings.IndexByte(stop, c) >= 0) {
			return v
		}
		w.at++
		switch {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == '\\' && quote != '\'':
			v.add(w.escaped())
		case c == '`' && quote != '\'':
			v = append(v, muttPart{muttCommand, w.backticks()})
		case c == '$' && quote != '\'':
			w.variable(&v)
		default:
			v.add(string([]byte{c}))
		}
	}
	return v
}

// escaped reads what stands behind a backslash.
func (w *muttWords) escaped() string {
	if w.at >= len(w.line) {
		return ""
	}
	c := w.line[w.at]
	w.at++
	switch c {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case 'f':
		return "\f"
	case 'e':
		return "\x1b"
	}
	if c < '0' || c > '3' || w.at+2 > len(w.line) {
		return string([]byte{c})
	}
	octal := 0
	for _, digit := range []byte{c, w.line[w.at], w.line[w.at+1]} {
		if digit < '0' || digit > '7' {
			return string([]byte{c})
		}
		octal = octal*8 + int(digit-'0')
	}
	w.at += 2
	return string([]byte{byte(octal)})
}

// backticks reads a command up to the backtick that ends it.
func (w *muttWords) backticks() string {
	var b strings.Builder
	for w.at < len(w.line) {
		c := w.line[w.at]
		w.at++
		if c == '`' {
			break
		}
		if c == '\\' && w.at < len(w.line) && w.line[w.at] == '`' {
			c = '`'
			w.at++
		}
		b.WriteByte(c)
	}
	return b.String()
}

// variable reads $name or ${name}, of the configuration or the environment.
func (w *muttWords) variable(v *muttValue) {
	rest := w.line[w.at:]
	name := ""
	if inside, ok := strings.CutPrefix(rest, "{"); ok {
		before, _, closed := strings.Cut(inside, "}")
		if closed {
			name = before
			w.at += len(name) + 2
		}
	} else {
		end := 0
		for end < len(rest) && isWordByte(rest[end]) {
			end++
		}
		name = rest[:end]
		w.at += end
	}
	if name == "" {
		v.add("$")
		return
	}
	parts, ok := w.vars(name)
	if !ok {
		*v = append(*v, muttPart{muttEnv, name})
		return
	}
	for _, part := range parts {
		if w.size += len(part.text) + 1; w.size > maxMuttValue {
			return
		}
		if part.kind == muttText {
			v.add(part.text)
		} else {
			*v = append(*v, part)
		}
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// muttLines joins the lines that end in a backslash; each goes with the number of
// its first.
func muttLines(text string, each func(number int, line string)) {
	number, first, joined := 0, 1, ""
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if joined == "" {
			first = number
		}
		if before, ok := strings.CutSuffix(line, `\`); ok {
			joined += before
			continue
		}
		each(first, joined+line)
		joined = ""
	}
	if joined != "" {
		each(first, joined)
	}
}

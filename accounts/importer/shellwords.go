package importer

import "strings"

// shellWord is a word of a line for a shell.
type shellWord struct {
	text     string // without quotes
	open     bool   // the shell or a command puts something into it
	operator bool   // it is none, but one of < > <<< and the like
}

// says tells that a word is text that stands there.
func (w shellWord) says() bool { return !w.open && w.text != "" }

// shellSplit takes a line for a shell apart into its commands, and says what is
// between backticks and, up to the end of the line, behind each $(: commands again.
// It is for a look at a line that is not run; not all that a shell can do is seen.
func shellSplit(line string) (commands [][]shellWord, inner []string) {
	s := shellLine{line: line}
	for s.at < len(s.line) {
		s.step()
	}
	s.endCommand()
	return s.commands, s.inner
}

type shellLine struct {
	line     string
	at       int
	commands [][]shellWord
	inner    []string

	words  []shellWord // of the command that is read
	word   strings.Builder
	isOpen bool
	begun  bool // there is a word, be it empty
	quote  byte
	ticks  int // backticks so far
}

// step reads a character, or an operator.
func (s *shellLine) step() {
	c := s.line[s.at]
	s.at++
	switch {
	case s.quote != 0 && c == s.quote:
		s.quote = 0
	case s.quote == '\'':
		s.add(c)
	case c == '\\' && s.at < len(s.line):
		s.escaped()
	case c == '`':
		s.open()
		if s.ticks++; s.ticks%2 == 1 {
			inside, _, _ := strings.Cut(s.line[s.at:], "`")
			s.within(inside)
		}
	case c == '$':
		s.open()
		if strings.HasPrefix(s.line[s.at:], "(") {
			s.within(s.line[s.at+1:])
		}
	case s.quote != 0:
		s.add(c)
	default:
		s.unquoted(c)
	}
}

func (s *shellLine) unquoted(c byte) {
	switch c {
	case '"', '\'':
		s.quote, s.begun = c, true
	case ' ', '\t', '\r':
		s.endWord()
	case ';', '&', '|', '\n', '(', ')':
		s.endCommand()
	case '<', '>':
		s.redirection()
	case '#':
		if s.begun {
			s.add(c)
			return
		}
		for s.at < len(s.line) && s.line[s.at] != '\n' {
			s.at++
		}
	default:
		s.add(c)
	}
}

// escaped reads what is behind a backslash.
func (s *shellLine) escaped() {
	c := s.line[s.at]
	s.at++
	if c == '\n' { // the line goes on
		return
	}
	if s.quote == '"' && !strings.ContainsRune("\"\\$`", rune(c)) {
		s.add('\\')
	}
	s.add(c)
}

// redirection reads an operator, and takes the number of a file in front of it as a
// part of it.
func (s *shellLine) redirection() {
	number := s.word.String()
	if strings.Trim(number, "0123456789") == "" && !s.isOpen {
		s.word.Reset()
		s.begun = false
	} else {
		number = ""
	}
	s.endWord()
	start := s.at - 1
	for s.at < len(s.line) && strings.IndexByte("<>&-", s.line[s.at]) >= 0 {
		s.at++
	}
	text := s.line[start:s.at]
	if number != "" && number != "1" {
		text = number + text
	}
	s.words = append(s.words, shellWord{text: text, operator: true})
}

func (s *shellLine) add(c byte) {
	s.word.WriteByte(c)
	s.begun = true
}

func (s *shellLine) open() { s.isOpen, s.begun = true, true }

// within keeps no more lines than are looked at, and one.
func (s *shellLine) within(commands string) {
	if len(s.inner) <= maxNested {
		s.inner = append(s.inner, commands)
	}
}

func (s *shellLine) endWord() {
	if s.begun {
		s.words = append(s.words, shellWord{text: s.word.String(), open: s.isOpen})
	}
	s.word.Reset()
	s.isOpen, s.begun = false, false
}

func (s *shellLine) endCommand() {
	s.endWord()
	if len(s.words) > 0 {
		s.commands = append(s.commands, s.words)
	}
	s.words = nil
}

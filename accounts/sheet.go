package accounts

import (
	"bytes"
	"fmt"
	"strings"

	"sendoff/internal/config"
)

// sheet is the text of accounts.toml while it is changed. Each change touches the
// lines it is about and no comment line; what cannot be changed so is an error
// that says what to do by hand.
type sheet struct {
	path string
	data []byte
	doc  *config.Document
}

func newSheet(path string, data []byte) (*sheet, error) {
	s := &sheet{path: path}
	return s, s.replace(0, 0, data)
}

// replace puts text in place of the bytes from start to end, and reads where
// everything stands now. What it means is checked when all is done: on the way a
// login may lack its secret.
func (s *sheet) replace(start, end int, text []byte) error {
	data := make([]byte, 0, len(s.data)+len(text))
	data = append(append(append(data, s.data[:start]...), text...), s.data[end:]...)
	doc, err := config.Decode(s.path, data, new(bookEntry))
	if err != nil {
		return err
	}
	s.data, s.doc = data, doc
	return nil
}

// set makes what stands at path the value, a piece of TOML; "" takes it out.
func (s *sheet) set(path, value string) error {
	byHand := "change it by hand to: " + lastKey(path) + " = " + value
	if value == "" {
		byHand = "take it out by hand"
	}
	var found []config.Statement
	for _, at := range s.doc.Statements() {
		switch {
		case at.Holds(path):
			return s.doc.Error(path, "stands within braces or brackets with others, which is left to you", byHand)
		case at.Within(path):
			found = append(found, at)
		}
	}
	switch {
	case value == "":
		return s.remove(found)
	case len(found) == 0:
		return s.insert(path, value)
	case len(found) > 1:
		return s.doc.Error(path, "stands in several lines, which is left to you", byHand)
	case s.commented(found[0]):
		return s.doc.Error(path, "has comments in its value, which is left to you", byHand)
	}
	at := found[0]
	if at.Path == path {
		return s.replace(at.Value, at.End, []byte(value))
	}
	// As in secret.env = "…", where the secret is to be another one.
	return s.replace(at.Start, at.End, []byte(relative(path, at.Table)+" = "+value))
}

// insert puts a value where there was none: behind its neighbours, or else in a
// new table behind all that its account has.
func (s *sheet) insert(path, value string) error {
	table, account := parentOf(path), accountOf(path)
	var last, neighbour config.Statement
	for _, at := range s.doc.Statements() {
		if at.Within(account) {
			last = at
		}
		// A header, a value below it, or one of dotted keys, as in smtp.port = 25.
		if at.Header && at.Path == table || !at.Header && at.Within(table) && within(table, at.Table) {
			neighbour = at
		}
	}
	switch {
	case neighbour.End == 0:
		return s.insertBehind(last, "", "["+plainTable(table)+"]", lastKey(path)+" = "+value)
	case neighbour.Header:
		return s.insertBehind(neighbour, lastKey(path)+" = "+value)
	}
	return s.insertBehind(neighbour, relative(path, neighbour.Table)+" = "+value)
}

// insertBehind adds lines behind the one in which a statement ends, indented as
// it is.
func (s *sheet) insertBehind(at config.Statement, lines ...string) error {
	first, _ := s.doc.LineBounds(at.Start, at.Start)
	_, behind := s.doc.LineBounds(at.End, at.End)
	var text strings.Builder
	if behind == len(s.data) && !bytes.HasSuffix(s.data, []byte("\n")) {
		text.WriteString(s.eol())
	}
	for _, line := range lines {
		if line != "" {
			text.Write(s.data[first:at.Start])
		}
		text.WriteString(line + s.eol())
	}
	return s.replace(behind, behind, []byte(text.String()))
}

// remove takes the lines of statements out, but for those within a value that
// are comments.
func (s *sheet) remove(statements []config.Statement) error {
	data := s.data
	for i := len(statements) - 1; i >= 0; i-- { // from the end: places in front stay
		at := statements[i]
		first, behind := s.doc.LineBounds(at.Start, at.End)
		var kept []byte
		if at.Nested {
			for line := range bytes.Lines(data[first:behind]) {
				if isComment(line) {
					kept = append(kept, line...)
				}
			}
		}
		head, rest := data[:first], data[behind:]
		if len(kept) == 0 && endsBlank(head) {
			rest = withoutBlank(rest) // two gaps become one
		}
		for len(kept)+len(rest) == 0 && len(head) > 0 && endsBlank(head) { // and at the end none
			last, _ := s.doc.LineBounds(len(head)-1, len(head)-1)
			head = head[:last]
		}
		data = append(append(append([]byte{}, head...), kept...), rest...)
	}
	return s.replace(0, len(s.data), data)
}

// append adds the block of an account at the end.
func (s *sheet) append(block string) error {
	text := strings.ReplaceAll(block, "\n", s.eol())
	switch {
	case len(s.data) == 0:
	case !bytes.HasSuffix(s.data, []byte("\n")):
		text = s.eol() + s.eol() + text
	case !endsBlank(s.data):
		text = s.eol() + text
	}
	return s.replace(len(s.data), len(s.data), []byte(text))
}

// setDefault names the default account of a file that has some, or none.
func (s *sheet) setDefault(name string) error {
	if name == "" || s.doc.Has("default") {
		return s.set("default", tomlText(name))
	}
	account := s.doc.Statements()[0]
	at, _ := s.doc.LineBounds(account.Start, account.Start)
	for at > 0 { // comments right above the first account are about that
		above, _ := s.doc.LineBounds(at-1, at-1)
		if !isComment(s.data[above:at]) {
			break
		}
		at = above
	}
	return s.replace(at, at, []byte("default = "+tomlText(name)+s.eol()+s.eol()))
}

// commented tells that there are comments within a value.
func (s *sheet) commented(at config.Statement) bool {
	value := s.data[at.Value:at.End]
	return at.Nested && bytes.ContainsRune(value, '\n') && bytes.ContainsRune(value, '#')
}

// eol is how the lines of the file end.
func (s *sheet) eol() string {
	if i := bytes.IndexByte(s.data, '\n'); i > 0 && s.data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

func isComment(line []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("#")) }

// endsBlank tells that nothing, or an empty line, stands in front.
func endsBlank(text []byte) bool {
	text = bytes.TrimSuffix(text, []byte("\n"))
	line := text[bytes.LastIndexByte(text, '\n')+1:]
	return len(bytes.TrimSpace(line)) == 0
}

// withoutBlank drops the empty lines at the beginning.
func withoutBlank(text []byte) []byte {
	for {
		line, rest, found := bytes.Cut(text, []byte("\n"))
		if !found || len(bytes.TrimSpace(line)) > 0 {
			return text
		}
		text = rest
	}
}

// Of a path like "account[1].smtp.secret" these are the table around it, the
// account, and the part that stands below the header of a table.
func parentOf(path string) string        { return path[:strings.LastIndexByte(path, '.')] }
func accountOf(path string) string       { return path[:strings.IndexByte(path, ']')+1] }
func relative(path, table string) string { return strings.TrimPrefix(path[len(table):], ".") }
func lastKey(path string) string         { return path[strings.LastIndexByte(path, '.')+1:] }
func plainTable(path string) string      { return "account" + path[len(accountOf(path)):] }
func within(inner, outer string) bool    { return config.Statement{Path: inner}.Within(outer) }
func accountPath(index int) string       { return fmt.Sprintf("account[%d]", index) }

package accounts

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// SplitCommand takes a command line apart into the argv of a [Secret], as a shell
// does with quotes and backslashes. There is no shell: what would be for one is
// an error, since the program would get it as an argument.
func SplitCommand(line string) (argv []string, err error) {
	if !utf8.ValidString(line) {
		return nil, errors.New("is not UTF-8")
	}
	const none, blank = 0, " \t\r\n"
	var word strings.Builder
	quote, begun, escaped := rune(none), false, false
	for _, r := range line {
		switch {
		case escaped:
			if quote == '"' && !strings.ContainsRune("\"\\$`", r) {
				word.WriteRune('\\') // where it is nothing special
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, begun = true, true
		case quote != none && r == quote:
			quote = none
		case quote == none && (r == '"' || r == '\''):
			quote, begun = r, true
		case quote != '\'' && (r == '$' || r == '`'), quote == none && strings.ContainsRune("|&;<>()*?[", r):
			return nil, errors.New("wants a shell, and there is none: quote " + string(r) + ", or write sh -c '…'")
		case quote == none && strings.ContainsRune(blank, r):
			if begun {
				argv = append(argv, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	switch {
	case quote != none:
		return nil, errors.New("has a quote that does not end")
	case escaped:
		return nil, errors.New("ends with a backslash")
	case begun:
		argv = append(argv, word.String())
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("names no program")
	}
	return argv, nil
}

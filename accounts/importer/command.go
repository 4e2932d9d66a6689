package importer

import (
	"path/filepath"
	"slices"
	"strings"

	"sendoff/accounts"
)

// command makes an argv of a line that another program gives to a shell. Where
// only a shell can do what it says, a shell does.
func (m Machine) command(line string) []string {
	line = strings.TrimSpace(line)
	if line == "" {
		return nil
	}
	argv, err := accounts.SplitCommand(line)
	if err != nil || needsShell(line, argv) {
		return []string{"sh", "-c", line}
	}
	for i, word := range argv {
		if word != "~" && !strings.HasPrefix(word, "~/") {
			continue
		}
		// In quotes it would be no home, and there is none to put in its place.
		if strings.ContainsAny(line, `'"\`) || m.Home == "" {
			return []string{"sh", "-c", line}
		}
		argv[i] = filepath.Join(m.Home, strings.TrimPrefix(word, "~"))
	}
	return argv
}

// builtins are words that a shell acts on and that are no programs, or other ones.
var builtins = []string{".", ":", "cd", "command", "eval", "exec", "export", "read", "set", "source", "type", "umask", "if", "for", "while", "until", "case", "!", "{"}

// needsShell tells what [accounts.SplitCommand] takes for a word and a shell does
// not: it goes too far where that stands in quotes, which does no harm.
func needsShell(line string, argv []string) bool {
	if strings.ContainsAny(line, "{}#\n") || slices.Contains(builtins, argv[0]) || strings.Contains(argv[0], "=") {
		return true
	}
	// ~user is somebody's home.
	return slices.ContainsFunc(argv, func(word string) bool {
		return len(word) > 1 && word[0] == '~' && word[1] != '/'
	})
}

// secretOf is the place of the password that a command prints, if there is one.
// Where the command only says what stands in it, that is no better than the
// password itself.
func (f *Found) secretOf(at Place, argv []string) (accounts.Secret, *Clear) {
	if len(argv) == 0 {
		return accounts.Secret{}, nil
	}
	switch text, says := printed(argv); says {
	case saysAll:
		return accounts.Secret{}, newClear(at, text)
	case saysPart:
		f.note(at, "the password is left out: it stands in the command that prints it")
		return accounts.Secret{}, nil
	}
	return accounts.Secret{Command: argv}, nil
}

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

// secretOf is the place of the password that a command prints. Where the command
// only says what stands in it, that is no better than the password itself.
func (m Machine) secretOf(at Place, line string) (accounts.Secret, *Clear) {
	argv := m.command(line)
	if len(argv) == 0 {
		return accounts.Secret{}, nil
	}
	program := filepath.Base(argv[0])
	switch {
	case program == "echo" && len(argv) == 3 && argv[1] == "-n":
		return accounts.Secret{}, newClear(at, argv[2])
	case program == "echo" && len(argv) == 2, program == "printf" && len(argv) == 2 && !strings.ContainsAny(argv[1], `%\`):
		return accounts.Secret{}, newClear(at, argv[1])
	case program == "printf" && len(argv) == 3 && strings.TrimSuffix(argv[1], `\n`) == "%s":
		return accounts.Secret{}, newClear(at, argv[2])
	}
	return accounts.Secret{Command: argv}, nil
}

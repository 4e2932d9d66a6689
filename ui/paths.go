package ui

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// maxPaths is the longest paste that is looked at as paths, in bytes.
const maxPaths = 16 << 10

// parsePaths reads what terminals paste when files are dropped on them: one or
// more absolute paths, in quotes, with backslashes before odd characters, or as
// file:// URLs. ok is false for anything else, which is text.
func parsePaths(text string) (paths []string, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxPaths || !beginsPath(text) {
		return nil, false
	}
	if !strings.ContainsAny(text, "\\'\"\n") && !strings.Contains(text, " /") && !strings.HasPrefix(text, "file://") {
		return []string{text}, true // one path, perhaps with bare spaces
	}
	words, ok := shellWords(text)
	if !ok {
		return nil, false
	}
	for _, word := range words {
		if after, isURL := strings.CutPrefix(word, "file://"); isURL {
			after = after[max(strings.IndexByte(after, '/'), 0):] // without the host
			decoded, err := url.PathUnescape(after)
			if err != nil {
				return nil, false
			}
			word = decoded
		}
		if !strings.HasPrefix(word, "/") && !strings.HasPrefix(word, "~/") || strings.ContainsRune(word, 0) {
			return nil, false
		}
		paths = append(paths, word)
	}
	return paths, len(paths) > 0
}

func beginsPath(text string) bool {
	text = strings.TrimLeft(text, `'"`)
	return strings.HasPrefix(text, "/") || strings.HasPrefix(text, "~/") || strings.HasPrefix(text, "file:///") ||
		strings.HasPrefix(text, "file://localhost/")
}

// shellWords splits at white space outside quotes. ok is false if a quote is
// never closed.
func shellWords(text string) (words []string, ok bool) {
	var word strings.Builder
	var quote rune
	escaped, open := false, false
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case quote == 0 && r == '\\' || quote == '"' && r == '\\':
			escaped, open = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case strings.ContainsRune(" \t\r\n", r):
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words, quote == 0 && !escaped
}

// expandHome puts the home directory in place of "~".
func expandHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !strings.HasPrefix(rest, "/") {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return home + rest
}

// shortenHome is the opposite, for people.
func shortenHome(path string) string {
	home, err := os.UserHomeDir()
	if err != nil || home == "/" {
		return path
	}
	if path == home {
		return "~"
	}
	if rest, ok := strings.CutPrefix(path, home+"/"); ok {
		return "~/" + rest
	}
	return path
}

// absolute is a typed path as it is kept in a draft: it must mean the same file
// wherever the program is started the next time.
func absolute(path string) (string, error) { return filepath.Abs(expandHome(path)) }

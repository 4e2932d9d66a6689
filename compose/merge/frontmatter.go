package merge

import (
	"slices"
	"strings"

	"sendoff/internal/config"
)

// entry is one value of the front matter.
type entry struct {
	key, value string
	line       int
}

// keys are what the front matter may have. Those of many may stand in several
// lines that begin with "- ".
var (
	keys = []string{
		"subject", "from", "account", "cc", "bcc", "reply_to", "attachments", "headers", "style", "unsubscribe", "list_id", "feedback_id", "only",
	}
	many = []string{"attachments", "headers", "unsubscribe"}
)

// unknownKey stands for a key that there is not, so that what follows it in lines of
// its own is no further mistake.
const unknownKey = "?"

// cutFrontMatter splits a template into what stands between its first two lines
// "---" and the text below, with the line where that begins.
//
// It looks like YAML and is not: a value is the rest of its line, whatever is in
// it. In YAML a subject with a colon, or one that begins with a variable, is an
// error or something else than it looks like.
func cutFrontMatter(file, source string) (entries []entry, body string, bodyLine int, problems Problems) {
	all := strings.Split(source, "\n")
	if strings.TrimRight(all[0], " \t") != "---" {
		return nil, source, 1, nil
	}
	key := "" // of the list that goes on
	for i, text := range all[1:] {
		line := i + 2
		text = strings.TrimRight(text, " \t")
		trimmed := strings.TrimLeft(text, " \t")
		item, isItem := strings.CutPrefix(trimmed, "- ")
		switch {
		case text == "---":
			rest := all[line:]
			for len(rest) > 0 && strings.TrimSpace(rest[0]) == "" { // blank lines above the text are not meant as one
				rest, line = rest[1:], line+1
			}
			return entries, strings.Join(rest, "\n"), line + 1, problems
		case trimmed == "" || trimmed[0] == '#':
		case isItem && key == unknownKey: // that was told
		case isItem && key != "":
			entries = append(entries, entry{key, unquote(item), line})
		default:
			key = readEntry(&entries, &problems, file, trimmed, line)
		}
	}
	problems.add(file, 1, `a line of "---" ends it`, "the head of the template does not end")
	return nil, "", 1, problems
}

// readEntry reads "key: value" and gives the key if a list may follow.
func readEntry(entries *[]entry, problems *Problems, file, text string, line int) (list string) {
	key, value, found := strings.Cut(text, ":")
	key = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), "-", "_")
	value = strings.TrimSpace(value)
	isMany := slices.Contains(many, key)
	switch {
	case !found:
		problems.add(file, line, "write it as subject: Hello", "%s has no colon", quote(text))
	case !slices.Contains(keys, key):
		problems.add(file, line, config.Suggest(key, keys), "%s is not a key of a template", quote(key))
		return unknownKey
	case !isMany && slices.ContainsFunc(*entries, func(e entry) bool { return e.key == key }):
		problems.add(file, line, "", "%s stands twice", key)
	case value == "" && isMany:
		return key
	case value == "|" || value == ">" || value == "":
		problems.add(file, line, "write the value behind the colon, in one line", "%s has no value", key)
	default:
		*entries = append(*entries, entry{key, unquote(value), line})
		if isMany {
			return key
		}
	}
	return ""
}

// unquote takes quotation marks away that stand around the whole of a value.
func unquote(value string) string {
	value = strings.TrimSpace(value)
	for _, mark := range []string{`"`, `'`} {
		inner, opened := strings.CutPrefix(value, mark)
		inner, closed := strings.CutSuffix(inner, mark)
		if opened && closed && !strings.Contains(inner, mark) {
			return inner
		}
	}
	return value
}

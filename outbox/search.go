package outbox

import (
	"strings"
	"time"
	"unicode"

	"sendoff/internal/cleantext"
)

// What a search is made of: words, "phrases in quotes", fields such as to:ana and
// state:failed, and each of them with a minus in front for what must not be. All of
// it must hold. A word with a colon whose name is no field is a word.

// term is one of them.
type term struct {
	field string // "" for a word
	text  string
	not   bool
}

// searchFields are the names of fields, and the columns that text is looked for in;
// none for what is compared.
var searchFields = map[string][]string{
	"to":      {"to_list", "cc_list", "bcc_list"},
	"cc":      {"cc_list"},
	"bcc":     {"bcc_list"},
	"from":    {"from_line"},
	"subject": {"subject"},
	"account": nil,
	"state":   nil,
	"before":  nil,
	"after":   nil,
	"id":      nil,
}

var wordColumns = []string{"subject", "to_list", "cc_list", "bcc_list", "from_line"}

// parseSearch is pure. What is being typed is a search too, so nothing is an
// error: a quote that is not closed ends with the text.
func parseSearch(text string) []term {
	return parseTerms(text, StateWords(), func(name string) bool { _, known := searchFields[name]; return known })
}

// parseTerms parses with the fields there are, and the words for a state that may have blanks
// in them.
func parseTerms(text string, stateWords []string, isField func(name string) bool) (terms []term) {
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text == "" {
			return terms
		}
		var t term
		if rest, ok := strings.CutPrefix(text, "-"); ok && rest != "" && !unicode.IsSpace(rune(rest[0])) {
			t.not, text = true, rest
		}
		if name, rest, ok := strings.Cut(text, ":"); ok && isField(strings.ToLower(name)) && rest != "" && !unicode.IsSpace(rune(rest[0])) {
			t.field, text = strings.ToLower(name), rest
		}
		if word, rest, ok := cutStateWord(text, stateWords); ok && t.field == "state" {
			t.text, text = word, rest
		} else {
			t.text, text = cutWord(text)
		}
		if t.text != "" {
			terms = append(terms, t)
		}
	}
}

// BegunSearch gives a search that somebody types without the field at its end behind which
// nothing stands yet. A whole search has it for a word: a script whose variable is empty
// must not find all there is.
func BegunSearch(text string) string {
	begin := strings.LastIndexAny(text, " \t") + 1
	name, ok := strings.CutSuffix(strings.TrimPrefix(text[begin:], "-"), ":")
	if _, known := searchFields[strings.ToLower(name)]; ok && known {
		return text[:begin]
	}
	return text
}

// cutWord takes a word or a phrase in quotes from the beginning.
func cutWord(text string) (word, rest string) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		word, rest, _ = strings.Cut(quoted, `"`)
		return strings.TrimSpace(word), rest
	}
	if end := strings.IndexFunc(text, unicode.IsSpace); end >= 0 {
		return text[:end], text[end:]
	}
	return text, ""
}

// condition is a term as SQL. What is no state, no date and no ID that there could be
// holds for nothing: while it is typed the list is empty, not wrong.
func (t term) condition(c circumstances) (string, []any) {
	text, args := t.plain(c)
	if t.not {
		text = "NOT (" + text + ")"
	}
	return text, args
}

func (t term) plain(c circumstances) (string, []any) {
	switch t.field {
	case "account":
		return "account = ? COLLATE NOCASE", []any{t.text}
	case "state":
		return c.anyOf(saidOfState(t.text))
	case "before", "after":
		day, err := parseDay(t.text, c.now)
		if err != nil {
			return "0", nil
		}
		if t.field == "before" {
			return "created_at < ?", []any{stamp(day)}
		}
		return "created_at >= ?", []any{stamp(day)}
	case "id":
		low, high, err := prefixRange(t.text)
		if err != nil {
			return "0", nil
		}
		return "id BETWEEN ? AND ?", []any{low, high}
	}
	columns, _ := wordsOf(t.field)
	var either []string
	var args []any
	pattern := "%" + escapeLike(t.text) + "%"
	for _, column := range columns {
		either = append(either, column+` LIKE ? ESCAPE '\'`)
		args = append(args, pattern)
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

// SearchProblem names the first part of a search that nothing can fit, and says why; ""
// where all of it means something.
func SearchProblem(text string, now time.Time) string {
	for _, t := range parseSearch(text) {
		var err error
		why := ""
		switch t.field {
		case "state":
			if states, words := saidOfState(t.text); len(states)+len(words) == 0 {
				why = "is no state, such as waiting, parked, failed or sent"
			}
		case "before", "after":
			if _, err = parseDay(t.text, now); err != nil {
				why = "is no day, such as 2026-11-30, yesterday or 7d"
			}
		case "id":
			if _, _, err = prefixRange(t.text); err != nil {
				why = "is no ID"
			}
		case "":
			if name, _, ok := strings.Cut(t.text, ":"); ok && name != "" && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz") == "" {
				why = "has no field's name in front, such as to, subject or state"
			}
		}
		if why != "" {
			return cleantext.Line(strings.TrimPrefix(t.field+":", ":")+t.text) + " " + why
		}
	}
	return ""
}

// parseDay reads a day: 2026-11-30, 2026-11, 2026, today, yesterday, or a number of days
// ago, 7d.
func parseDay(text string, now time.Time) (time.Time, error) {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch text = strings.ToLower(text); text {
	case "today":
		return midnight, nil
	case "yesterday":
		return midnight.AddDate(0, 0, -1), nil
	}
	if number, ok := strings.CutSuffix(text, "d"); ok && number != "" && len(number) <= 5 && strings.Trim(number, "0123456789") == "" {
		days := 0
		for _, digit := range number {
			days = days*10 + int(digit-'0')
		}
		return midnight.AddDate(0, 0, -days), nil
	}
	var last error
	for _, form := range []string{time.DateOnly, "2006-01", "2006"} {
		day, err := time.ParseInLocation(form, text, now.Location())
		if err == nil {
			return day, nil
		}
		last = err
	}
	return time.Time{}, last
}

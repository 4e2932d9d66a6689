package outbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sendoff/internal/cleantext"
)

// The rows of a campaign are searched as items are: by words, "phrases in quotes", fields,
// and each of them with a minus in front. The fields are to: (or email:) for the address,
// state:, and the columns of the list by their names.

// rowWords are the words that are shown for a state of rows, besides the states themselves.
var rowWords = []struct{ word, state string }{
	{"not begun", "ready"},
	{"ready", "ready"}, // as a script has it
	{"in doubt", StateUncertain.String()},
	{"under way", StateSending.String()},
	{"on the wire", StateSending.String()},
}

func severalRowWords() (words []string) {
	for _, w := range rowWords {
		words = append(words, w.word)
	}
	return words
}

// rowStatesThatBegin are the states of rows, as CampaignRow.State has them, that are called
// something which begins with what is typed.
func rowStatesThatBegin(typed string) (states []string) {
	for _, s := range States {
		if s != StateDraft && strings.HasPrefix(s.String(), strings.ToLower(typed)) {
			states = append(states, s.String())
		}
	}
	for _, w := range rowWords {
		if begin := joined(typed); begin != "" && strings.HasPrefix(joined(w.word), begin) && !slices.Contains(states, w.state) {
			states = append(states, w.state)
		}
	}
	return states
}

// parseRowSearch is pure, as parseSearch.
func parseRowSearch(text string, columns []string) []term {
	return parseTerms(text, severalRowWords(), func(name string) bool {
		return name == "to" || name == "email" || name == "state" || columnNamed(columns, name) >= 0
	})
}

// columnNamed is where a column stands, whose name is typed with a hyphen, or nothing, for
// each blank; -1: nowhere.
func columnNamed(columns []string, name string) int {
	return slices.IndexFunc(columns, func(c string) bool { return joined(c) == joined(name) })
}

// rowCondition is a search of rows as SQL, with parameters from a number on. That of states
// is about the word of a row, the other about its address and its cells.
func rowCondition(terms []term, columns []string, number int) (row, word string, args []any) {
	row, word = "1", "1"
	for _, t := range terms {
		not := ""
		if t.not {
			not = "NOT "
		}
		if t.field == "state" {
			states, err := json.Marshal(rowStatesThatBegin(t.text))
			if err != nil { // of strings there is none
				states = []byte("[]")
			}
			word += fmt.Sprintf(" AND %s(word IN (SELECT value FROM json_each(?%d)))", not, number+len(args))
			args = append(args, string(states))
			continue
		}
		address, cell := fmt.Sprintf("w.address LIKE ?%d ESCAPE '\\'", number+len(args)), ""
		pattern := "%" + escapeLike(t.text) + "%"
		switch t.field {
		case "":
			// as the cells stand in their JSON, which is not read for it
			cell = fmt.Sprintf(" OR w.cells LIKE ?%d ESCAPE '\\'", number+len(args)+1)
			args = append(args, pattern, "%"+escapeLike(inCells(t.text))+"%")
		case "to", "email":
			args = append(args, pattern)
		default:
			address = fmt.Sprintf("coalesce(json_extract(w.cells, '$[%d]'), '') LIKE ?%d ESCAPE '\\'", columnNamed(columns, t.field), number+len(args))
			args = append(args, pattern)
		}
		row += " AND " + not + "(" + address + cell + ")"
	}
	return row, word, args
}

// RowSearchProblem names the first part of a search of rows that nothing can fit, and says
// why; "" where all of it means something.
func RowSearchProblem(text string, columns []string) string {
	for _, t := range parseRowSearch(text, columns) {
		if t.field == "state" && len(rowStatesThatBegin(t.text)) == 0 {
			return cleantext.Line("state:"+t.text) + " is no state of a row, such as not begun, waiting, failed or sent"
		}
	}
	return ""
}

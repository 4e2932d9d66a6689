package outbox

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxRecords is how many bytes of records one deletion keeps at most: what is deleted
// beyond that comes back as a draft, or not at all.
const maxRecords = 32 << 20

// A record is all that was known of a deleted item, as it stands in undo_items in place
// of a draft: one of these words, the content file ("-" without one), and the rows as
// JSON. They are as long as each other, so that the file always stands at one place.
const (
	recordSound  = "record"
	recordMended = "mended" // it went through a rebuild: nothing of it may leave by itself
)

// recordPart is a table of which a record has rows. Its numbers mean something only to
// the rows of others: they are given anew, since others may have them by now.
type recordPart struct {
	name, where string
	numbered    bool
	links       map[string]string // columns that are numbers of the rows of another part
}

// recordParts are in the order in which they are put back.
var recordParts = []recordPart{
	{name: "items", where: "id = ?"},
	{name: "bodies", where: "item_id = ?"},
	{name: "drafts", where: "item_id = ?"},
	{name: "recipients", where: "item_id = ?", numbered: true},
	{name: "attempts", where: "item_id = ?", numbered: true},
	{name: "attempt_results", where: "attempt_id IN (SELECT id FROM attempts WHERE item_id = ?)",
		links: map[string]string{"attempt_id": "attempts", "recipient_id": "recipients"}},
	{name: "sent_copies", where: "item_id = ?"},
	{name: "reports", where: "item_id = ?", numbered: true},
	{name: "report_recipients", where: "report_id IN (SELECT id FROM reports WHERE item_id = ?)",
		links: map[string]string{"report_id": "reports", "recipient_id": "recipients"}},
}

// rowsOf are rows of a table, with the names of its columns.
type rowsOf struct {
	Columns []string
	Rows    [][]cell
}

// record reads all that is known of an item into one text.
func (t *tx) record(id ID, file string) (string, error) {
	parts := make(map[string]rowsOf)
	for _, part := range recordParts {
		var kept rowsOf
		err := t.each(func(rows *sql.Rows) (err error) {
			if kept.Columns, err = rows.Columns(); err != nil {
				return err
			}
			row, into := make([]cell, len(kept.Columns)), make([]any, len(kept.Columns))
			for i := range row {
				into[i] = &row[i].value
			}
			kept.Rows = append(kept.Rows, row)
			return rows.Scan(into...)
		}, "SELECT * FROM "+part.name+" WHERE "+part.where, id)
		if err != nil {
			return "", err
		}
		if len(kept.Rows) > 0 {
			parts[part.name] = kept
		}
	}
	text, err := json.Marshal(parts)
	if file == "" {
		file = "-"
	}
	return recordSound + " " + file + " " + string(text), err
}

// isRecord tells a record from a draft.
func isRecord(kept string) bool {
	return strings.HasPrefix(kept, recordSound+" ") || strings.HasPrefix(kept, recordMended+" ")
}

// recorded is the condition that a record names a content file: it may be needed again.
func recorded(file string) string {
	return "EXISTS(SELECT 1 FROM undo_items WHERE substr(draft, 1, 7) IN ('" + recordSound + " ', '" + recordMended + " ') AND substr(draft, 8, 64) = " + file + ")"
}

// distrustRecords is for a rebuild: what has left since may be forgotten.
const distrustRecords = "UPDATE undo_items SET draft = '" + recordMended + "' || substr(draft, 7) WHERE substr(draft, 1, 7) = '" + recordSound + " '"

// columnName is what the columns of ours are called.
var columnName = regexp.MustCompile(`^[a-z_0-9]+$`)

// sound tells that rows can be put back: a record is text of the database, which may be
// damaged.
func (r rowsOf) sound(part recordPart) bool {
	own := slices.Index(r.Columns, "id")
	if len(r.Rows) == 0 {
		return part.name != "items"
	}
	if part.name == "items" && len(r.Rows) != 1 || slices.ContainsFunc(r.Columns, func(name string) bool { return !columnName.MatchString(name) }) {
		return false
	}
	return !slices.ContainsFunc(r.Rows, func(row []cell) bool {
		if len(row) != len(r.Columns) || part.numbered && own < 0 {
			return true
		}
		if own < 0 {
			return false
		}
		_, isNumber := row[own].value.(int64)
		return !isNumber
	})
}

// restore puts an item back as a record has it. Not where its place is taken, as by
// another message with its key, or where its content file is gone.
func (t *tx) restore(id ID, kept string) (bool, error) {
	word, rest, _ := strings.Cut(kept, " ")
	file, text, _ := strings.Cut(rest, " ")
	parts := make(map[string]rowsOf)
	if json.Unmarshal([]byte(text), &parts) != nil {
		return false, nil
	}
	for _, part := range recordParts {
		if !parts[part.name].sound(part) {
			return false, nil
		}
	}
	if file != "-" {
		var there bool
		if err := t.queryRow("SELECT EXISTS(SELECT 1 FROM files WHERE sha = ?)", file).Scan(&there); err != nil || !there {
			return false, err
		}
	}
	numbers := make(map[string]map[int64]int64) // new ones by old ones, of each part
	for _, part := range recordParts {
		n, err := t.putBack(part, parts[part.name], numbers)
		if err != nil {
			return false, fmt.Errorf("put back %s: %w", part.name, err)
		}
		if part.name == "items" && n == 0 {
			return false, nil
		}
	}
	if word == recordMended {
		return true, t.holdWaiting(id)
	}
	return true, nil
}

// holdWaiting holds an item that would leave by itself.
func (t *tx) holdWaiting(id ID) error {
	n, err := t.changed("UPDATE items SET held = 1 WHERE id = ?1 AND EXISTS(SELECT 1 FROM recipients WHERE item_id = ?1 AND state = ?2)", id, RecipientWaiting)
	if err != nil || n == 0 {
		return err
	}
	return t.rollUp(id, time.Now())
}

// putBack puts the rows of a part back, and tells how many. A row that is linked to one
// which could not be put back is left out with it.
func (t *tx) putBack(part recordPart, kept rowsOf, numbers map[string]map[int64]int64) (n int64, err error) {
	numbers[part.name] = make(map[int64]int64)
	if len(kept.Rows) == 0 {
		return 0, nil
	}
	own := slices.Index(kept.Columns, "id")
	columns := kept.Columns
	if part.numbered {
		columns = slices.Delete(slices.Clone(columns), own, own+1)
	}
	query := "INSERT OR IGNORE INTO " + part.name + "(" + strings.Join(columns, ", ") + ") VALUES(" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ")"
rows:
	for _, row := range kept.Rows {
		values := make([]any, 0, len(row))
		for i, c := range row {
			if part.numbered && i == own {
				continue
			}
			if old, ok := c.value.(int64); ok && part.links[kept.Columns[i]] != "" {
				number, known := numbers[part.links[kept.Columns[i]]][old]
				if !known {
					continue rows
				}
				c.value = number
			}
			values = append(values, c.value)
		}
		r, err := t.exec(query, values...)
		if err != nil {
			return n, err
		}
		added, err := r.RowsAffected()
		if err != nil {
			return n, err
		}
		if added == 0 {
			continue
		}
		n++
		if part.numbered {
			if numbers[part.name][row[own].value.(int64)], err = r.LastInsertId(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// cell is a value of SQLite: nil, int64, string or []byte.
type cell struct{ value any }

// bytesCell is a cell that JSON cannot have as it is.
type bytesCell struct {
	Bytes []byte
	Text  bool // it is a text all the same
}

func (c cell) MarshalJSON() ([]byte, error) {
	switch v := c.value.(type) {
	case []byte:
		return json.Marshal(bytesCell{Bytes: v})
	case string:
		if !utf8.ValidString(v) {
			return json.Marshal(bytesCell{Bytes: []byte(v), Text: true})
		}
	}
	return json.Marshal(c.value)
}

func (c *cell) UnmarshalJSON(text []byte) error {
	var number int64
	var word string
	var bytes bytesCell
	switch {
	case string(text) == "null":
		c.value = nil
	case text[0] == '"':
		err := json.Unmarshal(text, &word)
		c.value = word
		return err
	case text[0] == '{':
		err := json.Unmarshal(text, &bytes)
		c.value = bytes.Bytes
		if bytes.Text {
			c.value = string(bytes.Bytes)
		}
		return err
	default:
		err := json.Unmarshal(text, &number)
		c.value = number
		return err
	}
	return nil
}

package outbox

import (
	"context"
	"database/sql"
	"strings"

	"sendoff/internal/cleantext"
)

// MaxDialogue is the most that is kept of a dialogue, in bytes.
const MaxDialogue = 16 << 10

// bounded is what is kept of a dialogue: cleaned, and no more than [MaxDialogue],
// at the end of a line.
func bounded(dialogue string) string {
	text := strings.TrimSuffix(cleantext.Block(dialogue), "\n")
	if len(text) > MaxDialogue {
		text = text[:strings.LastIndexByte(text[:MaxDialogue+1], '\n')+1]
	}
	return strings.TrimSuffix(text, "\n")
}

func orNull(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

// Transcript is Attempts with what was said in each, so far in the one that goes on.
func (b *Outbox) Transcript(ctx context.Context, id ID) ([]Attempt, error) {
	now, _, err := b.Following(ctx, id) // first: what ends meanwhile is in the store
	if err != nil {
		return nil, err
	}
	all, err := b.Attempts(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := b.read.QueryContext(ctx, "SELECT number, dialogue FROM attempts WHERE item_id = ? AND dialogue IS NOT NULL", id)
	if err != nil {
		return nil, storeError(err)
	}
	said := make(map[int]string)
	err = eachRow(rows, func(rows *sql.Rows) error {
		var number int
		var dialogue string
		err := rows.Scan(&number, &dialogue)
		said[number] = dialogue
		return err
	})
	for i := range all {
		all[i].Dialogue = said[all[i].Number]
		if all[i].Number == now.Number && all[i].Finished.IsZero() {
			all[i].Dialogue = now.Dialogue
		}
	}
	return all, storeError(err)
}

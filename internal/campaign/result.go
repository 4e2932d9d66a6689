package campaign

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// resultPage is how many rows are read at once.
const resultPage = 500

// Results gives the rows of a campaign that was started and what became of them, by pages;
// with states or a search those alone. The error is that of the outbox, and the last thing
// there is.
func Results(ctx context.Context, b *outbox.Outbox, c outbox.Campaign, states []string, search string) iter.Seq2[outbox.CampaignRow, error] {
	return func(yield func(outbox.CampaignRow, error) bool) {
		q := outbox.RowQuery{States: states, Search: search, Limit: resultPage}
		for {
			page, err := b.CampaignRows(ctx, c.ID, q)
			if err != nil {
				yield(outbox.CampaignRow{}, err)
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
			}
			if len(page) < q.Limit {
				return
			}
			q.After = page[len(page)-1].Number
		}
	}
}

// resultColumns stand behind those of the list.
var resultColumns = []string{"state", "reason", "account", "item", "message_id", "code", "enhanced", "class", "text", "at", "attempts", "unsubscribed"}

// WriteResults writes rows as CSV: all columns of the list, and behind them what became
// of each. What a spreadsheet would take for a formula is text.
func WriteResults(out io.Writer, c outbox.Campaign, rows iter.Seq2[outbox.CampaignRow, error]) error {
	w := csv.NewWriter(out)
	header := append([]string{}, c.Columns...)
	for _, name := range resultColumns {
		for hasColumn(c.Columns, name) { // a list that was exported before
			name = "sendoff_" + name
		}
		header = append(header, name)
	}
	if err := w.Write(guarded(header)); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			w.Flush()
			return err
		}
		record := make([]string, len(c.Columns))
		copy(record, row.Cells)
		r, item, code := row.Recipient, "", ""
		if row.Item != 0 {
			item = row.Item.String()
		}
		if r.Code != 0 {
			code = fmt.Sprint(r.Code)
		}
		record = append(record, row.State, row.Reason, row.Account, item, row.MessageID, code, r.Enhanced, r.Class.String(), r.Text, cellTime(r.At),
			fmt.Sprint(row.Attempts), cellTime(row.Unsubscribed))
		if err := w.Write(guarded(record)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// cellTime is empty for no time.
func cellTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func hasColumn(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// guarded makes text of what a spreadsheet would compute: a cell of a list or of a
// server's answer is somebody else's, and a formula can send the others away.
func guarded(cells []string) []string {
	all := make([]string, len(cells))
	for i, cell := range cells {
		cell = cleantext.Block(cell)
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			cell = "'" + cell
		}
		all[i] = cell
	}
	return all
}

package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// rowJSON is a row of a campaign and what became of it, as scripts see it. Its names
// are a contract.
type rowJSON struct {
	Row       int               `json:"row"`
	Line      int               `json:"line"`
	Address   string            `json:"address"`
	Cells     map[string]string `json:"cells"` // by the names of the columns
	State     string            `json:"state"`
	Reason    string            `json:"reason"`
	Account   string            `json:"account"`
	Item      *outbox.ID        `json:"item"`
	MessageID string            `json:"message_id"`
	Code      int               `json:"code"`
	Enhanced  string            `json:"enhanced"`
	Class     string            `json:"class"`
	Text      string            `json:"text"`
	At        *time.Time        `json:"at"`
	Attempts  int               `json:"attempts"`

	Unsubscribed *time.Time `json:"unsubscribed"` // its owner has said that he wants no more
}

func (p *program) mergeExportCommand() *cobra.Command {
	var states []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "export CAMPAIGN",
		Short: "Write the list with what became of each row, as CSV",
		Long: "Writes all columns of the list, in its order, and behind them state, reason, account, item, message_id, code, enhanced, class, text, at, attempts and unsubscribed, which is when the owner of the address said that he wants no more. A cell that " +
			"a spreadsheet would take for a formula gets an apostrophe in front, as spreadsheets do it; --json has it as it is.",
		Example: "sendoff merge export letter > result.csv\nsendoff merge export letter --only-state failed,bounced > again.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withStarted(cmd.Context(), args, func(b *outbox.Outbox, c outbox.Campaign, _ places) error {
				rows := eachRow(cmd.Context(), b, c, states)
				if asJSON {
					return writeRowsJSON(p.Out, c, rows)
				}
				return writeRowsCSV(p.Out, c, rows)
			})
		},
	}
	cmd.Flags().StringSliceVar(&states, "only-state", nil, "only these: ready, skipped, cancelled, waiting, held, sending, sent, failed, bounced, partial, uncertain")
	cmd.Flags().BoolVar(&asJSON, "json", false, "a JSON object a line")
	return cmd
}

// eachRow gives the rows of a campaign, and reads them by pages.
func eachRow(ctx context.Context, b *outbox.Outbox, c outbox.Campaign, states []string) iter.Seq2[outbox.CampaignRow, error] {
	return func(yield func(outbox.CampaignRow, error) bool) {
		q := outbox.RowQuery{States: states, Limit: pageSize}
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

func writeRowsCSV(out io.Writer, c outbox.Campaign, rows iter.Seq2[outbox.CampaignRow, error]) error {
	w := csv.NewWriter(out)
	header := append([]string{}, c.Columns...)
	for _, name := range resultColumns {
		for contains(c.Columns, name) { // a list that was exported before
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
		j := toRowJSON(c, row)
		item, code := "", ""
		if j.Item != nil {
			item = j.Item.String()
		}
		if j.Code != 0 {
			code = fmt.Sprint(j.Code)
		}
		record = append(record, j.State, j.Reason, j.Account, item, j.MessageID, code, j.Enhanced, j.Class, j.Text, cellTime(j.At), fmt.Sprint(j.Attempts), cellTime(j.Unsubscribed))
		if err := w.Write(guarded(record)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func cellTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
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

func writeRowsJSON(out io.Writer, c outbox.Campaign, rows iter.Seq2[outbox.CampaignRow, error]) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for row, err := range rows {
		if err == nil {
			err = e.Encode(toRowJSON(c, row))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func toRowJSON(c outbox.Campaign, row outbox.CampaignRow) rowJSON {
	r := row.Recipient
	j := rowJSON{
		Row: row.Number, Line: row.Line, Address: row.Address, Cells: make(map[string]string), State: row.State, Reason: row.Reason, Account: row.Account,
		MessageID: row.MessageID, Code: r.Code, Enhanced: r.Enhanced, Class: r.Class.String(), Text: r.Text, At: timeJSON(r.At), Attempts: row.Attempts,
		Unsubscribed: timeJSON(row.Unsubscribed),
	}
	if row.Item != 0 {
		j.Item = &row.Item
	}
	for i, name := range c.Columns {
		if i < len(row.Cells) {
			j.Cells[name] = row.Cells[i]
		}
	}
	return j
}

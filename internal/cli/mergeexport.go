package cli

import (
	"encoding/json"
	"io"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"sendoff/internal/campaign"
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
				rows := campaign.Results(cmd.Context(), b, c, states, "")
				if asJSON {
					return writeRowsJSON(p.Out, c, rows)
				}
				return campaign.WriteResults(p.Out, c, rows)
			})
		},
	}
	cmd.Flags().StringSliceVar(&states, "only-state", nil, "only these: ready, skipped, cancelled, waiting, held, sending, sent, failed, bounced, partial, uncertain")
	cmd.Flags().BoolVar(&asJSON, "json", false, "a JSON object a line")
	return cmd
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

package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/merge"
	"sendoff/internal/campaign"
	"sendoff/outbox/export"
)

// allLetters writes the letters of a campaign as an mbox, for a look at them in a
// mail program.
type allLetters struct {
	program  *program
	flags    *mergeFlags
	list     string // as it was named
	book     *accounts.Book
	campaign *campaign.Campaign
	maker    compose.Maker
	now      time.Time
	wrong    int // rows that have no letter
}

// mergeMbox writes the letters of all rows; "-" is standard output. Rows that are
// wrong are told and left out.
func (p *program) mergeMbox(ctx context.Context, f *mergeFlags, path string, args []string) error {
	book, err := loadBook()
	if err != nil {
		return err
	}
	return p.withCampaign(ctx, f, args, func(c *campaign.Campaign) error {
		all := &allLetters{program: p, flags: f, list: args[1], book: book, campaign: c, now: time.Now()}
		write := func(out io.Writer) error { return all.write(ctx, out) }
		if path == "-" {
			err = write(p.Out)
		} else {
			err = export.NewFile(path, write)
		}
		if err == nil && all.wrong > 0 {
			fmt.Fprintf(p.Err, "sendoff: %s left out\n", plural(all.wrong, "row"))
			return byOutcome(exitData)
		}
		return err
	})
}

func (a *allLetters) write(ctx context.Context, out io.Writer) error {
	w := bufio.NewWriter(out)
	for row, err := range a.campaign.Rows(ctx) {
		if err != nil {
			return err
		}
		if err := a.writeRow(w, row); err != nil {
			return err
		}
	}
	return w.Flush()
}

// writeRow writes the letter of a row, or tells why there is none.
func (a *allLetters) writeRow(w *bufio.Writer, row merge.Row) error {
	letter, problems := a.campaign.Letter(row)
	d := letter.Draft
	if len(problems.Errors()) == 0 {
		if err := a.flags.senders(a.book).Fill(&d); err != nil {
			problems = merge.Problems{{File: a.list, Line: row.Line, Row: row.Number, Text: err.Error()}}
		} else {
			problems = a.campaign.Examine(row, d)
		}
	}
	if wrong := problems.Errors(); len(wrong) > 0 {
		if a.wrong++; a.wrong <= mostShown {
			a.program.say(wrong, wrong[0].Hint)
		}
		return nil
	}
	stamp, err := compose.NewStamp(d.From, a.now)
	if err != nil {
		return err
	}
	var message bytes.Buffer
	envelope, err := a.maker.Build(&message, d, stamp)
	if err != nil {
		return fmt.Errorf("row %d: %w", row.Number, err)
	}
	return export.WriteMail(w, envelope.From, a.now, &message)
}

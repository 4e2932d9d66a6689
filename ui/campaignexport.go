package ui

import (
	"context"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/internal/campaign"
	"sendoff/outbox"
	"sendoff/outbox/export"
)

// openResults asks where the list is written to, with what became of each row of the
// choice, or of those that were found in it.
func (a campaignActions) openResults() tea.Cmd {
	base, ending := "~/"+clean(a.campaign.Name), ".csv"
	into := a.text("Into", base+ending)
	into.note = func() string { return "a file that is not there yet; a spreadsheet reads it" }
	form := &formPane{desk: a.desk, name: "write " + a.chosen + " of " + clean(a.campaign.Name), fields: []*formField{into}}
	rows := -1 // not counted yet
	form.below = func(width int) (lines []string) {
		text := "All columns of the list, and what became of each row with the server's own words, for you alone to read."
		if rows >= 0 {
			text = count(rows, "row") + ". " + text
		}
		for _, line := range wrap(text, width) {
			lines = append(lines, a.styles.dim.Render(line))
		}
		return lines
	}
	form.submit = func() tea.Cmd {
		typed := strings.TrimSpace(into.input.value())
		path, err := absolute(typed)
		if typed == "" || err != nil {
			return form.wrong(into, "Say where to: a path is missing.")
		}
		form.doing = "writing the rows"
		return a.writeResults(form, into, path)
	}
	a.push(form)
	form.start()
	return tea.Batch(a.proposeFree(into, base, ending), a.countRows(func(n int) { rows = n }))
}

// countRows counts the rows of a choice, which is told when it is known.
func (a campaignActions) countRows(told func(int)) tea.Cmd {
	id := a.campaign.ID
	return a.do(func(ctx context.Context) tea.Msg {
		n, err := a.options.Outbox.CountCampaignRows(ctx, id, a.rows)
		return ended{func() tea.Cmd {
			if err == nil { // else they are written without
				told(n)
			}
			return nil
		}}
	})
}

// proposeFree puts a path into a field at which nothing is yet, unless something else
// stands there than base with the ending: then somebody knows better already.
func (d *desk) proposeFree(into *formField, base, ending string) tea.Cmd {
	return d.do(func(context.Context) tea.Msg { // a folder may be a slow one
		free := freePath(base, ending)
		return ended{func() tea.Cmd {
			if into.input.value() == base+ending {
				into.input.set(free)
			}
			return nil
		}}
	})
}

// mostTaken bounds how many names are tried for one that is free: where more are taken,
// the person names another.
const mostTaken = 100

// freePath is a path at which nothing is yet: base with the ending, else with a number
// between them.
func freePath(base, ending string) string {
	for n := 1; n <= mostTaken; n++ {
		typed := base + ending
		if n > 1 {
			typed = base + "-" + strconv.Itoa(n) + ending
		}
		path, err := absolute(typed)
		if err != nil {
			return typed
		}
		if _, err := os.Lstat(path); err != nil {
			return typed
		}
	}
	return base + ending
}

// writeResults writes the file, and tells the form. Who has left it is told all the same.
func (a campaignActions) writeResults(form *formPane, into *formField, path string) tea.Cmd {
	b, c := a.options.Outbox, a.campaign
	return a.do(func(ctx context.Context) tea.Msg {
		n := 0
		err := export.NewFile(path, func(out io.Writer) error {
			return campaign.WriteResults(out, c, counting(&n, campaign.Results(ctx, b, c, a.rows.States, a.rows.Search)))
		})
		return ended{func() tea.Cmd {
			form.doing = ""
			switch {
			case err != nil && a.open(form):
				return form.wrong(into, exportMistake(err))
			case err != nil:
				return a.say(exportMistake(err))
			}
			a.close(form)
			return a.say(wereWritten(n) + clean(shortenHome(path)) + ".")
		}}
	})
}

func wereWritten(n int) string {
	if n == 1 {
		return "1 row is written into "
	}
	return number(n) + " rows are written into "
}

// counting counts rows into n while they are read.
func counting(n *int, rows iter.Seq2[outbox.CampaignRow, error]) iter.Seq2[outbox.CampaignRow, error] {
	return func(yield func(outbox.CampaignRow, error) bool) {
		for row, err := range rows {
			if err == nil {
				*n++
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

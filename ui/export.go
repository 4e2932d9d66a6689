package ui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
	"sendoff/outbox/export"
)

// exportWays are how messages can be copied out.
var exportWays = []struct {
	format     export.Format
	name, note string
}{
	{export.EML, "a file each (.eml)", "a folder; each file is called by the message's ID"},
	{export.Mbox, "one mbox", "a file that is not there yet"},
	{export.Maildir, "a Maildir", "a folder, also one that is a Maildir already"},
}

// openExport asks where to copy messages to, and as what.
func (d *desk) openExport(items ...outbox.Item) tea.Cmd {
	ids := make([]outbox.ID, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	base := "~/sendoff-" + d.now.Format("2006-01-02")
	into, as := d.text("Into", base), &formField{label: "As"}
	for _, w := range exportWays {
		as.choices = append(as.choices, w.name)
	}
	into.note = func() string { return exportWays[as.chosen].note }
	as.note = into.note
	p := &formPane{desk: d, name: "copy " + count(len(ids), "message") + " out", fields: []*formField{into, as}}
	p.below = func(width int) (lines []string) {
		for _, line := range wrap("They are written as they are or were sent, Bcc aside, for you alone to read; drafts as they would be now. Nothing that is there is overwritten.", width) {
			lines = append(lines, d.styles.dim.Render(line))
		}
		return lines
	}
	p.submit = func() tea.Cmd {
		typed := strings.TrimSpace(into.input.value())
		path, err := absolute(typed)
		if typed == "" || err != nil {
			return p.wrong(into, "Say where to: a path is missing.")
		}
		return d.copyOut(p, into, exportWays[as.chosen].format, path, ids)
	}
	d.push(p)
	p.start()
	return d.proposeFree(into, base, "")
}

// copyOut copies messages out, and tells the form. Who has left it is told all the same.
func (d *desk) copyOut(p *formPane, into *formField, as export.Format, path string, ids []outbox.ID) tea.Cmd {
	b := d.options.Outbox
	return p.begin("copying "+count(len(ids), "message"), len(ids), func(ctx context.Context, done func(int)) error {
		return export.To(ctx, b, as, path, ids, done)
	}, func(err error) tea.Cmd {
		switch {
		case err != nil && d.open(p):
			return p.wrong(into, copyMistake(err))
		case err != nil:
			return d.say(copyMistake(err))
		}
		d.close(p)
		say := count(len(ids), "message") + " copied into " + clean(shortenHome(path)) + "."
		return func() tea.Msg { return acted{say: say} }
	})
}

// copyMistake says what was not copied, and why the first of that was not.
func copyMistake(err error) string {
	var some *export.Incomplete
	if !errors.As(err, &some) {
		return exportMistake(err)
	}
	first := some.Faults[0]
	text := fmt.Sprintf("%s of %s copied.", number(some.Copied), number(some.Of))
	switch more := len(some.Faults) + some.More - 1; {
	case errors.Is(err, context.Canceled) && some.Copied == 0:
		return "Stopped: nothing is copied."
	case errors.Is(err, context.Canceled):
		return "Stopped: " + text + " The same again goes on."
	case some.Of == 1:
		return exportMistake(first.Err)
	case more > 0:
		return text + " " + faultName(first) + ": " + exportMistake(first.Err) + " So with " + number(more) + " more."
	}
	return text + " " + faultName(first) + ": " + exportMistake(first.Err)
}

// faultName names a message that was not copied.
func faultName(f export.Fault) string { return strings.TrimSpace(f.ID.String() + " " + clean(f.About)) }

// exportMistake says what went wrong, with the file that it was about.
func exportMistake(err error) string {
	where := "It"
	var about *fs.PathError
	if errors.As(err, &about) {
		where = clean(shortenHome(about.Path))
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return where + " is there already, and stays as it is: name another place."
	case errors.Is(err, syscall.ENOTDIR):
		return where + " is no folder."
	case errors.Is(err, fs.ErrPermission):
		return where + " may not be written."
	}
	return sentence(mistake(err))
}

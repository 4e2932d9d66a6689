package ui

import (
	"context"
	"io"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/compose"
	"sendoff/internal/review"
)

// maxFixes is how many have a key.
const maxFixes = 9

// fixes are the findings that a key does something about, in the order of the keys.
func (r *reviewPane) fixes() (all []review.Finding) {
	for _, f := range r.findings {
		if !f.Fix.IsZero() && len(all) < maxFixes {
			all = append(all, f)
		}
	}
	return all
}

// grave tells that something is so likely a mistake that y is asked for twice.
func (r *reviewPane) grave() bool {
	worst, found := review.Worst(r.findings)
	return found && worst == review.Grave
}

// runChecks has the programs of the settings look at a message that can be sent.
func (r *reviewPane) runChecks() tea.Cmd {
	if len(r.problems) > 0 || len(r.options.Checks) == 0 {
		return nil
	}
	d, now := r.seen, r.now
	var cmd tea.Cmd
	r.programs, cmd = r.begin(func(ctx context.Context, _ func(any)) any {
		var all []review.Finding
		for _, check := range r.options.Checks {
			if check.Environ == nil {
				check.Environ = r.options.Environ
			}
			all = append(all, check.Run(ctx, func(w io.Writer) error { return r.write(w, d, now) })...)
		}
		return programsRun{all}
	})
	return cmd
}

// checkNames are the names of those programs.
func (r *reviewPane) checkNames() string {
	var all []string
	for _, check := range r.options.Checks {
		all = append(all, clean(check.Name))
	}
	return strings.Join(all, ", ")
}

// programsRun is what the programs have found.
type programsRun struct{ findings []review.Finding }

func (r *reviewPane) handlePrograms(news any) tea.Cmd {
	if run, ok := news.(programsRun); ok {
		r.programs.end()
		r.findings, r.asked = review.Sort(append(r.findings, run.findings...)), false
	}
	return r.answerEarly()
}

// fix does what is offered for the finding of a key.
func (r *reviewPane) fix(n int) tea.Cmd {
	fix := r.fixes()[n].Fix
	switch {
	case fix.Mend != nil:
		r.composer.mend(fix.Mend(r.draft))
		cmd, _ := r.follow()
		return tea.Batch(cmd, r.composer.changed())
	case fix.Field == placeNames[fieldAttach] && !r.composer.visible(fieldAttach):
		r.leave()
		return r.composer.openAttach()
	}
	r.leave()
	r.composer.goTo(compose.Place{Field: fix.Field, At: len(r.draft.Subject)})
	return nil
}

// mend puts a draft in that differs in its fields and its sender.
func (c *composer) mend(d compose.Draft) {
	before := c.signature()
	c.copies = c.copies || d.Cc != "" || d.Bcc != ""
	c.putText(d)
	if d.Account != c.last.Account {
		c.takeAccount(d.Account)
		c.sign(before)
	}
	c.touch()
}

// takeAccount takes the address of an account itself as the sender.
func (c *composer) takeAccount(name string) {
	for i, s := range c.senders {
		if s.account == name {
			c.from = i
			return
		}
	}
}

// findingLines are the findings, each with what can be done about it.
func (r *reviewPane) findingLines(width int) (lines []string) {
	const mark, gap, beside = 2, 2, 60
	fixWidth, textWidth, n := 0, 0, 0
	for _, f := range r.findings {
		textWidth = max(textWidth, ansi.StringWidth(f.Text))
		fixWidth = max(fixWidth, ansi.StringWidth("1 "+f.Fix.What))
	}
	room := width - mark
	if width >= beside {
		room -= fixWidth + gap
	}
	room = max(min(textWidth, room), 1)
	for _, f := range r.findings {
		fix := ""
		if !f.Fix.IsZero() && n < maxFixes {
			n++
			fix = r.styles.key.Render(strconv.Itoa(n)) + " " + r.styles.dim.Render(f.Fix.What)
		}
		glyph, style := "! ", r.styles.wait
		switch f.Severity {
		case review.Note:
			glyph, style = "· ", r.styles.dim
		case review.Grave:
			style = style.Bold(true)
		}
		for i, line := range wrap(f.Text, room) {
			line = style.Render(glyph + cell(line, room))
			if i == 0 && width >= beside && fix != "" {
				line += spaces(gap) + fix
			}
			lines = append(lines, line)
			glyph = spaces(mark)
		}
		if width < beside && fix != "" {
			lines = append(lines, cut(spaces(mark)+fix, width))
		}
	}
	return lines
}

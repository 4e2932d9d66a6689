package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
)

// Choices of the form for wishes.
var (
	priorities    = []compose.Priority{"", compose.PriorityHigh, compose.PriorityLow}
	priorityWords = []string{"as usual", "high", "low"}
	noYes         = []string{"no", "yes"}
	priorityAsked = map[compose.Priority]string{compose.PriorityHigh: "high priority", compose.PriorityLow: "low priority"}
)

// wishesText says what a message asks for; "" if nothing.
func wishesText(w compose.Wishes) string {
	var all []string
	if text := priorityAsked[w.Priority]; text != "" {
		all = append(all, text)
	}
	if w.Receipt {
		all = append(all, "a receipt when it is read")
	}
	if w.Report {
		all = append(all, "a report of delivery")
	}
	return strings.Join(all, " · ")
}

// openWishes asks what the message is to ask for.
func (r *reviewPane) openWishes() {
	w := r.draft.Wishes
	priority := &formField{label: "priority", choices: priorityWords}
	for i, p := range priorities {
		if p == w.Priority {
			priority.chosen = i
		}
	}
	receipt := choose("read receipt", w.Receipt)
	receipt.note = func() string { return "Most programs ask their reader first, or send none." }
	report := choose("report of delivery", w.Report)
	report.note = func() string { return "Where the servers make one. Of failure and delay they tell anyway." }
	p := &formPane{desk: r.desk, name: "what it asks for", fields: []*formField{priority, receipt, report}}
	p.submit = func() tea.Cmd {
		p.close(p)
		r.composer.base.Wishes = compose.Wishes{Priority: priorities[priority.chosen], Receipt: receipt.chosen == 1, Report: report.chosen == 1}
		r.composer.touch()
		cmd, _ := r.follow()
		return tea.Batch(cmd, r.composer.changed())
	}
	p.start()
	r.push(p)
}

// choose is a field for no or yes.
func choose(label string, yes bool) *formField {
	f := &formField{label: label, choices: noYes}
	if yes {
		f.chosen = 1
	}
	return f
}

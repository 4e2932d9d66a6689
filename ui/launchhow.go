package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/internal/campaign"
	"sendoff/internal/moment"
	"sendoff/outbox/pace"
)

// howForm asks how a campaign goes: by which accounts, when, and what it is called.
type howForm struct {
	*formPane
	launch   *launch
	accounts []string // the choices of through, by their names

	name, through, some, at, hours, canary *formField
}

// The choices of through that are no single account.
const (
	throughLetter = "as each letter says"
	throughAll    = "all accounts, by what each may send"
	throughSome   = "some of them"
)

// askHow asks for all that has a default: enter through the fields starts it at once,
// by the accounts that the letters name.
func (l *launch) askHow() tea.Cmd {
	k := l.looked
	if l.how != nil && slices.Equal(l.how.accounts, k.options) {
		l.how.problem = ""
		l.push(l.how.formPane)
		return nil
	}
	f := &howForm{launch: l, accounts: k.options}
	f.name, f.at, f.canary = l.text("Name", orElse(l.name, k.name)), l.text("Begins", ""), l.text("First", "")
	f.hours = l.text("Only", k.Campaign.Hours().String())
	f.through, f.some = &formField{label: "Through", choices: f.choices()}, l.text("Accounts", "")
	f.some.off = func() bool { return f.through.choices[f.through.chosen] != throughSome }
	f.at.usual, f.hours.usual, f.canary.usual = "at once", "at any time", "all of them"
	f.notes()
	fields := []*formField{f.name, f.through, f.some, f.at, f.hours, f.canary}
	f.formPane = &formPane{desk: l.desk, name: "new campaign", step: stepHow, fields: fields, submit: f.take}
	f.below = func(width int) (lines []string) {
		for _, line := range wrap(f.who(), width) {
			lines = append(lines, l.styles.dim.Render(line))
		}
		return lines
	}
	f.setFocus(0)
	l.how = f
	l.push(f.formPane)
	return nil
}

// who names the accounts that send if the letters decide.
func (f *howForm) who() string {
	k := f.launch.looked
	var all []string
	for _, account := range k.Accounts() {
		all = append(all, clean(account)+" as "+clean(campaign.AsRead(k.From[account])))
	}
	return count(k.Letters, "letter") + ", so far through " + strings.Join(all, ", ") + "."
}

func (f *howForm) choices() (all []string) {
	all = append(all, throughLetter)
	if len(f.accounts) < 2 {
		return all
	}
	for _, name := range f.accounts {
		all = append(all, clean(name))
	}
	all = append(all, throughAll)
	if len(f.accounts) > 2 {
		all = append(all, throughSome)
	}
	return all
}

// notes say what each field is for.
func (f *howForm) notes() {
	l := f.launch
	f.name.note = func() string { return "for the list, and for sendoff merge status" }
	f.through.note = func() string { return "← and → choose; several share the letters" }
	f.some.note = func() string { return "of " + clean(strings.Join(f.accounts, ", ")) + ", with commas between" }
	f.at.note = func() string {
		t, err := moment.Parse(f.at.input.value(), l.now)
		switch {
		case err != nil:
			return "such as tomorrow 8, mon 9:00, in 2h, 2026-12-24 18:00"
		case t.IsZero():
			return "when the first letter may leave, such as tomorrow 8, mon 9:00, in 2h"
		}
		return l.moment(t)
	}
	f.hours.note = func() string { return "when letters may leave, such as 08:00-18:00 mon-fri" }
	f.canary.note = func() string { return "so many go, then it waits until you let it go on" }
}

// take reads the fields, and shows the plan.
func (f *howForm) take() tea.Cmd {
	l := f.launch
	name := strings.TrimSpace(f.name.input.value())
	if !campaign.IsName(name) {
		return f.wrong(f.name, "A name is "+campaign.NameRule+".")
	}
	through, problem := f.chosen()
	if problem != "" {
		return f.wrong(f.some, problem)
	}
	at, err := moment.Parse(f.at.input.value(), l.now)
	if err != nil {
		return f.wrong(f.at, sentence(clean(err.Error())))
	}
	var hours pace.Hours
	if text := strings.TrimSpace(f.hours.input.value()); text != "" {
		if hours, err = pace.ParseHours(text); err != nil {
			return f.wrong(f.hours, sentence(clean(err.Error())))
		}
	}
	canary, ok := readCount(f.canary.input.value())
	if !ok {
		return f.wrong(f.canary, "How many go first? A number, or nothing.")
	}
	l.name, l.through, l.timing = name, through, campaign.Timing{At: at, Hours: hours, Canary: canary}
	p := &planPane{desk: l.desk, launch: l}
	l.push(p)
	return p.load()
}

// chosen are the accounts that share the letters; none: as each letter says.
func (f *howForm) chosen() (through []string, problem string) {
	switch at := f.through.chosen; f.through.choices[at] {
	case throughLetter:
		return nil, ""
	case throughAll:
		return slices.Clone(f.accounts), ""
	case throughSome:
		for name := range strings.SplitSeq(f.some.input.value(), ",") {
			switch name = strings.TrimSpace(name); {
			case name == "" || slices.Contains(through, name):
			case !slices.Contains(f.accounts, name):
				return nil, "There is no account " + clean(name) + "."
			default:
				through = append(through, name)
			}
		}
		if len(through) == 0 {
			return nil, "Which of " + clean(strings.Join(f.accounts, ", ")) + "?"
		}
		return through, ""
	default:
		return []string{f.accounts[at-1]}, ""
	}
}

// readCount reads a number of letters as people write it; nothing is 0.
func readCount(text string) (int, bool) {
	text = strings.NewReplacer(",", "", " ", "", "'", "").Replace(text)
	if text == "" {
		return 0, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// hoursText says when letters may leave.
func hoursText(h pace.Hours) string {
	if text := h.String(); text != "" {
		return "only " + clean(text)
	}
	return "at any time"
}

// canaryText says what goes first.
func canaryText(canary, letters int) string {
	if canary == 0 || canary >= letters {
		return ""
	}
	return fmt.Sprintf("the first %s, then it waits for you", number(canary))
}

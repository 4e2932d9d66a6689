package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose/merge"
	"sendoff/internal/campaign"
)

// ruleFields ask how a list is read, and what counts as wrong.
type ruleFields struct {
	empty, twice, wrong, domains, column, separator *formField
}

// The choices in their order on the screen.
var (
	emptyRules = []merge.EmptyRule{merge.EmptyError, merge.EmptyWarn, merge.EmptyOK}
	separators = []rune{0, ',', ';', '\t', '|'}
)

// askRules asks for the rules, and looks again.
func (p *lookPane) askRules() {
	l := p.launch
	f := l.ruleFields()
	form := &formPane{desk: p.desk, name: "options of the look", fields: []*formField{f.empty, f.twice, f.wrong, f.domains, f.column, f.separator}}
	form.submit = func() tea.Cmd {
		p.close(form)
		l.rules = campaign.Rules{Empty: emptyRules[f.empty.chosen], AllowDuplicates: f.twice.chosen == 1, SkipInvalid: f.wrong.chosen == 1}
		if f.domains.chosen == 1 {
			l.rules.Domains = l.askedDomains()
		}
		l.files.ToColumn, l.files.Separator = strings.TrimSpace(f.column.input.value()), separators[f.separator.chosen]
		return p.look()
	}
	p.push(form)
	form.setFocus(0)
}

// ruleFields are the fields as the rules are now.
func (l *launch) ruleFields() ruleFields {
	one := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	field := func(label string, chosen int, note string, choices ...string) *formField {
		return &formField{label: label, choices: choices, chosen: max(chosen, 0), note: func() string { return note }}
	}
	f := ruleFields{
		empty: field("Empty cells", slices.Index(emptyRules, l.rules.Empty),
			`a letter may say what stands there instead: {{ name | default: "friend" }}`, "are wrong where they would show", "are warned of", "are fine"),
		twice: field("An address twice", one(l.rules.AllowDuplicates),
			"two children, one parent: then each row is meant", "gets one letter", "gets a letter for each row"),
		wrong: field("Wrong rows", one(l.rules.SkipInvalid),
			"the others get their letters, and these are kept as skipped", "stop the campaign", "are left out"),
		domains: field("Domains", one(l.rules.Domains != nil),
			"that tells your name server who they are; what takes no mail is wrong then", "are taken as they are", "are asked for their mail servers"),
		column: l.text("Addresses in", l.files.ToColumn),
		separator: field("Between cells", slices.Index(separators, l.files.Separator),
			"what stands between the cells of a row", "is found out", "a comma", "a semicolon", "a tab", "a bar"),
	}
	f.domains.off = func() bool { return l.options.Campaigns.Domains == nil }
	f.column.note = func() string { return "the name of a column" }
	f.column.usual = "email, e-mail, mail or address"
	return f
}

// askedDomains are the domains of this campaign, for a look that asks about them.
func (l *launch) askedDomains() *campaign.Domains {
	if l.domains == nil {
		l.domains = l.options.Campaigns.Domains()
	}
	return l.domains
}

// hint is what can be done about a problem, as the command line says it, in the words
// of the screens.
func (d *desk) hint(problem merge.Problem) string {
	rules := d.keyOf("launch.rules")
	return strings.NewReplacer("--allow-duplicates sends both", "the options, "+rules+", let both have one", "with --to-column", "with "+rules).Replace(clean(problem.Hint))
}

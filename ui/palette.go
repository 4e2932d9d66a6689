package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// palettePane finds one of many choices by some letters of it: what can be done on
// the pane that it was opened from, and elsewhere, or a saved filter.
type palettePane struct {
	*desk
	name, none string // what it chooses from, and what it says where nothing is found
	offered    func() []choice
	elsewhere  func() []choice // found when something is typed, and not done; nil: there are none
	do         func(choice) tea.Cmd
	typed      *input
	list       list
}

// choice is something to be chosen: an action that is possible now, or a filter.
type choice struct {
	name string // of the action
	what string // it does now, in a word or two
	does string
	key  string // "" if it has none

	where string // it can be done, as in "in the list"; "": here and now
}

// actionChosen is what the palette was opened for.
type actionChosen struct {
	on   pane
	name string
}

// newPalettePane has the actions of a pane. They come from its bindings, and are
// done as if their key had been pressed.
func newPalettePane(d *desk, of pane) *palettePane {
	p := &palettePane{desk: d, name: "actions", none: "No action is called that.", typed: d.newInput("")}
	p.offered = func() []choice { return d.choices(of) }
	p.elsewhere = func() []choice { return d.choicesElsewhere(of) }
	p.do = func(c choice) tea.Cmd { return func() tea.Msg { return actionChosen{on: of, name: c.name} } }
	p.typed.setFocus(true)
	return p
}

// newFiltersPane has the saved filters.
func newFiltersPane(home *outboxPane) *palettePane {
	p := newPalettePane(home.desk, home)
	p.name, p.none, p.elsewhere = "filters", "No filter is called that.", nil
	p.offered = func() (all []choice) {
		for _, f := range home.options.Filters {
			all = append(all, choice{name: f.Name, what: clean(f.Name), does: clean(f.Query)})
		}
		return all
	}
	p.do = func(c choice) tea.Cmd {
		for _, f := range home.options.Filters {
			if f.Name == c.name {
				return home.useFilter(f.Query)
			}
		}
		return nil
	}
	return p
}

func (p *palettePane) title() string { return p.name }

func (p *palettePane) restyled() { p.typed.model.SetStyles(p.styles.input) }

func (p *palettePane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.PasteMsg:
		p.write(msg)
	case tea.MouseWheelMsg:
		p.list.scroll(wheel(msg), len(p.choices()), p.rowsHeight())
	case tea.MouseClickMsg:
		row := p.list.top + msg.Y - paletteHead
		if msg.Button == tea.MouseLeft && msg.Y >= paletteHead && row < len(p.choices()) {
			p.list.cursor = row
			return p.choose()
		}
	}
	return nil
}

func (p *palettePane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case key.Matches(msg, k.Shut):
		p.close(p)
	case key.Matches(msg, k.Do):
		return p.choose()
	case key.Matches(msg, k.Up):
		p.list.cursor--
	case key.Matches(msg, k.Down):
		p.list.cursor++
	default:
		p.write(msg)
	}
	p.list.fit(len(p.choices()), p.rowsHeight())
	return nil
}

// write edits what is looked for; the best choice is selected then.
func (p *palettePane) write(msg tea.Msg) {
	before := p.typed.value()
	p.typed.update(msg)
	if p.typed.value() != before {
		p.list = list{}
	}
}

// choose goes back to the pane, and does what is selected, or says where it is done.
func (p *palettePane) choose() tea.Cmd {
	all := p.choices()
	if p.list.cursor >= len(all) {
		return nil
	}
	p.close(p)
	switch c := all[p.list.cursor]; c.where {
	case "":
		return p.do(c)
	case notNow:
		return p.say("That is not possible now: " + c.does + ".")
	default:
		return p.say("That is done " + c.where + ": " + c.does + ".")
	}
}

// choices are those that fit what is typed, the nearest first.
func (p *palettePane) choices() []choice {
	all := p.offered()
	if p.elsewhere != nil && p.typed.value() != "" {
		all = append(all, p.elsewhere()...)
	}
	ranks := make(map[string]int, len(all))
	all = slices.DeleteFunc(all, func(c choice) bool {
		rank, ok := fuzzyRank(p.typed.value(), c.what, c.does, c.name)
		if c.where != "" {
			rank += elsewhereRank
		}
		ranks[c.name] = rank
		return !ok
	})
	slices.SortStableFunc(all, func(a, b choice) int { return ranks[a.name] - ranks[b.name] })
	return all
}

// elsewhereRank sets what cannot be done here behind what can, unless that fits worse
// than by the beginning of a word.
const elsewhereRank = 2

// notNow is where an action of the pane is done that means nothing at the moment.
const notNow = "not now"

// choicesElsewhere are all actions that are not possible on a pane now, with where they
// are. Answers stand in their questions.
func (d *desk) choicesElsewhere(of pane) (all []choice) {
	possible := make(map[string]bool)
	for _, c := range d.choices(of) {
		possible[c.name] = true
	}
	here := make(map[string]bool)
	for _, g := range d.allKeys(of.bindings()) {
		for _, b := range g.bindings {
			here[actionOf(b)] = true
		}
	}
	for _, a := range actions {
		if possible[a.name] || a.name == paletteAction || a.scope() == "question" || a.scope() == "palette" {
			continue
		}
		_, short, _ := strings.Cut(a.name, ".")
		c := choice{name: a.name, what: strings.ReplaceAll(short, "-", " "), does: a.does, where: notNow}
		if keys := d.options.Keys.of(a); len(keys) > 0 {
			c.key = keyName(keys[0])
		}
		if !here[a.name] {
			c.where = a.where()
		}
		all = append(all, c)
	}
	return all
}

// where is the first place at which an action can be done.
func (a action) where() string {
	for _, s := range keyScreens {
		if slices.Contains(s.scopes, a.scope()) {
			return "in " + s.name
		}
	}
	return notNow
}

// choices are all actions that are possible on a pane now, in the order of its help.
func (d *desk) choices(of pane) (all []choice) {
	seen := make(map[string]bool)
	add := func(bindings []key.Binding) {
		for _, b := range bindings {
			name := actionOf(b)
			if !b.Enabled() || name == "" || seen[name] || name == paletteAction {
				continue
			}
			seen[name] = true
			all = append(all, choice{name: name, what: b.Help().Desc, does: actionNamed(name).does, key: b.Help().Key})
		}
	}
	b := of.bindings()
	for _, g := range b.help {
		add(g.bindings)
	}
	if b.typing {
		add(d.writing(b).bindings)
	}
	add(b.footer)
	add(b.end)
	add(d.globalKeys().all())
	return all
}

const paletteAction = "everywhere.palette"

// actionOf is the action of a binding, "" for an answer.
func actionOf(b key.Binding) string {
	for _, pressed := range b.Keys() {
		if name, ok := strings.CutPrefix(pressed, actionMark); ok {
			return name
		}
	}
	return ""
}

// handleActionChosen presses the action's key, unless that means nothing any more:
// the outbox may have changed meanwhile.
func (m *Model) handleActionChosen(msg actionChosen) tea.Cmd {
	possible := func(c choice) bool { return c.name == msg.name }
	if m.top() != msg.on || !slices.ContainsFunc(m.choices(msg.on), possible) {
		return m.say("That is not possible here any more.")
	}
	return m.press(tea.KeyPressMsg{Text: actionMark + msg.name})
}

// paletteKeys are the keys of the palette; all others are typed.
type paletteKeys struct{ Do, Up, Down, Shut key.Binding }

func (p *palettePane) keys() paletteKeys {
	return paletteKeys{
		Do: p.bound("do it", "palette.do"), Up: p.bound("up", "palette.up"), Down: p.bound("down", "palette.down"),
		Shut: p.boundTyping("back", "palette.back", paletteAction),
	}
}

func (p *palettePane) bindings() bindings {
	k := p.keys()
	all := []key.Binding{k.Do, k.Up, k.Down}
	return bindings{typing: true, footer: all, end: []key.Binding{k.Shut}, help: []group{{"The palette", append(all, k.Shut)}}}
}

// paletteHead is the line above the choices, in which they are looked for.
const paletteHead = 1

func (p *palettePane) rowsHeight() int { return max(p.paneHeight()-paletteHead, 1) }

func (p *palettePane) view(width, height int) ([]string, *tea.Cursor) {
	const label = " : "
	text, column := p.typed.view(width - len(label) - 1)
	lines := []string{p.styles.accent.Render(label) + text}
	all := p.choices()
	if len(all) == 0 {
		lines = append(lines, "  "+p.styles.dim.Render(cut(p.none, width-3)))
	}
	shown := list{cursor: p.list.cursor, top: p.list.top}
	shown.fit(len(all), height-paletteHead)
	for i := shown.top; i < min(len(all), shown.top+height-paletteHead); i++ {
		lines = append(lines, p.row(all[i], width, i == shown.cursor))
	}
	if column < 0 || height < 1 {
		return lines[:min(len(lines), max(height, 0))], nil
	}
	return lines[:min(len(lines), height)], tea.NewCursor(len(label)+column, 0)
}

// row is an action: what it does in short and in full, and its key.
func (p *palettePane) row(c choice, width int, selected bool) string {
	const whatWidth, keyWidth, doesFrom = 20, 12, 24
	room := max(width-len("  ")-1, 0)
	what, keys := min(whatWidth, room), 0
	if room -= what; room > keyWidth {
		keys = keyWidth
		room -= keys
	}
	does := cell(c.does, room)
	if c.where != "" {
		does = cell(cut(c.does, room-ansi.StringWidth(c.where)-3)+" · "+c.where, room)
	}
	if room < doesFrom {
		does = spaces(room)
	}
	name := cell(c.what, max(what-1, 0)) + spaces(min(what, 1))
	if c.where != "" && !selected {
		name = inked(p.styles.dim, name)
	}
	return p.styles.row(name, inked(p.styles.dim, does)+inked(p.styles.key, right(c.key, keys)), selected)
}

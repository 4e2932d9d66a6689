package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"slices"
)

// helpPane lists the keys of the pane that it was opened from. They come from
// the bindings themselves.
type helpPane struct {
	*desk
	of   pane
	text scroller
}

func newHelpPane(d *desk, of pane) *helpPane { return &helpPane{desk: d, of: of} }

func (p *helpPane) title() string { return "keys" }

func (p *helpPane) restyled() {}

func (p *helpPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		k := p.keys()
		switch {
		case p.text.update(msg, k.move, p.paneHeight()-1):
		case key.Matches(msg, k.Back):
			p.pop()
		}
	case tea.MouseWheelMsg:
		p.text.update(msg, moveKeys{}, p.paneHeight()-1)
	}
	return nil
}

func (p *helpPane) view(width, height int) ([]string, *tea.Cursor) {
	p.text.lines = p.lines(width - 2)
	title := between(p.styles.bold.Render("Keys"), p.styles.dim.Render(p.text.more(height-1)), width-2)
	lines := []string{" " + title}
	for _, line := range p.text.view(max(height-1, 0)) {
		lines = append(lines, " "+line)
	}
	return lines, nil
}

// lines are the groups, in two columns where there is room for them.
func (p *helpPane) lines(width int) (lines []string) {
	for _, g := range p.allKeys(p.of.bindings()) {
		if !slices.ContainsFunc(g.bindings, key.Binding.Enabled) {
			continue // a title above nothing
		}
		lines = append(lines, "", p.styles.accent.Render(cut(g.title, width)))
		lines = append(lines, p.columns(g.bindings, width)...)
	}
	return lines
}

// allKeys are the keys of a screen with those that it shares with others.
func (d *desk) allKeys(b bindings) []group {
	groups := slices.Concat(b.help, b.apart)
	for i, g := range groups {
		if slices.ContainsFunc(g.bindings, moves) {
			groups[i].bindings = append(slices.Clip(g.bindings), d.timesKey(b), d.bound("forget the number", "count.clear"))
		}
	}
	if b.typing {
		groups = append(groups, d.writing(b))
	}
	return append(groups, group{"Everywhere", append([]key.Binding{d.paletteKey(b)}, d.globalKeys().all()...)})
}

func (p *helpPane) columns(all []key.Binding, width int) (lines []string) {
	const keyWidth, columnWidth = 17, 38
	inRow := max(width/columnWidth, 1)
	line, used := "", 0
	for _, b := range all {
		if !b.Enabled() {
			continue
		}
		entry := p.styles.key.Render(cell(keyNames(pressable(b.Keys()), keyWidth-1), min(keyWidth, width))) +
			p.styles.dim.Render(cut(b.Help().Desc, min(columnWidth-keyWidth, width-keyWidth)))
		if used == inRow {
			lines, line, used = append(lines, line), "", 0
		}
		line += spaces(used*columnWidth-ansi.StringWidth(line)) + entry
		used++
	}
	return append(lines, line)
}

// keyNames are as many of a binding's keys as fit.
func keyNames(keys []string, width int) string {
	if len(keys) == 0 {
		return "no key"
	}
	names := keyName(keys[0])
	for _, k := range keys[1:] {
		if more := names + " " + keyName(k); ansi.StringWidth(more) <= width {
			names = more
		}
	}
	return names
}

// helpKeys are the keys of the help. Those that open it close it too.
type helpKeys struct {
	move moveKeys
	Back key.Binding
}

func (p *helpPane) keys() helpKeys {
	return helpKeys{move: p.moveKeys(), Back: p.bound("back", "view.back", "everywhere.help", "view.close")}
}

func (p *helpPane) bindings() bindings {
	k := p.keys()
	return bindings{
		footer: []key.Binding{k.move.Up, k.move.Down, k.move.PageDown}, end: []key.Binding{k.Back},
		help: []group{{"The keys", append(k.move.all(), k.Back)}},
	}
}

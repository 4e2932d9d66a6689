package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// formField is a line of a form: text that is typed, or one of some choices.
type formField struct {
	label   string
	input   *input   // nil: it is a choice
	choices []string // clean
	chosen  int
	usual   string        // what an empty text stands for, clean; shown in its place
	note    func() string // what it is for, clean; shown while it has the focus; nil: nothing
	off     func() bool   // it means nothing now, and is not shown; nil: it always does

	proposed bool // what stands in it goes when something is typed
}

// edit hands a key or a paste to the text. What was proposed is marked until then: what
// is typed goes in its place, and any other key takes it as it is.
func (f *formField) edit(msg tea.Msg) {
	press, pressed := msg.(tea.KeyPressMsg)
	if f.proposed && (!pressed || press.Text != "" || f.input.deletes(press)) {
		f.input.set("")
	}
	f.proposed = false
	f.input.update(msg)
}

func (f *formField) shown() bool { return f.off == nil || !f.off() }

// formPane asks for a few things at once, and hands them on together.
type formPane struct {
	*desk
	name   string // of what it asks for
	step   string // how far it is in what it is part of; "" if it is no part
	fields []*formField
	focus  int
	below  func(width int) []string // what is good to know, drawn under the fields; nil: nothing

	problem string   // with what was handed on, clean; "": none
	doing   string   // what is waited for, clean; then it takes no text
	counted *counted // how far that is, and how it ends; nil: it is not known

	submit func() tea.Cmd
	byHand func() tea.Cmd // leaves it for what is typed by hand; nil: there is no such way
}

// text is a field that is typed.
func (d *desk) text(label, value string) *formField {
	return &formField{label: label, input: d.newInput(value)}
}

func (p *formPane) title() string { return p.name }

func (p *formPane) restyled() {
	for _, f := range p.fields {
		if f.input != nil {
			f.input.model.SetStyles(p.styles.input)
		}
	}
}

// start gives the focus to the first field that is empty, else to the first.
func (p *formPane) start() {
	for i, f := range p.fields {
		if f.input != nil && f.input.value() == "" && f.shown() {
			p.setFocus(i)
			return
		}
	}
	p.setFocus(0)
}

func (p *formPane) setFocus(i int) {
	p.focus = i
	for n, f := range p.fields {
		if f.input != nil {
			f.input.setFocus(n == i)
		}
	}
}

// moveFocus goes to the next field that is shown, and tells whether there is one.
func (p *formPane) moveFocus(by int) bool {
	for i := p.focus + by; i >= 0 && i < len(p.fields); i += by {
		if p.fields[i].shown() {
			p.setFocus(i)
			return true
		}
	}
	return false
}

// wrong says what is wrong, at a field of the form; nil is none of them.
func (p *formPane) wrong(at *formField, problem string) tea.Cmd {
	p.problem = problem
	for i, f := range p.fields {
		if f == at {
			p.setFocus(i)
		}
	}
	return nil
}

func (p *formPane) field() *formField { return p.fields[p.focus] }

func (p *formPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.PasteMsg:
		if p.field().input != nil && p.doing == "" {
			p.field().edit(msg)
		}
	}
	return nil
}

func (p *formPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case key.Matches(msg, k.Back) && p.stoppable():
		p.stop()
	case key.Matches(msg, k.Back):
		p.close(p)
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.ByHand):
		return p.byHand()
	case p.doing != "":
	case key.Matches(msg, k.Done):
		return p.done()
	case key.Matches(msg, k.Next):
		if !p.moveFocus(1) {
			return p.done()
		}
	case key.Matches(msg, k.Previous):
		p.moveFocus(-1)
	case key.Matches(msg, k.Later):
		p.choose(1)
	case key.Matches(msg, k.Earlier):
		p.choose(-1)
	case p.field().input != nil:
		p.problem = ""
		p.field().edit(msg)
	}
	return nil
}

func (p *formPane) done() tea.Cmd {
	p.problem = ""
	return p.submit()
}

func (p *formPane) choose(by int) {
	f := p.field()
	p.problem = ""
	f.chosen = (f.chosen + by + len(f.choices)) % len(f.choices)
}

// formKeys are the keys of a form.
type formKeys struct {
	Next, Previous, Later, Earlier, Done, ByHand, Help, Back key.Binding
}

func (p *formPane) keys() formKeys {
	choice, back := p.field().input == nil, "back"
	if p.stoppable() {
		back = "stop"
	}
	return formKeys{
		Next:     p.bound("next", "form.next"),
		Previous: p.bound("previous", "form.previous"),
		Later:    when(choice, p.bound("another choice", "form.later")),
		Earlier:  when(choice, p.bound("the one before", "form.earlier")),
		Done:     p.bound("go on", "form.done"),
		ByHand:   when(p.byHand != nil, p.bound("type the servers", "form.by-hand")),
		Help:     p.boundTyping("help", "everywhere.help"),
		Back:     p.bound(back, "form.back"),
	}
}

func (p *formPane) bindings() bindings {
	k := p.keys()
	all := []key.Binding{k.Next, k.Later, k.Done, k.ByHand}
	return bindings{
		typing: true,
		footer: all,
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{capital(p.name), append(all, k.Previous, k.Earlier, k.Back)}},
	}
}

// labelWidth is that of the longest label, with a gap.
func (p *formPane) labelWidth() (width int) {
	for _, f := range p.fields {
		width = max(width, len(f.label)+2)
	}
	return width
}

// view draws as many lines around the focus as there is room for.
func (p *formPane) view(width, height int) ([]string, *tea.Cursor) {
	if height <= 0 {
		return nil, nil
	}
	room := max(width-2, 1)
	head := make([]string, 1, 2)
	if height >= attentionFrom {
		head = append(head, "")
	}
	lines, at, column := p.fieldLines(room)
	height -= len(head)
	top, name := 0, capital(p.name)
	if len(lines) > height {
		top = max(min(at-height/2, len(lines)-height), 0)
		if top+height < len(lines) {
			name += " ↓ more"
		}
		lines = lines[top:min(top+height, len(lines))]
	}
	head[0] = " " + between(p.styles.bold.Render(name), p.styles.dim.Render(p.step), room)
	var cursor *tea.Cursor
	if column >= 0 && p.doing == "" {
		cursor = tea.NewCursor(column, len(head)+at-top)
		cursor.Shape = tea.CursorBar
	}
	return append(head, lines...), cursor
}

// fieldLines are the lines of the form, which of them has the focus, and the column
// of the cursor there, -1 for none.
func (p *formPane) fieldLines(room int) (lines []string, at, column int) {
	column = -1
	label := min(p.labelWidth(), room/2)
	add := func(text string, style func(...string) string) {
		for _, line := range wrap(text, max(room-label, 1)) {
			lines = append(lines, " "+spaces(label)+style(line))
		}
	}
	for i, f := range p.fields {
		if !f.shown() {
			continue
		}
		name, focused := p.styles.dim, i == p.focus
		if focused {
			name, at = p.styles.accent, len(lines)
		}
		text, where := p.value(f, room-label, focused)
		lines = append(lines, " "+name.Render(cell(f.label, label))+text)
		if !focused {
			continue
		}
		if where >= 0 {
			column = 1 + label + where
		}
		if f.note != nil && p.problem == "" {
			add(f.note(), p.styles.dim.Render)
		}
		if p.problem != "" {
			add("! "+p.problem, p.styles.bad.Render)
		}
	}
	if p.doing != "" {
		lines = append(lines, "", " "+p.styles.wait.Render(cut("… "+p.doing, room)))
	}
	if p.counted != nil {
		lines = append(lines, " "+p.countedLine(room))
	}
	if p.below != nil {
		lines = append(lines, "")
		for _, line := range p.below(room) {
			lines = append(lines, " "+line)
		}
	}
	return lines, at, column
}

// value draws what a field holds, and the column of the cursor in it.
func (p *formPane) value(f *formField, width int, focused bool) (string, int) {
	if f.input != nil {
		text, column := f.input.view(width)
		switch {
		case f.proposed && focused:
			text = p.styles.plain.Reverse(true).Render(text)
		case f.input.value() == "" && f.usual != "":
			text = p.styles.dim.Render(cut(f.usual, width))
		}
		return text, column
	}
	choice := f.choices[f.chosen]
	if focused {
		return p.styles.bold.Render(cut("‹ "+choice+" ›", width)), -1
	}
	return cut(choice, width), -1
}

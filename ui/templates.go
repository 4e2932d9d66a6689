package ui

import (
	"context"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose/template"
)

// templatePane finds a template by what is typed of its name, and puts it into the
// message.
type templatePane struct {
	*desk
	composer *composer
	typed    *input
	all      []template.Template
	found    []template.Template
	read     bool
	problem  string // with some of them, clean
	rows     list
}

// templatesRead are the templates of the folder.
type templatesRead struct {
	pane *templatePane
	all  []template.Template
	err  error
}

// openTemplates opens the pane.
func (c *composer) openTemplates() tea.Cmd {
	p := &templatePane{desk: c.desk, composer: c, typed: c.newInput("")}
	p.typed.setFocus(true)
	c.push(p)
	folder := c.options.Templates
	return c.do(func(context.Context) tea.Msg {
		all, err := template.Load(folder)
		return templatesRead{p, all, err}
	})
}

func (p *templatePane) title() string { return "templates" }

func (p *templatePane) restyled() { p.typed.model.SetStyles(p.styles.input) }

func (p *templatePane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case templatesRead:
		if msg.pane == p {
			p.handleRead(msg)
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.PasteMsg:
		p.typed.update(msg)
		p.filter()
	case tea.MouseWheelMsg:
		p.rows.scroll(wheel(msg), len(p.found), p.rowsHeight())
	}
	return nil
}

func (p *templatePane) handleRead(msg templatesRead) {
	p.all, p.read = msg.all, true
	if msg.err != nil {
		p.problem, _, _ = strings.Cut(p.inShort(mistake(msg.err)), "\n")
		p.problem = clean(p.problem)
	}
	p.filter()
}

// filter finds those that have all words that are typed in their name or beginning.
func (p *templatePane) filter() {
	words := strings.Fields(strings.ToLower(p.typed.value()))
	p.found = slices.DeleteFunc(slices.Clone(p.all), func(t template.Template) bool {
		text := strings.ToLower(t.Name + " " + t.Summary())
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
	})
	p.rows = list{}
}

func (p *templatePane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case key.Matches(msg, k.Cancel):
		p.close(p)
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Up):
		p.rows.cursor--
	case key.Matches(msg, k.Down):
		p.rows.cursor++
	case key.Matches(msg, k.Choose):
		if len(p.found) == 0 {
			return nil
		}
		p.close(p)
		return p.composer.useTemplate(p.found[p.rows.cursor])
	default:
		p.typed.update(msg)
		p.filter()
	}
	p.rows.fit(len(p.found), p.rowsHeight())
	return nil
}

// templateHead is the lines above the list.
const templateHead = 3

func (p *templatePane) rowsHeight() int { return max(p.paneHeight()-templateHead, 1) }

func (p *templatePane) view(width, height int) ([]string, *tea.Cursor) {
	const label = "Template "
	text, column := p.typed.view(width - len(label) - 2)
	lines := []string{" " + p.styles.accent.Render(label) + text, " " + p.summary(width-2), ""}
	var cursor *tea.Cursor
	if column >= 0 {
		cursor = tea.NewCursor(1+len(label)+column, 0)
		cursor.Shape = tea.CursorBar
	}
	for i := p.rows.top; i < min(p.rows.top+max(height-templateHead, 0), len(p.found)); i++ {
		t := p.found[i]
		name := min(24, max(width/2-3, 1))
		summary := cell(clean(t.Summary()), max(width-name-4, 0))
		lines = append(lines, p.styles.row(cell(clean(t.Name), name), " "+summary, i == p.rows.cursor))
	}
	return lines, cursor
}

func (p *templatePane) summary(width int) string {
	switch {
	case p.problem != "":
		return p.styles.bad.Render(cut(p.problem, width))
	case !p.read:
		return ""
	case len(p.all) == 0:
		return p.styles.dim.Render(cut("There is none: write one into "+clean(shortenHome(p.options.Templates))+"/NAME.md", width))
	case len(p.found) == 0:
		return p.styles.dim.Render(cut("None has that in its name or beginning.", width))
	}
	return p.styles.dim.Render(cut("Its text goes to the cursor, and its head where nothing stands yet.", width))
}

// templateKeys are the keys of the pane; all others are typed.
type templateKeys struct{ Choose, Up, Down, Help, Cancel key.Binding }

func (p *templatePane) keys() templateKeys {
	return templateKeys{
		Choose: p.bound("put in", "templates.choose"), Up: p.bound("up", "templates.up"), Down: p.bound("down", "templates.down"),
		Help: p.boundTyping("help", "everywhere.help"), Cancel: p.bound("back", "templates.back"),
	}
}

func (p *templatePane) bindings() bindings {
	k := p.keys()
	all := []key.Binding{k.Choose, k.Up, k.Down}
	return bindings{typing: true, footer: all, end: []key.Binding{k.Help, k.Cancel}, help: []group{{"Templates", append(all, k.Cancel)}}}
}

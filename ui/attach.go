package ui

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// attachPane finds files to attach.
type attachPane struct {
	browser
	composer *composer
}

func newAttachPane(c *composer, path string) *attachPane {
	return &attachPane{newBrowser(c.desk, "Attach   ", path), c}
}

func (p *attachPane) title() string { return "attach" }

func (p *attachPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listed:
		if msg.of == &p.browser {
			return p.handleListed(msg)
		}
	case filesChosen:
		if msg.pane == p {
			return p.handleChosen(msg)
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.PasteMsg:
		return p.paste(msg.Content)
	case tea.MouseWheelMsg:
		p.next = nil
		p.rows.scroll(wheel(msg), len(p.entries), p.rowsHeight())
	}
	return nil
}

func (p *attachPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	if cmd, ok := p.browser.press(msg, k); ok {
		return cmd
	}
	switch {
	case key.Matches(msg, k.Cancel):
		p.leave()
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Choose):
		return p.choose()
	}
	return nil
}

// leave closes the pane.
func (p *attachPane) leave() {
	p.halt()
	p.close(p)
}

// paste takes the first of pasted paths, or the text.
func (p *attachPane) paste(text string) tea.Cmd {
	p.next = nil
	if paths, ok := parsePaths(text); ok {
		p.path.set(paths[0])
		if len(paths) > 1 {
			p.leave()
			return p.composer.lookAtPaths(paths, text)
		}
		return p.list()
	}
	p.path.update(tea.PasteMsg{Content: text})
	return p.list()
}

// choose attaches the selected file, or all that fit a pattern, or goes into the selected directory.
func (p *attachPane) choose() tea.Cmd {
	if p.waits(p.choose) {
		return nil
	}
	if len(p.entries) == 0 {
		return p.say(p.nothing())
	}
	switch all := p.matched(); {
	case len(all) > maxAtOnce:
		return p.say(fmt.Sprintf("%s fit that: at most %d are attached at once.", count(len(all), "file"), maxAtOnce))
	case len(all) > 0:
		return p.take(all...)
	}
	e := p.entries[p.rows.cursor]
	if e.dir {
		return p.enter(e)
	}
	return p.take(e)
}

func (p *attachPane) view(width, height int) ([]string, *tea.Cursor) {
	return p.draw(p.summary(), width, height)
}

func (p *attachPane) summary() string {
	switch {
	case p.trouble() != "":
		return p.trouble()
	case len(p.matched()) > 1:
		return p.keyed(fmt.Sprintf("{attach.choose} attaches all %d, {attach.up}{attach.down} choose one.", len(p.matched())))
	case len(p.entries) > 0:
		return p.keyed("{attach.complete} completes, {attach.choose} attaches, *.pdf takes several. Files may be dropped here.")
	}
	return ""
}

func (p *attachPane) keys() browseKeys { return p.browser.keys("attach") }

func (p *attachPane) bindings() bindings { return p.keys().bindings() }

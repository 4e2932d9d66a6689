package ui

import (
	"context"
	"errors"
	"io"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// maxSource bounds what is read of a message to be looked at; the rest of a
// large one is base64.
const maxSource = 256 << 10

// sourcePane shows the bytes of a message, cleaned for a terminal.
type sourcePane struct {
	*desk
	item    outbox.Item
	source  string
	cut     bool
	loaded  bool
	text    scroller
	wrapped int // the width that text is wrapped to
}

// sourceRead is a message's bytes.
type sourceRead struct {
	id   outbox.ID
	text string
	cut  bool
	err  error
}

func newSourcePane(d *desk, i outbox.Item) *sourcePane { return &sourcePane{desk: d, item: i} }

func (p *sourcePane) title() string { return "source of " + subject(p.item) }

func (p *sourcePane) restyled() {}

func (p *sourcePane) load() tea.Cmd {
	id := p.item.ID
	return p.do(func(ctx context.Context) tea.Msg {
		r, err := p.options.Outbox.Message(ctx, id)
		if err != nil {
			return sourceRead{id: id, err: err}
		}
		data, err := io.ReadAll(io.LimitReader(r, maxSource+1))
		err = errors.Join(err, r.Close())
		return sourceRead{id: id, text: string(data[:min(len(data), maxSource)]), cut: len(data) > maxSource, err: err}
	})
}

func (p *sourcePane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case sourceRead:
		if msg.id != p.item.ID {
			return nil
		}
		if msg.err != nil {
			p.close(p)
			return p.fail(msg.err)
		}
		p.source, p.cut, p.loaded = msg.text, msg.cut, true
	case tea.KeyPressMsg:
		k := newSourceKeys()
		switch {
		case p.text.update(msg, k.move, p.paneHeight()-1):
		case key.Matches(msg, k.Help):
			p.push(newHelpPane(p.desk, p))
		case key.Matches(msg, k.Back):
			p.pop()
		}
	case tea.MouseWheelMsg:
		p.text.update(msg, moveKeys{}, p.paneHeight()-1)
	}
	return nil
}

func (p *sourcePane) view(width, height int) ([]string, *tea.Cursor) {
	if p.loaded && p.wrapped != width {
		p.wrapped = width
		p.text.lines = cleanBlock(p.source, width-2)
		if p.cut {
			p.text.lines = append(p.text.lines, "", "The rest is not shown: it is "+size(p.item.Size)+".")
		}
	}
	name := p.styles.bold.Render("Source") + p.styles.dim.Render(" · "+subject(p.item))
	lines := []string{" " + between(name, p.styles.dim.Render(p.text.more(height-1)), width-2)}
	for _, line := range p.text.view(max(height-1, 0)) {
		lines = append(lines, " "+line)
	}
	return lines, nil
}

// sourceKeys are the keys of the source.
type sourceKeys struct {
	move       moveKeys
	Help, Back key.Binding
}

func newSourceKeys() sourceKeys {
	return sourceKeys{move: newMoveKeys(), Help: bind("help", "?", "f1"), Back: bind("back", "esc", "q", "v", "enter")}
}

func (p *sourcePane) bindings() bindings {
	k := newSourceKeys()
	return bindings{
		footer: []key.Binding{k.move.Up, k.move.Down, k.move.PageDown},
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"The source", append(k.move.all(), k.Back)}},
	}
}

package ui

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/compose"
)

// maxEntries bounds what is read of one directory.
const maxEntries = 20_000

// attachPane finds a file: a path is typed, completed with tab, or chosen in
// the list of what is there.
type attachPane struct {
	*desk
	composer   *composer
	path       *input
	generation int // of what is listed
	entries    []entry
	err        error
	rows       list
}

// entry is something in a directory.
type entry struct {
	name string
	dir  bool
	size int64
}

type (
	// listed is what a directory holds.
	listed struct {
		pane       *attachPane
		generation int
		entries    []entry
		err        error
	}
	// fileSeen is what was seen of the file that was chosen.
	fileSeen struct {
		pane *attachPane
		file attachment
		err  error
	}
)

func newAttachPane(c *composer, path string) *attachPane {
	p := &attachPane{desk: c.desk, composer: c, path: newInput(c.styles, path)}
	p.path.setFocus(true)
	return p
}

func (p *attachPane) title() string { return "attach" }

func (p *attachPane) restyled() { p.path.model.SetStyles(p.styles.input) }

// list reads what is in the directory that is typed, for what is typed of a
// name in it.
func (p *attachPane) list() tea.Cmd {
	p.generation++
	generation, typed := p.generation, p.path.value()
	return p.do(func(context.Context) tea.Msg {
		entries, err := readEntries(typed)
		return listed{p, generation, entries, err}
	})
}

// readEntries lists directories first, then files, that begin with what is
// typed behind the last slash, whatever the case of its letters. Hidden ones
// are listed where a dot is typed.
func readEntries(typed string) (entries []entry, err error) {
	dir, begin := filepath.Split(expandHome(typed))
	if dir == "" {
		dir = "."
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := f.ReadDir(maxEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, e := range found {
		if !strings.HasPrefix(strings.ToLower(e.Name()), strings.ToLower(begin)) ||
			strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(begin, ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name())) // a link is what it leads to
		if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		entries = append(entries, entry{name: e.Name(), dir: info.IsDir(), size: info.Size()})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.dir != b.dir {
			if a.dir {
				return -1
			}
			return 1
		}
		return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
	})
	return entries, nil
}

func (p *attachPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listed:
		if msg.pane == p && msg.generation == p.generation {
			p.entries, p.err, p.rows = msg.entries, msg.err, list{}
		}
	case fileSeen:
		if msg.pane == p {
			return p.handleSeen(msg)
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.PasteMsg:
		return p.paste(msg.Content)
	case tea.MouseWheelMsg:
		p.rows.scroll(wheel(msg), len(p.entries), p.rowsHeight())
	}
	return nil
}

func (p *attachPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := newAttachKeys()
	switch {
	case key.Matches(msg, k.Cancel):
		p.close(p)
	case key.Matches(msg, k.Up):
		p.rows.cursor--
	case key.Matches(msg, k.Down):
		p.rows.cursor++
	case key.Matches(msg, k.PageUp):
		p.rows.cursor -= p.rowsHeight()
	case key.Matches(msg, k.PageDown):
		p.rows.cursor += p.rowsHeight()
	case key.Matches(msg, k.Complete):
		return p.complete()
	case key.Matches(msg, k.Choose):
		return p.choose()
	default:
		before := p.path.value()
		p.path.update(msg)
		if p.path.value() != before {
			return p.list()
		}
	}
	p.rows.fit(len(p.entries), p.rowsHeight())
	return nil
}

// paste takes the first of pasted paths, or the text.
func (p *attachPane) paste(text string) tea.Cmd {
	if paths, ok := parsePaths(text); ok {
		p.path.set(paths[0])
		if len(paths) > 1 {
			p.close(p)
			return p.composer.lookAtPaths(paths, text)
		}
		return p.list()
	}
	p.path.update(tea.PasteMsg{Content: text})
	return p.list()
}

// complete types what all that is listed begins with, and goes into a directory
// that is the only one.
func (p *attachPane) complete() tea.Cmd {
	if len(p.entries) == 0 {
		return nil
	}
	common := p.entries[0].name
	for _, e := range p.entries[1:] {
		common = commonPrefix(common, e.name)
	}
	dir, begin := splitTyped(p.path.value())
	switch {
	case len(p.entries) == 1:
		return p.enter(p.entries[0])
	case len(common) > len(begin):
		p.path.set(dir + common)
		return p.list()
	}
	return nil
}

// enter types the name of an entry; a directory is listed.
func (p *attachPane) enter(e entry) tea.Cmd {
	dir, _ := splitTyped(p.path.value())
	if e.dir {
		e.name += "/"
	}
	p.path.set(dir + e.name)
	return p.list()
}

// choose attaches the selected file, or goes into the selected directory.
func (p *attachPane) choose() tea.Cmd {
	if p.rows.cursor >= len(p.entries) {
		return nil
	}
	e := p.entries[p.rows.cursor]
	if e.dir {
		return p.enter(e)
	}
	dir, _ := splitTyped(p.path.value())
	return p.do(func(context.Context) tea.Msg {
		path, err := absolute(dir + e.name)
		return fileSeen{p, attachment{Attachment: compose.Attachment{Path: path}}.look(), err}
	})
}

func (p *attachPane) handleSeen(msg fileSeen) tea.Cmd {
	if msg.err != nil {
		return p.fail(msg.err)
	}
	if msg.file.problem != "" {
		return p.say(clean(msg.file.name()) + ": " + msg.file.problem + ".")
	}
	p.close(p)
	return p.composer.attach(msg.file)
}

// splitTyped divides what is typed behind its last slash.
func splitTyped(typed string) (dir, begin string) {
	if typed == "~" {
		return "~/", ""
	}
	slash := strings.LastIndexByte(typed, '/')
	return typed[:slash+1], typed[slash+1:]
}

// commonPrefix goes by whole characters.
func commonPrefix(a, b string) string {
	n := 0
	for i, r := range a {
		if !strings.HasPrefix(b[i:], string(r)) {
			break
		}
		n = i + len(string(r))
	}
	return a[:n]
}

// attachHead is the lines above the list.
const attachHead = 3

func (p *attachPane) rowsHeight() int { return max(p.paneHeight()-attachHead, 1) }

func (p *attachPane) view(width, height int) ([]string, *tea.Cursor) {
	const label = "Attach   "
	text, column := p.path.view(width - len(label) - 2)
	lines := []string{" " + p.styles.accent.Render(label) + text, " " + p.styles.dim.Render(cut(p.summary(), width-2)), ""}
	var cursor *tea.Cursor
	if column >= 0 {
		cursor = tea.NewCursor(1+len(label)+column, 0)
		cursor.Shape = tea.CursorBar
	}
	room := max(height-attachHead, 0)
	for i := p.rows.top; i < min(p.rows.top+room, len(p.entries)); i++ {
		lines = append(lines, p.row(p.entries[i], width, i == p.rows.cursor))
	}
	return lines, cursor
}

func (p *attachPane) summary() string {
	switch {
	case errors.Is(p.err, fs.ErrNotExist):
		return "There is no such directory."
	case errors.Is(p.err, fs.ErrPermission):
		return "You may not look into it."
	case p.err != nil:
		return "It cannot be listed."
	case len(p.entries) == 0:
		return "Nothing here begins with that."
	}
	return "tab completes, ↑↓ choose, enter attaches. A file may be dropped here too."
}

func (p *attachPane) row(e entry, width int, selected bool) string {
	name, note := clean(e.name), size(e.size)
	if e.dir {
		name, note = name+"/", ""
	}
	room := max(width-3-10, 1)
	text := cell(name, room) + right(note, max(width-3-room, 0))
	if !selected {
		return "  " + text
	}
	back := p.styles.selection.GetBackground()
	line := p.styles.accent.Background(back).Render("▌") + p.styles.bold.Background(back).Render(" "+text)
	return line + p.styles.selection.Render(spaces(width-ansi.StringWidth(line)))
}

// attachKeys are the keys of the pane; all others are typed.
type attachKeys struct{ Choose, Complete, Up, Down, PageUp, PageDown, Cancel key.Binding }

func newAttachKeys() attachKeys {
	return attachKeys{
		Choose: bind("attach, or open", "enter"), Complete: bind("complete", "tab"),
		Up: bind("up", "up", "ctrl+p"), Down: bind("down", "down", "ctrl+n"),
		PageUp: bind("a page up", "pgup"), PageDown: bind("a page down", "pgdown"),
		Cancel: bind("back", "esc"),
	}
}

func (p *attachPane) bindings() bindings {
	k := newAttachKeys()
	return bindings{footer: []key.Binding{k.Choose, k.Complete, k.Up, k.Down}, end: []key.Binding{k.Cancel}}
}

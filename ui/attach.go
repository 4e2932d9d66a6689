package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

const (
	// maxEntries bounds what is listed of one directory.
	maxEntries = 20_000
	// entriesAtOnce is how many are read before a look at whether anybody still
	// waits for them: some milliseconds on a slow disk.
	entriesAtOnce = 500
)

// attachPane finds a file: a path is typed, completed with tab, or chosen in
// the list of what is there.
type attachPane struct {
	*desk
	composer   *composer
	path       *input
	generation int                // of what is typed
	listed     int                // the generation of entries and err
	stop       context.CancelFunc // ends the listing under way; nil if there is none
	entries    []entry
	err        error
	rows       list
	picked     bool // one of several that fit a pattern
	// next is enter or tab that was pressed before the listing of what is typed
	// came: done on an older one, it would take another file.
	next func() tea.Cmd
}

// entry is something in a directory.
type entry struct {
	name string
	dir  bool
	size int64
}

// listed is what a directory holds.
type listed struct {
	pane       *attachPane
	generation int
	entries    []entry
	err        error
}

func newAttachPane(c *composer, path string) *attachPane {
	p := &attachPane{desk: c.desk, composer: c, path: newInput(c.styles, path)}
	p.path.setFocus(true)
	return p
}

func (p *attachPane) title() string { return "attach" }

func (p *attachPane) restyled() { p.path.model.SetStyles(p.styles.input) }

// list reads what is in the directory that is typed, for what is typed of a
// name in it. One listing runs at a time: one that is under way is stopped, and
// its end begins the next.
func (p *attachPane) list() tea.Cmd {
	p.generation++
	if p.stop != nil {
		p.stop()
		return nil
	}
	return p.read()
}

func (p *attachPane) read() tea.Cmd {
	ctx, stop := context.WithCancel(p.ctx)
	p.stop = stop
	generation, typed := p.generation, p.path.value()
	return p.do(func(context.Context) tea.Msg {
		entries, err := readEntries(ctx, typed)
		return listed{p, generation, entries, err}
	})
}

// handleListed takes in a listing if it is of what is typed now. The cursor goes
// to the very name that is typed, if there is one.
func (p *attachPane) handleListed(msg listed) tea.Cmd {
	p.stop()
	p.stop = nil
	if msg.generation != p.generation {
		return p.read()
	}
	p.entries, p.err, p.rows, p.listed, p.picked = msg.entries, msg.err, list{}, msg.generation, false
	_, name := splitTyped(p.path.value())
	p.rows.cursor = max(slices.IndexFunc(p.entries, func(e entry) bool { return e.name == name }), 0)
	p.rows.fit(len(p.entries), p.rowsHeight())
	if next := p.next; next != nil {
		p.next = nil
		return next()
	}
	return nil
}

// waits tells that what is listed is not yet of what is typed, and leaves the
// key for then.
func (p *attachPane) waits(next func() tea.Cmd) bool {
	if p.listed == p.generation {
		return false
	}
	p.next = next
	return true
}

// readEntries lists directories first, then files, that begin with what is
// typed behind the last slash, whatever the case of its letters, or that fit it as
// a pattern. Hidden ones are listed where a dot is typed.
func readEntries(ctx context.Context, typed string) (entries []entry, err error) {
	dir, begin := splitTyped(typed)
	dir = expandHome(dir)
	if dir == "" {
		dir = "."
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for {
		found, err := f.ReadDir(entriesAtOnce)
		for _, e := range found {
			if !offered(e.Name(), begin) || len(entries) >= maxEntries && e.Name() != begin {
				continue
			}
			if e, ok := lookAt(dir, e); ok {
				entries = append(entries, e)
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.dir != b.dir {
			if a.dir {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), strings.Compare(a.name, b.name))
	})
	return entries, nil
}

// offered tells that a name begins as it is typed, or fits that.
func offered(name, begin string) bool {
	if isPattern(begin) && fits(name, begin) {
		return true
	}
	return strings.HasPrefix(strings.ToLower(name), strings.ToLower(begin)) &&
		(!strings.HasPrefix(name, ".") || strings.HasPrefix(begin, "."))
}

// lookAt gives what can be attached, or holds what can. A directory is known
// from its listing; a link is what it leads to.
func lookAt(dir string, e fs.DirEntry) (entry, bool) {
	if e.IsDir() {
		return entry{name: e.Name(), dir: true}, true
	}
	stat := e.Info
	if !e.Type().IsRegular() {
		stat = func() (fs.FileInfo, error) { return os.Stat(filepath.Join(dir, e.Name())) }
	}
	info, err := stat()
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		return entry{}, false
	}
	return entry{name: e.Name(), dir: info.IsDir(), size: info.Size()}, true
}

func (p *attachPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listed:
		if msg.pane == p {
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
	p.next = nil
	switch {
	case key.Matches(msg, k.Cancel):
		p.leave()
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Up):
		p.pick(-1)
	case key.Matches(msg, k.Down):
		p.pick(1)
	case key.Matches(msg, k.PageUp):
		p.pick(-p.rowsHeight())
	case key.Matches(msg, k.PageDown):
		p.pick(p.rowsHeight())
	case key.Matches(msg, k.Complete):
		return p.complete()
	case key.Matches(msg, k.Choose):
		return p.choose()
	default:
		before := p.path.value()
		if p.path.update(msg); p.path.value() != before {
			return p.list()
		}
		return nil
	}
	p.rows.fit(len(p.entries), p.rowsHeight())
	return nil
}

// pick goes to another entry.
func (p *attachPane) pick(by int) {
	p.rows.cursor += by
	p.picked = true
}

// leave closes the pane. Nobody waits for a listing any more.
func (p *attachPane) leave() {
	if p.stop != nil {
		p.stop()
	}
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

// complete types what all that is listed begins with, and goes into a directory
// that is the only one.
func (p *attachPane) complete() tea.Cmd {
	if p.waits(p.complete) || len(p.entries) == 0 {
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
	case isPattern(begin):
		return nil
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

// nothing says why there is nothing to choose.
func (p *attachPane) nothing() string {
	_, name := splitTyped(p.path.value())
	if name != "" && (p.err == nil || errors.Is(p.err, fs.ErrNotExist)) {
		return "There is no file of that name."
	}
	return p.summary()
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
	case len(p.matched()) > 1:
		return p.keyed(fmt.Sprintf("{attach.choose} attaches all %d, {attach.up}{attach.down} choose one.", len(p.matched())))
	case len(p.entries) > 0:
		return p.keyed("{attach.complete} completes, {attach.choose} attaches, *.pdf takes several. Files may be dropped here.")
	}
	if p.listed == 0 {
		return ""
	}
	switch _, name := splitTyped(p.path.value()); {
	case name == "":
		return "The directory is empty."
	case isPattern(name):
		return "Nothing here fits that."
	}
	return "Nothing here begins with that."
}

func (p *attachPane) row(e entry, width int, selected bool) string {
	name, note := clean(e.name), size(e.size)
	if e.dir {
		name, note = name+"/", ""
	}
	room := max(width-3-10, 1)
	return p.styles.row(cell(name, room)+right(note, max(width-3-room, 0)), width, selected)
}

// attachKeys are the keys of the pane; all others are typed.
type attachKeys struct{ Choose, Complete, Up, Down, PageUp, PageDown, Help, Cancel key.Binding }

func (p *attachPane) keys() attachKeys {
	return attachKeys{
		Choose: p.bound("attach", "attach.choose"), Complete: p.bound("complete", "attach.complete"),
		Up: p.bound("up", "attach.up"), Down: p.bound("down", "attach.down"),
		PageUp: p.bound("a page up", "attach.page-up"), PageDown: p.bound("a page down", "attach.page-down"),
		Help: p.boundTyping("help", "everywhere.help"), Cancel: p.bound("back", "attach.back"),
	}
}

func (p *attachPane) bindings() bindings {
	k := p.keys()
	return bindings{
		typing: true,
		footer: []key.Binding{k.Choose, k.Complete, k.Up, k.Down, k.PageUp, k.PageDown},
		end:    []key.Binding{k.Help, k.Cancel},
		help: []group{
			{"A file", []key.Binding{k.Choose, k.Complete, k.Cancel}},
			{"Moving", []key.Binding{k.Up, k.Down, k.PageUp, k.PageDown}},
		},
	}
}

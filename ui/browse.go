package ui

import (
	"cmp"
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

	"sendoff/compose"
)

const (
	// maxEntries bounds what is listed of one directory.
	maxEntries = 20_000
	// entriesAtOnce is how many are read before a look at whether anybody still
	// waits for them: some milliseconds on a slow disk.
	entriesAtOnce = 500
	// maxJudged bounds how many files of a directory are opened to tell which are likely.
	maxJudged = 200
)

// browser is the part of a pane that finds a file: a path is typed, completed, or
// chosen in the list of what is there.
type browser struct {
	*desk
	label  string            // of the path, as wide as it stands there
	files  bool              // one is chosen before a directory, where no name is typed
	above  int               // lines of the pane that stand above it
	offers func(entry) bool  // besides directories and the very name that is typed; nil: everything
	likely func(string) bool // by its path, that a file is what is looked for: it stands before the others; called from commands; nil: none is

	path       *input
	generation int                // of what is typed
	listed     int                // the generation of entries and err
	stop       context.CancelFunc // ends the listing under way; nil if there is none
	entries    []entry
	err        error
	rows       list
	picked     bool   // one of several that fit a pattern
	proposed   string // what stood there before anything was typed
	// next is enter or tab that was pressed before the listing of what is typed
	// came: done on an older one, it would take another file.
	next func() tea.Cmd
}

// entry is something in a directory.
type entry struct {
	name   string
	dir    bool
	likely bool
	size   int64
}

// listed is what a directory holds.
type listed struct {
	of         *browser
	generation int
	entries    []entry
	err        error
}

func newBrowser(d *desk, label, path string) browser {
	b := browser{desk: d, label: label, path: d.newInput(path), proposed: path}
	b.path.setFocus(true)
	return b
}

func (b *browser) restyled() { b.path.model.SetStyles(b.styles.input) }

// list reads what is in the directory that is typed, for what is typed of a
// name in it. One listing runs at a time: one that is under way is stopped, and
// its end begins the next.
func (b *browser) list() tea.Cmd {
	b.generation++
	if b.stop != nil {
		b.stop()
		return nil
	}
	return b.read()
}

func (b *browser) read() tea.Cmd {
	ctx, stop := context.WithCancel(b.ctx)
	b.stop = stop
	generation, typed, offers, likely := b.generation, b.path.value(), b.offers, b.likely
	return b.do(func(context.Context) tea.Msg {
		entries, err := readEntries(ctx, typed, offers)
		if likely != nil {
			likelyFirst(entries, typed, likely)
		}
		return listed{b, generation, entries, err}
	})
}

// handleListed takes in a listing if it is of what is typed now. The cursor goes
// to the very name that is typed, if there is one.
func (b *browser) handleListed(msg listed) tea.Cmd {
	b.stop()
	b.stop = nil
	if msg.generation != b.generation {
		return b.read()
	}
	b.entries, b.err, b.rows, b.listed, b.picked = msg.entries, msg.err, list{}, msg.generation, false
	_, name := splitTyped(b.path.value())
	b.rows.cursor = max(slices.IndexFunc(b.entries, func(e entry) bool { return e.name == name || b.files && name == "" && !e.dir }), 0)
	b.rows.fit(len(b.entries), b.rowsHeight())
	if next := b.next; next != nil {
		b.next = nil
		return next()
	}
	return nil
}

// waits tells that what is listed is not yet of what is typed, and leaves the
// key for then.
func (b *browser) waits(next func() tea.Cmd) bool {
	if b.listed == b.generation {
		return false
	}
	b.next = next
	return true
}

// readEntries lists directories first, then files, that begin with what is
// typed behind the last slash, whatever the case of its letters, or that fit it as
// a pattern; of the files those that offers takes, nil being all. Hidden ones are
// listed where a dot is typed.
func readEntries(ctx context.Context, typed string, offers func(entry) bool) (entries []entry, err error) {
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
	var special error
	for {
		found, err := f.ReadDir(entriesAtOnce)
		for _, e := range found {
			if !offered(e.Name(), begin) || len(entries) >= maxEntries && e.Name() != begin {
				continue
			}
			seen, ok := lookAt(dir, e)
			switch {
			case !ok && e.Name() == begin:
				special = noFile(filepath.Join(dir, begin))
			case ok && (offers == nil || seen.dir || seen.name == begin || offers(seen)):
				entries = append(entries, seen)
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
	if len(entries) == 0 && special != nil {
		return nil, special
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

// likelyFirst puts the files that are likely before the others.
func likelyFirst(entries []entry, typed string, likely func(path string) bool) {
	dir, _ := splitTyped(typed)
	judged := 0
	for i, e := range entries {
		if e.dir {
			continue
		}
		if judged++; judged > maxJudged {
			break
		}
		entries[i].likely = likely(filepath.Join(expandHome(dir), e.name))
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		switch {
		case a.dir || b.dir || a.likely == b.likely:
			return 0
		case a.likely:
			return -1
		}
		return 1
	})
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

// pick goes to another entry.
func (b *browser) pick(by int) {
	b.rows.cursor += by
	b.picked = true
}

// press is a key that moves, completes, or is typed; false if it is another one.
func (b *browser) press(msg tea.KeyPressMsg, k browseKeys) (tea.Cmd, bool) {
	b.next = nil
	switch {
	case key.Matches(msg, k.Up):
		b.pick(-1)
	case key.Matches(msg, k.Down):
		b.pick(1)
	case key.Matches(msg, k.PageUp):
		b.pick(-b.rowsHeight())
	case key.Matches(msg, k.PageDown):
		b.pick(b.rowsHeight())
	case key.Matches(msg, k.Complete):
		return b.complete(), true
	case key.Matches(msg, k.Choose, k.Cancel, k.Help):
		return nil, false
	default:
		return b.write(msg), true
	}
	b.rows.fit(len(b.entries), b.rowsHeight())
	return nil, true
}

// write edits the path; another one is listed.
func (b *browser) write(msg tea.Msg) tea.Cmd {
	before := b.path.value()
	if b.path.update(msg); b.path.value() == before {
		return nil
	}
	if begun := beginAnew(b.path.value(), b.proposed); begun != b.path.value() {
		b.path.set(begun)
	}
	b.clearNotice() // it was about another path
	return b.list()
}

// specialError says why what has just the name that is typed cannot be taken, clean: it
// is no file.
type specialError string

func (e specialError) Error() string { return string(e) }

func noFile(path string) error {
	a := attachment{Attachment: compose.Attachment{Path: path}}
	return specialError(a.look().problem)
}

// beginAnew is a path that was typed whole behind another one: a second slash begins at
// the root, as in Emacs, and a tilde behind the folder that was proposed at home.
func beginAnew(typed, proposed string) string {
	if at := strings.LastIndex(typed, "//"); at >= 0 {
		return typed[at+1:]
	}
	if rest, ok := strings.CutPrefix(typed, proposed); ok && proposed != "" && rest == "~" {
		return rest
	}
	return typed
}

// halt ends a listing that is under way: nobody waits for it any more.
func (b *browser) halt() {
	if b.stop != nil {
		b.stop()
	}
}

// complete types what all that is listed begins with, and goes into a directory
// that is the only one.
func (b *browser) complete() tea.Cmd {
	if b.waits(b.complete) || len(b.entries) == 0 {
		return nil
	}
	common := b.entries[0].name
	for _, e := range b.entries[1:] {
		common = commonPrefix(common, e.name)
	}
	dir, begin := splitTyped(b.path.value())
	switch {
	case len(b.entries) == 1:
		return b.enter(b.entries[0])
	case isPattern(begin):
		return nil
	case len(common) > len(begin):
		b.path.set(dir + common)
		return b.list()
	}
	return nil
}

// enter types the name of an entry; a directory is listed.
func (b *browser) enter(e entry) tea.Cmd {
	dir, _ := splitTyped(b.path.value())
	if e.dir {
		e.name += "/"
	}
	b.path.set(dir + e.name)
	return b.list()
}

// trouble says why nothing is listed; "" if something is, or it is not known yet.
func (b *browser) trouble() string {
	var special specialError
	switch {
	case errors.As(b.err, &special):
		_, name := splitTyped(b.path.value())
		return clean(name) + ": " + special.Error() + "."
	case errors.Is(b.err, fs.ErrNotExist):
		return "There is no such directory."
	case errors.Is(b.err, fs.ErrPermission):
		return "You may not look into it."
	case b.err != nil:
		return "It cannot be listed."
	case len(b.entries) > 0 || b.listed == 0:
		return ""
	}
	switch _, name := splitTyped(b.path.value()); {
	case name == "" && b.offers == nil:
		return "The directory is empty."
	case name == "" || isPattern(name):
		return "Nothing here fits that."
	}
	return "Nothing here begins with that."
}

// nothing says why there is nothing to choose.
func (b *browser) nothing() string {
	_, name := splitTyped(b.path.value())
	if name != "" && (b.err == nil || errors.Is(b.err, fs.ErrNotExist)) {
		return "There is no file of that name."
	}
	return b.trouble()
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

// browseHead is the lines above the list.
const browseHead = 3

func (b *browser) rowsHeight() int { return max(b.paneHeight()-b.above-browseHead, 1) }

// draw draws it, with a line that says how it stands.
func (b *browser) draw(summary string, width, height int) ([]string, *tea.Cursor) {
	text, column := b.path.view(width - len(b.label) - 2)
	lines := []string{" " + b.styles.accent.Render(b.label) + text, " " + b.styles.dim.Render(cut(summary, width-2)), ""}
	var cursor *tea.Cursor
	if column >= 0 {
		cursor = tea.NewCursor(1+len(b.label)+column, 0)
		cursor.Shape = tea.CursorBar
	}
	room := max(height-browseHead, 0)
	for i := b.rows.top; i < min(b.rows.top+room, len(b.entries)); i++ {
		lines = append(lines, b.row(b.entries[i], width, i == b.rows.cursor))
	}
	return lines, cursor
}

func (b *browser) row(e entry, width int, selected bool) string {
	name, note := clean(e.name), size(e.size)
	if e.dir {
		name, note = name+"/", ""
	}
	room := max(width-3-10, 1)
	return b.styles.row(cell(name, room), right(note, max(width-3-room, 0)), selected)
}

// browseKeys are the keys of the pane; all others are typed.
type browseKeys struct{ Choose, Complete, Up, Down, PageUp, PageDown, Help, Cancel key.Binding }

// keys are those of a browser; what is what it does with the file.
func (b *browser) keys(what string) browseKeys {
	return browseKeys{
		Choose: b.bound(what, "attach.choose"), Complete: b.bound("complete", "attach.complete"),
		Up: b.bound("up", "attach.up"), Down: b.bound("down", "attach.down"),
		PageUp: b.bound("a page up", "attach.page-up"), PageDown: b.bound("a page down", "attach.page-down"),
		Help: b.boundTyping("help", "everywhere.help"), Cancel: b.bound("back", "attach.back"),
	}
}

func (k browseKeys) bindings() bindings {
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

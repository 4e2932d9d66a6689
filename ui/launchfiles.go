package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/internal/campaign"
)

// launchFilesPane finds the letter of a campaign, and then its list, unless one alone
// lies beside the letter.
type launchFilesPane struct {
	browser
	launch *launch
	letter string // that was chosen; "": it is to be
}

// How files are called that can be a letter, and a list; those that can be nothing but
// a list are found by themselves.
var (
	letterEndings = []string{".md", ".markdown", ".txt", ".html", ".htm", ".liquid"}
	listEndings   = []string{".csv", ".tsv", ".tab", ".jsonl", ".ndjson"}
)

func endsAs(name string, endings []string) bool {
	return slices.Contains(endings, strings.ToLower(filepath.Ext(name)))
}

func newLaunchFilesPane(l *launch, letter, path string) *launchFilesPane {
	p := &launchFilesPane{browser: newBrowser(l.desk, "Letter   ", path), launch: l, letter: letter}
	p.above, p.files = 1, true
	p.offers, p.likely = func(e entry) bool { return endsAs(e.name, letterEndings) }, hasHead
	if letter != "" {
		p.label = "List     "
		p.offers = func(e entry) bool { return endsAs(e.name, listEndings) || endsAs(e.name, []string{".txt", ".json"}) }
		p.likely = func(path string) bool { return endsAs(path, listEndings) }
	}
	return p
}

// hasHead tells that a file begins as a letter does, with a head between two lines "---":
// that is seldom so of what else lies beside one, such as a README.md.
func hasHead(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const begin = "\ufeff---\r\n" // as long as it can be
	start := make([]byte, len(begin))
	n, _ := io.ReadFull(f, start)
	line, _, whole := strings.Cut(strings.TrimPrefix(string(start[:n]), "\ufeff"), "\n")
	return whole && strings.TrimRight(line, " \t\r") == "---"
}

func (p *launchFilesPane) title() string { return "new campaign" }

func (p *launchFilesPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listed:
		if msg.of == &p.browser {
			return p.handleListed(msg)
		}
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.PasteMsg:
		p.next = nil
		if paths, ok := parsePaths(msg.Content); ok {
			p.path.set(paths[0])
			return p.list()
		}
		return p.write(msg)
	case tea.MouseWheelMsg:
		p.next = nil
		p.rows.scroll(wheel(msg), len(p.entries), p.rowsHeight())
	}
	return nil
}

func (p *launchFilesPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	if key.Matches(msg, k.sample) {
		return p.proposeSample()
	}
	if cmd, ok := p.browser.press(msg, k.browseKeys); ok {
		return cmd
	}
	switch {
	case key.Matches(msg, k.Cancel):
		p.halt()
		p.close(p)
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Choose):
		return p.choose()
	}
	return nil
}

// choose takes the selected file, or goes into the selected directory.
func (p *launchFilesPane) choose() tea.Cmd {
	if p.waits(p.choose) {
		return nil
	}
	if len(p.entries) == 0 {
		return p.say(p.nothing())
	}
	e := p.entries[p.rows.cursor]
	if e.dir {
		return p.enter(e)
	}
	dir, _ := splitTyped(p.path.value())
	path, letter := dir+e.name, p.letter
	return p.do(func(context.Context) tea.Msg {
		path, err := absolute(path)
		beside := ""
		if err == nil && letter == "" {
			beside = listBeside(path)
		}
		return ended{func() tea.Cmd {
			switch {
			case err != nil:
				return p.fail(err)
			case p.top() != p: // it was left meanwhile
				return nil
			case letter != "":
				return p.launch.take(campaign.Files{Template: letter, List: path})
			case beside != "":
				return p.launch.take(campaign.Files{Template: path, List: beside})
			}
			list := newLaunchFilesPane(p.launch, path, shortenHome(filepath.Dir(path))+"/")
			p.push(list)
			return list.list()
		}}
	})
}

// listBeside is the one list in the folder of a letter; "" if there is none, or more.
func listBeside(letter string) string {
	all, err := os.ReadDir(filepath.Dir(letter))
	if err != nil {
		return ""
	}
	found := ""
	for _, e := range all {
		switch {
		case e.IsDir() || strings.HasPrefix(e.Name(), ".") || !endsAs(e.Name(), listEndings):
		case found != "":
			return ""
		default:
			found = filepath.Join(filepath.Dir(letter), e.Name())
		}
	}
	return found
}

// take looks at the letters that two files make.
func (l *launch) take(files campaign.Files) tea.Cmd {
	l.files = files
	p := &lookPane{desk: l.desk, launch: l}
	l.push(p)
	return p.look()
}

// proposeSample asks for a small campaign to begin with, in a folder that is not there yet.
func (p *launchFilesPane) proposeSample() tea.Cmd {
	return p.do(func(context.Context) tea.Msg {
		folder := freePath("~/concert", "")
		return ended{func() tea.Cmd {
			if p.top() != pane(p) || p.question != nil { // the person has gone on
				return nil
			}
			return p.askSample(folder)
		}}
	})
}

// askSample asks where a small campaign to begin with is written.
func (p *launchFilesPane) askSample(proposed string) tea.Cmd {
	folder := p.text("Folder", proposed)
	folder.note = func() string { return "a letter, a list and a file to attach are written into it" }
	form := &formPane{desk: p.desk, name: "sample campaign", fields: []*formField{folder}}
	form.submit = func() tea.Cmd {
		typed := strings.TrimSpace(folder.input.value())
		if typed == "" {
			return form.wrong(folder, "Which folder?")
		}
		return p.do(func(context.Context) tea.Msg {
			files, err := writeSample(typed)
			return ended{func() tea.Cmd { return p.handleSample(form, folder, files, err) }}
		})
	}
	p.push(form)
	form.setFocus(0)
	return nil
}

func writeSample(dir string) (files campaign.Files, err error) {
	if dir, err = absolute(dir); err != nil {
		return files, err
	}
	files.Template, files.List, err = campaign.WriteSample(dir)
	return files, err
}

// handleSample goes on with the sample.
func (p *launchFilesPane) handleSample(form *formPane, folder *formField, files campaign.Files, err error) tea.Cmd {
	var there campaign.ThereError
	switch {
	case !p.open(form):
		return nil
	case errors.As(err, &there):
		return form.wrong(folder, clean(shortenHome(there.Path))+" is there already. Choose another folder.")
	case err != nil:
		return form.wrong(folder, sentence(mistake(err)))
	}
	p.close(form)
	p.path.set(shortenHome(filepath.Dir(files.Template)) + "/")
	return tea.Batch(p.list(), p.say("It is written into "+clean(shortenHome(filepath.Dir(files.Template)))+"."), p.launch.take(files))
}

// launchFilesKeys are those of a browser and one more.
type launchFilesKeys struct {
	browseKeys
	sample key.Binding
}

func (p *launchFilesPane) keys() launchFilesKeys {
	return launchFilesKeys{p.browser.keys("take"), when(p.letter == "", p.bound("sample", "sample.write"))}
}

func (p *launchFilesPane) bindings() bindings {
	k := p.keys()
	b := k.browseKeys.bindings()
	b.footer = slices.Insert(b.footer, 2, k.sample)
	b.help[0].bindings = append(b.help[0].bindings, k.sample)
	return b
}

func (p *launchFilesPane) view(width, height int) ([]string, *tea.Cursor) {
	lines, cursor := p.draw(p.summary(), width, height-1)
	if cursor != nil {
		cursor.Y++
	}
	head := " " + between(p.styles.bold.Render("New campaign"), p.styles.dim.Render(stepFiles), max(width-2, 1))
	return append([]string{head}, lines...), cursor
}

func (p *launchFilesPane) summary() string {
	switch {
	case p.trouble() != "" && p.letter == "":
		return p.trouble() + p.keyed(" {sample.write} writes a small campaign to begin with.")
	case p.trouble() != "":
		return p.trouble()
	case p.letter != "":
		return "The list for " + clean(filepath.Base(p.letter)) + ": a table in CSV, TSV or JSON Lines."
	}
	return p.keyed("{sample.write} writes a sample. A letter is Markdown; its list is found beside it.")
}

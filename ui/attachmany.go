package ui

import (
	"context"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
)

// maxAtOnce is how many files are attached by one key: more than that is a slip.
const maxAtOnce = 100

// isPattern tells that a name is typed as a pattern, as in *.pdf.
func isPattern(name string) bool { return strings.ContainsAny(name, "*?[") }

// fits tells that a name fits what is typed as a pattern. Hidden ones fit where a
// dot is typed.
func fits(name, pattern string) bool {
	ok, err := filepath.Match(pattern, name)
	return err == nil && ok && (!strings.HasPrefix(name, ".") || strings.HasPrefix(pattern, "."))
}

// matched are the files that fit the pattern that is typed; none where one of them
// was chosen, or is called just so.
func (p *attachPane) matched() (files []entry) {
	_, name := splitTyped(p.path.value())
	if p.picked || !isPattern(name) {
		return nil
	}
	for _, e := range p.entries {
		if e.name == name {
			return nil
		}
		if !e.dir && fits(e.name, name) {
			files = append(files, e)
		}
	}
	return files
}

// take looks at files of the directory that is typed, to attach them.
func (p *attachPane) take(entries ...entry) tea.Cmd {
	dir, _ := splitTyped(p.path.value())
	return p.do(func(context.Context) tea.Msg {
		var seen filesChosen
		seen.pane = p
		for _, e := range entries {
			path, err := absolute(dir + e.name)
			if err != nil {
				return filesChosen{pane: p, err: err}
			}
			seen.files = append(seen.files, attachment{Attachment: compose.Attachment{Path: path}}.look())
		}
		return seen
	})
}

// filesChosen is what was seen of the files that were chosen.
type filesChosen struct {
	pane  *attachPane
	files []attachment
	err   error
}

// handleChosen attaches those that can be sent, and says which cannot.
func (p *attachPane) handleChosen(msg filesChosen) tea.Cmd {
	if msg.err != nil {
		return p.fail(msg.err)
	}
	var good []attachment
	bad := ""
	for _, f := range msg.files {
		if f.problem == "" {
			good = append(good, f)
			continue
		}
		bad = clean(f.name()) + ": " + f.problem + "."
	}
	if len(good) == 0 {
		return p.say(bad)
	}
	p.leave()
	cmd := p.composer.attach(good...)
	switch left := len(msg.files) - len(good); {
	case left == 1:
		return tea.Batch(cmd, p.say(bad))
	case left > 1:
		return tea.Batch(cmd, p.say(count(left, "file")+" cannot be sent; the last is "+bad))
	}
	return cmd
}

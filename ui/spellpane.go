package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/compose/spell"
)

// spellPane goes through the words of subject and text that no dictionary knows.
type spellPane struct {
	*desk
	composer *composer
	task     *task
	text     string       // that was looked at (see spellable), with what was put in since
	words    []spell.Word // those that are left; the first is asked about
	of       int          // how many there were
}

// spelled is what a look for misspelt words came to.
type spelled struct {
	words []spell.Word
	err   error
}

// checker is how the words of a text are looked up. It has the environment of the
// editor, without secrets.
func (d *desk) checker() spell.Checker {
	checker := *d.options.Spelling
	if checker.Environ == nil {
		checker.Environ = d.options.Environ
	}
	return checker
}

// maxSpelt is the longest text, in bytes, whose words are gone through one by one.
const maxSpelt = 256 << 10

// spellable is what is looked at of a message: its subject, on a line of its own, and its
// text. The subject of an answer is in the words of somebody else.
func spellable(subject, text string) string {
	if compose.IsOthers(subject) {
		subject = ""
	}
	return subject + "\n" + text
}

// putSpelled takes in what was looked at, with other words in it.
func (c *composer) putSpelled(text string) {
	subject, text, _ := strings.Cut(text, "\n")
	if in := c.inputs[fieldSubject]; subject != "" && subject != in.value() {
		in.set(subject)
	}
	if text != c.body.text() {
		c.body.rewrite(text)
	}
}

// checkSpelling opens the pane.
func (c *composer) checkSpelling() tea.Cmd {
	if len(c.body.text()) > maxSpelt {
		return c.say(c.keyed("The text is too long to go through here: {compose.editor} opens the editor."))
	}
	p := &spellPane{desk: c.desk, composer: c}
	c.push(p)
	return p.look()
}

func (p *spellPane) title() string { return "spelling" }

func (p *spellPane) restyled() {}

// look looks up the words of the text as it stands.
func (p *spellPane) look() tea.Cmd {
	c := p.composer
	p.text = spellable(c.inputs[fieldSubject].value(), c.body.text())
	checker, text := p.checker(), p.text
	var cmd tea.Cmd
	p.task, cmd = p.begin(func(ctx context.Context, _ func(any)) any {
		words, err := checker.Check(ctx, text)
		return spelled{words, err}
	})
	return cmd
}

func (p *spellPane) update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(tea.KeyPressMsg); ok {
		return p.press(msg)
	}
	news, cmd := p.task.hear(p.ctx, msg)
	if result, ok := news.(spelled); ok {
		p.task.end()
		return p.handleSpelled(result)
	}
	return cmd
}

func (p *spellPane) handleSpelled(result spelled) tea.Cmd {
	if result.err != nil {
		p.leave()
		if errors.Is(result.err, spell.ErrNoProgram) {
			return p.say("Nothing can look words up: install hunspell or aspell.")
		}
		return p.fail(fmt.Errorf("spelling: %w", result.err))
	}
	p.words = slices.DeleteFunc(result.words, func(w spell.Word) bool { return p.composer.ignored[w.Text] })
	p.of = len(p.words)
	return p.endIfDone()
}

// endIfDone closes the pane when no word is left.
func (p *spellPane) endIfDone() tea.Cmd {
	if len(p.words) > 0 {
		return nil
	}
	p.leave()
	if p.of == 0 {
		return p.say("Every word is in the dictionary.")
	}
	return p.say("That was the last word.")
}

func (p *spellPane) leave() {
	p.task.end()
	p.close(p)
}

// spellKeys are the keys of the pane.
type spellKeys struct{ Replace, Skip, Ignore, Add, Help, Leave key.Binding }

func (p *spellPane) keys() spellKeys {
	asked := len(p.words) > 0
	return spellKeys{
		Replace: when(asked && len(p.words[0].Suggestions) > 0, numbers("put in", 9)),
		Skip:    when(asked, p.bound("next", "spelling.next")),
		Ignore:  when(asked, p.bound("ignore here", "spelling.ignore")),
		Add:     when(asked && p.options.Spelling.OwnWords != "", p.bound("my word", "spelling.add")),
		Help:    p.bound("help", "everywhere.help"),
		Leave:   p.bound("back", "view.back"),
	}
}

func (p *spellPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case key.Matches(msg, k.Replace):
		return p.replace(numberOf(msg) - 1)
	case key.Matches(msg, k.Skip):
		p.words = p.words[1:]
		return p.endIfDone()
	case key.Matches(msg, k.Ignore):
		p.ignore(p.words[0].Text)
		return p.endIfDone()
	case key.Matches(msg, k.Add):
		return p.add(p.words[0].Text)
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Leave):
		p.leave()
	}
	return nil
}

// replace puts a suggestion in place of the word. If the text is another one by now,
// as by a file that was dropped, its words are looked up anew.
func (p *spellPane) replace(n int) tea.Cmd {
	c, word := p.composer, p.words[0]
	if n >= len(word.Suggestions) {
		return nil
	}
	if spellable(c.inputs[fieldSubject].value(), c.body.text()) != p.text {
		p.words = nil
		return p.look()
	}
	suggestion := word.Suggestions[n]
	p.text = p.text[:word.At] + suggestion + p.text[word.At+len(word.Text):]
	c.putSpelled(p.text)
	p.words = p.words[1:]
	for i := range p.words {
		p.words[i].At += len(suggestion) - len(word.Text)
	}
	cmd := p.endIfDone()
	if c.touch() {
		return tea.Batch(cmd, c.changed())
	}
	return cmd
}

// ignore asks about a word no more in this message.
func (p *spellPane) ignore(word string) {
	c := p.composer
	if c.ignored == nil {
		c.ignored = make(map[string]bool)
	}
	c.ignored[word] = true
	p.words = slices.DeleteFunc(p.words, func(w spell.Word) bool { return w.Text == word })
}

// add makes a word one of the user's own.
func (p *spellPane) add(word string) tea.Cmd {
	p.ignore(word)
	checker := p.checker()
	add := p.do(func(context.Context) tea.Msg {
		if err := checker.Add(word); err != nil {
			return ended{func() tea.Cmd { return p.fail(fmt.Errorf("keep the word: %w", err)) }}
		}
		return nil
	})
	return tea.Batch(add, p.endIfDone())
}

func (p *spellPane) bindings() bindings {
	k := p.keys()
	all := []key.Binding{k.Replace, k.Skip, k.Ignore, k.Add}
	return bindings{footer: all, end: []key.Binding{k.Help, k.Leave}, help: []group{{"This word", append(all, k.Leave)}}}
}

func (p *spellPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-2, 1)
	if len(p.words) == 0 {
		return []string{" " + p.styles.dim.Render(cut("looking the words up…", room))}, nil
	}
	word := p.words[0]
	count := fmt.Sprintf("%d of %d", p.of-len(p.words)+1, p.of)
	lines := []string{" " + between(p.styles.bold.Render("Spelling"), p.styles.dim.Render(count), room), ""}
	for _, line := range p.context(word, room) {
		lines = append(lines, " "+line)
	}
	lines = append(lines, "")
	if len(word.Suggestions) == 0 {
		lines = append(lines, " "+p.styles.dim.Render(cut("Nothing like it is known.", room)))
	}
	for n, suggestion := range word.Suggestions {
		lines = append(lines, " "+p.styles.key.Render(fmt.Sprint(n+1))+" "+cut(clean(suggestion), room-2))
	}
	return lines[:min(len(lines), max(height, 0))], nil
}

// context is the line that a word stands in, wrapped, with the word marked, or so
// much of a long one as is around it.
func (p *spellPane) context(word spell.Word, width int) []string {
	const around = 200 // bytes on each side: some lines of a screen
	before, after := p.text[:word.At], p.text[word.At+len(word.Text):]
	before = before[strings.LastIndexByte(before, '\n')+1:]
	after, _, _ = strings.Cut(after, "\n")
	if len(before) > around {
		_, before, _ = strings.Cut(before[len(before)-around:], " ")
		before = "… " + before
	}
	if len(after) > around {
		after = after[:strings.LastIndexByte(after[:around], ' ')+1] + "…"
	}
	text := strings.TrimLeft(clean(before), " ") + p.styles.accent.Underline(true).Render(clean(word.Text)) + clean(after)
	return wrap(text, width)
}

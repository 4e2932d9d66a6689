package ui

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose/merge"
	"sendoff/internal/campaign"
)

// lookPane makes every letter of a campaign once, and says what is wrong.
type lookPane struct {
	*desk
	launch   *launch
	task     *task
	share    lookShare
	found    lookedAt       // once the task is over
	problems merge.Problems // of the files as a whole, then of the rows
	list     list
}

func (p *lookPane) title() string { return "new campaign" }

func (p *lookPane) restyled() {}

// look begins a look, or begins it again.
func (p *lookPane) look() tea.Cmd {
	p.task.end()
	p.share, p.found, p.problems, p.list = 0, lookedAt{}, nil, list{}
	r, o := p.launch.request(), p.options
	var cmd tea.Cmd
	p.task, cmd = p.begin(func(ctx context.Context, tell func(any)) any { return r.look(ctx, o, tell) })
	return cmd
}

func (p *lookPane) update(msg tea.Msg) tea.Cmd {
	news, cmd := p.task.hear(p.ctx, msg)
	switch news := news.(type) {
	case lookShare:
		p.share = news
		return cmd
	case lookedAt:
		p.task.end()
		p.take(news)
		return nil
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.MouseWheelMsg:
		p.list.scroll(wheel(msg), len(p.problems), p.rowsHeight())
	case tea.MouseClickMsg:
		row := p.window().top + msg.Y - len(p.head(p.width, p.paneHeight()))
		if msg.Button == tea.MouseLeft && row >= p.window().top && row < len(p.problems) {
			p.list.cursor = row
		}
	}
	return cmd
}

// take takes in what a look has found, its own or a later one.
func (p *lookPane) take(found lookedAt) {
	p.found, p.launch.looked, p.list = found, found, list{}
	if found.err != nil {
		p.problems = campaign.ProblemsOf(found.err)
		return
	}
	p.problems = slices.Concat(found.Campaign.Warnings, found.Problems)
	slices.SortStableFunc(p.problems, func(a, b merge.Problem) int { // what is wrong comes first
		switch {
		case a.Warning == b.Warning:
			return 0
		case b.Warning:
			return -1
		}
		return 1
	})
}

// over tells that the look has come to an end, well that it has seen all.
func (p *lookPane) over() bool { return !p.task.running() }

func (p *lookPane) well() bool { return p.over() && p.found.err == nil && p.found.Campaign != nil }

// stopped tells that letters are there to be sent, or would be, but for what is wrong.
func (p *lookPane) stopped() bool {
	err := p.found.Refusal()
	return errors.Is(err, campaign.ErrWrong) || errors.Is(err, campaign.ErrNoLetters)
}

// leavable tells that rows are wrong, and that the others could go without them.
func (p *lookPane) leavable() bool {
	return p.well() && p.found.setUp && errors.Is(p.found.Refusal(), campaign.ErrWrong) && p.found.LeaveOut().Refusal() == nil
}

func (p *lookPane) problem() *merge.Problem {
	if p.list.cursor >= len(p.problems) {
		return nil
	}
	return &p.problems[p.list.cursor]
}

func (p *lookPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case p.list.press(msg, k.move, len(p.problems), p.rowsHeight()):
	case key.Matches(msg, k.GoOn):
		return p.goOn()
	case key.Matches(msg, k.Letters):
		return p.openLetters()
	case key.Matches(msg, k.Rules):
		p.askRules()
	case key.Matches(msg, k.Again):
		return p.look()
	case key.Matches(msg, k.Letter):
		return p.editFile(p.launch.files.Template)
	case key.Matches(msg, k.List):
		return p.editFile(p.launch.files.List)
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Back):
		p.task.end()
		p.close(p)
	}
	return nil
}

// goOn asks how it goes. Rows that are wrong are left out if somebody says so.
func (p *lookPane) goOn() tea.Cmd {
	found := p.found
	if p.leavable() {
		text := count(found.Errors, "thing") + " wrong. Leave those rows out, and send " + count(found.Letters, "letter") + "?"
		p.ask(text, "mend it", yes("leave them out", func() tea.Cmd {
			p.launch.rules.SkipInvalid = true
			found.Look, found.request = found.LeaveOut(), p.launch.request()
			p.found, p.launch.looked = found, found
			return p.launch.askHow()
		}))
		return nil
	}
	if why := found.refused(p.desk); why != "" {
		return p.say(why)
	}
	return p.launch.askHow()
}

// openLetters shows the letter that the selected problem is about, else the first.
func (p *lookPane) openLetters() tea.Cmd {
	number := 1
	if problem := p.problem(); problem != nil && problem.Row > 0 {
		number = problem.Row
	}
	return p.launch.openLetter(number)
}

// editFile opens one of the two files in the editor, where the selected problem is if
// that is in it, and looks again.
func (p *lookPane) editFile(path string) tea.Cmd {
	line := 1
	if problem := p.problem(); problem != nil && problem.File == path {
		line = max(problem.Line, 1)
	}
	o := p.options
	return p.takeTurn(func() (editorTurn, error) {
		argv := EditorAt(o.Editor, path, line)
		command := exec.Command(argv[0], argv[1:]...)
		if o.Environ != nil {
			command.Env = o.Environ()
		}
		return editorTurn{command: command, closed: func(err error) tea.Cmd { return p.handleEdited(path, err) }}, nil
	})
}

func (p *lookPane) handleEdited(path string, err error) tea.Cmd {
	var failed tea.Cmd
	if err != nil {
		failed = p.fail(errors.New("the editor for " + clean(filepath.Base(path)) + ": " + clean(err.Error())))
	}
	if !p.open(p) {
		return failed
	}
	return tea.Batch(failed, p.look())
}

// lookKeys are the keys of a look.
type lookKeys struct {
	move                 moveKeys
	GoOn, Letters, Rules key.Binding
	Again, Letter, List  key.Binding
	Help, Back           key.Binding
}

func (p *lookPane) keys() lookKeys {
	back, goOn := "back", "go on"
	if !p.over() {
		back = "stop"
	}
	if p.leavable() {
		goOn = "leave out"
	}
	return lookKeys{
		move:    p.moveKeys(),
		GoOn:    when(p.well(), p.bound(goOn, "launch.go-on")),
		Letters: when(p.well() && p.found.Rows > 0, p.bound("letters", "launch.letters")),
		Letter:  when(p.over(), p.bound("edit letter", "launch.edit-letter")),
		List:    when(p.over(), p.bound("edit list", "launch.edit-list")),
		Again:   when(p.over(), p.bound("look again", "launch.again")),
		Rules:   when(p.over(), p.bound("options", "launch.rules")),
		Help:    p.bound("help", "everywhere.help"),
		Back:    p.bound(back, "view.back"),
	}
}

func (p *lookPane) bindings() bindings {
	k := p.keys()
	all := p.ordered(k)
	return bindings{
		footer: all,
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"The letters", append(all, k.Back)}, {"Moving", k.move.all()}},
	}
}

// ordered has the key first that leads on from here: on a narrow screen there is room for
// that one alone.
func (p *lookPane) ordered(k lookKeys) []key.Binding {
	problem := p.problem()
	mend := []key.Binding{k.Letter, k.List}
	if problem != nil && problem.File == p.launch.files.List {
		slices.Reverse(mend)
	}
	first := func(keys ...key.Binding) []key.Binding { return append(keys, mend...) }
	switch {
	case p.leavable():
		return append(first(k.GoOn), k.Rules, k.Letters, k.Again)
	case p.well() && p.found.Errors > 0 && !p.stopped(): // the options say whether rows are left out
		return append(first(k.GoOn, k.Rules), k.Letters, k.Again)
	case p.well() && !p.stopped() || problem == nil:
		return append(first(k.GoOn, k.Letters), k.Again, k.Rules)
	case p.hint(*problem) != clean(problem.Hint): // it speaks of the options
		return append(first(k.Rules), k.Again, k.Letters, k.GoOn)
	}
	return []key.Binding{mend[0], k.Rules, mend[1], k.Again, k.Letters, k.GoOn}
}

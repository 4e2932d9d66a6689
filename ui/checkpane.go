package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/compose"
	"sendoff/outbox"
)

// checkPane proves an account step by step, as the steps come. A new account is
// saved when all is well, or by its person when it is not.
type checkPane struct {
	*desk
	account  accounts.Account
	newcomer *newcomer // nil: the account is set up already
	task     *task
	steps    []check.Step
	report   *check.Report // nil while it goes on
	text     scroller

	saving, saved bool // of a new account
}

func newCheckPane(d *desk, a accounts.Account, n *newcomer) *checkPane {
	return &checkPane{desk: d, account: a, newcomer: n}
}

func (p *checkPane) title() string { return "check of " + clean(p.account.Name) }

func (p *checkPane) restyled() {}

// start begins the check, or begins it again.
func (p *checkPane) start() tea.Cmd {
	p.task.end()
	p.steps, p.report, p.text.top = nil, nil, 0
	if now, ok := p.desk.account(p.account.Name); ok && p.newcomer == nil { // it may have got another secret
		p.account = now
	}
	account, prove := p.account, p.options.Setup.Check
	var cmd tea.Cmd
	p.task, cmd = p.begin(func(ctx context.Context, tell func(any)) any {
		return prove(ctx, account, func(s check.Step) { tell(s) })
	})
	return cmd
}

func (p *checkPane) update(msg tea.Msg) tea.Cmd {
	news, cmd := p.task.hear(p.ctx, msg)
	switch news := news.(type) {
	case check.Step:
		p.steps = append(p.steps, news)
		p.text.top = len(p.lines(p.width - 2)) // the last is what goes on
		return cmd
	case check.Report:
		return p.handleReport(news)
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.MouseWheelMsg:
		p.text.update(msg, moveKeys{}, p.textHeight())
	}
	return cmd
}

func (p *checkPane) handleReport(r check.Report) tea.Cmd {
	p.task.end()
	p.report, p.steps, p.text.top = &r, r.Steps, 0
	if p.newcomer != nil && r.OK() {
		return p.save()
	}
	return nil
}

func (p *checkPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case p.text.update(msg, k.move, p.textHeight()):
	case key.Matches(msg, k.Compose):
		p.panes = p.panes[:1]
		return p.openComposer(compose.Draft{}, outbox.DraftRef{})
	case key.Matches(msg, k.Save):
		return p.save()
	case key.Matches(msg, k.Again):
		return p.start()
	case key.Matches(msg, k.Secret):
		p.askNewSecret(p.account)
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Back), key.Matches(msg, k.Home):
		p.task.end()
		p.close(p)
		if p.saved {
			p.panes = p.panes[:1]
		}
	}
	return nil
}

// save writes a new account, with its secret.
func (p *checkPane) save() tea.Cmd {
	p.saving = true
	say := clean(p.account.Name) + p.keyed(" is set up: {check.compose} writes a message.")
	if why := p.failure(); why != nil {
		say = clean(p.account.Name) + " is saved, but " + p.trouble() + ": " + clean(why.Found)
	}
	return p.changeAccounts(say, p.newcomer.keep(), func(err error) tea.Cmd {
		p.saving, p.saved = false, err == nil
		return nil
	})
}

// failure is the first step that failed, or nil.
func (p *checkPane) failure() *check.Step {
	for i, s := range p.steps {
		if s.State == check.Fail {
			return &p.steps[i]
		}
	}
	return nil
}

// checkKeys are the keys of a check.
type checkKeys struct {
	move                                           moveKeys
	Compose, Home, Save, Again, Secret, Help, Back key.Binding
}

func (p *checkPane) keys() checkKeys {
	over := p.report != nil && !p.saving
	unsaved := p.newcomer != nil && !p.saved
	save := "save anyway"
	if over && p.report.OK() { // then the saving itself has failed
		save = "save"
	}
	back := "back"
	switch {
	case p.task.running():
		back = "stop"
	case unsaved:
		back = "change it"
	}
	return checkKeys{
		move:    p.moveKeys(),
		Compose: when(p.saved, p.bound("compose", "check.compose")),
		Home:    when(p.saved, p.bound("to the outbox", "check.outbox")),
		Save:    when(over && unsaved, p.bound(save, "check.save")),
		Again:   when(over && !p.saved, p.bound("check again", "check.again")),
		Secret:  when(over && p.newcomer == nil && p.account.SMTP.Username != "", p.bound("new secret", "check.secret")),
		Help:    p.bound("help", "everywhere.help"),
		Back:    p.bound(back, "view.back"),
	}
}

func (p *checkPane) bindings() bindings {
	k := p.keys()
	all := []key.Binding{k.Compose, k.Home, k.Save, k.Again, k.Secret}
	return bindings{
		footer: append(all, k.move.Down, k.move.Up),
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"The check", append(all, k.Back)}, {"Moving", k.move.all()}},
	}
}

// checkHead is the lines above the steps.
const checkHead = 2

func (p *checkPane) textHeight() int { return max(p.paneHeight()-checkHead, 1) }

func (p *checkPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-2, 1)
	p.text.lines = p.lines(room)
	name := p.styles.bold.Render("Check of " + clean(p.account.Name))
	lines := []string{" " + between(name, p.verdict(), room), right(p.styles.dim.Render(p.text.more(height-checkHead)), max(width-1, 0))}
	for _, line := range p.text.view(max(height-checkHead, 0)) {
		lines = append(lines, " "+line)
	}
	return lines[:min(len(lines), height)], nil
}

// verdict is how it stands, in a few words.
func (p *checkPane) verdict() string {
	switch {
	case p.report == nil:
		return p.styles.wait.Render("… checking, " + seconds(p.now.Sub(p.task.from)) + " of 20")
	case p.saving:
		return p.styles.wait.Render("… saving")
	case p.report.OK() && p.saved:
		return p.styles.good.Render("✓ all is well, and saved")
	case p.report.OK():
		return p.styles.good.Render("✓ all is well")
	case p.saved:
		return p.styles.bad.Render("✗ " + p.trouble() + "; saved")
	}
	return p.styles.bad.Render("✗ " + p.trouble())
}

// trouble is what does not work: an account whose mailbox fails can send.
func (p *checkPane) trouble() string {
	for _, s := range p.steps {
		if s.State == check.Fail && s.Part() != check.PartMailbox {
			return "it does not work"
		}
	}
	return "its mailbox does not work"
}

var checkLooks = map[check.State]look{
	check.OK: {"✓", "", toneGood}, check.Fail: {"✗", "", toneBad}, check.Skipped: {"–", "", toneQuiet}, check.Advice: {"!", "", toneWait},
}

// lines are the steps; when it is over, what failed stands in front of them.
func (p *checkPane) lines(width int) (lines []string) {
	if width <= 0 {
		return nil
	}
	if s := p.failure(); s != nil && p.report != nil {
		lines = append(p.answer(*s, width), "")
	}
	section := ""
	for i := 0; i < len(p.steps); i++ {
		s := p.steps[i]
		if heading := p.section(s); heading != section {
			section = heading
			lines = append(lines, p.heading(heading, width))
		}
		if !together(s) {
			lines = append(lines, p.step(s, width)...)
			continue
		}
		names := []string{stepName(s)}
		for i+1 < len(p.steps) && together(p.steps[i+1]) && p.steps[i+1].Cause == s.Cause && p.section(p.steps[i+1]) == section {
			i++
			names = append(names, stepName(p.steps[i]))
		}
		text := strings.ReplaceAll(string(s.Cause), "-", " ") + ": " + strings.Join(names, ", ")
		for n, line := range wrap(text, max(width-2, 1)) {
			lines = append(lines, p.styles.dim.Render([]string{"– ", "  "}[min(n, 1)]+line))
		}
	}
	return lines
}

// together tells that one line is enough for a step and others like it.
func together(s check.Step) bool { return s.State == check.Skipped && s.Found == "" }

func stepName(s check.Step) string { return strings.TrimPrefix(s.Name, "mailbox-") }

// section is the heading that a step stands under.
func (p *checkPane) section(s check.Step) string {
	switch s.Part() {
	case check.PartMailbox:
		return "its mailbox at " + clean(p.account.Mailbox.Host)
	case check.PartDomain:
		address := p.account.From.Address
		return "what the DNS says of " + clean(address[strings.LastIndexByte(address, '@')+1:])
	case check.PartLoopback:
		return "a message to itself"
	}
	return "sending through " + clean(p.account.SMTP.Host)
}

// answer says what failed and what to do.
func (p *checkPane) answer(s check.Step, width int) (lines []string) {
	for _, line := range wrap(clean(stepName(s)+": "+s.Found), width) {
		lines = append(lines, p.styles.bad.Render(line))
	}
	if s.Hint != "" {
		for _, line := range wrap(sentence(clean(s.Hint)), width) {
			lines = append(lines, p.styles.plain.Render(line))
		}
	}
	return lines
}

// step is one step: its words stand beside its name, or on a narrow screen below.
func (p *checkPane) step(s check.Step, width int) []string {
	const names, times, beside = 13, 8, 60
	l := checkLooks[s.State]
	took := ""
	if s.State != check.Skipped {
		took = milliseconds(s.Took)
	}
	head := p.styles.of(l.tone).Render(l.glyph+" ") + cell(clean(stepName(s)), names) + p.styles.dim.Render(right(took, times))
	indent := 2
	if width >= beside {
		indent += names + times + 2
	}
	var words []string
	add := func(text string, style func(...string) string) {
		if text == "" {
			return
		}
		for _, line := range wrap(clean(text), max(width-indent, 1)) {
			words = append(words, style(line))
		}
	}
	add(s.Found, p.styles.plain.Render)
	if s.Server != "" {
		add("server: "+s.Server, p.styles.dim.Render)
	}
	if s.Hint != "" {
		add("hint: "+s.Hint, p.styles.plain.Render)
	}
	lines := []string{cut(head, width)}
	for i, line := range words {
		if i == 0 && width >= beside {
			lines[0] = head + spaces(indent-ansi.StringWidth(head)) + line
			continue
		}
		lines = append(lines, spaces(indent)+line)
	}
	return lines
}

// milliseconds is a time of at most seven columns.
func milliseconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

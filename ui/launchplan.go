package ui

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"sendoff/internal/campaign"
	"sendoff/outbox"
)

// planPane says what will happen, and starts a campaign when somebody agrees.
type planPane struct {
	*desk
	launch *launch
	task   *task
	share  lookShare
	plan   planned // once the task is over
	text   scroller

	held     bool               // it is stored, and waits for a person
	starting context.CancelFunc // ends the start that is under way; nil: none is
	stopped  bool               // and somebody wants that
	stored   *atomic.Int64      // rows of it, counted by its command
}

// planned is what a start would come to.
type planned struct {
	look     lookedAt
	free     string // another name, where there is a campaign of that one
	plan     plan
	overlaps []string // campaigns that wrote to some of these people lately, clean
	subjects []string // of the first letters, clean
	err      error
}

// sampleSubjects is how many subjects are shown before the start.
const sampleSubjects = 3

func (p *planPane) title() string { return "new campaign" }

func (p *planPane) restyled() {}

// load makes the plan. The letters are looked at again where something that they go by
// has changed since.
func (p *planPane) load() tea.Cmd {
	p.task.end()
	l := p.launch
	r, last, timing, now, o, all := l.request(), l.looked, l.timing, p.now, p.options, p.accounts
	var cmd tea.Cmd
	p.task, cmd = p.begin(func(ctx context.Context, tell func(any)) any {
		out := planned{look: last}
		if !r.same(last.request) || r.name != last.name && last.Campaign.CanBeLeft() {
			if out.look = r.look(ctx, o, tell); out.look.err != nil || out.look.Refusal() != nil {
				return out
			}
		}
		out.err = out.ask(ctx, o, r.name, timing, policiesOf(o, all), now)
		return out
	})
	return cmd
}

// timing is when the letters go: where nothing else is said, after the time in which a
// message can be taken back.
func (p *planPane) timing() campaign.Timing {
	t := p.launch.timing
	if t.At.IsZero() && p.options.UndoWindow > 0 {
		t.At = p.now.Add(p.options.UndoWindow)
	}
	return t
}

// otherName is a free name where a campaign has this one; "" where none has.
func otherName(ctx context.Context, b *outbox.Outbox, name string) (string, error) {
	free, err := campaign.FreeNameLike(ctx, b, name)
	if free == name {
		free = ""
	}
	return free, err
}

// ask asks the outbox and the letters for what is shown.
func (out *planned) ask(ctx context.Context, o Options, name string, t campaign.Timing, policies []outbox.Policy, now time.Time) (err error) {
	if out.free, err = otherName(ctx, o.Outbox, name); err != nil || out.free != "" {
		return err
	}
	if out.plan, err = planOf(ctx, o, out.look.Look, t, policies, now); err != nil {
		return err
	}
	overlaps, err := out.look.Overlaps(ctx, o.Outbox, now)
	if err != nil {
		return err
	}
	for _, o := range overlaps {
		out.overlaps = append(out.overlaps, clean(o.Text)+".")
	}
	for letter, err := range out.look.EachLetter(ctx) {
		if err != nil {
			return err
		}
		if out.subjects = append(out.subjects, clean(startOf(letter.Draft.Subject))); len(out.subjects) == sampleSubjects {
			break
		}
	}
	return nil
}

func (p *planPane) update(msg tea.Msg) tea.Cmd {
	news, cmd := p.task.hear(p.ctx, msg)
	switch news := news.(type) {
	case lookShare:
		p.share = news
		return cmd
	case planned:
		p.task.end()
		return p.take(news)
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.MouseWheelMsg:
		p.text.update(msg, moveKeys{}, p.textHeight())
	}
	return cmd
}

// take takes a plan in. Where there is none, it goes back to where that can be mended.
func (p *planPane) take(plan planned) tea.Cmd {
	if plan.look.err != nil || plan.look.Refusal() != nil {
		return p.backToLook(plan.look)
	}
	p.plan, p.launch.looked = plan, plan.look
	switch {
	case plan.err != nil:
		p.close(p)
		return p.fail(launchError(p.desk, plan.err))
	case plan.free != "":
		return p.rename(plan.free)
	}
	return nil
}

// rename goes back to where the name is asked for, and offers a free one.
func (p *planPane) rename(free string) tea.Cmd {
	p.close(p)
	how := p.launch.how
	how.name.input.set(free)
	return how.wrong(how.name, "There is a campaign of that name already. This one is free.")
}

// withName goes on where the name is still free: one may have been started under it since
// the plan was made.
func (p *planPane) withName(then func() tea.Cmd) tea.Cmd {
	b, name := p.options.Outbox, p.launch.name
	return p.do(func(ctx context.Context) tea.Msg {
		free, err := otherName(ctx, b, name)
		return ended{func() tea.Cmd {
			switch {
			case p.top() != pane(p): // somebody went on meanwhile
				return nil
			case err != nil:
				return p.fail(err)
			case free != "":
				return p.rename(free)
			}
			return then()
		}}
	})
}

// backToLook shows what another look has found against a start.
func (p *planPane) backToLook(found lookedAt) tea.Cmd {
	for _, other := range p.panes {
		if look, ok := other.(*lookPane); ok && look.launch == p.launch {
			look.take(found)
		}
	}
	p.close(p.launch.how.formPane) // and this one with it
	if found.err != nil {
		return p.fail(launchError(p.desk, found.err))
	}
	return p.say("That does not go: " + found.refused(p.desk))
}

func (p *planPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case p.text.update(msg, k.move, p.textHeight()):
	case key.Matches(msg, k.Begin):
		p.held = false
		return p.agree()
	case key.Matches(msg, k.Hold): // nothing goes, so nothing is typed
		p.held = true
		return p.start()
	case key.Matches(msg, k.Letters):
		return p.launch.openLetter(1)
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Back) && p.starting != nil:
		p.stopped = true
		p.starting()
	case key.Matches(msg, k.Back):
		p.task.end()
		p.close(p)
	}
	return nil
}

// agree starts it; from some number of letters on that number is typed first.
func (p *planPane) agree() tea.Cmd {
	if p.plan.look.Letters < campaign.TypedFrom {
		return p.start()
	}
	return p.withName(p.askCount)
}

// askCount asks for the number of letters, and starts it.
func (p *planPane) askCount() tea.Cmd {
	letters := p.plan.look.Letters
	typed := p.desk.text("Letters", "")
	typed.note = func() string { return "how many are sent: type " + number(letters) }
	form := &formPane{desk: p.desk, name: "send them?", step: stepStart, fields: []*formField{typed}}
	form.submit = func() tea.Cmd {
		if n, ok := readCount(typed.input.value()); !ok || n != letters {
			return form.wrong(typed, "That is not "+number(letters)+".")
		}
		p.close(form)
		return p.start()
	}
	p.push(form)
	form.setFocus(0)
	return nil
}

// start stores the campaign. It is stopped by ending its context, and tells then what
// came of it: it may have been too late.
func (p *planPane) start() tea.Cmd {
	ctx, stop := context.WithCancel(p.ctx)
	stored := new(atomic.Int64) // of the command, which must not touch the pane
	p.starting, p.stopped, p.stored = stop, false, stored
	p.clearNotice()
	look, name, timing, o, held := p.plan.look.Look, p.launch.name, p.timing(), p.options, ""
	if p.held {
		timing, held = p.launch.timing, "held since its start"
	}
	return tea.Batch(p.tick(), p.do(func(context.Context) tea.Msg {
		defer stop()
		id, err := look.Start(ctx, o.Outbox, name, timing, held, func(rows int) { stored.Store(int64(rows)) })
		var c outbox.Campaign
		if err == nil {
			c, err = o.Outbox.CampaignByID(context.WithoutCancel(ctx), id)
		}
		return ended{func() tea.Cmd { return p.handleStarted(c, timing, err) }}
	}))
}

// tick lets the count of rows be seen.
func (p *planPane) tick() tea.Cmd {
	return tea.Tick(time.Second/4, func(time.Time) tea.Msg {
		return ended{func() tea.Cmd {
			if p.starting == nil {
				return nil
			}
			return p.tick()
		}}
	})
}

// handleStarted shows the campaign, or why there is none.
func (p *planPane) handleStarted(c outbox.Campaign, t campaign.Timing, err error) tea.Cmd {
	stopped := p.stopped
	p.starting, p.stopped = nil, false
	switch {
	case err != nil && stopped && errors.Is(err, context.Canceled):
		return p.say("Nothing was started.")
	case errors.Is(err, outbox.ErrCampaignThere) && p.top() == pane(p):
		return p.withName(func() tea.Cmd { return p.fail(launchError(p.desk, err)) })
	case err != nil:
		return p.fail(launchError(p.desk, err))
	}
	if !p.open(p) { // something else has been opened: that is not taken away
		return p.say(p.begun(t))
	}
	home := p.panes[0].(*outboxPane)
	p.panes = p.panes[:1]
	cmd := tea.Batch(home.open(sectionCampaigns), p.openCampaign(c), p.say(p.begun(t)))
	p.top().(*campaignPane).begun = p.notice.generation
	return cmd
}

// begun is what is said of a campaign that was started.
func (p *planPane) begun(t campaign.Timing) string {
	text := "It is started."
	switch {
	case p.held:
		return p.keyed("It is stored, and nothing goes: {campaign.pause} lets it go on, {campaign.cancel} ends it.")
	case !p.sends():
		return "It is started, and goes as soon as something sends."
	case p.launch.timing.At.IsZero() && p.options.UndoWindow > 0:
		text = "It is started, and begins soon."
	case !t.At.IsZero():
		text = "It begins " + p.until(t.At) + "."
	}
	return text + p.keyed(" {campaign.pause} pauses it, {campaign.cancel} ends it.")
}

// planKeys are the keys of the plan.
type planKeys struct {
	move                             moveKeys
	Begin, Hold, Letters, Help, Back key.Binding
}

func (p *planPane) ready() bool {
	return !p.task.running() && p.starting == nil && p.plan.look.Campaign != nil
}

func (p *planPane) keys() planKeys {
	back := "change it"
	if p.starting != nil || p.task.running() {
		back = "stop"
	}
	return planKeys{
		move:    p.moveKeys(),
		Begin:   when(p.ready(), p.bound("start", "launch.begin")),
		Hold:    when(p.ready(), p.bound("hold", "launch.hold")),
		Letters: when(p.ready(), p.bound("letters", "launch.letters")),
		Help:    p.bound("help", "everywhere.help"),
		Back:    p.bound(back, "view.back"),
	}
}

func (p *planPane) bindings() bindings {
	k := p.keys()
	all := []key.Binding{k.Begin, k.Letters, k.Hold}
	return bindings{
		footer: all,
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"The start", append(all, k.Back)}, {"Moving", k.move.all()}},
	}
}

func (p *planPane) textHeight() int { return max(p.paneHeight()-1, 1) }

func (p *planPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-2, 1)
	p.text.lines = p.lines(room)
	name := "Start this?"
	if p.starting != nil {
		name = "Starting"
	}
	if p.text.more(height-1) != "" {
		name += " " + p.text.more(height-1)
	}
	lines := []string{" " + between(p.styles.bold.Render(name), p.styles.dim.Render(stepStart), room)}
	for _, line := range p.text.view(max(height-1, 0)) {
		lines = append(lines, " "+line)
	}
	return lines[:min(len(lines), height)], nil
}

// lines answer what somebody asks before so many letters go.
func (p *planPane) lines(width int) (lines []string) {
	switch {
	case p.starting != nil:
		text := "… storing row " + number(int(p.stored.Load())) + " of " + number(p.plan.look.Rows)
		if p.stopped {
			text = "… taking it back"
		}
		return []string{"", p.styles.wait.Render(cut(text, width))}
	case p.task.running():
		text := "… making the plan"
		if p.share > 0 {
			text = "… looking at every letter again, " + strconv.Itoa(int(p.share*100)) + " %"
		}
		return []string{"", p.styles.wait.Render(cut(text, width))}
	}
	const indent = 10
	add := func(label, text string, styles ...lipgloss.Style) {
		if text == "" {
			return
		}
		for _, line := range wrap(text, max(width-indent, 1)) {
			for _, style := range styles {
				line = style.Render(line)
			}
			lines = append(lines, p.styles.dim.Render(cell(label, min(indent, width-1)))+line)
			label = ""
		}
	}
	l, k, t := p.launch, p.plan.look, p.launch.timing
	lines = append(lines, "")
	add("name", clean(l.name))
	add("letters", k.share())
	for _, text := range p.plan.overlaps {
		add("again?", text, p.styles.wait)
	}
	add("plan", p.plan.plan.words)
	add("waits", p.plan.plan.waits)
	add("left out", leftOut(k))
	add("through", p.through())
	add("begins", p.begins(t))
	add("hours", hoursText(t.Hours))
	add("first", canaryText(t.Canary, k.Letters))
	for _, note := range k.lackWords() {
		add("note", note)
	}
	for i, subject := range p.plan.subjects {
		label := "subjects"
		if i > 0 {
			label = ""
		}
		add(label, cut(subject, max(width-indent, 1)))
	}
	return lines
}

// begins says when the first letter may leave.
func (p *planPane) begins(t campaign.Timing) string {
	switch {
	case !t.At.IsZero():
		return p.until(t.At)
	case p.options.UndoWindow > 0:
		return "in " + duration(p.options.UndoWindow)
	}
	return "at once"
}

// through are the accounts that send, and as whom.
func (p *planPane) through() string {
	var all []string
	for _, account := range p.plan.look.Accounts() {
		all = append(all, clean(account)+", as "+clean(campaign.AsRead(p.plan.look.From[account])))
	}
	return strings.Join(all, "; ")
}

// leftOut says which rows get no letter; "" if all get one.
func leftOut(k lookedAt) string {
	if k.Rows == k.Letters {
		return ""
	}
	return count(k.Rows-k.Letters, "row") + ": wrong, suppressed, or of an address that has one already"
}

package ui

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/campaign"
	"sendoff/outbox"
)

// letterPane shows the letters of a campaign one by one, as they would be sent.
type letterPane struct {
	*desk
	launch  *launch
	look    lookedAt
	number  int // of the row that is wanted
	shown   letterRead
	loading bool
	text    scroller
	wrapped int // the width that text is wrapped to; 0: it must be drawn anew
}

// letterRead is what was made of a row.
type letterRead struct {
	of     *letterPane
	number int
	campaign.Shown
	fields []campaign.Field
	err    error
}

// openLetter shows the letter of a row.
func (l *launch) openLetter(number int) tea.Cmd {
	p := &letterPane{desk: l.desk, launch: l, look: l.looked, number: number}
	l.push(p)
	return p.load()
}

func (p *letterPane) title() string { return "letters" }

func (p *letterPane) restyled() { p.wrapped = 0 }

// senders are who would send, by the accounts as they are now.
func (k lookedAt) senders(o Options) (campaign.Senders, error) {
	book, err := o.Campaigns.Book()
	if errors.Is(err, accounts.ErrNoAccounts) {
		book, err = nil, nil
	}
	return campaign.Senders{Book: book, Usual: o.Campaigns.Usual, Accounts: k.request.through}, err
}

// load makes the letter of the wanted row, one at a time.
func (p *letterPane) load() tea.Cmd {
	if p.loading {
		return nil
	}
	p.loading = true
	look, number, o := p.look, p.number, p.options
	return p.do(func(ctx context.Context) tea.Msg {
		read := letterRead{of: p, number: number}
		senders, err := look.senders(o)
		if err == nil {
			read.Shown, err = look.Campaign.Show(ctx, senders, number)
		}
		read.fields, read.err = campaign.Fields(read.Draft), err
		return read
	})
}

func (p *letterPane) handleRead(msg letterRead) tea.Cmd {
	if msg.of != p {
		return nil
	}
	p.loading = false
	if msg.number != p.number {
		return p.load()
	}
	p.shown, p.text, p.wrapped = msg, scroller{}, 0
	if msg.err != nil {
		return p.fail(launchError(p.desk, msg.err))
	}
	return nil
}

// launchError is an error in the words of the screens: files that have changed are
// looked at again.
func launchError(d *desk, err error) error {
	if errors.Is(err, campaign.ErrChanged) {
		return errors.New(d.keyed("the letter or the list has changed since it was looked at; go back and look again with {launch.again}"))
	}
	return err
}

func (p *letterPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case letterRead:
		return p.handleRead(msg)
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.MouseWheelMsg:
		p.text.update(msg, moveKeys{}, p.textHeight())
	}
	return nil
}

func (p *letterPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case p.text.update(msg, k.move, p.textHeight()):
	case key.Matches(msg, k.Later):
		return p.goTo(p.number + max(p.count, 1))
	case key.Matches(msg, k.Earlier):
		return p.goTo(p.number - max(p.count, 1))
	case key.Matches(msg, k.Random):
		return p.goTo(p.launch.another(p.number, p.look.Rows))
	case key.Matches(msg, k.Find):
		p.askRow()
	case key.Matches(msg, k.Test):
		p.askTest()
	case key.Matches(msg, k.HTML):
		return p.openHTML()
	case key.Matches(msg, k.Source):
		return p.openSource()
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Back):
		p.close(p)
	}
	return nil
}

// goTo shows another row; what is shown stays until that is made.
func (p *letterPane) goTo(number int) tea.Cmd {
	p.number = min(max(number, 1), max(p.look.Rows, 1))
	return p.load()
}

// another is the number of a row that chance picks, and not the one that is shown.
func (l *launch) another(than, rows int) int {
	if l.chance == nil {
		seed := l.options.Campaigns.Seed
		if seed == 0 {
			seed = rand.Uint64()
		}
		l.chance = rand.New(rand.NewPCG(seed, 0))
	}
	if rows < 2 {
		return than
	}
	n := 1 + l.chance.IntN(rows-1)
	if n >= than {
		n++
	}
	return n
}

// askRow asks for a row, by its number or by what stands in it.
func (p *letterPane) askRow() {
	row := p.desk.text("Row", "")
	row.note = func() string {
		return fmt.Sprintf("its number, up to %s, or a part of an address or of another cell", number(p.look.Rows))
	}
	form := &formPane{desk: p.desk, name: "which row", fields: []*formField{row}}
	form.submit = func() tea.Cmd {
		typed := strings.TrimSpace(row.input.value())
		if typed == "" {
			p.close(form)
			return nil
		}
		if n, err := strconv.Atoi(strings.ReplaceAll(typed, ",", "")); err == nil {
			if n < 1 || n > p.look.Rows {
				return form.wrong(row, "There is no row "+number(n)+".")
			}
			p.close(form)
			return p.goTo(n)
		}
		return p.find(form, row, typed)
	}
	p.push(form)
	form.setFocus(0)
}

// find goes to the next row that has a text.
func (p *letterPane) find(form *formPane, row *formField, text string) tea.Cmd {
	form.doing = "looking for it"
	look, behind := p.look, p.number
	return p.do(func(ctx context.Context) tea.Msg {
		n, err := look.Campaign.Find(ctx, text, behind)
		return ended{func() tea.Cmd {
			form.doing = ""
			switch {
			case !p.open(form):
				return nil
			case err != nil:
				return form.wrong(row, sentence(mistake(launchError(p.desk, err))))
			case n == 0:
				return form.wrong(row, "No row has that.")
			}
			p.close(form)
			return p.goTo(n)
		}}
	})
}

// askTest asks to whom the letter goes for a look.
func (p *letterPane) askTest() {
	own := ""
	if a, ok := p.desk.account(p.shown.Draft.Account); ok {
		own = a.From.Address
	}
	to := p.desk.text("To", own)
	to.note = func() string { return "yourself; nobody else gets it, and it counts for nothing" }
	n := p.shown.number
	form := &formPane{desk: p.desk, name: "test with row " + number(n), fields: []*formField{to}}
	form.submit = func() tea.Cmd {
		address := strings.TrimSpace(to.input.value())
		if _, err := compose.ParseOne(address); err != nil {
			return form.wrong(to, "That is no address: it looks like ada@example.org.")
		}
		form.doing = "queueing it"
		return p.sendTest(form, to, n, address)
	}
	p.push(form)
	form.setFocus(0)
}

func (p *letterPane) sendTest(form *formPane, field *formField, number int, to string) tea.Cmd {
	look, o := p.look, p.options
	return p.do(func(ctx context.Context) tea.Msg {
		err := queueTest(ctx, o, look, number, to)
		return ended{func() tea.Cmd {
			form.doing = ""
			switch {
			case !p.open(form) && err != nil:
				return p.fail(err)
			case err != nil:
				return form.wrong(field, sentence(mistake(launchError(p.desk, err))))
			}
			p.close(form)
			text := "The test goes to " + clean(to)
			if !p.sends() {
				text += " as soon as something sends"
			}
			return p.say(text + ".")
		}}
	})
}

// queueTest is the work of a command.
func queueTest(ctx context.Context, o Options, look lookedAt, number int, to string) error {
	senders, err := look.senders(o)
	if err != nil {
		return err
	}
	if senders.Book == nil {
		return accounts.ErrNoAccounts
	}
	letter, err := look.Campaign.Test(ctx, senders, number, to)
	if err != nil {
		return err
	}
	account, err := senders.Book.Find(letter.Draft.Account)
	if err != nil {
		return err
	}
	if _, err := campaign.Bare(account); err != nil {
		return err
	}
	_, err = o.Outbox.Submit(ctx, letter.Draft, outbox.SubmitOptions{MaxSize: account.Limits.MaxSize})
	return err
}

// openSource shows the bytes as they would be sent, but for what is made then.
func (p *letterPane) openSource() tea.Cmd {
	d, now, o := p.shown.Draft, p.now, p.options
	return p.openView("source", "letters.source", func(context.Context) (linesOf, error) {
		head, err := sourceOf(o, d, now)
		return block(head), err
	})
}

// openHTML shows the HTML as one reads it.
func (p *letterPane) openHTML() tea.Cmd {
	d, now, o := p.shown.Draft, p.now, p.options
	return p.openView("HTML, as it reads", "letters.html", func(context.Context) (linesOf, error) {
		outline, problems := o.Outbox.WithHabits(d, now).Outline()
		switch {
		case len(problems) > 0:
			return nil, problems[0]
		case outline.HTML == "":
			return block("This letter is plain text alone."), nil
		}
		return block(compose.TextOfHTML(outline.HTML)), nil
	})
}

func (p *letterPane) openView(name, opener string, read func(context.Context) (linesOf, error)) tea.Cmd {
	view := newTextPane(p.desk, outbox.Item{Subject: startOf(p.shown.Draft.Subject)}, name, opener, read)
	p.push(view)
	return view.load()
}

// letterKeys are the keys of the letters.
type letterKeys struct {
	move                                                         moveKeys
	Later, Earlier, Random, Find, Test, HTML, Source, Help, Back key.Binding
}

func (p *letterPane) keys() letterKeys {
	rows := p.look.Rows
	made := p.shown.err == nil && p.shown.Row.Number > 0 && len(p.shown.Problems.Errors()) == 0
	return letterKeys{
		move:    p.moveKeys(),
		Later:   when(p.number < rows, p.bound("next", "letters.later")),
		Earlier: when(p.number > 1, p.bound("before", "letters.earlier")),
		Random:  when(rows > 2, p.bound("random", "letters.random")),
		Find:    when(rows > 1, p.bound("find", "letters.find")),
		Test:    when(made && p.look.setUp, p.bound("test", "letters.test")),
		HTML:    when(made, p.bound("HTML", "letters.html")),
		Source:  when(made, p.bound("source", "letters.source")),
		Help:    p.bound("help", "everywhere.help"),
		Back:    p.bound("back", "view.back"),
	}
}

func (p *letterPane) bindings() bindings {
	k := p.keys()
	all := []key.Binding{k.Later, k.Test, k.Earlier, k.Find, k.Random, k.HTML, k.Source}
	return bindings{
		footer: all,
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"The letters", append(all, k.Back)}, {"Moving", k.move.all()}},
	}
}

// letterHead is the line above the letter.
const letterHead = 1

func (p *letterPane) textHeight() int { return max(p.paneHeight()-letterHead, 1) }

func (p *letterPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-2, 1)
	if p.wrapped != room {
		p.wrapped, p.text.lines = room, p.lines(room)
	}
	title := fmt.Sprintf("Row %s of %s", number(p.number), number(p.look.Rows))
	if p.shown.Row.Line > 0 && p.shown.number == p.number {
		title += fmt.Sprintf(" · line %d", p.shown.Row.Line)
	}
	lines := []string{" " + between(p.styles.bold.Render(title), p.styles.dim.Render(p.text.more(height-letterHead)), room)}
	for _, line := range p.text.view(max(height-letterHead, 0)) {
		lines = append(lines, " "+line)
	}
	return lines[:min(len(lines), height)], nil
}

// lines are the letter: what stands against it, its head, its text.
func (p *letterPane) lines(width int) (lines []string) {
	s := p.shown
	if s.of == nil {
		return []string{p.styles.dim.Render("reading…")}
	}
	add := func(text string, style func(...string) string) {
		for _, line := range wrap(text, width) {
			lines = append(lines, style(line))
		}
	}
	for _, text := range s.against() {
		add("✗ "+text, p.styles.bad.Render)
	}
	for _, lack := range s.Lacks {
		add(fmt.Sprintf("! %s is empty in this row, and line %d of the letter shows it.", clean(lack.Name), lack.Line), p.styles.wait.Render)
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	if s.err != nil || len(s.Problems.Errors()) > 0 {
		return append(lines, p.cells(width)...)
	}
	for _, f := range s.fields {
		const indent = 12
		label := f.Name
		for _, line := range wrap(clean(startOf(f.Value)), max(width-indent, 1)) {
			lines = append(lines, p.styles.dim.Render(cell(clean(label), min(indent, width-1)))+line)
			label = ""
		}
	}
	body, rest := strings.TrimRight(s.Draft.Body, "\n"), ""
	if len(body) > maxSource {
		body, rest = strings.ToValidUTF8(body[:maxSource], ""), "The rest is not shown."
	}
	lines = append(append(lines, ""), cleanBlock(body, width)...)
	if rest != "" {
		lines = append(lines, "", rest)
	}
	return lines
}

// against is why a row has no letter, or could not be sent.
func (s letterRead) against() (texts []string) {
	for _, problem := range append(s.Problems.Errors(), s.Objections.Errors()...) {
		texts = append(texts, sentence(clean(problem.Text)))
	}
	if s.Sender != nil {
		texts = append(texts, sentence(mistake(s.Sender)))
	}
	return texts
}

// cells are the row itself, where there is no letter.
func (p *letterPane) cells(width int) (lines []string) {
	for i, column := range p.look.Campaign.Columns {
		if i < len(p.shown.Row.Values) {
			text := clean(startOf(column.Name)) + ": " + clean(startOf(p.shown.Row.Values[i]))
			lines = append(lines, wrap(cut(text, width*3), width)...)
		}
	}
	return lines
}

// startOf is as much of a cell as a screen can show: they may have megabytes.
func startOf(cell string) string {
	const most = 2000
	return strings.ToValidUTF8(cell[:min(len(cell), most)], "")
}

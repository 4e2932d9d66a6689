package ui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/outbox"
)

// accountPane shows all that is known of one account.
type accountPane struct {
	*desk
	name  string
	known accountFacts
	text  scroller
}

func (d *desk) openAccount(a accounts.Account) tea.Cmd {
	p := &accountPane{desk: d, name: a.Name}
	d.push(p)
	return p.known.load(d)
}

func (p *accountPane) title() string { return clean(p.name) }

func (p *accountPane) restyled() {}

func (p *accountPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case accountsRead:
		return p.known.take(p.desk, msg)
	case changed, ticked:
		return p.known.load(p.desk)
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.MouseWheelMsg:
		p.text.update(msg, moveKeys{}, p.textHeight())
	}
	return nil
}

func (p *accountPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case p.text.update(msg, k.move, p.textHeight()):
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Back):
		p.close(p)
	default:
		if a, ok := p.desk.account(p.name); ok {
			return p.actOnAccount(msg, k.account, a, p.known.states[p.name])
		}
	}
	return nil
}

// accountPaneKeys are the keys of the view of an account.
type accountPaneKeys struct {
	move       moveKeys
	account    accountKeys
	Help, Back key.Binding
}

func (p *accountPane) keys() accountPaneKeys {
	k := accountPaneKeys{
		move: p.moveKeys(), account: p.noAccountKeys(), Help: p.bound("help", "everywhere.help"), Back: p.bound("back", "view.back", "view.close"),
	}
	if a, ok := p.desk.account(p.name); ok {
		k.account = p.accountKeys(a, p.known.states[p.name])
	}
	return k
}

func (p *accountPane) bindings() bindings {
	k := p.keys()
	return bindings{
		footer: k.account.all(),
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"This account", append(k.account.all(), k.Back)}, {"Moving", k.move.all()}},
	}
}

// accountHead is the lines above the text: the name, a blank.
const accountHead = 2

func (p *accountPane) textHeight() int { return max(p.paneHeight()-accountHead, 1) }

func (p *accountPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-2, 1)
	a, there := p.desk.account(p.name)
	state, known := p.known.states[p.name]
	health := ""
	switch {
	case !there:
		health = p.styles.bad.Render("it is not set up any more")
	case known:
		l := p.health(state)
		health = p.styles.of(l.tone).Render(cut(l.String(), max(room*2/3, 12)))
	}
	p.text.lines = nil
	if there {
		p.text.lines = p.lines(a, state, room)
	}
	lines := []string{
		" " + between(p.styles.bold.Render(clean(p.name)), health, room),
		right(p.styles.dim.Render(p.text.more(height-accountHead)), max(width-1, 0)),
	}
	for _, line := range p.text.view(max(height-accountHead, 0)) {
		lines = append(lines, " "+line)
	}
	return lines[:min(len(lines), height)], nil
}

// lines are first why it stands still, if it does, then its settings.
func (p *accountPane) lines(a accounts.Account, s outbox.AccountState, width int) (lines []string) {
	if s.Park != nil {
		lines = append(p.why(*s.Park, a, width), "")
	}
	const label = 11
	field := func(name string, values ...string) {
		values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
		for n, line := range wrap(clean(strings.Join(values, " · ")), max(width-label, 1)) {
			if line == "" {
				continue
			}
			if n > 0 {
				name = ""
			}
			lines = append(lines, p.styles.dim.Render(cell(name, min(label, width)))+line)
		}
	}
	field("from", fromLine(a))
	field("also", a.Addresses()...)
	field("server", serverText(a), through(a))
	field("login", login(a))
	if m := a.Mailbox; !m.IsZero() {
		field("bounces", fmt.Sprintf("%s at %s", m.Protocol, accounts.Server{Host: m.Host, Port: m.Port, Security: m.Security}))
	}
	field("openpgp", wishWords(a.OpenPGP), a.OpenPGP.Key)
	var limits []string
	for _, q := range s.Limits {
		limits = append(limits, limitText(q))
	}
	field("used", limits...)
	if s.Unsent > 0 {
		field("to send", count(s.Unsent, "message"))
	}
	field("last sent", clock(s.LastSent, p.now))
	if len(p.accounts) > 1 && p.accounts[0].Name == a.Name {
		field("default", "for messages that say nothing else")
	}
	return lines
}

func through(a accounts.Account) string {
	if a.SMTP.Proxy.IsZero() {
		return ""
	}
	return "through " + a.SMTP.Proxy.String()
}

func login(a accounts.Account) string {
	switch {
	case a.SMTP.Username == "" && a.SMTP.ClientCert != "":
		return "by the certificate in " + a.SMTP.ClientCert
	case a.SMTP.Username == "":
		return "none"
	case a.SMTP.Secret.IsZero():
		return a.SMTP.Username
	}
	return a.SMTP.Username + " · password from " + a.SMTP.Secret.String()
}

// why says in plain words why an account stands still, then what to do, and last in
// the server's.
func (p *accountPane) why(park outbox.Park, a accounts.Account, width int) (lines []string) {
	plain := outbox.Explain(park.Result, a.Name, "")
	text := plain.What
	if plain.Otherwise != "" {
		text += " " + sentence(plain.Otherwise)
	}
	next := p.keyed("It waits for you: {account.try-again} tries once more.")
	if !park.Until.IsZero() {
		next = "It goes on " + onward(park.Until, p.now) + p.keyed("; {account.try-again} tries now.")
	}
	if park.Class == outbox.ClassCredentials && p.options.Setup != nil {
		next = p.keyed("It waits for you: {account.secret} takes a new secret, {account.try-again} tries once more with the one it has.")
	}
	lines = append(lines, indented(text+" "+next, width+2, p.styles.plain)...)
	if words := reply(park.Result); words != "" {
		lines = append(lines, indented(words, width+2, p.styles.dim)...)
	}
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "  ")
	}
	return lines
}

package ui

import (
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// accountsPane lists the accounts: how each does, what of its limits is used, what
// waits for it.
type accountsPane struct {
	*desk
	list     list
	selected string // the name of the account under the cursor
	known    accountFacts
}

// accountFacts are what the outbox knows of the accounts. A pane that shows some
// reads them.
type accountFacts struct {
	states  map[string]outbox.AccountState // nil: not read yet
	reading reading
}

// accountsRead is what was read.
type accountsRead struct {
	of     *accountFacts
	states []outbox.AccountState
	err    error
}

// load reads the facts, once at a time.
func (f *accountFacts) load(d *desk) tea.Cmd {
	if !f.reading.begin() {
		return nil
	}
	all := d.accounts
	return d.do(func(ctx context.Context) tea.Msg {
		states, err := d.options.Outbox.AccountStates(ctx, policiesOf(d.options, all))
		return accountsRead{of: f, states: states, err: err}
	})
}

// policiesOf are the policies of accounts, for what cannot be told of them at least
// the names.
func policiesOf(o Options, all []accounts.Account) []outbox.Policy {
	if o.Policies != nil {
		return o.Policies()
	}
	policies := make([]outbox.Policy, len(all))
	for i, a := range all {
		policies[i].Account = a.Name
	}
	return policies
}

// take takes in what was read for f.
func (f *accountFacts) take(d *desk, msg accountsRead) tea.Cmd {
	if msg.of != f {
		return nil
	}
	f.reading.end()
	if msg.err != nil {
		return d.fail(msg.err)
	}
	f.states = make(map[string]outbox.AccountState, len(msg.states))
	for _, s := range msg.states {
		f.states[s.Account] = s
	}
	if f.reading.again {
		return f.load(d)
	}
	return nil
}

// openAccounts shows the accounts.
func (d *desk) openAccounts() tea.Cmd { return d.openAccountsAt("") }

// openAccountsAt shows the accounts with one selected, if it is there.
func (d *desk) openAccountsAt(account string) tea.Cmd {
	p := &accountsPane{desk: d, selected: account}
	d.push(p)
	p.fit()
	return p.known.load(d)
}

func (p *accountsPane) title() string { return "accounts" }

func (p *accountsPane) restyled() {}

// account is the selected one, or nil.
func (p *accountsPane) account() *accounts.Account {
	if p.list.cursor >= len(p.accounts) {
		return nil
	}
	return &p.accounts[p.list.cursor]
}

// fit follows the selected account: they may have changed.
func (p *accountsPane) fit() {
	if i := slices.IndexFunc(p.accounts, func(a accounts.Account) bool { return a.Name == p.selected }); i >= 0 {
		p.list.cursor = i
	}
	p.list.fit(len(p.accounts), p.rowsHeight())
	p.choose()
}

func (p *accountsPane) choose() {
	if a := p.account(); a != nil {
		p.selected = a.Name
	}
}

func (p *accountsPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case accountsRead:
		return p.known.take(p.desk, msg)
	case changed, ticked:
		p.fit()
		return p.known.load(p.desk)
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.MouseWheelMsg:
		p.list.scroll(wheel(msg), len(p.accounts), p.rowsHeight())
		p.choose()
	case tea.MouseClickMsg:
		return p.click(msg)
	}
	return nil
}

func (p *accountsPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case p.list.press(msg, k.move, len(p.accounts), p.rowsHeight()):
		p.choose()
	case key.Matches(msg, k.Add):
		return p.addAccount()
	case key.Matches(msg, k.begin.Import):
		return p.runImport()
	case key.Matches(msg, k.begin.Demo):
		return p.runDemo()
	case key.Matches(msg, k.begin.Compose):
		p.close(p)
		return p.openComposer(compose.Draft{}, outbox.DraftRef{})
	case key.Matches(msg, k.Open):
		return p.openAccount(*p.account())
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Back):
		p.close(p)
	default:
		if a := p.account(); a != nil {
			return p.actOnAccount(msg, k.account, *a, p.known.states[a.Name])
		}
	}
	return nil
}

// click selects an account, or opens the one that is selected, or begins where there is none.
func (p *accountsPane) click(msg tea.MouseClickMsg) tea.Cmd {
	if msg.Button == tea.MouseLeft && len(p.accounts) == 0 {
		if pressed, ok := pressFirst(p.firstRun(accountsBegin(), p.width, p.paneHeight()-accountsHead), msg.Y-accountsHead); ok {
			return p.press(pressed)
		}
	}
	row := p.list.top + (msg.Y-accountsHead)/rowLines
	if msg.Button != tea.MouseLeft || msg.Y < accountsHead || row >= len(p.accounts) {
		return nil
	}
	if row == p.list.cursor {
		return p.openAccount(p.accounts[row])
	}
	p.list.cursor = row
	p.choose()
	return nil
}

// accountsBegin are the ways to begin from the list of accounts.
func accountsBegin() waysToBegin {
	return waysToBegin{add: "accounts.add", taken: "accounts.import", demo: "accounts.demo", compose: "accounts.compose"}
}

// accountsKeys are the keys of the list of accounts.
type accountsKeys struct {
	move                  moveKeys
	begin                 beginKeys
	account               accountKeys
	Add, Open, Help, Back key.Binding
}

func (p *accountsPane) keys() accountsKeys {
	a := p.account()
	k := accountsKeys{
		move:  p.moveKeys(),
		begin: p.beginKeys(accountsBegin()),
		Add:   when(p.options.Setup != nil, p.bound("add", "accounts.add")),
		Open:  when(a != nil, p.bound("details", "accounts.open")),
		Help:  p.bound("help", "everywhere.help"),
		Back:  p.bound("back", "view.back"),
	}
	if a != nil {
		k.account = p.accountKeys(*a, p.known.states[a.Name])
	} else {
		k.account = p.noAccountKeys()
	}
	return k
}

func (p *accountsPane) bindings() bindings {
	k := p.keys()
	return bindings{
		footer: slices.Concat([]key.Binding{k.Add, k.begin.Import, k.begin.Demo, k.begin.Compose, k.Open}, k.account.all()),
		end:    []key.Binding{k.Help, k.Back},
		help: []group{
			{"Accounts", []key.Binding{k.Add, k.begin.Import, k.begin.Demo, k.begin.Compose, k.Back}},
			{"The selected account", append([]key.Binding{k.Open}, k.account.all()...)},
			{"Moving", k.move.all()},
		},
	}
}

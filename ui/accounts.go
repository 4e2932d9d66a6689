package ui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/accounts/discover"
)

// Setup is what can be done about accounts beside writing accounts.toml. All of it
// is called from commands, of which several may run, and ends with its context.
type Setup struct {
	// Find looks for the servers of an address.
	Find func(ctx context.Context, address string, o FindOptions) (discover.Result, error)
	// Check proves an account, and tells each step when it is over.
	Check func(ctx context.Context, a accounts.Account, step func(check.Step)) check.Report
	// Rename gives an account another name, in the outbox and wherever its secrets
	// are kept under it.
	Rename func(ctx context.Context, old, name string) error
	// Remove takes an account out, and what is kept for it outside of the outbox.
	Remove func(ctx context.Context, name string) error
}

// FindOptions are how to look for servers; see [discover.Options].
type FindOptions struct {
	AskDomain bool
	Told      func(discover.Road)
}

// setUp are the accounts that are set up now; nil where that cannot be told. It is
// for commands.
func (o Options) setUp() []accounts.Account {
	if o.AccountsNow == nil {
		return nil
	}
	all, err := o.AccountsNow()
	if err != nil {
		return nil // someone is writing it; the next reading tells
	}
	if all == nil {
		return []accounts.Account{}
	}
	return all
}

// setUpWrong is what is wrong with the accounts file, as setUp has found it; "" for nothing.
func (o Options) setUpWrong() string {
	if o.AccountsWrong == nil {
		return ""
	}
	return clean(o.AccountsWrong())
}

// wrongLines say what is wrong with the accounts file and what that means; none where
// nothing is.
func (d *desk) wrongLines(width int) (lines []string) {
	if d.status.setUpWrong == "" {
		return nil
	}
	const most = 3 // the first mistake may be long, and the list needs the room
	for _, line := range upTo(wrap(d.status.setUpWrong+". It goes on with the accounts of before.", max(width-1, 1)), most, width) {
		lines = append(lines, " "+d.styles.bad.Render(line))
	}
	return lines
}

// takeAccounts takes in which accounts there are now.
func (d *desk) takeAccounts(all []accounts.Account) tea.Cmd {
	if all == nil || slices.EqualFunc(d.accounts, all, sameAccount) {
		return nil
	}
	c := d.composer()
	if c != nil {
		before := c.signature()
		d.accounts = all
		return c.takeSenders(before)
	}
	d.accounts = all
	var cmds []tea.Cmd
	for _, p := range d.panes {
		if p, ok := p.(*accountsPane); ok {
			p.fit()
			cmds = append(cmds, p.known.load(d))
		}
	}
	return tea.Batch(cmds...)
}

func sameAccount(a, b accounts.Account) bool { return a.Name == b.Name && a.Revision() == b.Revision() }

// accountsChanged is what a change of the accounts came to.
type accountsChanged struct {
	say   string
	err   error
	setUp []accounts.Account
	then  func(err error) tea.Cmd
}

// changeAccounts makes a change, says what has happened, and hands the outcome to
// then, which may be nil, on the goroutine of Update.
func (d *desk) changeAccounts(say string, change func(ctx context.Context, path string) error, then func(err error) tea.Cmd) tea.Cmd {
	return d.do(func(ctx context.Context) tea.Msg {
		err := change(ctx, d.options.AccountsFile)
		if err == nil {
			d.options.Outbox.AccountsChanged()
		}
		return accountsChanged{say: say, err: err, setUp: d.options.setUp(), then: then}
	})
}

// changeFile is changeAccounts for accounts.toml alone.
func (d *desk) changeFile(say string, change func(*accounts.File) error) tea.Cmd {
	return d.changeAccounts(say, func(_ context.Context, path string) error {
		file, err := accounts.OpenFile(path)
		if err != nil {
			return err
		}
		if err := change(file); err != nil {
			return err
		}
		return file.Save()
	}, nil)
}

func (m *Model) handleAccountsChanged(msg accountsChanged) tea.Cmd {
	cmds := []tea.Cmd{m.takeAccounts(msg.setUp)}
	if msg.err != nil {
		cmds = append(cmds, m.fail(msg.err))
	} else if msg.say != "" {
		cmds = append(cmds, m.say(msg.say))
	}
	if msg.then != nil {
		cmds = append(cmds, msg.then(msg.err))
	}
	return tea.Batch(cmds...) // the panes hear of it from the outbox
}

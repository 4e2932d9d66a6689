package ui

import (
	"context"
	"errors"
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/outbox"
)

// accountKeys act on one account, in the list and in its own view. Those that mean
// nothing for it are disabled.
type accountKeys struct {
	Check, TryAgain, Secret, Edit, Default, Rename, Remove key.Binding
}

func (d *desk) accountKeys(a accounts.Account, state outbox.AccountState) accountKeys {
	own := d.options.Setup != nil
	return accountKeys{
		Check:    when(own, d.bound("check", "account.check")),
		TryAgain: when(state.Park != nil, d.bound("try again", "account.try-again")),
		Secret:   when(own && a.SMTP.Username != "", d.bound("new secret", "account.secret")),
		Edit:     when(own, d.bound("edit", "account.edit")),
		Default:  when(own && len(d.accounts) > 0 && a.Name != d.accounts[0].Name, d.bound("make default", "account.default")),
		Rename:   when(own, d.bound("rename", "account.rename")),
		Remove:   when(own, d.bound("remove", "account.remove")),
	}
}

// noAccountKeys are the same where there is no account: none means anything.
func (d *desk) noAccountKeys() accountKeys {
	off := when(false, d.bound("", "account.check"))
	return accountKeys{off, off, off, off, off, off, off}
}

func (k accountKeys) all() []key.Binding {
	return []key.Binding{k.TryAgain, k.Check, k.Edit, k.Secret, k.Default, k.Rename, k.Remove}
}

// actOnAccount does what a key asks of an account.
func (d *desk) actOnAccount(msg tea.KeyPressMsg, k accountKeys, a accounts.Account, state outbox.AccountState) tea.Cmd {
	switch {
	case key.Matches(msg, k.Check):
		p := newCheckPane(d, a, nil)
		d.push(p)
		return p.start()
	case key.Matches(msg, k.TryAgain):
		return d.tryAgain(a.Name, outbox.TryOptions{})
	case key.Matches(msg, k.Secret):
		d.askNewSecret(a)
	case key.Matches(msg, k.Edit):
		return d.editAccount(a.Name)
	case key.Matches(msg, k.Default):
		return d.changeFile(clean(a.Name)+" is the default now.", func(f *accounts.File) error { return f.SetDefault(a.Name) })
	case key.Matches(msg, k.Rename):
		d.askName(a)
	case key.Matches(msg, k.Remove):
		d.askRemove(a, state)
	}
	return nil
}

// tryAgain lets an account go on that stands still.
func (d *desk) tryAgain(name string, o outbox.TryOptions) tea.Cmd {
	say := "It is tried once more now."
	if !d.sends() {
		say = "It is tried once more as soon as something sends."
	}
	return d.do(func(ctx context.Context) tea.Msg {
		err := d.options.Outbox.TryAgain(ctx, name, o)
		return ended{func() tea.Cmd {
			switch {
			case errors.Is(err, outbox.ErrDayLimit):
				d.ask("Try all the same? The account's quota for the day is used up.", "wait",
					yes("try", func() tea.Cmd { return d.tryAgain(name, outbox.TryOptions{AgainstLimit: true}) }))
				return nil
			case err != nil:
				return d.fail(err)
			}
			return d.say(say)
		}}
	})
}

// askName asks for another name of an account.
func (d *desk) askName(a accounts.Account) {
	name := d.text("New name", a.Name)
	name.note = func() string { return "For you alone. Its messages and what is kept for it go along." }
	p := &formPane{desk: d, name: "rename " + clean(a.Name), fields: []*formField{name}}
	p.submit = func() tea.Cmd {
		wanted := name.input.value()
		if wanted == a.Name {
			d.close(p)
			return nil
		}
		p.doing = "renaming"
		return d.changeAccounts(fmt.Sprintf("%s is %s now.", clean(a.Name), clean(wanted)), func(ctx context.Context, _ string) error {
			return d.options.Setup.Rename(ctx, a.Name, wanted)
		}, func(err error) tea.Cmd {
			p.doing = ""
			if err != nil {
				d.clearNotice()
				return p.wrong(name, sentence(mistake(err)))
			}
			d.follow(a.Name, wanted)
			d.close(p)
			return nil
		})
	}
	d.push(p)
	p.start()
}

// follow lets what shows an account go along with its new name.
func (d *desk) follow(old, name string) {
	for _, p := range d.panes {
		switch p := p.(type) {
		case *accountsPane:
			if p.selected == old {
				p.selected = name
			}
		case *accountPane:
			if p.name == old {
				p.name = name
			}
		}
	}
}

// askRemove asks, the more so when messages of the account wait.
func (d *desk) askRemove(a accounts.Account, state outbox.AccountState) {
	text := fmt.Sprintf("Remove %s? What it has sent stays here.", clean(a.Name))
	if state.Unsent > 0 {
		text = fmt.Sprintf("Remove %s? %s for it; they stay, and %s moves one to another account.", clean(a.Name), waits(state.Unsent), d.keyOf("outbox.other-account"))
	}
	d.ask(text, "keep", yes("remove", func() tea.Cmd {
		say := clean(a.Name) + " is removed."
		if file := a.SMTP.Secret.File; file != "" {
			say = clean(a.Name) + " is removed; its password stays in " + clean(file) + "."
		}
		return d.changeAccounts(say, func(ctx context.Context, _ string) error {
			return d.options.Setup.Remove(ctx, a.Name)
		}, func(err error) tea.Cmd {
			if err == nil {
				d.closeAccount(a.Name)
			}
			return nil
		})
	}))
}

// closeAccount closes the view of an account that is gone.
func (d *desk) closeAccount(name string) {
	for _, p := range d.panes {
		if p, ok := p.(*accountPane); ok && p.name == name {
			d.close(p)
			return
		}
	}
}

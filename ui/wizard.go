package ui

import (
	"cmp"
	"context"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/accounts/discover"
)

// newcomer is an account while it is set up: address, servers, login, check. Each
// step is a pane, so that esc goes back to the one before; nothing is written before
// the last.
type newcomer struct {
	*desk
	clients []accounts.OAuthClient // what a login with a browser is possible with
	from    mail.Address
	account accounts.Account
	secret  accounts.TypedSecret
}

// The steps as they are counted on the screen.
const (
	stepAddress = "1 of 4: address"
	stepServers = "2 of 4: servers"
	stepLogin   = "3 of 4: login"
)

// addAccount begins with a new account. A file that cannot be added to is told of at
// once, and not when all has been typed.
func (d *desk) addAccount() tea.Cmd {
	n := &newcomer{desk: d}
	p := n.addressForm()
	d.push(p)
	p.start()
	return d.do(func(context.Context) tea.Msg {
		file, err := accounts.OpenFile(d.options.AccountsFile)
		return ended{func() tea.Cmd {
			if err != nil {
				d.close(p)
				return d.fail(err)
			}
			n.clients = file.Clients()
			return nil
		}}
	})
}

// addressForm asks whose account it is.
func (n *newcomer) addressForm() *formPane {
	address, name := n.text("Your address", ""), n.text("Your name", "")
	address.note = func() string { return "as in ada@example.org" }
	name.note = func() string { return "as others see it; it may stay empty" }
	p := &formPane{desk: n.desk, name: "new account", step: stepAddress, fields: []*formField{address, name}}
	p.below = func(width int) (lines []string) {
		for _, line := range wrap("Then its servers are looked for. Others see the domain alone: DNS, its own web servers and Thunderbird's list of providers.", width) {
			lines = append(lines, n.styles.dim.Render(line))
		}
		return lines
	}
	read := func() (discover.Result, bool) {
		known, err := discover.Known(strings.TrimSpace(address.input.value()))
		if err != nil {
			p.wrong(address, "That is no address: it looks like ada@example.org.")
			return known, false
		}
		written, _ := mail.ParseAddress(address.input.value()) // known has read it
		n.from = mail.Address{Name: cmp.Or(strings.TrimSpace(name.input.value()), written.Name), Address: written.Address}
		return known, true
	}
	p.submit = func() tea.Cmd {
		known, ok := read()
		switch {
		case !ok:
			return nil
		case known.DidYouMean == "":
			return n.find(known)
		}
		n.ask("Did you mean "+clean(known.DidYouMean)+"?", "change it", yes("yes", func() tea.Cmd {
			address.input.set(known.DidYouMean)
			return p.submit()
		}), answer{"no, go on", "question.as-typed", func() tea.Cmd { return n.find(known) }})
		return nil
	}
	p.byHand = func() tea.Cmd {
		if _, ok := read(); !ok {
			return nil
		}
		return n.typeServer(accounts.SMTP{})
	}
	return p
}

// find looks for servers.
func (n *newcomer) find(known discover.Result) tea.Cmd {
	p := &findPane{desk: n.desk, newcomer: n, known: known}
	n.push(p)
	return p.look()
}

// take goes on with the servers of a finding.
func (n *newcomer) take(f discover.Finding) tea.Cmd {
	n.account = f.Account("", n.from)
	return n.askLogin(f.Secrets, f.Preset)
}

// securities are the choices for a line, best first.
var securities = []accounts.Security{accounts.TLS, accounts.STARTTLS, accounts.None}

// typeServer asks for the server that takes mail, beginning with what is known.
func (n *newcomer) typeServer(known accounts.SMTP) tea.Cmd {
	host, port := n.text("Server", known.Host), n.text("Port", "")
	security := &formField{label: "Line", choices: []string{"TLS from the start", "STARTTLS", "without encryption"}}
	security.chosen = max(slices.Index(securities, known.Security), 0)
	host.note = func() string { return "that takes your mail; the provider calls it SMTP or outgoing server" }
	security.note = func() string { return "← and → choose" }
	port.note = func() string {
		return "usual: " + strconv.Itoa(securities[security.chosen].Port()) + "; it may stay empty"
	}
	if known.Port != 0 && known.Port != known.Security.Port() {
		port.input.set(strconv.Itoa(known.Port))
	}
	p := &formPane{desk: n.desk, name: "servers by hand", step: stepServers, fields: []*formField{host, security, port}}
	p.submit = func() tea.Cmd {
		smtp := accounts.SMTP{Host: strings.TrimSpace(host.input.value()), Security: securities[security.chosen]}
		text := strings.TrimSpace(port.input.value())
		number, err := strconv.ParseUint(text, 10, 16)
		switch {
		case smtp.Host == "":
			return p.wrong(host, "Which server takes your mail?")
		case text != "" && (err != nil || number == 0):
			return p.wrong(port, "Ports go from 1 to 65535.")
		}
		smtp.Port = int(number)
		n.account = accounts.New("", n.from)
		n.account.SMTP = smtp
		if smtp.Security != accounts.None || smtp.Loopback() {
			return n.askLogin(nil, nil)
		}
		n.ask("Everybody on the way can read your mail then. Go on?", "change it", yes("go on", func() tea.Cmd { return n.askLogin(nil, nil) }))
		return nil
	}
	n.push(p)
	p.start()
	return nil
}

// askLogin asks how to log in at the server, and for a name of the account. kinds
// and preset are what is known of that; both may be nil.
func (n *newcomer) askLogin(kinds []accounts.SecretKind, preset *accounts.Preset) tea.Cmd {
	usual := n.account.SMTP.Username
	if usual == "" && !n.account.SMTP.Loopback() && n.account.SMTP.Auth != accounts.AuthNone && (preset == nil || preset.Login != accounts.LoginOwn) {
		usual = n.from.Address // as most providers want it
	}
	user, name := n.text("User name", usual), n.text("Call it", accounts.FreeName(n.from.Address, n.accounts))
	user.note = func() string { return "for the login; without one there is none" }
	name.note = func() string { return "a name for the account, for you alone" }
	none := func() bool { return strings.TrimSpace(user.input.value()) == "" }
	secret := n.newSecretFields(accounts.Secret{}, n.clients, none)
	p := &formPane{desk: n.desk, name: "login at " + clean(n.account.SMTP.Host), step: stepLogin}
	p.fields = slices.Concat([]*formField{user}, secret.fields(), []*formField{name})
	p.below = func(width int) []string { return n.aboutLogin(kinds, preset, width) }
	p.submit = func() tea.Cmd {
		n.account.Name = strings.TrimSpace(name.input.value())
		n.account.SMTP.Username, n.secret = strings.TrimSpace(user.input.value()), accounts.TypedSecret{}
		if !none() {
			var at *formField
			var problem string
			if n.secret, at, problem = secret.secret(); problem != "" {
				return p.wrong(at, problem)
			}
		}
		p.doing = "looking at it"
		return n.try(func(err error, account accounts.Account) tea.Cmd {
			p.doing = ""
			if !p.open(p) { // it was left meanwhile
				return nil
			}
			if err != nil {
				return p.wrong(fieldOf(err, user, name, secret.place), sentence(mistake(err)))
			}
			return n.check(account)
		})
	}
	n.push(p)
	p.start()
	return nil
}

// fieldOf is the field that an error is about, nil if it is none of them.
func fieldOf(err error, user, name, secret *formField) *formField {
	switch key, _, _, _ := accounts.Complaint(err); key {
	case "smtp.username":
		return user
	case "name":
		return name
	case "smtp.secret":
		return secret
	}
	return nil
}

// aboutLogin is what is known of the provider.
func (n *newcomer) aboutLogin(kinds []accounts.SecretKind, preset *accounts.Preset, width int) (lines []string) {
	add := func(text string, style func(...string) string) {
		for _, line := range wrap(clean(text), width) {
			lines = append(lines, style(line))
		}
	}
	if len(kinds) > 0 && kinds[0] == accounts.SecretOAuth && len(n.clients) == 0 {
		add("! It wants a login with a browser, and accounts.toml has no [oauth.…] for that: see doc/secrets.md. A command such as oama may print tokens.", n.styles.wait.Render)
	}
	if preset != nil {
		for _, hint := range preset.Hints {
			add(hint, n.styles.plain.Render)
		}
		if limits := preset.Limits.String(); limits != "" {
			add("Limits "+limits+".", n.styles.dim.Render)
		}
	}
	return lines
}

// try sees whether the account could be written as it is, and gives it with its
// defaults and a secret that is not kept yet.
func (n *newcomer) try(then func(error, accounts.Account) tea.Cmd) tea.Cmd {
	account, secret, path := n.account, n.secret, n.options.AccountsFile
	return n.do(func(context.Context) tea.Msg {
		settled, err := settleSecret(secret, path, account.Name)
		if err == nil {
			account.SMTP.Secret = settled.Place
			var file *accounts.File
			if file, err = accounts.OpenFile(path); err == nil {
				err = file.Add(account)
			}
		}
		var book *accounts.Book
		if err == nil && settled.Place.OAuth == "" {
			account.SMTP.Secret = settled.Unkept()
			book, err = accounts.NewBook("", account)
		}
		return ended{func() tea.Cmd {
			if err == nil && book != nil {
				account = book.Accounts[0]
			}
			return then(err, account)
		}}
	})
}

// check proves the account before it is kept. One that wants a login with a browser
// first cannot be.
func (n *newcomer) check(account accounts.Account) tea.Cmd {
	if n.secret.Place.OAuth == "" {
		p := newCheckPane(n.desk, account, n)
		n.push(p)
		return p.start()
	}
	say := clean(account.Name) + " is saved. Now log in: sendoff account login " + clean(account.Name)
	return n.changeAccounts(say, n.keep(), func(err error) tea.Cmd {
		if err == nil {
			n.panes = n.panes[:1]
		}
		return nil
	})
}

// keep gives what writes the account and its secret as they are now, both or none.
func (n *newcomer) keep() func(ctx context.Context, path string) error {
	account, secret := n.account, n.secret
	return func(ctx context.Context, path string) error {
		secret, err := settleSecret(secret, path, account.Name)
		if err != nil {
			return err
		}
		file, err := accounts.OpenFile(path)
		if err != nil {
			return err
		}
		account := account
		account.SMTP.Secret = secret.Place
		if err := file.Add(account); err != nil {
			return err
		}
		return secret.KeepAnd(ctx, file.Save)
	}
}

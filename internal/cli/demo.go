package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/spell"
	"sendoff/internal/config"
	"sendoff/internal/sandbox"
	"sendoff/outbox"
	"sendoff/ui"
)

const demoNotice = "A demo: nothing leaves. {list.compose} writes, {list.new-campaign} begins a campaign; try reject@example.org"

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Try the interface on a throw-away outbox with a built-in server",
		Long: "Opens the interface on a throw-away outbox with the sandbox as its account and a few messages under way. Nothing leaves the machine, " +
			"and everything is gone when you quit. Keys, filters and colours are those of config.toml.\n\nAddresses that misbehave, at any domain:\n" + behaviourHelp(),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context()) },
	}
}

func (p *program) demo(ctx context.Context) (err error) {
	if !isTerminal(p.In) || !isTerminal(p.Out) {
		return hinted{usagef("the demo needs a terminal"), "sendoff sandbox runs the built-in server without one"}
	}
	o, err := demoScreen()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sendoff-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := sandbox.Start(sandbox.Options{Addr: "127.0.0.1:0", IMAP: "127.0.0.1:0", ReturnAfter: demoReturnAfter})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte("demo\n"), 0o600); err != nil {
		return err
	}
	book, err := demoBook(server.Addr(), server.IMAPAddr(), secret)
	if err != nil {
		return err
	}
	where := places{data: filepath.Join(dir, "outbox"), state: filepath.Join(dir, "state")}
	b, err := outbox.Open(ctx, outbox.Options{Dir: where.data, State: where.state, Render: where.render})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := fillDemo(ctx, b); err != nil {
		return err
	}
	settings := config.Settings{Notify: config.NotifyAuto}
	keys, asks := p.keyrings(fixedAccounts(book))
	e := newEngine(b, fixedAccounts(book), settings, accounts.Fingerprints{}, slog.New(slog.DiscardHandler))
	o.Outbox, o.Accounts, o.UndoWindow, o.Sending, o.Passing, o.Notice = b, book.Accounts, demoUndoWindow, true, true, demoNotice
	o.Policies, o.OpenPGP, o.OpenPGPAsks = e.accounts.policies, keys, asks
	o.Campaigns = &ui.Campaigns{Book: e.accounts.current, UnsubscribeKey: unsubscribeKey(where)}
	o.Spelling = &spell.Checker{OwnWords: filepath.Join(dir, "words")}
	o.Alarms, o.AlarmBy = e.alarmTerminal(b, where.state)
	return p.runInterface(ctx, e, o)
}

// demoScreen is the screen as config.toml has it, so that what is learnt in the demo holds
// outside of it. Where nobody has a home there are no settings.
func demoScreen() (ui.Options, error) {
	where, err := userPlaces()
	if err != nil {
		where.settings = ""
	}
	_, o, err := screenSettings(where)
	return o, err
}

const (
	// demoUndoWindow is short, so that who tries it out sees mail leave soon.
	demoUndoWindow = 5 * time.Second
	// demoReturnAfter has a report lie there when it is first looked for, five seconds
	// after something was sent.
	demoReturnAfter = 3 * time.Second
	// demoEvery is how often that is done: as often as an account may.
	demoEvery = 10 * time.Second
)

// demoBook has two accounts at the sandbox, so that there is something to
// switch between. Their bounces arrive at its IMAP server, if there is one ("").
func demoBook(smtp, imap, secret string) (*accounts.Book, error) {
	host, port, err := hostAndPort(smtp)
	if err != nil {
		return nil, err
	}
	account := func(name, person, from string) accounts.Account {
		return accounts.Account{
			Name: name, From: mail.Address{Name: person, Address: from}, Signature: person,
			SMTP: accounts.SMTP{Host: host, Port: port, Security: accounts.None, Auth: accounts.AuthNone},
		}
	}
	all := []accounts.Account{account("work", "Ada Example", "ada@example.org"), account("home", "Ada", "ada@home.example")}
	if imap != "" {
		if host, port, err = hostAndPort(imap); err != nil {
			return nil, err
		}
		for i := range all {
			all[i].Mailbox = accounts.Mailbox{Protocol: accounts.IMAP, Host: host, Port: port, Security: accounts.None,
				Username: all[i].From.Address, Secret: accounts.Secret{File: secret}, Every: demoEvery}
		}
	}
	return accounts.NewBook("work", all...)
}

func hostAndPort(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	return host, port, err
}

// demoItem is a message the demo begins with. The sender of the demo makes of
// it what the server says, so that what is seen is the real thing.
type demoItem struct {
	account, to, subject, body string
	hold                       bool
	after                      time.Duration
}

var demoItems = []demoItem{
	{account: "home", to: "bounce@example.net", subject: "Book club in June", body: "Shall we read something short?\n"},
	{account: "home", to: "sam@example.org", subject: "Photos from the trip", body: "They are in the album now.\n"},
	{account: "work", to: "board@example.org, reject@example.org, kim@example.com", subject: "Minutes of 12 May", body: "Dear all,\n\nthe minutes.\n"},
	{account: "work", to: "reject@example.org", subject: "Hello", body: "Is this still your address?\n"},
	{account: "work", to: "drop@example.com", subject: "Invoice 1043", body: "Please find the invoice.\n"},
	{account: "home", to: "defer@example.net", subject: "Re: lease", body: "I agree to the new date.\n"},
	{account: "work", to: "ops@example.org", subject: "Backup failed on db2", body: "No space left on /srv.\n", hold: true},
	{account: "home", to: "jo@example.org", subject: "Lunch on Friday?", body: "At one?\n", after: 14 * time.Hour},
	{account: "work", to: "slow@example.org", subject: "Quarterly figures", body: "The figures are attached in my mind.\n"},
}

func fillDemo(ctx context.Context, b *outbox.Outbox) error {
	from := map[string]string{"work": "Ada Example <ada@example.org>", "home": "Ada <ada@home.example>"}
	for _, i := range demoItems {
		d := compose.Draft{Account: i.account, From: from[i.account], To: i.to, Subject: i.subject, Body: i.body}
		o := outbox.SubmitOptions{Hold: i.hold}
		if i.after > 0 {
			o.NotBefore = time.Now().Add(i.after)
		}
		if _, err := b.Submit(ctx, d, o); err != nil {
			return fmt.Errorf("fill the demo: %w", err)
		}
	}
	_, err := b.SaveDraft(ctx, outbox.DraftRef{}, compose.Draft{
		Account: "work", From: from["work"], To: "landlord@example.net", Subject: "The heating", Body: "Dear Ms Park,\n\nsince Monday the heating",
	})
	return err
}

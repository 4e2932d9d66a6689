package cli

import (
	"cmp"
	"fmt"
	"net/mail"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/accounts"
)

func (p *program) accountAddCommand() *cobra.Command {
	var name string
	var makeDefault, offline, stdin bool
	cmd := &cobra.Command{
		Use:   "add [flags] [ADDRESS]",
		Short: "Set up an account",
		Long: "Writes an account into accounts.toml and leaves the rest of that file as it is. The server is looked for as `account discover` does, " +
			"unless --smtp-host names it. At a terminal it asks for what is missing. " +
			"A password is never given as an argument: say where it is kept, or type it when you are asked.",
		Example: "sendoff account add ada@example.org\n" +
			"sendoff account add ada@example.org --smtp-host smtp.example.org --secret-command 'pass show mail/work'",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return hinted{usagef("one address, not %d", len(args)), "further ones of the same account go into --identity"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			n := &newcomer{offline: offline, stdin: stdin}
			err := p.changeAccounts(func(file *accounts.File, where places) error {
				n.file = file
				a, secret, err := p.newAccount(cmd, n, where, name, args)
				if err != nil {
					return err
				}
				if err := file.Add(a); err != nil {
					return err
				}
				if makeDefault {
					if err := file.SetDefault(a.Name); err != nil {
						return err
					}
				}
				if err := secret.KeepAnd(cmd.Context(), file.Save); err != nil {
					return err
				}
				fmt.Fprintf(p.Err, "sendoff: account %s stands in %s\n", a.Name, where.accounts)
				return nil
			})
			if err != nil {
				return err
			}
			return n.prove()
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "its name here (default: after the address)")
	cmd.Flags().BoolVar(&makeDefault, "default", false, "take it for messages that name no account")
	cmd.Flags().BoolVar(&offline, "offline", false, "ask nobody for the server: take what sendoff knows of the provider")
	addAccountFlags(cmd)
	addSecretStdin(cmd, &stdin)
	return cmd
}

// newAccount is what the flags say and, at a terminal, what is missing is asked
// for.
func (p *program) newAccount(cmd *cobra.Command, n *newcomer, where places, name string, args []string) (a accounts.Account, secret accounts.TypedSecret, err error) {
	said := accounts.New(name, mail.Address{})
	if len(args) == 1 {
		if cmd.Flags().Changed("from") {
			return a, secret, hinted{usagef("the address is given twice"), "--from 'Ada <ada@example.org>' instead of the argument, or --identity for a further one"}
		}
		if err := setFrom(&said, args[0]); err != nil {
			return a, secret, usagef("%w", err)
		}
	}
	if _, err := applyAccountFlags(cmd, &said); err != nil {
		return a, secret, err
	}
	n.p, n.cmd, n.a, n.needsSecret = p, cmd, said, !said.SMTP.Loopback()
	if !n.complete() {
		n.d = p.dialogue()
	}
	if err := n.fill(); err != nil {
		return a, secret, err
	}
	if n.a.SMTP.Secret.IsZero() && !n.wantsSecret() && !n.stdin {
		return n.a, secret, nil
	}
	secret, err = p.chooseSecret(cmd.Context(), wantedSecret{
		place: n.a.SMTP.Secret, given: !n.a.SMTP.Secret.IsZero(), stdin: n.stdin,
		entry: accounts.KeyringEntry{Account: n.a.Name, Role: accounts.RoleSMTP},
	}, n.file, where)
	n.a.SMTP.Secret = secret.Place
	return n.a, secret, err
}

// newcomer is an account while it is set up.
type newcomer struct {
	p       *program
	cmd     *cobra.Command
	file    *accounts.File
	offline bool
	stdin   bool // the secret stands there

	a           accounts.Account
	needsSecret bool
	d           *dialogue // nil: nobody is asked
}

// prove checks the account that was set up, if the person who has just answered
// wants that; else it says how.
func (n *newcomer) prove() error {
	if n.d != nil {
		answer, err := n.d.ask(n.cmd.Context(), "Prove it now? Nothing is sent (y/n)", "y")
		if err != nil {
			return err
		}
		if strings.HasPrefix(strings.ToLower(answer), "y") {
			return n.p.checkAccounts(n.cmd.Context(), checkFlags{}, []string{n.a.Name})
		}
	}
	fmt.Fprintf(n.p.Err, "hint: sendoff account check %s tries it\n", n.a.Name)
	return nil
}

// wantsSecret tells that a login is meant and has none.
func (n *newcomer) wantsSecret() bool {
	s := n.a.SMTP
	login := s.Username != "" || n.needsSecret
	return login && s.Secret.IsZero() && s.Auth != accounts.AuthNone && s.Auth != accounts.AuthExternal
}

func (n *newcomer) complete() bool {
	return n.a.From.Address != "" && n.a.SMTP.Host != "" && !n.wantsSecret()
}

// fill puts in what was not said, in the order in which one thing follows from
// the other.
func (n *newcomer) fill() error {
	for _, step := range []func() error{n.from, n.server, n.name, n.login} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (n *newcomer) from() error {
	if n.a.From.Address == "" {
		if n.d == nil {
			return hinted{usagef("no address is given"), "sendoff account add ada@example.org --smtp-host smtp.example.org --secret-command 'pass show mail/work'"}
		}
		if err := n.d.askAbout(n.cmd.Context(), "Your address", "", func(text string) error { return setFrom(&n.a, text) }); err != nil {
			return err
		}
	}
	if n.d == nil || n.a.From.Name != "" {
		return nil
	}
	name, err := n.d.ask(n.cmd.Context(), "Your name, as others see it (may be empty)", "")
	n.a.From.Name = name
	return err
}

// name is by default that of the provider or the domain, or where that is taken
// the address.
func (n *newcomer) name() error {
	if n.a.Name != "" {
		return nil
	}
	usual := accounts.UsualName(n.a.From.Address)
	if _, err := n.file.Account(usual); err == nil {
		usual = n.a.From.Address
	}
	n.a.Name = usual
	if n.d == nil {
		return nil
	}
	var err error
	n.a.Name, err = n.d.ask(n.cmd.Context(), "A name for the account, for you alone", usual)
	return err
}

func (n *newcomer) server() (err error) {
	if n.a.SMTP.Host == "" {
		if err := n.find(); err != nil {
			return err
		}
	}
	if n.a.SMTP.Host == "" {
		if n.a.SMTP.Host, err = n.d.ask(n.cmd.Context(), "Server that takes your mail (SMTP)", ""); err != nil {
			return err
		}
	}
	n.needsSecret = !n.a.SMTP.Loopback()
	if n.d == nil || n.a.SMTP.Security != "" {
		return nil
	}
	if err := n.d.askAbout(n.cmd.Context(), "Security of the line: tls, starttls or none", string(accounts.TLS), n.security); err != nil {
		return err
	}
	if n.a.SMTP.Port != 0 {
		return nil
	}
	return n.d.askAbout(n.cmd.Context(), "Port", strconv.Itoa(n.a.SMTP.Security.Port()), n.port)
}

func (n *newcomer) security(answer string) error {
	switch s := accounts.Security(answer); s {
	case accounts.TLS, accounts.STARTTLS, accounts.None:
		n.a.SMTP.Security = s
		return nil
	}
	return fmt.Errorf("%q is none of them", answer)
}

func (n *newcomer) port(answer string) error {
	port, err := strconv.ParseUint(answer, 10, 16)
	if err != nil || port == 0 {
		return fmt.Errorf("%q is no port: they go from 1 to 65535", answer)
	}
	if n.a.SMTP.Port = int(port); n.a.SMTP.Port == n.a.SMTP.Security.Port() {
		n.a.SMTP.Port = 0 // it need not be said
	}
	return nil
}

// login takes the address for the user name, as most providers do.
func (n *newcomer) login() (err error) {
	s := &n.a.SMTP
	switch {
	case s.Username != "" || s.Auth == accounts.AuthNone || s.Auth == accounts.AuthExternal:
	case n.d != nil && n.needsSecret:
		s.Username, err = n.d.ask(n.cmd.Context(), "User name for the login", n.a.From.Address)
	case n.d != nil:
		s.Username, err = n.d.ask(n.cmd.Context(), "User name for the login (empty: there is none)", "")
	case n.needsSecret || !s.Secret.IsZero():
		s.Username = cmp.Or(s.Username, n.a.From.Address)
	}
	return err
}

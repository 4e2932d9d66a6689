package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/accounts/oauth"
)

func (p *program) accountLoginCommand() *cobra.Command {
	var device, noBrowser bool
	cmd := &cobra.Command{
		Use:   "login NAME",
		Short: "Log in at the provider of an account whose secret is a token (OAuth 2)",
		Long: "Shows an address to open in a browser, where you agree that sendoff may send as you. The browser comes back to this machine; where " +
			"it runs on another one, as over ssh, paste the address that it was sent to. What is kept of it is a token: no password is seen by sendoff.",
		Args: nameOfOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			where, err := userPlaces()
			if err != nil {
				return err
			}
			book, err := accounts.Load(where.accounts)
			if err != nil {
				return err
			}
			account, err := book.Find(args[0])
			if err != nil {
				return err
			}
			l := login{p: p, book: book, account: account, tokens: tokensOf(where), browser: !noBrowser && canBrowse()}
			return l.run(cmd.Context(), device)
		},
	}
	cmd.Flags().BoolVar(&device, "device", false, "with a code that you type in a browser elsewhere, where the provider has that")
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "only show the address")
	return cmd
}

// login is one at a provider.
type login struct {
	p       *program
	book    *accounts.Book
	account accounts.Account
	tokens  *oauth.Tokens
	browser bool // one can be opened
}

func (l *login) run(ctx context.Context, device bool) error {
	client, ok := l.account.Login()
	if !ok {
		return hinted{usagef("account %s has a secret of its own (%s), and no login by tokens", l.account.Name, l.account.SMTP.Secret),
			`for one: secret = { oauth = "google" } and an [oauth.google] with your client_id; README.md shows both`}
	}
	person := oauth.Person{Browse: l.browse}
	in, quietly := l.tokens.Login, func(do func() error) error { return do() }
	if device {
		in = l.tokens.LoginByDevice
	} else if d := l.p.dialogue(); d != nil {
		person.Paste, quietly = l.paste(d), d.quietly
	}
	if err := quietly(func() error { return in(ctx, l.account, client, person) }); err != nil {
		return fmt.Errorf("log in at %s: %w", client.Name, err)
	}
	fmt.Fprintf(l.p.Err, "sendoff: account %[1]s is logged in at %[2]s\nhint: sendoff account check %[1]s tries it\n", l.account.Name, client.Name)
	return nil
}

// browse tells what to open. In an address there is nothing secret: it says which
// client asks for what, and what only this process can answer.
func (l *login) browse(address, code string) {
	if code != "" {
		fmt.Fprintf(l.p.Err, "Open this address in any browser, and type the code %s there:\n\n  %s\n\n", code, address)
		return
	}
	fmt.Fprintf(l.p.Err, "Open this address in a browser, and agree there:\n\n  %s\n\n", address)
	if l.browser {
		l.open(address)
	}
}

// open has the desktop open an address, if it can.
func (l *login) open(address string) {
	cmd := exec.Command(opener(), address)
	cmd.Env = l.book.Environ()
	if cmd.Start() == nil {
		_ = cmd.Process.Release() // the browser may be the child, and outlive us
	}
}

func opener() string {
	if runtime.GOOS == "darwin" {
		return "open"
	}
	return "xdg-open"
}

// canBrowse tells that a browser would show up in front of the person.
func canBrowse() bool {
	if os.Getenv("SSH_CONNECTION") != "" || runtime.GOOS != "darwin" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return false
	}
	_, err := exec.LookPath(opener())
	return err == nil
}

// paste asks for the address of a browser on another machine. It is not shown: the
// code in it is as good as a password for a minute.
func (l *login) paste(d *dialogue) func(context.Context) (string, error) {
	asked := false
	return func(ctx context.Context) (string, error) {
		if asked {
			l.p.say(errors.New("that is not the address which the browser was sent to in the end"), "it begins with http://127.0.0.1: and the browser may say that it cannot open it")
		}
		asked = true
		return d.askSecret(ctx, "Is the browser on another machine? Then paste the address it ends at (it is not shown)")
	}
}

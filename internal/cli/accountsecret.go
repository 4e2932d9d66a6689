package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/accounts"
)

func (p *program) accountSecretCommand() *cobra.Command {
	var mailbox, stdin bool
	cmd := &cobra.Command{
		Use:   "secret NAME",
		Short: "Change where the password of an account is kept, and nothing else",
		Long: "Says where the password is kept. One that is typed, or that --secret-stdin reads from standard input, goes into the keyring or " +
			"into a new file; it is never an argument, which other users of the machine can see.",
		Example: "sendoff account secret work\n" +
			"sendoff account secret work --secret-command 'pass show mail/work'\n" +
			"gpg -d work.gpg | sendoff account secret work --secret-keyring --secret-stdin",
		Args: nameOfOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changeAccounts(func(file *accounts.File, where places) error {
				a, err := file.Account(args[0])
				if err != nil {
					return err
				}
				if err := takesSecret(a, mailbox); err != nil {
					return err
				}
				said := a
				given, err := applyAccountFlags(cmd, &said)
				if err != nil {
					return err
				}
				w := wantedSecret{place: said.SMTP.Secret, given: given, stdin: stdin, entry: accounts.KeyringEntry{Account: a.Name, Role: accounts.RoleSMTP}}
				if mailbox {
					w.entry.Role = accounts.RoleMailbox
				}
				chosen, err := p.chooseSecret(cmd.Context(), w, file, where)
				if err != nil {
					return err
				}
				if mailbox {
					a.Mailbox.Secret = chosen.Place
				} else {
					a.SMTP.Secret = chosen.Place
				}
				if err := file.Set(a.Name, a); err != nil {
					return err
				}
				return chosen.KeepAnd(cmd.Context(), file.Save)
			})
		},
	}
	addAccountFlags(cmd, secretFlags...)
	addSecretStdin(cmd, &stdin)
	cmd.Flags().BoolVar(&mailbox, "mailbox", false, "the one of its mailbox, where that is another one")
	return cmd
}

// takesSecret tells before anything is asked why an account has no use for a secret.
func takesSecret(a accounts.Account, mailbox bool) error {
	switch {
	case mailbox && a.Mailbox.IsZero():
		return hinted{usagef("%s has no mailbox", a.Name), "sendoff account edit " + a.Name + " --mailbox-host imap.example.org"}
	case !mailbox && a.SMTP.Username == "":
		return hinted{usagef("%s logs in without a user name, so it has no password", a.Name), "sendoff account edit " + a.Name + " --username " + a.From.Address}
	}
	return nil
}

func addSecretStdin(cmd *cobra.Command, stdin *bool) {
	cmd.Flags().BoolVar(stdin, "secret-stdin", false, "read the password from standard input, for --secret-keyring or a new --secret-file")
}

// wantedSecret is what the command line says of a secret.
type wantedSecret struct {
	place accounts.Secret
	given bool // the place was said
	stdin bool // and the secret stands in standard input
	entry accounts.KeyringEntry
}

// chooseSecret asks for what the command line does not say.
func (p *program) chooseSecret(ctx context.Context, w wantedSecret, file *accounts.File, where places) (s accounts.TypedSecret, err error) {
	switch {
	case w.given && w.stdin:
		s = accounts.TypedSecret{Place: w.place, Entry: w.entry}
		s.Text, err = p.secretFromStdin(w.place)
		return s, err
	case w.stdin:
		return s, hinted{usagef("--secret-stdin does not say where the password is to be kept"), "--secret-keyring, or --secret-file with a new file"}
	case w.given && w.place.Keyring:
		d := p.dialogue()
		if d == nil {
			return s, hinted{usagef("there is no password for the keyring"), "--secret-stdin reads it from standard input"}
		}
		s = accounts.TypedSecret{Place: w.place, Entry: w.entry}
		s.Text, err = d.askNewSecret(ctx)
		return s, err
	case w.given:
		return accounts.TypedSecret{Place: w.place}, nil
	}
	return p.askSecretPlace(ctx, w.entry, file, where)
}

// maxSecretLine is far above any password.
const maxSecretLine = 64 << 10

// secretFromStdin reads the first line of standard input, for a place that can
// take it.
func (p *program) secretFromStdin(place accounts.Secret) (string, error) {
	if !place.Keyring && place.File == "" {
		return "", hinted{usagef("--secret-stdin has no place to go to"), "--secret-keyring, or --secret-file with a new file"}
	}
	if isTerminal(p.In) {
		return "", hinted{usagef("standard input is a terminal, which would show the password"), "leave --secret-stdin out to be asked"}
	}
	line, err := bufio.NewReader(io.LimitReader(p.In, maxSecretLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	switch {
	case line == "":
		return "", usagef("standard input has no password in its first line")
	case len(line) >= maxSecretLine-1 || strings.Contains(line, "\x00"):
		return "", usagef("standard input has something else than a password in its first line")
	}
	return line, nil
}

// hintSecret is for who cannot be asked.
const hintSecret = "say --secret-command, --secret-keyring, --secret-file, --secret-env or --secret-oauth; --auth none for a server without a login"

// askSecretPlace asks where the password of an account is kept.
func (p *program) askSecretPlace(ctx context.Context, entry accounts.KeyringEntry, file *accounts.File, where places) (s accounts.TypedSecret, err error) {
	d := p.dialogue()
	if d == nil {
		return s, hinted{usagef("no place of the password is named"), hintSecret}
	}
	choices := []string{
		"a command prints it (pass, secret-tool, op, gpg, …)",
		"in a file that only you can read",
		"in an environment variable",
		"nowhere yet: type it now, into a new file that only you can read",
		"nowhere yet: type it now, into the keyring of this system",
	}
	clients := file.Clients()
	for _, c := range clients {
		choices = append(choices, "there is none: log in at "+c.Name+" with a browser")
	}
	n, err := d.choose(ctx, "Where is the password kept?", choices...)
	if err != nil {
		return s, err
	}
	switch n {
	case 0:
		err = d.askAbout(ctx, "Command, as in pass show mail/work", "", func(text string) error {
			if err := setSecretCommand(&s.Place, text); err != nil {
				return usagef("the command %w", err)
			}
			return nil
		})
	case 1:
		err = d.askAbout(ctx, "File", "", func(text string) error { return setSecretFile(&s.Place, text) })
	case 2:
		err = d.askAbout(ctx, "Variable", "", func(text string) error { s.Place = accounts.Secret{Env: text}; return nil })
	case 3:
		s, err = d.askTyped(ctx, filepath.Join(filepath.Dir(where.accounts), entry.Account+".secret"))
	case 4:
		s = accounts.TypedSecret{Place: accounts.Secret{Keyring: true}, Entry: entry}
		s.Text, err = d.askNewSecret(ctx)
	default:
		s.Place = accounts.Secret{OAuth: clients[n-5].Name}
	}
	return s, err
}

// askTyped asks for a password and for a file that does not exist yet. The
// password comes first: who has chosen to type it now types it at whatever is
// asked next, and the name of the file is shown and kept in the clear.
func (d *dialogue) askTyped(ctx context.Context, usual string) (s accounts.TypedSecret, err error) {
	if s.Text, err = d.askNewSecret(ctx); err != nil {
		return s, err
	}
	s.Place, err = d.askNewFile(ctx, usual)
	return s, err
}

// askNewSecret asks twice: nobody sees what was typed, and a slip would be told by
// the server only.
func (d *dialogue) askNewSecret(ctx context.Context) (secret string, err error) {
	err = d.quietly(func() (err error) { // who pastes it twice at once does not show the second
		secret, err = d.askTwice(ctx)
		return err
	})
	return secret, err
}

func (d *dialogue) askTwice(ctx context.Context) (string, error) {
	for {
		text, err := d.askSecret(ctx, "Password (it is not shown)")
		if err != nil {
			return "", err
		}
		if text == "" {
			continue
		}
		again, err := d.askSecret(ctx, "The same once more")
		if err != nil {
			return "", err
		}
		if text == again {
			return text, nil
		}
		d.p.say(errors.New("the two are not the same"), "")
	}
}

// askNewFile asks for a file that does not exist yet, for a secret.
func (d *dialogue) askNewFile(ctx context.Context, usual string) (place accounts.Secret, err error) {
	err = d.askAbout(ctx, "New file for it", usual, func(text string) error {
		if err := setSecretFile(&place, text); err != nil {
			return err
		}
		path, err := accounts.FromHome(place.File)
		if err != nil {
			return err
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return usagef("%s is there already", place.File)
		}
		return nil
	})
	return place, err
}

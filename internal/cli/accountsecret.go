package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/internal/atomicfile"
)

func (p *program) accountSecretCommand() *cobra.Command {
	var mailbox bool
	cmd := &cobra.Command{
		Use:   "secret NAME",
		Short: "Change where the password of an account is kept, and nothing else",
		Args:  nameOfOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changeAccounts(func(file *accounts.File, where places) error {
				a, err := file.Account(args[0])
				if err != nil {
					return err
				}
				said := a
				given, err := applyAccountFlags(cmd, &said)
				if err != nil {
					return err
				}
				chosen := typedSecret{place: said.SMTP.Secret}
				if !given {
					if chosen, err = p.askSecretPlace(cmd.Context(), a.Name, where); err != nil {
						return err
					}
				}
				if mailbox {
					a.Mailbox.Secret = chosen.place
				} else {
					a.SMTP.Secret = chosen.place
				}
				if err := file.Set(a.Name, a); err != nil {
					return err
				}
				return chosen.keepAnd(file.Save)
			})
		},
	}
	addAccountFlags(cmd, secretFlags...)
	cmd.Flags().BoolVar(&mailbox, "mailbox", false, "the one of its mailbox, where that is another one")
	return cmd
}

// typedSecret is where a secret is kept, or where what was typed is to be kept.
type typedSecret struct {
	place accounts.Secret
	text  string // for the file of place, which is new
}

// keepAnd writes the secret, and takes it back if what follows fails.
func (s typedSecret) keepAnd(save func() error) error {
	if s.text == "" {
		return save()
	}
	if err := os.MkdirAll(filepath.Dir(s.place.File), 0o700); err != nil {
		return err
	}
	if err := atomicfile.Create(s.place.File, []byte(s.text+"\n")); err != nil {
		return err
	}
	err := save()
	if err != nil {
		err = errors.Join(err, os.Remove(s.place.File))
	}
	return err
}

// hintSecret is for who cannot be asked.
const hintSecret = "say --secret-command, --secret-file or --secret-env; --auth none for a server without a login"

// askSecretPlace asks where the password of an account is kept.
func (p *program) askSecretPlace(ctx context.Context, account string, where places) (s typedSecret, err error) {
	d := p.dialogue()
	if d == nil {
		return s, hinted{usagef("no place of the password is named"), hintSecret}
	}
	n, err := d.choose(ctx, "Where is the password kept?",
		"a command prints it (pass, secret-tool, op, gpg, …)",
		"in a file that only you can read",
		"in an environment variable",
		"nowhere yet: type it now, into a new file that only you can read")
	if err != nil {
		return s, err
	}
	switch n {
	case 0:
		err = d.askAbout(ctx, "Command, as in pass show mail/work", "", func(text string) error {
			if err := setSecretCommand(&s.place, text); err != nil {
				return usagef("the command %w", err)
			}
			return nil
		})
	case 1:
		err = d.askAbout(ctx, "File", "", func(text string) error { return setSecretFile(&s.place, text) })
	case 2:
		err = d.askAbout(ctx, "Variable", "", func(text string) error { s.place = accounts.Secret{Env: text}; return nil })
	case 3:
		s, err = d.askTyped(ctx, filepath.Join(filepath.Dir(where.accounts), account+".secret"))
	}
	return s, err
}

// askTyped asks for a password and for a file that does not exist yet.
func (d *dialogue) askTyped(ctx context.Context, usual string) (s typedSecret, err error) {
	s.place, err = d.askNewFile(ctx, usual)
	for err == nil && s.text == "" {
		s.text, err = d.askSecret(ctx, "Password (it is not shown)")
	}
	return s, err
}

// askNewFile asks for a file that does not exist yet, for a secret.
func (d *dialogue) askNewFile(ctx context.Context, usual string) (place accounts.Secret, err error) {
	err = d.askAbout(ctx, "New file", usual, func(text string) error {
		if err := setSecretFile(&place, text); err != nil {
			return err
		}
		if _, err := os.Lstat(place.File); !errors.Is(err, fs.ErrNotExist) {
			return usagef("%s is there already", place.File)
		}
		return nil
	})
	return place, err
}

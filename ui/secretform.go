package ui

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/outbox"
)

// secretPlace is where a secret is, or is to be kept.
type secretPlace int

const (
	typedIntoFile secretPlace = iota
	typedIntoKeyring
	typedIntoOwnFile
	printedByCommand
	standsInFile
	standsInVariable
	byTokens
)

// secretFields are the part of a form that asks for the secret of an account.
type secretFields struct {
	desk    *desk
	places  []secretPlace // of the choices
	tokens  []string      // the providers, for those that are byTokens
	ownFile string
	place   *formField
	typed   *formField
	argv    *formField
	file    *formField
	env     *formField
}

// newSecretFields offers the own file of an account that has one, and a login with
// a browser at the clients there are. off tells that there is no login at all.
func (d *desk) newSecretFields(own accounts.Secret, clients []accounts.OAuthClient, off func() bool) *secretFields {
	s := &secretFields{desk: d, ownFile: own.File, place: &formField{label: "Password", off: off}}
	offer := func(place secretPlace, text string) {
		s.places, s.place.choices = append(s.places, place), append(s.place.choices, text)
	}
	if own.File != "" {
		offer(typedIntoOwnFile, "typed now, in place of the one in its file")
	}
	offer(typedIntoFile, "typed now, kept in a new file of mine")
	offer(typedIntoKeyring, "typed now, kept in the keyring")
	offer(printedByCommand, "a command prints it")
	offer(standsInFile, "it stands in a file")
	offer(standsInVariable, "it stands in a variable")
	for _, c := range clients {
		offer(byTokens, "none: a login at "+clean(c.Name)+" with a browser")
		s.tokens = append(s.tokens, c.Name)
	}
	if own.Keyring {
		s.choose(typedIntoKeyring)
	}
	s.place.note = func() string { return "← and → choose where it is" }
	only := func(label string, note func() string, places ...secretPlace) *formField {
		f := d.text(label, "")
		f.note = note
		f.off = func() bool {
			for _, place := range places {
				if s.chosen() == place && (off == nil || !off()) {
					return false
				}
			}
			return true
		}
		return f
	}
	say := func(text string) func() string { return func() string { return text } }
	s.typed = only("Type it", s.whereTo, typedIntoFile, typedIntoKeyring, typedIntoOwnFile)
	s.typed.input.hidden = true
	s.argv = only("Command", say("as in: pass show mail/work"), printedByCommand)
	s.file = only("File", say("with the password in its first line; 0600 and yours"), standsInFile)
	s.env = only("Variable", say("of the environment that sendoff runs in"), standsInVariable)
	return s
}

func (s *secretFields) fields() []*formField {
	return []*formField{s.place, s.typed, s.argv, s.file, s.env}
}

func (s *secretFields) choose(place secretPlace) {
	for i, p := range s.places {
		if p == place {
			s.place.chosen = i
		}
	}
}

func (s *secretFields) chosen() secretPlace { return s.places[s.place.chosen] }

// whereTo says where what is typed goes.
func (s *secretFields) whereTo() string {
	switch s.chosen() {
	case typedIntoKeyring:
		return "It is not shown. The keyring of this system keeps it."
	case typedIntoOwnFile:
		return "It is not shown. " + clean(s.ownFile) + " keeps it; what is there goes."
	}
	return "It is not shown. A file that only you can read keeps it, in " + clean(filepath.Dir(s.desk.options.AccountsFile)) + "."
}

// secret is what the fields say, or at which of them something is missing. It is not
// yet known where a new file will be: [secretFields.settle] says that.
func (s *secretFields) secret() (secret accounts.TypedSecret, at *formField, problem string) {
	line := func(f *formField) string { return strings.TrimSpace(f.input.value()) }
	missing := func(f *formField, what string) (accounts.TypedSecret, *formField, string) {
		return accounts.TypedSecret{}, f, what
	}
	switch s.chosen() {
	case printedByCommand:
		argv, err := accounts.SplitCommand(line(s.argv))
		if err != nil {
			return missing(s.argv, "The command "+clean(err.Error())+".")
		}
		if len(argv) == 0 {
			return missing(s.argv, "Which command prints the password?")
		}
		secret.Place.Command = argv
	case standsInFile:
		if secret.Place.File = line(s.file); secret.Place.File == "" {
			return missing(s.file, "Which file holds the password?")
		}
	case standsInVariable:
		if secret.Place.Env = line(s.env); secret.Place.Env == "" {
			return missing(s.env, "Which variable holds the password?")
		}
	case byTokens:
		secret.Place.OAuth = s.tokens[s.place.chosen-(len(s.places)-len(s.tokens))]
	default:
		if secret.Text = s.typed.input.value(); secret.Text == "" {
			return missing(s.typed, "Please type the password.")
		}
		secret.Place.Keyring = s.chosen() == typedIntoKeyring
		if s.chosen() == typedIntoOwnFile {
			secret.Place.File, secret.Replace = s.ownFile, true
		}
	}
	return secret, nil, ""
}

// settleSecret says where what was typed for an account is to be kept. It looks at
// the disk, so it is for commands.
func settleSecret(s accounts.TypedSecret, path, account string) (accounts.TypedSecret, error) {
	s.Entry = accounts.KeyringEntry{Account: account, Role: accounts.RoleSMTP}
	if s.Text == "" || s.Place.Keyring || s.Replace {
		return s, nil
	}
	var err error
	s.Place, err = accounts.NewSecretFile(path, account)
	return s, err
}

// askNewSecret asks for the secret of an account that is set up.
func (d *desk) askNewSecret(a accounts.Account) {
	var clients []accounts.OAuthClient
	if client, ok := a.Login(); ok {
		clients = append(clients, client)
	}
	fields := d.newSecretFields(a.SMTP.Secret, clients, nil)
	p := &formPane{desk: d, name: "new secret of " + clean(a.Name), fields: fields.fields()}
	p.below = func(width int) []string {
		return []string{d.styles.dim.Render(cut("It has been from "+a.SMTP.Secret.String()+" so far.", width))}
	}
	p.submit = func() tea.Cmd {
		secret, at, problem := fields.secret()
		if problem != "" {
			return p.wrong(at, problem)
		}
		p.doing = "keeping it"
		say := "The new secret of " + clean(a.Name) + " is used from now on."
		return d.changeAccounts(say, func(ctx context.Context, path string) error {
			return d.giveSecret(ctx, path, a.Name, secret)
		}, func(err error) tea.Cmd {
			p.doing = ""
			if err == nil {
				d.close(p)
			}
			return nil
		})
	}
	d.push(p)
	p.start()
}

// giveSecret gives an account another secret, and lets one that stands still go on
// with it.
func (d *desk) giveSecret(ctx context.Context, path, name string, secret accounts.TypedSecret) error {
	file, err := accounts.OpenFile(path)
	if err != nil {
		return err
	}
	a, err := file.Account(name)
	if err != nil {
		return err
	}
	if secret, err = settleSecret(secret, path, name); err != nil {
		return err
	}
	a.SMTP.Secret = secret.Place
	if err := file.Set(name, a); err != nil {
		return err
	}
	if err := secret.KeepAnd(ctx, file.Save); err != nil {
		return err
	}
	err = d.options.Outbox.TryAgain(ctx, name, outbox.TryOptions{})
	if errors.Is(err, outbox.ErrDayLimit) { // a secret does not mend that
		return nil
	}
	return err
}

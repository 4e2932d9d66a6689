package accounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sendoff/internal/cleantext"
	"sendoff/internal/config"
)

// Secret says where a password is kept. At most one field is set. It is never
// the password itself.
type Secret struct {
	Command []string // argv, no shell; the first line of its output
	File    string   // 0600 and the user's own
	Env     string   // name of an environment variable
	Keyring bool     // in the system's keyring, under the name of the account
	OAuth   string   // a provider of tokens, with a client of that name in the book

	entry  KeyringEntry // of Keyring; [NewBook] fills it in
	tokens *tokens      // of OAuth; [Load] and [Book.WithTokens] fill it in
	hidden []string     // from Command: the variables in which the book has secrets

	typed func() string // of [TypedSecret.Unkept]; a function, which nothing prints
}

// IsZero tells that there is no secret.
func (s Secret) IsZero() bool {
	return len(s.Command) == 0 && s.File == "" && s.Env == "" && !s.Keyring && s.OAuth == "" && s.typed == nil
}

// String says where the secret comes from. Of a command it names the program
// alone, since arguments may give away more than they should.
func (s Secret) String() string {
	switch {
	case s.typed != nil:
		return "what was typed"
	case len(s.Command) > 0:
		return cleantext.Line("command " + filepath.Base(s.Command[0]))
	case s.File != "":
		return cleantext.Line("file " + s.File)
	case s.Env != "":
		return cleantext.Line("variable " + s.Env)
	case s.Keyring && s.entry.Account == "":
		return "keyring"
	case s.Keyring:
		return cleantext.Line("keyring entry " + s.entry.String())
	case s.OAuth != "":
		return cleantext.Line("login at " + s.OAuth)
	}
	return "nowhere"
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return fmt.Sprintf("accounts.Secret(%q)", s.String()) }

// LogValue is String, for logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Resolve fetches the secret. It keeps nothing: ask at the moment of use. A
// command is given 30 s and no standard input, and is killed with all it
// started when that time or ctx ends; a keyring is given 10 s. The error says what
// went wrong and never holds any of the secret.
func (s Secret) Resolve(ctx context.Context) (string, error) { return s.ResolveAfter(ctx, "") }

// ResolveAfter is Resolve after the server has refused a token: where another one
// can be had, it is another one. refused is "" if there is none.
func (s Secret) ResolveAfter(ctx context.Context, refused string) (string, error) {
	value, err := s.fetch(ctx, refused)
	if err == nil && value == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", fmt.Errorf("secret from %s: %w", s, err)
	}
	return value, nil
}

// Environ is the environment of this process without the variables in which the
// book has secrets: for programs of others, which have nothing to do with them.
func (b *Book) Environ() []string { return environWithout(b.variables()) }

// variables are those in which there are secrets.
func (b *Book) variables() []string {
	var names []string
	add := func(secrets ...Secret) {
		for _, s := range secrets {
			if s.Env != "" {
				names = append(names, s.Env)
			}
		}
	}
	for _, a := range b.Accounts {
		add(a.SMTP.Secret, a.SMTP.Proxy.Secret, a.Mailbox.Secret)
	}
	for _, c := range b.Clients {
		add(c.Secret)
	}
	return names
}

// hideVariables keeps secrets of one account from the commands of another.
func (b *Book) hideVariables() {
	names := b.variables()
	hide := func(secrets ...*Secret) {
		for _, s := range secrets {
			if len(s.Command) > 0 {
				s.hidden = names
			}
		}
	}
	for i := range b.Accounts {
		a := &b.Accounts[i]
		hide(&a.SMTP.Secret, &a.SMTP.Proxy.Secret, &a.Mailbox.Secret, &a.Mailbox.Proxy.Secret)
	}
	for i := range b.Clients {
		hide(&b.Clients[i].Secret)
	}
}

func environWithout(names []string) []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(names, name)
	})
}

func (s Secret) fetch(ctx context.Context, refused string) (string, error) {
	switch {
	case s.typed != nil:
		return s.typed(), nil
	case len(s.Command) > 0:
		return runCommand(ctx, s.Command, s.hidden, commandLimit)
	case s.File != "":
		return readSecret(s.File)
	case s.Env != "":
		value, ok := os.LookupEnv(s.Env)
		if !ok {
			return "", errors.New("it is not set")
		}
		return value, nil
	case s.Keyring:
		return s.entry.Get(ctx)
	case s.OAuth != "":
		return s.tokens.access(ctx, refused)
	}
	return "", errors.New("the account names none")
}

// readSecret gives the first line of a file that only the user can read.
func readSecret(path string) (string, error) {
	data, info, err := config.Read(path)
	if err == nil {
		err = config.CheckOwn(path, info, 0o077)
	}
	var e *config.Error
	switch {
	case err == nil:
		return firstLine(data), nil
	case errors.As(err, &e) && e.Hint != "":
		return "", fmt.Errorf("%s: %s", e.Problem, e.Hint) // the path stands in front already
	case errors.As(err, &e):
		return "", errors.New(e.Problem)
	}
	return "", err
}

// firstLine is what stands before the first line end, "\n" or "\r\n".
func firstLine(data []byte) string {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return strings.TrimSuffix(string(line), "\r")
}

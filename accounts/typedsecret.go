package accounts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sendoff/internal/atomicfile"
	"sendoff/internal/cleantext"
)

// ErrSecretThere says that a file in which a new secret was to be kept exists
// already. What is in it is not overwritten.
var ErrSecretThere = errors.New("is there already")

// TypedSecret is where a secret is kept, or where what a person has typed is to
// be kept. Nothing is kept before [TypedSecret.KeepAnd].
type TypedSecret struct {
	Place Secret
	Text  string       // for the file of Place, which is new, or its keyring; "": it is there already
	Entry KeyringEntry // of the keyring

	// Replace says that the file of Place may be there: then what is in it goes.
	Replace bool
}

// Unkept is the secret for a check before it is kept: it gives what was typed. It
// is for an account that is never written.
func (s TypedSecret) Unkept() Secret {
	if s.Text == "" {
		return s.Place
	}
	return Secret{typed: func() string { return s.Text }}
}

// String says the place alone.
func (s TypedSecret) String() string { return s.Place.String() }

// GoString is String, for %#v.
func (s TypedSecret) GoString() string { return fmt.Sprintf("accounts.TypedSecret(%q)", s.String()) }

// KeepAnd writes the secret, and takes it back if save fails, which is what names
// its place. It wraps [ErrSecretThere], and what a [KeyringEntry] says.
func (s TypedSecret) KeepAnd(ctx context.Context, save func() error) error {
	undo := func() error { return nil }
	var err error
	switch {
	case s.Text == "":
	case s.Place.Keyring:
		undo, err = s.putIntoKeyring(ctx)
	default:
		undo, err = s.putIntoFile()
	}
	if err != nil {
		return err
	}
	if err := save(); err != nil {
		return errors.Join(err, undo())
	}
	return nil
}

func (s TypedSecret) putIntoFile() (undo func() error, err error) {
	path, err := FromHome(s.Place.File)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if s.Replace {
		return replaceFile(path, s.Text)
	}
	if err := atomicfile.Create(path, []byte(s.Text+"\n")); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%s %w", cleantext.Line(path), ErrSecretThere)
		}
		return nil, err
	}
	return func() error { return os.Remove(path) }, nil
}

func replaceFile(path, text string) (undo func() error, err error) {
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return func() error { return atomicfile.Replace(path, before) }, atomicfile.Replace(path, []byte(text+"\n"))
}

func (s TypedSecret) putIntoKeyring(ctx context.Context) (undo func() error, err error) {
	before, err := s.Entry.Get(ctx)
	was := err == nil
	if err != nil && !errors.Is(err, ErrNotInKeyring) {
		return nil, err
	}
	if err := s.Entry.Put(ctx, s.Text); err != nil {
		return nil, err
	}
	return func() error {
		if was {
			return s.Entry.Put(ctx, before)
		}
		return s.Entry.Delete(ctx)
	}, nil
}

// FromHome is a path as accounts.toml has it, with "~/" for the home directory,
// as the system wants it.
func FromHome(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, rest), err
}

// Package openpgp signs and encrypts messages with the gpg of the user, and says
// beforehand who has a key that can be used.
//
// It is not for reading what others have encrypted, nor for looking after keys: gpg
// does that.
//
// Its one hard rule: what was asked to be protected is protected, or is an error.
// A key is found by the exact address of a person and used by its whole
// fingerprint; what gpg says is judged by its status lines, never by its words.
package openpgp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"sendoff/internal/command"
)

// Program is the gpg of the user.
type Program struct {
	Name    string          // of the program; "gpg" if empty
	Environ func() []string // nil: that of this process
	// MayAsk lets the agent ask for a passphrase, in a window or at Terminal; else a
	// key that is locked is [ErrLocked].
	MayAsk   bool
	Terminal string // as in "/dev/pts/3"; empty: what GPG_TTY says
}

const (
	// listLimit is for a look at the keyring, which takes milliseconds, and some
	// seconds when gpg looks through its web of trust.
	listLimit = time.Minute

	// workLimit lets a person find the passphrase, or 100 MB be encrypted.
	workLimit = 5 * time.Minute

	maxListing = 16 << 20
)

// ErrLocked says that a passphrase has to be asked for, which may not be done.
var ErrLocked = errors.New("the secret key is locked, and gpg may not ask for the passphrase here")

// ErrNoProgram says that there is no gpg.
var ErrNoProgram = errors.New("gpg is not installed")

// Error is what gpg did not do as it should, and for which there are no better words.
type Error struct{ error }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.error }

var errTooSlow = errors.New("gpg took too long; did it wait for a passphrase?")

// usual are the arguments of every call. Options of gpg.conf stay, but for those that
// would change what is written, or ask the net.
var usual = []string{"--batch", "--no-tty", "--no-greeting", "--utf8-strings", "--no-auto-key-locate", "--no-auto-key-retrieve", "--disable-dirmngr"}

// run has gpg work on what input writes.
func (p Program) run(ctx context.Context, limit time.Duration, input func(io.Writer) error, out io.Writer, args ...string) (status, error) {
	path, err := exec.LookPath(cmp.Or(p.Name, "gpg"))
	if err != nil {
		return status{}, ErrNoProgram
	}
	argv := append([]string{path, "--status-fd", strconv.Itoa(command.StatusDescriptor)}, usual...)
	if !p.MayAsk {
		argv = append(argv, "--pinentry-mode", "error")
	}
	c := command.Command{Argv: append(argv, args...), Env: p.environ(), Limit: limit, TooSlow: errTooSlow}
	said, err := c.Filter(ctx, input, out)
	return parseStatus(said.Status), err
}

// environ tells gpg's agent which terminal is the person's.
func (p Program) environ() []string {
	environ := os.Environ
	if p.Environ != nil {
		environ = p.Environ
	}
	if p.Terminal == "" {
		return environ()
	}
	return append(environ(), "GPG_TTY="+p.Terminal) // the last one counts
}

func nothing(io.Writer) error { return nil }

// list gives the keys that match one of the names, what is "--list-keys" or
// "--list-secret-keys". That there are none is no error.
func (p Program) list(ctx context.Context, what string, names ...string) ([]Key, error) {
	out := bounded{most: maxListing}
	s, err := p.run(ctx, listLimit, nothing, &out, append([]string{"--with-colons", "--fixed-list-mode", what, "--"}, names...)...)
	if err != nil && !s.unlisted {
		return nil, wrong(err)
	}
	return parseKeys(out.Bytes()), nil
}

// wrong is an error that nobody foresaw.
func wrong(err error) error {
	if errors.Is(err, ErrNoProgram) {
		return err
	}
	return &Error{fmt.Errorf("gpg: %w", err)}
}

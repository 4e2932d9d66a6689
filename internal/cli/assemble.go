package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/adrg/xdg"

	"sendoff/accounts"
	"sendoff/internal/config"
	"sendoff/outbox"
	"sendoff/outbox/smtp"
)

// places are the files and directories of DESIGN §5.
type places struct {
	settings string // config.toml
	accounts string // accounts.toml
	data     string
	state    string
}

// userPlaces follows the XDG base directory specification.
func userPlaces() (places, error) {
	const name = "sendoff"
	p := places{
		settings: filepath.Join(xdg.ConfigHome, name, "config.toml"),
		accounts: filepath.Join(xdg.ConfigHome, name, "accounts.toml"),
		data:     filepath.Join(xdg.DataHome, name),
		state:    filepath.Join(xdg.StateHome, name),
	}
	if os.Getenv("HOME") == "" && os.Getenv("XDG_DATA_HOME") == "" { // as in a bare cron or container
		return p, hinted{usagef("HOME is not set, so there is no place for an outbox"), "set HOME, or XDG_DATA_HOME, XDG_CONFIG_HOME and XDG_STATE_HOME"}
	}
	return p, nil
}

// withOutbox runs f on the user's outbox.
func withOutbox(ctx context.Context, f func(*outbox.Outbox, places) error) error {
	p, err := userPlaces()
	if err != nil {
		return err
	}
	b, err := outbox.Open(ctx, outbox.Options{Dir: p.data, State: p.state})
	if err != nil {
		return err
	}
	return errors.Join(f(b, p), b.Close())
}

// withBriefOutbox is withOutbox for a command after which the process ends, and
// which is often repeated.
func withBriefOutbox(ctx context.Context, p places, f func(*outbox.Outbox) error) error {
	b, err := outbox.Open(ctx, outbox.Options{Dir: p.data, State: p.state})
	if err != nil {
		return err
	}
	return errors.Join(f(b), b.Leave())
}

// chooseAccount finds the account of a message: the named one, else that of the
// From address, else the default.
func chooseAccount(book *accounts.Book, name, from string) (accounts.Account, error) {
	if name == "" {
		name = os.Getenv("SENDOFF_ACCOUNT")
	}
	switch {
	case name != "":
		return book.Find(name)
	case from != "":
		return book.ForFrom(from)
	}
	return book.DefaultAccount(), nil
}

// accountSource gives the accounts as accounts.toml has them now. It is asked
// at every pass of the sender, and reads the file again when it has changed.
type accountSource struct {
	path string
	log  *slog.Logger

	mu       sync.Mutex // guards what follows
	book     *accounts.Book
	modified time.Time
	size     int64
}

// fixedAccounts is a source that no file stands behind.
func fixedAccounts(book *accounts.Book) *accountSource { return &accountSource{book: book} }

// current is the newest book that could be read: while someone edits the file
// it may be broken for a moment, and mail goes on with what was right before.
func (s *accountSource) current() (*accounts.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path == "" {
		return s.book, nil
	}
	info, err := os.Stat(s.path)
	if err == nil && s.book != nil && info.ModTime().Equal(s.modified) && info.Size() == s.size {
		return s.book, nil
	}
	book, err := accounts.Load(s.path)
	if err != nil {
		if s.book == nil {
			return nil, err
		}
		s.log.Warn("accounts.toml cannot be read; going on with what it said before", "error", err)
		return s.book, nil
	}
	s.book, s.modified, s.size = book, info.ModTime(), info.Size()
	return book, nil
}

func (s *accountSource) lookup(name string) (accounts.Account, error) {
	book, err := s.current()
	if err != nil {
		return accounts.Account{}, err
	}
	return book.Find(name)
}

// policies are the values that the outbox knows of accounts.
func (s *accountSource) policies() []outbox.Policy {
	book, err := s.current()
	if err != nil {
		s.log.Error("no accounts to send through", "error", err)
		return nil
	}
	var all []outbox.Policy
	for _, a := range book.Accounts {
		all = append(all, outbox.Policy{
			Account: a.Name, Connections: a.Limits.Connections,
			ResendInDoubt: a.WhenUncertain == accounts.Resend, Revision: a.Revision(),
		})
	}
	return all
}

// engine is everything that sends, built in one place.
type engine struct {
	sender    *outbox.Sender
	transport *smtp.Transport
}

func newEngine(b *outbox.Outbox, source *accountSource, log *slog.Logger) *engine {
	transport := smtp.New(source.lookup, smtp.Options{})
	return &engine{outbox.NewSender(b, transport, source.policies, log), transport}
}

// withEngine runs f with a sender on the user's outbox and accounts, and stops
// all of it in the opposite order.
func withEngine(ctx context.Context, f func(*outbox.Outbox, *engine, places) error) error {
	return withOutbox(ctx, func(b *outbox.Outbox, p places) error {
		log, closeLog := openLog(p.state)
		defer closeLog()
		source := &accountSource{path: p.accounts, log: log}
		if _, err := source.current(); err != nil {
			return err
		}
		e := newEngine(b, source, log)
		return errors.Join(f(b, e, p), e.transport.Close())
	})
}

const (
	logName = "sendoff.log"
	// maxLog is the size at which the log starts anew; one old one is kept.
	maxLog = 8 << 20
)

// openLog opens the log of JSON lines. Without it the program goes on: a log
// that cannot be written is no reason not to send.
func openLog(stateDir string) (*slog.Logger, func()) {
	path := filepath.Join(stateDir, logName)
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return slog.New(slog.DiscardHandler), func() {}
	}
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		os.Rename(path, path+".1")
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return slog.New(slog.DiscardHandler), func() {}
	}
	return slog.New(slog.NewJSONHandler(file, nil)), func() { file.Close() }
}

// loadSettings reads config.toml.
func loadSettings(p places) (config.Settings, error) { return config.LoadSettings(p.settings) }

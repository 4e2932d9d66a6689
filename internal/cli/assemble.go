package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"

	"sendoff/accounts"
	"sendoff/accounts/oauth"
	"sendoff/compose"
	"sendoff/compose/unsubscribe"
	"sendoff/internal/config"
	"sendoff/outbox"
	"sendoff/outbox/mailbox"
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
	return withOutboxFor(ctx, p, compose.Habits{}, f)
}

// withOutboxFor is withOutbox for who writes messages, with habits.
func withOutboxFor(ctx context.Context, p places, h compose.Habits, f func(*outbox.Outbox, places) error) error {
	b, err := outbox.Open(ctx, outbox.Options{Dir: p.data, State: p.state, Habits: h, Render: p.render, Wish: newWishes(p).of})
	if err != nil {
		return err
	}
	return errors.Join(f(b, p), b.Close())
}

// withBriefOutbox is withOutbox for a command after which the process ends, and
// which is often repeated.
func withBriefOutbox(ctx context.Context, p places, h compose.Habits, f func(*outbox.Outbox) error) error {
	b, err := outbox.Open(ctx, outbox.Options{Dir: p.data, State: p.state, Habits: h, Render: p.render})
	if err != nil {
		return err
	}
	return errors.Join(f(b), b.Leave())
}

// usualAccount is the account of messages that name none; "": the default one.
func usualAccount() string { return os.Getenv("SENDOFF_ACCOUNT") }

// tokensOf are the tokens that were got for the user's accounts.
func tokensOf(p places) *oauth.Tokens { return oauth.New(filepath.Join(p.data, "tokens")) }

// engine is everything that sends, built in one place.
type engine struct {
	sender    *outbox.Sender
	transport *smtp.Transport
	accounts  *accountSource
	secrets   *secretWatch
	settings  config.Settings
	log       *slog.Logger
}

func newEngine(b *outbox.Outbox, source *accountSource, settings config.Settings, prints accounts.Fingerprints, log *slog.Logger) *engine {
	transport := smtp.New(source.lookup, smtp.Options{Fingerprint: prints.Of})
	sender := outbox.NewSender(b, transport, source.policies, log)
	filer := mailbox.NewFiler(source.lookup, mailbox.Options{})
	filer.Fingerprint = prints.Of
	fetcher := mailbox.NewFetcher(source.lookup, mailbox.Options{
		Wanted: func(header []byte) bool { return b.IsWish(header) || b.IsReturned(header) }, Fields: unsubscribe.HeaderFields(),
	})
	fetcher.Fingerprint = prints.Of
	sender.Filer, sender.Fetcher, sender.Listener = filer, fetcher, fetcher
	sender.MaySendAs = source.maySendAs
	sender.Retention = outbox.Retention{Content: settings.KeepContent, Size: settings.KeepSize, Record: settings.KeepRecord}
	return &engine{sender, transport, source, newSecretWatch(b, source, prints, log), settings, log}
}

// run sends until ctx ends.
func (e *engine) run(ctx context.Context) error {
	e.settleIn()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		e.secrets.run(ctx)
	}()
	err := e.sender.Run(ctx)
	stop()
	<-watched
	return err
}

// settleIn makes the program small that has started and will send now.
func (e *engine) settleIn() {
	if err := leaveOwnPages(); err != nil {
		e.log.Debug("the pages of the start stay", "error", err)
	}
}

// flush makes one pass.
func (e *engine) flush(ctx context.Context) (outbox.Outcome, error) {
	e.settleIn()
	e.secrets.look(ctx)
	return e.sender.Flush(ctx)
}

// withEngine runs f with a sender on the user's outbox and accounts, and stops
// all of it in the opposite order.
func withEngine(ctx context.Context, f func(*outbox.Outbox, *engine, places) error) error {
	p, err := userPlaces()
	if err != nil {
		return err
	}
	settings, err := loadSettings(p)
	if err != nil {
		return err
	}
	return withOutboxFor(ctx, p, habits(settings), func(b *outbox.Outbox, p places) error {
		log, closeLog := openLog(p.state)
		defer closeLog()
		source := &accountSource{path: p.accounts, tokens: tokensOf(p).Access, log: log}
		if _, err := source.current(); err != nil {
			return err
		}
		prints, err := loadFingerprints(p)
		if err != nil {
			return err
		}
		e := newEngine(b, source, settings, prints, log)
		return errors.Join(f(b, e, p), e.transport.Close())
	})
}

// habits are how the settings say that messages are written.
func habits(s config.Settings) compose.Habits {
	style := map[config.Markdown]compose.Style{
		config.MarkdownAuto: compose.StyleAuto, config.MarkdownAlways: compose.StyleMarkdown, config.MarkdownNever: compose.StylePlain,
	}
	return compose.Habits{Style: style[s.Markdown], Flowed: s.Flowed, LocalDate: s.Date == config.DateLocal, Undisclosed: s.BccOnlyTo == config.BccOnlyToNobody}
}

// loadSettings reads config.toml.
func loadSettings(p places) (config.Settings, error) {
	settings, err := config.LoadSettings(p.settings)
	return settings, withAccounts(p, err)
}

// withAccounts adds what is wrong with accounts.toml to what is wrong with config.toml: who
// has something to mend there need not come again.
func withAccounts(p places, err error) error {
	if err == nil {
		return nil
	}
	_, broken := accounts.Load(p.accounts)
	return config.Join(err, broken)
}

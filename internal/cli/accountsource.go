package cli

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/internal/config"
	"sendoff/outbox"
)

// brokenAgain is how often a broken accounts.toml that has not changed is read
// again: what is wrong may be a signature file it names.
const brokenAgain = time.Minute

// lookAgain is how long a look at the file does for who is about to send by what a pass
// has just seen: it is asked for every message.
const lookAgain = 20 * time.Millisecond

// accountSource gives the accounts as accounts.toml has them now. It is asked
// at every pass of the sender, and reads the file again when it has changed.
type accountSource struct {
	path   string
	tokens accounts.TokenFunc // nil: nobody logs in
	log    *slog.Logger

	mu     sync.Mutex // guards what follows
	book   *accounts.Book
	none   bool        // book is from before: the file names no account any more
	err    error       // of the last reading; nil if that is book
	seen   fileVersion // what was read last, right or broken
	read   time.Time
	looked time.Time // at the file

	made   []outbox.Policy // the policies of the book below, which nobody changes
	madeOf *accounts.Book
}

// fileVersion tells one version of a file from the next. The zero one is a file
// that cannot be looked at.
type fileVersion struct {
	modified, size int64
	mode           fs.FileMode
}

func versionOf(path string) fileVersion {
	info, err := os.Stat(path)
	if err != nil {
		return fileVersion{}
	}
	return fileVersion{info.ModTime().UnixNano(), info.Size(), info.Mode()}
}

// fixedAccounts is a source that no file stands behind.
func fixedAccounts(book *accounts.Book) *accountSource { return &accountSource{book: book} }

// current is the newest book that could be read: while someone edits the file
// it may be broken or gone for a moment, and mail goes on with what was right
// before.
func (s *accountSource) current() (*accounts.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path != "" {
		s.refresh(time.Now())
	}
	if s.book == nil || s.none {
		return nil, s.err
	}
	return s.book, nil
}

// refresh reads the file if it is not the one that was read last. The version
// is taken first: a change between the two is seen at the next look.
func (s *accountSource) refresh(now time.Time) {
	s.looked = now
	version := versionOf(s.path)
	fresh := s.err == nil || now.Sub(s.read) < brokenAgain
	if version == s.seen && fresh && !s.read.IsZero() {
		return
	}
	s.seen, s.read = version, now
	book, err := accounts.Load(s.path)
	s.none = errors.Is(err, accounts.ErrNoAccounts) && !errors.Is(err, fs.ErrNotExist)
	if err == nil {
		s.book, s.err = book.WithTokens(s.tokens), nil
		return
	}
	if s.book != nil && (s.err == nil || s.err.Error() != err.Error()) {
		s.log.Warn("accounts.toml cannot be read; going on with what it said before", "error", err)
	}
	s.err = err
}

// wrong is what is wrong with the file while mail goes on with what it said before: where, and
// the first mistake; "" where nothing is.
func (s *accountSource) wrong() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil || s.book == nil || s.none {
		return ""
	}
	if all := config.ErrorsOf(s.err); len(all) > 0 {
		first := *all[0]
		if first.File != "" {
			first.File = filepath.Base(first.File)
		}
		return first.Error()
	}
	return cleantext.Line(s.err.Error())
}

// lookup also finds an account that was just taken out as the last one: something
// of it may be about to leave, and must not be called wrong for that.
func (s *accountSource) lookup(name string) (accounts.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.path != "" && now.Sub(s.looked) >= lookAgain {
		s.refresh(now)
	}
	if s.book == nil {
		return accounts.Account{}, s.err
	}
	return s.book.Find(name)
}

// ordered are the accounts with the default in front; none where none is set up.
func (s *accountSource) ordered() ([]accounts.Account, error) {
	book, err := s.current()
	if errors.Is(err, accounts.ErrNoAccounts) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := []accounts.Account{book.DefaultAccount()}
	for _, a := range book.Accounts {
		if a.Name != book.Default {
			all = append(all, a)
		}
	}
	return all, nil
}

// maySendAs tells whether an account may send for an envelope sender.
func (s *accountSource) maySendAs(sender, account string) bool {
	a, err := s.lookup(account)
	return err == nil && a.Allows(sender)
}

// environ is the environment for programs that have nothing to do with secrets.
func (s *accountSource) environ() []string {
	book, err := s.current()
	if err != nil { // without accounts no variable is known for one
		return os.Environ()
	}
	return book.Environ()
}

// policies are the values that the outbox knows of accounts.
func (s *accountSource) policies() []outbox.Policy {
	book, err := s.current()
	if errors.Is(err, accounts.ErrNoAccounts) { // in the interface they may come yet
		return nil
	}
	if err != nil {
		s.log.Error("no accounts to send through", "error", err)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.madeOf != book {
		s.madeOf, s.made = book, makePolicies(book)
	}
	return slices.Clone(s.made)
}

func makePolicies(book *accounts.Book) (all []outbox.Policy) {
	for _, a := range book.Accounts {
		all = append(all, outbox.Policy{
			Account: a.Name, Connections: a.Limits.Connections,
			ResendInDoubt: a.WhenUncertain == accounts.Resend, Revision: a.Revision(),
			SentCopy: a.Mailbox.SentCopy, Mailbox: a.Mailbox.Place(), Every: a.Mailbox.Every,
			Idle: a.Mailbox.Protocol == accounts.IMAP && !a.Mailbox.NoIdle, ReturnPath: a.BounceAddress, Fallback: a.Fallback,
			Limits: outbox.Limits{PerSecond: a.Limits.PerSecond, PerMinute: a.Limits.PerMinute, PerHour: a.Limits.PerHour, PerDay: a.Limits.PerDay},
		})
	}
	return all
}

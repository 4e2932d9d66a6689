package accounts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"sendoff/internal/atomicfile"
	"sendoff/internal/cleantext"
	"sendoff/internal/config"
	"sendoff/internal/lease"
)

// ErrChanged says that accounts.toml is not what it was when it was opened:
// someone else has written to it, and that must not be lost.
var ErrChanged = errors.New("was changed by somebody else meanwhile")

// File is accounts.toml, to be changed. A change touches the lines it is about;
// comments, order, indentation and line ends of the rest stay. It is checked as
// [Load] checks a file, and nothing is on disk until [File.Save].
//
// Errors are [*config.Error] if it is the file or the account that is wrong, and
// [*LookupError] for a name that does not exist; after one the File is as it was
// before. What is not written line by line (inline tables, a value with comments
// in it) is an error that says what to do by hand. A File is for one goroutine.
type File struct {
	path  string
	saved []byte // what is on disk; nil if nothing is
	reading
}

// OpenFile reads accounts.toml. There need not be one, and it need not name an
// account.
func OpenFile(path string) (*File, error) {
	r, err := load(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return nil, &config.Error{File: path, Problem: "is a link to a file that does not exist", Hint: "make that file, or take the link away"}
		}
		r.doc = new(config.Document)
	case err != nil && !errors.Is(err, ErrNoAccounts):
		return nil, err
	}
	return &File{path: path, saved: r.data, reading: r}, nil
}

// Book is what the file says now; nil if it names no account.
func (f *File) Book() *Book { return f.book }

// Clients are those of [oauth.…].
func (f *File) Clients() []OAuthClient { return slices.Clone(f.clients) }

// Text is the file as [File.Save] will write it.
func (f *File) Text() []byte { return bytes.Clone(f.data) }

// Account is the account of a name as it stands in the file: what is not said
// there is zero. It is what to change for [File.Set].
func (f *File) Account(name string) (Account, error) {
	i, err := f.index(name)
	if err != nil {
		return Account{}, err
	}
	return f.accounts[i], nil
}

// Line is where an account begins, from 1.
func (f *File) Line(name string) (int, error) {
	i, err := f.index(name)
	if err != nil {
		return 0, err
	}
	return f.doc.Error(accountPath(i), "", "").Line, nil
}

func (f *File) index(name string) (int, error) {
	for i, a := range f.accounts {
		if a.Name == name {
			return i, nil
		}
	}
	if f.book == nil {
		return 0, fmt.Errorf("%s: %w", cleantext.Line(f.path), ErrNoAccounts)
	}
	_, err := f.book.Find(name)
	return 0, err
}

// Add appends an account. The first one is the default.
func (f *File) Add(a Account) error {
	if err := f.judge(a, f.accounts); err != nil {
		return err
	}
	want := f.wanted()
	want.accounts = append(want.accounts, a)
	if len(f.accounts) == 0 {
		want.defaultName = a.Name
	}
	return f.change(want, func(s *sheet) error {
		for _, at := range s.doc.Statements() {
			if at.Holds(accountPath(0)) {
				return s.doc.Error("account", "stands within brackets, which is left to you", "write every account with [[account]]")
			}
		}
		if err := s.append(Entry(a)); err != nil || want.defaultName == f.defaultName {
			return err
		}
		return s.setDefault(want.defaultName)
	})
}

// Set makes the account of a name what a says; change what [File.Account] gives.
// A new name is taken over where it is the default, or a fallback.
func (f *File) Set(name string, a Account) error {
	i, err := f.index(name)
	if err != nil {
		return err
	}
	want := f.wanted()
	for j := range want.accounts {
		if want.accounts[j].Fallback == name {
			want.accounts[j].Fallback = a.Name
		}
	}
	if err := f.judge(a, slices.Delete(slices.Clone(want.accounts), i, i+1)); err != nil {
		return err
	}
	want.accounts[i] = a
	if want.defaultName == name {
		want.defaultName = a.Name
	}
	return f.change(want, func(s *sheet) error {
		for j, other := range want.accounts {
			if err := s.setAccount(accountPath(j), f.accounts[j], other); err != nil {
				return err
			}
		}
		if want.defaultName == f.defaultName {
			return nil
		}
		return s.setDefault(want.defaultName)
	})
}

// setAccount sets what is different.
func (s *sheet) setAccount(path string, old, wanted Account) error {
	if wanted.Mailbox.IsZero() && !old.Mailbox.IsZero() { // with its header
		if err := s.set(path+".mailbox", ""); err != nil {
			return err
		}
		old.Mailbox = Mailbox{}
	}
	if old.Signature != wanted.Signature { // it may stand in a file of its own
		if err := s.set(path+".signature_file", ""); err != nil {
			return err
		}
	}
	before := settings(old)
	for i, setting := range settings(wanted) {
		if setting == before[i] {
			continue
		}
		if err := s.set(path+"."+setting.key, setting.value); err != nil {
			return err
		}
	}
	return nil
}

// Rename gives an account another name.
func (f *File) Rename(old, name string) error {
	a, err := f.Account(old)
	if err != nil {
		return err
	}
	a.Name = name
	return f.Set(old, a)
}

// Remove takes an account out; comments stay. If it was the default by name, the
// first one is the default from now on.
func (f *File) Remove(name string) error {
	i, err := f.index(name)
	if err != nil {
		return err
	}
	want := f.wanted()
	want.accounts = slices.Delete(want.accounts, i, i+1)
	for _, other := range want.accounts {
		if other.Fallback == name {
			return &LookupError{name + " is the fallback of " + other.Name, "sendoff account edit " + other.Name + " --fallback=''"}
		}
	}
	if want.defaultName == name {
		want.defaultName = ""
	}
	return f.change(want, func(s *sheet) error {
		if err := s.set(accountPath(i), ""); err != nil || want.defaultName == f.defaultName {
			return err
		}
		return s.setDefault("")
	})
}

// SetDefault names the account for messages that say nothing about it.
func (f *File) SetDefault(name string) error {
	if _, err := f.index(name); err != nil {
		return err
	}
	want := f.wanted()
	want.defaultName = name
	return f.change(want, func(s *sheet) error { return s.setDefault(name) })
}

// Rewrite takes text for the whole file, as from an editor.
func (f *File) Rewrite(text []byte) error {
	r, err := read(f.path, text)
	if err != nil && !errors.Is(err, ErrNoAccounts) {
		return err
	}
	f.reading = r
	return nil
}

// judge says what is wrong with an account beside others. It names no line: the
// file with that line will never be.
func (f *File) judge(a Account, others []Account) error {
	a, err := f.resolved(a)
	if err != nil {
		return err
	}
	book, err := NewBook("", append(slices.Clone(others), a)...)
	if err != nil {
		return err
	}
	return book.take(f.clients, new(config.Document))
}

// resolved has the paths and the signature of an account as they will be when
// they are read again.
func (f *File) resolved(a Account) (Account, error) {
	l := loader{checker{doc: new(config.Document), at: accountPath(0)}, filepath.Dir(f.path)}
	a.Signature = signatureText(a.Signature)
	a.Signing = slices.Clone(a.Signing)
	for i := range a.Signing {
		a.Signing[i].Signature = signatureText(a.Signing[i].Signature)
	}
	for key, path := range map[string]*string{
		"smtp.ca_file": &a.SMTP.CAFile, "smtp.client_cert": &a.SMTP.ClientCert, "smtp.client_key": &a.SMTP.ClientKey, "mailbox.ca_file": &a.Mailbox.CAFile,
	} {
		var err error
		if *path, err = l.file(key, *path); err != nil {
			return Account{}, err
		}
	}
	for key, secret := range map[string]*Secret{"smtp.secret": &a.SMTP.Secret, "smtp.proxy_secret": &a.SMTP.Proxy.Secret, "mailbox.secret": &a.Mailbox.Secret} {
		place, err := l.secretPlace(key, secretEntry{Command: slices.Clone(secret.Command), File: secret.File, Env: secret.Env, Keyring: secret.Keyring, OAuth: secret.OAuth})
		if err != nil {
			return Account{}, err
		}
		*secret = place
	}
	return a, nil
}

// wanted is what the file says, for a change to begin with.
func (f *File) wanted() reading {
	return reading{defaultName: f.defaultName, accounts: slices.Clone(f.accounts), clients: f.clients}
}

// change edits the text and takes it over if it says what is wanted and nothing
// else.
func (f *File) change(want reading, edit func(*sheet) error) error {
	s, err := newSheet(f.path, f.data)
	if err != nil {
		return err
	}
	if err := edit(s); err != nil {
		return err
	}
	got, err := read(f.path, s.data)
	if err != nil && (len(want.accounts) > 0 || !errors.Is(err, ErrNoAccounts)) {
		return err
	}
	if !f.same(got, want) {
		return &config.Error{File: f.path, Problem: "is written in a way that cannot be changed safely", Hint: "change it by hand"}
	}
	f.reading = got
	return nil
}

// same compares what was got with what is wanted, setting by setting. Of the
// clients nothing is ever changed here.
func (f *File) same(got, want reading) bool {
	return got.defaultName == want.defaultName && reflect.DeepEqual(got.clients, want.clients) && slices.EqualFunc(got.accounts, want.accounts, func(a, b Account) bool {
		b, err := f.resolved(b)
		return err == nil && slices.Equal(a.Signing, b.Signing) && slices.Equal(settings(a.withDefaults()), settings(b.withDefaults()))
	})
}

// Save replaces the file, or makes it (0600). If it is a symbolic link what that
// leads to is replaced. ErrChanged if it is not as it was when it was opened.
func (f *File) Save() error {
	if bytes.Equal(f.data, f.saved) {
		return nil
	}
	var err error
	if f.saved == nil {
		err = f.create()
	} else {
		err = f.replace()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", cleantext.Line(f.path), err)
	}
	f.saved = f.data
	return nil
}

func (f *File) create() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	err := atomicfile.Create(f.path, f.data)
	if errors.Is(err, fs.ErrExist) {
		return ErrChanged
	}
	return err
}

// replace holds a lock on the file while it compares and replaces, so that two of
// us do not do so at once: the second one has locked what is not there any more,
// and sees that by the content.
func (f *File) replace() error {
	path, err := filepath.EvalSymlinks(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrChanged
	}
	if err != nil {
		return err
	}
	lock, err := lease.Take(path)
	if errors.Is(err, lease.ErrHeld) {
		return ErrChanged
	}
	if err != nil {
		return err
	}
	defer lock.Release() // of a file that is gone: there is nothing to be done about an error
	now, _, err := config.Read(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, f.saved) {
		return ErrChanged
	}
	return atomicfile.Replace(path, f.data)
}

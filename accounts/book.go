package accounts

import (
	"fmt"
	"slices"
	"strings"

	"sendoff/internal/cleantext"
	"sendoff/internal/config"
)

// Book is all accounts of the user. It is not changed after it was made, and
// may be used from several goroutines.
type Book struct {
	Default  string    // name of an account in it
	Accounts []Account // in the order of the file; at least one
	Clients  []OAuthClient
}

// NewBook makes a book of accounts that do not come from a file. It fills in
// defaults and checks them as [Load] does, and tells the first thing that is wrong. defaultName "" is the first one.
func NewBook(defaultName string, accounts ...Account) (*Book, error) {
	book, err := newBook(new(config.Document), defaultName, accounts)
	switch wrong := config.ErrorsOf(err); {
	case len(wrong) > 0:
		return nil, wrong[0]
	case err != nil:
		return nil, err
	}
	return book, nil
}

// newBook checks accounts and what they are to each other; complaints, of which there may
// be several, name their place in doc. The book is given with them, for what else may be
// found.
func newBook(doc *config.Document, defaultName string, accounts []Account) (*Book, error) {
	if len(accounts) == 0 {
		return nil, ErrNoAccounts
	}
	var wrong []error
	book := &Book{Default: defaultName, Accounts: make([]Account, len(accounts))}
	for i, a := range accounts {
		a = a.withDefaults()
		c := checker{doc: doc, at: accountPath(i)}
		wrong = append(wrong, c.account(a))
		named := func(other Account) bool { return a.Name != "" && strings.EqualFold(other.Name, a.Name) }
		if slices.ContainsFunc(book.Accounts[:i], named) {
			wrong = append(wrong, c.complain("name", fmt.Sprintf("%q is the name of another account too", a.Name), "names differ by more than their case"))
		}
		book.Accounts[i] = a
	}
	book.hideVariables()
	if defaultName == "" {
		book.Default = accounts[0].Name
	}
	if slices.Contains(book.names(), "") { // which may be the one that is meant
		return book, config.Join(wrong...)
	}
	wrong = append(wrong, book.checkFallbacks(doc))
	if _, ok := book.named(book.Default); !ok {
		wrong = append(wrong, doc.Error("default", fmt.Sprintf("no account is named %q", defaultName), config.Suggest(defaultName, book.names())))
	}
	return book, config.Join(wrong...)
}

// checkFallbacks refuses one that does not exist, is the account itself, or sends
// as nobody that the account does.
func (b *Book) checkFallbacks(doc *config.Document) error {
	var wrong []error
	for i, a := range b.Accounts {
		c := checker{doc: doc, at: accountPath(i)}
		if a.Fallback == "" {
			continue
		}
		other, found := b.named(a.Fallback)
		switch {
		case !found:
			wrong = append(wrong, c.complain("fallback", fmt.Sprintf("no account is named %q", a.Fallback), config.Suggest(a.Fallback, b.names())))
		case other.Name == a.Name:
			wrong = append(wrong, c.complain("fallback", "is the account itself", "name another one"))
		case !other.Allows(a.From.Address):
			wrong = append(wrong, c.complain("fallback", fmt.Sprintf("%s does not send as %s", other.Name, a.From.Address),
				fmt.Sprintf("add %q to its identities, if its server takes that", a.From.Address)))
		}
	}
	return config.Join(wrong...)
}

// LookupError tells that no account fits what was asked for.
type LookupError struct {
	Problem string
	Hint    string // the nearest name, or what there is
}

// Error is the problem, without the hint.
func (e *LookupError) Error() string { return e.Problem }

// Find gives the account of a name. The error is a [*LookupError].
func (b *Book) Find(name string) (Account, error) {
	if a, ok := b.named(name); ok {
		return a, nil
	}
	return Account{}, &LookupError{
		Problem: fmt.Sprintf("no account is named %q", cleantext.Line(name)),
		Hint:    config.Suggest(name, b.names()),
	}
}

// DefaultAccount is the account for a message that says nothing about it.
func (b *Book) DefaultAccount() Account {
	a, _ := b.named(b.Default)
	return a
}

// ForFrom gives the account that sends for a From address, written as in a
// header. An account whose own From it is goes before one with such an
// identity, and that before one with the whole domain; among equals the
// default goes first, then the order of the file. The error is a
// [*LookupError].
func (b *Book) ForFrom(address string) (Account, error) {
	sought, ok := parseMailbox(address)
	if !ok {
		return Account{}, &LookupError{
			Problem: fmt.Sprintf("%q is not an address", cleantext.Line(address)),
			Hint:    "write it as ada@example.org or Ada <ada@example.org>",
		}
	}
	found, closest := Account{}, matchNone
	for _, a := range b.Accounts {
		how := a.match(sought)
		if how < closest || how == closest && how != matchNone && a.Name == b.Default {
			found, closest = a, how
		}
	}
	if closest == matchNone {
		return Account{}, &LookupError{
			Problem: "no account may send as " + cleantext.Line(address),
			Hint:    "the accounts are " + b.senders() + "; or add the address to the identities of one",
		}
	}
	return found, nil
}

// NotAllowedError is an account that does not send as somebody.
type NotAllowedError struct{ Account, From string }

func (e NotAllowedError) Error() string {
	return fmt.Sprintf("account %s does not send as %s", e.Account, cleantext.Line(e.From))
}

// Choose finds the account of a message: the named one, else that of the From address,
// else the usual one, else the default. Each may be "". The error is a [*LookupError].
func (b *Book) Choose(name, from, usual string) (Account, error) {
	switch {
	case name != "":
		return b.Find(name)
	case from != "":
		return b.ForFrom(from)
	case usual != "":
		return b.Find(usual)
	}
	return b.DefaultAccount(), nil
}

// Sender is Choose with the From of the message: that of the account where it has none.
// The error is a [*LookupError], or a NotAllowedError.
func (b *Book) Sender(name, from, usual string) (Account, string, error) {
	account, err := b.Choose(name, from, usual)
	if err != nil {
		return account, from, err
	}
	if from == "" {
		from = account.From.String()
	}
	if !account.Allows(from) {
		return account, from, NotAllowedError{account.Name, from}
	}
	return account, from, nil
}

func (b *Book) named(name string) (Account, bool) {
	for _, a := range b.Accounts {
		if a.Name == name {
			return a, true
		}
	}
	return Account{}, false
}

func (b *Book) names() []string {
	names := make([]string, len(b.Accounts))
	for i, a := range b.Accounts {
		names[i] = a.Name
	}
	return names
}

// senders lists names and From addresses for a hint.
func (b *Book) senders() string {
	senders := make([]string, len(b.Accounts))
	for i, a := range b.Accounts {
		senders[i] = a.Name + " (" + a.From.Address + ")"
	}
	return cleantext.Line(strings.Join(senders, ", "))
}

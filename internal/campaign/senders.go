package campaign

import (
	"fmt"

	"sendoff/accounts"
	"sendoff/compose"
)

// Senders are who may send the letters.
type Senders struct {
	Book  *accounts.Book // nil: no account is set up, which a look does not need
	Usual string         // the account where nothing else says which; "": the default one
	// Accounts share the letters by what each may send. With none a letter goes by what
	// the template or its row says, by its From address, or by the usual one.
	Accounts []string
}

// nobody stands for the sender where no account is set up.
const nobody = "nobody@example.org"

// Fill fills in who sends a letter, for a look at it: the account, the first of several,
// and From where it has none.
func (s Senders) Fill(d *compose.Draft) error {
	if len(s.Accounts) > 0 {
		return s.fill(d, s.Accounts[0])
	}
	return s.fill(d, d.Account)
}

func (s Senders) fill(d *compose.Draft, name string) error {
	if s.Book == nil {
		if d.From == "" {
			d.From = nobody
		}
		return nil
	}
	account, from, err := s.Book.Sender(name, d.From, s.Usual)
	if err != nil {
		return err
	}
	d.Account, d.From = account.Name, from
	if size := compose.EstimateSize(*d); account.Limits.MaxSize > 0 && size > account.Limits.MaxSize {
		return TooLargeError{account.Name, size, account.Limits.MaxSize}
	}
	return nil
}

// TooLargeError is a letter that an account does not take. The sizes are in octets.
type TooLargeError struct {
	Account    string
	Size, Most int64
}

func (e TooLargeError) Error() string {
	return fmt.Sprintf("it has about %d octets, and account %s takes %d", e.Size, e.Account, e.Most)
}

// shares notes who sends, while letters are looked at.
type shares struct {
	Senders
	from    map[string]string // the accounts that send, and what stands in From where a letter does not say
	letters map[string]int    // by the account that alone sends them; "": whichever
}

func newShares(s Senders) *shares {
	return &shares{Senders: s, from: make(map[string]string), letters: make(map[string]int)}
}

// fill fills in who sends a letter, as the store will: one account, or, where several
// were named, whichever; then all of them must be able to.
func (s *shares) fill(d *compose.Draft) error {
	asked := d.From
	if len(s.Accounts) == 0 {
		if err := s.Fill(d); err != nil {
			return err
		}
		s.note(d.Account, asked, d.From)
		return nil
	}
	for _, name := range s.Accounts {
		one := *d
		if err := s.Senders.fill(&one, name); err != nil {
			return err
		}
		s.note(name, asked, one.From)
	}
	d.Account = ""
	if d.From == "" {
		d.From = s.from[s.Accounts[0]] // any will do for a look
	}
	return nil
}

// count is fill that counts.
func (s *shares) count(d *compose.Draft) error {
	err := s.fill(d)
	if err == nil {
		s.letters[d.Account]++
	}
	return err
}

// note notes an account, with its own From.
func (s *shares) note(account, asked, from string) {
	if _, known := s.from[account]; known {
		return
	}
	if asked != "" && s.Book != nil {
		if a, err := s.Book.Find(account); err == nil {
			from = a.From.String()
		}
	}
	s.from[account] = from
}

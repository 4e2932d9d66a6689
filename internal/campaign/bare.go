package campaign

import (
	"fmt"

	"sendoff/accounts"
	"sendoff/compose/merge"
	"sendoff/compose/unsubscribe"
)

// Letters of a campaign are neither signed nor encrypted: they are made when they
// leave, with nobody there whom gpg could ask.

// EncryptsError is an account by which no letter of a campaign can go.
type EncryptsError struct{ Account string }

func (e EncryptsError) Error() string {
	return fmt.Sprintf("all that leaves by %s is encrypted, and letters of a campaign are not", e.Account)
}

// Unprotected is an account whose letters lack what its other messages have.
type Unprotected struct{ Account, Lacks string }

func (u Unprotected) String() string {
	return fmt.Sprintf("letters of a campaign are %s, whatever account %s says", u.Lacks, u.Account)
}

// Bare is what a letter by an account lacks that a message has: nothing, if Lacks is "".
// What must be encrypted is an EncryptsError.
func Bare(a accounts.Account) (Unprotected, error) {
	u := Unprotected{Account: a.Name}
	switch encrypts := a.OpenPGP.Encrypt == accounts.EncryptWhenPossible; {
	case a.OpenPGP.Encrypt == accounts.EncryptAlways:
		return u, EncryptsError{a.Name}
	case a.OpenPGP.Sign && encrypts:
		u.Lacks = "neither signed nor encrypted"
	case a.OpenPGP.Sign:
		u.Lacks = "not signed"
	case encrypts:
		u.Lacks = "not encrypted"
	}
	return u, nil
}

// Lacks are the accounts that send, by their names, whose letters lack what their other
// messages have.
func (k Look) Lacks() (all []Unprotected) {
	for _, a := range k.senderAccounts() {
		if u, err := Bare(a); err == nil && u.Lacks != "" {
			all = append(all, u)
		}
	}
	return all
}

// SetTokens lets the letters of a campaign of that name have the tokens with which
// their readers unsubscribe, if they can. keyFile is where what signs them is.
func SetTokens(c *merge.Campaign, name, keyFile string) error {
	if !c.CanBeLeft() {
		return nil
	}
	key, err := unsubscribe.LoadKey(keyFile)
	if err != nil {
		return err
	}
	c.SetTokens(func(address string) string { return key.Token(unsubscribe.Wish{Campaign: name, Address: address}) })
	return nil
}

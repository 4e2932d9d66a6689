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

// Bare is what a letter by an account lacks that a message has, in words: "not signed";
// "" for nothing. What must be encrypted is an EncryptsError.
func Bare(a accounts.Account) (lacks string, err error) {
	switch encrypts := a.OpenPGP.Encrypt == accounts.EncryptWhenPossible; {
	case a.OpenPGP.Encrypt == accounts.EncryptAlways:
		return "", EncryptsError{a.Name}
	case a.OpenPGP.Sign && encrypts:
		return "neither signed nor encrypted", nil
	case a.OpenPGP.Sign:
		return "not signed", nil
	case encrypts:
		return "not encrypted", nil
	}
	return "", nil
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

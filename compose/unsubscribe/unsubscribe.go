// Package unsubscribe makes the tokens by which somebody who was written to says
// that he wants no more, and recognizes a mail that says so.
//
// It knows neither campaigns nor the outbox: a campaign is a name to it, and what
// follows from a wish is for whoever asks.
//
// Its one hard rule: what is not signed by the key changes nothing. Anybody can
// write to the address that wishes go to.
package unsubscribe

import (
	"errors"
	"fmt"
	"strings"

	"sendoff/internal/mailtoken"
)

// Wish is what somebody wants no more of.
type Wish struct {
	Campaign string // that wrote to him: its ID or name
	Address  string // his own, as it was written to, in lower case
}

// Key signs tokens.
type Key struct{ key mailtoken.Key }

// LoadKey reads the key of a file, and makes it (0600) if there is none. Without
// it no wish of letters that are out already is understood: it is part of a backup.
func LoadKey(path string) (Key, error) {
	key, err := mailtoken.LoadKey(path)
	if err != nil {
		return Key{}, fmt.Errorf("sign unsubscribing: %w", err)
	}
	return Key{key}, nil
}

const (
	maxCampaign = 64
	maxAddress  = 254 // RFC 5321 §4.5.3.1.3
	shortest    = 1 + 1 + len("a@b")
)

// purpose keeps what is signed here from being anything elsewhere.
const purpose = "sendoff unsubscribe 1\x00"

// Token signs a wish, in letters and digits of either case. All of it stands in
// the token, so that it is understood when the campaign is long forgotten. ""
// if the wish has no campaign or no address, or longer ones than there are.
func (k Key) Token(w Wish) string {
	if !w.isPlain() {
		return ""
	}
	text := append([]byte{byte(len(w.Campaign))}, w.Campaign...)
	text = append(text, strings.ToLower(w.Address)...)
	return k.key.Token(purpose, text)
}

// isPlain tells a wish that a token can hold.
func (w Wish) isPlain() bool {
	at := strings.LastIndexByte(w.Address, '@')
	isControl := func(r rune) bool { return r < ' ' || r == 0x7f }
	return w.Campaign != "" && len(w.Campaign) <= maxCampaign && at > 0 && at < len(w.Address)-1 && len(w.Address) <= maxAddress &&
		!strings.ContainsFunc(w.Campaign+w.Address, isControl)
}

// Open reads a token; false if this key has not signed it.
func (k Key) Open(token string) (Wish, bool) {
	text, signed := k.key.Open(purpose, token)
	w, ok := read(text)
	return w, ok && signed
}

// read takes what a token says apart; false if that is no wish.
func read(text []byte) (w Wish, ok bool) {
	if len(text) < shortest || 1+int(text[0]) >= len(text) {
		return Wish{}, false
	}
	length := int(text[0])
	w = Wish{string(text[1 : 1+length]), string(text[1+length:])}
	if !w.isPlain() {
		return Wish{}, false
	}
	return w, true
}

// What a mail is that says nothing of this key's.
var (
	ErrNoToken = errors.New("there is no token in it")
	ErrForged  = errors.New("its token was not made here") // or with a key that is gone
)

// HeaderFields are the fields of a mail that [Key.Find] looks at, for who fetches
// no others.
func HeaderFields() []string { return mailtoken.HeaderFields() }

// Find looks for a token in the header of a mail, or in the mail from its
// beginning: in the addresses that it was sent to and in its subject. The error is
// ErrNoToken or ErrForged. It takes time that grows with the number of octets.
func (k Key) Find(head []byte) (Wish, error) {
	forged := false
	for word := range mailtoken.Words(head, shortest) {
		if w, ok := k.Open(word); ok {
			return w, nil
		}
		_, ok := read(mailtoken.Text(word))
		forged = forged || ok
	}
	if forged {
		return Wish{}, ErrForged
	}
	return Wish{}, ErrNoToken
}

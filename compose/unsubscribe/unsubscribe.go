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
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"sendoff/internal/config"
)

// Wish is what somebody wants no more of.
type Wish struct {
	Campaign string // that wrote to him: its ID or name
	Address  string // his own, as it was written to, in lower case
}

// Key signs tokens.
type Key struct{ secret []byte }

// LoadKey reads the key of a file, and makes it (0600) if there is none. Without
// it no wish of letters that are out already is understood: it is part of a backup.
func LoadKey(path string) (Key, error) {
	secret, err := config.LoadKey(path)
	if err != nil {
		return Key{}, fmt.Errorf("sign unsubscribing: %w", err)
	}
	return Key{secret}, nil
}

// letters are those of a token. A token is an address or stands in a subject, and
// on their way some programs make lower case of the one and some people upper case
// of the other, so that case must mean nothing; and nothing in it needs to be
// escaped in a URL.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const (
	macSize     = 10 // nobody can try 2^79 of them by mail
	maxCampaign = 64
	maxAddress  = 254 // RFC 5321 §4.5.3.1.3
	shortest    = 1 + 1 + len("a@b") + macSize
	longest     = 1 + maxCampaign + maxAddress + macSize
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
	return letters.EncodeToString(append(text, k.sign(text)...))
}

func (k Key) sign(text []byte) []byte {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte(purpose))
	mac.Write(text)
	return mac.Sum(nil)[:macSize]
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
	w, text, mac := split(token)
	return w, text != nil && len(k.secret) > 0 && hmac.Equal(mac, k.sign(text))
}

// split takes a token apart; text is nil if it is not one, whoever has signed it.
func split(token string) (w Wish, text, mac []byte) {
	if len(token) > letters.EncodedLen(longest) {
		return Wish{}, nil, nil
	}
	all, err := letters.DecodeString(strings.ToLower(token))
	if err != nil || len(all) < shortest {
		return Wish{}, nil, nil
	}
	text, mac = all[:len(all)-macSize], all[len(all)-macSize:]
	length := int(text[0])
	if 1+length >= len(text) {
		return Wish{}, nil, nil
	}
	w = Wish{string(text[1 : 1+length]), string(text[1+length:])}
	if !w.isPlain() {
		return Wish{}, nil, nil
	}
	return w, text, mac
}

// Package mailtoken makes words that go out in the address or the subject of a mail,
// come back in another one, and show that they were made here.
//
// It does not know what they say: that is for who signs it, and so is what follows.
//
// Its one hard rule: what the key has not signed, for the purpose that is asked about,
// is not opened. Anybody can write to the address that tokens come back to.
package mailtoken

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"sendoff/internal/config"
)

// Mark is where a token goes in the template of an address.
const Mark = "{token}"

// Key signs tokens. The zero Key opens none.
type Key struct{ secret []byte }

// LoadKey reads the key of a file, and makes it (0600) if there is none.
func LoadKey(path string) (Key, error) {
	secret, err := config.LoadKey(path)
	return Key{secret}, err
}

// letters are those of a token. A token is an address or stands in a subject, and
// on their way some programs make lower case of the one and some people upper case
// of the other, so that case must mean nothing; and nothing in it needs to be
// escaped in a URL.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const macSize = 10 // octets: nobody can try 2^79 of them by mail

// Length is how many letters a token has that says so many octets.
func Length(octets int) int { return letters.EncodedLen(octets + macSize) }

// Token signs a text, in letters and digits of either case. All of it stands in the
// token. The purpose, which does not, keeps what is signed for one thing from being
// another: it ends where the text begins, so with an octet that stands nowhere else in it.
func (k Key) Token(purpose string, text []byte) string {
	return letters.EncodeToString(append(text[:len(text):len(text)], k.sign(purpose, text)...))
}

func (k Key) sign(purpose string, text []byte) []byte {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte(purpose))
	mac.Write(text)
	return mac.Sum(nil)[:macSize]
}

// Open reads a token; false if this key has not signed it for the purpose.
func (k Key) Open(purpose, token string) (text []byte, ok bool) {
	text, mac := split(token)
	return text, text != nil && len(k.secret) > 0 && hmac.Equal(mac, k.sign(purpose, text))
}

// Text is what a token says, whoever has signed it; nil if it is none.
func Text(token string) []byte {
	text, _ := split(token)
	return text
}

// longest is more octets than any token has: an address and a name.
const longest = 512

func split(token string) (text, mac []byte) {
	if len(token) > letters.EncodedLen(longest) {
		return nil, nil
	}
	all, err := letters.DecodeString(strings.ToLower(token))
	if err != nil || len(all) <= macSize {
		return nil, nil
	}
	return all[:len(all)-macSize], all[len(all)-macSize:]
}

package accounts

import (
	"fmt"
	"strings"
	"unicode"

	"sendoff/internal/config"
)

// OpenPGP says which messages of an account are signed and encrypted, by the gpg of
// the user. The zero OpenPGP is none, unless a message asks for it.
type OpenPGP struct {
	Key         string // fingerprint or address of the sender's own key; empty: the one of the From address
	Sign        bool
	Encrypt     Encrypt
	OthersAlone bool // what is encrypted is not for the sender's key too
}

// Encrypt says which messages are encrypted.
type Encrypt string

// The choices; never is the default. Each is about messages that say nothing
// themselves.
const (
	EncryptNever        Encrypt = "never"
	EncryptAsk          Encrypt = "ask"           // where everybody has a key a person must choose
	EncryptWhenPossible Encrypt = "when-possible" // where everybody has a key
	EncryptAlways       Encrypt = "always"        // or it does not leave
)

// openpgpEntry is [account.openpgp] as it stands on disk.
type openpgpEntry struct {
	Key           string  `toml:"key"`
	Sign          bool    `toml:"sign"`
	Encrypt       Encrypt `toml:"encrypt"`
	EncryptToSelf bool    `toml:"encrypt_to_self"`
}

func (l loader) openpgp(e openpgpEntry) OpenPGP {
	o := OpenPGP{Key: fingerprintText(e.Key), Sign: e.Sign, Encrypt: e.Encrypt}
	o.OthersAlone = l.doc.Has(l.path("openpgp.encrypt_to_self")) && !e.EncryptToSelf
	return o
}

// fingerprintText takes the spaces out of a fingerprint, which gpg prints in groups.
func fingerprintText(key string) string {
	if text := strings.ReplaceAll(key, " ", ""); isFingerprint(text) {
		return strings.ToUpper(strings.TrimPrefix(text, "0x"))
	}
	return key
}

// isFingerprint tells a whole one: of a shorter ID anyone can make a second key.
func isFingerprint(text string) bool {
	text = strings.TrimPrefix(text, "0x")
	notHex := func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }
	return (len(text) == 40 || len(text) == 64) && !strings.ContainsFunc(text, notHex)
}

func (c checker) openpgp(a Account) error {
	o := a.OpenPGP
	if err := config.Choice(c.doc, c.path("openpgp.encrypt"), o.Encrypt, EncryptNever, EncryptAsk, EncryptWhenPossible, EncryptAlways); err != nil {
		return err
	}
	const hint = "gpg --list-secret-keys shows fingerprints, of 40 digits; an address will do too"
	switch {
	case o.Key == "" || isFingerprint(o.Key):
		return nil
	case strings.ContainsFunc(o.Key, unicode.IsControl):
		return c.complain("openpgp.key", "holds control characters", hint)
	case !strings.Contains(o.Key, "@"):
		return c.complain("openpgp.key", fmt.Sprintf("%q is neither a whole fingerprint nor an address", o.Key), hint)
	case strings.ContainsAny(o.Key, "<> "):
		return c.complain("openpgp.key", fmt.Sprintf("%q is more than an address", o.Key), `for example key = "ada@example.org"`)
	}
	return nil
}

package openpgp

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// Key is a key of gpg's keyring.
type Key struct {
	Fingerprint string
	Created     time.Time
	Expires     time.Time // zero: never

	validity     string // of the whole key, one letter (doc/DETAILS of GnuPG)
	capabilities string // what it can be used for; capital: with what is usable of its parts
	people       []person
}

// person is a user ID.
type person struct {
	validity string
	address  string // in lower case; "" without one
}

// ID is how people tell keys: the fingerprint in groups.
func (k Key) ID() string {
	var groups []string
	for rest := k.Fingerprint; rest != ""; {
		n := min(4, len(rest))
		groups = append(groups, rest[:n])
		rest = rest[n:]
	}
	return strings.Join(groups, " ")
}

// ShortID is the end of that, for where there is no room; it tells the keys of one's
// own keyring, and is not to be trusted elsewhere.
func (k Key) ShortID() string {
	const groups = 4*5 - 1
	id := k.ID()
	return id[max(len(id)-groups, 0):]
}

// maxKeys bounds the keys that are looked at: a keyring that has more for some
// recipients is a trap.
const maxKeys = 10_000

// parseKeys reads what gpg --with-colons lists. What it cannot read it leaves out.
func parseKeys(text []byte) (keys []Key) {
	primary := false // the fingerprint that comes is that of the key itself
	for line := range bytes.Lines(text) {
		fields := strings.Split(strings.TrimRight(string(line), "\r\n"), ":")
		field := func(n int) string { // as DETAILS counts
			if n > len(fields) {
				return ""
			}
			return fields[n-1]
		}
		last := len(keys) - 1
		switch field(1) {
		case "pub", "sec":
			if len(keys) == maxKeys {
				return keys[:last]
			}
			primary = true
			keys = append(keys, Key{validity: field(2), Created: moment(field(6)), Expires: moment(field(7)), capabilities: field(12)})
		case "sub", "ssb":
			primary = false
		case "fpr":
			if primary && isFingerprint(field(10)) {
				keys[last].Fingerprint, primary = field(10), false
			}
		case "uid":
			if last >= 0 {
				keys[last].people = append(keys[last].people, person{field(2), addressOf(unescape(field(10)))})
			}
		}
	}
	whole := keys[:0]
	for _, k := range keys {
		if k.Fingerprint != "" {
			whole = append(whole, k)
		}
	}
	return whole
}

// isFingerprint tells one that can stand among gpg's arguments.
func isFingerprint(text string) bool {
	notHex := func(r rune) bool { return !strings.ContainsRune("0123456789ABCDEF", r) }
	return (len(text) == 40 || len(text) == 64) && !strings.ContainsFunc(text, notHex)
}

// moment reads seconds since 1970; zero for none.
func moment(text string) time.Time {
	if n := number(text); n > 0 {
		return time.Unix(int64(n), 0)
	}
	return time.Time{}
}

// unescape undoes the escapes of the listing, "\x3a" for a colon.
func unescape(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\x`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		const digits = "0123456789abcdef"
		if len(after) < 2 || strings.IndexByte(digits, after[0]) < 0 || strings.IndexByte(digits, after[1]) < 0 {
			b.WriteString(`\x`)
			text = after
			continue
		}
		b.WriteByte(byte(strings.IndexByte(digits, after[0])<<4 | strings.IndexByte(digits, after[1])))
		text = after[2:]
	}
}

// addressOf is the address of a user ID, "Ada <ada@example.org>" or the address
// alone, in lower case.
func addressOf(uid string) string {
	if strings.HasSuffix(uid, ">") {
		uid = uid[strings.LastIndexByte(uid, '<')+1 : len(uid)-1]
	}
	if !strings.Contains(uid, "@") || strings.ContainsAny(uid, "<> ") {
		return ""
	}
	return strings.ToLower(uid)
}

// state is what a key is worth for a purpose.
type state int

// The states, from the worst.
const (
	stateNone state = iota
	stateDisabled
	stateRevoked
	stateExpired
	stateUnable  // it is not made for this
	stateUnknown // nobody vouches for it
	stateGood
)

// validities are from the worst to the best: revoked, never to be trusted, invalid,
// expired, three kinds of not known, marginal, full, one's own.
const validities = "rnie-qomfu"

// validityFor is how sure it is that the key is that of who has one of the
// addresses; "" if it does not say that it is. Without addresses it is the key's own.
func (k Key) validityFor(addresses []string) string {
	if len(addresses) == 0 {
		return k.validity
	}
	best, rank := "", -2
	for _, p := range k.people {
		if r := strings.Index(validities, p.validity); slices.Contains(addresses, p.address) && r > rank {
			best, rank = p.validity, r
		}
	}
	return best
}

// state says what the key is worth for who has one of the addresses. capability is
// that of the whole key: "E" to encrypt, "S" to sign.
func (k Key) state(capability string, addresses []string) state {
	validity := k.validityFor(addresses)
	if validity == "" || strings.Contains("rnie", k.validity) { // what the whole key is, none of it is better than
		validity = k.validity
	}
	switch {
	case strings.Contains(k.capabilities, "D") || validity == "n" || validity == "i":
		return stateDisabled
	case validity == "r":
		return stateRevoked
	case validity == "e":
		return stateExpired
	case !strings.Contains(k.capabilities, capability):
		return stateUnable
	case validity == "m" || validity == "f" || validity == "u":
		return stateGood
	}
	return stateUnknown
}

// vouchedFor tells that somebody vouches for the key, if perhaps not for all that it
// says about itself.
func (k Key) vouchedFor() bool { return k.validity == "m" || k.validity == "f" || k.validity == "u" }

// word says what is wrong with a key that is not good for anything.
func (s state) word() string {
	switch s {
	case stateRevoked:
		return "revoked"
	case stateExpired:
		return "expired"
	}
	return "disabled"
}

// choose takes the best key for who has one of the addresses, and of the best the
// newest.
func choose(keys []Key, capability string, addresses []string) (best Key, s state) {
	for _, k := range keys {
		if len(addresses) > 0 && !slices.ContainsFunc(k.people, func(p person) bool { return slices.Contains(addresses, p.address) }) {
			continue // gpg was asked for it all the same
		}
		if of := k.state(capability, addresses); of > s || of == s && k.Created.After(best.Created) {
			best, s = k, of
		}
	}
	return best, s
}

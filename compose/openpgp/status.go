package openpgp

import (
	"bytes"
	"strconv"
	"strings"
)

// status is what gpg has told on its status descriptor (doc/DETAILS of GnuPG),
// as far as it matters here. Lines that are none of it are left out.
type status struct {
	hash      int      // of a signature that was made; 0: none was
	detached  bool     // that signature
	encrypted bool     // all of the input was
	recipient []reason // recipients that gpg refuses
	signer    []reason // signers
	failure   int      // code of the error that ended it; 0: none
	unlisted  bool     // a key that was looked for is not there
}

// reason is why gpg does not take a key.
type reason struct {
	code int
	key  string // as gpg was given it
}

const statusPrefix = "[GNUPG:] "

// Codes of GnuPG's errors (err-codes.h of libgpg-error), and the bits of a number
// that hold one; the others say where it comes from.
const (
	errorCode = 0xffff

	errNoPublicKey   = 9
	errBadPassphrase = 11
	errNoSecretKey   = 17
	errTimeout       = 62
	errNoAgent       = 77
	errNoPinentry    = 85
	errCanceled      = 99
	errNoCard        = 112
	errFullyCanceled = 198
)

// Codes of reason.
const (
	reasonRevoked    = 4
	reasonExpired    = 5
	reasonNotTrusted = 10
)

func parseStatus(text []byte) (s status) {
	for line := range bytes.Lines(text) {
		said, found := strings.CutPrefix(strings.TrimRight(string(line), "\r\n"), statusPrefix)
		if !found {
			continue
		}
		words := strings.Split(said, " ")
		switch word, rest := words[0], words[1:]; {
		case word == "SIG_CREATED" && len(rest) >= 6: // type, algorithm, hash, class, time, fingerprint
			s.hash, s.detached = number(rest[2]), rest[0] == "D"
		case word == "END_ENCRYPTION":
			s.encrypted = true
		case word == "INV_RECP" && len(rest) >= 2:
			s.recipient = append(s.recipient, reason{number(rest[0]), strings.Join(rest[1:], " ")})
		case word == "INV_SGNR" && len(rest) >= 2:
			s.signer = append(s.signer, reason{number(rest[0]), strings.Join(rest[1:], " ")})
		case word == "ERROR" && len(rest) >= 2 && rest[0] == "keylist.getkey":
			code := number(rest[1]) & errorCode
			s.unlisted = code == errNoPublicKey || code == errNoSecretKey
		case word == "FAILURE" && len(rest) >= 2:
			s.failure = number(rest[1]) & errorCode
		}
	}
	return s
}

// number is a number that a program has written; 0 if it is none.
func number(text string) int {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// hashNames are the hashes of RFC 9580 §9.5 as RFC 3156 §5 names them. MD5 is
// broken, and left out.
var hashNames = map[int]string{
	2: "pgp-sha1", 3: "pgp-ripemd160", 8: "pgp-sha256", 9: "pgp-sha384", 10: "pgp-sha512", 11: "pgp-sha224",
}

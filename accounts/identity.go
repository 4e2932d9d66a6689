package accounts

import (
	"fmt"
	"slices"
	"strings"

	"sendoff/internal/config"
)

// Identity is an address that signs otherwise than its account does.
type Identity struct {
	Address   string // as those of Account.Identities
	Signature string // "\n" line ends, none at the end; "": none
}

// Addresses are all that the account may send as beside its From, as the file
// writes them: "Ada <ada@lists.example.org>", "*@ada.example".
func (a Account) Addresses() []string {
	all := slices.Clone(a.Identities)
	for _, own := range a.Signing {
		sought, _ := parseMailbox(own.Address)
		listed := slices.ContainsFunc(a.Identities, func(identity string) bool {
			m, ok := parseMailbox(identity)
			return ok && m == sought
		})
		if !listed {
			all = append(all, own.Address)
		}
	}
	return all
}

// SignatureOf is what a message from an address ends with: the signature of the
// identity that it is, else that of the whole domain, else the account's.
func (a Account) SignatureOf(from string) string {
	sought, ok := parseMailbox(from)
	if !ok {
		return a.Signature
	}
	text := a.Signature
	for _, own := range a.Signing {
		switch m, _ := parseMailbox(own.Address); {
		case m == sought:
			return own.Signature
		case m.local == anyone && m.domain == sought.domain && newMailbox(a.From.Address) != sought:
			text = own.Signature
		}
	}
	return text
}

type identityEntry struct {
	Address       string `toml:"address"`
	Signature     string `toml:"signature"`
	SignatureFile string `toml:"signature_file"`
}

func identityPath(i int) string { return fmt.Sprintf("identity[%d]", i) }

// signing reads the identities that have tables of their own.
func (l loader) signing(entries []identityEntry) (all []Identity, err error) {
	var wrong []error
	for i, e := range entries {
		own := loader{checker{l.doc, l.path(identityPath(i))}, l.folder}
		one, err := own.identity(e)
		wrong, all = append(wrong, err), append(all, one)
	}
	return all, config.Join(wrong...)
}

func (l loader) identity(e identityEntry) (Identity, error) {
	switch {
	case e.Address == "":
		return Identity{}, l.complain("address", "is missing", `for example address = "ada@lists.example.org"`)
	case e.SignatureFile == "" && l.doc.Has(l.path("signature_file")):
		return Identity{}, l.complain("signature_file", "is empty", "leave the line out, or fill it in")
	case e.SignatureFile == "" && !l.doc.Has(l.path("signature")):
		return Identity{}, l.complain("address", "has no signature", `add signature or signature_file (signature = "" is none), or write the address into identities`)
	}
	text, err := l.signature(e.Signature, e.SignatureFile)
	return Identity{Address: e.Address, Signature: text}, err
}

// signing refuses what is no address, and one that is there twice or signs as the
// account does.
func (c checker) signing(a Account) error {
	var wrong []error
	seen := []mailbox{newMailbox(a.From.Address)}
	for i, own := range a.Signing {
		key := identityPath(i) + ".address"
		if err := c.identity(key, own.Address); err != nil {
			wrong = append(wrong, err)
			continue
		}
		m, _ := parseMailbox(own.Address)
		switch n := slices.Index(seen, m); {
		case n == 0:
			wrong = append(wrong, c.complain(key, fmt.Sprintf("%q is the From of the account", own.Address), "its signature is that of the account"))
		case n > 0:
			wrong = append(wrong, c.complain(key, fmt.Sprintf("%q has a signature already", own.Address), "keep one of them"))
		}
		seen = append(seen, m)
	}
	return config.Join(wrong...)
}

// signingEntry writes them as tables of an account.
func signingEntry(all []Identity) string {
	var b strings.Builder
	for _, own := range all {
		fmt.Fprintf(&b, "\n[[account.identity]]\naddress = %s\nsignature = %s\n", quoted(own.Address), quoted(own.Signature))
	}
	return b.String()
}

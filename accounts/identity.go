package accounts

import (
	"fmt"
	"slices"
	"strings"
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
	for i, e := range entries {
		at := identityPath(i)
		own := loader{checker{l.doc, l.path(at)}, l.folder}
		switch {
		case e.Address == "":
			return nil, l.complain(at+".address", "is missing", `for example address = "ada@lists.example.org"`)
		case e.SignatureFile == "" && l.doc.Has(own.path("signature_file")):
			return nil, own.complain("signature_file", "is empty", "leave the line out, or fill it in")
		case e.SignatureFile == "" && !l.doc.Has(own.path("signature")):
			return nil, own.complain("address", "has no signature", `add signature or signature_file (signature = "" is none), or write the address into identities`)
		}
		text, err := own.signature(e.Signature, e.SignatureFile)
		if err != nil {
			return nil, err
		}
		all = append(all, Identity{Address: e.Address, Signature: text})
	}
	return all, nil
}

// signing refuses what is no address, and one that is there twice or signs as the
// account does.
func (c checker) signing(a Account) error {
	seen := []mailbox{newMailbox(a.From.Address)}
	for i, own := range a.Signing {
		key := identityPath(i) + ".address"
		if err := c.identity(key, own.Address); err != nil {
			return err
		}
		m, _ := parseMailbox(own.Address)
		switch n := slices.Index(seen, m); {
		case n == 0:
			return c.complain(key, fmt.Sprintf("%q is the From of the account", own.Address), "its signature is that of the account")
		case n > 0:
			return c.complain(key, fmt.Sprintf("%q has a signature already", own.Address), "keep one of them")
		}
		seen = append(seen, m)
	}
	return nil
}

// signingEntry writes them as tables of an account.
func signingEntry(all []Identity) string {
	var b strings.Builder
	for _, own := range all {
		fmt.Fprintf(&b, "\n[[account.identity]]\naddress = %s\nsignature = %s\n", quoted(own.Address), quoted(own.Signature))
	}
	return b.String()
}

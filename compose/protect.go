package compose

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// Protection says how a message is protected on its way by OpenPGP (RFC 3156).
type Protection string

// The protections. A draft that names none has what its account says; as Build
// takes it, that is none.
const (
	Unprotected   Protection = "none"
	Signed        Protection = "sign"
	Encrypted     Protection = "encrypt"
	SignEncrypted Protection = "sign+encrypt"
)

// Protections are all there are, each with a bit more than the one before.
var protections = []Protection{"", Unprotected, Signed, Encrypted, SignEncrypted}

// Signs tells that the reader can see who wrote it and that nobody changed it.
func (p Protection) Signs() bool { return p == Signed || p == SignEncrypted }

// Encrypts tells that nobody but those it is for can read it.
func (p Protection) Encrypts() bool { return p == Encrypted || p == SignEncrypted }

// Protects tells that it is not none.
func (p Protection) Protects() bool { return p.Signs() || p.Encrypts() }

// Next is the protection after this one, in a circle.
func (p Protection) Next() Protection {
	switch p {
	case Signed:
		return Encrypted
	case Encrypted:
		return SignEncrypted
	case SignEncrypted:
		return Unprotected
	}
	return Signed
}

// Toggled is the protection with one part of it, Signed or Encrypted, the other way
// round.
func (p Protection) Toggled(part Protection) Protection {
	signs, encrypts := p.Signs() != part.Signs(), p.Encrypts() != part.Encrypts()
	switch {
	case signs && encrypts:
		return SignEncrypted
	case signs:
		return Signed
	case encrypts:
		return Encrypted
	}
	return Unprotected
}

// ProtectionOf tells what a message that was built has: a signature inside of
// encryption cannot be seen.
func ProtectionOf(message io.Reader) (Protection, error) {
	h, err := textproto.ReadHeader(bufio.NewReader(message))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the header: %w", err)
	case strings.HasPrefix(h.Get("Content-Type"), "multipart/encrypted;"):
		return Encrypted, nil
	case strings.HasPrefix(h.Get("Content-Type"), "multipart/signed;"):
		return Signed, nil
	}
	return Unprotected, nil
}

// Parties are those whose keys a message needs.
type Parties struct {
	Protection Protection
	From       Address
	Open       []Address // everybody may see them: To and Cc
	Hidden     []Address // nobody may: Bcc
}

// Parties gives those of a draft; what is wrong with its addresses is left out.
func (d Draft) Parties() Parties {
	p, _ := new(Maker).parse(Draft{From: d.From, To: d.To, Cc: d.Cc, Bcc: d.Bcc, Style: StylePlain, Protection: d.Protection})
	return p.parties()
}

func (p parsed) parties() Parties {
	return Parties{Protection: p.protection, From: p.from, Open: slices.Concat(p.to, p.cc), Hidden: p.bcc}
}

// Content writes what is to be protected: the same octets every time, CRLF line
// ends throughout, none above 127, no white space at the end of a line.
type Content func(w io.Writer) error

// Signature is a detached one, of [Content].
type Signature struct {
	Armor  []byte // ASCII armor, "\n" or CRLF line ends
	MICAlg string // its hash as RFC 3156 §5 names it: "pgp-sha256"
}

// Protector signs and encrypts, with keys that it finds. It does what
// Parties.Protection says, or fails.
type Protector interface {
	Sign(ctx context.Context, p Parties, content Content) (Signature, error)
	// Encrypt writes content encrypted, and signed if that is asked for, to w in
	// ASCII armor.
	Encrypt(ctx context.Context, p Parties, w io.Writer, content Content) error
}

// protected is the tree of a message that is signed or encrypted.
func (p parsed) protected(ctx context.Context, s Stamp, protector Protector) (part, error) {
	if protector == nil {
		return part{}, Problems{{Field: "protection", Problem: "it is to be signed or encrypted, and that cannot be done here"}}
	}
	content := p.content(s)
	boundary := s.boundaries(content.readable())
	if err := content.seal(nil, boundary); err != nil {
		return part{}, err
	}
	var out part
	var err error
	if p.protection.Encrypts() {
		out = encryptedPart(func(w io.Writer) error { return protector.Encrypt(ctx, p.parties(), w, content.writeTo) })
	} else if out, err = p.signed(ctx, protector, content); err != nil {
		return part{}, err
	}
	return out, out.seal(p.messageFields(s), boundary)
}

// signed is a multipart/signed. Its header names the hash of a signature that
// stands at the end, so the content is written twice instead of being kept, and
// compared.
func (p parsed) signed(ctx context.Context, protector Protector, content part) (part, error) {
	first := sha256.New()
	signature, err := protector.Sign(ctx, p.parties(), func(w io.Writer) error {
		first.Reset()
		return content.writeTo(io.MultiWriter(w, first))
	})
	if err != nil {
		return part{}, err
	}
	again := part{fields: content.fields, stream: func(w io.Writer) error {
		second := sha256.New()
		if err := textproto.WriteHeader(second, content.header); err != nil {
			return writeError(err)
		}
		if err := content.buffered(io.MultiWriter(w, second), content.writeContent); err != nil {
			return err
		}
		if !bytes.Equal(first.Sum(nil), second.Sum(nil)) {
			return FieldError{Field: "attachments", Problem: "a file " + errChanged.Error(), Err: errChanged}
		}
		return nil
	}}
	return part{
		kind: "signed", parameters: []string{"micalg=" + signature.MICAlg, `protocol="application/pgp-signature"`},
		parts: []part{again, armorPart("application/pgp-signature", "signature.asc", string(signature.Armor))},
	}, nil
}

// encryptedPart is a multipart/encrypted (RFC 3156 §4).
func encryptedPart(encrypt func(w io.Writer) error) part {
	armor := armorPart("application/octet-stream", "encrypted.asc", "")
	armor.stream = func(w io.Writer) error { return encrypt(lineEnds{w}) }
	version := part{text: "Version: 1\n", encoding: sevenBit, fields: [][]byte{[]byte("Content-Type: application/pgp-encrypted\r\n"), encodingField(sevenBit)}}
	return part{kind: "encrypted", parameters: []string{`protocol="application/pgp-encrypted"`}, parts: []part{version, armor}}
}

// armorPart is a part in ASCII armor. Its name is for readers that know nothing of
// OpenPGP.
func armorPart(mediaType, name, text string) part {
	contentType, disposition := newField("Content-Type"), newField("Content-Disposition")
	contentType.token(mediaType)
	contentType.parameter("name", name)
	disposition.token("attachment")
	disposition.parameter("filename", name)
	return part{text: text, encoding: sevenBit, fields: [][]byte{contentType.bytes(), encodingField(sevenBit), disposition.bytes()}}
}

// lineEnds writes every line with CRLF at its end, whatever it had: a carriage
// return has no other use in ASCII armor.
type lineEnds struct{ w io.Writer }

func (l lineEnds) Write(p []byte) (int, error) {
	text := bytes.ReplaceAll(bytes.ReplaceAll(p, []byte("\r"), nil), []byte("\n"), []byte("\r\n"))
	if _, err := l.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// isTouched tells that some server could change a text that is written as it is:
// white space at the end of a line goes, and so may a dot at the beginning. What is
// signed must not depend on that (RFC 3156 §3).
func isTouched(text string) bool {
	for line := range lines(text) {
		if strings.HasPrefix(line, ".") || strings.HasSuffix(line, " ") || strings.HasSuffix(line, "\t") {
			return true
		}
	}
	return false
}

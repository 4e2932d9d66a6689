package openpgp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/cleantext"
	"sendoff/internal/command"
)

// protector protects the messages of an account.
type protector struct {
	program Program
	account accounts.Account
}

// For protects the messages of an account.
func (p Program) For(account accounts.Account) compose.Protector { return protector{p, account} }

// maxSignature is far above what any key makes, in ASCII armor.
const maxSignature = 64 << 10

// plain keeps options of gpg.conf out that would change the bytes.
var plain = []string{"--armor", "--no-textmode", "--no-comments", "--no-emit-version", "--output", "-"}

// keys looks for the keys of a message.
func (p protector) keys(ctx context.Context, parties compose.Parties) (Report, error) {
	r := Report{Protection: parties.Protection}
	var err error
	if parties.Protection.Encrypts() {
		if r.Readers, err = p.program.readers(ctx, parties); err != nil {
			return r, err
		}
	}
	if err := p.program.settle(ctx, &r, parties.From, p.account.OpenPGP); err != nil {
		return r, err
	}
	if len(r.Problems) > 0 {
		return r, r.Problems
	}
	return r, nil
}

// Sign makes a detached signature.
func (p protector) Sign(ctx context.Context, parties compose.Parties, content compose.Content) (compose.Signature, error) {
	r, err := p.keys(ctx, parties)
	if err != nil {
		return compose.Signature{}, err
	}
	armor := bounded{most: maxSignature}
	s, err := p.program.run(ctx, workLimit, content, &armor, append(slices.Clone(plain), "--local-user", r.Own.Fingerprint, "--detach-sign")...)
	if err != nil {
		return compose.Signature{}, p.failed(s, err)
	}
	name, known := hashNames[s.hash]
	switch {
	case s.hash == 0 || !s.detached || !bytes.HasPrefix(armor.Bytes(), []byte("-----BEGIN PGP SIGNATURE-----")):
		return compose.Signature{}, &Error{errors.New("gpg ended well and has not signed")}
	case !known:
		return compose.Signature{}, &Error{fmt.Errorf("gpg signed with the hash %d, which is too weak or unknown: digest-algo in gpg.conf chooses another", s.hash)}
	}
	return compose.Signature{Armor: armor.Bytes(), MICAlg: name}, nil
}

// Encrypt writes content encrypted for all recipients and the sender.
func (p protector) Encrypt(ctx context.Context, parties compose.Parties, w io.Writer, content compose.Content) error {
	r, err := p.keys(ctx, parties)
	if err != nil {
		return err
	}
	args := append(slices.Clone(plain), "--encrypt")
	for _, reader := range r.Readers {
		option := "--recipient"
		if reader.Hidden {
			option = "--hidden-recipient"
		}
		args = append(args, option, reader.Key.Fingerprint)
	}
	if p.account.OpenPGP.OthersAlone {
		args = append(args, "--no-encrypt-to")
	} else {
		args = append(args, "--encrypt-to", r.Own.Fingerprint)
	}
	if parties.Protection.Signs() {
		args = append(args, "--sign", "--local-user", r.Own.Fingerprint)
	}
	s, err := p.program.run(ctx, workLimit, content, w, args...)
	switch {
	case err != nil:
		return p.failed(s, err)
	case !s.encrypted || len(s.recipient) > 0:
		return &Error{errors.New("gpg ended well and has not encrypted it for everybody")}
	case parties.Protection.Signs() && s.hash == 0:
		return &Error{errors.New("gpg ended well and has not signed")}
	}
	return nil
}

// failed says why gpg did not do it. An error of what was to be protected, or of
// where it goes, is that.
func (p protector) failed(s status, err error) error {
	if of := new(command.Failure); !errors.As(err, &of) {
		return err
	}
	told := func(text, hint string) error {
		return compose.FieldError{Field: "protection", Problem: text, Hint: hint, Err: err}
	}
	for _, r := range append(s.recipient, s.signer...) {
		return told("gpg does not take the key "+cleantext.Line(r.key)+": "+reasonWords(r.code), "gpg --list-keys shows what is wrong with it")
	}
	switch s.failure {
	case errNoPinentry:
		if !p.program.MayAsk {
			return ErrLocked
		}
		return told("gpg cannot ask for the passphrase here", "unlock the key before, as by gpg --clearsign with a line of text, or let the agent have a pinentry with a window")
	case errCanceled, errFullyCanceled:
		return told("no passphrase was given", "try again, or send it without a signature")
	case errBadPassphrase:
		return told("the passphrase was wrong", "try again")
	case errTimeout:
		return told("nobody gave the passphrase in time", "try again")
	case errNoSecretKey, errNoCard:
		return told("the secret key is not here", "if it is on a card, put that in")
	case errNoAgent:
		return told("gpg-agent cannot be reached", "gpgconf --launch gpg-agent says why")
	}
	return wrong(err)
}

func reasonWords(code int) string {
	switch code {
	case reasonRevoked:
		return "it was revoked"
	case reasonExpired:
		return "it has expired"
	case reasonNotTrusted:
		return "nobody vouches for it"
	}
	return "it cannot be used"
}

// bounded takes a short output; one that is longer is an error.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, fmt.Errorf("gpg writes more than %d KiB where that is not expected", b.most>>10)
	}
	return b.Buffer.Write(p)
}

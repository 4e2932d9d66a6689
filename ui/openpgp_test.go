package ui

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/openpgp"
	"sendoff/outbox"
)

// keyring has a key of everybody but one.
type keyring struct {
	lacking string
	locked  bool
	err     error
	broken  error // of signing and encrypting
	looked  int
	signed  []compose.Parties
}

const adaKey = "B8D1C341141DD741D8076D8F3CF54AA8E90099DF"

func (k *keyring) Look(_ context.Context, d compose.Draft, a accounts.Account) (openpgp.Report, error) {
	k.looked++
	p := d.Parties()
	r := openpgp.Report{Protection: d.Protection, Own: openpgp.Key{Fingerprint: adaKey}}
	if r.Protection == "" && a.OpenPGP.Sign {
		r.Protection = compose.Signed
	}
	if a.OpenPGP.Encrypt == accounts.EncryptWhenPossible {
		r.Lack = k.lacking
	}
	r.Possible = d.Protection == "" && a.OpenPGP.Encrypt == accounts.EncryptAsk
	for i, address := range append(p.Open, p.Hidden...) {
		reader := openpgp.Reader{Address: address.Mailbox + "@" + address.Domain, Hidden: i >= len(p.Open)}
		if reader.Address == k.lacking {
			reader.Problem, reader.Hint = "no key of "+reader.Address+" is known", "gpg --locate-external-keys "+reader.Address
			if r.Protection.Encrypts() {
				r.Problems = append(r.Problems, compose.FieldError{Field: "protection", Problem: reader.Problem, Hint: reader.Hint})
			}
		} else {
			reader.Key.Fingerprint = strings.Repeat("A1B2C3D4E5", 4)
		}
		r.Readers = append(r.Readers, reader)
	}
	return r, k.err
}

func (k *keyring) For(accounts.Account) compose.Protector { return k }

func (k *keyring) Sign(_ context.Context, p compose.Parties, content compose.Content) (compose.Signature, error) {
	if err := k.take(p, content); err != nil {
		return compose.Signature{}, err
	}
	return compose.Signature{Armor: []byte("SIGNATURE\n"), MICAlg: "pgp-sha256"}, nil
}

func (k *keyring) Encrypt(_ context.Context, p compose.Parties, w io.Writer, content compose.Content) error {
	if err := k.take(p, content); err != nil {
		return err
	}
	_, err := io.WriteString(w, "SECRET\n")
	return err
}

func (k *keyring) take(p compose.Parties, content compose.Content) error {
	if k.locked {
		return openpgp.ErrLocked
	}
	if k.broken != nil {
		return k.broken
	}
	k.signed = append(k.signed, p)
	return content(io.Discard)
}

// with gives a program keys, and an account wishes.
func with(k *keyring, wishes accounts.OpenPGP) func(*Options) {
	return func(o *Options) {
		o.OpenPGP = k
		o.Accounts[0].OpenPGP = wishes
	}
}

// stored is the message of the one item in a state.
func (s *story) stored(state outbox.State) string {
	s.t.Helper()
	r, err := s.box.Message(s.t.Context(), s.only(state).ID)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func TestOpenPGP_AKeyChoosesInTheFormAndInTheReview(t *testing.T) {
	k := new(keyring)
	tell(t, 80, 24, with(k, accounts.OpenPGP{}), nil, func(s *story) {
		s.Keys("m")
		write(s)
		s.SeeNot("signed")
		s.Keys("alt+g")
		s.See("New message  signed")
		s.Keys("alt+g")
		s.See("New message  encrypted")
		s.Keys("ctrl+s")
		s.See("encrypted, but for its subject", "✓ ana@example.org  … C3D4 E5A1", "y send")
		s.Keys("g")
		s.See("signed and encrypted, but for its subject", "your key  B8D1 C341")
		s.Keys("y", "y") // nothing is attached, as the text says
		if text := s.stored(outbox.StateScheduled); !strings.Contains(text, "multipart/encrypted") || strings.Contains(text, "page 3") {
			s.t.Errorf("stored is\n%s", text)
		}
		if len(k.signed) != 1 || k.signed[0].Protection != compose.SignEncrypted {
			s.t.Errorf("protected was %+v", k.signed)
		}
		// Taken back, it is a draft that asks for the same.
		s.Keys("u")
		s.See("New message  signed and encrypted")
	})
}

func TestOpenPGP_WithoutAKeyItDoesNotLeave(t *testing.T) {
	tell(t, 80, 24, with(&keyring{lacking: "kim@example.com"}, accounts.OpenPGP{}), nil, func(s *story) {
		s.Keys("m")
		write(s)
		s.Keys("alt+g", "alt+g", "ctrl+s")
		s.See("✗ OpenPGP: no key of kim@example.com is known", "gpg --locate-external-keys kim@example.com", "✗ kim@example.com")
		s.SeeNot("y send")
		s.Keys("y")
		s.none(outbox.StateScheduled)
		s.Keys("g", "g") // what the person says is done
		s.SeeNot("OpenPGP:", "openpgp")
		s.Keys("y", "y")
		if d, err := s.box.Draft(s.t.Context(), s.only(outbox.StateScheduled).ID); err != nil || d.Protection != compose.Unprotected {
			s.t.Errorf("the draft says %q, %v", d.Protection, err)
		}
		if text := s.stored(outbox.StateScheduled); !strings.Contains(text, "page 3") {
			s.t.Errorf("stored is\n%s", text)
		}
	})
}

func TestOpenPGP_WhatTheAccountWishesIsSeen(t *testing.T) {
	for _, test := range []struct {
		wishes accounts.OpenPGP
		keys   keyring
		form   string
		review []string
		sends  bool
	}{
		{accounts.OpenPGP{Sign: true}, keyring{}, "New message  signed", []string{"openpgp   signed"}, true},
		{accounts.OpenPGP{Sign: true, Encrypt: accounts.EncryptWhenPossible}, keyring{lacking: "kim@example.com"}, "signed, encrypted if possible",
			[]string{"signed; not encrypted: kim@example.com"}, true},
		{accounts.OpenPGP{Encrypt: accounts.EncryptAsk}, keyring{}, "you are asked whether to encrypt", []string{"✗ OpenPGP: it could be encrypted, and work says"}, false},
		{accounts.OpenPGP{Sign: true}, keyring{err: openpgp.ErrNoProgram}, "signed", []string{"✗ OpenPGP: gpg is not installed"}, false},
		{accounts.OpenPGP{Sign: true}, keyring{err: errors.New("gpg: \x1b[31mbad\nkeyring")}, "signed", []string{"✗ OpenPGP: gpg: "}, false},
	} {
		tell(t, 80, 24, with(&test.keys, test.wishes), nil, func(s *story) {
			s.Keys("m")
			write(s)
			s.See(test.form)
			s.Keys("ctrl+s")
			s.See(test.review...)
			if test.sends {
				s.See("y send")
			} else {
				s.SeeNot("y send")
			}
		})
	}
}

// A program that can ask nobody does not send in the clear what an account wants
// to be signed.
func TestOpenPGP_WithoutAKeyringAWishStandsInTheWay(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Accounts[0].OpenPGP.Sign = true }, nil, func(s *story) {
		s.Keys("m")
		write(s)
		s.Keys("ctrl+s")
		s.See("✗ OpenPGP: nothing here can sign or encrypt")
		s.SeeNot("y send")
	})
}

// A locked key is asked for with the terminal given away, and only then.
func TestOpenPGP_ALockedKeyIsAskedFor(t *testing.T) {
	locked, asks := &keyring{locked: true}, new(keyring)
	tell(t, 80, 24, func(o *Options) { o.OpenPGP, o.OpenPGPAsks = locked, asks }, nil, func(s *story) {
		s.Keys("m")
		write(s)
		s.Keys("alt+g", "ctrl+s", "y", "y")
		r := s.model.top().(*reviewPane)
		if !r.sending || len(asks.signed) != 0 {
			s.t.Fatalf("the program does not wait for the terminal: sending %t, signed %d", r.sending, len(asks.signed))
		}
		// What Bubble Tea does with the command that it was given.
		a := &asking{work: r.do(r.submission(asks)), words: "gpg asks"}
		var terminal strings.Builder
		a.SetStdout(&terminal)
		if err := a.Run(); err != nil || !strings.Contains(terminal.String(), "gpg asks") {
			s.t.Errorf("%v, the terminal has %q", err, terminal.String())
		}
		s.Send(a.result)
		if text := s.stored(outbox.StateScheduled); !strings.Contains(text, "multipart/signed") {
			s.t.Errorf("stored is\n%s", text)
		}
	})
}

func TestOpenPGP_AnAccountShowsWhatItWishes(t *testing.T) {
	wishes := accounts.OpenPGP{Sign: true, Encrypt: accounts.EncryptAlways, Key: adaKey}
	tell(t, 80, 24, with(new(keyring), wishes), nil, func(s *story) {
		s.Keys("A", "enter")
		s.See("openpgp    signed, encrypted · " + adaKey)
	})
}

// What is looked at is what goes out, or says that it is not.
func TestOpenPGP_TheSourceIsTheProtectedMessage(t *testing.T) {
	k := new(keyring)
	tell(t, 80, 40, with(k, accounts.OpenPGP{}), nil, func(s *story) {
		s.Keys("m")
		write(s)
		s.Keys("alt+g", "alt+g", "ctrl+s", "o")
		s.See("multipart/encrypted", "SECRET")
		s.SeeNot("page 3", "before it is")
		k.locked = true
		s.Keys("esc", "o")
		s.See("This is the message before it is encrypted: gpg asks for the passphrase of", "page 3")
		k.locked, k.broken = false, errors.New("the card is gone")
		s.Keys("esc", "o")
		s.See("This is the message before it is encrypted: the card is gone.", "page 3")
	})
}

func TestOpenPGP_TheReviewHasAKeyForEach(t *testing.T) {
	tell(t, 80, 24, with(new(keyring), accounts.OpenPGP{Sign: true}), nil, func(s *story) {
		s.Keys("m")
		write(s)
		s.Keys("ctrl+s")
		s.See("openpgp   signed")
		s.Keys("x")
		s.See("openpgp   signed and encrypted")
		s.Keys("s")
		s.See("openpgp   encrypted, but")
		s.Keys("x")
		s.See("openpgp   neither signed nor encrypted")
		s.Keys("s")
		s.See("openpgp   signed")
	})
}

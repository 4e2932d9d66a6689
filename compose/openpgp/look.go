package openpgp

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/cleantext"
)

// Report is what OpenPGP does for a message, and what is in the way.
type Report struct {
	// Protection is what the message gets, as it says itself or its account does.
	Protection compose.Protection
	Own        Key      // signs, and reads what is encrypted; none if it does neither
	Readers    []Reader // all recipients, if it is or could be encrypted
	Problems   compose.Problems
	// Possible tells that it is not encrypted, though everybody has a key.
	Possible bool
	// Lack says why it is not encrypted, where the account says "when-possible".
	Lack string
}

// Reader is a recipient and the key that a message to them is encrypted with.
type Reader struct {
	Address string // clean
	Hidden  bool   // it gets a blind copy
	Key     Key
	Problem string // why they cannot get it encrypted; "" if they can
	Hint    string
}

// Apply says in a draft what the message gets. One that gets nothing is left as it
// is: its account may wish for more when it is sent anew.
func (r Report) Apply(d *compose.Draft) {
	if r.Protection.Protects() {
		d.Protection = r.Protection
	}
}

// Look says what becomes of a draft, and whether the keys are there. An error is
// about gpg itself.
func (p Program) Look(ctx context.Context, d compose.Draft, account accounts.Account) (Report, error) {
	parties := d.Parties()
	wishes := account.OpenPGP
	r := Report{Protection: d.Protection}
	wanted := r.Protection.Encrypts() || r.Protection == "" && wishes.Encrypt != "" && wishes.Encrypt != accounts.EncryptNever
	if wanted {
		var err error
		if r.Readers, err = p.readers(ctx, parties); err != nil {
			return r, err
		}
	}
	if r.Protection == "" {
		r.decide(wishes)
	}
	return r, p.settle(ctx, &r, parties.From, wishes)
}

// settle says what is in the way of a protection that is decided, and finds the
// sender's own key if it is used.
func (p Program) settle(ctx context.Context, r *Report, from compose.Address, wishes accounts.OpenPGP) error {
	if r.Protection.Encrypts() {
		for _, reader := range r.Readers {
			if reader.Problem != "" {
				r.Problems = append(r.Problems, problem(reader.Problem, reader.Hint))
			}
		}
	}
	needed := r.Protection.Signs() || r.Protection.Encrypts() && !wishes.OthersAlone
	if !needed || from == (compose.Address{}) { // a draft without a sender is refused anyway
		return nil
	}
	own, trouble, err := p.own(ctx, from, wishes, r.Protection)
	if err != nil {
		return err
	}
	r.Own = own
	if trouble != (compose.FieldError{}) {
		r.Problems = append(r.Problems, trouble)
	}
	return nil
}

// decide says what a message gets that does not say so itself.
func (r *Report) decide(wishes accounts.OpenPGP) {
	lack := r.lack()
	encrypt := wishes.Encrypt == accounts.EncryptAlways || wishes.Encrypt == accounts.EncryptWhenPossible && lack == ""
	switch {
	case encrypt && wishes.Sign:
		r.Protection = compose.SignEncrypted
	case encrypt:
		r.Protection = compose.Encrypted
	case wishes.Sign:
		r.Protection = compose.Signed
	default:
		r.Protection = compose.Unprotected
	}
	switch {
	case wishes.Encrypt == accounts.EncryptWhenPossible:
		r.Lack = lack
	case wishes.Encrypt == accounts.EncryptAsk && lack == "":
		r.Possible = true
	}
}

// lack names who cannot get it encrypted; "" if everybody can.
func (r *Report) lack() string {
	var all []string
	for _, reader := range r.Readers {
		if reader.Problem != "" {
			all = append(all, reader.Problem)
		}
	}
	if len(r.Readers) == 0 {
		return "there is no recipient"
	}
	return strings.Join(all, "; ")
}

func problem(text, hint string) compose.FieldError {
	return compose.FieldError{Field: "protection", Problem: text, Hint: hint}
}

// namesOf are the ways in which a key can name an address, in lower case.
func namesOf(a compose.Address) []string {
	names := []string{strings.ToLower(a.Mailbox + "@" + a.Domain)}
	if ascii, err := a.ASCII(); err == nil && !strings.EqualFold(ascii, names[0]) {
		names = append(names, strings.ToLower(ascii))
	}
	return names
}

// asked are addresses as gpg looks for them exactly.
func asked(names []string) (exact []string) {
	for _, name := range names {
		exact = append(exact, "<"+name+">")
	}
	return exact
}

// atOnce is how many addresses gpg is asked for at once: what is longer than the
// kernel takes for arguments would be an error.
const atOnce = 200

// readers looks for the key of every recipient, each once.
func (p Program) readers(ctx context.Context, parties compose.Parties) ([]Reader, error) {
	var names []string
	for _, a := range slices.Concat(parties.Open, parties.Hidden) {
		names = append(names, namesOf(a)...)
	}
	var keys []Key
	for some := range slices.Chunk(names, atOnce) {
		found, err := p.list(ctx, "--list-keys", asked(some)...)
		if err != nil {
			return nil, err
		}
		keys = append(keys, found...)
	}
	var readers []Reader
	seen := map[string]bool{}
	add := func(list []compose.Address, hidden bool) error {
		for _, a := range list {
			if own := namesOf(a); !seen[own[0]] {
				seen[own[0]] = true
				reader, err := p.reader(ctx, keys, own, hidden)
				if err != nil {
					return err
				}
				readers = append(readers, reader)
			}
		}
		return nil
	}
	return readers, errors.Join(add(parties.Open, false), add(parties.Hidden, true))
}

// reader chooses the key of one recipient. One that nobody vouches for is tried:
// the user may have told gpg to trust it all the same.
func (p Program) reader(ctx context.Context, keys []Key, names []string, hidden bool) (Reader, error) {
	key, s := choose(keys, "E", names)
	reader := Reader{Address: cleantext.Line(names[0]), Hidden: hidden, Key: key}
	if s == stateUnknown && !key.vouchedFor() {
		_, err := p.run(ctx, listLimit, nothing, io.Discard, "--encrypt", "--recipient", key.Fingerprint)
		if err == nil {
			s = stateGood
		} else if ctx.Err() != nil {
			return reader, ctx.Err()
		}
	}
	reader.Problem, reader.Hint = lacking(reader.Address, key, s)
	return reader, nil
}

// lacking says why a key cannot be encrypted to, and what to do.
func lacking(who string, key Key, s state) (problem, hint string) {
	switch s {
	case stateGood:
		return "", ""
	case stateNone:
		return "no key of " + who + " is known", "gpg --locate-external-keys " + shellWord(who) + " looks for it, gpg --import FILE takes it from a file"
	case stateRevoked:
		return "the key of " + who + " was revoked", "ask them for the new one"
	case stateExpired:
		return "the key of " + who + " has expired" + on(key.Expires), "gpg --refresh-keys " + key.Fingerprint + " fetches a renewed one, if there is one"
	case stateUnable:
		return "the key of " + who + " has no part, or none any more, that encrypts", "gpg --refresh-keys " + key.Fingerprint + " fetches a renewed one, if there is one"
	case stateUnknown:
		return "nobody vouches for the key of " + who, "compare its fingerprint with them, then: gpg --quick-lsign-key " + key.Fingerprint
	}
	return "the key of " + who + " is disabled, or never to be trusted", "gpg --edit-key " + key.Fingerprint
}

func on(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " on " + t.UTC().Format(time.DateOnly)
}

// own looks for the sender's key, which signs or reads, and says what is wrong with
// it.
func (p Program) own(ctx context.Context, from compose.Address, wishes accounts.OpenPGP, protection compose.Protection) (Key, compose.FieldError, error) {
	names := namesOf(from)
	who := cleantext.Line(cmp.Or(wishes.Key, names[0]))
	lookFor := asked(names)
	switch {
	case strings.Contains(wishes.Key, "@"):
		names = []string{strings.ToLower(wishes.Key)}
		lookFor = asked(names)
	case wishes.Key != "":
		names, lookFor = nil, []string{wishes.Key}
	}
	keys, err := p.list(ctx, "--list-secret-keys", lookFor...)
	if err != nil {
		return Key{}, compose.FieldError{}, err
	}
	capability := "E"
	if protection.Signs() {
		capability = "S"
	}
	key, s := choose(keys, capability, names)
	switch reads := protection.Encrypts() && !wishes.OthersAlone; {
	case s == stateNone:
		return key, problem("you have no secret key for "+who, "gpg --quick-gen-key "+shellWord(who)+" makes one; key in [account.openpgp] names another one"), nil
	case s < stateUnable:
		return key, problem("your key "+key.ID()+" is "+s.word()+on(key.Expires), "gpg --quick-set-expire "+key.Fingerprint+" 2y gives one that has expired more time"), nil
	case protection.Signs() && s == stateUnable:
		return key, problem("your key "+key.ID()+" cannot sign", "gpg --quick-add-key "+key.Fingerprint+" default sign"), nil
	case reads && !strings.Contains(key.capabilities, "E"):
		return key, problem("your key "+key.ID()+" cannot encrypt, so you could not read the message yourself",
			"gpg --quick-add-key "+key.Fingerprint+" default encr, or encrypt_to_self = false"), nil
	}
	return key, compose.FieldError{}, nil
}

// shellWord is a text as one word for a shell, in hints that people copy: an
// address can hold what a shell runs.
func shellWord(text string) string {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("@._+-", r))
	}
	if !strings.ContainsFunc(text, odd) && !strings.HasPrefix(text, "-") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

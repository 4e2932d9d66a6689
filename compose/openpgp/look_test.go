package openpgp

import (
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/compose"
)

func TestLook_WhatIsInTheWayOfEncryption(t *testing.T) {
	r := newRig(t)
	others := r.kims
	revoked := others.NewKey("revoked@example.com")
	r.home.Learn(others, revoked)
	revoke(t, others, revoked)
	r.home.Meet(others, revoked)
	expired := others.NewKey("expired@example.com", "--faked-system-time", "20200101T000000")
	r.home.Meet(others, expired)
	signs := others.Run(nil, "--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key", "signs@example.com", "ed25519", "sign", "never")
	_ = signs
	r.home.Learn(others, others.Fingerprint("signs@example.com"))
	unknown := others.NewKey("unknown@example.com")
	r.home.Meet(others, unknown)
	// Somebody whom Ada knows says to be Kim's sister too.
	others.Run(nil, "--quick-add-uid", r.kim, "sister@example.com")
	r.home.Meet(others, r.kim)

	for address, want := range map[string]string{
		"kim@example.com":         "",
		"KIM@EXAMPLE.COM":         "",
		"bob@exämple.net":         "",
		"nobody@example.com":      "no key of nobody@example.com is known",
		"im@example.com":          "no key of im@example.com is known",
		"revoked@example.com":     "the key of revoked@example.com was revoked",
		"expired@example.com":     "the key of expired@example.com has expired on 2020-12-31",
		"signs@example.com":       "the key of signs@example.com has no part",
		"unknown@example.com":     "nobody vouches for the key of unknown@example.com",
		"sister@example.com":      "nobody vouches for the key of sister@example.com",
		"a`reboot`@example.com":   "no key of a`reboot`@example.com is known",
		`"--version"@example.com`: "no key of --version@example.com is known",
	} {
		d := r.draft(compose.Encrypted)
		d.To = address
		report := r.look(d)
		if want == "" {
			if len(report.Problems) > 0 || len(report.Readers) != 1 || report.Readers[0].Key.Fingerprint == "" {
				t.Errorf("%s: %+v", address, report)
			}
			continue
		}
		if len(report.Problems) != 1 || !strings.Contains(report.Problems[0].Problem, want) || report.Problems[0].Hint == "" {
			t.Errorf("%s: %+v, want %q", address, report.Problems, want)
		}
		if strings.Contains(address, "`") && !strings.Contains(report.Problems[0].Hint, "'a`reboot`@example.com'") {
			t.Errorf("%s: a shell would run the hint %s", address, report.Problems[0].Hint)
		}
		if _, err := r.build(d); err == nil {
			t.Errorf("%s: it is encrypted all the same", address)
		}
	}
	// Who has told gpg to trust all keys has told it.
	r.program.Environ = func() []string { return r.home.Environ() }
	conf(t, r.home.Dir(), "trust-model always\n")
	d := r.draft(compose.Encrypted)
	d.To = "unknown@example.com"
	if report := r.look(d); len(report.Problems) > 0 {
		t.Errorf("with trust-model always: %+v", report.Problems)
	}
	r.mustBuild(d)
}

func TestLook_AMessageThatSaysNothingGetsWhatItsAccountSays(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct {
		wishes   accounts.OpenPGP
		to       string
		want     compose.Protection
		problems int
		possible bool
		lack     bool
	}{
		{accounts.OpenPGP{}, "kim@example.com", compose.Unprotected, 0, false, false},
		{accounts.OpenPGP{Sign: true}, "kim@example.com", compose.Signed, 0, false, false},
		{accounts.OpenPGP{Sign: true, Encrypt: accounts.EncryptNever}, "kim@example.com", compose.Signed, 0, false, false},
		{accounts.OpenPGP{Encrypt: accounts.EncryptAlways}, "kim@example.com", compose.Encrypted, 0, false, false},
		{accounts.OpenPGP{Encrypt: accounts.EncryptAlways}, "kim@example.com, nobody@example.com", compose.Encrypted, 1, false, false},
		{accounts.OpenPGP{Sign: true, Encrypt: accounts.EncryptWhenPossible}, "kim@example.com", compose.SignEncrypted, 0, false, false},
		{accounts.OpenPGP{Sign: true, Encrypt: accounts.EncryptWhenPossible}, "kim@example.com, nobody@example.com", compose.Signed, 0, false, true},
		{accounts.OpenPGP{Encrypt: accounts.EncryptAsk}, "kim@example.com", compose.Unprotected, 0, true, false},
		{accounts.OpenPGP{Encrypt: accounts.EncryptAsk}, "nobody@example.com", compose.Unprotected, 0, false, false},
	} {
		r.account.OpenPGP = test.wishes
		d := r.draft("")
		d.To = test.to
		got := r.look(d)
		if got.Protection != test.want || len(got.Problems) != test.problems || got.Possible != test.possible || (got.Lack != "") != test.lack {
			t.Errorf("%+v to %s: %+v", test.wishes, test.to, got)
		}
	}
	r.account.OpenPGP = accounts.OpenPGP{Sign: true, Encrypt: accounts.EncryptAlways}
	if got := r.look(r.draft(compose.Unprotected)); got.Protection != compose.Unprotected || len(got.Problems) > 0 {
		t.Errorf("what the message says itself counts: %+v", got)
	}
}

func TestLook_OwnKey(t *testing.T) {
	r := newRig(t)
	second := r.home.NewKey("ada@second.example")
	old := r.home.NewKey("old@example.org", "--faked-system-time", "20200101T000000")
	for _, test := range []struct {
		from, key, want, problem string
	}{
		{"ada@example.org", "", r.ada, ""},
		{"Ada <ADA@second.example>", "", second, ""},
		{"else@example.org", "", "", "you have no secret key for else@example.org"},
		{"else@example.org", "ada@second.example", second, ""},
		{"else@example.org", r.ada, r.ada, ""},
		{"else@example.org", "kim@example.com", "", "you have no secret key for kim@example.com"}, // hers is public
		{"else@example.org", r.kim, "", "you have no secret key for " + r.kim},
		{"old@example.org", "", old, "is expired on 2020-12-31"},
	} {
		r.account.OpenPGP.Key = test.key
		d := r.draft(compose.Signed)
		d.From = test.from
		got := r.look(d)
		switch {
		case got.Own.Fingerprint != test.want:
			t.Errorf("%s with key %q: %+v", test.from, test.key, got)
		case test.problem == "" && len(got.Problems) > 0,
			test.problem != "" && (len(got.Problems) != 1 || !strings.Contains(got.Problems[0].Problem, test.problem)):
			t.Errorf("%s with key %q: %+v, want %q", test.from, test.key, got.Problems, test.problem)
		}
	}
}

// Without a wish for OpenPGP nothing is run.
func TestLook_AsksNobodyWhereNothingIsWanted(t *testing.T) {
	p := Program{Name: "no-such-gpg-here"}
	for _, protection := range []compose.Protection{"", compose.Unprotected} {
		d := compose.Draft{From: "ada@example.org", To: "kim@example.com", Protection: protection}
		if r, err := p.Look(t.Context(), d, accounts.Account{}); err != nil || r.Protection != compose.Unprotected {
			t.Errorf("%q: %+v, %v", protection, r, err)
		}
	}
}

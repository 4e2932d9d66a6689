package openpgp

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"sendoff/internal/cleantext"
)

func TestParseStatus(t *testing.T) {
	for text, want := range map[string]status{
		"": {},
		"[GNUPG:] SIG_CREATED D 1 10 00 1796020541 B8D1C341141DD741D8076D8F3CF54AA8E90099DF\n":                   {hash: 10, detached: true},
		"[GNUPG:] SIG_CREATED S 22 8 00 1796020541 B8D1\r\n[GNUPG:] END_ENCRYPTION\n":                            {hash: 8, encrypted: true},
		"[GNUPG:] INV_RECP 10 A4A2\n[GNUPG:] INV_SGNR 9 nobody at all\n[GNUPG:] FAILURE encrypt 67108949\n":      {recipient: []reason{{10, "A4A2"}}, signer: []reason{{9, "nobody at all"}}, failure: 85},
		"[GNUPG:] ERROR keylist.getkey 9\n":                                                                      {unlisted: true},
		"[GNUPG:] ERROR add_keyblock_resource 33587281\n":                                                        {},
		"gpg: [GNUPG:] SIG_CREATED D 1 10 00 1 B8\n[GNUPG:]SIG_CREATED D 1 10 00 1 B8\n SIG_CREATED D 1 1 1 1 1": {},
		"[GNUPG:] SIG_CREATED D 1\n[GNUPG:] SIG_CREATED D 1 -10 00 1 B8\n[GNUPG:] FAILURE sign\n":                {detached: true},
	} {
		if got := parseStatus([]byte(text)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte("[GNUPG:] SIG_CREATED D 1 10 00 1796020541 B8\n[GNUPG:] INV_RECP 10 \x1b[31m\n[GNUPG:] FAILURE x 99999999999999999999\n"))
	f.Add([]byte("[GNUPG:] INV_RECP 0 \n[GNUPG:] ERROR keylist.getkey 17"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := parseStatus(text)
		if s.hash < 0 || s.failure < 0 || s.failure > errorCode {
			t.Errorf("%q gives %+v", text, s)
		}
		if s.encrypted && !strings.Contains(string(text), "[GNUPG:] END_ENCRYPTION") || s.hash != 0 && !strings.Contains(string(text), "[GNUPG:] SIG_CREATED ") {
			t.Errorf("%q is taken for a success", text)
		}
		for _, r := range append(s.recipient, s.signer...) {
			if strings.ContainsAny(r.key, "\r\n") && cleantext.Line(r.key) == r.key {
				t.Errorf("%q gives the key %q", text, r.key)
			}
		}
	})
}

const listing = `tru::1:1796020558:0:3:1:5
pub:f:255:22:66665DF63B9CE1D6:1796020540:1827556540::-:::scESC:::::ed25519:::0:
fpr:::::::::A4A260C1920D2C6596882ADB66665DF63B9CE1D6:
uid:f::::1796020540::EA7F::Kim \x3cof\x3e Köln <Kim@Example.com>::::::::::0:
uid:-::::1796020540::EA7F::work@example.com::::::::::0:
sub:-:255:18:B92836F7272F025B:1796020540::::::e:::::cv25519::
fpr:::::::::E7793C76F2A299B15A1C233BB92836F7272F025B:
`

func TestParseKeys(t *testing.T) {
	keys := parseKeys([]byte(listing))
	if len(keys) != 1 || keys[0].ID() != "A4A2 60C1 920D 2C65 9688 2ADB 6666 5DF6 3B9C E1D6" || keys[0].Expires.Year() != 2027 {
		t.Fatalf("got %+v", keys)
	}
	for address, want := range map[string]state{"kim@example.com": stateGood, "work@example.com": stateUnknown} {
		if key, s := choose(keys, "E", []string{address}); s != want || key.Fingerprint == "" {
			t.Errorf("%s: %d, want %d", address, s, want)
		}
	}
	if key, s := choose(keys, "E", []string{"im@example.com"}); s != stateNone || key.Fingerprint != "" {
		t.Errorf("a part of an address is taken for it: %+v", key)
	}
}

func TestChoose_TakesTheBestKeyThenTheNewest(t *testing.T) {
	line := func(validity, created, fingerprint string) string {
		return "pub:" + validity + ":255:22:x:" + created + ":::-:::scESC:\nfpr:::::::::" + strings.Repeat(fingerprint, 40) + ":\nuid:" + validity + "::::1::x::a@b.example:\n"
	}
	keys := parseKeys([]byte(line("f", "100", "1") + line("e", "400", "2") + line("f", "300", "3") + line("-", "500", "4") + line("r", "600", "5")))
	if key, s := choose(keys, "E", []string{"a@b.example"}); s != stateGood || key.Fingerprint[0] != '3' {
		t.Errorf("got %+v", key)
	}
}

// What a keyring holds was written by strangers.
func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(listing))
	f.Add([]byte("fpr:::::::::A4A260C1920D2C6596882ADB66665DF63B9CE1D6:\nuid:f::::::::a@b\npub\nsub\nfpr:"))
	f.Add([]byte("sec:u:::::::::::\nfpr:::::::::--version:\nuid:u::::::::\\x3c\\x\\xff@\\x0a>:"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, k := range parseKeys(text) {
			if !isFingerprint(k.Fingerprint) || strings.HasPrefix(k.Fingerprint, "-") {
				t.Errorf("%q gives the fingerprint %q", text, k.Fingerprint)
			}
			if strings.ReplaceAll(k.ID(), " ", "") != k.Fingerprint || !utf8.ValidString(k.ID()) {
				t.Errorf("it is shown as %q", k.ID())
			}
			k.state("E", []string{"a@b"})
		}
	})
}

package mailtoken

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func key(t testing.TB) Key {
	t.Helper()
	k, err := LoadKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestToken_IsOpenedForItsPurposeAlone(t *testing.T) {
	k := key(t)
	for _, text := range []string{"a", "ana@example.org", strings.Repeat("\xff", 300)} {
		token := k.Token("one\x00", []byte(text))
		if len(token) != Length(len(text)) || strings.ContainsFunc(token, isOutside) {
			t.Errorf("%q: %q", text, token)
		}
		for _, form := range []string{token, strings.ToUpper(token)} {
			if got, ok := k.Open("one\x00", form); !ok || string(got) != text || string(Text(form)) != text {
				t.Errorf("%q: %q, %t", form, got, ok)
			}
			for _, purpose := range []string{"two\x00", "one", ""} {
				if _, ok := k.Open(purpose, form); ok {
					t.Errorf("%q is opened for %q", form, purpose)
				}
			}
			if _, ok := key(t).Open("one\x00", form); ok {
				t.Error("another key opens it")
			}
		}
	}
	for _, token := range []string{"", "a", (Key{}).Token("one\x00", []byte("a")), strings.Repeat("a", 10_000), "no token at all"} {
		if text, ok := (Key{}).Open("one\x00", token); ok {
			t.Errorf("no key opens %q: %q", token, text)
		}
	}
}

func TestWords_AreThoseOfTheFieldsInWhichATokenMayStand(t *testing.T) {
	const word = "abcdefghijklmnopqrstuvwx"
	for head, want := range map[string]int{
		"To: bounces+" + word + "@example.org\r\n\r\n":                           1,
		"To: a@b\r\nDelivered-To: <x-" + word + "=y@z>\nSubject: " + word + "\n": 2,
		"From: " + word + "\r\nX: y\r\n " + word + "\r\n\r\nTo: " + word:         0,
		"To: " + word[:16] + "\r\n\r\n":                                          0, // too short
		"To: " + strings.Repeat(word+" ", 5000):                                  maxWords,
	} {
		if got := slices.Collect(Words([]byte(head), 2)); len(got) != want {
			t.Errorf("%.60q: %d words, want %d", head, len(got), want)
		}
	}
}

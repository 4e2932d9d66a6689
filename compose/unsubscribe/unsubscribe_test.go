package unsubscribe

import (
	"path/filepath"
	"strings"
	"testing"
)

func key(t testing.TB) Key {
	t.Helper()
	k, err := LoadKey(filepath.Join(t.TempDir(), "unsubscribe.key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var ana = Wish{"concert-2026", "ana@example.org"}

func TestToken_HoldsAWishInEitherCase(t *testing.T) {
	k := key(t)
	for _, w := range []Wish{
		ana, {"7", "a@b"}, {"spring news", `"a b"@c`}, {"a1", "jürgen@xn--bcher-kva.example"}, {strings.Repeat("c", 64), strings.Repeat("a", 64) + "@" + strings.Repeat("d", 180) + ".example"},
	} {
		token := k.Token(w)
		for _, text := range []string{token, strings.ToUpper(token), strings.ToUpper(token[:9]) + token[9:]} {
			if got, ok := k.Open(text); !ok || got != w {
				t.Errorf("%q: %+v, %t; want %+v", text, got, ok, w)
			}
		}
	}
	if token := k.Token(Wish{"7", "ana@example.org"}); len(token) > 44 {
		t.Errorf("a usual token has %d letters", len(token))
	}
	if got, ok := k.Open(k.Token(Wish{"7", "Ana@Example.ORG"})); !ok || got.Address != "ana@example.org" {
		t.Errorf("an address in upper case: %+v", got)
	}
}

func TestToken_IsNoneWithoutCampaignAndAddress(t *testing.T) {
	for _, w := range []Wish{
		{}, {"c", ""}, {"", "a@b"}, {"c", "nobody"}, {"c", "@b"}, {"c", "a@"}, {strings.Repeat("c", 65), "a@b"}, {"c", strings.Repeat("a", 260) + "@b"},
		{"c\r\n", "a@b"}, {"c", "a@b\x00"},
	} {
		if token := key(t).Token(w); token != "" {
			t.Errorf("%+v: token %q", w, token)
		}
	}
}

func TestOpen_RefusesEveryTokenThatWasChanged(t *testing.T) {
	k := key(t)
	token := k.Token(ana)
	changed := 0
	for i := range token {
		for _, c := range "abcdefghijklmnopqrstuvwxyz234567" {
			forged := token[:i] + string(c) + token[i+1:]
			w, ok := k.Open(forged)
			if ok && w != ana {
				t.Fatalf("%q is another wish: %+v", forged, w)
			}
			if !ok {
				changed++
			}
		}
	}
	// The last letter has bits that mean nothing.
	if changed < 31*(len(token)-1) {
		t.Errorf("%d of %d were refused", changed, 31*len(token))
	}
	for _, forged := range []string{
		"", token[:len(token)-1], token + "aa", token[1:], key(t).Token(ana), strings.Repeat("a", 1000), strings.Repeat("a", 100), token + token, "1" + token,
	} {
		if w, ok := k.Open(forged); ok {
			t.Errorf("%q: %+v", forged, w)
		}
	}
	if _, ok := (Key{}).Open((Key{}).Token(ana)); ok {
		t.Error("what no key has signed is taken")
	}
}

func TestLoadKey_IsTheSameTheNextTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "unsubscribe.key")
	first, err := LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := LoadKey(path)
	if _, ok := second.Open(first.Token(ana)); !ok || err != nil {
		t.Errorf("the token of before is not known, %v", err)
	}
	if _, err := LoadKey(t.TempDir()); err == nil {
		t.Error("a folder was read as a key")
	}
}

func FuzzOpen(f *testing.F) {
	k := key(f)
	f.Add(k.Token(ana))
	f.Add(k.Token(Wish{"7", "a@b"}) + "a")
	f.Fuzz(func(t *testing.T, token string) {
		w, ok := k.Open(token)
		if !ok {
			return
		}
		if again, ok := k.Open(k.Token(w)); !ok || again != w {
			t.Fatalf("%q: %+v, again %+v", token, w, again)
		}
	})
}

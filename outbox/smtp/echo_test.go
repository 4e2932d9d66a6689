package smtp

import (
	"strings"
	"testing"
)

func TestEcho_HidesWhatWasSaid(t *testing.T) {
	long := strings.Repeat("ya29.a0AfH6SMC", 20)
	said := &echo{"correct horse", "Y29ycmVjdCBob3JzZQ==", "abc", "", long}
	for text, want := range map[string]string{
		"":                              "",
		"5.7.8 no":                      "5.7.8 no",
		`unknown: "AUTH correct horse"`: `unknown: "AUTH [hidden]"`,
		"Y29ycmVjdCBob3JzZQ== and again correct horse": "[hidden] and again [hidden]",
		"a token cut off: " + long[:50]:                "a token cut off: [hidden]",
		"too little: " + long[:minEcho-1]:              "too little: " + long[:minEcho-1],
		"correct horsecorrect horse":                   "[hidden][hidden]",
		"abc is what many texts hold":                  "abc is what many texts hold",
		"correct hors is not the whole one":            "[hidden] is not the whole one",
	} {
		if got := said.hide(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := (&echo{hidden}).hide("a " + hidden); got != "a "+hidden {
		t.Errorf("got %q", got)
	}
}

func FuzzEcho(f *testing.F) {
	f.Add("the password", "5.7.8 the password is wrong")
	f.Add("aaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, said, text string) {
		got := (&echo{said}).hide(text)
		if len(said) >= 4 && strings.Contains(strings.ReplaceAll(got, hidden, "\x00"), said) {
			t.Errorf("%q holds %q", got, said)
		}
	})
}

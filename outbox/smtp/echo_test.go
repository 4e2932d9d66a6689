package smtp

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
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
		"CORRECT HORSE, Correct Horse":                 "[hidden], [hidden]",
		"see http://x.example/?p=correct%20horse&q":    "see http://x.example/?p=[hidden]&q",
		"%43orrect+%68orse":                            "[hidden]",
		"y29ycmvjdcbob3jzzq== in small letters":        "[hidden] in small letters",
		"correct  horse and correct\t\n horse":         "[hidden] and [hidden]",
		"double blanks:  correct   horse":              "double blanks:  [hidden]",
		"correct%":                                     "correct%",
		"correct %zz horse":                            "correct %zz horse",
		"correct hors is not the whole one":            "[hidden] is not the whole one",
		"no: correct\nhorse":                           "no: [hidden]",
		"5.7.8 no: correct\n5.7.8 horse, you see":      "5.7.8 no: [hidden], you see",
		"5.7.8 no: correct ho\n5.7.8 rse\n5.7.8 end":   "5.7.8 no: [hidden]\n5.7.8 end",
		"Y29ycmVjd\nCBob3JzZQ==":                       "[hidden]",
		"correct hors\n5.7.8 is not the whole one":     "[hidden]\n5.7.8 is not the whole one",
		"correct\n5.7.8 house":                         "correct\n5.7.8 house",
		"\ncorrect horse":                              "\n[hidden]",
	} {
		if got := said.hide(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := (&echo{hidden}).hide("a " + hidden); got != "a "+hidden {
		t.Errorf("got %q", got)
	}
}

// asciiUpper leaves letters beyond ASCII as they are.
func asciiUpper(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func TestEcho_HidesLettersBeyondASCIIInEitherCase(t *testing.T) {
	said := new(echo)
	said.learn("schöne Wörter")
	if got := said.hide("no: SCHÖNE WÖRTER, schöne%20W%C3%B6rter"); got != "no: [hidden], [hidden]" {
		t.Errorf("got %q", got)
	}
}

func FuzzEcho(f *testing.F) {
	f.Add("the password", "5.7.8 the password is wrong")
	f.Add("\x00000", "\x00000000")
	f.Add("aaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, said, text string) {
		got := (&echo{said}).hide(text)
		holds := func(piece string) bool { return strings.Contains(piece, said) }
		if len(said) >= 4 && slices.ContainsFunc(strings.Split(got, hidden), holds) {
			t.Errorf("%q holds %q", got, said)
		}
		if len(said) < 4 || len(said) > mostBlanks/3 || !utf8.ValidString(said) || strings.ContainsAny(said, "\x00+") || strings.TrimSpace(said) == "" {
			return // "x+" may begin with a blank in another form
		}
		for _, echoed := range []string{asciiUpper(said), url.PathEscape(said), url.QueryEscape(said)} {
			if got := (&echo{said}).hide("x\x00" + echoed + "\x00x"); got != "x\x00"+hidden+"\x00x" {
				t.Errorf("%q as %q becomes %q", said, echoed, got)
			}
		}
	})
}

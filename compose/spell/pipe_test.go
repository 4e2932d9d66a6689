package spell

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

const banner = "@(#) International Ispell Version 3.2.06 (but really Hunspell 1.7.1)\n"

func TestAnswer_IsReadWordByWord(t *testing.T) {
	words := []string{"recieve", "house", "well-knwon", "qqq", "wouldnt’ve", "two"}
	output := banner + "& recieve 3 1: receive, relieve, reverie\n\n*\n\n*\n& knwon 2 6: known, kn won\n\n# qqq 1\n\n? wouldnt've 0 1: would've\n\n& tw 1 1: to\n# o 3\n\n"
	got, err := answer([]byte(output), words)
	want := map[string][]string{
		"recieve": {"receive", "relieve", "reverie"}, "well-knwon": {"well-known", "well-kn won"}, "qqq": nil, "wouldnt’ve": {"would've"}, "two": nil,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnswer_ThatIsNoneIsAnError(t *testing.T) {
	for _, output := range []string{"", "hello\n\n", banner, banner + "& recieve 1 1: receive\n"} {
		if got, err := answer([]byte(output), []string{"recieve"}); !errors.Is(err, errAnswer) {
			t.Errorf("%q: got %q, %v", output, got, err)
		}
	}
}

func TestQuestion_HoldsNoCommands(t *testing.T) {
	if got := string(question([]string{"*bad", "it’s"})); got != "!\n^*bad\n^it's\n" {
		t.Errorf("got %q", got)
	}
}

// Whatever a program prints, what is suggested is clean, short and not much.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(banner + "& a-b 2 1: c, d\n\n# x 1\n\n"))
	f.Add([]byte(banner + "&  \n& a\n& a 1 0: \x1b[31m, " + strings.Repeat("x", 200) + ",  , y\n\n\n"))
	f.Fuzz(func(t *testing.T, output []byte) {
		words := []string{"a-b", "x’y"}
		unknown, err := answer(output, words)
		if err != nil {
			return
		}
		for word, suggestions := range unknown {
			if word != words[0] && word != words[1] || len(suggestions) > maxSuggestions {
				t.Fatalf("%q: %q", word, suggestions)
			}
			for _, s := range suggestions {
				if s == "" || len(s) > maxSuggestion+len(word) || strings.ContainsFunc(s, unicode.IsControl) {
					t.Fatalf("suggested is %q", s)
				}
			}
		}
	})
}

package spell

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func texts(words []Word) string {
	var all []string
	for _, w := range words {
		all = append(all, w.Text)
	}
	return strings.Join(all, " ")
}

func TestWords_AreThoseThatAPersonWroteAsProse(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "Hi Ana, it's fine.", "Hi Ana it's fine"},
		{"quotes around a word", "the ‘old’ 'new' one’s", "the old new one’s"},
		{"accents and scripts", "Grüße naïve Привет नमस्ते e\u0301te", "Grüße naïve Привет नमस्ते e\u0301te"},
		{"no spaces in the script", "日本語 ok ありがとう", "ok"},
		{"letters and capitals", "a b NASA iPhone camelCase", ""},
		{"quoted", "On Monday Kim wrote:\n> helo\n>> mor\n  > les\nfine", "fine"},
		{"signature", "fine\n-- \nAda Exmple", "fine"},
		{"no signature", "fine\n--\nbad", "fine bad"},
		{"code", "run `go biuld` or ``a ` b``:\n```\nfor i\n```\nthen\n~~~~ go\n```\nx\n~~~~\nstop", "run or then stop"},
		{"an end without a beginning", "```\nall code", ""},
		{"addresses", "see https://exmple.org/pth, www.exmple.org mailto:ana ana@exmple.org now", "see now"},
		{"paths and names", "edit ~/notes/tdo.txt main.go my_var C:\\dir /etc/hsts v1beta end. Begin", "edit end Begin"},
		{"a list of two", "and/or either", "and or either"},
		{"links", "a [good txt](https://x.example/pth \"titel\") ![alt](chrt.png)\n[1]: http://x.example/y Titel", "good txt alt"},
		{"tags", "a <strong>word</strong> here", "word here"},
		{"a very long one", strings.Repeat("x", 61) + " word", "word"},
		{"empty", "", ""},
	} {
		if got := texts(wordsOf(test.text)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestWords_AreBounded(t *testing.T) {
	if got := len(wordsOf(strings.Repeat("word ", 3*maxWords))); got != maxWords {
		t.Errorf("%d words", got)
	}
}

// Where a word is said to stand it stands.
func FuzzWords(f *testing.F) {
	f.Add("Hi ‘Ana’, see `x` and ana@example.org\r\n> q\n-- \nAda")
	f.Add("```\na\xff\xfe b")
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, w := range wordsOf(text) {
			if w.At < end || !strings.HasPrefix(text[w.At:], w.Text) || !utf8.ValidString(w.Text) {
				t.Fatalf("%q at %d of %q", w.Text, w.At, text)
			}
			end = w.At + len(w.Text)
		}
	})
}

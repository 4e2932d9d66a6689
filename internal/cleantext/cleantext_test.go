package cleantext

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"nothing":               {"", ""},
		"plain":                 {"550 5.1.1 No such user", "550 5.1.1 No such user"},
		"other scripts":         {"Grüße, 日本語, हिन्दी, עברית", "Grüße, 日本語, हिन्दी, עברית"},
		"line ends":             {"a\nb\r\nc\rd", "a b  c d"},
		"tab":                   {"a\tb", "a b"},
		"other spaces":          {"a\u00a0b\u3000c\u2003d", "a b c d"},
		"line separators":       {"a\u2028b\u2029c\u0085d", "a\ufffdb\ufffdc\ufffdd"},
		"colour":                {"\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"},
		"window title":          {"\x1b]0;owned\x07", "\ufffd]0;owned\ufffd"},
		"C1 as UTF-8":           {"\u009b2J", "\ufffd2J"},
		"C1 as a byte":          {"\x9b2J", "\ufffd2J"},
		"backspace":             {"good\b\b\b\bevil", "good\ufffd\ufffd\ufffd\ufffdevil"},
		"NUL and DEL":           {"a\x00b\x7fc", "a\ufffdb\ufffdc"},
		"bidi override":         {"photo\u202egnp.exe", "photo\ufffdgnp.exe"},
		"bidi isolate":          {"a\u2066b\u2069", "a\ufffdb\ufffd"},
		"hidden":                {"pay\u200bpal\ufeff \u00adsoft", "pay\ufffdpal\ufffd \ufffdsoft"},
		"tags":                  {"a\U000e0041b", "a\ufffdb"},
		"joined emoji":          {"👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"},
		"joiners of Indic text": {"क्\u200dष नी\u200cल", "क्\u200dष नी\u200cल"},
		"Arabic number sign":    {"\u0600\u0661", "\u0600\u0661"},
		"Latin-1":               {"Gr\xfc\xdfe", "Gr\ufffd\ufffde"},
		"cut rune":              {"ab\xe2\x82", "ab\ufffd\ufffd"},
		"surrogate":             {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Line(test.text); got != test.want {
				t.Errorf("Line(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestBlock_KeepsLinesAndNothingElse(t *testing.T) {
	for text, want := range map[string]string{
		"one\r\ntwo\nthree":   "one\ntwo\nthree",
		"lone\rCR":            "lone CR",
		"\tindented\n\x1b[2J": " indented\n\ufffd[2J",
		"\r\r\n":              " \n",
	} {
		if got := Block(text); got != want {
			t.Errorf("Block(%q) = %q, want %q", text, got, want)
		}
	}
}

// FuzzClean holds what callers rely on for any bytes at all.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\r\nb", "\x1b]0;x\x07\x9b\xff", "\u202e\u200d\u0600\ufeff", "Grüße\u00a0日本"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line, block := Line(text), Block(text)
		check(t, text, line)
		check(t, text, strings.ReplaceAll(block, "\n", ""))
		if Line(line) != line || Block(block) != block {
			t.Errorf("%q: cleaning twice is not cleaning once: %q, %q", text, line, block)
		}
		if got, want := strings.Count(block, "\n"), strings.Count(text, "\n"); got != want {
			t.Errorf("Block(%q) has %d line ends, want %d", text, got, want)
		}
		if got, want := utf8.RuneCountInString(line), utf8.RuneCountInString(text); got != want {
			t.Errorf("Line(%q) has %d characters, want %d", text, got, want)
		}
	})
}

// check fails if a terminal would act on something in cleaned.
func check(t *testing.T, text, cleaned string) {
	t.Helper()
	if !utf8.ValidString(cleaned) {
		t.Errorf("%q became %q, which is not UTF-8", text, cleaned)
	}
	for _, r := range cleaned {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			t.Errorf("%q became %q, with %U in it", text, cleaned, r)
		}
	}
}

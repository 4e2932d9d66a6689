package compose

import (
	"bufio"
	"bytes"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"

	"sendoff/internal/readers"
)

func TestLines_EndInCRLFAndCRAndLF(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{"a", []string{"a"}},
		{"a\n", []string{"a"}},
		{"a\r\nb\rc\nd", []string{"a", "b", "c", "d"}},
		{"\n\r\r\n\n\r", []string{"", "", "", "", ""}},
		{"a\r\r\nb", []string{"a", "", "b"}},
	}
	for _, test := range tests {
		if got := slices.Collect(lines(test.text)); !slices.Equal(got, test.want) {
			t.Errorf("lines(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func TestTextEncoding_FollowsTheText(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "", sevenBit},
		{"plain", "Hello\n\ttab\n.\n-- \nAda\n", sevenBit},
		{"78 columns", strings.Repeat("x", 78) + "\n", sevenBit},
		{"79 columns", strings.Repeat("x", 79) + "\n", quotedPrintable},
		{"mbox separator", "a\nFrom here", quotedPrintable},
		{"From inside", "a From here", sevenBit},
		{"escape sequence", "a\x1b[31m", quotedPrintable},
		{"German", "Schöne Grüße aus Köln, wo die Sonne scheint", quotedPrintable},
		{"Greek", "Καλημέρα σας", base64Encoding},
		{"Japanese", "日本語の文章です。", base64Encoding},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := textEncoding(test.text); got != test.want {
				t.Errorf("%q travels as %s, want %s", test.text, got, test.want)
			}
		})
	}
}

// go-message's 7bit and 8bit break lines at 998 octets, in the middle of a
// character, and let through whatever the text holds.
func TestBody_SurvivesInEveryReader(t *testing.T) {
	tests := []struct{ name, body string }{
		{"empty", ""},
		{"empty lines", "\n\n\na\n\n"},
		{"dots and From", ".\n..\n.a\nFrom a\n>From b\nfrom c\n"},
		{"white space at line ends", "a \nb\t\n \n\t\nä \n"},
		{"equals signs", "a=b\n=41\n=\n" + strings.Repeat("=", 200) + "\n"},
		{"line of 2000 octets", strings.Repeat("x", 2000) + "\n"},
		{"line of 2000 characters", strings.Repeat("aäbc", 500) + "\n"},
		{"line of dots", strings.Repeat(".", 300) + "\n"},
		{"line of Froms", strings.Repeat("From ", 100) + "x\n"},
		{"Japanese", strings.Repeat("日本語の文章です。\n", 500)},
		{"controls", "\x01\x07\x1b[31m\x7f\f\v\n"},
		{"boundary", "--=_\n--\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := plainDraft()
			d.Body = test.body
			raw, _ := build(t, d)
			everyReader(t, raw, func(t *testing.T, r readers.Reading) {
				same(t, "text", []string{r.Text}, []string{test.body})
			})
		})
	}
}

func TestBody_WithAnyLineEndsIsTheSameText(t *testing.T) {
	want := ""
	for _, body := range []string{"a\nä\nb\n", "a\r\nä\r\nb\r\n", "a\rä\rb\r", "a\nä\r\nb"} {
		d := plainDraft()
		d.Body = body
		raw, _ := build(t, d)
		if want == "" {
			want = string(raw)
		}
		if string(raw) != want {
			t.Errorf("%q gives another message:\n%s", body, raw)
		}
	}
}

func FuzzQuotedPrintable(f *testing.F) {
	f.Add("From a. =ä \t")
	f.Add(strings.Repeat(".", 100) + "日本 ")
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\r\n") {
			return
		}
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		writeQuotedPrintable(w, line)
		w.Flush()
		for out := range strings.SplitSeq(b.String(), "\r\n") {
			if len(out) > 76 || strings.HasPrefix(out, "From ") || strings.HasPrefix(out, ".") || strings.HasSuffix(out, " ") || !isPrintable(strings.ReplaceAll(out, "\t", "")) {
				t.Errorf("line %q of %q", out, line)
			}
		}
		if got, err := io.ReadAll(quotedprintable.NewReader(&b)); err != nil || string(got) != line+"\r\n" {
			t.Errorf("%q is read as %q, %v", line, got, err)
		}
	})
}

package compose

import (
	"bufio"
	"bytes"
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/emersion/go-message/textproto"

	"sendoff/internal/readers"
)

// go-message breaks a word of more than a line by putting a space into it, and
// writes an encoded subject as one line.
func TestSubject_SurvivesEveryLengthAndAlphabet(t *testing.T) {
	words := strings.TrimSpace(strings.Repeat("some words of a long subject ", 20))
	tests := []struct{ name, subject string }{
		{"empty", ""},
		{"short", "Hello"},
		{"several spaces", "a  b   c"},
		{"long", words},
		{"long with several spaces", words + "  " + words},
		{"word of 1200", strings.Repeat("x", 1200)},
		{"words and a word of 1200", words + " " + strings.Repeat("x", 1200) + " y"},
		{"word of 500", "a " + strings.Repeat("x", 500)},
		{"Latin", strings.TrimSpace(strings.Repeat("Grüße aus Köln ", 30))},
		{"mostly ASCII", strings.Repeat("plain words ", 20) + "é"},
		{"Japanese", strings.Repeat("日本語の件名", 40)},
		{"emoji", strings.Repeat("🚀", 200)},
		{"looks encoded", "=?utf-8?q?=41?= and =?x"},
		{"underscores and equals signs", "ä _=?_ ="},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := plainDraft()
			d.Subject = test.subject
			raw, _ := build(t, d)
			everyReader(t, raw, func(t *testing.T, r readers.Reading) {
				same(t, "subject", []string{r.Subject}, []string{test.subject})
			})
		})
	}
}

func TestEncodedWords_FoldAt76AndSplitNoCharacter(t *testing.T) {
	for _, name := range []string{"Subject", "X-" + strings.Repeat("n", 68)} {
		for length := 1; length < 400; length += 7 {
			for _, unit := range []string{"ä", "日", "🚀", "aé", "plain text é "} {
				text := strings.TrimSpace(strings.Repeat(unit, length))
				checkEncoded(t, name, text)
			}
		}
	}
}

func checkEncoded(t *testing.T, name, text string) {
	t.Helper()
	raw := textField(name, text)
	for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
		if len(line) > 76 {
			t.Fatalf("line of %d columns: %q", len(line), line)
		}
		for word := range strings.FieldsSeq(strings.TrimPrefix(line, name+":")) {
			decoded, err := new(mime.WordDecoder).Decode(word)
			if err != nil || !utf8.ValidString(decoded) || len(word) > 75 {
				t.Fatalf("word %q: %q, %v", word, decoded, err)
			}
		}
	}
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(append(raw, "\r\n"...))))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(h.Get(name)); err != nil || got != text {
		t.Fatalf("%q is read as %q, %v", text, got, err)
	}
}

func TestEncodedWords_TakeTheShorterEncoding(t *testing.T) {
	if raw := textField("Subject", "Meeting on Tuesday in the café"); !bytes.Contains(raw, []byte("?q?")) {
		t.Errorf("mostly ASCII is written as %s", raw)
	}
	if raw := textField("Subject", "日本語の件名"); !bytes.Contains(raw, []byte("?b?")) {
		t.Errorf("Japanese is written as %s", raw)
	}
}

func TestAddressFields_FoldBetweenAddresses(t *testing.T) {
	var list []string
	for range 500 {
		list = append(list, `Ada Lovelace <ada.lovelace@example.org>`, `"Babbage, Charles" <cb@example.org>`, `Ünï Cödé <u@example.org>`)
	}
	d := plainDraft()
	d.To = strings.Join(list, ",")
	raw, e := build(t, d)
	if len(e.Recipients) != 3 {
		t.Errorf("recipients are %q", e.Recipients)
	}
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if len(line) > 76 {
			t.Fatalf("line of %d columns: %q", len(line), line)
		}
	}
	everyReader(t, raw, func(t *testing.T, r readers.Reading) {
		if len(r.To) != len(list) || r.To[1].Name != "Babbage, Charles" || r.To[1499].Name != "Ünï Cödé" {
			t.Errorf("%d addresses are read, the last is %v", len(r.To), r.To[len(r.To)-1])
		}
	})
}

func TestDisplayNames_SurviveEveryLength(t *testing.T) {
	tests := []struct {
		name   string
		python bool // see the quirk at encodedName
	}{
		{strings.TrimSpace(strings.Repeat("Ada Lovelace ", 50)), true},
		{strings.TrimSpace(strings.Repeat("Lovelace, Ada ", 50)), false},
		{strings.Repeat("x", 1200), false},
		{strings.Repeat("日本", 300), false},
		{strings.Repeat("日本", 7), true},
		{"Élise Müller-Lüdenscheidt (Zürich)", true},
		{`"quotes" and \`, true},
		{"=?utf-8?q?x?=", true},
	}
	for _, test := range tests {
		d := plainDraft()
		for _, front := range []string{"", "someone@example.org, ", "a.longer.mailbox.name@a.longer.domain.example.org, "} {
			d.To = front + Address{test.name, "a", "example.org"}.String()
			raw, _ := build(t, d)
			readings := []readers.Reading{readers.GoMessage(t, raw)}
			if test.python {
				readings = append(readings, pythonReads(t, raw))
			}
			for _, r := range readings {
				same(t, "to", r.To[len(r.To)-1:], []readers.Address{mailbox(test.name, "a@example.org")})
			}
		}
	}
}

func TestFurtherFields_AreEncodedAndFolded(t *testing.T) {
	references := strings.TrimSpace(strings.Repeat("<0123456789@example.org> ", 30))
	d := plainDraft()
	d.Headers = []Header{{"References", references}, {"X-Note", " ä\tö "}, {"X-Empty", ""}}
	raw, _ := build(t, d)
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Get("References"); got != references {
		t.Errorf("References is read as %q", got)
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(h.Get("X-Note")); err != nil || got != "ä ö" {
		t.Errorf("X-Note is read as %q, %v", got, err)
	}
}

package merge

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"sendoff/compose"
)

// hostileCells are what lists have in their cells by accident and by intent.
var hostileCells = []string{
	"", " ", "Ana", "Grün, Ana", "O'Brien \"Bob\"", "two\nlines", "two\r\nlines", "\ttab\t", "a;b,c|d",
	"x\r\nBcc: eve@evil.example", "x\nBcc: eve@evil.example\n\n<b>body</b>", "x\rSubject: owned", "x\u2028Bcc: eve@evil.example", "x\u0085Bcc: eve@evil.example", "x\v\fBcc: eve@evil.example",
	"\x1b]0;owned\x07", "\x1b[2J\x1b[31mred", "\x9b2J", "\b\b\b\b", "\x7f", "\u202egnp.exe", "zero\u200bwidth", "\ufeffmark", "\u00adsoft", "\u2066iso\u2069",
	"=cmd|' /C calc'!A0", "+1-2", "@SUM(A1)", "-2+3", "=HYPERLINK(\"http://evil.example\")",
	"eve@evil.example", "Eve <eve@evil.example>", "a@example.org, eve@evil.example", "all: eve@evil.example;", "\"x\" <eve@evil.example>,", "<eve@evil.example>", "=?utf-8?q?x=0d=0aBcc:_eve@evil.example?=",
	"../secret.txt", "/etc/passwd", "link.txt", "good.txt", "good.txt;../secret.txt", "sub/../../secret.txt", "good.txt\x00.png", "~/.ssh/id_ed25519", "C:\\Windows\\win.ini", "file:///etc/passwd",
	"{{ note }}", "{% include '/etc/passwd' %}", "{% for i in (1..999999999) %}{% endfor %}", "{{ unsubscribe_token }}", "*|NAME|*",
	"<script>alert(1)</script>", "<img src=http://evil.example/x.png>", "![](/etc/passwd)", "[x](javascript:alert(1))", "# title", "**b**", "-- ", "```", "| a | b |", "> quote",
	"https://example.org/a?b=c&d=e", "http://evil.example/> ,<x", "javascript:alert(1)", "%0d%0aBcc:%20eve", "é ü 漢字 🎉", "\xff\xfe", "\xc3(", strings.Repeat("ä", 300), strings.Repeat("x", 2000),
}

// goodAddresses make letters of most rows.
var goodAddresses = []string{"ana@example.org", "Ana Grün <ANA@Example.org>", "bob@bücher.example", "\"odd local\"@example.org", "jürgen@example.org", "x+y@example.net", "lea@gmial.com"}

// hostileColumns are named so that each has its use.
var hostileColumns = []string{"email", "name", "First Name", "cc", "bcc", "reply_to", "subject", "attachments", "note", "link"}

const hostileHead = `---
from: Office <office@example.org>
reply_to: {{ name }} <office@example.org>
unsubscribe:
- https://example.org/{{ note }}/{{ unsubscribe_token }}
- office@example.org
headers:
- X-Note: {{ note }}
attachments:
- shared.txt
style: %s
---
`

var hostileBodies = map[compose.Style]string{
	compose.StyleMarkdown: "# Dear {{ first_name }},\n\n| a | {{ note }} |\n|---|---|\n| 1 | {{ name }} |\n\n[here]({{ link }}) `{{ note }}` ![]({{ link }})\n\n{{ note }}\n\n- {{ first_name }}\n\n{{ unsubscribe_link }}\n",
	compose.StyleHTML:     "<p title=\"{{ note }}\">{{ first_name }}</p><a href=\"{{ unsubscribe_link }}\">{{ link }}</a><a href=\"{{ link }}\">x</a><a href=\"https://example.org/{{ link }}\">x</a>",
	compose.StylePlain:    "{{ first_name }}\n{{ note | upcase }} {{ note | replace: \" \", name }}\n{{ row[\"First Name\"] }}\n{{ unsubscribe_link }}\n",
}

// hostileList is one that was made, and what is known of it.
type hostileList struct {
	text  []byte
	lines map[int]int // line where a row begins → its cells; nil where the text was broken after that
	cells int         // of its header
}

// makeHostile makes a list.
func makeHostile(random *rand.Rand) hostileList {
	pick := func(of []string) string { return of[random.IntN(len(of))] }
	header := slices.Clone(hostileColumns)
	random.Shuffle(len(header), func(i, j int) { header[i], header[j] = header[j], header[i] })
	if random.IntN(6) == 0 {
		header[random.IntN(len(header))] = pick([]string{"", " ", "email", "First name", pick(hostileCells), "\u200b"})
	}
	// What makes no text of the whole list is in some lists alone, so that the others
	// are read to their end.
	spoils := func(text string) bool { return strings.Contains(text, "\x00") || !utf8.ValidString(text) }
	spoilt := random.IntN(8) == 0
	cell := func(column string) string {
		for {
			text := "plain"
			switch {
			case column == "email" && random.IntN(12) > 0:
				text = fmt.Sprintf("p%d@example.org", random.IntN(30))
			case column == "email":
				text = pick(goodAddresses)
			case slices.Contains([]string{"cc", "bcc", "reply_to"}, column):
				text = pick([]string{"", "", "", "kim@example.org", "Kim <kim@example.org>, \"Grün, Lea\" <lea@example.org>"})
			case column == "attachments":
				text = pick([]string{"", "", "good.txt", "good.txt; shared.txt"})
			}
			if random.IntN(9) == 0 {
				text = pick(hostileCells)
			}
			if spoilt || !spoils(text) {
				return text
			}
		}
	}
	if random.IntN(8) == 0 {
		return hostileJSON(random, header, cell)
	}
	h := hostileList{lines: map[int]int{}, cells: len(header)}
	var b strings.Builder
	separator := []rune(separators)[random.IntN(len(separators))]
	end := pick([]string{"\n", "\n", "\r\n", "\r"})
	line := 1
	write := func(cells []string) {
		var row strings.Builder
		w := csv.NewWriter(&row)
		w.Comma = separator
		_ = w.Write(cells) // into memory
		w.Flush()
		text := strings.TrimSuffix(row.String(), "\n")
		if end == "\r" {
			text = strings.ReplaceAll(text, "\r\n", "\n")
			text = strings.ReplaceAll(text, "\n", "\r")
		}
		b.WriteString(text + end)
	}
	count := func() int { // lines so far, as a reader counts them
		text := b.String()
		if end == "\r" {
			return strings.Count(text, "\r") + strings.Count(text, "\n")
		}
		return strings.Count(text, "\n")
	}
	write(header)
	for range 1 + random.IntN(15) {
		line = count() + 1
		cells := make([]string, len(header))
		for i, name := range header {
			cells[i] = cell(name)
		}
		switch random.IntN(14) {
		case 0:
			cells = cells[:random.IntN(len(cells))]
		case 1:
			cells = append(cells, "one more")
		case 2:
			if random.IntN(20) == 0 {
				cells[random.IntN(len(cells))] = strings.Repeat("big ", 1<<18) // as long as no row may be
			}
		case 3:
			if random.IntN(4) > 0 {
				break
			}
			b.WriteString(pick([]string{"a\"b,c", "\"never closed", "\"x\"y", end + end, strings.Repeat(string(separator), 9)}) + end)
			h.lines = nil // from here on nobody knows
		}
		if len(cells) == 0 {
			continue
		}
		if h.lines != nil {
			h.lines[line] = len(cells)
		}
		write(cells)
	}
	h.encode(random, b.String())
	return h
}

// hostileJSON makes a list of objects.
func hostileJSON(random *rand.Rand, header []string, cell func(string) string) (h hostileList) {
	var b bytes.Buffer
	for range 1 + random.IntN(15) {
		row := map[string]any{}
		for _, name := range header {
			row[name] = cell(name)
		}
		switch random.IntN(10) {
		case 0:
			row["another"] = 1
		case 1:
			row["note"] = []string{"a list"}
		case 2:
			b.WriteString("{\"email\": \n")
		}
		text, _ := json.Marshal(row)
		b.Write(append(text, '\n'))
	}
	h.text = b.Bytes()
	return h
}

// encode writes the list in some way that programs have.
func (h *hostileList) encode(random *rand.Rand, text string) {
	switch random.IntN(8) {
	case 0:
		text = "\ufeff" + text
	case 1:
		text = wide(strings.ToValidUTF8(text, "?"), random.IntN(2) == 0)
		h.lines = nil
	case 2:
		encoded, err := charmap.Windows1252.NewEncoder().String(strings.ToValidUTF8(text, "?"))
		if err == nil {
			text = encoded
		}
	case 3:
		if random.IntN(3) > 0 {
			break
		}
		at := random.IntN(len(text))
		text = text[:at] + string([]byte{byte(random.IntN(256))}) + text[at:]
		h.lines = nil
	}
	h.text = []byte(text)
}

// hostileFolder has a file that may be sent, and one outside that may not.
func hostileFolder(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	folder := filepath.Join(top, "letters")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"secret.txt": canary, "letters/good.txt": "good", "letters/shared.txt": "shared"} {
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(folder, "link.txt")); err != nil {
		t.Fatal(err)
	}
	return folder
}

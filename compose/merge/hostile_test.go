package merge

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/charmap"

	"sendoff/compose"
)

// hostileLists are how many lists are made, of a fixed seed.
const hostileLists = 500

// canary stands in a file that no letter may have.
const canary = "CANARY-OF-A-FILE-OUTSIDE"

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

func TestHostileLists_EndInAReportByLineAndLetNothingThrough(t *testing.T) {
	folder := hostileFolder(t)
	random := rand.New(rand.NewPCG(2026, 11))
	styles := []compose.Style{compose.StyleMarkdown, compose.StyleHTML, compose.StylePlain}
	refused, letters, wrongRows := 0, 0, 0
	for i := range hostileLists {
		h := makeHostile(random)
		style := styles[i%len(styles)]
		parsed, err := ParseTemplate("letter.md", fmt.Sprintf(hostileHead, style)+hostileBodies[style])
		if err != nil {
			t.Fatal(err)
		}
		c, l := h.open(t, i, parsed, folder)
		if c == nil {
			refused++
			continue
		}
		report, err := Check(t.Context(), c, l, CheckOptions{Sender: from, Empty: EmptyOK})
		if err != nil {
			h.checkProblems(t, i, asProblems(t, err))
		}
		h.checkProblems(t, i, report.Problems)
		if report.Letters > report.Rows || report.Errors+report.Warnings < len(report.Problems) {
			t.Errorf("list %d: report %+v", i, report)
		}
		n, wrong := h.checkRows(t, i, parsed, folder)
		letters += n
		wrongRows += wrong
	}
	t.Logf("%d lists were refused, %d letters made, %d rows wrong", refused, letters, wrongRows)
	if refused < hostileLists/20 || letters < 2*hostileLists || wrongRows < hostileLists {
		t.Error("the lists are not what they are meant to be")
	}
}

// asProblems are those of an error, which has to be some.
func asProblems(t *testing.T, err error) Problems {
	t.Helper()
	var one Problem
	var all Problems
	switch {
	case errors.As(err, &all):
		return all
	case errors.As(err, &one):
		return Problems{one}
	}
	t.Fatalf("an error that no person understands: %v", err)
	return nil
}

// open opens a list; nil if it was refused, in clear words.
func (h hostileList) open(t *testing.T, i int, parsed *Template, folder string) (*Campaign, *List) {
	t.Helper()
	l, err := OpenList("list.csv", bytes.NewReader(h.text), ListOptions{})
	if err != nil {
		h.checkProblems(t, i, asProblems(t, err))
		return nil, nil
	}
	for _, column := range l.Columns() {
		checkPrintable(t, i, string(column.Use))
	}
	c, problems := NewCampaign(parsed, l, folder)
	h.checkProblems(t, i, problems)
	return c, l
}

// checkProblems looks whether problems are of a line that there is, and clean.
func (h hostileList) checkProblems(t *testing.T, i int, problems Problems) {
	t.Helper()
	most := bytes.Count(h.text, []byte("\n")) + bytes.Count(h.text, []byte("\r")) + 1
	for _, p := range problems {
		checkPrintable(t, i, p.Error())
		checkPrintable(t, i, p.Hint)
		if p.Text == "" || len(p.Error()) > 1000 || p.File == "list.csv" && (p.Line > most || p.Line == 0 && p.Row > 0) {
			t.Errorf("list %d: problem %+v", i, p)
		}
	}
}

// checkPrintable fails if a terminal would act on a text of one line.
func checkPrintable(t *testing.T, i int, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\ufffd' && !unicode.IsPrint(r) && !unicode.Is(unicode.Co, r) {
			t.Fatalf("list %d: %q holds %U", i, text, r)
		}
	}
}

// checkRows makes a message of every row that is right, and looks whether those
// that are not are the ones.
func (h hostileList) checkRows(t *testing.T, i int, parsed *Template, folder string) (letters, wrong int) {
	t.Helper()
	c, l := h.open(t, i, parsed, folder)
	for row, err := range l.Rows() {
		if err != nil {
			h.checkProblems(t, i, asProblems(t, err))
			break
		}
		if h.lines != nil {
			cells, begins := h.lines[row.Line]
			if saysWidth := len(row.Problems) > 0 && strings.Contains(row.Problems[0].Text, "the header has"); !begins || saysWidth != (cells != h.cells) {
				t.Fatalf("list %d: row %d at line %d has %d cells, and is %v\n%q", i, row.Number, row.Line, cells, row.Problems, h.text[:min(len(h.text), 3000)])
			}
		}
		letter, problems := c.Letter(row)
		if len(problems.Errors()) == 0 {
			d := letter.Draft
			if problems = c.Examine(row, d); len(problems.Errors()) == 0 {
				letters++
				checkMessage(t, i, c, row, d)
				continue
			}
		}
		wrong++
		if len(problems) == 0 || problems[0].Line != row.Line {
			t.Errorf("list %d, line %d: problems %v", i, row.Line, problems)
		}
	}
	return letters, wrong
}

// onceIn are the fields that a letter has, each once.
var onceIn = []string{
	"Date", "From", "To", "Cc", "Reply-To", "Subject", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding", "X-Note", "List-Unsubscribe",
	"List-Unsubscribe-Post", "Precedence",
}

// checkMessage looks at the bytes of a letter.
func checkMessage(t *testing.T, i int, c *Campaign, row Row, d compose.Draft) {
	t.Helper()
	var b bytes.Buffer
	envelope, err := compose.Build(&b, d, compose.Stamp{MessageID: "<1@example.org>", Date: time.Unix(0, 0)})
	if err != nil {
		t.Fatalf("list %d, line %d: %v", i, row.Line, err)
	}
	var allowed []string
	for j, column := range c.columns {
		if slices.Contains([]Use{UseAddress, UseCc, UseBcc}, column.Use) {
			for _, a := range compose.Addresses(row.Values[j]) {
				text, _ := a.ASCII()
				allowed = append(allowed, text)
			}
		}
	}
	for _, recipient := range envelope.Recipients {
		if !slices.Contains(allowed, recipient) {
			t.Fatalf("list %d, line %d: the letter goes to %s, which no cell for recipients has: %q", i, row.Line, recipient, row.Values)
		}
	}
	if envelope.From != "office@example.org" {
		t.Fatalf("list %d, line %d: it is from %s", i, row.Line, envelope.From)
	}
	head, _, _ := bytes.Cut(b.Bytes(), []byte("\r\n\r\n"))
	for _, octet := range bytes.ReplaceAll(head, []byte("\r\n"), nil) {
		if octet < ' ' || octet == 0x7f || octet >= 0x80 && !envelope.EightBit {
			t.Fatalf("list %d, line %d: the octet %#x in the header\n%q", i, row.Line, octet, head)
		}
	}
	m, err := mail.ReadMessage(&b)
	if err != nil {
		t.Fatalf("list %d, line %d: %v", i, row.Line, err)
	}
	for name, values := range m.Header {
		if len(values) != 1 || !slices.Contains(onceIn, name) {
			t.Fatalf("list %d, line %d: %s: %q", i, row.Line, name, values)
		}
	}
	if to, err := m.Header.AddressList("To"); err != nil && !envelope.UTF8 || len(to) != 1 && !envelope.UTF8 {
		t.Fatalf("list %d, line %d: To %q: %v", i, row.Line, m.Header.Get("To"), err)
	}
	if replies := compose.Addresses(d.ReplyTo); len(replies) != 1 || replies[0].Mailbox+"@"+replies[0].Domain != "office@example.org" {
		t.Fatalf("list %d, line %d: answers go to %q", i, row.Line, d.ReplyTo)
	}
	checkLeave(t, i, row, m.Header.Get("List-Unsubscribe"))
	checkParts(t, i, row, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

// checkLeave looks whether the ways to unsubscribe are the two of the template.
func checkLeave(t *testing.T, i int, row Row, field string) {
	t.Helper()
	link, byMail, _ := strings.Cut(field, ", ")
	u, err := url.Parse(strings.Trim(link, "<>"))
	if err != nil || u.Host != "example.org" || strings.Count(u.EscapedPath(), "/") != 2 || u.RawQuery != "" || u.Fragment != "" {
		t.Fatalf("list %d, line %d: the link to unsubscribe is %s", i, row.Line, link)
	}
	if !strings.HasPrefix(byMail, "<mailto:office@example.org?subject=unsubscribe%20") || strings.Count(field, "<") != 2 || strings.Count(field, ">") != 2 {
		t.Fatalf("list %d, line %d: List-Unsubscribe: %s", i, row.Line, field)
	}
}

// checkParts looks into every part of a message: texts have nothing that a
// terminal acts on, and no file from outside is there.
func checkParts(t *testing.T, i int, row Row, contentType, encoding string, body io.Reader) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("list %d, line %d: Content-Type %q: %v", i, row.Line, contentType, err)
	}
	if boundary := params["boundary"]; boundary != "" {
		for parts := multipart.NewReader(body, boundary); ; {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatalf("list %d, line %d: %v", i, row.Line, err)
			}
			checkParts(t, i, row, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
	if encoding == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatalf("list %d, line %d: %v", i, row.Line, err)
	}
	if encoding == "base64" {
		text = decodeBase64(t, text)
	}
	if bytes.Contains(text, []byte(canary)) || bytes.Contains(text, []byte("root:")) {
		t.Fatalf("list %d, line %d: a file from outside has come into the letter", i, row.Line)
	}
	for _, r := range string(text) {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			t.Fatalf("list %d, line %d: the text holds %U\n%q", i, row.Line, r, text)
		}
	}
	if kind == "text/html" {
		checkHTML(t, i, row, string(text))
	}
}

func decodeBase64(t *testing.T, text []byte) []byte {
	t.Helper()
	decoded, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// checkHTML looks whether a cell has made a tag that acts, or shows what is
// elsewhere.
func checkHTML(t *testing.T, i int, row Row, text string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(text))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := tokens.Token()
			if slices.Contains([]string{"script", "img", "form", "iframe", "object", "style", "link", "b"}, tag.Data) {
				t.Fatalf("list %d, line %d: a cell has made <%s>: %q", i, row.Line, tag.Data, text)
			}
			for _, a := range tag.Attr {
				link := strings.ToLower(strings.Join(strings.Fields(a.Val), "")) // a browser passes over what is white
				runs := slices.ContainsFunc([]string{"javascript:", "data:", "vbscript:", "file:"}, func(s string) bool { return strings.HasPrefix(link, s) })
				if strings.HasPrefix(a.Key, "on") || a.Key == "href" && runs {
					t.Fatalf("list %d, line %d: %s=%q", i, row.Line, a.Key, a.Val)
				}
			}
		}
	}
}

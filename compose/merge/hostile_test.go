package merge

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"sendoff/compose"
)

// hostileLists are how many lists are made, of a fixed seed.
const hostileLists = 500

// canary stands in a file that no letter may have.
const canary = "CANARY-OF-A-FILE-OUTSIDE"

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

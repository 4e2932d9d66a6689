package compose

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
)

// filtered is a message as a spam filter takes it apart.
type filtered struct {
	raw    []byte
	header mail.Header
	text   []string // its texts, decoded
	html   []string
	faults []string // of its parts
}

// costly are what Debian's SpamAssassin 4.0 and rspamd 3.4 have points for in the header
// and the parts of a message, by the name of the rule. .ci/spam asks the filters
// themselves.
var costly = []struct {
	rule string
	has  func(m *filtered) bool
}{
	{"MISSING_DATE", func(m *filtered) bool { return len(m.header["Date"]) == 0 }},
	{"INVALID_DATE", func(m *filtered) bool { _, err := time.Parse(time.RFC1123Z, m.header.Get("Date")); return err != nil }},
	{"DATE_IN_FUTURE, DATE_IN_PAST", func(m *filtered) bool { date, err := m.header.Date(); return err != nil || !date.Equal(testStamp.Date) }},
	{"MISSING_MID", func(m *filtered) bool { return m.header.Get("Message-Id") == "" }},
	{"INVALID_MSGID, MID_MISSING_BRACKETS", func(m *filtered) bool { return len(messageIDs(m.header.Get("Message-Id"))) != 1 }},
	{"MSGID_SHORT, MID_RHS_NOT_FQDN", func(m *filtered) bool {
		_, domain, _ := strings.Cut(m.header.Get("Message-Id"), "@")
		return !strings.Contains(domain, ".")
	}},
	{"MISSING_FROM, FROM_INVALID", func(m *filtered) bool {
		list, err := m.header.AddressList("From")
		return err != nil || len(list) != 1 || !strings.Contains(list[0].Address, "@")
	}},
	{"MISSING_HEADERS, MISSING_TO, R_UNDISC_RCPT", func(m *filtered) bool { list, err := m.header.AddressList("To"); return err != nil || len(list) == 0 }},
	{"MISSING_SUBJECT", func(m *filtered) bool { return len(m.header["Subject"]) == 0 }},
	{"MISSING_MIME_VERSION, MIME_HEADER_CTYPE_ONLY", func(m *filtered) bool { return m.header.Get("Mime-Version") != "1.0" }},
	{"SUBJECT_NEEDS_ENCODING, FROM_NEEDS_ENCODING", func(m *filtered) bool {
		head, _, _ := bytes.Cut(m.raw, []byte("\r\n\r\n"))
		return bytes.ContainsFunc(head, func(r rune) bool { return r > '~' })
	}},
	{"MULTIPLE_UNIQUE_HEADERS", func(m *filtered) bool {
		for name, values := range m.header {
			if len(values) > 1 && !mayRepeat(name) {
				return true
			}
		}
		return false
	}},
	{"MIME_HTML_ONLY", func(m *filtered) bool { return len(m.html) > 0 && len(m.text) == 0 }},
	{"MPART_ALT_DIFF, R_PARTS_DIFFER", func(m *filtered) bool { return len(m.html) > 0 && differ(m.text[0], textFromHTML(m.html[0])) }},
	{"NULL_IN_BODY", func(m *filtered) bool { return bytes.IndexByte(m.raw, 0) >= 0 }},
	{"MIME_BASE64_TEXT_BOGUS, a wrong boundary", func(m *filtered) bool { return len(m.faults) > 0 }},
}

// differ tells that a third of the words of one text are not in the other.
func differ(a, b string) bool {
	words := func(text string) []string {
		return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \r\n*_#->[]()|`", r) })
	}
	others, missing := words(b), 0
	for _, word := range words(a) {
		if !slices.Contains(others, word) {
			missing++
		}
	}
	return missing*3 > len(others)
}

func TestBuild_GivesSpamFiltersNothingToCount(t *testing.T) {
	pdf, _ := writeFile(t, "figures.pdf", []byte("%PDF-1.7\n"))
	eml, _ := writeFile(t, "a.eml", []byte("From: a@b.org\n\nHi\n"))
	const text = "Hello Bob,\n\nhere are the figures of last week.\n\n- one\n- two\n\nAda\n"
	for name, change := range map[string]func(*Draft){
		"plain":    func(d *Draft) { d.Body = text },
		"Markdown": func(d *Draft) { d.Body = "# Figures\n\n**" + strings.TrimSpace(text) + "**\n" },
		"HTML":     func(d *Draft) { d.Body, d.Style = "<p>Hello <b>Bob</b></p>", StyleHTML },
		"Grüße": func(d *Draft) {
			d.Body, d.Subject, d.From = strings.Repeat("Grüße\n", 9), "Grüße", "Ädä <ada@example.org>"
		},
		"Japanese":   func(d *Draft) { d.Body, d.Subject = "日本語の本文\n", "日本語の件名" },
		"no subject": func(d *Draft) { d.Subject = "" },
		"long lines": func(d *Draft) { d.Body = strings.Repeat("word ", 500) },
		"only Bcc":   func(d *Draft) { d.To, d.Bcc = "", "bob@example.net" },
		"only Cc":    func(d *Draft) { d.To, d.Cc = "", "bob@example.net" },
		"files":      func(d *Draft) { d.Attachments = []Attachment{{Path: pdf}, {Path: eml}} },
		"fields": func(d *Draft) {
			d.Wishes = Wishes{Priority: PriorityHigh, Receipt: true}
			d.Headers = []Header{{"List-Id", "Gärtner <garden.example.org>"}, {"Organization", "Grün"}, {"X-A", "1"}, {"X-A", "2"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := plainDraft()
			change(&d)
			var b bytes.Buffer
			if _, err := Build(&b, d, testStamp); err != nil {
				t.Fatal(err)
			}
			m := filter(t, b.Bytes())
			for _, c := range costly {
				if c.has(m) {
					t.Errorf("%s: %v\n%s", c.rule, m.faults, m.raw)
				}
			}
		})
	}
}

func filter(t *testing.T, raw []byte) *filtered {
	t.Helper()
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	m := &filtered{raw: raw, header: message.Header}
	m.take(message.Header.Get("Content-Type"), message.Header.Get("Content-Transfer-Encoding"), "", message.Body)
	return m
}

// take takes a part apart.
func (m *filtered) take(contentType, encoding, disposition string, body io.Reader) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		m.faults = append(m.faults, err.Error())
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for n := 0; ; n++ {
			part, err := parts.NextRawPart()
			switch {
			case errors.Is(err, io.EOF) && n > 0:
				return
			case err != nil:
				m.faults = append(m.faults, fmt.Sprintf("part %d: %v", n, err))
				return
			}
			m.take(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part.Header.Get("Content-Disposition"), part)
		}
	}
	if !strings.HasPrefix(kind, "text/") || disposition != "" {
		return
	}
	text := m.decode(encoding, body)
	if encoding == base64Encoding && isASCII(text) {
		m.faults = append(m.faults, "base64 for a text in ASCII")
	}
	if kind == "text/html" {
		m.html = append(m.html, text)
		return
	}
	m.text = append(m.text, text)
}

func (m *filtered) decode(encoding string, body io.Reader) string {
	switch encoding {
	case quotedPrintable:
		body = quotedprintable.NewReader(body)
	case base64Encoding:
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		m.faults = append(m.faults, err.Error())
	}
	return string(text)
}

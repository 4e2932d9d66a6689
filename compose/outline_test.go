package compose

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// stamped builds a message as the outbox does.
func stamped(t *testing.T, d Draft) []byte {
	t.Helper()
	stamp, err := NewStamp(d.From, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := Build(&raw, d, stamp); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

func TestOutline_IsWhatBuildMakes(t *testing.T) {
	pdf, _ := writeFile(t, "a.pdf", append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("x"), 100_000)...))
	picture, _ := writeFile(t, "p.png", []byte("\x89PNG\r\n\x1a\n................................"))
	base := Draft{From: "Ada <ada@example.org>", To: "kim@example.com", Subject: "Grüße", Body: "Hello,\n.\nGrüße\n"}
	drafts := map[string]struct {
		change func(d *Draft)
		types  []string
	}{
		"text":     {func(*Draft) {}, []string{"text/plain"}},
		"long":     {func(d *Draft) { d.Body = strings.Repeat("日本語", 2000) }, []string{"text/plain"}},
		"markdown": {func(d *Draft) { d.Body = "**Hello**\n" }, []string{"text/plain", "text/html"}},
		"html":     {func(d *Draft) { d.Style, d.Body = StyleHTML, "<p>Hello</p>" }, []string{"text/plain", "text/html"}},
		"files": {func(d *Draft) { d.Attachments = []Attachment{{Path: pdf}, {Path: pdf, Name: "Grüße.pdf"}} },
			[]string{"text/plain", "application/pdf", "application/pdf"}},
		"pictures": {func(d *Draft) {
			d.Style, d.Body, d.Attachments = StyleMarkdown, "![]("+picture+")\n", []Attachment{{Path: pdf}}
			d.Inline = []Image{{Attachment: Attachment{Path: picture}}}
		}, []string{"text/plain", "text/html", "image/png", "application/pdf"}},
	}
	for name, test := range drafts {
		t.Run(name, func(t *testing.T) {
			d := base
			test.change(&d)
			raw := stamped(t, d)
			o, problems := d.Outline()
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			const dated = 1 // a date has a day of one digit or of two
			if off := o.Size - int64(len(raw)); off < -dated || off > dated {
				t.Errorf("it is said to have %d octets, and has %d", o.Size, len(raw))
			}
			var types []string
			for _, p := range o.Parts {
				types = append(types, p.Type)
				if p.Size <= 0 || (p.Name == "") != strings.HasPrefix(p.Type, "text/") {
					t.Errorf("%+v", p)
				}
			}
			if !slices.Equal(types, test.types) || (o.HTML != "") != slices.Contains(types, "text/html") {
				t.Errorf("parts %q, HTML %q", types, o.HTML)
			}
		})
	}
}

func TestOutline_GivesTheProblemsOfTheDraft(t *testing.T) {
	d := Draft{From: "ada@example.org", To: "kim", Attachments: []Attachment{{Path: "/nowhere"}}}
	o, problems := d.Outline()
	if want := d.Check(); len(problems) != len(want) || len(problems) != 2 || o.Size == 0 {
		t.Errorf("%+v, %v, want %v", o, problems, want)
	}
}

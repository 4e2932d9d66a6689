package ui

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sendoff/compose"
)

func TestWhole_ComesBackAsItWas(t *testing.T) {
	for _, d := range []compose.Draft{
		{},
		draft("work", "ana@example.org", "Figures: of May"),
		{From: "Ada <ada@example.org>", To: `"Lee, Kim" <kim@example.com>`, Cc: "a@x", Bcc: "b@x", ReplyTo: "r@x", Subject: "日本",
			Headers: []compose.Header{{Name: "X-A", Value: "one\ttwo  "}, {Name: "X-A", Value: ""}}, Body: "\n\nX-B: text\r\n  more\n"},
	} {
		if got := parseWhole(wholeDraft(d), d); !reflect.DeepEqual(got, d) {
			t.Errorf("%+v\nwant %+v", got, d)
		}
	}
}

func TestWhole_TakesWhatAPersonMakesOfIt(t *testing.T) {
	before := draft("work", "ana@example.org", "Figures")
	for _, c := range []struct {
		name, text string
		change     func(*compose.Draft)
	}{
		{"folded and twice", "from: Ada <a@x.example>\nTo: ana@example.org,\n  bo@example.org\nTO: jo@example.org\nSubject: Of\n May\nx-new:1\n\nText", func(d *compose.Draft) {
			d.From, d.To, d.Subject, d.Body = "Ada <a@x.example>", "ana@example.org, bo@example.org, jo@example.org", "Of May", "Text"
			d.Headers = []compose.Header{{Name: "x-new", Value: "1"}}
		}},
		{"no blank line", "To: ana@example.org\nHi both,\n\nText", func(d *compose.Draft) {
			d.From, d.Subject, d.Body = "", "", "Hi both,\n\nText"
		}},
		{"no headers left", "Hi both,\n\nText", func(d *compose.Draft) { d.Body = "Hi both,\n\nText" }},
		{"empty", "", func(d *compose.Draft) { d.Body = "" }},
		{"headers alone, CRLF", "To: bo@example.org\r\n", func(d *compose.Draft) { d.From, d.To, d.Subject, d.Body = "", "bo@example.org", "", "" }},
		{"a blank line of spaces", "To: bo@example.org\n  \n  Text", func(d *compose.Draft) { d.From, d.To, d.Subject, d.Body = "", "bo@example.org", "", "  Text" }},
	} {
		want := before
		c.change(&want)
		if got := parseWhole(c.text, before); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nwant %+v", c.name, got, want)
		}
	}
}

func TestCompose_EditsHeadersAndTextTogether(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("alt+e")
		c := s.model.composer()
		path := filepath.Join(c.editDir, editFile)
		text, err := os.ReadFile(path)
		if want := "From: Ada Example <ada@example.org>\nTo: ana@example.org\nCc: \nBcc: \nReply-To: \nSubject: \n\n"; err != nil || !strings.HasPrefix(string(text), want) {
			s.t.Fatalf("the editor has %q, %v", text, err)
		}
		edited := "From: Eve <eve@ada.example>\nTo: ana@example.org\nCc: bo@example.org\nSubject: Figures\nX-A: b\n\nHello"
		if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.Send(editorClosed{composer: c})
		s.See("From     Eve <eve@ada.example>  · work", "Cc       bo@example.org", "Subject  Figures", "Header   X-A: b", "Hello")
		if d := s.saved(); d.Cc != "bo@example.org" || d.Body != "Hello" || d.Account != "work" {
			s.t.Errorf("%+v", d)
		}
		s.Keys("alt+z")
		s.SeeNot("Figures", "X-A", "Hello")
		s.See("To       ana@example.org")
		s.Keys("alt+y", "ctrl+e")
		if text, err := os.ReadFile(filepath.Join(c.editDir, editFile)); err != nil || string(text) != "Hello" {
			s.t.Errorf("ctrl+e has %q, %v", text, err)
		}
	})
}

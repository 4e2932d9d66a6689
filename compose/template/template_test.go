package template

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/internal/config"
)

const offer = `---
To: {{ name }} <{{address}}>
# and the office
Cc: office@example.org
cc: board@example.org
Reply_To: sales@example.org
Subject: Offer {{ number }}
Attach: terms.pdf
---

Dear {{ name | default: "customer" }},

here is offer {{number}} of {{ date }}.

`

func TestTemplate_IsFilledIn(t *testing.T) {
	got, err := Parse("/t/offer.md", offer)
	if err != nil {
		t.Fatal(err)
	}
	got = got.Today(time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC))
	fields := []Field{{"name", "customer"}, {"address", ""}, {"number", ""}, {"date", "2026-11-30"}}
	if got.Name != "offer" || !reflect.DeepEqual(got.Fields, fields) || got.Summary() != "Offer {{ number }}" {
		t.Errorf("%q has %+v, %q", got.Name, got.Fields, got.Summary())
	}
	d := got.Fill(map[string]string{"name": "Ana", "address": "ana@example.org\nBcc: evil@example.org", "number": "7\n{{ date }}", "date": "today"})
	want := compose.Draft{
		To: `Ana <"ana@example.org Bcc: evil@example.org">`, Cc: "office@example.org, board@example.org", ReplyTo: "sales@example.org",
		Subject: "Offer 7 {{ date }}", Body: "Dear Ana,\n\nhere is offer 7\n{{ date }} of today.\n", Attachments: []compose.Attachment{{Path: "/t/terms.pdf"}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
}

func TestFill_AValueAddsNoRecipient(t *testing.T) {
	got, err := Parse("t.md", "---\nTo: {{ name }} <{{ address }}>, \"The {{ name }}\" <office@example.org>\nCc: {{ others }}\n---\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, address, want string }{
		{"Müller, Ü", "m@example.org", `"Müller, Ü" <m@example.org>, "The Müller, Ü" <office@example.org>`},
		{`A "B" \`, "m@example.org", `"A \"B\" \\" <m@example.org>, "The A \"B\" \\" <office@example.org>`},
		{"Ana Lee", `x@y.example>, "Other" <evil@z.example`, ""},
		{"Ana <evil@z.example>", "m@example.org", ""},
	} {
		d := got.Fill(map[string]string{"name": c.name, "address": c.address, "others": "a@example.org, B <b@example.org>"})
		list, err := compose.ParseList(d.To)
		if c.want == "" && err == nil || c.want != "" && (err != nil || d.To != c.want || len(list) != 2) {
			t.Errorf("%s and %s make %s: %v", c.name, c.address, d.To, err)
		}
		if d.Cc != "a@example.org, B <b@example.org>" {
			t.Errorf("a list becomes %s", d.Cc)
		}
	}
}

func TestTemplate_WithoutAHeadIsASnippet(t *testing.T) {
	got, err := Parse("thanks.md", "\r\nThank you, {{ name }}.\r\n\r\n")
	if err != nil || got.Summary() != "Thank you, {{ name }}." {
		t.Fatalf("%+v, %v", got, err)
	}
	if d := got.Fill(map[string]string{"name": "Ana"}); !reflect.DeepEqual(d, compose.Draft{Body: "\nThank you, Ana.\n"}) {
		t.Errorf("got %+v", d)
	}
	if got, err := Parse("empty.md", "---\n---\n"); err != nil || got.Fill(nil).Body != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestParse_NamesPlaceAndRemedyOfAMistake(t *testing.T) {
	for _, test := range []struct{ text, want, hint string }{
		{"---\nSubject: x\n", "t.md:1: the head has no end", `a line "---" ends it`},
		{"---\nTo: a\nSubjet: x\n---\n", "t.md:3: subjet: unknown key", `did you mean "Subject"?`},
		{"---\nnothing\n---\n", "t.md:2: a line of the head has no colon", "write it as in Subject: Hello"},
		{"---\nAttach: {{ file }}\n---\n", "t.md:2: attach: a file is named by the template alone", "attach what differs in the form"},
		{"Hi\n{{ if x }", "t.md:2: what stands behind {{ is no field", `write it as {{ name }} or {{ name | default: "friend" }}`},
		{"Hi {{ a }} {{ b | upper }}", "t.md:1: what stands behind {{ is no field", `write it as {{ name }} or {{ name | default: "friend" }}`},
	} {
		_, err := Parse("t.md", test.text)
		var e *config.Error
		if !errors.As(err, &e) || e.Error() != test.want || e.Hint != test.hint {
			t.Errorf("%q: got %v, hint %q", test.text, err, e.Hint)
		}
	}
}

func TestLoad_ReadsWhatItCan(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.md": "B", "a.md": "A", "bad.md": "{{", "notes.txt": "no", ".hidden.md": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.md"), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := Load(dir)
	if len(all) != 2 || all[0].Name != "a" || all[1].Name != "b" || err == nil || !strings.Contains(err.Error(), "bad.md:1") || !strings.Contains(err.Error(), "pipe.md: not a regular file") {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := Load(filepath.Join(dir, "none")); len(all) != 0 || err != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestFind_SaysWhichThereAre(t *testing.T) {
	dir := t.TempDir()
	if _, hint, err := Find(dir, "offer"); !errors.Is(err, ErrNone) || !strings.Contains(hint, "NAME.md") {
		t.Errorf("%s, %v", hint, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "offer.md"), []byte(offer), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"offer", "offer.md"} {
		if got, _, err := Find(dir, name); err != nil || got.Name != "offer" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"ofer", "../" + filepath.Base(dir) + "/offer"} {
		if _, hint, err := Find(dir, name); !errors.Is(err, ErrNone) || !strings.Contains(hint, "offer") {
			t.Errorf("%s: %s, %v", name, hint, err)
		}
	}
}

// What is filled in stays where it is put.
func FuzzTemplate(f *testing.F) {
	f.Add(offer, "value")
	f.Add("{{ a }}{{ a | default: \"x\" }}", "{{ a }}\r\nBcc: x")
	f.Add("---\n---\n---\nTo: x", "")
	f.Fuzz(func(t *testing.T, text, value string) {
		got, err := Parse("/t/x.md", text)
		if err != nil {
			return
		}
		values := make(map[string]string)
		for _, field := range got.Fields {
			values[field.Name] = value
		}
		d, plain := got.Fill(values), got.Fill(nil)
		for _, line := range []string{d.To, d.Cc, d.Bcc, d.ReplyTo, d.From, d.Subject} {
			if strings.ContainsAny(line, "\r\n") {
				t.Fatalf("%q has several lines", line)
			}
		}
		if len(d.Attachments) != len(plain.Attachments) || len(d.Headers) != 0 || value == "" && !reflect.DeepEqual(d, plain) {
			t.Fatalf("%+v and %+v", d, plain)
		}
	})
}

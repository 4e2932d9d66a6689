package compose

import (
	"bytes"
	"strings"
	"testing"
)

func TestCheck_NamesFieldAndProblem(t *testing.T) {
	header := func(name, value string) func(*Draft) {
		return func(d *Draft) { d.Headers = append(d.Headers, Header{name, value}) }
	}
	tests := []struct {
		name   string
		change func(*Draft)
		want   []string
	}{
		{"nothing wrong", func(*Draft) {}, nil},
		{"no sender", func(d *Draft) { d.From = " " }, []string{"from: the sender's address is missing"}},
		{"two senders", func(d *Draft) { d.From = "a@b.org, c@d.org" }, []string{`from: "a@b.org, c@d.org": only one address can stand here`}},
		{"no domain", func(d *Draft) { d.To = "anna" }, []string{`to: "anna": an address needs a domain, like anna@example.org`}},
		{"every wrong address", func(d *Draft) { d.Cc = "a, b@c.org, d@" }, []string{
			`cc: "a": an address needs a domain, like a@example.org`, `cc: "d@": an address needs a domain after the @`,
		}},
		{"wrong reply-to", func(d *Draft) { d.ReplyTo = "x" }, []string{`reply_to: "x": an address needs a domain, like x@example.org`}},
		{"no recipient", func(d *Draft) { d.To = "" }, []string{"to: there is no recipient"}},
		{"empty group", func(d *Draft) { d.To = "undisclosed-recipients:;" }, []string{"to: there is no recipient"}},
		{"no recipient and a wrong sender", func(d *Draft) { d.To, d.From = ";", "x" }, []string{
			`from: "x": an address needs a domain, like x@example.org`, "to: there is no recipient",
		}},
		{"subject with a line break", func(d *Draft) { d.Subject = "a\nBcc: x@y.org" }, []string{"subject: the subject has a line break in it"}},
		{"subject with a carriage return", func(d *Draft) { d.Subject = "a\r" }, []string{"subject: the subject has a line break in it"}},
		{"subject with a line separator", func(d *Draft) { d.Subject = "a\u2028b" }, []string{"subject: the subject has a line break in it"}},
		{"subject with a NUL", func(d *Draft) { d.Subject = "a\x00b" }, []string{`subject: the subject has the control character '\x00' in it`}},
		{"subject with an escape", func(d *Draft) { d.Subject = "\x1b[1m" }, []string{`subject: the subject has the control character '\x1b' in it`}},
		{"subject in Latin-1", func(d *Draft) { d.Subject = "Gr\xfc\xdfe" }, []string{"subject: the subject is not UTF-8 text"}},
		{"NUL in the text", func(d *Draft) { d.Body = "a\nb\x00c" }, []string{"body: the text holds a NUL byte at byte 3 (line 2)"}},
		{"text in Latin-1", func(d *Draft) { d.Body = "Grüße \uFFFD\nGr\xfc\xdfe" }, []string{"body: the text is not UTF-8 at byte 14 (line 2)"}},
		{"Bcc as a further field", header("bCC", "x@y.org"), []string{"headers: bCC cannot be set as a further field"}},
		{"resent", header("Resent-Bcc", "x@y.org"), []string{"headers: Resent-Bcc cannot be set as a further field"}},
		{"content", header("content-type", "text/html"), []string{"headers: content-type cannot be set as a further field"}},
		{"no name", header("", ""), []string{"headers: a further field has no name"}},
		{"no colon", header("", "novalue"), []string{`headers: "novalue" is no further field: it has no name`}},
		{"name with a space", header("Bcc ", "x"), []string{`headers: "Bcc" cannot be the name of a field`}},
		{"name with a colon", header("X:Y", "x"), []string{`headers: "X:Y" cannot be the name of a field`}},
		{"name with a line break", header("X\r\nBcc", "x"), []string{`headers: "X  Bcc" cannot be the name of a field`}},
		{"name that is not ASCII", header("Grüße", "x"), []string{`headers: "Grüße" cannot be the name of a field`}},
		{"name too long", header(strings.Repeat("x", 71), "x"), []string{`headers: "` + strings.Repeat("x", 59) + `…" cannot be the name of a field`}},
		{"value with a line break", header("X", "a\r\n b"), []string{"headers: X has a line break in it"}},
		{"value with a NUL", header("X", "a\x00"), []string{`headers: X has the control character '\x00' in it`}},
		{"the same once too often", func(d *Draft) {
			d.Headers = []Header{{"References", "<a@b>"}, {"references", "<c@d>"}, {"X-A", "1"}, {"X-A", "2"}, {"Comments", "1"}, {"Comments", "2"}}
		}, []string{"headers: references can stand only once"}},
		{"two of a field that programs read", func(d *Draft) {
			d.Headers = []Header{{"List-Id", "<a.example>"}, {"LIST-ID", "<b.example>"}, {"Organization", "a"}, {"Organization", "b"}}
		}, []string{"headers: LIST-ID can stand only once", "headers: Organization can stand only once"}},
		{"receipt to nobody", header("Disposition-Notification-To", "Ü Müller"), []string{`headers: Disposition-Notification-To: "Ü Müller": an address needs a domain, like anna@example.org`}},
		{"receipt to a mailbox that is not ASCII", header("Return-Receipt-To", "ü@example.org"), []string{"headers: Return-Receipt-To takes addresses in ASCII alone"}},
		{"answer to no ID", header("In-Reply-To", "<ü@example.org>"), []string{`headers: In-Reply-To: "<ü@example.org>" is not a message ID`}},
		{"ID that no line holds", header("References", "<a@b> <"+strings.Repeat("x", 900)+"@b>"), []string{`headers: References: "<` + strings.Repeat("x", 58) + `…" is not a message ID`}},
		{"link that is not ASCII", header("List-Unsubscribe", "<https://example.org/ü>"), []string{"headers: List-Unsubscribe is not ASCII, or too long"}},
		{"list without an ID", header("List-Id", "Gärtner"), []string{`headers: List-Id: "Gärtner" has no ID in angle brackets at its end`}},
		{"empty", header("In-Reply-To", " "), []string{"headers: In-Reply-To is empty"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := plainDraft()
			test.change(&d)
			var got []string
			for _, e := range d.Check() {
				got = append(got, e.Error())
			}
			same(t, "draft", got, test.want)
			var b bytes.Buffer
			_, err := Build(&b, d, testStamp)
			if (err != nil) != (len(test.want) > 0) || err != nil && (b.Len() > 0 || err.Error() != strings.Join(test.want, "; ")) {
				t.Errorf("Build: %v, %d bytes written", err, b.Len())
			}
		})
	}
}

func TestCheck_RefusesEveryFieldThatBuildMakes(t *testing.T) {
	raw, _ := build(t, Draft{From: "a@b.org", To: "c@d.org", Cc: "c@d.org", ReplyTo: "c@d.org"})
	header, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	for line := range strings.SplitSeq(header, "\r\n") {
		name, _, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		d := plainDraft()
		d.Headers = []Header{{strings.ToUpper(name), "x"}}
		if problems := d.Check(); len(problems) != 1 || problems[0].Field != "headers" {
			t.Errorf("%s as a further field: %v", name, problems)
		}
	}
}

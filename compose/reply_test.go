package compose

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"
)

func original(t testing.TB, text string) Original {
	t.Helper()
	o, err := ReadOriginal(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

const listMail = `From ana@example.org Mon Nov 23 12:00:00 2026
Date: Mon, 23 Nov 2026 12:30:00 +0100
From: =?iso-8859-1?q?Ana_M=FCller?= <ana@example.org>
To: Ada <ada@example.org>, "Lee; Kim" <kim@example.com>
Cc: bob@example.net, ADA@example.org, list@example.org
Reply-To: list@example.org
Subject: =?utf-8?b?R3LDvMOfZQ==?=
Message-ID: <2@example.org>
In-Reply-To: <1@example.org>
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe,

> earlier
as a line that is so long that nobody would want to read it in one piece =
without a break somewhere.
-- =
`

func isAda(address string) bool { return strings.EqualFold(address, "ada@example.org") }

func TestReply_GoesToWhoIsMeant(t *testing.T) {
	tests := []struct{ name, header, to, cc, all string }{
		{"sender", "From: Ana <a@x.org>\nTo: ada@example.org", "Ana <a@x.org>", "", ""},
		{"Reply-To", "From: a@x.org\nReply-To: b@x.org\nTo: ada@example.org", "b@x.org", "", ""},
		{"all", "From: a@x.org\nTo: ada@example.org, C <c@x.org>\nCc: A@x.org, d@x.org, c@x.org", "a@x.org", "", "C <c@x.org>, d@x.org"},
		{"own message", "From: Ada@Example.org\nTo: c@x.org, d@x.org\nCc: e@x.org", "c@x.org, d@x.org", "", "e@x.org"},
		{"to oneself", "From: ada@example.org\nTo: ada@example.org", "ada@example.org", "", ""},
		{"nobody", "From: not an address\nSubject: x", "", "", ""},
		{"broken list", "From: a@x.org, not an address, B <b@x.org>", "a@x.org, B <b@x.org>", "", ""},
		{"group", "From: a@x.org\nTo: friends: c@x.org, d@x.org;", "a@x.org", "", "c@x.org, d@x.org"},
		{"injection", "From: =?utf-8?q?A=0D=0ABcc:_x=40y.org?= <a@x.org>", `"x@y.org" <a@x.org>`, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := original(t, test.header+"\n\ntext\n")
			one, all := o.Reply(ReplyOptions{IsSelf: isAda}), o.Reply(ReplyOptions{IsSelf: isAda, All: true})
			if one.To != test.to || one.Cc != "" || all.To != test.to || all.Cc != test.all {
				t.Errorf("to %q cc %q; all: to %q cc %q", one.To, one.Cc, all.To, all.Cc)
			}
		})
	}
}

func TestReply_QuotesAndThreads(t *testing.T) {
	d := original(t, listMail).Reply(ReplyOptions{All: true, IsSelf: isAda})
	want := "On 23 Nov 2026 at 12:30, Ana Müller wrote:\n> Grüße,\n>\n>> earlier\n" +
		"> as a line that is so long that nobody would want to read it in one piece\n> without a break somewhere.\n\n"
	if d.Body != want {
		t.Errorf("text is\n%q\nwant\n%q", d.Body, want)
	}
	if d.Subject != "Re: Grüße" || d.To != "list@example.org" || d.Cc != `"Lee; Kim" <kim@example.com>, bob@example.net` {
		t.Errorf("%+v", d)
	}
	if got := fmt.Sprint(d.Headers); got != "[{In-Reply-To <2@example.org>} {References <1@example.org> <2@example.org>}]" {
		t.Errorf("thread is %s", got)
	}
	d.From = "ada@example.org"
	raw, _ := build(t, d)
	if !strings.Contains(string(raw), "\r\nIn-Reply-To: <2@example.org>\r\nReferences: <1@example.org> <2@example.org>\r\n") {
		t.Errorf("message is\n%s", raw)
	}
}

func TestReply_SubjectIsMarkedOnce(t *testing.T) {
	for _, test := range []struct{ subject, want string }{
		{"Lunch", "Re: Lunch"}, {"Re: Lunch", "Re: Lunch"}, {"RE:AW: Sv : Lunch", "Re: Lunch"}, {"Re[2]: Lunch", "Re: Lunch"}, {"回复：午餐", "Re: 午餐"},
		{"Reply: x", "Re: Reply: x"}, {"", "Re:"}, {"Fwd: Re: x", "Re: Fwd: Re: x"},
	} {
		if got := replySubject(test.subject); got != test.want {
			t.Errorf("%q becomes %q, want %q", test.subject, got, test.want)
		}
	}
}

func TestReply_NamesTheEndsOfALongThread(t *testing.T) {
	refs := ""
	for i := range 100 {
		refs += fmt.Sprintf(" <%d@x>\n", i)
	}
	o := original(t, "From: a@x.org\nMessage-ID: <last@x>\nReferences:"+refs+"\n")
	value := o.thread()[1].Value
	if ids := strings.Fields(value); len(ids) != maxReferences || ids[0] != "<0@x>" || ids[1] != "<82@x>" || ids[maxReferences-1] != "<last@x>" {
		t.Errorf("thread is %s", value)
	}
}

func TestReadOriginal_FindsTheText(t *testing.T) {
	const html = "Content-Type: text/html; charset=utf-8\n\n<p>one</p><p>two</p>\n"
	tests := []struct{ name, message, want string }{
		{"plain", "Subject: x\n\none\r\n\r\ntwo\rthree\n", "one\n\ntwo\nthree\n"},
		{"HTML", "Subject: x\n" + html, "one\n\ntwo\n"},
		{"both", "Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\n" + html + "--b--\n", "plain\n"},
		{"empty plain", "Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\n" + html + "--b--\n", "one\n\ntwo\n"},
		{"cut off", "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nplain\n", "plain\n"},
		{"attachment", "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nno\n--b\n\nyes\n--b--\n", "yes\n"},
		{"flowed", "Subject: x\nContent-Type: text/plain; format=flowed\n\none \ntwo\n> a \n> b\n", "one two\n> a b\n"},
		{"signature", "Subject: x\n\none\n-- \nAna\n", "one\n"},
		{"controls", "Subject: x\n\na\x1b[31mb\u202ec\xff\x00\n", "a\ufffd[31mb\ufffdc\ufffd\ufffd\n"},
		{"unknown charset", "Subject: x\nContent-Type: text/plain; charset=x-none\n\none\n", "one\n"},
		{"no text", "Subject: x\nContent-Type: application/pdf\n\none\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := original(t, test.message).Text; got != test.want {
				t.Errorf("text is %q, want %q", got, test.want)
			}
		})
	}
}

func TestReadOriginal_RefusesWhatIsNoMessage(t *testing.T) {
	for _, text := range []string{"", "\n", "just text\n", "From \n", "From", "%PDF-1.7\n\x00", "Some: field\n\ntext"} {
		if _, err := ReadOriginal(strings.NewReader(text)); !errors.Is(err, ErrNotMessage) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What strangers write ends up in a header and on a terminal.
func FuzzReply(f *testing.F) {
	f.Add(listMail)
	f.Add("From: \"x\x1b\" <a@b.org>\nMessage-ID: <a\r\n b@c> <d@e>\nReferences: <<x@y>>\nSubject: =?utf-8?q?=0A?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n\xffx")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ReadOriginal(strings.NewReader(text))
		if err != nil {
			return
		}
		d := o.Reply(ReplyOptions{All: true})
		if strings.ContainsFunc(d.Body, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
			t.Errorf("text is %q", d.Body)
		}
		d.From = "ada@example.org"
		if d.To == "" {
			d.To = "bob@example.net"
		}
		for _, p := range d.Check() {
			t.Errorf("%v in the answer to %q", p, text)
		}
		if _, err := Build(io.Discard, d, testStamp); err != nil {
			t.Errorf("%v in the answer to %q", err, text)
		}
	})
}

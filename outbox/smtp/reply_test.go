package smtp

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestReplyReader(t *testing.T) {
	rows := []struct {
		name, wire string
		code       int
		enhanced   string
		words      string
		problem    string // of the error
	}{
		{"plain", "250 2.1.0 ok\r\n", 250, "2.1.0", "ok", ""},
		{"code only", "550\r\n", 550, "", "mailbox unavailable", ""},
		{"no words", "550 \r\n", 550, "", "mailbox unavailable", ""},
		{"LF only", "250-a\n250 b\n", 250, "", "a b", ""},
		{"several lines", "550-5.1.1 no such\r\n550-5.1.1 user\r\n550 5.1.1 here\r\n", 550, "5.1.1", "no such user here", ""},
		{"code only at the end", "550-gone\r\n550\r\n", 550, "", "gone", ""},
		{"enhanced only last", "550-line one\r\n550 5.1.1 line two\r\n", 550, "5.1.1", "line one line two", ""},
		{"enhanced alone", "550 5.1.1\r\n", 550, "5.1.1", "mailbox unavailable", ""},
		{"with a number sign", "550 #5.7.1 refused\r\n", 550, "5.7.1", "#5.7.1 refused", ""},
		{"in brackets", "553 not here (#5.7.1)\r\n", 553, "5.7.1", "not here (#5.7.1)", ""},
		{"code twice", "550 550 5.7.1 refused\r\n", 550, "5.7.1", "550 5.7.1 refused", ""},
		{"of another class", "550 4.7.1 hm\r\n", 550, "4.7.1", "hm", ""},
		{"an address is no code", "421 from 4.16.55.1 too much\r\n", 421, "", "from 4.16.55.1 too much", ""},
		{"a version is no code", "550 exim-5.1.1 or 2.4.5\r\n", 550, "", "exim-5.1.1 or 2.4.5", ""},
		{"escapes", "550 \x1b[2Jgone\x00\x07\r\n", 550, "", "\ufffd[2Jgone\ufffd\ufffd", ""},
		{"latin1", "550 Bo\xeete pleine\r\n", 550, "", "Bo\ufffdte pleine", ""},
		{"refusal cut off behind a line", "550-5.7.1 blocked\r\n550 see", 550, "5.7.1", "blocked", ""},

		{"acceptance cut off", "250-fine\r\n250 o", 0, "", "", "unexpected EOF"},
		{"nothing", "", 0, "", "", "EOF"},
		{"cut off", "550 go", 0, "", "", "unexpected EOF"},
		{"garbage", "hello\r\n", 0, "", "", "not SMTP: hello"},
		{"999", "999 what\r\n", 0, "", "", "not SMTP"},
		{"1yz", "150 soon\r\n", 0, "", "", "not SMTP"},
		{"four digits", "2500 ok\r\n", 0, "", "", "not SMTP"},
		{"empty line", "\r\n", 0, "", "", "not SMTP"},
		{"mixed codes", "250-ok\r\n550 no\r\n", 0, "", "", "two codes: no"},
		{"HTTP", "HTTP/1.1 302 Found\r\n", 0, "", "", "captive portal"},
		{"TLS alert", "\x15\x03\x01\x00\x02\x02\x46", 0, "", "", "TLS"},
		{"lines without end", strings.Repeat("250-x\r\n", 1000), 0, "", "", "without end"},
		{"a line without end", "250 " + strings.Repeat("x", 1<<20), 0, "", "", "without end"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, wire := range []io.Reader{strings.NewReader(row.wire), iotest.OneByteReader(strings.NewReader(row.wire))} {
				got, err := newReplyReader(wire).read()
				if row.problem != "" {
					if err == nil || !strings.Contains(err.Error(), row.problem) {
						t.Fatalf("%+v, %v; want an error with %q", got, err, row.problem)
					}
					continue
				}
				if err != nil || got.code != row.code || got.enhanced() != row.enhanced || got.words() != row.words {
					t.Errorf("%d %q %q, %v; want %d %q %q", got.code, got.enhanced(), got.words(), err, row.code, row.enhanced, row.words)
				}
			}
		})
	}
}

func TestReplyReader_CutsLongLinesAndGoesOn(t *testing.T) {
	r := newReplyReader(strings.NewReader("550 " + strings.Repeat("x", 60000) + "\r\n250 next\r\n"))
	long, err := r.read()
	if err != nil || !long.cut || len(long.text) > maxReplyLine || len(long.words()) > maxReplyText+len("…") {
		t.Errorf("%d bytes, cut %v, %v", len(long.text), long.cut, err)
	}
	if next, err := r.read(); err != nil || next.text != "next" {
		t.Errorf("%+v, %v", next, err)
	}
}

func TestReplyReader_ReadsOneReplyAtATime(t *testing.T) {
	r := newReplyReader(strings.NewReader("250 one\r\n250-two\r\n250 three\r\n"))
	for _, want := range []string{"one", "two\nthree"} {
		if got, err := r.read(); err != nil || got.text != want {
			t.Errorf("%q, %v; want %q", got.text, err, want)
		}
	}
	if _, err := r.read(); !errors.Is(err, io.EOF) {
		t.Errorf("then %v", err)
	}
}

func FuzzReplyReader(f *testing.F) {
	for _, seed := range []string{
		"250 2.0.0 ok\r\n", "550-a\r\n550 5.1.1 b\r\n", "250\n", "250-a\r\n550 b\r\n", "HTTP/1.1 200\r\n", "\x15\x03\x01", "421 (#4.4.5)\r\n", "250-\xff\x00\r\n250 \u202e\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		r := newReplyReader(bytes.NewReader(wire))
		for range 50 {
			got, err := r.read()
			if err != nil {
				checkClean(t, err.Error())
				return
			}
			if got.code < 200 || got.code > 599 || len(got.text) > maxReplySize {
				t.Fatalf("code %d, %d bytes of text", got.code, len(got.text))
			}
			if enhanced := got.enhanced(); enhanced != "" && !isEnhanced(enhanced) {
				t.Fatalf("enhanced code %q", enhanced)
			}
			checkClean(t, got.words())
			for keyword := range parseExtensions(got.text) {
				if strings.ContainsAny(keyword, " \n") || keyword == "" {
					t.Fatalf("keyword %q", keyword)
				}
			}
			for p := phaseGreeting; p <= phaseQuit; p++ {
				if c := verdict(p, got).Class; c.String() == "" {
					t.Fatalf("%s: %d %q has no class", p, got.code, got.text)
				}
			}
		}
	})
}

func checkClean(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
		t.Fatalf("not clean: %q", s)
	}
}

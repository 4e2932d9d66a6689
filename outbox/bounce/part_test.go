package bounce

import (
	"strings"
	"testing"
)

func TestSplitHeader_PassesOverWhatIsNoField(t *testing.T) {
	h, body := splitHeader([]byte("From x Mon Mar 2\r\nTo: a,\r\n b\r\nno field\r\n of this\r\nSubject : c\r\n: d\r\n\r\nbody\r\n"))
	if got := h.get("to"); got != "a, b" {
		t.Errorf("to %q", got)
	}
	if got := h.get("subject"); got != "c" {
		t.Errorf("subject %q", got)
	}
	if string(body) != "body\r\n" {
		t.Errorf("body %q", body)
	}
	if h, body := splitHeader([]byte("just words\nTo: a\n")); h != nil || !strings.HasPrefix(string(body), "just") {
		t.Errorf("a text without a header has %v", h)
	}
}

func TestParts_ComeWithoutTheLastBoundaryOrTheRightOne(t *testing.T) {
	const body = "preamble\n--part1\nContent-Type: text/plain\n\none\n--part1 \n\ntwo\n"
	for _, contentType := range []string{
		`multipart/mixed; boundary=part1`, `multipart/mixed; boundary="part1"; boundary=c`, `multipart/mixed; boundary=other`, `multipart/mixed`,
		`multipart/mixed; boundary="part1`,
	} {
		p := readPart([]byte("Content-Type: " + contentType + "\n\n" + body))
		parts := p.parts()
		if len(parts) != 2 || parts[0].text() != "one\n" || parts[1].text() != "two\n" {
			t.Errorf("%s: %q", contentType, parts)
		}
	}
}

func TestText_DecodesWhatItCan(t *testing.T) {
	for _, c := range []struct{ header, body, want string }{
		{"Content-Type: text/plain; charset=iso-8859-1", "f\xfcr", "für"},
		{"Content-Type: text/plain; charset=unknown-8bit", "f\xfcr", "f\ufffdr"},
		{"Content-Transfer-Encoding: base64", "YW5hQGV4\r\nYW1wbGU=\r\n", "ana@example"},
		{"Content-Transfer-Encoding: base64", "(no base64 at all)", "(no base64 at all)"},
		{"Content-Transfer-Encoding: quoted-printable", "ana=40example=\r\n.org", "ana@example.org"},
		{"Content-Transfer-Encoding: x-unknown", "ana", "ana"},
		{"Content-Type: text/plain", "\x1b$B%(%i!<\x1b(B", "エラー"}, // ISO-2022-JP, and no word about it
	} {
		if got := readPart([]byte(c.header + "\n\n" + c.body)).text(); got != c.want {
			t.Errorf("%s, %q: %q", c.header, c.body, got)
		}
	}
}

func TestPlainOf_IsWhatAPersonSees(t *testing.T) {
	const page = `<html><head><style>p > b { }</style><TITLE>no@example.org</TITLE></head><p class="a>b">One<br/>two &lt;ana@example.org&gt; 1 < 2 <ana@example.net></p><script>x`
	if got, want := plainOf(page), "\nb\">One\ntwo <ana@example.org> 1 < 2 <ana@example.net>\n"; got != want {
		t.Errorf("%q", got)
	}
}

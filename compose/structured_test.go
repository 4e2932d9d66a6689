package compose

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
)

func TestFurtherFields_ThatProgramsReadStayReadable(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"Disposition-Notification-To", "Ü Müller <a@b.example>", "=?utf-8?b?w5wgTcO8bGxlcg==?= <a@b.example>"},
		{"return-receipt-to", `"Lovelace, Ada" <a@b.example>; c@exämple.org`, `"Lovelace, Ada" <a@b.example>, c@xn--exmple-cua.org`},
		{"Mail-Followup-To", "a@b.example, Ü <c@d.example>", "a@b.example, =?utf-8?b?w5w=?= <c@d.example>"},
		{"List-Id", "Gärtner <garden.example.org>", "=?utf-8?q?G=C3=A4rtner?= <garden.example.org>"},
		{"List-Id", `"A, \"b\"" <garden.example.org>`, `"A, \"b\"" <garden.example.org>`},
		{"List-Id", "<garden.example.org>", "<garden.example.org>"},
		{"List-Unsubscribe", "<https://example.org/?a=?b>,  <mailto:x@example.org>", "<https://example.org/?a=?b>, <mailto:x@example.org>"},
		{"In-Reply-To", "<a=?b@example.org>", "<a=?b@example.org>"},
		{"References", "<a@b.example>\t<c@d.example>", "<a@b.example> <c@d.example>"},
	} {
		if raw := string(furtherField(Header{c.name, c.value})); raw != c.name+": "+c.want+"\r\n" {
			t.Errorf("%s: %s is written as %q", c.name, c.value, raw)
		}
	}
}

func TestFurtherFields_OfAddressesAreReadAsAddresses(t *testing.T) {
	d := plainDraft()
	d.Headers = []Header{{"Disposition-Notification-To", strings.Repeat("Ünï ", 60) + "<a@b.example>"}, {"References", "<" + strings.Repeat("x", 880) + "@b.example>"}}
	raw, _ := build(t, d)
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	list, err := m.Header.AddressList("Disposition-Notification-To")
	if err != nil || len(list) != 1 || list[0].Address != "a@b.example" {
		t.Errorf("the receipt goes to %v, %v", list, err)
	}
	if got := m.Header.Get("References"); got != d.Headers[1].Value {
		t.Errorf("References is read as %q", got)
	}
}

package compose

import "testing"

func TestDraft_OnlyTo(t *testing.T) {
	all := Draft{To: "Ana Example <ana@exampel.org>, Kim <kim@example.org>", Cc: "jo@bücher.example; Sam <SAM@example.org>", Bcc: "boss@example.net", Subject: "Lunch", CopyOf: "a1"}
	for _, test := range []struct {
		name        string
		addresses   []string
		to, cc, bcc string
		cursor      Place
	}{
		{"one", []string{"ana@exampel.org"}, "Ana Example <ana@exampel.org>", "", "", Place{"to", 28}},
		{"where they stood, in any case and form", []string{"sam@example.org", "jo@xn--bcher-kva.example", "boss@example.net"}, "", "jo@bücher.example, Sam <SAM@example.org>", "boss@example.net", Place{"cc", 18}},
		{"a blind copy stays one", []string{"boss@example.net"}, "", "", "boss@example.net", Place{"bcc", 16}},
		{"who stands nowhere", []string{"kim@example.org", "eve@example.com"}, "Kim <kim@example.org>, eve@example.com", "", "", Place{"to", 20}},
		{"nobody", nil, "", "", "", Place{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := all.OnlyTo(test.addresses)
			if got.To != test.to || got.Cc != test.cc || got.Bcc != test.bcc || got.Cursor != test.cursor || got.Subject != "Lunch" || got.CopyOf != "a1" {
				t.Errorf("%+v", got)
			}
		})
	}
	if got := (Draft{To: "not an address"}).OnlyTo([]string{"ana@example.org"}); got.To != "ana@example.org" {
		t.Errorf("%+v", got)
	}
}

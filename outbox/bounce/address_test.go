package bounce

import (
	"slices"
	"testing"
)

func TestAddressesIn_FindsThemInText(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{"<ana@example.org>: no", []string{"ana@example.org"}},
		{"'ana@example.org' and mailto:bob@example.org.", []string{"ana@example.org", "bob@example.org"}},
		{"ana@example.org您好，", []string{"ana@example.org"}},
		{"は ana@example.org に送信できません", []string{"ana@example.org"}},
		{`"ana maria"@example.org...`, []string{`"ana maria"@example.org`}},
		{"ana+tag=x@mail-1.example.org,", []string{"ana+tag=x@mail-1.example.org"}},
		{"@ a@ @b -@- \"@\"", nil},
		{"a@b@c", []string{"a@b", "b@c"}},
	} {
		var got []string
		for _, f := range addressesIn(c.line) {
			got = append(got, f.address)
			if c.line[f.start:f.end] != f.address {
				t.Errorf("%s: %v", c.line, f)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
}

func TestRecipientOf_ReadsFieldsAsTheyCome(t *testing.T) {
	for value, want := range map[string]string{
		"rfc822; ana@example.org":                         "ana@example.org",
		"RFC822;<ana@example.org>":                        "ana@example.org",
		"rfc/822 ; ana@example.org (Ana)":                 "ana@example.org",
		"<ana@example.org>":                               "ana@example.org",
		"ana@example.org":                                 "ana@example.org",
		"utf-8; jörg@example.org":                         "jörg@example.org",
		`rfc822; "ana maria"@example.org`:                 `"ana maria"@example.org`,
		"rfc822;@mx.example.org:ana@example.org":          "@mx.example.org:ana@example.org",
		"system;<>":                                       "",
		"x400; /S=ana/OU=example/PRMD=EX/ADMD= /C=GB/":    "/S=ana/OU=example/PRMD=EX/ADMD= /C=GB/",
		"rfc822; ana":                                     "ana",
		"":                                                "",
		"rfc822;Ana <ana@example.org>":                    "ana@example.org",
		"rfc822; ana@example.org bob@example.org":         "ana@example.org bob@example.org",
		"unknown; =?utf-8?q?ana?= <ana@mail.example.org>": "ana@mail.example.org",
	} {
		if got := recipientOf(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

func TestFromXtext_DecodesOnlyWhatHadToBeEncoded(t *testing.T) {
	for s, want := range map[string]string{
		"ana+2Bnews@example.org":  "ana+news@example.org",
		"ana+AB@example.org":      "ana+AB@example.org",
		"ana+news@example.org":    "ana+news@example.org",
		`j\x{F6}rg@example.org`:   "jörg@example.org",
		`\x{ZZ}\x{}\x{1234567}+2`: `\x{ZZ}\x{}\x{1234567}+2`,
	} {
		if got := fromXtext(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

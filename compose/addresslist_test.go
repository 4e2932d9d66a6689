package compose

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/emersion/go-message/mail"
)

func TestParseList_ReadsWhatPeopleTypeAndPaste(t *testing.T) {
	ada := Address{"Ada", "ada", "example.org"}
	bob := Address{"", "bob", "example.net"}
	tests := []struct {
		name, text string
		want       []Address
	}{
		{"nothing", " ", nil},
		{"bare", "bob@example.net", []Address{bob}},
		{"in angle brackets", " < bob@example.net > ", []Address{bob}},
		{"named", "Ada <ada@example.org>", []Address{ada}},
		{"quoted name", `"Ada" <ada@example.org>`, []Address{ada}},
		{"comma in quotes", `"Lovelace, Ada" <ada@example.org>`, []Address{{"Lovelace, Ada", "ada", "example.org"}}},
		{"semicolon in quotes", `"A; B" <ada@example.org>; bob@example.net`, []Address{{"A; B", "ada", "example.org"}, bob}},
		{"escapes in quotes", `"a \"b\" \\" <ada@example.org>`, []Address{{`a "b" \`, "ada", "example.org"}}},
		{"dot in a name", "Ada B. Lovelace <ada@example.org>", []Address{{"Ada B. Lovelace", "ada", "example.org"}}},
		{"address as name", "ada@example.org <ada@example.org>", []Address{{"ada@example.org", "ada", "example.org"}}},
		{"brackets in a name", "[list] Ada <ada@example.org>", []Address{{"[list] Ada", "ada", "example.org"}}},
		{"name behind", "ada@example.org (Ada)", []Address{ada}},
		{"comment", "Ada (at (home)) <ada@example.org> (x)", []Address{ada}},
		{"comment between the parts", "ada(x)@(y)example.org", []Address{{"", "ada", "example.org"}}},
		{"commas", "Ada <ada@example.org>, bob@example.net", []Address{ada, bob}},
		{"Outlook", "Ada <ada@example.org>; bob@example.net;", []Address{ada, bob}},
		{"lines", "Ada <ada@example.org>\r\nbob@example.net\n", []Address{ada, bob}},
		{"folded field", "Ada\r\n <ada@example.org>,\r\n bob@example.net", []Address{ada, bob}},
		{"too many separators", ",; ada@example.org,,;\n,", []Address{{"", "ada", "example.org"}}},
		{"group", "Team: Ada <ada@example.org>, bob@example.net;", []Address{ada, bob}},
		{"group and more", "Team: Ada <ada@example.org>; bob@example.net", []Address{ada, bob}},
		{"quoted group", `"The: Team": bob@example.net;`, []Address{bob}},
		{"empty group", "undisclosed-recipients:;", nil},
		{"mailto", "mailto:bob@example.net", []Address{bob}},
		{"encoded name", "=?utf-8?q?=C3=84da?= =?utf-8?b?IMOW?= <ada@example.org>", []Address{{"Äda Ö", "ada", "example.org"}}},
		{"encoded name in quotes is text", `"=?utf-8?q?a?=" <ada@example.org>`, []Address{{"=?utf-8?q?a?=", "ada", "example.org"}}},
		{"encoded name in an unknown charset", `=?x-none?q?a?= <ada@example.org>`, []Address{{"=?x-none?q?a?=", "ada", "example.org"}}},
		{"encoded line break", "=?utf-8?q?a=0D=0ABcc:_x?= <ada@example.org>", []Address{{"a Bcc: x", "ada", "example.org"}}},
		{"quoted mailbox", `"a b"@example.org`, []Address{{"", "a b", "example.org"}}},
		{"mailbox quoted for its dots", `"a..b"@example.org`, []Address{{"", "a..b", "example.org"}}},
		{"at sign in quotes", `"a@b"@example.org`, []Address{{"", "a@b", "example.org"}}},
		{"IDN", "bob@bücher.example", []Address{{"", "bob", "bücher.example"}}},
		{"UTF-8 mailbox", "jürgen@example.org", []Address{{"", "jürgen", "example.org"}}},
		{"single label", "root@localhost", []Address{{"", "root", "localhost"}}},
		{"IPv4", "a@[192.0.2.1]", []Address{{"", "a", "[192.0.2.1]"}}},
		{"IPv6", "a@[IPv6:2001:db8::1]", []Address{{"", "a", "[IPv6:2001:db8::1]"}}},
		{"no-break space", "ada@example.org\u00a0", []Address{{"", "ada", "example.org"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseList(test.text)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("ParseList(%q) = %q, %v, want %q", test.text, got, err, test.want)
			}
		})
	}
}

func TestParseList_NamesThePieceThatIsWrongAndSaysWhy(t *testing.T) {
	tests := []struct{ text, want string }{
		{"anna", `"anna": an address needs a domain, like anna@example.org`},
		{"bob@example.net, anna smith", `"anna smith": an address needs a domain, like anna@example.org`},
		{"Lovelace, Ada <ada@example.org>", `"Lovelace": an address needs a domain, like Lovelace@example.org`},
		{"anna@", `"anna@": an address needs a domain after the @`},
		{"@example.org", `"@example.org": nothing stands before the @`},
		{"Ada <>", `"Ada <>": an address needs a domain, like anna@example.org`},
		{"a@b@c", `"a@b@c": an address has only one @`},
		{"a@b.org c@d.org", `"a@b.org c@d.org": two addresses need a comma between them`},
		{"anna @example.org", `"anna @example.org": an address has no space in it`},
		{"Ada <a da@example.org>", `"Ada <a da@example.org>": an address has no space in it`},
		{".a@example.org", `".a@example.org": the part before the @ begins or ends with a dot, or has two in a row`},
		{"a..b@example.org", `"a..b@example.org": the part before the @ begins or ends with a dot, or has two in a row`},
		{"a@example..org", `"a@example..org": the domain has a dot too many`},
		{"a@example.org.", `"a@example.org.": the domain has a dot too many`},
		{"a@-x.org", `"a@-x.org": a part of the domain begins or ends with a hyphen`},
		{"a@x-.org", `"a@x-.org": a part of the domain begins or ends with a hyphen`},
		{"a@x_y.org", `"a@x_y.org": the domain is not a valid name`},
		{"a@[1.2.3]", `"a@[1.2.3]": between [ and ] stands an IP address, like [192.0.2.1] or [IPv6:2001:db8::1]`},
		{strings.Repeat("a", 65) + "@b.org", `"` + strings.Repeat("a", 59) + `…": the part before the @ has at most 64 characters`},
		{"a@" + strings.Repeat("b", 64) + ".org", `"a@` + strings.Repeat("b", 57) + `…": a part of a domain has at most 63 characters`},
		{strings.Repeat("a", 60) + "@" + strings.Repeat("b.", 98) + "c", `"` + strings.Repeat("a", 59) + `…": an address has at most 254 characters`},
		{"a@" + strings.Repeat("b.", 127) + "c", `"a@` + strings.Repeat("b.", 28) + `b…": a domain has at most 253 characters`},
		{`Ada "x <a@b.org>`, `"Ada "x <a@b.org>": the quote is never closed`},
		{"Ada (x <a@b.org>", `"Ada (x <a@b.org>": the parenthesis is never closed`},
		{"Ada <a@b.org", `"Ada <a@b.org": a > is missing after the <`},
		{"a@b.org>", `"a@b.org>": a < is missing before the >`},
		{"<a@b.org> <c@d.org>", `"<a@b.org> <c@d.org>": something stands behind the >`},
		{"<@route:a@b.org>", `"<@route:a@b.org>": an address has only one @`},
		{"a\\b@example.org", `"a\b@example.org": the character '\\' cannot stand in an address`},
		{"a\x1b[31m@example.org", "\"a\uFFFD[31m@example.org\": the part before the @ is not a valid name"},
		{"\"a\x00b\"@example.org", "\"\"a\uFFFDb\"@example.org\": the character '\\x00' cannot stand in an address"},
		{"\"a\r\nb\"@example.org", "\"\"a  b\"@example.org\": the character '\\r' cannot stand in an address"},
		{`"a> NOTIFY=NEVER X="@example.org`, `""a> NOTIFY=NEVER X="@example.org": the character '>' cannot stand in an address`},
		{"a\u202eb@example.org", "\"a\uFFFDb@example.org\": the character '\\u202e' cannot stand in an address"},
		{"\xff@example.org", "\"\uFFFD@example.org\": not UTF-8 text"},
		{"a\x07 <a@example.org>", "\"a\uFFFD <a@example.org>\": the control character '\\a' cannot stand in a name"},
	}
	for _, test := range tests {
		list, err := ParseList(test.text)
		var wrong *AddressError
		if !errors.As(err, &wrong) || err.Error() != test.want || list != nil {
			t.Errorf("ParseList(%q) = %q\n error %v\n want  %s", test.text, list, err, test.want)
		}
	}
}

func TestParseList_HintsAtQuotesForANameWithAComma(t *testing.T) {
	_, err := ParseList("Lovelace, Ada <ada@example.org>")
	var wrong *AddressError
	if !errors.As(err, &wrong) || !strings.Contains(wrong.Hint, `"Lovelace, Ada" <ada@example.org>`) {
		t.Errorf("error is %#v", err)
	}
}

func TestParseOne_TakesExactlyOneAddress(t *testing.T) {
	if a, err := ParseOne("Ada <ada@example.org>"); err != nil || a.Mailbox != "ada" {
		t.Errorf("ParseOne = %v, %v", a, err)
	}
	for text, want := range map[string]string{
		" ":                "an address is missing",
		"a@b.org, c@d.org": `"a@b.org, c@d.org": only one address can stand here`,
		"ada":              `"ada": an address needs a domain, like ada@example.org`,
	} {
		if _, err := ParseOne(text); err == nil || err.Error() != want {
			t.Errorf("ParseOne(%q): %v, want %s", text, err, want)
		}
	}
}

// Somebody will paste a book into the field. The figure is how much longer four
// times the text takes: 4, and up to 12 where fresh memory is dear, since all of
// it is one address with an error; a parser that looks again at what it has read
// would show 16 and more.
func BenchmarkParseList(b *testing.B) {
	const short, factor = 1 << 13, 4
	for _, unit := range []string{"a\n", "[", "=?a?q?", ":", "(", "<", "a@b.org\n", "\"a\" ", "@"} {
		b.Run(unit, func(b *testing.B) {
			timed := func(length int) (took time.Duration) {
				text := strings.Repeat(unit, length/len(unit))
				start := time.Now()
				ParseList(text)
				return time.Since(start)
			}
			var once, more time.Duration
			for b.Loop() {
				once += timed(short)
				more += timed(factor * short)
			}
			b.ReportMetric(float64(more)/float64(once), "x/4x")
		})
	}
}

func FuzzParseList(f *testing.F) {
	for _, seed := range []string{
		`"Lovelace, Ada" <ada@example.org>; bob@bücher.example`, "Team: a@b.org, c@d.org;", "a@b.org (Ada (x))\r\nc@d.org",
		`=?utf-8?q?=C3=84?= <"a b"@[IPv6:::1]>`, "jürgen@example.org", `"a\"b" <a@b>`, "=?utf-8?b?AAECAw==?= <a@b.org>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseList(text)
		if err != nil {
			if !clean(err.Error()) {
				t.Errorf("error is not clean: %q", err.Error())
			}
			return
		}
		for _, a := range list {
			checkAddress(t, a)
		}
		texts := make([]string, len(list))
		for i, a := range list {
			texts[i] = a.String()
		}
		again, err := ParseList(strings.Join(texts, ", "))
		if err != nil || !slices.Equal(again, list) {
			t.Errorf("%q is read as %q, %v, want %q", texts, again, err, list)
		}
	})
}

func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// checkAddress checks every form of an address, the header form by another parser.
func checkAddress(t *testing.T, a Address) {
	t.Helper()
	ascii, err := a.ASCII()
	header, headerErr := a.Header()
	if err != nil || headerErr != nil {
		t.Fatalf("%#v: ASCII: %v, Header: %v", a, err, headerErr)
	}
	if !clean(ascii) || !clean(header) || !clean(a.String()) || strings.ContainsAny(ascii, "<>") {
		t.Errorf("%#v: not clean: %q, %q, %q", a, ascii, header, a.String())
	}
	if !a.UTF8() && !isPrintable(header) {
		t.Errorf("header form %q is not ASCII", header)
	}
	if strings.HasSuffix(ascii, "]") || strings.Contains(ascii, `"`) {
		return // net/mail knows fewer literals, and takes quotes off
	}
	read, err := gomail.ParseAddress(header)
	if err != nil || read.Name != a.Name || read.Address != ascii {
		t.Errorf("header form %q of %#v is read as %#v, %v", header, a, read, err)
	}
}

// The bar is where somebody types.
func TestPieceAt(t *testing.T) {
	for _, c := range []struct{ text, before, piece string }{
		{"|", "", ""},
		{"ki|", "", "ki"},
		{"ana@example.org, ki|", "ana@example.org, ", "ki"},
		{"ki|, ana@example.org", "", "ki"},
		{"k|i lee , ana@example.org", "", "ki lee"},
		{`ana@example.org, "Lee, Kim|" <kim@x.example>; bo@x.example`, "ana@example.org, ", `"Lee, Kim" <kim@x.example>`},
		{`ana@example.org, "Lee, Ki|, bo@x.example`, "ana@example.org, ", `"Lee, Ki`},
		{"ana@example.org,  |", "ana@example.org,  ", ""},
		{"ana@example.org, | , bo@x.example", "ana@example.org, ", ""},
		{"ana@example.org ;ki|\nbo@x.example", "ana@example.org ;", "ki"},
		{"日本|, ana@example.org", "", "日本"},
		{"ki,|", "ki,", ""},
		{"team: an|", "team: ", "an"},
	} {
		at := strings.Index(c.text, "|")
		text := strings.Replace(c.text, "|", "", 1)
		start, end := PieceAt(text, at)
		if text[:start] != c.before || text[start:end] != c.piece {
			t.Errorf("%s: %q behind %q, want %q behind %q", c.text, text[start:end], text[:start], c.piece, c.before)
		}
	}
}

package merge

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"sendoff/compose"
)

// letterOf makes the letter of a list with one row, as JSON so that the value
// stays what it is.
func letterOf(t testing.TB, template, value string) (compose.Draft, Problems) {
	t.Helper()
	line, err := json.Marshal(map[string]string{"email": "ana@example.org", "v": value})
	if err != nil {
		t.Fatal(err)
	}
	letter, problems := first(t, template, string(line))
	return letter.Draft, problems
}

func TestEscape_AddressesStayOne(t *testing.T) {
	const template = "---\nsubject: x\nreply_to: {{ v }} <office@example.org>\n---\ny"
	for value, want := range map[string]string{
		"Ana":                            "Ana",
		"Grün, Ana":                      "Grün, Ana",
		`Ana "the" Grün \`:               `Ana "the" Grün \`,
		"Eve <eve@example.org>, Bob":     "Eve <eve@example.org>, Bob",
		`", eve@example.org, "`:          `", eve@example.org, "`,
		"eve@example.org,":               "", // an error
		"Eve <eve@example.org>":          "",
		"x\r\nBcc: eve@example.org":      "x Bcc: eve@example.org",
		"all: eve@example.org;":          "all: eve@example.org;",
		"eve@example.org, bob@x.example": "eve@example.org, bob@x.example",
	} {
		d, problems := letterOf(t, template, value)
		if len(problems) > 0 {
			t.Errorf("%q: %v", value, problems)
		}
		list, err := compose.ParseList(d.ReplyTo)
		if err != nil {
			if want != "" {
				t.Errorf("%q: %q: %v", value, d.ReplyTo, err)
			}
			continue
		}
		if len(list) != 1 || list[0].Mailbox != "office" || want != "" && list[0].Name != want {
			t.Errorf("%q: %+v", value, list)
		}
	}
	d, _ := letterOf(t, "---\nsubject: x\nreply_to: {{ v }}\n---\ny", "Eve <eve@example.org>")
	if d.ReplyTo != "Eve <eve@example.org>" {
		t.Errorf("a whole address: %q", d.ReplyTo)
	}
}

func TestEscape_HeadersStayOneLine(t *testing.T) {
	for _, head := range []string{"subject: Hello {{ v }}", "subject: x\nheaders:\n- X-Seat: {{ v }}"} {
		c, l := bind(t, "---\n"+head+"\n---\ny", `{"email": "ana@example.org", "v": "a\r\nBcc: eve@example.org"}`)
		for row := range l.Rows() {
			letter, problems := c.Letter(row)
			if letter.Draft.From == "" {
				letter.Draft.From = "ada@example.org"
			}
			problems = append(problems, c.Examine(row, letter.Draft)...)
			if len(problems.Errors()) == 0 {
				t.Errorf("%s: a line break went through: %+v", head, letter.Draft)
			}
			checkClean(t, problems.Error())
		}
	}
}

func TestEscape_MarkdownShowsFewBackslashes(t *testing.T) {
	for _, test := range []struct{ text, value, want string }{
		{"Hi {{ v }},", "Ana", "Hi Ana,"},
		{"Hi {{ v }},", "ana_lee_x@example.org", "Hi ana_lee_x@example.org,"},
		{"Hi {{ v }},", "5 * 3 = 15 & more; -2", "Hi 5 * 3 = 15 & more; -2,"},
		{"Hi {{ v }},", "Smith & Sons (Ltd.) #1 + 2", "Hi Smith & Sons (Ltd.) #1 + 2,"},
		{"Hi {{ v }},", "**bold** _it_", `Hi \*\*bold\*\* \_it\_,`},
		{"Hi {{ v }},", "[a](http://x) ![b](c.png)", `Hi \[a\](http://x) !\[b\](c.png),`},
		{"Hi {{ v }},", "<http://x> `code` ~~no~~", "Hi \\<http://x> \\`code\\` \\~\\~no\\~\\~,"},
		{"Hi {{ v }},", `C:\dir\*`, `Hi C:\dir\\\*,`},
		{"{{ v }}", "# 1", `\# 1`},
		{"{{ v }}", "1. one", `1\. one`},
		{"{{ v }}", "1.5 litres", "1.5 litres"},
		{"- {{ v }}", "- x", `- \- x`},
		{"Total: {{ v }}", "-5", "Total: -5"},
		{"To\n{{ v }}", "Street 1\n    # Town\n> Land", "To\nStreet 1\n\\# Town\n\\> Land"},
		{"[here]({{ v }})", "https://example.org/a_(b)?c=*", "[here](https://example.org/a_%28b%29?c=%2A)"},
		{"See {{ v }}", "https://example.org/a_b~c", "See https://example.org/a_b%7Ec"},
		{"Code `{{ v }}`", "a_*`b", "Code `a_*'b`"},
		{"```\n{{ v }}\n```", "*a*", "```\n*a*\n```"},
		{"| {{ v }} |", "a|b", `| a\|b |`},
	} {
		d, problems := letterOf(t, "---\nsubject: x\n---\n"+test.text, test.value)
		if d.Body != test.want || len(problems) > 0 {
			t.Errorf("%s with %q: %q, want %q (%v)", test.text, test.value, d.Body, test.want, problems)
		}
	}
}

// htmlOf is the HTML of a message, taken apart: the tags that are in it and its
// text without white space.
func htmlOf(t testing.TB, d compose.Draft) (tags []string, text string) {
	t.Helper()
	d.From = "ada@example.org"
	stamp, err := compose.NewStamp(d.From, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := compose.Build(&b, d, stamp); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(&b)
	if err != nil {
		t.Fatal(err)
	}
	_, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			t.Fatal("no HTML")
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			continue
		}
		body := io.Reader(part)
		if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(part)
		}
		return tokens(html.NewTokenizer(body))
	}
}

func tokens(z *html.Tokenizer) (tags []string, text string) {
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tags, text
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tags = append(tags, string(name))
		case html.TextToken:
			text += strings.Join(strings.Fields(string(z.Text())), "")
		}
	}
}

// FuzzEscape writes any value into Markdown and HTML: the reader sees that value
// and nothing that it makes but paragraphs, lines and links to what it says.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{
		"Ana", "**a** _b_ `c` ~~d~~", "[a](http://b)", "![](/etc/passwd)", "<b>&amp;&#42;</b>", "# a\n\n    b\n> c\n- d\n1. e\n===\n---", `\*\`, "a|b\n-|-",
		"*", "* * *", "_", "http://a.b/*c*", "a@b.example *x*", "&", "<", "[a]: http://b\n\n[a]", "\u00a0*a*", "--", "+ a", "10) a", "0\n|-", "a\n:-", "www.example.org_a_",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ToValidUTF8(value, "")
		if unfit(value) != "" || strings.ContainsAny(value, "\r\v") || len(value) > 2000 {
			return
		}
		want := strings.Join(strings.Fields(value), "")
		for style, allowed := range map[string][]string{
			"markdown": {"html", "head", "meta", "body", "p", "br", "a", "ul", "ol", "li", "blockquote"},
			"html":     {"p", "br"},
		} {
			text := "x {{ v }} y\n\n{{ v }}\n\n- {{ v }}\n\nand\n\n1. {{ v }}\n\nand\n\n> {{ v }}\n"
			if style == "html" {
				text = `<p title="{{ v }}">x{{ v }}y</p>`
			}
			d, problems := letterOf(t, "---\nsubject: x\nstyle: "+style+"\n---\n"+text, value)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if len(d.Inline) > 0 {
				t.Fatalf("%q has brought a file: %+v", value, d.Inline)
			}
			tags, got := htmlOf(t, d)
			for _, tag := range tags {
				if !slices.Contains(allowed, tag) {
					t.Fatalf("%s: %q has made <%s>", style, value, tag)
				}
			}
			expected := "x" + want + "y" + want + want + "and" + want + "and" + want
			if style == "html" {
				expected = "x" + want + "y"
			}
			if got != expected && !isURL(strings.TrimSpace(value)) {
				t.Fatalf("%s: %q is read as %q", style, value, got)
			}
		}
	})
}

// FuzzTemplate reads any template and writes it with a row: it ends, says what is
// wrong in clean words, and gives the same twice.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"---\nsubject: {{ first_name }}\n---\nHi {{ company | upcase }}", "{% if company %}{{ row[\"First Name\"] }}{% endif %}", "{% for i in (1..3) %}{{ forloop.index }}{% endfor %}",
		"---\nattachments:\n- {{ number }}.pdf\n---\nx", "{% case note %}{% when blank %}{% endcase %}", "{{ number | divided_by: 0 }}", "{{ company | slice: 1, 2 | url_decode }}",
		"{% assign x = number | plus: 1 %}{{ x }}", "{{ \"%}\" }}", "{%- comment -%}{% endcomment %}", "{{ a.b[c].d | e: f, g: 'h' }}", "---\nstyle: html\n---\n<b>{{-note-}}</b>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 3000 {
			return
		}
		parsed, err := ParseTemplate("letter.md", source)
		if err != nil {
			checkClean(t, err.Error())
			return
		}
		l := openText(t, people)
		c, problems := NewCampaign(parsed, l, "/nowhere")
		if len(problems) > 0 {
			checkClean(t, problems.Error())
		}
		if c == nil {
			return
		}
		for row := range l.Rows() {
			letter, problems := c.Letter(row)
			again, _ := c.Letter(row)
			if one, two := mustJSON(t, letter), mustJSON(t, again); one != two {
				t.Fatalf("not the same twice:\n%s\n%s", one, two)
			}
			if len(problems) > 0 {
				checkClean(t, problems.Error())
			}
		}
	})
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

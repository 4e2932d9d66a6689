package compose

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// linksIn gives where the links of HTML lead.
func linksIn(source string) (links []string) {
	z := html.NewTokenizer(strings.NewReader(source))
	for z.Next() != html.ErrorToken {
		for _, a := range z.Token().Attr {
			if a.Key == "href" {
				links = append(links, a.Val)
			}
		}
	}
	return links
}

func TestTextFromHTML_ReadsAsItLooks(t *testing.T) {
	tests := []struct{ name, html, want string }{
		{"nothing", "", ""},
		{"no markup", "a &amp; b\n c", "a & b c\n"},
		{"paragraphs", "<p>one\n two</p><p>three<br>four</p>five", "one two\n\nthree\nfour\n\nfive\n"},
		{"lines", "<div>one</div><div>two</div><div><br></div><div>three</div>", "one\ntwo\n\nthree\n"},
		{"hidden", "<html><head><title>t</title><style>p{}</style></head><body>a<script>b</script><!-- c --></body></html>", "a\n"},
		{"headings", "<h1>One</h1>two<h2>Three</h2>", "One\n\ntwo\n\nThree\n"},
		{"list", "<p>a</p><ul><li>one</li><li>two<ol><li>x<li>y</ol></li></ul><p>b</p>", "a\n\n- one\n- two\n  1. x\n  2. y\n\nb\n"},
		{"paragraphs in a list", "<ul><li><p>one</p><p>two</p></li></ul>", "- one\n\n  two\n"},
		{"quote", "<p>a</p><blockquote><p>b</p><blockquote>c</blockquote></blockquote>d", "a\n\n> b\n\n> > c\n\nd\n"},
		{"link", `<a href="https://example.org/a">the page</a>, <a href="https://example.org">example.org</a>`, "the page <https://example.org/a>, example.org\n"},
		{"mail link", `<a href="mailto:a@b.org">a@b.org</a> <a href="javascript:x">y</a> <a href="/z">z</a>`, "a@b.org y z\n"},
		{"image", `<img src="x" alt="A chart"><img src="y">`, "[A chart]\n"},
		{"table", "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a | b\n1 | 2\n"},
		{"preformatted", "<pre>a\n  b\n\n c</pre>d", "a\n  b\n\n c\n\nd\n"},
		{"rule", "a<hr>b", "a\n\n----------\n\nb\n"},
		{"marks that hide", "pay&shy;ment\U000e0041 one&#x2028;two 👩&zwj;👧", "payment one two 👩\u200d👧\n"},
		{"controls", "a&#27;[31m&#0;b\u202ec&nbsp;d", "a[31m\ufffdbc d\n"},
		{"never closed", "<blockquote><ul><li><a href='https://x.org'>a", "> - a <https://x.org>\n"},
		{"never opened", "</ul></blockquote></a></pre></head>a", "a\n"},
		{"long", "<p>" + strings.Repeat("word ", 30) + "</p>", strings.Repeat("word ", 13) + "word\n" + strings.Repeat("word ", 13) + "word\nword word\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := textFromHTML(test.html); got != test.want {
				t.Errorf("reads\n%q\nwant\n%q", got, test.want)
			}
		})
	}
}

func FuzzTextFromHTML(f *testing.F) {
	f.Add("<ul><li>a<p>b<blockquote>c</ul><pre> d\r\n</pre><a href='http://x'>e")
	f.Add("<table><td>a<td>b<select>c</select><br/><hr/><img alt='&#7;'>")
	f.Fuzz(func(t *testing.T, source string) {
		text := textFromHTML(source)
		if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }) {
			t.Errorf("%q gives %q", source, text)
		}
		if same := renameImages(source, func(src string) string { return src }); same != source {
			t.Errorf("%q becomes %q", source, same)
		}
	})
}

package compose

import (
	"strings"
	"testing"
	"time"

	"sendoff/internal/readers"
)

// htmlOf is the HTML beside a text, "" without.
func htmlOf(t testing.TB, style Style, body string) string {
	t.Helper()
	d := plainDraft()
	d.Style, d.Body = style, body
	raw, _ := build(t, d)
	return readers.GoMessage(t, raw).HTML
}

func TestMarkup_IsWhatIsMeantAsSuch(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"# Title\n\ntext", true},
		{"a **bold** word", true},
		{"an *emphasized* word, (*this*)", true},
		{"***both***", true},
		{"**太字**の文章", true},
		{"see [the page](https://example.org)", true},
		{"see [the page][1]\n\n[1]: https://example.org", true},
		{"![a chart](https://example.org/a.png)", true},
		{"```\ncode\n```", true},
		{"| a | b |\n|---|---|\n| 1 | 2 |", true},
		{"~~gone~~", true},

		{"Hello Bob,\n\nsee you.\n\nAda", false},
		{"- one\n- two\n\n* three\n1. four", false},
		{"2*3*4 and a**b**c and x**2 + y**2", false},
		{"def __init__(self): snake_case_name _x_", false},
		{"run `make` and ls *.go *.txt", false},
		{"> **quoted** by another\n> # title", false},
		{"Results\n-------\nfine\n\nMore\n====", false},
		{"#1 and #hashtag", false},
		{"see https://example.org and a@example.org", false},
		{"[1] a footnote, [x](somewhere), [y](javascript:z), ![z](/etc/passwd)", false},
		{"<b>bold</b>", false},
		{"Hello\n-- \nAda **Example**", false},
		{"*****\n* a *\n*****", false},
		{"    **indented**", false},
		{"a | b\nc | d", false},
	}
	for _, test := range tests {
		if got := htmlOf(t, StyleAuto, test.text) != ""; got != test.want {
			t.Errorf("%q has markup: %v, want %v", test.text, got, test.want)
		}
	}
}

func TestMarkdown_BecomesHTML(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"line ends", "one\ntwo\r\nthree\rfour", "<p>one<br>\ntwo<br>\nthree<br>\nfour</p>"},
		{"link", "[a & b](https://example.org/?a=1&b=2)", `<a href="https://example.org/?a=1&amp;b=2">a &amp; b</a>`},
		{"address", "ada@example.org", `<a href="mailto:ada@example.org">ada@example.org</a>`},
		{"page", "see https://example.org.", `<a href="https://example.org">https://example.org</a>.`},
		{"raw HTML", "<b onclick=x>a</b>\n\n<script>x</script>\n\n<!-- c -->", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n<p>&lt;script&gt;x&lt;/script&gt;</p>\n<p>&lt;!-- c --&gt;</p>"},
		{"script link", "[x](javascript:alert(1)) [y](data:text/html,z) [z](file:///etc/passwd) [w](JAVASCRIPT&colon;x)", "<p>x y z w</p>"},
		{"script address", "<javascript:x> <ftp://example.org> ftp://example.org", "<p>javascript:x ftp://example.org ftp://example.org</p>"},
		{"image from elsewhere", "![a chart](https://example.org/a.png)", `<p><a href="https://example.org/a.png">a chart</a></p>`},
		{"image without a name", "![](https://example.org/a.png)", `<a href="https://example.org/a.png">https://example.org/a.png</a>`},
		{"image from elsewhere in a link", "[![a chart](https://example.org/a.png)](https://example.org)", `<p><a href="https://example.org">a chart</a></p>`},
		{"image that is nowhere", "![a *chart*](a.png)", "<p>![a <em>chart</em>](a.png)</p>"},
		{"image of data", "![a](data:image/png;base64,AAAA)", "<p>![a](data:image/png;base64,AAAA)</p>"},
		{"quote", "> quoted", `<blockquote style="margin:0 0 0 0.5em;padding-left:0.7em;border-left:2px solid #ccc"><p>quoted</p>`},
		{"table", "a | b\n--|-:\n1 | 2", `<td style="border:1px solid #ccc;padding:0.2em 0.6em;text-align:right">2</td>`},
		{"signature", "Bye\n-- \nAda <ada@example.org>\n*Ltd*", "<p>Bye</p>\n<div style=\"color:#666\">\n-- <br>\nAda &lt;ada@example.org&gt;<br>\n*Ltd*<br>\n</div>"},
		{"nothing", "", "<body>\n</body>"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := htmlOf(t, StyleMarkdown, test.text); !strings.Contains(got, test.want) {
				t.Errorf("becomes\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// What is read must load nothing, whatever was written.
func FuzzMarkdown(f *testing.F) {
	f.Add("![a](http://b/c.png) <img src=x> [d](javascript:e) ![f][g]\n\n[g]: ftp://h\n")
	f.Add("|a|\n|-|\n|![](//b)|\n> ![](http:c)\n")
	f.Fuzz(func(t *testing.T, body string) {
		d := plainDraft()
		d.Style, d.Body = StyleMarkdown, body
		if len(d.Check()) > 0 {
			return
		}
		raw, _ := build(t, d)
		got := readers.GoMessage(t, raw).HTML
		renameImages(got, func(src string) string {
			t.Errorf("%q shows the image %q", body, src)
			return src
		})
		for _, link := range linksIn(got) {
			if !isLinkTarget(link) {
				t.Errorf("%q links to %q", body, link)
			}
		}
	})
}

// Some texts take a parser of Markdown minutes; none may take this long.
func TestMarkdown_IsNotReadForLong(t *testing.T) {
	for _, piece := range []string{"*a ", "[", "![", "> ", "`", "[a](", "~~a ", "- ", "1. ", "1.\t", "* > ", "<", "&", "| a ", "\\", "http://", "](x) [a", "[a]: http://b\n"} {
		for _, style := range []Style{StyleAuto, StyleMarkdown} {
			d := plainDraft()
			d.Style, d.Body = style, strings.Repeat(piece, maxMarkdown/len(piece)/4)
			start := time.Now()
			d.Check()
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%q takes %v", piece, took)
			}
		}
	}
}

func TestMarkdown_ThatIsTooMuchIsPlainOrRefused(t *testing.T) {
	d := plainDraft()
	d.Body = "**a**\n" + strings.Repeat("x", maxMarkdown)
	if got := htmlOf(t, StyleAuto, d.Body); got != "" {
		t.Errorf("it has %d octets of HTML", len(got))
	}
	d.Style = StyleMarkdown
	if problems := d.Check(); len(problems) != 1 || problems[0].Field != "body" {
		t.Errorf("problems are %v", problems)
	}
}

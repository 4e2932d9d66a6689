package merge

import (
	"fmt"
	"strings"
	"testing"
)

// htmlLetter makes the letter of a text in HTML with one value.
func htmlLetter(t *testing.T, text, value string) (string, Problems) {
	t.Helper()
	d, problems := letterOf(t, "---\nsubject: x\nstyle: html\n---\n"+text, value)
	return d.Body, problems
}

func TestHTML_AValueStaysInItsPlace(t *testing.T) {
	for _, test := range []struct{ text, value, want string }{
		{"<p>{{ v }}</p>", "<b>&", "<p>&lt;b&gt;&amp;</p>"},
		{`<p title="{{ v }}">`, `" onclick="x`, `<p title="&#34; onclick=&#34;x">`},
		{`<p title='{{ v }}'>`, `' onclick='x`, `<p title='&#39; onclick=&#39;x'>`},
		{`<a href="{{ v }}">`, "https://example.org/?a=b&c", `<a href="https://example.org/?a=b&amp;c">`},
		{`<a href = "{{ v }}">`, "mailto:a@example.org", `<a href = "mailto:a@example.org">`},
		{`<a href="https://example.org/?who={{ v }}">`, "a&b=c d", `<a href="https://example.org/?who=a%26b%3Dc%20d">`},
		{`<a href="https://example.org/?who={{ v | url_encode }}">`, "a&b=c d", `<a href="https://example.org/?who=a%26b%3Dc+d">`},
		{`<a href="{{ v }}{{ v }}">`, "a/b", `<a href="a/ba%2Fb">`},
		{`<a class="x" href="{{ v }}"><br>{{ v }}`, "#a:b", `<a class="x" href="#a:b"><br>#a:b`},
		{"1 < 2 {{ v }} <!-- {{ v }} --> <b>{{ v }}</b>", "--> x", "1 < 2 --&gt; x <!-- --&gt; x --> <b>--&gt; x</b>"},
		{"<style>p { color: red }</style><script>a < b</script>{{ v }}", "x", "<style>p { color: red }</style><script>a < b</script>x"},
		{"<title>{{ v }}</title>", "</title><script>", "<title>&lt;/title&gt;&lt;script&gt;</title>"},
	} {
		got, problems := htmlLetter(t, test.text, test.value)
		if got != test.want || len(problems) > 0 {
			t.Errorf("%s with %q\n got %s %v\nwant %s", test.text, test.value, got, problems, test.want)
		}
	}
}

func TestHTML_TakesNoLinkThatDoesSomething(t *testing.T) {
	for _, value := range []string{"javascript:alert(1)", " JavaScript:x", "java\nscript:x", "data:text/html,x", "vbscript:x", "file:///etc/passwd"} {
		for _, attribute := range []string{"href", "src", "action", "HREF"} {
			_, problems := htmlLetter(t, fmt.Sprintf(`<x %s="{{ v }}">`, attribute), value)
			if len(problems.Errors()) == 0 || !strings.Contains(problems[0].Error(), "is no link that begins with mailto: or https://") {
				t.Errorf("%s=%q: %v", attribute, value, problems)
			}
		}
	}
}

func TestParseTemplate_RefusesValuesWhereHTMLCannotHoldThem(t *testing.T) {
	for text, want := range map[string]string{
		"<a href={{ v }}>":                      `letter.md:5: "{{ v }}": a value in a tag needs quotation marks around it`,
		"<a {{ v }}>":                           "needs quotation marks",
		"<{{ v }}>":                             "needs quotation marks",
		"</{{ v }}>":                            "needs quotation marks",
		`<a title="x"{{ v }}>`:                  "needs quotation marks",
		"<a title=x{{ v }}>":                    "needs quotation marks",
		"<script>var a = '{{ v }}'</script>":    "a value cannot stand in <script>",
		"<STYLE type='x'>{{ v }}":               "a value cannot stand in <style>",
		`<p style="color: {{ v }}">`:            "a value cannot stand in the attribute style",
		`<p onclick="f('{{ v }}')">`:            "a value cannot stand in the attribute onclick",
		"<p\nclass='a'\nONCLICK = \"{{ v }}\">": "a value cannot stand in the attribute onclick",
	} {
		_, err := ParseTemplate("letter.md", "---\nsubject: x\nstyle: html\n---\n"+text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := ParseTemplate("letter.md", "---\nsubject: x\n---\n<a href={{ v }}>"); err != nil {
		t.Errorf("in Markdown it is text: %v", err)
	}
}

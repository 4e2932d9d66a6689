package merge

import (
	"fmt"
	"strings"
	"testing"

	"sendoff/compose"
)

const people = "email,First Name,company,number,note\nana@example.org,Ana,ACME,7,\n"

// bind makes a campaign of a template and a list that has to be one.
func bind(t testing.TB, template, list string) (*Campaign, *List) {
	t.Helper()
	parsed, err := ParseTemplate("letter.md", template)
	if err != nil {
		t.Fatal(err)
	}
	l := openText(t, list)
	c, problems := NewCampaign(parsed, l, t.TempDir())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	return c, l
}

// first makes the letter of the first row.
func first(t testing.TB, template, list string) (Letter, Problems) {
	t.Helper()
	c, l := bind(t, template, list)
	for row, err := range l.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		return c.Letter(row)
	}
	t.Fatal("no row")
	return Letter{}, nil
}

// body is what a text becomes for the first row of people.
func body(t testing.TB, text string) string {
	t.Helper()
	letter, problems := first(t, "---\nsubject: x\nstyle: plain\n---\n"+text, people)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return letter.Draft.Body
}

func TestTemplate_WritesWhatLiquidSays(t *testing.T) {
	for text, want := range map[string]string{
		"Hello {{ first_name }}!":                                                "Hello Ana!",
		`{{ row["First Name"] }} {{row.company}}`:                                "Ana ACME",
		"{{- first_name | upcase -}}  .":                                         "ANA.",
		"{% if company %}at {{ company }}{% endif %}":                            "at ACME",
		"{% if note %}yes{% else %}no{% endif %}":                                "no",
		"{% unless note %}no{% endunless %}":                                     "no",
		`{% if note == "" %}none{% endif %}`:                                     "none",
		"{% if note == blank %}none{% endif %}":                                  "none",
		"{% if note != blank %}some{% endif %}":                                  "",
		`{% if company != "" and company != blank %}some{% endif %}`:             "some",
		"{% if note or company %}one{% endif %}":                                 "one",
		"{% if note.size == 0 %}none{% endif %}":                                 "none",
		`{{ note | default: "nothing" }}`:                                        "nothing",
		`{{ note | upcase | default: "nothing" }}`:                               "nothing",
		`{% case company %}{% when "ACME" %}us{% else %}them{% endcase %}`:       "us",
		`{% case note %}{% when blank %}none{% else %}some{% endcase %}`:         "none",
		"{% assign n = number | plus: 0 %}{% if n > 6 %}many{% endif %}":         "many",
		`{% if number == "7" %}seven{% endif %}`:                                 "seven",
		`{% assign parts = "a-b" | split: "-" %}{{ parts[1] }}{{ parts.first }}`: "ba",
		`{% assign parts = "a-b" | split: "-" %}{% for p in parts %}{{ forloop.index }}{{ p }}{% unless forloop.last %},{% endunless %}{% endfor %}`: "1a,2b",
		`{% for i in (1..3) reversed limit: 2 %}{{ i }}{% endfor %}`:                                                                                 "32",
		`{% for i in (1..3) %}{{ i }}{% if i == 2 %}{% break %}{% endif %}{% endfor %}`:                                                              "12",
		"{% comment %}{{ nobody }} {% if %}{% endcomment %}x":                                                                                        "x",
		"{% raw %}{{ nobody }}{% endraw %}":                                                                                                          "{{ nobody }}",
		`{{ "2026-12-24" | date: "%d.%m.%Y" }} {{ "24.12.2026" | date: "%Y" }}`:                                                                      "24.12.2026 2026",
		"{{ number | plus: 1 }} {{ number | divided_by: 2.0 }}":                                                                                      "8 3.5",
		"{{ email }}\n{{ company | append: \"!\" }}\n":                                                                                               "ana@example.org\nACME!\n",
		`{{ company contains "CM" }}`:                                                                                                                "true",
	} {
		if got := body(t, text); got != want {
			t.Errorf("%s\n got %q, want %q", text, got, want)
		}
	}
}

func TestParseTemplate_TellsAKeyThatThereIsNotOnce(t *testing.T) {
	_, err := ParseTemplate("letter.md", "---\nsubject: x\nattachment:\n- a.pdf\n- b: c.pdf\n- http://x\n---\ny")
	if problems, _ := err.(Problems); len(problems) != 1 || problems[0].Error() != `letter.md:3: "attachment" is not a key of a template` {
		t.Errorf("problems %v", err)
	}
}

func TestParseTemplate_RefusesWhatNoListMakesRight(t *testing.T) {
	for _, test := range []struct{ source, want, hint string }{
		{"---\nsubjet: x\n---\ny", `letter.md:2: "subjet" is not a key of a template`, `did you mean "subject"?`},
		{"---\nsubject: x\nsubject: y\n---\ny", "letter.md:3: subject stands twice", ""},
		{"---\nsubject:\n---\ny", "letter.md:2: subject has no value", "in one line"},
		{"---\nsubject: x\nno colon\n---\ny", `letter.md:3: "no colon" has no colon`, ""},
		{"---\nsubject: x\n# y", "letter.md:1: the head of the template does not end", "---"},
		{"---\nsubject: x\nstyle: latex\n---\ny", `letter.md:3: "latex" is not a style of text`, "markdown"},
		{"---\nsubject: x\nheaders:\n- none\n---\ny", `letter.md:4: "none" is not a header field`, ""},
		{"---\nsubject: x\n---\n\n", "there is no text", "below the head"},
		{"a\nb {{ first name }}", `letter.md:2: "{{ first name }}" cannot be read`, "first_name"},
		{"a\n\n{{ name", `letter.md:3: "{{" has no other end`, "in one line"},
		{"{% if a %}", `letter.md:1: unterminated "if" block`, ""},
		{"a\n{% endif %}", "letter.md:2: endif has no beginning", ""},
		{"{% iff a %}", `letter.md:1: there is no tag "iff"`, `did you mean "if"?`},
		{"{% include 'x' %}", `there is no tag "include"`, ""},
		{"{% capture x %}{% endcapture %}", "cannot be used here", "assign"},
		{"a\n{% comment %}", "letter.md:2: {% comment %} does not end", ""},
		{"a\n{% raw %}{{ x }}", "letter.md:2: {% raw %} does not end", ""},
		{"{{ a | upcas }}", `there is no filter "upcas"`, `did you mean "upcase"?`},
		{"{{ a | escape }}", `there is no filter "escape" here`, "stay text"},
		{"{% assign b = a | upcas %}", `there is no filter "upcas"`, ""},
		{"{% assign = a %}", "letter.md:1: ", ""},
		{"{{ 99999999999999999999 }}", "cannot be read", ""},
		{"{{ ? }}", "cannot be read", ""},
		{"---\nsubject: x\ncc: \"{{ a }}\" <b@example.org>\n---\ny", "letter.md:3: a value stands between quotation marks in cc", "leave out"},
		{"\xff", "letter.md: it is not UTF-8", "iconv"},
	} {
		_, err := ParseTemplate("letter.md", test.source)
		problems, _ := err.(Problems)
		if len(problems) == 0 || !strings.Contains(problems[0].Error(), test.want) || !strings.Contains(problems[0].Hint, test.hint) {
			t.Errorf("%q: %v\nwant %q, hint %q", test.source, problems, test.want, test.hint)
		}
	}
}

func TestTemplate_FindsUnknownColumnsInEveryBranch(t *testing.T) {
	for _, test := range []struct{ text, want, hint string }{
		{"{{ frist_name }}", `there is no column "frist_name", in "{{ frist_name }}"`, `did you mean "first_name"?`},
		{"{{ First_Name }}", `there is no column "First_Name"`, `did you mean "first_name"?`},
		{"x\n{% if false %}\n{{ nobody }}{% endif %}", `letter.md:6: there is no column "nobody"`, ""},
		{"{% if a.b %}{% endif %}", `there is no column "a"`, ""},
		{"{% if company == kompany %}{% endif %}", `there is no column "kompany"`, `did you mean "company"?`},
		{"{% if company %}{% elsif x %}{% endif %}", `no column "x"`, ""},
		{"{% unless company %}{% else %}{{ x }}{% endunless %}", `no column "x"`, ""},
		{"{% case x %}{% when y %}{% endcase %}", `no column "x"`, ""},
		{"{% case company %}{% when y %}{% endcase %}", `no column "y"`, ""},
		{"{{ company | append: x }}", `no column "x"`, ""},
		{"{{ company | default: x | upcase }}", `no column "x"`, ""},
		{"{% assign a = x %}", `no column "x"`, ""},
		{"{{ a }}{% assign a = company %}", `no column "a"`, ""},
		{"{% for a in x %}{% endfor %}", `no column "x"`, ""},
		{"{% for a in (1..3) %}{% endfor %}{{ a }}", `no column "a"`, ""},
		{"{% for a in (1..3) limit: x %}{% endfor %}", `no column "x"`, ""},
		{"{{ forloop.index }}", `no column "forloop"`, ""},
		{"{% for a in (1..3) %}{{ forloop.indx }}{% endfor %}", `nothing called ".indx"`, ""},
		{`{{ row["Last Name"] }}`, `no column "Last Name"`, `"First Name"`},
		{"{{ row }}", "names no column", "quotation marks"},
		{"{% for a in row %}{% endfor %}", "names no column", ""},
		{"{{ row[company] }}", "names no column", ""},
		{"{{ company.first }}", `nothing called ".first"`, ""},
		{"{{ company[0] }}", "is a text and has no parts", "split"},
		{"{% assign row = company %}", `"row" has a meaning already`, ""},
		{"{% if number > 5 %}{% endif %}", "what is in a list is text, and", "make it a number"},
		{`{% if row["number"] > 5 %}{% endif %}`, "what is in a list is text, and", ""},
		{"{% if number == 7 %}{% endif %}", "never equal to the number 7", `"7"`},
		{"{% if 7 != number %}{% endif %}", "never equal to the number 7", `"7"`},
		{"{% case number %}{% when 7 %}{% endcase %}", "never equal to the number 7", ""},
		{`{% case note %}{% when "" %}{% endcase %}`, "an empty cell is not found so", "blank"},
		{`{% if "" == note %}{% endif %}`, "an empty cell is not found so", ""},
	} {
		parsed, err := ParseTemplate("letter.md", "---\nsubject: x\n---\n"+test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		c, problems := NewCampaign(parsed, openText(t, people), "/")
		if c != nil || len(problems) == 0 || !strings.Contains(problems[0].Error(), test.want) || !strings.Contains(problems[0].Hint, test.hint) {
			t.Errorf("%s: %v\nwant %q, hint %q", test.text, problems, test.want, test.hint)
		}
	}
}

func TestTemplate_KnowsItsFilters(t *testing.T) {
	for _, name := range filterNames {
		letter, problems := first(t, "---\nsubject: x\n---\n{{ \"1\" | "+name+" }}", people)
		if len(problems) > 0 && strings.Contains(problems.Error(), "undefined filter") {
			t.Errorf("%s: %+v, %v", name, letter, problems)
		}
	}
}

func TestTemplate_LeavesStylesOfHTMLAlone(t *testing.T) {
	const style = "<style>@media print{p{color:red}}</style>"
	letter, problems := first(t, "---\nsubject: x\nstyle: html\n---\n"+style+"<p>{{ company }}</p>", people)
	if letter.Draft.Body != style+"<p>ACME</p>" || len(problems) > 0 {
		t.Errorf("%q, %v", letter.Draft.Body, problems)
	}
}

func TestTemplate_ChecksItsHeadToo(t *testing.T) {
	for _, head := range []string{
		"subject: x {{ nobody }}", "subject: x\nreply_to: '{{ nobody }}'", "subject: x\nattachments: '{{ nobody }}.pdf'",
		"subject: x\nheaders:\n- X-Y: '{{ nobody }}'", "subject: x\nfrom: '{{ nobody }}'", "subject: x\naccount: '{{ nobody }}'",
	} {
		parsed, err := ParseTemplate("letter.md", "---\n"+head+"\n---\ny")
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := NewCampaign(parsed, openText(t, people), "/"); len(problems.Errors()) != 1 {
			t.Errorf("%s: %v", head, problems)
		}
	}
}

func TestTemplate_WarnsOfWhatLooksLikeAMistake(t *testing.T) {
	for text, want := range map[string]string{
		"Dear *|FNAME|*,":                              `letter.md:4: "*|FNAME|*" stays as it is`,
		"Dear <<First Name>>,":                         "stays as it is",
		"Dear [First Name],":                           "stays as it is",
		"Dear ${name},":                                "stays as it is",
		"x\nDear «Name»,":                              `letter.md:5: "«Name»" stays`,
		"Hi,\nI have attached":                         "letter.md:5: the text speaks of an attachment, and there is none",
		"[email](mailto:a@example.org) me, *|* and <<": "",
	} {
		parsed, err := ParseTemplate("letter.md", "---\nsubject: x\n---\n"+text)
		if err != nil {
			t.Fatal(err)
		}
		c, problems := NewCampaign(parsed, openText(t, people), "/")
		got := ""
		if len(problems) > 0 {
			got = problems.Error()
		}
		if c == nil || len(problems.Errors()) > 0 || want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLetter_HasAllFields(t *testing.T) {
	letter, problems := first(t, `---
# who gets it
subject: "Seat {{ number }}: {{ first_name }}"
from: Office <office@example.org>
reply-to: {{ first_name }} {{ company }} <{{ e_mail }}>
cc: boss@example.org
headers:
- List-Id: <{{ company }}.example.org>
attachments:
- /srv/flyer.pdf
- tickets/{{ number }}.pdf
---

# Hello {{ first_name }}
`,
		"E-Mail;First Name;name;company;number;attachment;Bcc;account\nana@example.org;Ana;Grün, Ana;Acme, Inc.;7;\"a.txt; sub/b.txt\";c@example.org;work\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d := letter.Draft
	got := fmt.Sprintf("%q", []string{d.To, d.From, d.ReplyTo, d.Cc, d.Bcc, d.Subject, d.Account, string(d.Style), d.Body, fmt.Sprint(d.Headers)})
	want := fmt.Sprintf("%q", []string{
		`"Grün, Ana" <ana@example.org>`, "Office <office@example.org>", `Ana "Acme, Inc." <ana@example.org>`, "boss@example.org", "c@example.org",
		"Seat 7: Ana", "work", "markdown", "# Hello Ana\n", "[{List-Id <Acme, Inc..example.org>}]",
	})
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var paths []string
	for _, a := range d.Attachments {
		paths = append(paths, a.Path[strings.LastIndex(a.Path, "/00")+1:])
	}
	if got := strings.Join(paths, " "); got != "/srv/flyer.pdf 001/tickets/7.pdf 001/a.txt 001/sub/b.txt" {
		t.Errorf("attachments: %s", got)
	}
	if list, err := compose.ParseList(d.ReplyTo); err != nil || len(list) != 1 || list[0].Name != "Ana Acme, Inc." {
		t.Errorf("reply to: %+v, %v", list, err)
	}
}

package merge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/compose"
)

// from is a CheckOptions.Sender for tests.
func from(d *compose.Draft) error {
	if d.From == "" {
		d.From = "ada@example.org"
	}
	return nil
}

// examine checks a whole list.
func examine(t *testing.T, template, list string, o CheckOptions) Report {
	t.Helper()
	c, l := bind(t, template, list)
	if o.Sender == nil {
		o.Sender = from
	}
	report, err := Check(context.Background(), c, l, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// lines are the problems as a person sees them.
func lines(problems Problems) (all []string) {
	for _, p := range problems {
		text := p.Error()
		if p.Warning {
			text = "warning: " + text
		}
		if p.Hint != "" {
			text += " / " + p.Hint
		}
		all = append(all, text)
	}
	return all
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%d:\n got %s\nwant %s", i, g, w)
		}
	}
}

func TestCheck_TellsWrongAddressesByLine(t *testing.T) {
	report := examine(t, "---\nsubject: x\n---\ny", "email;n\nana@example.org;\nbob@x,test;\nkim;\neve@localhost;\nlea@gmial.com;\n"+
		"max@example.con;\nnoreply@example.org;\nmia\u200b@example.org;\na@example.org, b@example.org;\n-;\n;x\nname <tim@example.org>;\n", CheckOptions{})
	compare(t, lines(report.Problems), []string{
		`list.csv:3: row 2: "bob@x,test" is not an address / did you mean "bob@x.test"?`,
		`list.csv:4: row 3: "kim": an address needs a domain, like kim@example.org`,
		`list.csv:5: row 4: "eve@localhost": the domain has no dot`,
		`warning: list.csv:6: row 5: "gmial.com" looks like a slip of the finger / did you mean "gmail.com"?`,
		`warning: list.csv:7: row 6: "example.con" looks like a slip of the finger / did you mean "example.com"?`,
		`warning: list.csv:8: row 7: "noreply@example.org" is nobody's own mailbox`,
		"list.csv:9: row 8: \"mia\ufffd@example.org\": the character '\\u200b' cannot stand in an address",
		`list.csv:10: row 9: "a@example.org, b@example.org": only one address can stand here`,
		`list.csv:11: row 10: "-": an address needs a domain, like -@example.org`,
		"list.csv:12: row 11: an address is missing",
	})
	if report.Rows != 12 || report.Letters != 5 {
		t.Errorf("report: %+v", report)
	}
}

func TestCheck_ListsAnAddressThatStandsTwice(t *testing.T) {
	const list = "email,n\nAna@Example.org,1\nbob@example.org,2\nana <ana@example.org>,3\nana@bücher.example,4\nana@xn--bcher-kva.example,5\n"
	report := examine(t, "---\nsubject: x\n---\n{{ n }}", list, CheckOptions{})
	const hint = " / --allow-duplicates sends both"
	compare(t, lines(report.Problems), []string{
		"warning: list.csv:4: row 3: the address stands on line 2 already, and gets one letter: that one" + hint,
		"warning: list.csv:6: row 5: the address stands on line 5 already, and gets one letter: that one" + hint,
	})
	if report.Rows != 5 || report.Letters != 3 || report.Errors != 0 || report.Warnings != 2 {
		t.Errorf("report: %+v", report)
	}
	if report := examine(t, "---\nsubject: x\n---\n{{ n }}", list, CheckOptions{AllowDuplicates: true}); report.Letters != 5 || report.Warnings != 0 {
		t.Errorf("allowed: %+v", report)
	}
}

// A row that is wrong is left out: who stands there again, and is right, gets a letter.
func TestCheck_AWrongRowTakesItsAddressFromNoOther(t *testing.T) {
	const list = "email,n\nana@example.org,\nana@example.org,2\nana@example.org,3\n\"bad\"@x,4\nbob@example.org,bad\nbob@example.org,6\nlea@example.org,\n"
	o := CheckOptions{Empty: EmptyError, Suppressed: func(address string) string {
		return map[string]string{"lea@example.org": "there is no such mailbox"}[address]
	}, Sender: func(d *compose.Draft) error {
		if d.From = "ada@example.org"; strings.Contains(d.Body, "bad") {
			return errors.New("nobody sends that")
		}
		return nil
	}}
	report := examine(t, "---\nsubject: x\n---\n{{ n }}", list, o)
	if report.Rows != 7 || report.Letters != 2 || report.Warnings != 1 {
		t.Errorf("report: %+v", report)
	}
	c, l := bind(t, "---\nsubject: x\n---\n{{ n }}", list)
	letters := 0
	for s, err := range Sift(t.Context(), c, l, o) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Skip == "" {
			letters++
		}
	}
	if letters != report.Letters {
		t.Errorf("%d letters are found the second time", letters)
	}
}

func TestCheck_LeavesOutWhoMustNotBeWrittenTo(t *testing.T) {
	report := examine(t, "---\nsubject: x\n---\n{{ n }}", "email,n\nAna@Example.org,1\nbob@example.org,2\n", CheckOptions{Suppressed: func(address string) string {
		return map[string]string{"ana@example.org": "its owner wants\x1b no more mail"}[address]
	}})
	compare(t, lines(report.Problems), []string{
		"warning: list.csv:2: row 1: \"ana@example.org\" is suppressed, and gets no letter: its owner wants\ufffd no more mail / sendoff suppress remove lets it be written to",
	})
	if report.Letters != 1 || report.Errors != 0 {
		t.Errorf("report: %+v", report)
	}
}

func TestCheck_ListsWhereEmptyCellsWouldShow(t *testing.T) {
	const template = "---\nsubject: Hello {{ name }}\n---\nDear {{ name }},\n{% if company %}at {{ company }}{% endif %}\n{{ city | upcase }} {{ zip | default: \"\" }}\n"
	const list = "email,name,company,city,zip\na@example.org,A,,,1\nb@example.org,,x,y,\nc@example.org,C,x,,3\n"
	hint := func(name string) string {
		return ` / say {{ ` + name + ` | default: "friend" }}, or default: "" for nothing`
	}
	want := []string{
		"letter.md:6: city is empty on 2 rows of the list: lines 2, 4" + hint("city"),
		"letter.md:2: name is empty on 1 row of the list: line 3" + hint("name"),
		"letter.md:4: name is empty on 1 row of the list: line 3" + hint("name"),
	}
	report := examine(t, template, list, CheckOptions{Empty: EmptyError})
	compare(t, lines(report.Problems), want)
	if report.Letters != 0 || report.Errors != 3 {
		t.Errorf("report: %+v", report)
	}
	report = examine(t, template, list, CheckOptions{Empty: EmptyWarn})
	if report.Letters != 3 || report.Errors != 0 || report.Warnings != 3 {
		t.Errorf("warnings: %+v", report)
	}
	if report = examine(t, template, list, CheckOptions{Empty: EmptyOK}); report.Letters != 3 || report.Warnings != 0 {
		t.Errorf("ok: %+v", report)
	}
}

func TestCheck_TellsWhatARowAloneDoesWrong(t *testing.T) {
	report := examine(t, "---\nsubject: '{{ s | default: \"\" }}'\ncc: '{{ c | default: \"\" }}'\n---\n{{ d | date: \"%Y\" | default: \"\" }}", strings.Join([]string{
		"email,s,c,d",
		"a@example.org,fine,,2026-12-24",
		"b@example.org,,,",
		"c@example.org,\"two\nlines\",,",
		"d@example.org,fine,nobody,",
		"e@example.org,fine,,24/12/26",
		"f@example.org," + strings.Repeat("long", 60) + ",,",
		"g@example.org,\x1b]0;x\x07,,", "",
	}, "\n"), CheckOptions{})
	compare(t, lines(report.Problems), []string{
		"list.csv:3: row 2: the subject is empty",
		"list.csv:4: row 3: subject: the subject has a line break in it",
		`list.csv:6: row 4: cc: "nobody": an address needs a domain, like nobody@example.org`,
		`list.csv:7: row 5: letter.md:5: {{ d | date: "%Y" | default: "" }}: date: it is not a date such as 2026-12-24`,
		"warning: list.csv:8: row 6: the subject is longer than 200 characters",
		`list.csv:9: row 7: "s" holds the control character U+001B`,
	})
	if report.Rows != 7 || report.Letters != 2 {
		t.Errorf("report: %+v", report)
	}
}

func TestCheck_LetsFilesOfRowsComeFromBelowTheFolderOnly(t *testing.T) {
	top := t.TempDir()
	folder := filepath.Join(top, "letters")
	for name, text := range map[string]string{"secret": "s", "letters/a.pdf": "a", "letters/flyer.pdf": "f"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(top, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "../secret", "shared": "../secret", "inside": "a.pdf", "up": ".."} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := ParseTemplate("letter.md", "---\nsubject: x\nattachments:\n- flyer.pdf\n- ../secret\n- shared\n- '{{ f }}'\n---\ny")
	if err != nil {
		t.Fatal(err)
	}
	l := openText(t, "email,f,attachments\na@example.org,a.pdf,inside\nb@example.org,../secret,\nc@example.org,/etc/passwd,\nd@example.org,link,\n"+
		"e@example.org,up/secret,\nf@example.org,none,\ng@example.org,a.pdf,../secret\nh@example.org,a.pdf,a.pdf;link\n")
	c, problems := NewCampaign(parsed, l, folder)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	report, err := Check(context.Background(), c, l, CheckOptions{Sender: from})
	if err != nil {
		t.Fatal(err)
	}
	const below, itself = " / the files of rows are below the folder of the template", " / put the file itself there"
	var got []string
	for _, text := range lines(report.Problems) {
		got = append(got, strings.ReplaceAll(text, top, "TOP"))
	}
	compare(t, got, []string{
		`list.csv:3: row 2: the path "../secret" leads out of it` + below,
		`list.csv:4: row 3: the path "/etc/passwd" leads out of it` + below,
		`list.csv:5: row 4: "link" is a link that leads out of the folder` + itself,
		`list.csv:6: row 5: "up/secret" is a link that leads out of the folder` + itself,
		`list.csv:7: row 6: there is no file "none" / the folder is TOP/letters`,
		`list.csv:8: row 7: the path "../secret" leads out of it` + below,
		`list.csv:9: row 8: "link" is a link that leads out of the folder` + itself,
	})
	if report.Letters != 1 {
		t.Errorf("report: %+v", report)
	}
}

func TestCheck_TakesNoPictureThatACellNames(t *testing.T) {
	report := examine(t, "---\nsubject: x\n---\n{{ v }}\n", "email,v\na@example.org,![](/etc/passwd)\n", CheckOptions{})
	if report.Letters != 1 {
		t.Errorf("as text: %+v", report)
	}
	report = examine(t, "---\nsubject: x\n---\n![]({{ v }})\n", "email,v\na@example.org,/etc/passwd\nb@example.org,../x.png\n", CheckOptions{})
	if report.Errors != 2 || !strings.Contains(report.Problems.Error(), `the path "/etc/passwd" leads out of it`) {
		t.Errorf("as a picture: %+v", report)
	}
}

func TestCheck_KeepsTheFirstProblemsAndCountsAll(t *testing.T) {
	list := "email\n" + strings.Repeat("nobody\n", 2*maxProblems)
	report := examine(t, "---\nsubject: x\n---\ny", list, CheckOptions{})
	if report.Errors != 2*maxProblems || len(report.Problems) != maxProblems || report.Letters != 0 {
		t.Errorf("%d errors, %d kept", report.Errors, len(report.Problems))
	}
}

func TestCheck_EndsWithItsContextAndWithoutRows(t *testing.T) {
	c, l := bind(t, "---\nsubject: x\n---\ny", "email\na@example.org\n")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Check(ctx, c, l, CheckOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	report := examine(t, "---\nsubject: x\n---\ny", "email\n\n", CheckOptions{})
	compare(t, lines(report.Problems), []string{"list.csv: it has no rows"})
}

func TestCheck_AsksWhoSends(t *testing.T) {
	c, l := bind(t, "---\nsubject: x\nfrom: '{{ f }}'\n---\ny", "email,f\na@example.org,ada@example.org\nb@example.org,eve@example.org\n")
	report, err := Check(context.Background(), c, l, CheckOptions{Sender: func(d *compose.Draft) error {
		if d.From != "ada@example.org" {
			return fmt.Errorf("nobody sends as %s\x1b", d.From)
		}
		return nil
	}})
	if err != nil || report.Letters != 1 {
		t.Errorf("report %+v, error %v", report, err)
	}
	compare(t, lines(report.Problems), []string{"list.csv:3: row 2: nobody sends as eve@example.org\ufffd"})
}

// BenchmarkCheck counts rows.
func BenchmarkCheck(b *testing.B) {
	parsed, err := ParseTemplate("letter.md", "---\nsubject: Your seat, {{ name }}\n---\n# Hello {{ name }}\n\nYour *seat* is **{{ note | slice: 0, 5 }}**.\n\n"+strings.Repeat("More to read is here.\n", 40))
	if err != nil {
		b.Fatal(err)
	}
	l, err := OpenList("l", &endless{rows: b.N}, ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	c, problems := NewCampaign(parsed, l, b.TempDir())
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	b.ReportAllocs()
	b.ResetTimer()
	report, err := Check(b.Context(), c, l, CheckOptions{Sender: from})
	if err != nil || report.Letters != b.N {
		b.Fatal(report, err)
	}
}

func TestCheck_RefusesCellsTooLongForAddressesAtOnce(t *testing.T) {
	long := strings.Repeat("big ", 1<<17)
	report := examine(t, "---\nsubject: x\n---\ny", "email,cc,bcc\n"+long+",,\na@example.org,"+long+",\nb@example.org,,"+long+"\n", CheckOptions{})
	for i, p := range report.Problems {
		report.Problems[i].Text = strings.ReplaceAll(p.Text, "big ", "")
	}
	compare(t, lines(report.Problems), []string{
		`list.csv:2: row 1: "big…" is longer than an address is`, `list.csv:3: row 2: cc: "big…" is longer than addresses are`, `list.csv:4: row 3: bcc: "big…" is longer than addresses are`,
	})
	if report.Letters != 0 {
		t.Errorf("%d letters", report.Letters)
	}
}

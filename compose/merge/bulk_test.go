package merge

import (
	"bytes"
	"fmt"
	"net/mail"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/compose/unsubscribe"
)

// headers are the further fields of the first letter of a list.
func headers(t *testing.T, head, list string) (all []string) {
	t.Helper()
	letter, problems := first(t, "---\nsubject: x\n"+head+"\n---\ny", list)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, h := range letter.Draft.Headers {
		all = append(all, h.Name+": "+h.Value)
	}
	return all
}

func TestLetter_HasTheFieldsOfBulkMail(t *testing.T) {
	const list = "email,n,link\nAna@Example.org,a&b=c/d,https://esp.example/u?x=1\n"
	token := unsubscribe.Key{}.Token(unsubscribe.Wish{Campaign: "preview", Address: "ana@example.org"})
	byMail := "<mailto:office@example.org?subject=unsubscribe%20" + token + ">"
	for _, test := range []struct {
		head string
		want []string
	}{
		{"style: plain", nil},
		{"unsubscribe: office@example.org", []string{"List-Unsubscribe: " + byMail, "Precedence: bulk"}},
		{"unsubscribe: mailto:office@example.org", []string{"List-Unsubscribe: " + byMail, "Precedence: bulk"}},
		{"unsubscribe: mailto:office+{{ unsubscribe_token }}@example.org", []string{"List-Unsubscribe: <mailto:office+" + token + "@example.org>", "Precedence: bulk"}},
		{"unsubscribe: mailto:office@example.org?subject=stop%20{{ n }}", []string{"List-Unsubscribe: <mailto:office@example.org?subject=stop%20a%26b%3Dc%2Fd>", "Precedence: bulk"}},
		{"unsubscribe:\n- office@example.org\n- https://example.org/leave/{{ unsubscribe_token }}", []string{
			"List-Unsubscribe: <https://example.org/leave/" + token + ">, " + byMail, "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "Precedence: bulk",
		}},
		{"unsubscribe: https://example.org/?who={{ n }}", []string{
			"List-Unsubscribe: <https://example.org/?who=a%26b%3Dc%2Fd>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "Precedence: bulk",
		}},
		{"unsubscribe: '{{ link }}'", []string{
			"List-Unsubscribe: <https://esp.example/u?x=1>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "Precedence: bulk",
		}},
		{"list_id: news.example.org\nunsubscribe: office@example.org\nfeedback_id: spring:news:example", []string{
			"List-Unsubscribe: " + byMail, "List-Id: <news.example.org>", "Feedback-ID: spring:news:example", "Precedence: bulk",
		}},
		{"list_id: Concert news, spring <news.example.org>\nheaders:\n- Precedence: list\n- List-Unsubscribe: <mailto:x@example.org>", []string{
			"Precedence: list", "List-Unsubscribe: <mailto:x@example.org>", `List-Id: "Concert news, spring" <news.example.org>`,
		}},
		{"feedback_id: news1", []string{"Feedback-ID: news1"}},
	} {
		compare(t, headers(t, test.head, list), test.want)
	}
}

func TestLetter_LetsNoCellChangeTheFieldsOfBulkMail(t *testing.T) {
	for _, value := range []string{"a\r\nBcc: eve@example.org", ">, <https://evil.example", "x\x1b[2J", "é ü", "..%2f..", "#", "?=", strings.Repeat("long", 100)} {
		letter, problems := first(t, "---\nsubject: x\nunsubscribe: https://example.org/{{ v }}/{{ unsubscribe_token }}\n---\ny", "email,v\nana@example.org,\""+value+"\"\n")
		if len(problems.Errors()) > 0 {
			continue
		}
		link := letter.Draft.Headers[0].Value
		u, err := url.Parse(strings.Trim(link, "<>"))
		if err != nil || u.Host != "example.org" || u.RawQuery != "" || u.Fragment != "" || strings.Count(link, "<") != 1 || strings.ContainsAny(link, "\r\n, ") {
			t.Errorf("%q: %s", value, link)
		}
	}
}

func TestLetter_CanBeLeftByTheMailThatItsHeaderAsksFor(t *testing.T) {
	key, err := unsubscribe.LoadKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	c, l := bind(t, "---\nsubject: x\nunsubscribe:\n- office@example.org\n- https://example.org/{{ unsubscribe_token }}\n---\n[Leave]({{ unsubscribe_link }}) {{ unsubscribe_token.size }}", "email\nAna <Ana@Example.org>\n")
	c.SetTokens(func(address string) string { return key.Token(unsubscribe.Wish{Campaign: "7", Address: address}) })
	letter, problems := c.Letter(readAll(t, l)[0])
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d := letter.Draft
	d.From = "office@example.org"
	var message bytes.Buffer
	if _, err := compose.Build(&message, d, compose.Stamp{MessageID: "<1@example.org>", Date: time.Unix(0, 0)}); err != nil {
		t.Fatal(err)
	}
	read, err := mail.ReadMessage(&message)
	if err != nil {
		t.Fatal(err)
	}
	ways := strings.Split(read.Header.Get("List-Unsubscribe"), ", ")
	byMail, err := url.Parse(strings.Trim(ways[len(ways)-1], "<>"))
	if err != nil || len(ways) != 2 || byMail.Opaque != "office@example.org" || strings.Contains(strings.Join(ways, ""), "=?") {
		t.Fatalf("List-Unsubscribe %q, %v", ways, err)
	}
	wish, err := key.Find([]byte("To: office@example.org\r\nSubject: " + byMail.Query().Get("subject") + "\r\n\r\n"))
	if want := (unsubscribe.Wish{Campaign: "7", Address: "ana@example.org"}); err != nil || wish != want {
		t.Errorf("wish %+v, %v", wish, err)
	}
	token := strings.TrimPrefix(strings.Trim(ways[0], "<>"), "https://example.org/")
	if wish, ok := key.Open(token); !ok || wish.Address != "ana@example.org" {
		t.Errorf("link %q", ways[0])
	}
	if want := fmt.Sprintf("[Leave](https://example.org/%s) %d", token, len(token)); d.Body != want {
		t.Errorf("text %q, want %q", d.Body, want)
	}
}

func TestLetter_OfAPreviewHasATokenThatNobodyTakes(t *testing.T) {
	key, err := unsubscribe.LoadKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	letter, _ := first(t, "---\nsubject: x\nunsubscribe: office@example.org\n---\n{{ unsubscribe_token }}", people)
	if wish, err := key.Find([]byte("Subject: " + letter.Draft.Body)); err != unsubscribe.ErrForged {
		t.Errorf("%+v, %v", wish, err)
	}
}

func TestLetter_TakesTheColumnsOfAListFirst(t *testing.T) {
	letter, problems := first(t, "---\nsubject: x\nstyle: plain\nunsubscribe: '{{ unsubscribe_link }}'\n---\n{{ unsubscribe_link }}", "email,unsubscribe_link\na@example.org,https://example.org/1\n")
	if len(problems) > 0 || letter.Draft.Body != "https://example.org/1" {
		t.Errorf("text %q, %v", letter.Draft.Body, problems)
	}
}

func TestParseTemplate_ChecksTheFieldsOfBulkMail(t *testing.T) {
	for head, want := range map[string]string{
		"unsubscribe: office":                                         `letter.md:3: "office" begins neither with mailto: nor with https://`,
		"unsubscribe: http://example.org/x":                           `begins neither with mailto: nor with https://`,
		"unsubscribe: https://localhost/x":                            "is no link to a server",
		"unsubscribe: https://a:b@example.org/":                       "is no link to a server",
		"unsubscribe: https://example.org/#x":                         "is no link to a server",
		"unsubscribe: https://example.org/a b":                        "is no link",
		"unsubscribe: Office <office@example.org>":                    "is no",
		"unsubscribe: a@example.org, b@example.org":                   "is no",
		"unsubscribe: jürgen@example.org":                             "is no link",
		"unsubscribe: mailto:a@example.org?bcc=b@c.d":                 "sets more than subject and body",
		"unsubscribe: mailto:a@example.org?subject=out":               "does not say who he is",
		"unsubscribe: https://example.org/{{ a | url_encode }}":       `there is no filter "url_encode" here`,
		"unsubscribe:\n- a@example.org\n- b@example.org":              "letter.md:5: there are two ways to unsubscribe of the same kind",
		"unsubscribe: a@example.org\nheaders:\n- list-unsubscribe: x": "letter.md:5: list-unsubscribe is made of another line of the head",
		"list_id: a.b\nheaders:\n- List-ID: x":                        "is made of another line",
		"list_id: news":                                               `"news" is not the ID of a list`,
		"list_id: <news.example.org":                                  "is not the ID of a list",
		"list_id: x <a..b>":                                           "is not the ID of a list",
		"list_id: x <{{ a }}.b>":                                      "is not the ID of a list",
		"list_id: Zoë <a.b>":                                          "has a name with more than plain letters",
		"feedback_id: a:b:c:d:sender":                                 "is not a Feedback-ID",
		"feedback_id: a:b":                                            "is not a Feedback-ID",
		"feedback_id: '{{ email }}:sender'":                           "is not a Feedback-ID",
		"only: 8-18":                                                  "letter.md:3: only: \"8-18\" is not a part of a day: write it as 08:00-18:00 mon-fri",
		"only: 08:00-18:00 caturday":                                  `"caturday" is not a day of the week`,
		"unsubscribe: {{ x":                                           "has no other end",
	} {
		_, err := ParseTemplate("letter.md", "---\nsubject: x\n"+head+"\n---\ny")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", head, err, want)
		}
	}
}

func TestCheck_TellsRowsThatCouldNotUnsubscribe(t *testing.T) {
	report := examine(t, "---\nsubject: x\nunsubscribe:\n- '{{ link }}'\n- mailto:o+{{ unsubscribe_token }}@example.org\n---\ny", "email,link\n"+
		"a@example.org,https://example.org/1\nb@example.org,\nc@example.org,http://example.org/2\nd@example.org,nowhere\n"+strings.Repeat("e", 40)+"@example.org,https://example.org/5\n", CheckOptions{Empty: EmptyOK})
	var got []string
	for _, p := range report.Problems {
		got = append(got, p.Error())
	}
	compare(t, got, []string{
		`list.csv:3: row 2: there is no link to unsubscribe with`,
		`list.csv:4: row 3: unsubscribe: "http://example.org/2" begins neither with mailto: nor with https://`,
		`list.csv:5: row 4: unsubscribe: "nowhere" begins neither with mailto: nor with https://`,
		`list.csv:6: row 5: unsubscribe: "mailto:o+a5yhezlwnfsxozlfmvswkzlfmvswkzlfmvswkzlfmvswkzlfmv…" is no address that everybody can write to`,
	})
	if report.Letters != 1 {
		t.Errorf("report %+v", report)
	}
}

func TestNewCampaign_KnowsTheNamesForUnsubscribingOnlyWhereOneCan(t *testing.T) {
	parsed, err := ParseTemplate("letter.md", "---\nsubject: x\n---\n{{ unsubscribe_link }}")
	if err != nil {
		t.Fatal(err)
	}
	_, problems := NewCampaign(parsed, openText(t, people), t.TempDir())
	compare(t, lines(problems), []string{`letter.md:4: there is no column "unsubscribe_link", in "{{ unsubscribe_link }}" / possible here: email, first_name, company, number, note`})
}

func TestNewCampaign_WarnsOfALetterThatOneCannotLeave(t *testing.T) {
	c, _ := bind(t, "---\nsubject: x\nlist_id: a.b\nonly: 08:00-18:00 mon-fri\n---\ny", people)
	compare(t, lines(c.template.check(c.columns)), []string{"warning: letter.md:1: it is of a list, and does not say how to leave it / unsubscribe: office@example.org"})
	compare(t, c.Notes(), []string{"the letters are of the list <a.b>", "the letters go only 08:00-18:00 mon-fri"})
	if hours := c.Hours(); hours.String() != "08:00-18:00 mon-fri" {
		t.Errorf("hours %q", hours)
	}
	c, _ = bind(t, "---\nsubject: x\nunsubscribe:\n- https://example.org/leave\n- office@example.org\n---\ny", people)
	compare(t, lines(c.template.check(c.columns)), []string{
		`warning: letter.md:4: the link "https://example.org/leave" is the same for all, so that one click cannot do / put {{ unsubscribe_token }} into it`,
	})
	compare(t, c.Notes(), []string{"who gets a letter can unsubscribe on a page and by mail"})
}

func TestCheck_WarnsOfWhatGoogleWantsOfBulkSenders(t *testing.T) {
	var list strings.Builder
	list.WriteString("email\n")
	for i := range manyAtGmail + 1 {
		fmt.Fprintf(&list, "a%d@GMail.com\n", i)
	}
	report := examine(t, "---\nsubject: x\nunsubscribe: office@example.org\nstyle: plain\n---\ny", list.String(), CheckOptions{})
	if report.Warnings != 1 || !strings.Contains(report.Problems.Error(), "4001 letters go to gmail.com, which wants a way to unsubscribe by one click") {
		t.Errorf("report %+v", report)
	}
	report = examine(t, "---\nsubject: x\nunsubscribe: https://example.org/{{ unsubscribe_token }}\nstyle: plain\n---\ny", list.String(), CheckOptions{})
	if report.Warnings != 0 {
		t.Errorf("with one click: %+v", report)
	}
}

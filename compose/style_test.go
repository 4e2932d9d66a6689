package compose

import (
	"encoding/base64"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/internal/readers"
)

// pixel is a PNG of one pixel.
func pixel(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBuild_HasNoMoreLevelsThanItNeeds(t *testing.T) {
	logo, logoSum := writeFile(t, "logo.png", pixel(t))
	pdf, pdfSum := writeFile(t, "a.pdf", []byte("%PDF-1.7\n"))
	const written = "A **bold** word.\n"
	tests := []struct {
		name  string
		d     Draft
		tree  string
		text  string
		html  string
		files int
	}{
		{"plain", Draft{Body: "Hello\n"}, "text/plain", "Hello\n", "", 0},
		{"markup", Draft{Body: written}, "alternative(text/plain text/html)", written, "<p>A <strong>bold</strong> word.</p>", 0},
		{"markup that is none", Draft{Body: written, Style: StylePlain}, "text/plain", written, "", 0},
		{"no markup", Draft{Body: "Hello\n", Style: StyleMarkdown}, "alternative(text/plain text/html)", "Hello\n", "<p>Hello</p>", 0},
		{"plain with a file", Draft{Body: "Hello\n", Attachments: []Attachment{{Path: pdf}}}, "mixed(text/plain application/pdf)", "Hello\n", "", 1},
		{"markup with a file", Draft{Body: written, Attachments: []Attachment{{Path: pdf}}}, "mixed(alternative(text/plain text/html) application/pdf)", written, "<strong>bold</strong>", 1},
		{
			"an image", Draft{Body: "See ![the logo](logo.png).\n", Inline: []Image{{Attachment: Attachment{Path: logo}}}},
			"related(alternative(text/plain text/html) image/png)", "See ![the logo](logo.png).\n", `alt="the logo"`, 0,
		},
		{
			"an image and a file", Draft{Body: "![](logo.png)", Inline: []Image{{Attachment: Attachment{Path: logo}}}, Attachments: []Attachment{{Path: pdf}}},
			"mixed(related(alternative(text/plain text/html) image/png) application/pdf)", "![](logo.png)\n", `<img src="cid:`, 1,
		},
		{
			"HTML", Draft{Body: "<p>A <b>bold</b> word.</p>\n", Style: StyleHTML}, "alternative(text/plain text/html)", "A bold word.\n", "<p>A <b>bold</b> word.</p>\n", 0,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := test.d
			d.From, d.To, d.Subject = "Ada <ada@example.org>", "bob@example.net", "Hello"
			raw, _ := build(t, d)
			everyReader(t, raw, func(t *testing.T, r readers.Reading) {
				if r.Tree != test.tree || r.Text != test.text || !strings.Contains(r.HTML, test.html) || test.html == "" && r.HTML != "" {
					t.Errorf("read as %s\ntext %q\nHTML %q", r.Tree, r.Text, r.HTML)
				}
				if len(r.Files) != test.files || test.files > 0 && r.Files[0].SHA256 != pdfSum {
					t.Errorf("files %+v", r.Files)
				}
				if len(r.Images) != len(d.Inline) {
					t.Fatalf("images %+v", r.Images)
				}
				for _, image := range r.Images {
					if image.Name != "logo.png" || image.SHA256 != logoSum || !strings.Contains(r.HTML, `src="cid:`+image.ID+`"`) {
						t.Errorf("image %+v in %q", image, r.HTML)
					}
				}
			})
		})
	}
}

// A text that tells where a file is on this machine tells who its owner is.
func TestImage_PathDoesNotLeave(t *testing.T) {
	logo, _ := writeFile(t, "logo.png", pixel(t))
	dir := strings.TrimSuffix(logo, "/logo.png")
	tests := []struct {
		style Style
		body  string
	}{
		{StyleAuto, "![](" + logo + ") and ![](<" + logo + ">)\n\n[see]: " + logo + "\n"},
		{StyleHTML, `<img src="` + logo + `"><IMG alt="" SRC='` + logo + `'>`},
	}
	for _, test := range tests {
		d := plainDraft()
		d.Style, d.Body, d.Inline = test.style, test.body, []Image{{Attachment: Attachment{Path: logo}}}
		raw, _ := build(t, d)
		r := readers.GoMessage(t, raw)
		if strings.Contains(r.Text+r.HTML, dir) {
			t.Errorf("the path shows in\n%s\n%s", r.Text, r.HTML)
		}
		if n := strings.Count(r.HTML, "cid:"); n != 2 {
			t.Errorf("%d images are shown in %s", n, r.HTML)
		}
	}
}

func TestImage_GoesByWhatTheTextCallsIt(t *testing.T) {
	logo, _ := writeFile(t, "a (b).png", pixel(t))
	for _, body := range []string{"![](<a (b).png>)", "![](a%20%28b%29.png)", "![](cid:a%20%28b%29.png)", "![](pics/x.png)", "![x][1]\n\n[1]: pics/x.png\n"} {
		d := plainDraft()
		d.Body, d.Inline = body, []Image{{Attachment: Attachment{Path: logo}, Source: "pics/x.png"}}
		raw, _ := build(t, d)
		if r := readers.GoMessage(t, raw); !strings.Contains(r.HTML, `<img src="cid:`) || len(r.Images) != 1 {
			t.Errorf("%s becomes %s", body, r.HTML)
		}
	}
}

func TestImage_ThatCannotBeShownIsRefused(t *testing.T) {
	logo, _ := writeFile(t, "logo.png", pixel(t))
	text, _ := writeFile(t, "notes.txt", []byte("x"))
	tests := []struct {
		name, body, path, want string
		style                  Style
	}{
		{"not in the text", "Hello", logo, "inline: the text does not show", StyleAuto},
		{"in plain text", "![](logo.png)", logo, "inline: the text does not show", StylePlain},
		{"not an image", "![](notes.txt)", text, "is not an image", StyleMarkdown},
		{"missing", "![](x.png)", "/missing/x.png", "no such file", StyleMarkdown},
	}
	for _, test := range tests {
		d := plainDraft()
		d.Body, d.Style, d.Inline = test.body, test.style, []Image{{Attachment: Attachment{Path: test.path}}}
		problems := d.Check()
		if len(problems) != 1 || problems[0].Field != "inline" || !strings.Contains(problems[0].Error(), test.want) {
			t.Errorf("%s: %v", test.name, problems)
		}
	}
}

func TestDraft_WithHabitsNamesAllTheyDecide(t *testing.T) {
	old := time.Local
	t.Cleanup(func() { time.Local = old })
	time.Local = time.FixedZone("far", -(3*3600 + 1800))
	date := time.Date(2026, 11, 23, 11, 30, 0, 0, time.UTC)
	tests := []struct {
		habits Habits
		style  Style
		want   Draft
	}{
		{Habits{}, "", Draft{Style: StyleAuto}},
		{Habits{Style: StylePlain}, "", Draft{Style: StylePlain}},
		{Habits{Style: StylePlain}, StyleMarkdown, Draft{Style: StyleMarkdown}},
		{Habits{Flowed: true, LocalDate: true}, "", Draft{Style: StyleAuto, Flowed: true, Zone: -210}},
	}
	for _, test := range tests {
		got := Draft{Style: test.style, Flowed: true, Zone: 5}.With(test.habits, date)
		if got.Style != test.want.Style || got.Flowed != test.want.Flowed || got.Zone != test.want.Zone {
			t.Errorf("%+v gives %+v", test.habits, got)
		}
	}
	d := plainDraft()
	d.Zone = -210
	raw, _ := build(t, d)
	if !strings.Contains(string(raw), "\r\nDate: Mon, 23 Nov 2026 08:00:00 -0330\r\n") && !strings.HasPrefix(string(raw), "Date: Mon, 23 Nov 2026 08:00:00 -0330\r\n") {
		t.Errorf("date is not in the zone:\n%.100s", raw)
	}
}

func TestDraft_WithAStyleOrZoneThatIsNoneIsRefused(t *testing.T) {
	d := plainDraft()
	d.Style, d.Zone = "rtf\x1b", 9999
	if problems := d.Check(); len(problems) != 1 || problems[0].Field != "style" || !clean(problems[0].Error()) {
		t.Errorf("problems are %v", problems)
	}
	d.Style = ""
	if problems := d.Check(); len(problems) != 1 || problems[0].Field != "zone" {
		t.Errorf("problems are %v", problems)
	}
}

// What others have written, and what is not a file here, is not looked at.
func TestNamedImages_AreFilesThatTheWriterNames(t *testing.T) {
	tests := []struct {
		style Style
		body  string
		want  string
	}{
		{StyleMarkdown, "![](a.png) ![x](<b c/d.png>) ![](/e%20f.png) ![](a.png)", "a.png|b c/d.png|/e f.png"},
		{StyleMarkdown, "> ![](/etc/a.png)\n> > ![](b.png)\n\n- > ![](c.png)\n", ""},
		{StyleMarkdown, "![](http://x/a.png) ![](cid:x) ![](//x/a.png) ![](data:x) ![](file:///a.png) `![](a.png)` ![](logo.png)", ""},
		{StyleHTML, `<img src="a.png"><img src="https://x/b.png"><img src=''><!-- <img src="c.png"> -->`, "a.png"},
		{StylePlain, "![](a.png)", ""},
		{StyleAuto, "![](a.png)", "a.png"},
		{StyleMarkdown, "\xff![](a.png)", ""},
	}
	for _, test := range tests {
		d := Draft{Style: test.style, Body: test.body, Inline: []Image{{Attachment: Attachment{Path: "/x/logo.png"}}}}
		if got := strings.Join(d.NamedImages(), "|"); got != test.want {
			t.Errorf("%s names %q, want %q", test.body, got, test.want)
		}
	}
}

func TestImage_PathDoesNotLeaveEncoded(t *testing.T) {
	logo, _ := writeFile(t, "logo.png", pixel(t))
	d := plainDraft()
	d.Body, d.Inline = "![]("+url.PathEscape(logo)+")", []Image{{Attachment: Attachment{Path: logo}}}
	raw, _ := build(t, d)
	dir := filepath.Base(filepath.Dir(filepath.Dir(logo)))
	if r := readers.GoMessage(t, raw); strings.Contains(r.Text+r.HTML, dir) || len(r.Images) != 1 || !strings.Contains(r.Text, "logo.png") {
		t.Errorf("it becomes %s and %s", r.Text, r.HTML)
	}
}

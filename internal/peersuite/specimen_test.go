package peersuite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/compose"
	"sendoff/internal/readers"
)

// specimen is a draft of the acceptance matrix, and what every reader has to make
// of it.
type specimen struct {
	name  string
	draft compose.Draft
	tree  string
	text  string // if it is not the draft's, with a line end
	files []named
}

// named is a file by its name and the SHA-256 of its content.
type named struct{ name, sum string }

// scripts are texts in the scripts that people write in.
var scripts = []struct{ name, person, text string }{
	{"Latin", "Zoë Müller-Lüdenscheidt", "Schöne Grüße aus Köln, wo die Sonne über dem Rhein scheint und žluťoučký kůň úpí"},
	{"Greek", "Ελένη Παπαδοπούλου", "Καλημέρα σας, τα στοιχεία της προηγούμενης εβδομάδας είναι έτοιμα"},
	{"Cyrillic", "Анна Кузнецова", "Добрый день, отчёт за прошлую неделю готов, и он лучше прежнего"},
	{"Hebrew", "יעל כהן", "שלום, הדוח של השבוע שעבר מוכן והוא נראה כפי שקיווינו"},
	{"Arabic", "ليلى حسن", "مرحبا، تقرير الأسبوع الماضي جاهز ويبدو كما كنا نأمل"},
	{"Devanagari", "अदिति शर्मा", "नमस्ते, पिछले सप्ताह की रिपोर्ट तैयार है और जैसी आशा थी वैसी है"},
	{"Bengali", "অনন্যা সেন", "নমস্কার, গত সপ্তাহের প্রতিবেদন প্রস্তুত এবং আমাদের আশা মতোই হয়েছে"},
	{"Tamil", "அனிதா குமார்", "வணக்கம், கடந்த வார அறிக்கை தயாராக உள்ளது, நாம் எதிர்பார்த்தபடி"},
	{"Thai", "สมหญิง ใจดี", "สวัสดีค่ะ รายงานของสัปดาห์ที่แล้วพร้อมแล้ว และเป็นไปตามที่หวัง"},
	{"Georgian", "ნინო ბერიძე", "გამარჯობა, გასული კვირის ანგარიში მზად არის"},
	{"Han", "王小明", "您好，上周的报告已经准备好了，和我们希望的一样，请查收附件并尽快回复"},
	{"Japanese", "山田 太郎", "こんにちは、先週の報告書ができました。ご期待の通りだと思います"},
	{"Korean", "김민수", "안녕하세요, 지난주 보고서가 준비되었습니다. 기대한 대로입니다"},
	{"emoji", "Ada 👩🏽‍💻", "Launch 🚀 of the 🏳️‍🌈 flag, and e\u0301 in two pieces"},
}

// awful are names that files have, and that readers have stumbled over.
var awful = []string{
	"report.pdf", "no extension", ".hidden", "a.b.c.tar.gz", "two  spaces.txt", " trailing dot.", `quotes " and 'ticks'.txt`, "50% off; a=b, c.txt",
	"utf-8''x.txt", "=?utf-8?q?a?=.txt", "(a) [b] {c} <d>.txt", "~tilde~", "-rf", "$HOME `ls` $(x).txt", "a&b|c.txt", "100%25.txt", "a%41b.txt",
	"Grüße aus Köln.pdf", "отчёт за неделю.pdf", "报告.pdf", "レポート.pdf", "보고서.pdf", "דוח.pdf", "تقرير.pdf", "🚀.bin", "e\u0301.txt", "ÄÖÜ.TXT",
	strings.Repeat("n", 200) + ".txt", strings.Repeat("many words ", 20) + ".txt", strings.Repeat("語", 80) + ".txt", "a\\b.txt", "semi;colon.txt", "comma,.txt",
	"new\nline.txt", "tab\t.txt", "esc\x1b[31m.txt", "#1.txt", "@at.txt", "name=\"x\".txt", "CON.txt", "*?.txt",
}

// specimens are all of them.
func specimens(t *testing.T) (all []specimen) {
	t.Helper()
	dir := t.TempDir()
	all = append(all, scriptSpecimens(t, dir)...)
	all = append(all, bodySpecimens()...)
	all = append(all, fileSpecimens(t, dir)...)
	return append(all, markupSpecimens(t, dir)...)
}

func scriptSpecimens(t *testing.T, dir string) (all []specimen) {
	t.Helper()
	for _, s := range scripts {
		file, f := specimenFile(t, dir, s.person+".txt", []byte(s.text))
		all = append(all, specimen{
			name: s.name,
			draft: compose.Draft{
				From: s.person + " <ada@example.org>", To: s.person + " <ana@example.org>, " + s.person + " & Co. <bob@example.org>",
				Subject: s.text + " / " + s.text, Body: strings.Repeat(s.text+"\n", 5), Attachments: []compose.Attachment{file},
			},
			tree: "mixed(text/plain text/plain)", files: []named{f},
		})
	}
	return all
}

func bodySpecimens() (all []specimen) {
	long := strings.Repeat("A line of the report that goes on. ", 30)
	for _, b := range []struct{ name, body string }{
		{"dots", ".\n..\n...\n.a\n.\r\n"},
		{"long lines", strings.Repeat("x", 5000) + "\n" + strings.Repeat("ä", 3000) + "\n" + long + "\n"},
		{"CR alone", "one\rtwo\r\rthree\r\nfour\r"},
		{"From", "From the beginning\n>From there\n\nFrom x@y Mon Jan  1 00:00:00 2026\n"},
		{"spaces alone", "   \n\t\n  "},
		{"spaces at line ends", "a \nb\t\n\nä  \n"},
		{"equals", "a=b\n=41=\n" + strings.Repeat("=", 100) + "\n"},
		{"boundary", "--=_\n--\n------=_Part\n"},
		{"a megabyte", strings.Repeat(long[:70]+"\n", 15_000)},
		{"a megabyte of Greek", strings.Repeat("Καλημέρα σας, τα στοιχεία\n", 22_000)},
		{"controls", "a\x01b\x07c\x1b[31md\x7f\n"},
		{"no line end", "the end"},
	} {
		all = append(all, specimen{name: b.name, draft: compose.Draft{Body: b.body}, tree: "text/plain"})
	}
	return all
}

func fileSpecimens(t *testing.T, dir string) (all []specimen) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for _, count := range []int{1, 2, len(awful)} {
		s := specimen{name: fmt.Sprintf("%d files", count), draft: compose.Draft{Body: "The files.\n"}}
		var kinds []string
		for i := range count {
			// All bytes, and what looks like line ends, dots and boundaries.
			content := []byte("\r\n.\r\n--=_\rFrom \n\x00\xff")
			for range random.IntN(3000) {
				content = append(content, byte(random.Uint32()))
			}
			a, f := specimenFile(t, dir, awful[i], content)
			s.draft.Attachments = append(s.draft.Attachments, a)
			s.files = append(s.files, f)
			kinds = append(kinds, "application/octet-stream")
		}
		s.tree = "mixed(text/plain " + strings.Join(kinds, " ") + ")"
		all = append(all, s)
	}
	return all
}

func markupSpecimens(t *testing.T, dir string) []specimen {
	t.Helper()
	const alternative = "alternative(text/plain text/html)"
	png := func(name string) (compose.Image, named) {
		a, f := specimenFile(t, dir, name, append([]byte("\x89PNG\r\n\x1a\n"), name...))
		return compose.Image{Attachment: a}, f
	}
	logo, logoFile := png("logo.png")
	chart, chartFile := png("Übersicht (1).png")
	pdf, pdfFile := specimenFile(t, dir, "a.pdf", []byte("%PDF-1.7\n"))
	pdf.Type = "application/pdf"
	written := "# Übersicht\n\nAlles **gut**, siehe [hier](https://example.org/?a=1&b=2).\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n> quoted\n\n```\n.\nFrom x\n```\n-- \nAda\n"
	return []specimen{
		{name: "Markdown", draft: compose.Draft{Body: written}, tree: alternative},
		{name: "Markdown in Japanese", draft: compose.Draft{Body: strings.Repeat("**太字**の文章です。\n", 30)}, tree: alternative},
		{name: "Markdown and a file", draft: compose.Draft{Body: written, Attachments: []compose.Attachment{pdf}}, tree: "mixed(" + alternative + " application/pdf)", files: []named{pdfFile}},
		{
			name: "an image", draft: compose.Draft{Body: "![the logo](logo.png)\n", Inline: []compose.Image{logo}},
			tree: "related(" + alternative + " image/png)", files: []named{logoFile},
		},
		{
			name: "two images and a file", tree: "mixed(related(" + alternative + " image/png image/png) application/pdf)", files: []named{logoFile, chartFile, pdfFile},
			draft: compose.Draft{
				Body:   "![](logo.png)\n\n![chart](<Übersicht (1).png>)\n",
				Inline: []compose.Image{logo, chart}, Attachments: []compose.Attachment{pdf},
			},
		},
		{
			name: "HTML", draft: compose.Draft{Style: compose.StyleHTML, Body: "<p>Grüße <a href=\"https://example.org\">hier</a></p>\n.\n"},
			tree: alternative, text: "Grüße hier <https://example.org>\n\n.\n",
		},
	}
}

// specimenFile makes a file with some name of its own, since not every name is one
// for a disk, and an attachment that is called name.
func specimenFile(t *testing.T, dir, name string, content []byte) (compose.Attachment, named) {
	t.Helper()
	f, err := os.CreateTemp(dir, "file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := bytes.NewReader(content).WriteTo(f); err != nil {
		t.Fatal(err)
	}
	// Control characters and slashes do not go out in a name.
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	clean := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, name))
	return compose.Attachment{Path: filepath.Clean(f.Name()), Name: name}, named{clean, readers.Sum(content)}
}

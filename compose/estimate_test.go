package compose

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestEstimateSize_IsCloseToTheMessage(t *testing.T) {
	path, _ := writeFile(t, "a.bin", bytes.Repeat([]byte{1, 2, 3}, 100_000))
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path}, {Path: "missing"}}
	estimate := EstimateSize(d)
	d.Attachments = d.Attachments[:1]
	raw, _ := build(t, d)
	if off := estimate - int64(len(raw)); off < -1000 || off > 1000 {
		t.Errorf("estimate is %d, the message has %d", estimate, len(raw))
	}
}

// The recipients of a message to many are most of it.
func TestEstimateSize_CountsTheHeader(t *testing.T) {
	d := plainDraft()
	for i := range 1000 {
		d.Cc += fmt.Sprintf("Recipient %d <recipient%d@many.example>, ", i, i)
	}
	d.Headers = []Header{{"X-Note", strings.Repeat("Grüße ", 500)}}
	raw, _ := build(t, d)
	if off := EstimateSize(d) - int64(len(raw)); off < -3000 || off > 3000 {
		t.Errorf("estimate is %d, the message has %d", EstimateSize(d), len(raw))
	}
}

// Of a short letter the fields that nobody typed are most. What is said of it is the message
// within a tenth, or as much as nobody cares about.
func TestEstimateSize_IsRightForLetters(t *testing.T) {
	const (
		nobodyCares = 30 // octets
		short       = "Hello,\n\nsee you on Friday. Please look at page 3.\n"
		german      = "Grüße,\n\nbis Freitag! Das Wörterbuch liegt bei.\n"
		paragraph   = "A longer paragraph of text that has about as many words as a person writes in a letter, and then some. "
	)
	path, _ := writeFile(t, "figures.bin", bytes.Repeat([]byte{1, 2, 3}, 1000))
	for name, body := range map[string]string{
		"empty": "", "short": short, "without an end": "Hi", "CRLF": "Hello,\r\n\r\nsee you.\r\n", "a page": strings.Repeat(short, 40),
		"German": german, "a page of German": strings.Repeat(german, 40), "Greek": "Καλημέρα,\n\nτα λέμε την Παρασκευή.\n", "Chinese": strings.Repeat("你好，星期五见。\n", 30),
		"paragraphs": strings.Repeat(strings.Repeat(paragraph, 4)+"\n\n", 3), "Markdown": "**Hi**, see [this](https://example.org).\n\n- a\n- b\n",
		"a page of Markdown": strings.Repeat("# Figures\n\nThey are *good*:\n\n- a\n- b\n\n"+paragraph+"\n\n", 10), "a book": strings.Repeat(short, 4000),
	} {
		for _, style := range []Style{"", StylePlain, StyleMarkdown, StyleHTML} {
			for files := range 3 {
				d := plainDraft()
				if d.Style, d.Body = style, body; style == StyleHTML {
					d.Body = "<p>" + strings.ReplaceAll(body, "\n", "<br>\n") + "</p>"
				}
				for range files {
					d.Attachments = append(d.Attachments, Attachment{Path: path})
				}
				stamp, err := NewStamp(d.From, time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))
				if err != nil {
					t.Fatal(err)
				}
				var raw bytes.Buffer
				if _, err := Build(&raw, d, stamp); err != nil {
					t.Fatalf("%s as %q: %v", name, style, err)
				}
				estimate, is := EstimateSize(d), int64(raw.Len())
				if off := max(estimate-is, is-estimate); off > max(is/10, nobodyCares) {
					t.Errorf("%s as %q with %d files: about %d, and it has %d", name, style, files, estimate, is)
				}
			}
		}
	}
}

// It is asked at every key, also in a text of a megabyte.
func TestEstimateSize_LooksAtTheBeginningAlone(t *testing.T) {
	d := plainDraft()
	d.Body = strings.Repeat("*Hello* ", 200)
	few := testing.AllocsPerRun(3, func() { EstimateSize(d) })
	d.Body = strings.Repeat(d.Body, 1000)
	if many := testing.AllocsPerRun(3, func() { EstimateSize(d) }); many > 4*few {
		t.Errorf("%.0f pieces of memory, and %.0f for a thousand times the text", few, many)
	}
}

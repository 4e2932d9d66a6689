package compose

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// manyDrafts are drafts in Markdown that have what a parser could carry over:
// definitions of links, quotes, tables, what does not end.
func manyDrafts() (all []Draft) {
	for i, body := range []string{
		"# Hello\n\n[here][x]\n\n[x]: https://example.org/1 \"t\"\n", "[here][x] and *no* definition", "| a | b |\n|---|---|\n| 1 | ~~2~~ |", "> quoted\n\n```\ncode",
		"**bold\n\n- list\n  1. in it\n\n-- \nsignature", "https://example.org/ and <https://example.com>\n", "Title\n===\n[", "plain",
	} {
		all = append(all, Draft{From: "ada@example.org", To: fmt.Sprintf("a%d@example.org", i), Subject: "x", Body: body, Style: StyleMarkdown})
	}
	return all
}

func TestMaker_BuildsTheSameBytesWhateverItBuiltBefore(t *testing.T) {
	s := Stamp{MessageID: "<1@example.org>", Date: time.Unix(0, 0)}
	var maker Maker
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				for _, d := range manyDrafts() {
					var got, want bytes.Buffer
					_, err := maker.Build(&got, d, s)
					_, err2 := Build(&want, d, s)
					if err != nil || err2 != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
						t.Errorf("%q:\n%s\n%v, %v, want\n%s", d.Body, got.Bytes(), err, err2, want.Bytes())
					}
				}
			}
		})
	}
	all.Wait()
	if wrong := maker.Check(Draft{}); len(wrong) != len((Draft{}).Check()) || len(wrong) == 0 {
		t.Errorf("an empty draft: %v", wrong)
	}
}

// BenchmarkMaker compares checking a short letter alone and as one of many.
func BenchmarkMaker(b *testing.B) {
	d := Draft{From: "ada@example.org", To: "ana@example.org", Subject: "x", Body: "# Hello\n\nYour *seat* is **12**.\n\n" + strings.Repeat("More to read is here.\n", 40), Style: StyleMarkdown}
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			d.Check()
		}
	})
	b.Run("many", func(b *testing.B) {
		var maker Maker
		for b.Loop() {
			maker.Check(d)
		}
	})
}

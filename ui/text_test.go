package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

func FuzzClean(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		c := clean(s)
		if !utf8.ValidString(c) || strings.ContainsFunc(c, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Errorf("%q became %q", s, c)
		}
		if width = width % 200; width > 0 {
			if got := ansi.StringWidth(cell(c, width)); got != width {
				t.Errorf("cell of %q is %d wide, want %d", c, got, width)
			}
			for _, line := range cleanBlock(s, width) {
				if w := ansi.StringWidth(line); w > max(width, 2) {
					t.Errorf("a line of %q is %d wide, want %d", s, w, width)
				}
			}
		}
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "two\nlines": "two lines", "\x1b[31mred": "\ufffd[31mred", "日本": "日本", "नमस्ते": "नमस्ते", "👩‍👩‍👧‍👦!": "👩!",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestCleanText_KeepsEmojiWholeAndNothingThatHides(t *testing.T) {
	for in, want := range map[string]string{
		"👨‍👩‍👧‍👦 1️⃣ ☃️ 👍🏽 🇩🇪 ❤️‍🔥 ‼️ ↔️": "👨‍👩‍👧‍👦 1️⃣ ☃️ 👍🏽 🇩🇪 ❤️‍🔥 ‼️ ↔️",
		"नमस्ते":                           "नमस्ते",
		"👩\u200b\u202e👩":                   "👩\ufffd\ufffd👩", // no joiners at all
		"☃" + strings.Repeat("\ufe0f", 50): "☃",
	} {
		if got := cleanText(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		for _, width := range []int{1, 7, 40} {
			for _, line := range cleanBlock(in, width) {
				if w := ansi.StringWidth(line); w > max(width, 2) {
					t.Errorf("%q is %d wide, want %d", line, w, width)
				}
			}
		}
	}
}

func TestNumbersAndSizes(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1204: "1,204", 1000000: "1,000,000", -1204: "-1,204"} {
		if got := number(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 214: "214 B", 999: "999 B", 48_200: "48 kB", 999_600: "1.0 MB", 1_240_000: "1.2 MB", 25_000_000: "25 MB", 3_000_000_000: "3.0 GB"} {
		if got := size(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	now := time.Date(2026, 5, 15, 12, 0, 0, 0, time.UTC) // a Friday
	for _, c := range []struct {
		by         time.Duration
		ago, ahead string
	}{
		{30 * time.Second, "just now", "in 30 s"},
		{2 * time.Minute, "2 min", "in 2 min"},
		{3 * time.Hour, "09:00", "15:00"},
		{20 * time.Hour, "yesterday", "Sat 08:00"},
		{3 * 24 * time.Hour, "Tue 12:00", "Mon 12:00"},
		{30 * 24 * time.Hour, "15 Apr", "14 Jun"},
		{300 * 24 * time.Hour, "19 Jul 2025", "11 Mar 2027"},
	} {
		if got := ago(now.Add(-c.by), now); got != c.ago {
			t.Errorf("%v ago is %q, want %q", c.by, got, c.ago)
		}
		if got := ahead(now.Add(c.by), now); got != c.ahead {
			t.Errorf("%v ahead is %q, want %q", c.by, got, c.ahead)
		}
	}
	if ago(time.Time{}, now) != "" || ahead(time.Time{}, now) != "" || clock(time.Time{}, now) != "" {
		t.Error("no time is not empty")
	}
}

func TestPlainWords_AreSentences(t *testing.T) {
	for want, e := range map[string]outbox.Explanation{
		"":                                 {},
		"It is full.":                      {What: "It is full."},
		"It is full. Send it again later.": {What: "It is full.", Hint: "send it again later"},
	} {
		if got := plainWords(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestReply_NamesTheCodesOnce(t *testing.T) {
	for _, c := range []struct {
		result outbox.Result
		want   string
	}{
		{outbox.Result{Code: 550, Enhanced: "5.1.1", Text: "5.1.1 no such user"}, "550 5.1.1 no such user"},
		{outbox.Result{Code: 550, Enhanced: "5.1.1", Text: "no such user"}, "550 5.1.1 no such user"},
		{outbox.Result{Text: "connection refused"}, "connection refused"},
		{outbox.Result{Code: 421}, "421"},
	} {
		if got := reply(c.result); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestParsePaths(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"/tmp/a.pdf", []string{"/tmp/a.pdf"}},
		{"/tmp/a b.pdf\n", []string{"/tmp/a b.pdf"}},
		{`'/tmp/a b.pdf' `, []string{"/tmp/a b.pdf"}},
		{`/tmp/a\ b.pdf /tmp/c.pdf`, []string{"/tmp/a b.pdf", "/tmp/c.pdf"}},
		{"/tmp/a.pdf\n/tmp/b.pdf", []string{"/tmp/a.pdf", "/tmp/b.pdf"}},
		{"file:///tmp/a%20b.pdf", []string{"/tmp/a b.pdf"}},
		{"file://localhost/tmp/a.pdf", []string{"/tmp/a.pdf"}},
		{"~/a.pdf", []string{"~/a.pdf"}},
		{`"/tmp/it's.pdf"`, []string{"/tmp/it's.pdf"}},
		{"", nil},
		{"hello /tmp/a.pdf", nil},
		{"'/tmp/never closed", nil},
		{"/tmp/a.pdf and\nmore text", nil},
		{"file:///tmp/%zz", nil},
	} {
		got, ok := parsePaths(c.text)
		if ok != (c.want != nil) || !slices.Equal(got, c.want) {
			t.Errorf("%q is %q (%v), want %q", c.text, got, ok, c.want)
		}
	}
}

func FuzzParsePaths(f *testing.F) {
	for _, s := range []string{"/tmp/a.pdf", `'/tmp/a b' "/x\"y"`, `/a\ b`, "file:///a%20b", "~/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		paths, ok := parsePaths(text)
		if ok != (len(paths) > 0) {
			t.Errorf("%q: %q, %v", text, paths, ok)
		}
		for _, p := range paths {
			if !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "~/") {
				t.Errorf("%q gives %q", text, p)
			}
		}
	})
}

func TestRows_Splice(t *testing.T) {
	items := func(ids ...outbox.ID) (all []outbox.Item) {
		for _, id := range ids {
			all = append(all, outbox.Item{ID: id})
		}
		return all
	}
	start := func() *rows {
		r := new(rows)
		r.splice(span{0, 7}, items(10, 9, 8, 7))
		r.splice(span{7, 4}, items(6, 5, 4))
		r.splice(span{4, 0}, items(3, 1))
		r.fresh = nil
		return r
	}
	for _, c := range []struct {
		name string
		span span
		in   []outbox.Item
		want []outbox.ID
	}{
		{"new ones above", span{0, 9}, items(12, 11, 10, 9), []outbox.ID{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 1}},
		{"one gone in the middle", span{8, 5}, items(7, 5), []outbox.ID{10, 9, 8, 7, 5, 4, 3, 1}},
		{"one back in the middle", span{4, 0}, items(3, 2, 1), []outbox.ID{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{"all gone", span{0, 0}, nil, nil},
	} {
		r := start()
		r.splice(c.span, c.in)
		var got []outbox.ID
		for _, i := range r.items {
			got = append(got, i.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if !r.complete || r.end != 4 {
			t.Errorf("%s: complete %v, end %d", c.name, r.complete, r.end)
		}
	}
	r := start()
	r.splice(span{8, 5}, items(7, 6, 5))
	if !r.isFresh(3, 6) || r.isFresh(2, 6) || r.isFresh(3, 7) {
		t.Error("fresh rows are not the ones that were read")
	}
}

func TestMerge_IsNewestFirstAndHasNoneTwice(t *testing.T) {
	a := []outbox.Item{{ID: 9, Subject: "a"}, {ID: 5, Subject: "a"}}
	b := []outbox.Item{{ID: 10, Subject: "b"}, {ID: 9, Subject: "b"}, {ID: 1, Subject: "b"}}
	var got []string
	for _, i := range mergeItems(a, b) {
		got = append(got, fmt.Sprint(int64(i.ID), i.Subject))
	}
	if want := []string{"10b", "9a", "5a", "1b"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

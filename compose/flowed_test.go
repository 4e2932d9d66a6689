package compose

import (
	"strings"
	"testing"
	"time"

	"sendoff/internal/readers"
)

func TestFlow_BreaksLongLinesAlone(t *testing.T) {
	long := strings.Repeat("word ", 30)
	tests := []struct{ name, text, want string }{
		{"short", "one\n\ntwo  \n", "one\n\ntwo\n"},
		{"stuffed", " a\n>b\nFrom c\nFrom\n", "  a\n> b\n From c\nFrom\n"},
		{"signature", "a\n-- \nAda\n> -- \n--  \n", "a\n-- \nAda\n> -- \n--\n"},
		{"long", long + "\n", strings.Repeat("word ", 14) + "\n" + strings.Repeat("word ", 14) + "\nword word\n"},
		{"quoted", "> > " + long + "\n>>x\n>\n> \n", ">> " + strings.Repeat("word ", 14) + "\n>> " + strings.Repeat("word ", 14) + "\n>> word word\n>> x\n>\n>\n"},
		{"one word", strings.Repeat("x", 200) + "\n", strings.Repeat("x", 200) + "\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := flow(test.text); got != test.want {
				t.Errorf("gives\n%q\nwant\n%q", got, test.want)
			}
		})
	}
}

func TestFlowed_IsForWhoWantsIt(t *testing.T) {
	d := plainDraft()
	d.Body = strings.Repeat("Grüße ", 100) + "\n"
	for _, test := range []struct {
		flowed bool
		style  Style
		want   bool
	}{{false, StyleAuto, false}, {true, StyleAuto, true}, {true, StyleMarkdown, true}, {true, StylePlain, false}} {
		d.Flowed, d.Style = test.flowed, test.style
		raw, _ := build(t, d)
		if got := strings.Contains(string(raw), "Content-Type: text/plain; charset=utf-8; format=flowed\r\n"); got != test.want {
			t.Errorf("flowed %v, style %s: %v", test.flowed, test.style, got)
		}
		everyReader(t, raw, func(t *testing.T, r readers.Reading) {
			text := r.Text
			if test.want {
				text = unflow(text)
			}
			if strings.TrimSpace(text) != strings.TrimSpace(d.Body) {
				t.Errorf("read as %q", text)
			}
		})
	}
}

// A line of megabytes must not be counted anew for each of its breaks.
func TestFlow_TakesLongLines(t *testing.T) {
	start := time.Now()
	flow(strings.Repeat("word ", 1<<20))
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzFlow(f *testing.F) {
	f.Add("a\n> > b\n>c\n -- \n-- \nFrom x\n" + strings.Repeat("long ", 40))
	f.Add(">>" + strings.Repeat("ä ", 100) + "\n" + strings.Repeat(" ", 100) + "x")
	f.Fuzz(func(t *testing.T, text string) {
		// What is kept: every line and its depth, but for white space at its end.
		want := ""
		for line := range lines(text) {
			depth, content := quoteDepth(line)
			if content != signatureSeparator {
				content = strings.TrimRight(content, " ")
			}
			want += strings.Repeat(">", depth)
			if depth > 0 && content != "" {
				want += " "
			}
			want += content + "\n"
		}
		if got := unflow(flow(text)); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	})
}

package ui

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"sendoff/internal/uitest"
)

func TestBody_KeepsTheBytesThatNobodyTouched(t *testing.T) {
	for _, text := range []string{"", "tab\there\r\nand CRLF", "a\x00b\x1b[1m", strings.Repeat("line\n", 20_000), "no end of line"} {
		b := newBody(newStyles(true), Keys{}.editKeys(), text)
		b.view(80, 10)
		b.update(tea.KeyPressMsg{Code: tea.KeyDown})
		if got := b.text(); got != text {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
	}
}

func TestBody_Paste(t *testing.T) {
	b := newBody(newStyles(true), Keys{}.editKeys(), "short")
	b.update(tea.PasteMsg{Content: "one\r\ntwo\rthree\x00\x1b "})
	if got := b.text(); got != "one\ntwo\nthree short" {
		t.Errorf("%q", got)
	}
	// However long, it goes in whole, where the cursor stands.
	long := strings.Repeat("0123456789\n", 120_000)
	b.update(tea.PasteMsg{Content: long})
	if got := b.text(); got != "one\ntwo\nthree "+long+"short" {
		t.Errorf("%d bytes", len(got))
	}
	b.update(tea.KeyPressMsg{Code: 'x', Text: "x"})
	if got := b.text(); got != "one\ntwo\nthree "+long+"xshort" {
		t.Errorf("typed elsewhere: %d bytes", len(got))
	}
}

func TestBody_EnterWorksBelowLine99(t *testing.T) {
	b := newBody(newStyles(true), Keys{}.editKeys(), "")
	for range 150 {
		b.update(tea.KeyPressMsg{Code: tea.KeyEnter})
	}
	if got := strings.Count(b.text(), "\n"); got != 150 {
		t.Errorf("%d line breaks, want 150", got)
	}
}

// What a long text is edited in keeps its bytes, but for what is typed.
func TestCompose_ALongReplyIsAnsweredAtItsTop(t *testing.T) {
	d := draft("work", "ana@example.org", "Re: Long")
	d.Body = "\n\n" + strings.Repeat("> A line of\tthe text.\r\n", 50_000) + "\n-- \nAda"
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.Type("Dear Ana,")
		s.paste(" hello")
		if got := s.model.composer().draft().Body; got != "Dear Ana, hello"+d.Body {
			s.t.Errorf("%d bytes, beginning with %q", len(got), got[:30])
		}
		s.Keys("down", "down", "end", "backspace", "!")
		if got, want := s.model.composer().draft().Body, "Dear Ana, hello"+strings.Replace(d.Body, "text.", "text!", 1); got != want {
			s.t.Errorf("%d bytes, beginning with %q", len(got), got[:60])
		}
		s.See("Dear Ana, hello", "text!")
	})
}

// A person counts characters as they look.
func TestBody_KeysTakeWholeCharacters(t *testing.T) {
	for name, text := range map[string]string{
		"family": "👩‍👩‍👧‍👦", "skin tone": "👍🏽", "flag": "🇩🇪", "keycap": "1️⃣", "accent": "e\u0301", "syllable": "नि", "CRLF": "\r\n", "tab": "\t",
	} {
		t.Run(name, func(t *testing.T) {
			for keys, want := range map[string]string{
				"backspace": "ab", "left delete": "ab", "left left x": "xa" + text + "b", "left x": "ax" + text + "b",
				"left right x": "a" + text + "xb", "shift+left x": "axb", "left shift+right backspace": "ab",
			} {
				b := newBody(newStyles(true), Keys{}.editKeys(), "a"+text+"b")
				b.goTo(1 + len(text))
				b.width, b.height = 40, 10
				for _, name := range strings.Fields(keys) {
					press, err := uitest.Key(name)
					if err != nil {
						t.Fatal(err)
					}
					b.update(press)
				}
				if got := b.text(); got != want {
					t.Errorf("%s: %q, want %q", keys, got, want)
				}
			}
		})
	}
}

func TestBody_KeysOfReadline(t *testing.T) {
	const text = "one two\nthree four\n\nfive"
	for _, test := range []struct {
		at         int
		keys, want string
	}{
		{14, "ctrl+k", "one two\nthree \n\nfive"},
		{14, "ctrl+k ctrl+k", "one two\nthree \nfive"},
		{14, "ctrl+u", "one two\nfour\n\nfive"},
		{14, "ctrl+u ctrl+u", "one twofour\n\nfive"},
		{14, "ctrl+w", "one two\nfour\n\nfive"},
		{14, "alt+d", "one two\nthree \n\nfive"},
		{14, "alt+u x", "one two\nthree FOURx\n\nfive"},
		{14, "alt+c", "one two\nthree Four\n\nfive"},
		{14, "up x", "one twxo\nthree four\n\nfive"},
		{14, "down x", text[:19] + "x" + text[19:]},
		{14, "down down x", text + "x"}, // the nearest to the column
		{14, "home x", "one two\nxthree four\n\nfive"},
		{14, "end x", "one two\nthree fourx\n\nfive"},
		{14, "ctrl+end x", text + "x"},
		{14, "ctrl+home x", "x" + text},
		{14, "ctrl+g x", "x"},
		{0, "backspace left up ctrl+w", text},
		{len(text), "delete right down ctrl+k", text},
	} {
		b := newBody(newStyles(true), Keys{}.editKeys(), text)
		b.width, b.height = 40, 10
		b.goTo(test.at)
		for _, name := range strings.Fields(test.keys) {
			press, err := uitest.Key(name)
			if err != nil {
				t.Fatal(err)
			}
			b.update(press)
		}
		if got := b.text(); got != test.want {
			t.Errorf("%s: %q, want %q", test.keys, got, test.want)
		}
	}
}

func TestBreakLine(t *testing.T) {
	for _, test := range []struct {
		line  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"abc", 5, []string{"abc"}},
		{"ab cd ef", 5, []string{"ab cd ", "ef"}},
		{"abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"ab cdefgh", 4, []string{"ab ", "cdef", "gh"}},
		{"ab       cd", 4, []string{"ab       ", "cd"}},
		{"日本語日本語", 5, []string{"日本", "語日", "本語"}},
		{"日", 1, []string{"日"}},
		{"a\tb", 8, []string{"a\t", "b"}},
	} {
		var got []string
		for _, r := range breakLine(test.line, test.width) {
			got = append(got, test.line[r.start:r.end])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q in %d columns: %q, want %q", test.line, test.width, got, test.want)
		}
	}
}

// BenchmarkBodyKey is a key in a text, with its frame.
func BenchmarkBodyKey(b *testing.B) {
	for _, lines := range []int{20, 500, 20_000} {
		b.Run(strconv.Itoa(lines), func(b *testing.B) {
			t := newBody(newStyles(true), Keys{}.editKeys(), strings.Repeat("> A line of about fifty bytes, as in most letters.\n", lines))
			t.setFocus(true)
			t.goTo(len(t.content) / 2)
			typed, back := tea.KeyPressMsg{Code: 'm', Text: "m"}, tea.KeyPressMsg{Code: tea.KeyBackspace}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				key := typed
				if n%2 == 1 {
					key = back
				}
				t.update(key)
				t.view(80, 24)
			}
		})
	}
}

// Whatever the text is and whatever is pressed, the cursor is on the screen, before a
// whole character, and deleting what was typed gives the text back.
func FuzzBody(f *testing.F) {
	names := strings.Fields("left right up down home end pgup pgdown ctrl+left ctrl+right ctrl+home ctrl+end shift+left shift+down " +
		"backspace delete ctrl+w alt+d ctrl+k ctrl+u enter x alt+u alt+c ctrl+g")
	for _, text := range scripts {
		f.Add(text, []byte{11, 2, 2, 1, 14, 3, 18, 19, 21}, uint8(20))
	}
	f.Add("a\r\nb\r\n\r\n\xff\x00\t\u202e c", []byte{1, 1, 14, 11, 14, 0, 15, 13, 21, 24, 14}, uint8(3))
	f.Fuzz(func(t *testing.T, text string, keys []byte, width uint8) {
		b := newBody(newStyles(true), Keys{}.editKeys(), text)
		b.setFocus(true)
		columns := int(width%100) + 1
		for _, n := range keys {
			press, err := uitest.Key(names[int(n)%len(names)])
			if err != nil {
				t.Fatal(err)
			}
			b.update(press)
			lines, cursor := b.view(columns, 5)
			if cursor == nil || cursor.Y >= len(lines) || cursor.X > columns || len(lines) > 5 {
				t.Fatalf("%s: the cursor is at %v of %q", press, cursor, lines)
			}
			at := b.at
			if b.goTo(at); b.at != at {
				t.Fatalf("%s: the cursor is in the middle of a character of %q, at %d", press, b.content, at)
			}
		}
		before := b.text()
		if b.goTo(len(before)); before != "" && !plainASCII(before[len(before)-1]) {
			return // what is typed behind it may become a part of it
		}
		for range 3 {
			b.update(tea.KeyPressMsg{Code: 'x', Text: "x"})
		}
		for range 3 {
			b.update(tea.KeyPressMsg{Code: tea.KeyBackspace})
		}
		if b.text() != before {
			t.Fatalf("%q became %q", before, b.text())
		}
	})
}

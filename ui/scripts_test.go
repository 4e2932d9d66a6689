package ui

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// scripts are texts whose width is not the number of their characters.
var scripts = map[string]string{
	"chinese":    strings.Repeat("季度数据已经附上请看第三页。", 12),
	"japanese":   "ありがとうございます。" + strings.Repeat("データ", 30),
	"korean":     "안녕하세요 " + strings.Repeat("감사합니다 ", 20),
	"hebrew":     "שלום, המספרים מצורפים " + strings.Repeat("תודה רבה ", 20),
	"arabic":     "مرحبا " + strings.Repeat("شكرا جزيلا ", 20),
	"mixed":      "abc שלום def مرحبا 123 日本 x",
	"devanagari": strings.Repeat("नमस्ते क्षत्रिय ", 10),
	"thai":       strings.Repeat("สวัสดีครับ", 15),
	"emoji":      strings.Repeat("👩‍👩‍👧‍👦👍🏽❤️🏳️‍🌈1️⃣🇩🇪 ok ", 12),
	"combining":  strings.Repeat("e\u0301a\u0300\u0302 ", 40),
	"no spaces":  strings.Repeat("x", 500),
	"controls":   "a\tb\u200b\u202ec\u2028d\x1b[31me",
}

func TestCompose_EveryScriptFitsEveryWidth(t *testing.T) {
	for name, text := range scripts {
		t.Run(name, func(t *testing.T) {
			tell(t, 80, 24, nil, nil, func(s *story) {
				s.Keys("m")
				s.paste(text)
				s.Keys("tab")
				s.paste(text)
				s.body()
				s.paste(text + "\n" + text)
				for width := 20; width <= 130; width += 10 {
					s.Resize(width, 16)
					for f := fieldTo; f < fields; f++ {
						if !s.model.composer().visible(f) {
							continue
						}
						s.model.composer().setFocus(f)
						bad := append(s.Overflow(), s.spill()...)
						if x, y, shown := s.Cursor(); !shown || x < 0 || x >= width || y < 0 || y >= 16 {
							s.t.Errorf("at %d columns the cursor of field %d is at %d, %d (%v)", width, f, x, y, shown)
						}
						if len(bad) > 0 {
							s.t.Fatalf("at %d columns: %v", width, bad)
						}
					}
				}
			})
		})
	}
}

// What is typed around wide characters, back and forth, is the text that it looks
// like.
func TestCompose_EditsBetweenWideCharacters(t *testing.T) {
	tell(t, 40, 16, nil, nil, func(s *story) {
		s.Keys("m")
		s.body()
		s.Type("日本語 שלום ok")
		s.Keys("home", "right", "right")
		s.Type("x")
		s.Keys("end", "ctrl+w")
		s.Type("👍")
		s.Keys("left", "backspace")
		if got := s.model.composer().body.text(); got != "日本x語 שלום👍" {
			s.t.Errorf("the text is %q", got)
		}
		s.Keys("ctrl+home", "delete")
		if got := s.model.composer().body.text(); got != "本x語 שלום👍" || !utf8.ValidString(got) {
			s.t.Errorf("the text is %q", got)
		}
	})
}

func TestCompose_MovesAndDeletesByWords(t *testing.T) {
	for _, keys := range [][4]string{{"alt+b", "alt+f", "ctrl+w", "alt+d"}, {"ctrl+left", "ctrl+right", "alt+backspace", "alt+delete"}} {
		tell(t, 80, 24, nil, nil, func(s *story) {
			s.Keys("m", "tab") // a line, then the text
			for _, toText := range []bool{false, true} {
				if toText {
					s.body()
				}
				value := func() string {
					d := s.model.composer().draft()
					if toText {
						return d.Body
					}
					return d.Subject
				}
				s.Type("one two three four")
				s.Keys(keys[0], keys[0])
				s.Type("X")
				s.Keys(keys[1])
				s.Type("Y")
				if got := value(); got != "one two XthreeY four" {
					s.t.Errorf("%v moved to %q", keys, got)
				}
				s.Keys(keys[2])
				if got := value(); got != "one two  four" {
					s.t.Errorf("%s left %q", keys[2], got)
				}
				s.Keys("home", keys[3])
				if got := strings.TrimLeft(value(), " "); got != "two  four" {
					s.t.Errorf("%s left %q", keys[3], got)
				}
			}
		})
	}
}

// A text of 100 kB is kept whole, and is typed into where the cursor stands.
func TestCompose_ALongPasteIsKeptWhole(t *testing.T) {
	text := strings.Repeat("季度 figures 👍 and so on\n", 100_000/32)
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.body()
		s.paste(text)
		s.Advance(2 * time.Second)
		if d := s.saved(); d.Body != text {
			s.t.Errorf("saved are %d of %d bytes", len(d.Body), len(text))
		}
		s.Keys("ctrl+home", "x", "down", "end", "left", "y")
		lines := strings.SplitN(text, "\n", 3)
		if got, want := s.model.composer().body.text(), "x"+lines[0]+"\n"+strings.TrimSuffix(lines[1], "n")+"yn\n"+lines[2]; got != want {
			s.t.Errorf("there are %d of %d bytes, beginning with %q", len(got), len(want), got[:100])
		}
		s.Keys("alt+z", "alt+z", "alt+z")
		if got := s.model.composer().body.text(); got != "\n\n-- \nAda\nexample.org" { // which body has taken away in another way
			s.t.Errorf("undone there are %d bytes", len(got))
		}
	})
}

package cli

import (
	"os"
	"testing"
)

func TestInLines_BreaksBetweenWords(t *testing.T) {
	for _, test := range []struct {
		text, indent string
		width        int
		want         string
	}{
		{"one two three", "", 0, "one two three"},
		{"one two three", "", 13, "one two three"},
		{"one two three", "", 12, "one two\nthree"},
		{"one two three", "  ", 7, "one two\n  three"},
		{"in /a/very/long/way.toml it stands", "", 10, "in /a/very/long/way.toml\nit stands"},
		{"/a/very/long/way.toml", "# ", 10, "/a/very/long/way.toml"},
		{"# /a/very/long/way.toml it", "# ", 10, "# /a/very/long/way.toml\n# it"},
		{"one\n  two three\n\nfour", "", 9, "one\n  two\nthree\n\nfour"},
		{"日本語 日本語", "", 8, "日本語\n日本語"},
	} {
		if got := inLines(test.text, test.indent, test.width); got != test.want {
			t.Errorf("%q in %d columns is %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

// What is read by a program has no lines that depend on a terminal.
func TestWidthOf_IsNoneOfAFile(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/errors")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if width := widthOf(file); width != 0 {
		t.Errorf("%d columns", width)
	}
}

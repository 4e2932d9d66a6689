package compose

import (
	"strings"
	"testing"
)

func TestIsSigned(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "Hello": false, "Hello\n-- \nAda": true, "Hello\r\n-- \r\nAda": true, "-- \nAda": true, "Hello\n-- ": true,
		"Hello\n--\nAda":  true, // an editor took the blank
		"Hello\n---\nAda": false, "Hello -- \nAda": false, "> -- \n> Ada": false, "--  \nAda": false,
	} {
		if got := IsSigned(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestSignHTML_IsASignatureInTheTextToo(t *testing.T) {
	for _, source := range []string{
		"<p>Hello</p>", "<html><body><p>Hello</p></body></html>\n", "<BODY><p>Hello</p></BODY>", "<html><p>Hello</p>\n</HTML>", "<p>Hello</p><!-- </body> --> ",
	} {
		d := plainDraft()
		d.Style, d.Body = StyleHTML, SignHTML(source, "Ada <b>\nexample.org")
		if text := d.PlainBody(); !strings.HasSuffix(text, "Hello\n\n-- \nAda <b>\nexample.org\n") && !strings.HasSuffix(text, "Hello\n-- \nAda <b>\nexample.org\n") {
			t.Errorf("%s is read as %q", d.Body, text)
		}
		if _, after, _ := strings.Cut(d.Body, "example.org</div>\n"); strings.Contains(after, "Hello") || !strings.HasSuffix(d.Body, after) {
			t.Errorf("it is signed as %s", d.Body)
		}
	}
	if got := SignHTML("<p>x</p>", ""); got != "<p>x</p>" {
		t.Errorf("without a signature: %s", got)
	}
}

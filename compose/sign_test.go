package compose

import (
	"strings"
	"testing"
)

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

package compose

import (
	"html"
	"regexp"
	"strings"
)

// Sign is a text with a signature below it, as RFC 3676 §4.3 wants it.
func Sign(text, signature string) string {
	if signature == "" {
		return text
	}
	return text + "\n" + signatureSeparator + "\n" + signature
}

// SignHTML is HTML with a signature at its end, which is one in the text that is made of
// it too.
func SignHTML(source, signature string) string {
	if signature == "" {
		return source
	}
	var b strings.Builder
	b.WriteString("<div>-- ")
	for line := range lines(signature) {
		b.WriteString("<br>\n" + html.EscapeString(line))
	}
	b.WriteString("</div>\n")
	at := len(source)
	if ends := bodyEnd.FindAllStringIndex(source, -1); ends != nil {
		at = ends[len(ends)-1][0]
	}
	return source[:at] + b.String() + source[at:]
}

var bodyEnd = regexp.MustCompile(`(?i)</(body|html)\s*>(\s*</html\s*>)?\s*$`)

// IsSigned tells that a line of a text stands above a signature. Some editors take the
// blank off its end.
func IsSigned(text string) bool {
	for line := range lines(text) {
		if line == signatureSeparator || line == strings.TrimSuffix(signatureSeparator, " ") {
			return true
		}
	}
	return false
}

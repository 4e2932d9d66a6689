package compose

import (
	"archive/zip"
	"bytes"
	"maps"
	"strings"
	"testing"
)

func TestMediaType_ComesFromContentAndName(t *testing.T) {
	utf8 := map[string]string{"charset": "utf-8"}
	archive := zipFile(t)
	tests := []struct {
		title, wanted, name, content string
		mediaType                    string
		params                       map[string]string
	}{
		{"content", "", "a", "%PDF-1.7\n", "application/pdf", nil},
		{"content against the name", "", "a.txt", "%PDF-1.7\n", "application/pdf", nil},
		{"text", "", "a.txt", "hello", "text/plain", utf8},
		{"text that looks like CSV", "", "notes.TXT", "a,b\n1,2\n3,4\n", "text/plain", utf8},
		{"CSV", "", "a.csv", "hello", "text/csv", utf8},
		{"Markdown", "", "a.md", "# hello", "text/markdown", utf8},
		{"JSON", "", "a.json", "{}", "application/json", nil},
		{"Latin-1 text", "", "a.txt", "Gr\xfc\xdfe", "text/plain", nil},
		{"text cut in a character", "", "a.txt", strings.Repeat("x", sniffBytes-1) + "\xc3", "text/plain", utf8},
		{"binary called text", "", "a.txt", "\x00\x01\x02\xff", octetStream, nil},
		{"office document", "", "a.docx", archive, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", nil},
		{"archive", "", "a.zip", archive, "application/zip", nil},
		{"unknown", "", "a.bin", "\x00\x01\x02\xff", octetStream, nil},
		{"nothing in it", "", "a.txt", "", "text/plain", utf8},
		{"asked for", "Text/X-Special; Charset=latin1; name=x", "a.txt", "hello", "text/x-special", map[string]string{"charset": "latin1"}},
		{"asked for nonsense", "not a type", "a.txt", "hello", "text/plain", utf8},
		{"asked for half a type", "text", "a.txt", "hello", "text/plain", utf8},
		{"asked for a line break", "text/x; a=\"b\r\nBcc: c\"", "a.txt", "hello", "text/plain", utf8},
		// RFC 2045 §6.4: these may not be base64
		{"saved mail", "", "a.eml", "Received: from a\r\nFrom: a@b.org\r\nTo: c@d.org\r\n\r\nhello", octetStream, nil},
		{"asked for a message", "message/rfc822", "a.eml", "From: a@b.org", octetStream, nil},
		{"asked for multipart", "multipart/mixed; boundary=x", "a", "", octetStream, nil},
	}
	for _, test := range tests {
		t.Run(test.title, func(t *testing.T) {
			mediaType, params := mediaType(test.wanted, test.name, []byte(test.content))
			if mediaType != test.mediaType || len(params) != len(test.params) && test.mediaType != octetStream || test.params != nil && !maps.Equal(params, test.params) {
				t.Errorf("type is %s %v, want %s %v", mediaType, params, test.mediaType, test.params)
			}
		})
	}
}

func zipFile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("notes.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

package compose

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sendoff/internal/readers"
)

// FuzzBuild builds any draft: it is either refused before the first byte, or
// gives a message that keeps the rules of the wire and says what the draft said.
func FuzzBuild(f *testing.F) {
	f.Add("ada@example.org", "bob@example.net", "", "", "Hello", "X-A", "b", "text\n", "a.txt", "")
	f.Add("Ädä <a@exämple.org>", "T: a@b.org; c@d.org", "\"x, y\" <z@b.org>", "s@b.org", "Grüße", "Bcc", "x@y.org", "From \n.\r\n\r", "Grüße \".bin", "text/plain; a=b")
	f.Add("a@b.org", "jürgen@b.org", "", "", strings.Repeat("x", 1200), "References", "<a@b> <c@d>", strings.Repeat("日本", 600), "\u202e\r\n", "message/rfc822")
	dir := f.TempDir()
	path := filepath.Join(dir, "file")
	content := []byte("From x\r\n.\r\n--=_\x00")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, from, to, cc, bcc, subject, headerName, headerValue, body, fileName, fileType string) {
		d := Draft{
			From: from, To: to, Cc: cc, Bcc: bcc, Subject: subject, Body: body,
			Headers: []Header{{headerName, headerValue}}, Attachments: []Attachment{{path, fileName, fileType}},
		}
		var b bytes.Buffer
		e, err := Build(&b, d, testStamp)
		if err != nil {
			if b.Len() > 0 || len(d.Check()) == 0 || !clean(err.Error()) {
				t.Errorf("error %q, %d bytes written", err.Error(), b.Len())
			}
			return
		}
		checkWire(t, b.Bytes(), d, e)
		if len(e.Recipients) == 0 || e.From == "" {
			t.Errorf("envelope is %+v", e)
		}
		r := readers.GoMessage(t, b.Bytes())
		if want := strings.TrimSpace(strings.ReplaceAll(subject, "\t", " ")); r.Subject != want {
			t.Errorf("subject is read as %q, want %q", r.Subject, want)
		}
		text := ""
		for line := range lines(body) {
			text += line + "\n"
		}
		if r.Text != text {
			t.Errorf("text is read as %q, want %q", r.Text, text)
		}
		if len(r.Files) != 1 || r.Files[0].SHA256 != readers.Sum(content) {
			t.Errorf("files are read as %+v", r.Files)
		}
		checkAddresses(t, "from", r.From, from)
		checkAddresses(t, "cc", r.Cc, cc)
	})
}

func checkAddresses(t *testing.T, what string, got []readers.Address, typed string) {
	t.Helper()
	var want []readers.Address
	for _, a := range namesOf(typed) {
		spec, err := a.ASCII()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(spec, "]") {
			return // net/mail knows fewer literals
		}
		want = append(want, mailbox(a.Name, spec))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s is read as %q, want %q", what, got, want)
	}
}

package compose

import (
	"bytes"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
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
			Headers: []Header{{headerName, headerValue}}, Attachments: []Attachment{{path, fileName, fileType, 0, 0}},
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

// FuzzFields: what goes in as a header comes back equal, once, or is refused. The name of
// a file does too, or it is told that it is another one. It is read by Go's own packages.
func FuzzFields(f *testing.F) {
	f.Add("X-A", "b", "a.txt")
	f.Add("References", " <a@b>  <c@d>\t", "Grüße \"x\".pdf")
	f.Add("X-B", "=?utf-8?q?x?= 日本 "+strings.Repeat("word ", 300), "a=?utf-8?q?x?=\r\n.txt")
	f.Add("Bcc", "a@b\r\nX: y", "../\u202e")
	f.Add("Disposition-Notification-To", "Ü Müller <a@b.example>, \"x, y\" <c@d.example>", "a\tb.txt")
	f.Add("List-Id", "Gärtner =?x <garden.example>", "back\\slash.txt")
	f.Add("List-Unsubscribe", "<https://a.example/?a=?b> (x)", "\u00a0x ")
	dir := f.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, value, file string) {
		d := plainDraft()
		d.Headers, d.Attachments = []Header{{name, value}}, []Attachment{{path, file, "application/x-test", 0, 0}}
		var b bytes.Buffer
		e, err := Build(&b, d, testStamp)
		if err != nil {
			if b.Len() > 0 || !clean(err.Error()) {
				t.Errorf("error %q, %d bytes written", err.Error(), b.Len())
			}
			return
		}
		checkWire(t, b.Bytes(), d, e)
		m, err := mail.ReadMessage(&b)
		if err != nil {
			t.Fatal(err)
		}
		fields := m.Header[textproto.CanonicalMIMEHeaderKey(name)]
		if len(fields) != 1 {
			t.Fatalf("%q stands there %d times", name, len(fields))
		}
		checkFurther(t, name, fields[0], value)
		_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		parts := multipart.NewReader(m.Body, params["boundary"])
		if _, err := parts.NextPart(); err != nil {
			t.Fatal(err)
		}
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		_, disposition, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		want, given := file, d.Attachments[0]
		if sent, isOther := given.SentAs(); isOther {
			want = sent
		} else if want == "" {
			want = filepath.Base(path)
		}
		if err != nil || disposition["filename"] != want {
			t.Errorf("file %q is read as %q, %v, and nobody is told", file, disposition["filename"], err)
		}
		_, kind, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || kind["name"] != disposition["filename"] {
			t.Errorf("file %q is also called %q, %v", disposition["filename"], kind["name"], err)
		}
	})
}

// checkFurther compares a further field as it is read with what was typed.
func checkFurther(t *testing.T, name, read, typed string) {
	t.Helper()
	switch shapeOf(name) {
	case shapeAddresses:
		list, err := mail.ParseAddressList(read)
		if err != nil {
			if !strings.Contains(read, "[") { // net/mail knows fewer literals
				t.Errorf("%s is written as %q: %v", name, read, err)
			}
			return
		}
		var got []readers.Address
		for _, a := range list {
			got = append(got, mailbox(a.Name, a.Address))
		}
		checkAddresses(t, name, got, typed)
	case shapeIDs, shapeList:
		if !slices.Equal(strings.Fields(read), strings.Fields(typed)) {
			t.Errorf("%q is written as %q", typed, read)
		}
	case shapeListID:
		if _, id, ok := cutListID(typed); !ok || !strings.HasSuffix(read, id) {
			t.Errorf("%q is written as %q", typed, read)
		}
	default:
		got, err := new(mime.WordDecoder).DecodeHeader(read)
		if want := strings.TrimSpace(strings.ReplaceAll(typed, "\t", " ")); err != nil || got != want {
			t.Errorf("%q is read as %q, %v", want, got, err)
		}
	}
}

// FuzzStyles builds every kind of tree from any text.
func FuzzStyles(f *testing.F) {
	f.Add("**a** ![x](logo.png)\n> From b\n.\n-- \nc", byte(1), true)
	f.Add("<p>a<img src='cid:logo.png'>\r<br>\x0b", byte(3), false)
	f.Add("| a |\n|---|\n| "+strings.Repeat("long ", 300)+" |", byte(2), true)
	dir := f.TempDir()
	path := filepath.Join(dir, "logo.png")
	if err := os.WriteFile(path, pixel(f), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string, style byte, flowed bool) {
		d := plainDraft()
		d.Body, d.Style, d.Flowed = body, styles[int(style)%len(styles)], flowed
		if strings.Contains(body, "logo.png") {
			d.Inline = []Image{{Attachment: Attachment{Path: path}}}
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
		r := readers.GoMessage(t, b.Bytes())
		want := ""
		for line := range lines(body) {
			want += line + "\n"
		}
		isFlowed := flowed && d.Style != StylePlain // see FuzzFlow
		if !isFlowed && d.Style != StyleHTML && r.Text != want {
			t.Errorf("text is read as %q, want %q", r.Text, want)
		}
		for _, image := range r.Images {
			if !strings.Contains(r.HTML, "cid:"+image.ID) {
				t.Errorf("the image is not shown by %q", r.HTML)
			}
		}
		if len(r.Images) != len(d.Inline) {
			t.Errorf("%d images", len(r.Images))
		}
	})
}

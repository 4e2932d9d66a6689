package compose

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"strings"
	"testing"

	"sendoff/internal/readers"
)

const savedMail = "Received: from a\n\tby b\nFrom: Ana <ana@example.org>\nSubject: Figures\nMIME-Version: 1.0\n\nFrom here\n.\n--=_x\nlast"

func TestSavedMessage_IsAttachedAsOne(t *testing.T) {
	want := strings.ReplaceAll(savedMail, "\n", "\r\n") + "\r\n"
	for _, content := range []string{savedMail, want} {
		path, _ := writeFile(t, "a.eml", []byte(content))
		d := plainDraft()
		d.Attachments = []Attachment{{Path: path}, {Path: path, Name: "noted", Type: "message/rfc822"}}
		raw, _ := build(t, d)
		outline, problems := d.Outline()
		stamp, err := NewStamp(d.From, testStamp.Date) // as long as the one that the outline takes
		if err != nil {
			t.Fatal(err)
		}
		var sized bytes.Buffer
		if _, err := Build(&sized, d, stamp); err != nil {
			t.Fatal(err)
		}
		if len(problems) > 0 || outline.Size != int64(sized.Len()) || outline.Parts[1].Type != "message/rfc822" {
			t.Errorf("%v, size %d of %d, %v", problems, outline.Size, sized.Len(), outline.Parts)
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		_, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
		parts := multipart.NewReader(m.Body, params["boundary"])
		_, _ = parts.NextPart()
		for range d.Attachments {
			part, err := parts.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(part)
			if encoding := part.Header.Get("Content-Transfer-Encoding"); err != nil || encoding != "7bit" || !strings.HasPrefix(part.Header.Get("Content-Type"), "message/rfc822;") || string(got) != want {
				t.Errorf("%v %q, %v", part.Header, got, err)
			}
		}
		if r := pythonReads(t, raw); r.Tree != "mixed(text/plain rfc822(text/plain) rfc822(text/plain))" {
			t.Errorf("the tree is %s", r.Tree)
		}
	}
}

// What some server may not take, or what is no message, keeps its bytes.
func TestSavedMessage_ThatCannotTravelAsItIsStaysOctets(t *testing.T) {
	for name, content := range map[string]string{
		"Latin-1": savedMail + "\xfc", "UTF-8": savedMail + "ü", "NUL": savedMail + "\x00", "bare CR": savedMail + "\r.\n", "long line": savedMail + strings.Repeat("x", 999),
		"no header": "Hello\n\nFrom: a@b\n", "other fields": "X-A: b\n\nText\n", "mbox": "From ana Mon\nFrom: a@b\n\nText\n", "fold at once": " x\nFrom: a@b\n\n",
	} {
		path, sum := writeFile(t, "a.eml", []byte(content))
		d := plainDraft()
		d.Attachments = []Attachment{{Path: path}}
		raw, _ := build(t, d)
		if r := readers.GoMessage(t, raw); len(r.Files) != 1 || r.Files[0].Type == messageType || r.Files[0].SHA256 != sum {
			t.Errorf("%s: %+v", name, r.Files)
		}
	}
	path, _ := writeFile(t, "a.eml", []byte(savedMail))
	for _, protection := range protections[2:] {
		d := plainDraft()
		d.Attachments, d.Protection = []Attachment{{Path: path}}, protection
		if outline, problems := d.Outline(); len(problems) > 0 || outline.Parts[1].Type != octetStream {
			t.Errorf("%s: %+v, %v", protection, outline.Parts, problems)
		}
	}
}

func TestSavedMessage_ThatChangesIsAnError(t *testing.T) {
	path, _ := writeFile(t, "a.eml", []byte(savedMail))
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path}}
	w := &onFirstWrite{do: func() {
		if err := os.WriteFile(path, []byte(savedMail+"!"), 0o600); err != nil {
			t.Error(err)
		}
	}}
	d.Body = strings.Repeat("Hello\n", writeBuffer) // so that the first of it is written before the file is
	if _, err := Build(w, d, testStamp); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("Build: %v", err)
	}
}

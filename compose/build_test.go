package compose

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/readers"
)

// everyReader runs a check on what each reader makes of a message.
func everyReader(t *testing.T, raw []byte, check func(t *testing.T, r readers.Reading)) {
	t.Helper()
	t.Run("go-message", func(t *testing.T) { check(t, readers.GoMessage(t, raw)) })
	t.Run("python", func(t *testing.T) { check(t, pythonReads(t, raw)) })
}

func TestBuild_IsReadBackByOtherPrograms(t *testing.T) {
	pdf, pdfSum := writeFile(t, "a.pdf", append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{0, 255, '\r', '\n', '.'}, 50_000)...))
	odd, oddSum := writeFile(t, "Grüße.bin", []byte("From x\n.\n\r\r\n\x00"))
	text, textSum := writeFile(t, "notes.txt", []byte("a\nb\r\nc\rd"))
	short, shortSum := writeFile(t, "short", []byte("x"))
	d := Draft{
		From:    "Ädä Löve <ada@example.org>",
		To:      `"Lovelace, Ada" <a@example.net>; Bob <bob@exämple.org>, "a b"@example.net`,
		Cc:      "山田太郎 <yamada@example.jp>",
		Bcc:     "secret@example.com",
		ReplyTo: "team@example.org",
		Subject: "Grüße aus Köln – 日本語 🚀",
		Body:    "Hello,\r\n\nFrom here\n.\n..\nGrüße\n",
		Attachments: []Attachment{
			{Path: pdf}, {Path: odd}, {Path: text, Name: "../notes \"2\".txt"}, {Path: short},
		},
	}
	raw, envelope := build(t, d)
	want := Envelope{From: "ada@example.org", Recipients: []string{"a@example.net", "bob@xn--exmple-cua.org", `"a b"@example.net`, "yamada@example.jp", "secret@example.com"}}
	if envelope.From != want.From || !slices.Equal(envelope.Recipients, want.Recipients) || envelope.EightBit || envelope.UTF8 {
		t.Errorf("envelope is %+v, want %+v", envelope, want)
	}
	if bytes.Contains(bytes.ToLower(raw), []byte("secret@")) || bytes.Contains(bytes.ToLower(raw), []byte("bcc")) {
		t.Error("the blind copy shows in the message")
	}
	everyReader(t, raw, func(t *testing.T, r readers.Reading) {
		same(t, "from", r.From, []readers.Address{mailbox("Ädä Löve", "ada@example.org")})
		same(t, "to", r.To, []readers.Address{mailbox("Lovelace, Ada", "a@example.net"), mailbox("Bob", "bob@xn--exmple-cua.org"), mailbox("", `"a b"@example.net`)})
		same(t, "cc", r.Cc, []readers.Address{mailbox("山田太郎", "yamada@example.jp")})
		same(t, "reply-to", r.ReplyTo, []readers.Address{mailbox("", "team@example.org")})
		same(t, "subject", []string{r.Subject}, []string{d.Subject})
		same(t, "text", []string{r.Text}, []string{"Hello,\n\nFrom here\n.\n..\nGrüße\n"})
		same(t, "files", r.Files, []readers.File{
			attached("a.pdf", "application/pdf", pdfSum),
			attached("Grüße.bin", "application/octet-stream", oddSum),
			attached(`notes "2".txt`, "text/plain", textSum),
			attached("short", "text/plain", shortSum),
		})
	})
}

func same[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s is read as %+v, want %+v", what, got, want)
	}
}

func TestBuild_GivesTheSameBytesAnywhere(t *testing.T) {
	path, _ := writeFile(t, "data.csv", bytes.Repeat([]byte("a,b,c\n1,2,3\n"), 10_000))
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path}}
	first, _ := build(t, d)

	t.Setenv("TZ", "Asia/Tokyo")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("USER", "someone")
	old := time.Local
	t.Cleanup(func() { time.Local = old })
	time.Local = time.FixedZone("far", 9*3600)
	again, _ := build(t, d)
	if !bytes.Equal(first, again) {
		t.Error("the same draft, file and stamp gave other bytes")
	}
	if !bytes.Contains(first, []byte("Date: Mon, 23 Nov 2026 11:30:00 +0000\r\n")) {
		t.Errorf("the date is not in UTC:\n%.200s", first)
	}
	if host, err := os.Hostname(); err == nil && len(host) > 3 && bytes.Contains(first, []byte(host)) {
		t.Errorf("the host name %q is in the message", host)
	}
}

func TestBuild_WritesFieldsInAFixedOrder(t *testing.T) {
	d := plainDraft()
	d.Cc, d.ReplyTo = "c@example.org", "r@example.org"
	d.Headers = []Header{{"X-Second", "2"}, {"A-First", "1"}, {"X-Second", "3"}}
	raw, _ := build(t, d) // checkWire compares the order
	want := "X-Second: 2\r\nA-First: 1\r\nX-Second: 3\r\nMIME-Version: 1.0\r\n"
	if !strings.Contains(string(raw), want) {
		t.Errorf("further fields are not as they were given:\n%s", raw)
	}
}

func TestBuild_PutsTheSenderInToWhenOnlyBccIsGiven(t *testing.T) {
	d := plainDraft()
	d.To, d.Bcc = "undisclosed-recipients:;", "bob@example.net, bob@EXAMPLE.net, Bob@example.net"
	raw, e := build(t, d)
	same(t, "to", readers.GoMessage(t, raw).To, []readers.Address{mailbox("Ada", "ada@example.org")})
	same(t, "recipients", e.Recipients, []string{"bob@example.net", "Bob@example.net"})

	raw, e = build(t, d.With(Habits{Undisclosed: true}, testStamp.Date))
	if !bytes.Contains(raw, []byte("\r\nTo: undisclosed-recipients:;\r\n")) {
		t.Errorf("To is not as it was wished:\n%s", raw)
	}
	everyReader(t, raw, func(t *testing.T, r readers.Reading) { same(t, "to", r.To, nil) })
	same(t, "recipients", e.Recipients, []string{"bob@example.net", "Bob@example.net"})
}

func TestBuild_NeedsSMTPUTF8OnlyForANonASCIIMailbox(t *testing.T) {
	tests := []struct {
		name           string
		change         func(*Draft)
		utf8, eightBit bool
	}{
		{"domain", func(d *Draft) { d.To = "bob@exämple.org" }, false, false},
		{"name", func(d *Draft) { d.To = "Böb <bob@example.org>" }, false, false},
		{"recipient", func(d *Draft) { d.To = "böb@example.org" }, true, true},
		{"sender", func(d *Draft) { d.From = "ädä@example.org" }, true, true},
		{"reply-to", func(d *Draft) { d.ReplyTo = "ädä@example.org" }, true, true},
		{"blind copy", func(d *Draft) { d.Bcc = "böb@example.org" }, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := plainDraft()
			test.change(&d)
			_, e := build(t, d)
			if e.UTF8 != test.utf8 || e.EightBit != test.eightBit {
				t.Errorf("UTF8 %v, EightBit %v, want %v, %v", e.UTF8, e.EightBit, test.utf8, test.eightBit)
			}
		})
	}
}

// A multipart message whose text holds the boundary would be cut there.
func TestBuild_TakesABoundaryThatIsNotInTheText(t *testing.T) {
	path, sum := writeFile(t, "a.bin", []byte("content"))
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path}}
	first := testStamp.boundaries(nil)()
	d.Body = "--" + first + "\n\n--" + first + "--\n"
	raw, _ := build(t, d)
	everyReader(t, raw, func(t *testing.T, r readers.Reading) {
		same(t, "text", []string{r.Text}, []string{d.Body})
		same(t, "files", r.Files, []readers.File{attached("a.bin", "text/plain", sum)})
	})
}

func TestBuild_RefusesAStampThatBreaksTheHeader(t *testing.T) {
	for _, s := range []Stamp{
		{},
		{MessageID: "<a@b>"},
		{MessageID: "a@b", Date: testStamp.Date},
		{MessageID: "<a@b>\r\nBcc: x@y", Date: testStamp.Date},
		{MessageID: "<a b@c>", Date: testStamp.Date},
		{MessageID: "<a@b>", Date: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		var b bytes.Buffer
		if _, err := Build(&b, plainDraft(), s); err == nil || b.Len() > 0 {
			t.Errorf("stamp %+v: error %v, %d bytes written", s, err, b.Len())
		}
	}
}

// go-message's CreatePart ignores the error of a header that it cannot write,
// and the body becomes header. makeHeader must refuse such a field before.
func TestMakeHeader_RefusesWhatWouldBreakTheMessage(t *testing.T) {
	for _, f := range []string{
		"X-A: b", "X-A: b\n", "X-A: b\rc\r\n", "X-A: b\nc\r\n", "X-A: b\x00\r\n", "X-A: b\r\nBcc: c\r\n",
		"X-A: b\r\n\r\n", "X-A: b\r\n \r\n c\r\n", "X-A: " + strings.Repeat("b", 1000) + "\r\n",
	} {
		if _, err := makeHeader([][]byte{[]byte(f)}); err == nil {
			t.Errorf("field %q was accepted", f)
		}
	}
	if _, err := makeHeader([][]byte{[]byte("X-A: b\r\n c\r\n")}); err != nil {
		t.Errorf("a folded field: %v", err)
	}
}

// failAfter is a writer that fails after some bytes.
type failAfter int

func (f *failAfter) Write(p []byte) (int, error) {
	if int(*f) < len(p) {
		return 0, syscall.ENOSPC
	}
	*f -= failAfter(len(p))
	return len(p), nil
}

func TestBuild_ReportsAnErrorOfTheWriter(t *testing.T) {
	path, _ := writeFile(t, "a.bin", make([]byte, 300_000))
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path}}
	raw, _ := build(t, d)
	for n := 0; n < len(raw); n += 10_000 {
		w := failAfter(n)
		_, err := Build(&w, d, testStamp)
		var field FieldError
		if !errors.Is(err, syscall.ENOSPC) || errors.As(err, &field) {
			t.Fatalf("writer that fails after %d bytes: %v", n, err)
		}
	}
}

func TestBuild_WritesNothingForADraftThatIsWrong(t *testing.T) {
	d := plainDraft()
	d.Attachments = []Attachment{{Path: filepath.Join(t.TempDir(), "missing")}}
	d.Subject = "a\nb"
	var b bytes.Buffer
	_, err := Build(&b, d, testStamp)
	if b.Len() > 0 {
		t.Errorf("%d bytes were written", b.Len())
	}
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 2 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

// A text as most are: 4 KB, nothing attached.
func BenchmarkBuildText(b *testing.B) {
	d := plainDraft()
	d.Body = strings.Repeat("The figures of last week are in, and they look as we had hoped.\n", 4<<10/64)
	b.SetBytes(int64(len(d.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Build(io.Discard, d, testStamp); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuild50MB(b *testing.B) {
	const size = 50 << 20
	path, _ := writeFile(b, "big.bin", bytes.Repeat([]byte("0123456789abcdef"), size/16))
	d := plainDraft()
	d.Attachments = []Attachment{{Path: path}}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Build(io.Discard, d, testStamp); err != nil {
			b.Fatal(err)
		}
	}
}

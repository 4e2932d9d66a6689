package compose

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/internal/readers"
)

var testStamp = Stamp{
	MessageID: "<0123456789abcdef@example.org>",
	Date:      time.Date(2026, 11, 23, 12, 30, 0, 0, time.FixedZone("", 3600)),
	Seed:      [16]byte{1, 2, 3},
}

// plainDraft is a draft that nothing is wrong with.
func plainDraft() Draft {
	return Draft{From: "Ada <ada@example.org>", To: "bob@example.net", Subject: "Hello", Body: "Hello Bob\n"}
}

func build(t testing.TB, d Draft) ([]byte, Envelope) {
	t.Helper()
	var b bytes.Buffer
	e, err := Build(&b, d, testStamp)
	if err != nil {
		t.Fatalf("Build: %v", err)
	}
	checkWire(t, b.Bytes(), d, e)
	return b.Bytes(), e
}

// mailbox and attached are what is expected of a reader.
func mailbox(name, address string) readers.Address {
	return readers.Address{Name: name, Address: address}
}

func attached(name, kind, sum string) readers.File {
	return readers.File{Name: name, NameParameter: name, Type: kind, SHA256: sum}
}

// writeFile makes a file and gives its path and SHA-256.
func writeFile(t testing.TB, name string, content []byte) (path, sum string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, readers.Sum(content)
}

var fieldStart = regexp.MustCompile(`^([!-9;-~]+):(?: (.*))?$`)

// checkWire checks what every message must keep, whatever it says.
func checkWire(t testing.TB, raw []byte, d Draft, e Envelope) {
	t.Helper()
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Errorf("message does not end in CRLF")
	}
	for i, line := range strings.Split(string(raw), "\r\n") {
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("line %d has a bare CR, a bare LF or a NUL: %q", i+1, line)
		}
		if len(line) > 998 {
			t.Errorf("line %d has %d octets", i+1, len(line))
		}
	}
	if high := bytes.ContainsFunc(raw, func(r rune) bool { return r >= 0x80 }); high != e.EightBit {
		t.Errorf("octets above 127: %v, envelope says %v", high, e.EightBit)
	}
	checkHeaderFields(t, raw, d)
}

func checkHeaderFields(t testing.TB, raw []byte, d Draft) {
	t.Helper()
	header, _, found := strings.Cut(string(raw), "\r\n\r\n")
	if !found {
		t.Fatalf("no end of the header in %q", raw)
	}
	var names []string
	for line := range strings.SplitSeq(header, "\r\n") {
		if strings.TrimSpace(line) == "" {
			t.Errorf("blank header line %q", line)
		}
		if strings.HasPrefix(line, " ") {
			continue
		}
		m := fieldStart.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("not a header line: %q", line)
			continue
		}
		names = append(names, m[1])
	}
	want := []string{"Date", "From", "To"}
	if len(namesOf(d.Cc)) > 0 {
		want = append(want, "Cc")
	}
	if len(namesOf(d.ReplyTo)) > 0 {
		want = append(want, "Reply-To")
	}
	want = append(want, "Subject", "Message-ID")
	for _, h := range d.Headers {
		want = append(want, h.Name)
	}
	want = append(want, "MIME-Version", "Content-Type")
	if !strings.Contains(header, "\r\nContent-Type: multipart/") {
		want = append(want, "Content-Transfer-Encoding")
	}
	if !slices.Equal(names, want) {
		t.Errorf("header fields are %q, want %q", names, want)
	}
}

func namesOf(list string) []Address {
	addresses, _ := ParseList(list)
	return addresses
}

// pythonReads reads a message with Python's email package, the reader that is
// most outspoken about defects.
func pythonReads(t testing.TB, raw []byte) readers.Reading {
	t.Helper()
	r := readers.Python(t, raw)
	if len(r.Defects) > 0 {
		t.Errorf("python3 found defects: %q", r.Defects)
	}
	return r
}

package compose

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"

	"sendoff/internal/peers"
)

// reading is what a reader makes of a message.
type reading struct {
	From    []readAddress `json:"from"`
	To      []readAddress `json:"to"`
	Cc      []readAddress `json:"cc"`
	ReplyTo []readAddress `json:"reply_to"`
	Subject string        `json:"subject"`
	Text    string        `json:"text"` // with "\n"
	HTML    string        `json:"html"` // with "\n"
	Tree    string        `json:"tree"` // "mixed(alternative(text/plain text/html) image/png)"
	Files   []readFile    `json:"files"`
	Images  []readFile    `json:"images"` // NameParameter is the Content-ID
	Defects []string      `json:"defects"`
}

type readAddress struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

type readFile struct {
	Name          string `json:"name"`
	NameParameter string `json:"name_parameter"`
	Type          string `json:"type"`
	SHA256        string `json:"sha256"`
}

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

// writeFile makes a file and gives its path and SHA-256.
func writeFile(t testing.TB, name string, content []byte) (path, sum string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, hexSum(content)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
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

// readGo reads a message with go-message.
func readGo(t testing.TB, raw []byte) reading {
	t.Helper()
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("read message: %v", err)
	}
	h := gomail.Header{Header: e.Header}
	r := reading{From: goAddresses(t, h, "From"), To: goAddresses(t, h, "To"), Cc: goAddresses(t, h, "Cc"), ReplyTo: goAddresses(t, h, "Reply-To")}
	if r.Subject, err = h.Subject(); err != nil {
		t.Errorf("read subject: %v", err)
	}
	r.Tree = r.addParts(t, e)
	return r
}

// addParts notes what a part holds, and gives its tree.
func (r *reading) addParts(t testing.TB, part *message.Entity) (tree string) {
	t.Helper()
	kind, params, err := part.Header.ContentType()
	if err != nil {
		t.Fatalf("read message: %v", err)
	}
	if inner := part.MultipartReader(); inner != nil {
		var trees []string
		for {
			p, err := inner.NextPart()
			if err == io.EOF {
				return strings.TrimPrefix(kind, "multipart/") + "(" + strings.Join(trees, " ") + ")"
			}
			if err != nil {
				t.Fatalf("read message: %v", err)
			}
			trees = append(trees, r.addParts(t, p))
		}
	}
	content, err := io.ReadAll(part.Body)
	if err != nil {
		t.Fatalf("read message: %v", err)
	}
	disposition, names, _ := part.Header.ContentDisposition()
	switch {
	case disposition == "attachment":
		r.Files = append(r.Files, readFile{Name: names["filename"], NameParameter: params["name"], Type: kind, SHA256: hexSum(content)})
	case disposition == "inline":
		id := strings.Trim(part.Header.Get("Content-Id"), "<>")
		r.Images = append(r.Images, readFile{Name: names["filename"], NameParameter: id, Type: kind, SHA256: hexSum(content)})
	case kind == "text/html":
		r.HTML = strings.ReplaceAll(string(content), "\r\n", "\n")
	default:
		r.Text = strings.ReplaceAll(string(content), "\r\n", "\n")
	}
	return kind
}

func goAddresses(t testing.TB, h gomail.Header, name string) []readAddress {
	t.Helper()
	if !h.Has(name) {
		return nil
	}
	list, err := h.AddressList(name)
	if err != nil {
		t.Errorf("read %s: %v", name, err)
	}
	var out []readAddress
	for _, a := range list {
		spec := (&mail.Address{Address: a.Address}).String() // with the quotes it needs
		out = append(out, readAddress{a.Name, strings.Trim(spec, "<>")})
	}
	return out
}

// readPython reads a message with Python's email package, the reader that is
// most outspoken about defects.
func readPython(t testing.TB, raw []byte) reading {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peers.Need(t, "python3"), filepath.Join("testdata", "read.py"))
	cmd.Stdin = bytes.NewReader(raw)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3: %v\n%s", err, stderr.Bytes())
	}
	var r reading
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("python3 wrote %q: %v", out, err)
	}
	if len(r.Defects) > 0 {
		t.Errorf("python3 found defects: %q", r.Defects)
	}
	return r
}

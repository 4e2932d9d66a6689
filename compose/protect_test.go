package compose

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"sendoff/internal/readers"
)

// notary is a Protector that shows what it was given.
type notary struct {
	asked   []Parties
	content string
	after   func() // the content was read
	err     error
}

func (n *notary) Sign(_ context.Context, p Parties, content Content) (Signature, error) {
	if err := n.take(p, content); err != nil {
		return Signature{}, err
	}
	return Signature{Armor: []byte("-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"), MICAlg: "pgp-sha256"}, nil
}

func (n *notary) Encrypt(_ context.Context, p Parties, w io.Writer, content Content) error {
	if err := n.take(p, content); err != nil {
		return err
	}
	_, err := io.WriteString(w, "-----BEGIN PGP MESSAGE-----\n\nBBBB\n-----END PGP MESSAGE-----\n")
	return err
}

func (n *notary) take(p Parties, content Content) error {
	n.asked = append(n.asked, p)
	var b bytes.Buffer
	if err := content(&b); err != nil {
		return err
	}
	n.content = b.String()
	if n.after != nil {
		n.after()
	}
	return n.err
}

func buildProtected(t testing.TB, d Draft, n *notary) []byte {
	t.Helper()
	var b bytes.Buffer
	e, err := BuildProtected(t.Context(), &b, d, testStamp, n)
	if err != nil {
		t.Fatalf("BuildProtected: %v", err)
	}
	checkWire(t, b.Bytes(), d, e)
	return b.Bytes()
}

func TestBuildProtected_ASignatureStandsBehindExactlyWhatWasSigned(t *testing.T) {
	path, sum := writeFile(t, "a.bin", bytes.Repeat([]byte{0, 1, 2, '\n'}, 100_000))
	d := plainDraft()
	d.Body, d.Protection = "two blanks  \n.dot\nFrom here\nGrüße\n", Signed
	d.Attachments = []Attachment{{Path: path}}
	n := new(notary)
	raw := string(buildProtected(t, d, n))

	_, rest, _ := strings.Cut(raw, "\r\n\r\n--")
	boundary, rest, _ := strings.Cut(rest, "\r\n")
	content, _, found := strings.Cut(rest, "\r\n--"+boundary+"\r\n")
	if !found || content != n.content {
		t.Errorf("signed were %d octets, and between the boundaries stand %d", len(n.content), len(content))
	}
	if got, err := ProtectionOf(strings.NewReader(raw)); got != Signed || err != nil {
		t.Errorf("it is said to be %s, %v", got, err)
	}
	everyReader(t, []byte(raw), func(t *testing.T, r readers.Reading) {
		same(t, "tree", []string{r.Tree}, []string{"signed(mixed(text/plain application/octet-stream) application/pgp-signature)"})
		same(t, "text", []string{r.Text}, []string{d.Body})
		same(t, "files", r.Files[:1], []readers.File{attached("a.bin", "application/octet-stream", sum)})
	})
	if !strings.Contains(raw, "Content-Type: multipart/signed; micalg=pgp-sha256;\r\n protocol=\"application/pgp-signature\";\r\n boundary=") {
		t.Errorf("the header does not name the hash:\n%.1000s", raw)
	}
}

// What servers do to a text must not break a signature.
func TestBuildProtected_WhatIsSignedHoldsNothingThatServersChange(t *testing.T) {
	for _, body := range []string{"blank \n", "tab\t\n", ".\n", "..\n", "-- \nAda\n", "From x\n", "x\rFrom y\r", strings.Repeat("long ", 300), "ß", "山田"} {
		d := plainDraft()
		d.Body, d.Protection, d.Flowed = body, Signed, true
		n := new(notary)
		buildProtected(t, d, n)
		_, text, _ := strings.Cut(n.content, "\r\n\r\n")
		for line := range strings.SplitSeq(text, "\r\n") {
			if strings.HasPrefix(line, "From ") || strings.HasPrefix(line, ".") || strings.TrimRight(line, " \t") != line || len(line) > 78 ||
				strings.ContainsAny(line, "\r\n") || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
				t.Errorf("%q is signed as %q", body, line)
			}
		}
	}
}

func TestBuildProtected_NothingOfTheTextIsOutsideWhatIsEncrypted(t *testing.T) {
	for _, protection := range []Protection{Encrypted, SignEncrypted} {
		d := plainDraft()
		d.Cc, d.Bcc, d.Body, d.Protection = "cc@example.net", "hidden@example.com", "the plan\n", protection
		n := new(notary)
		raw := buildProtected(t, d, n)
		if strings.Contains(string(raw), "plan") || strings.Contains(string(raw), "hidden@") {
			t.Errorf("the message says it:\n%s", raw)
		}
		if !strings.Contains(n.content, "the plan") || len(n.asked) != 1 {
			t.Errorf("encrypted was %q, %d times", n.content, len(n.asked))
		}
		asked := n.asked[0]
		if asked.Protection != protection || len(asked.Open) != 2 || len(asked.Hidden) != 1 || asked.Hidden[0].Mailbox != "hidden" || asked.From.Mailbox != "ada" {
			t.Errorf("it was encrypted for %+v", asked)
		}
		everyReader(t, raw, func(t *testing.T, r readers.Reading) {
			same(t, "tree", []string{r.Tree}, []string{"encrypted(application/pgp-encrypted application/octet-stream)"})
			same(t, "subject", []string{r.Subject}, []string{d.Subject})
		})
	}
}

// There is no way on which a message that asks for protection goes without it.
func TestBuild_RefusesWhatItCannotProtect(t *testing.T) {
	errKey := errors.New("no key")
	for _, protection := range []Protection{Signed, Encrypted, SignEncrypted, "odd"} {
		d := plainDraft()
		d.Protection = protection
		var b bytes.Buffer
		if _, err := Build(&b, d, testStamp); err == nil || b.Len() > 0 {
			t.Errorf("%s: wrote %d octets, %v", protection, b.Len(), err)
		}
		if protection == "odd" {
			continue
		}
		if _, err := BuildProtected(t.Context(), &b, d, testStamp, &notary{err: errKey}); !errors.Is(err, errKey) || strings.Contains(b.String(), d.Body) {
			t.Errorf("%s: wrote %q, %v", protection, b.String(), err)
		}
	}
}

func TestBuildProtected_AFileThatChangesBetweenSigningAndWritingIsAnError(t *testing.T) {
	path, _ := writeFile(t, "a.txt", []byte("before"))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	d := plainDraft()
	d.Protection, d.Attachments = Signed, []Attachment{{Path: path}}
	n := &notary{after: func() { // what its size and its time do not tell
		if err := errors.Join(os.WriteFile(path, []byte("behind"), 0o600), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
			t.Error(err)
		}
	}}
	if _, err := BuildProtected(t.Context(), io.Discard, d, testStamp, n); !errors.Is(err, errChanged) {
		t.Errorf("got %v", err)
	}
}

// A message gets another date long after it was signed (Restamp).
func TestRestamp_LeavesWhatIsSignedAsItIs(t *testing.T) {
	d := plainDraft()
	d.Protection = Signed
	n := new(notary)
	raw := buildProtected(t, d, n)
	other := testStamp
	other.MessageID, other.Date = "<other@example.org>", other.Date.AddDate(0, 0, 3)
	var b bytes.Buffer
	if err := Restamp(&b, bytes.NewReader(raw), other); err != nil || !strings.Contains(b.String(), n.content) || !strings.Contains(b.String(), other.MessageID) {
		t.Errorf("%v:\n%s", err, b.String())
	}
}

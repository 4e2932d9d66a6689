//go:build unix

package addressbook

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const cards = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:1\r\nFN:Kim\r\n  Lee\\, PhD\r\nitem1.EMAIL;TYPE=\"work:a\";PREF=1:kim@example.com\r\nEMAIL:kim@home.example\r\nEND:VCARD\r\n" +
	"begin:vcard\nversion:3.0\nUID:2\nN:Doe;Ana;;;\nORG:Example;Sales\nEMAIL:ana@example.org\nEMAIL:not an address\nend:vcard\n" +
	"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg=\n =C3=84nder\nEMAIL;INTERNET:jo@example.org\nEND:VCARD\n" +
	"BEGIN:VCARD\nORG:Acme\\; Sons;x\nEMAIL:info@acme.example\nEND:VCARD\n" +
	"BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Team\nMEMBER:urn:uuid:1\nMEMBER:urn:uuid:9\nMEMBER:mailto:bo@example.org\nEND:VCARD\n" +
	"BEGIN:VCARD\nFN:Never closed\nEMAIL:never@example.org\n"

const readCards = `"Kim Lee, PhD" <kim@example.com> | "Kim Lee, PhD" <kim@home.example> | Ana Doe <ana@example.org> | ` +
	`Jörg Änder <jo@example.org> | "Acme; Sons" <info@acme.example> | "Kim Lee, PhD" <kim@example.com>, bo@example.org`

func TestCards_OfEveryVersion(t *testing.T) {
	if got := names(entriesOf(parseCards(cards))); got != readCards {
		t.Errorf("%s\nwant %s", got, readCards)
	}
}

// However a card is broken up, reading it takes time for its length alone.
func TestCards_AreReadInOnePass(t *testing.T) {
	for _, text := range []string{
		"BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:" + strings.Repeat("=\n", 1<<20),
		"BEGIN:VCARD\nFN:" + strings.Repeat("\n x", 1<<20),
		"BEGIN:VCARD\nFN" + strings.Repeat(";\"\"", 1<<20) + ":x",
		strings.Repeat("BEGIN:VCARD\nEMAIL:a@x.example\n", 1<<16),
	} {
		began := time.Now()
		parseCards(text)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%.40q… took %s", text, took)
		}
	}
}

func FuzzCards(f *testing.F) {
	f.Add(cards)
	f.Add("BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:=\n=\n=FF\nEMAIL:\"a\nb\"@x\nEND:VCARD")
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range entriesOf(parseCards(text)) {
			for _, s := range append([]string{e.Name, e.Address}, e.Members...) {
				if cleanName(s) != s && e.Address == "" || cleanName(e.Name) != e.Name {
					t.Errorf("%q is not clean", s)
				}
			}
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte("searching for 'ki'\nkim@example.com\tKim Lee\tfriends\n\x1b]2;x\a@x\tx"))
	f.Fuzz(func(t *testing.T, output []byte) {
		for _, e := range ParseAnswer(output) {
			if _, ok := NewEntry(e.Text(), ""); !ok || cleanName(e.Name) != e.Name {
				t.Errorf("%+v", e)
			}
		}
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func vcard(address string) string { return "BEGIN:VCARD\nEMAIL:" + address + "\nEND:VCARD\n" }

func TestFiles_ReadsFoldersAndGoesOnBehindWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "book", "family", "b.vcf"), vcard("b@example.org"))
	write(t, filepath.Join(dir, "book", "c.VCF"), vcard("c@example.org"))
	write(t, filepath.Join(dir, "book", "notes.txt"), vcard("notes@example.org"))
	write(t, filepath.Join(dir, "book", ".git", "d.vcf"), vcard("hidden@example.org"))
	write(t, filepath.Join(dir, "all"), vcard("single@example.org"))
	write(t, filepath.Join(dir, "groups"), "team: a@example.org\n")
	if err := syscall.Mkfifo(filepath.Join(dir, "book", "a.vcf"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("book", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	files := Files{Cards: []string{filepath.Join(dir, "link"), filepath.Join(dir, "all"), filepath.Join(dir, "none")}, Groups: filepath.Join(dir, "groups")}
	got, err := files.Load(t.Context())
	if want := "a@example.org | c@example.org | b@example.org | single@example.org"; names(got) != want {
		t.Errorf("%s, want %s", names(got), want)
	}
	if err == nil || !strings.Contains(err.Error(), "a.vcf: not a regular file") || !strings.Contains(err.Error(), "none: no such file") {
		t.Errorf("%v", err)
	}
}

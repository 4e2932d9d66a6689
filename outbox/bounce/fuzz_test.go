package bounce

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"sendoff/internal/cleantext"
)

// Mails of other projects make good seeds; their licences keep them out of this one.
var mails = flag.String("mails", "", "a folder with more mails, to begin FuzzParse with and for BenchmarkMails")

// FuzzParse holds what callers rely on for any bytes at all.
func FuzzParse(f *testing.F) {
	for _, name := range samples(f) {
		f.Add(sample(f, name))
	}
	for _, hostile := range hostileMails() {
		f.Add(hostile[:min(len(hostile), 4096)])
	}
	addMails(f, *mails)
	f.Fuzz(func(t *testing.T, raw []byte) {
		report, err := Parse(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		checkReport(t, report)
		if again, _ := Parse(bytes.NewReader(raw)); !reflect.DeepEqual(again, report) {
			t.Errorf("%+v, then %+v", report, again)
		}
		known, _ := ParseFor("ana@example.org", bytes.NewReader(raw))
		checkReport(t, known)
		if len(known.Recipients) < len(report.Recipients) || report.Mail != Other && known.Mail != report.Mail {
			t.Errorf("%+v, and about somebody %+v", report, known)
		}
	})
}

func checkReport(t *testing.T, report Report) {
	t.Helper()
	if report.Mail != Delivery && len(report.Recipients) > 0 {
		t.Errorf("%v has recipients", report.Mail)
	}
	if len(report.Recipients) > maxRecipients || len(report.References) > maxReferences {
		t.Errorf("%d recipients, %d references", len(report.Recipients), len(report.References))
	}
	texts := append([]string{report.MessageID, report.EnvelopeID, report.Subject}, report.References...)
	for _, r := range report.Recipients {
		if r.Address == "" || r.Reason == "" || r.Kind == KindUnknown || r.Action == "" {
			t.Errorf("a recipient lacks something: %+v", r)
		}
		if len(r.Diagnostic) > 4*maxDiagnostic { // U+FFFD takes three bytes where one was
			t.Errorf("a diagnostic of %d bytes", len(r.Diagnostic))
		}
		texts = append(texts, r.Address, r.Original, r.Status, r.Diagnostic, r.Reason)
	}
	for _, text := range texts {
		if cleantext.Line(text) != text {
			t.Errorf("%q is not clean", text)
		}
	}
}

// addMails adds what a folder holds, but for large ones, which say little more.
func addMails(f *testing.F, folder string) {
	f.Helper()
	for _, mail := range mailsIn(f, folder) {
		if len(mail) <= 32<<10 {
			f.Add(mail)
		}
	}
}

// mailsIn reads all files in a folder and below, none of "".
func mailsIn(t testing.TB, folder string) [][]byte {
	t.Helper()
	var all [][]byte
	if folder == "" {
		return nil
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		mail, err := os.ReadFile(path)
		all = append(all, mail)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

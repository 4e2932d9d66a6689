package bounce

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the results anew")

// Each sample is a report in the form that one kind of server gives it, written
// for this test after its documentation or its behaviour, or a mail that is none
// (no-*). What is read of it stands beside it.
func TestParse_Samples(t *testing.T) {
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			mail := sample(t, name)
			report, err := Parse(bytes.NewReader(mail))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(report, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			golden := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

func samples(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(filepath.Base(files[i]), ".eml")
	}
	return files
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	mail, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return mail
}

// A report that names nobody is about whom it must be about; a mail that is none is not.
func TestParseFor_TakesWhoIsKnown(t *testing.T) {
	const head = "From: MAILER-DAEMON@mx.example.com\r\nTo: bounces+x@example.org\r\nSubject: Undelivered Mail Returned to Sender\r\n"
	machine := head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
	for name, test := range map[string]struct {
		mail, address string
		kind          Kind
	}{
		"words":               {head + "\r\nYour message could not be delivered.\r\n550 5.1.1 There is no such mailbox.\r\n", "ana@example.org", Hard},
		"words, not yet":      {head + "\r\nYour message could not be delivered. It has been delayed, and will be retried.\r\n", "ana@example.org", Delay},
		"a part without whom": {machine + "Action: failed\r\nStatus: 4.2.2\r\n\r\n--b--\r\n", "ana@example.org", Soft},
		"another":             {machine + "Final-Recipient: rfc822; other@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n", "other@example.net", Hard},
		"lunch":               {"From: kim@example.com\r\nTo: bounces+x@example.org\r\nSubject: lunch\r\n\r\nlunch?\r\n", "", 0},
		"an absence":          {"From: kim@example.com\r\nTo: bounces+x@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nuntil Monday\r\n", "", 0},
	} {
		r, err := ParseFor("ana@example.org", strings.NewReader(test.mail))
		if err != nil || (len(r.Recipients) == 1) != (test.address != "") {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		if test.address != "" && (r.Recipients[0].Address != test.address || r.Recipients[0].Kind != test.kind) {
			t.Errorf("%s: %+v", name, r.Recipients[0])
		}
	}
}

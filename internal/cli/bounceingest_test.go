package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
)

// reportOf is what a server sends back for a message.
func reportOf(messageID, address string) string {
	return fmt.Sprintf(`From: MAILER-DAEMON@example.org
To: ada@example.org
Subject: Undelivered
Message-ID: <report-%s@example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; %s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox

--b
Content-Type: text/rfc822-headers

Message-ID: %s

--b--
`, address, address, messageID)
}

func TestBuilt_BouncesAreTakenIn(t *testing.T) {
	p := clitest.Install(t)
	p.Account(startSandbox(t, t.TempDir()).Addr())
	id := strings.TrimSpace(p.Must("hello\n", "send", "--wait", "-s", "figures", "--to", "ana@example.org", "--to", "ben@example.org", "--to", "cat@example.org"))
	_, messageID, _ := strings.Cut(p.Must("", "show", id), "message-id ")
	messageID, _, _ = strings.Cut(messageID, "\n")
	state := func(want ...string) {
		t.Helper()
		shown := p.Must("", "show", id)
		for _, w := range want {
			if !strings.Contains(shown, w) {
				t.Errorf("%q is not in\n%s", w, shown)
			}
		}
	}

	// From a filter, on standard input.
	out := p.Must(reportOf(messageID, "ana@example.org"), "bounce", "ingest")
	if !strings.Contains(out, id+", ana@example.org: There is no mailbox of that name at example.org.") {
		t.Errorf("said %q", out)
	}
	state("state      partial", "bounced  ana@example.org", "There is no mailbox of that name", "550 5.1.1 no such mailbox", "sent  ben@example.org")

	// From a Maildir, an mbox and a file; what is no report is left alone.
	maildir := filepath.Join(p.Work, "Maildir")
	for name, text := range map[string]string{
		"Maildir/new/1.a": "From: kim@example.com\nSubject: lunch\n\n550 5.1.1 cat@example.org\n",
		"Maildir/cur/2.b": reportOf(messageID, "ben@example.org"),
		"box": "From MAILER-DAEMON Mon Nov 30 00:00:00 2026\n" + reportOf(messageID, "ana@example.org") +
			"\nFrom kim@example.com Mon Nov 30 00:00:00 2026\n" + reportOf(messageID, "cat@example.org"),
		"strange.eml": reportOf("<strange@example.com>", "dan@example.org"),
	} {
		path := filepath.Join(p.Work, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := p.Run("", "bounce", "ingest", "Maildir", "missing", "box", "strange.eml")
	if r.Code != 66 || !strings.Contains(r.Err, "missing") {
		t.Errorf("exit %d: %s", r.Code, r.Err)
	}
	for _, want := range []string{
		"1.a: no delivery report", "2.b: " + id + ", ben@example.org: There is no mailbox", "box:1: was taken in before",
		"box:2: " + id + ", cat@example.org: There", "strange.eml: of no message that is known: dan@example.org: There",
	} {
		if !strings.Contains(r.Out, want) {
			t.Errorf("%q is not in\n%s", want, r.Out)
		}
	}
	state("state      bounced")
	if entries, err := os.ReadDir(filepath.Join(maildir, "new")); err != nil || len(entries) != 1 {
		t.Errorf("the Maildir was changed: %v, %v", entries, err)
	}
	if out := p.Must("", "bounce", "list"); strings.Count(out, "no mailbox of that name") != 4 {
		t.Errorf("listed\n%s", out)
	}
	if out := p.Must("", "bounce", "list", "--unknown"); strings.Count(out, "@example.org") != 1 || !strings.Contains(out, "dan@example.org") {
		t.Errorf("listed\n%s", out)
	}
	if out := p.Must("", "list", "--state", "bounced", "--json"); !strings.Contains(out, `"state": "bounced"`) {
		t.Errorf("as JSON\n%s", out)
	}
	if out := p.Must(reportOf(messageID, "ana@example.org"), "bounce", "ingest", "--json"); out != `{"file":"-","mail":"delivery report","again":true,"item":"`+id+
		`","recipients":[{"address":"ana@example.org","original":"","action":"failed","status":"5.1.1","diagnostic":"550 5.1.1 no such mailbox","kind":"hard",`+
		`"reason":"There is no mailbox of that name at example.org. Check the spelling.","counts":"no news"}],"unsubscribed":""}`+"\n" {
		t.Errorf("as JSON\n%s", out)
	}
}

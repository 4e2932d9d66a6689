package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/peers"
	"sendoff/internal/readers"
)

// sendLetter queues a message with two attachments, delivers it, and gives the
// SHA-256 of each by name.
func sendLetter(t *testing.T, address string) map[string]string {
	t.Helper()
	p := clitest.Install(t)
	p.Account(address)
	sums := make(map[string]string)
	for name, content := range map[string]string{
		"a.pdf":     "%PDF-1.4\n" + strings.Repeat("page\r\n.\r\n", 5000),
		"Grüße.bin": strings.Repeat("\x00\xff\r\n.\n", 3000),
	} {
		if err := os.WriteFile(filepath.Join(p.Work, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		sums[name] = readers.Sum([]byte(content))
	}
	p.Must(letterText, "send", "--to", "ana@example.org", "--bcc", "boss@example.net", "-s", letterSubject, "--attach", "a.pdf", "--attach", "Grüße.bin")
	if r := p.Run("", "flush"); r.Code != 0 {
		t.Fatalf("flush: exit %d: %s", r.Code, r.Err)
	}
	return sums
}

const (
	letterSubject = "Größe, 日本語 and a subject that is long enough to be folded more than once, I should think"
	letterText    = "Hi Ana,\n\n.a line that begins with a dot\nFrom here to there: Grüße!\n" // the second line is what mbox readers break
)

func checkLetter(t *testing.T, message []byte, sums map[string]string) {
	t.Helper()
	r := readers.Python(t, message)
	if len(r.Defects) > 0 {
		t.Errorf("defects: %v", r.Defects)
	}
	if r.Subject != letterSubject || r.Text != letterText {
		t.Errorf("subject %q, text %q", r.Subject, r.Text)
	}
	if len(r.Files) != len(sums) {
		t.Errorf("%d attachments, want %d", len(r.Files), len(sums))
	}
	for _, f := range r.Files {
		if sums[f.Name] != f.SHA256 {
			t.Errorf("%q has SHA-256 %s, want %s", f.Name, f.SHA256, sums[f.Name])
		}
	}
}

func TestPeers_PostfixSMTPSinkGetsWhatWasSent(t *testing.T) {
	address, dir := peers.FreeAddress(t), peers.OpenDir(t)
	peers.Serve(t, address, peers.Sink(t, address, "-d", filepath.Join(dir, "%M.")))
	sums := sendLetter(t, address)
	var messages [][]byte
	for _, message := range peers.Files(t, dir) {
		if strings.Contains(string(message), "\nSubject:") { // the look whether it listens leaves a file as well
			messages = append(messages, message)
		}
	}
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	checkLetter(t, messages[0], sums)
	if strings.Contains(string(messages[0]), "\nBcc:") { // Mailpit cannot tell: it writes the field itself
		t.Error("Bcc on the wire")
	}
	if !strings.Contains(string(messages[0]), "boss@example.net") {
		t.Error("the Bcc recipient was not named to the server") // smtp-sink notes the envelope on top
	}
}

func TestPeers_MailpitGetsWhatWasSent(t *testing.T) {
	mailpit := peers.NeedMailpit(t)
	sums := sendLetter(t, mailpit.Address)
	messages := mailpit.Messages(t)
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	checkLetter(t, messages[0].Text, sums)
}

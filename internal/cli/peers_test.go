package cli_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/internal/peers"
)

// reading is what Python's email package makes of a message.
type reading struct {
	Subject string
	Text    string
	Files   []struct{ Name, SHA256 string }
	Defects []string
}

// readWithPython parses a message with Python's strictest policy.
func readWithPython(t *testing.T, message []byte) reading {
	t.Helper()
	cmd := exec.Command(peers.Need(t, "python3"), filepath.Join("..", "..", "compose", "testdata", "read.py"))
	cmd.Stdin = strings.NewReader(string(message))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var r reading
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

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
		sum := sha256.Sum256([]byte(content))
		sums[name] = hex.EncodeToString(sum[:])
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
	r := readWithPython(t, message)
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
	sink := peers.Need(t, "smtp-sink")
	address := peers.FreeAddress(t)
	dir := t.TempDir()
	args := []string{"-d", filepath.Join(dir, "%M."), address, "10"}
	if os.Geteuid() == 0 { // it refuses to run as root
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		openTo(t, dir)
		args = append([]string{"-u", "nobody"}, args...)
	}
	peers.Serve(t, address, exec.Command(sink, args...))
	sums := sendLetter(t, address)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var messages [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "\nSubject:") { // the look whether it listens leaves a file as well
			messages = append(messages, data)
		}
	}
	if len(messages) != 1 {
		t.Fatalf("%d messages in %v", len(messages), files)
	}
	checkLetter(t, messages[0], sums)
	if strings.Contains(string(messages[0]), "\nBcc:") { // Mailpit cannot tell: it writes the field itself
		t.Error("Bcc on the wire")
	}
	if !strings.Contains(string(messages[0]), "boss@example.net") {
		t.Error("the Bcc recipient was not named to the server") // smtp-sink notes the envelope on top
	}
}

// openTo lets an unprivileged server reach a test's directory.
func openTo(t *testing.T, dir string) {
	t.Helper()
	for parent := filepath.Dir(dir); parent != "/" && parent != os.TempDir(); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPeers_MailpitGetsWhatWasSent(t *testing.T) {
	mailpit := peers.Need(t, "mailpit")
	address, api := peers.FreeAddress(t), peers.FreeAddress(t)
	peers.Serve(t, address, exec.Command(mailpit, "--smtp", address, "--listen", api, "--database", filepath.Join(t.TempDir(), "mail.db"), "--disable-version-check"))
	sums := sendLetter(t, address)

	var list struct {
		Messages []struct {
			ID  string
			Bcc []struct{ Address string }
		}
	}
	if err := json.Unmarshal(httpGet(t, "http://"+api+"/api/v1/messages"), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Messages) != 1 {
		t.Fatalf("%d messages", len(list.Messages))
	}
	checkLetter(t, httpGet(t, fmt.Sprintf("http://%s/api/v1/message/%s/raw", api, list.Messages[0].ID)), sums)
}

func httpGet(t *testing.T, url string) []byte {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 10<<20))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, response.Status, err)
	}
	return data
}

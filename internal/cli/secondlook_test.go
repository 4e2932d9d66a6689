package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
)

// A person at a terminal is told what needs a second look, and the message is queued:
// it was asked for. The programs of the settings see no secret.
func TestBuilt_SendWarnsAPersonAndTheChecksSeeNoSecret(t *testing.T) {
	const password = "correct-horse-battery"
	p := clitest.Install(t)
	p.WriteAccounts("[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n" +
		"[account.smtp]\nhost = '127.0.0.1'\nport = 9\nsecurity = 'none'\nusername = 'ada'\nsecret = { env = 'ADAS_PASSWORD' }\n")
	p.Env = []string{"ADAS_PASSWORD=" + password}
	seen := filepath.Join(t.TempDir(), "seen")
	body := filepath.Join(t.TempDir(), "body.txt")
	for path, text := range map[string]string{
		filepath.Join(p.Home, "config/sendoff/config.toml"): "[[check]]\nname = 'look'\ncommand = ['sh', '-c', 'env >" + seen + "; cat >>" + seen + "']\n",
		body: "The figures are attached.\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x := atTerminal(t, p.Command("send", "--to", "kim@example.com", "--body-file", body))
	x.See("warning: You write “attached”, and nothing is attached.")
	x.See("warning: There is no subject.")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
	if list := p.Must("", "list"); !strings.Contains(list, "a1") {
		t.Errorf("the outbox has %q", list)
	}
	if _, err := os.Stat(seen); err == nil {
		t.Error("a program has looked, and nobody asked for that")
	}

	p.Must("", "send", "--check", "--to", "kim@example.com", "-s", "Figures", "--bcc", "boss@example.org", "--body-file", os.DevNull)
	if got := read(t, seen); strings.Contains(got, password) || strings.Contains(got, "boss@") || !strings.Contains(got, "Subject: Figures\r\n") {
		t.Errorf("the program saw\n%s", got)
	}
}

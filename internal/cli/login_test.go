package cli_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
)

// secureMailpit runs Mailpit with TLS and one user, and gives a file with the
// authority of its certificate.
func secureMailpit(t *testing.T, require string) (mailpit *peers.Mailpit, authorityFile string) {
	t.Helper()
	authority, dir := smtptest.NewAuthority(t), t.TempDir()
	certificate, key := authority.Files()
	users, authorityFile := filepath.Join(dir, "users"), filepath.Join(dir, "authority.pem")
	for path, text := range map[string][]byte{users: []byte("ada:" + mailpitPassword + "\n"), authorityFile: authority.PEM} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return peers.NeedMailpit(t, "--smtp-tls-cert", certificate, "--smtp-tls-key", key, "--smtp-auth-file", users, require), authorityFile
}

const mailpitPassword = "correct-horse-battery"

// A first real mail: TLS, a login whose password a command gives, and both said
// by the server to be right. With a wrong password the account stops, once, and
// nothing of the password is to be found anywhere.
func TestPeers_LogsInOverTLSAndKeepsThePasswordToItself(t *testing.T) {
	for security, require := range map[string]string{"tls": "--smtp-require-tls", "starttls": "--smtp-require-starttls"} {
		t.Run(security, func(t *testing.T) {
			mailpit, authorityFile := secureMailpit(t, require)
			p := clitest.Install(t)
			secureAccount(t, p, mailpit.Address, security, authorityFile, mailpitPassword)
			p.Must("hello\n", "send", "--wait", "--to", "ana@example.org", "-s", "over TLS")
			if arrived := mailpit.Messages(t); len(arrived) != 1 {
				t.Errorf("%d messages arrived", len(arrived))
			}
			if log := p.Must("", "show", "a1", "--log"); !strings.Contains(log, "TLS 1.3") {
				t.Errorf("no TLS in the log:\n%s", log)
			}

			const wrong = "not-the-password-at-all"
			secureAccount(t, p, mailpit.Address, security, authorityFile, wrong)
			r := p.Run("hello\n", "send", "--wait", "--to", "ana@example.org")
			const tryLater = 75
			if r.Code != tryLater || !strings.Contains(r.Err, "535") {
				t.Errorf("with a wrong password: exit %d, %s", r.Code, r.Err)
			}
			again := p.Run("", "flush")
			if again.Code != tryLater || strings.Count(p.Must("", "show", "a2", "--log"), "  < 535 ") != 1 {
				t.Errorf("a refused password was tried again: exit %d, %s", again.Code, again.Err)
			}
			mustNotHold(t, p, wrong, r.Err, again.Err)
		})
	}
}

// secureAccount writes an account that logs in, with a command for its secret.
func secureAccount(t *testing.T, p *clitest.Program, address, security, authorityFile, password string) {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret") // not in the program's own directories
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(address, ":")
	text := fmt.Sprintf("[[account]]\nname = \"work\"\nfrom = \"Ada Example <ada@example.org>\"\n[account.smtp]\nhost = %q\nport = %s\nsecurity = %q\n"+
		"username = \"ada\"\nsecret = { command = [\"cat\", %q] }\nca_file = %q\n", host, port, security, secret, authorityFile)
	p.WriteAccounts(text)
}

// mustNotHold looks for a secret in all the program has written and said.
func mustNotHold(t *testing.T, p *clitest.Program, secret string, said ...string) {
	t.Helper()
	err := filepath.WalkDir(p.Home, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		said = append(said, string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range said {
		encoded := base64.StdEncoding.EncodeToString([]byte(secret))
		if strings.Contains(text, secret) || strings.Contains(text, encoded) {
			t.Errorf("the password is in %q", text[:min(len(text), 200)])
		}
	}
}

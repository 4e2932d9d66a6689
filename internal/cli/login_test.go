package cli_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
)

// secureMailpit runs Mailpit with TLS and one user, and gives its SMTP and API
// addresses and a file with the authority of its certificate.
func secureMailpit(t *testing.T, require string) (address, api, authorityFile string) {
	t.Helper()
	mailpit := peers.Need(t, "mailpit")
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	authority := smtptest.NewAuthority(t)
	certificate := authority.Server(nil).Certificates[0]
	key, err := x509.MarshalECPrivateKey(certificate.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	address, api = peers.FreeAddress(t), peers.FreeAddress(t)
	peers.Serve(t, address, exec.Command(mailpit, "--smtp", address, "--listen", api, "--database", filepath.Join(dir, "mail.db"), "--disable-version-check",
		"--smtp-tls-cert", write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})),
		"--smtp-tls-key", write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})),
		"--smtp-auth-file", write("users", []byte("ada:"+mailpitPassword+"\n")), require))
	return address, api, write("authority.pem", authority.PEM)
}

const mailpitPassword = "correct-horse-battery"

// A first real mail: TLS, a login whose password a command gives, and both said
// by the server to be right. With a wrong password the account stops, once, and
// nothing of the password is to be found anywhere.
func TestPeers_LogsInOverTLSAndKeepsThePasswordToItself(t *testing.T) {
	for security, require := range map[string]string{"tls": "--smtp-require-tls", "starttls": "--smtp-require-starttls"} {
		t.Run(security, func(t *testing.T) {
			address, api, authorityFile := secureMailpit(t, require)
			p := clitest.Install(t)
			secureAccount(t, p, address, security, authorityFile, mailpitPassword)
			p.Must("hello\n", "send", "--wait", "--to", "ana@example.org", "-s", "over TLS")
			var list struct{ Total int }
			if err := json.Unmarshal(httpGet(t, "http://"+api+"/api/v1/messages"), &list); err != nil || list.Total != 1 {
				t.Errorf("%d messages arrived, %v", list.Total, err)
			}
			if log := p.Must("", "show", "a1", "--log"); !strings.Contains(log, "TLS 1.3") {
				t.Errorf("no TLS in the log:\n%s", log)
			}

			const wrong = "not-the-password-at-all"
			secureAccount(t, p, address, security, authorityFile, wrong)
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

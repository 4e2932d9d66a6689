package peersuite

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/peers"
)

// Dovecot's submission service has the login, and hands each command on to
// Postfix. Nothing may stand behind its dots.
func TestDovecot(t *testing.T) {
	needLong(t)
	program := peers.Need(t, "dovecot")
	peers.NeedRoot(t, "Dovecot with settings of its own")
	p := startPostfix(t)
	dir, address := peers.OpenDir(t), peers.FreeAddress(t)
	certificate, key := p.authority.Files()
	own, relay := at(t, address, accounts.STARTTLS), at(t, p.address, accounts.None)
	settings := fmt.Sprintf(`protocols = submission
listen = %[1]s
base_dir = %[2]s/run
state_dir = %[2]s/state
log_path = %[2]s/log
hostname = dovecot.example.org
mail_location = maildir:~/mail
ssl = required
ssl_cert = <%[3]s
ssl_key = <%[4]s
submission_max_mail_size = %[5]d
submission_relay_host = %[6]s
submission_relay_port = %[7]d
passdb {
  driver = static
  args = password=%[8]s
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=%[2]s/home
}
service submission-login {
  inet_listener submission {
    port = %[9]d
  }
}
`, own.Host, dir, certificate, key, maxSize, relay.Host, relay.Port, password, own.Port)
	file := filepath.Join(dir, "dovecot.conf")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	log := func(t *testing.T) string {
		text, err := os.ReadFile(filepath.Join(dir, "log"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log(t))
		}
	})
	peers.Serve(t, address, exec.Command(program, "-F", "-c", file))
	s := &server{
		smtp: own, roots: p.authority.Pool, refused: refused, deferred: deferred, maxSize: maxSize, trips: 2, login: true,
		adds: "Return-Path X-Original-To Delivered-To Received", taken: p.taken,
		refusals: func(t *testing.T) int { return strings.Count(log(t), "auth failed, 1 attempts") },
	}
	s.run(t)
}

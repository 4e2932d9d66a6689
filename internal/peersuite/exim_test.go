package peersuite

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
)

// exim is a whole Exim with a spool and a configuration of its own, that delivers
// into a Maildir. Since the settings are not those of the machine, it does all as
// the user that Debian has built it for.
type exim struct{ program, dir, settings string }

func startExim(t *testing.T, address accounts.SMTP, authority *smtptest.Authority) *exim {
	t.Helper()
	program := peers.Need(t, "exim4")
	peers.NeedRoot(t, "Exim with settings of its own")
	dir := peers.OpenDir(t)
	x := &exim{program: program, dir: dir, settings: filepath.Join(dir, "exim.conf")}
	certificate, key := authority.Files()
	for _, file := range []string{certificate, key} { // it reads them as its own user
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	settings := fmt.Sprintf(`exim_path = %[1]s
spool_directory = %[2]s/spool
log_file_path = %[2]s/log/%%slog
pid_file_path = %[2]s/pid
primary_hostname = exim.example.org
keep_environment =
local_interfaces = %[3]s
daemon_smtp_ports = %[4]d
host_lookup =
rfc1413_hosts =
message_size_limit = %[5]d
smtputf8_advertise_hosts = *
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
tls_advertise_hosts = *
tls_certificate = %[6]s
tls_privatekey = %[7]s
auth_advertise_hosts = ${if def:tls_in_cipher {*}}
acl_smtp_rcpt = check

begin acl
check:
  deny !authenticated = *
    message = authenticate first
  deny recipients = %[8]s
    message = no such mailbox
  defer recipients = %[9]s
    message = the mailbox is busy
  accept

begin routers
everybody:
  driver = accept
  transport = files

begin transports
files:
  driver = appendfile
  directory = %[2]s/mail
  maildir_format
  user = Debian-exim
  return_path_add
  delivery_date_add
  envelope_to_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{%[10]s}}{eq{$auth3}{%[11]s}}}}
  server_set_id = $auth2
`, program, dir, address.Host, address.Port, maxSize, certificate, key, refused, deferred, username, password)
	if err := os.WriteFile(x.settings, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(x.log(t))
		}
	})
	peers.Serve(t, fmt.Sprintf("%s:%d", address.Host, address.Port), exec.Command(program, "-C", x.settings, "-bdf", "-q1h"))
	return x
}

// taken waits until nothing is in the spool any more and reads the Maildir.
func (x *exim) taken(t *testing.T) []taken {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		waiting, err := exec.Command(x.program, "-C", x.settings, "-bpc").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, waiting)
		}
		if strings.TrimSpace(string(waiting)) == "0" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("Exim does not deliver %s messages", waiting)
		}
	}
	return maildir(t, filepath.Join(x.dir, "mail"), "Envelope-to: ")
}

func (x *exim) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(x.dir, "log", "mainlog"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExim(t *testing.T) {
	needLong(t)
	authority := smtptest.NewAuthority(t)
	address := at(t, peers.FreeAddress(t), accounts.STARTTLS)
	x := startExim(t, address, authority)
	s := &server{
		smtp: address, roots: authority.Pool, refused: refused, deferred: deferred, maxSize: maxSize, utf8: true, login: true, trips: 1,
		adds: "Return-path Envelope-to Delivery-date Received", taken: x.taken,
		refusals: func(t *testing.T) int { return strings.Count(x.log(t), "535 Incorrect authentication data") },
	}
	s.run(t)
}

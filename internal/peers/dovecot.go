package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Dovecot is a running Dovecot with a configuration of its own. It takes any user
// name with one password.
type Dovecot struct {
	Home string // of every user; mail is in the Maildir of that name below it
	dir  string
}

// DovecotSettings are what a test may choose of it.
type DovecotSettings struct {
	Services         []string // that must be installed: imap, pop3, submission
	Host             string   // that it listens at
	Certificate, Key string   // files, PEM
	Password         string
	Home             string // of every user; "": one of the test's own
	Lines            string // of dovecot.conf, besides its own
}

// NeedDovecot starts one and waits until it listens on address. It ends with the
// test.
func NeedDovecot(tb testing.TB, address string, s DovecotSettings) *Dovecot {
	tb.Helper()
	program := Need(tb, "dovecot")
	NeedRoot(tb, "Dovecot with settings of its own")
	for _, service := range s.Services {
		if err := hasDovecot(service); err != nil {
			missing(tb, "Dovecot's "+service, err)
		}
	}
	d := &Dovecot{Home: s.Home, dir: OpenDir(tb)}
	if d.Home == "" {
		d.Home = OpenDir(tb)
	}
	settings := fmt.Sprintf(`protocols = %s
listen = %s
base_dir = %[3]s/run
state_dir = %[3]s/state
log_path = %[3]s/log
hostname = dovecot.example.org
mail_location = maildir:~/mail
ssl = required
ssl_cert = <%[4]s
ssl_key = <%[5]s
passdb {
  driver = static
  args = password=%[6]s
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=%[7]s
}
%[8]s`, strings.Join(s.Services, " "), s.Host, d.dir, s.Certificate, s.Key, s.Password, d.Home, s.Lines)
	file := filepath.Join(d.dir, "dovecot.conf")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Log(d.Log(tb))
		}
	})
	Serve(tb, address, exec.Command(program, "-F", "-c", file))
	return d
}

// hasDovecot tells whether a service is installed: Debian has a package for each.
func hasDovecot(service string) error {
	dir, err := exec.Command("doveconf", "-d", "-h", "libexec_dir").Output()
	if err != nil {
		return fmt.Errorf("doveconf: %w", err)
	}
	_, err = os.Stat(filepath.Join(strings.TrimSpace(string(dir)), service))
	return err
}

// Log is what it has written.
func (d *Dovecot) Log(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "log"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

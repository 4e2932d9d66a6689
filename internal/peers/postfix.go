package peers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Postfix is a whole Postfix with a queue and a configuration of its own, so
// that one that runs on the machine is neither needed nor touched.
type Postfix struct{ dir string }

// Door is an address at which a server takes mail, and what is different there:
// "-o" parameters, each without a blank in it.
type Door struct {
	Address    string
	Parameters []string
}

// NeedPostfix is StartPostfix for who cannot do without.
func NeedPostfix(tb testing.TB, settings string, doors ...Door) *Postfix {
	tb.Helper()
	p, err := StartPostfix(tb, settings, doors...)
	if err != nil {
		missing(tb, "a Postfix of the test's own", err)
	}
	return p
}

// StartPostfix starts one, with lines of main.cf besides its own, or says why
// there is none. It ends with the test.
func StartPostfix(tb testing.TB, settings string, doors ...Door) (*Postfix, error) {
	tb.Helper()
	if os.Geteuid() != 0 {
		return nil, errRoot
	}
	if _, err := exec.LookPath("postfix"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sendoff-postfix-") // tb.TempDir is closed to its user
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	p := &Postfix{dir}
	if err := p.configure(settings, doors); err != nil {
		return nil, err
	}
	if _, err := p.Run("postfix", "start"); err != nil {
		return nil, err
	}
	tb.Cleanup(func() { _, _ = p.Run("postfix", "abort") })
	return p, nil
}

// configure writes a main.cf and a master.cf that leave to Postfix's defaults
// all but where it is, who may use it and what the caller settles.
func (p *Postfix) configure(settings string, doors []Door) error {
	daemons, err := exec.Command("postconf", "-d", "-h", "daemon_directory").Output()
	if err != nil {
		return fmt.Errorf("postconf: %w", err)
	}
	main := fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
daemon_directory = %[2]s
myhostname = postfix.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
%[3]s`, p.dir, strings.TrimSpace(string(daemons)), settings)
	var master strings.Builder
	for _, door := range doors {
		fmt.Fprintf(&master, "%s inet n - n - - smtpd", door.Address)
		for _, parameter := range door.Parameters {
			fmt.Fprintf(&master, " -o %s", parameter)
		}
		master.WriteByte('\n')
	}
	master.WriteString(`pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
virtual unix - n n - - virtual
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`)
	return errors.Join(
		os.Chmod(p.dir, 0o755),
		os.Mkdir(filepath.Join(p.dir, "queue"), 0o755),
		os.WriteFile(filepath.Join(p.dir, "main.cf"), []byte(main), 0o644),
		os.WriteFile(filepath.Join(p.dir, "master.cf"), []byte(master.String()), 0o644),
	)
}

// Run runs one of Postfix's commands on this instance.
func (p *Postfix) Run(name string, args ...string) (string, error) {
	out, err := exec.Command(name, append([]string{"-c", p.dir}, args...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out), err
}

// AwaitDelivery waits until nothing is on its way any more.
func (p *Postfix) AwaitDelivery(tb testing.TB) {
	tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); p.delivering(tb); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatal("Postfix does not deliver what it has")
		}
	}
}

// delivering looks into the queue in the order in which mail goes through it: so
// it does not miss what moves on meanwhile, as postqueue may.
func (p *Postfix) delivering(tb testing.TB) bool {
	tb.Helper()
	for _, part := range []string{"maildrop", "incoming", "active", "deferred"} {
		files, err := filepath.Glob(filepath.Join(p.dir, "queue", part, "*"))
		if err != nil {
			tb.Fatal(err)
		}
		if len(files) > 0 {
			return true
		}
	}
	return false
}

// PostfixLog are the lines of main.cf for a log of its own. Without them it
// writes to the system's, if there is one, which costs it less time.
const PostfixLog = "maillog_file_prefixes = $config_directory\nmaillog_file = $config_directory/log\n"

// Log is what it has written into the log of PostfixLog.
func (p *Postfix) Log(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "log"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

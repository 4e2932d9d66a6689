package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/internal/peers"
)

// postfix is a whole Postfix with a queue and a configuration of its own, so
// that one that runs on the machine is neither needed nor touched. Its relay is
// the sink.
type postfix struct {
	dir  string
	hold string // the address of a door behind which mail is queued and held
	door string // of one behind which it is delivered
}

// startPostfix starts it, or says why there is none.
func startPostfix(b *testing.B, relay string) (*postfix, error) {
	b.Helper()
	if os.Geteuid() != 0 {
		return nil, errors.New("only root may start one")
	}
	if _, err := exec.LookPath("postfix"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sendoff-postfix-") // b.TempDir is closed to its user
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	p := &postfix{dir: dir, hold: peers.FreeAddress(b), door: peers.FreeAddress(b)}
	if err := p.configure(relay); err != nil {
		return nil, err
	}
	if _, err := p.run("postfix", "start"); err != nil {
		return nil, err
	}
	b.Cleanup(func() { _, _ = p.run("postfix", "abort") })
	return p, nil
}

// configure writes a main.cf and a master.cf that leave to Postfix's defaults
// all but where it is, who may use it and where its mail goes.
func (p *postfix) configure(relay string) error {
	host, port, _ := strings.Cut(relay, ":")
	daemons, err := exec.Command("postconf", "-h", "daemon_directory").Output()
	if err != nil {
		return fmt.Errorf("postconf: %w", err)
	}
	main := fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
daemon_directory = %[2]s
myhostname = bench.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
relayhost = [%[3]s]:%[4]s
`, p.dir, strings.TrimSpace(string(daemons)), host, port)
	master := fmt.Sprintf(`%s inet n - n - - smtpd -o smtpd_client_restrictions=check_client_access,static:HOLD
%s inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`, p.hold, p.door)
	return errors.Join(
		os.Chmod(p.dir, 0o755),
		os.Mkdir(filepath.Join(p.dir, "queue"), 0o755),
		os.WriteFile(filepath.Join(p.dir, "main.cf"), []byte(main), 0o644),
		os.WriteFile(filepath.Join(p.dir, "master.cf"), []byte(master), 0o644),
	)
}

// run runs one of Postfix's commands on this instance.
func (p *postfix) run(name string, args ...string) (string, error) {
	out, err := exec.Command(name, append([]string{"-c", p.dir}, args...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out), err
}

// drain lets go of what is held and gives the time until the sink has all n.
// That postsuper renames every file of the queue is the bench's doing, not part
// of it.
func (p *postfix) drain(b *testing.B, to *sink, n int) time.Duration {
	b.Helper()
	before := to.messages(b)
	if _, err := p.run("postsuper", "-H", "ALL"); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if _, err := p.run("postqueue", "-f"); err != nil {
		b.Fatal(err)
	}
	to.await(b, before+n)
	return time.Since(start)
}

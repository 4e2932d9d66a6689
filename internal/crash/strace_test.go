package crash

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/internal/peers"
)

// tracedLimit bounds one run under strace. The slowest, that of a disk which
// fails now and then, takes two seconds.
const tracedLimit = time.Minute

// traced is what a run of the program under strace came to.
type traced struct {
	code     int
	killed   bool // by the signal that strace was told to send
	out, err string
	moments  []moment // of the system calls that were asked for
}

// run is how the program is run under strace.
type run struct {
	args   []string
	stdin  string
	calls  []string // the system calls to trace; of those this machine does not know nothing is said
	inject string   // what happens to them, as strace's -e inject takes it; "" for nothing
	single bool     // one thread of Go code at a time: strace counts calls by thread
	whole  bool     // log what is read and written with all its bytes
}

// trace runs the program under strace to its end.
func trace(t testing.TB, p *clitest.Program, r run) traced {
	t.Helper()
	started := startTraced(t, p, r)
	limit := time.AfterFunc(tracedLimit, started.reset)
	defer limit.Stop()
	return started.wait(t)
}

// tracing is a run that is going on.
type tracing struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
	log      string
}

func startTraced(t testing.TB, p *clitest.Program, r run) *tracing {
	t.Helper()
	s := &tracing{log: filepath.Join(t.TempDir(), "strace.log")}
	options := []string{"-f", "-y", "-xx", "-qq", "-o", s.log, "-e", "trace=?" + strings.Join(r.calls, ",?")}
	if r.inject != "" {
		options = append(options, "-e", "inject="+r.inject)
	}
	if r.whole {
		options = append(options, "-s", "16777216")
	}
	s.cmd = p.Command(r.args...)
	if r.single {
		s.cmd.Env = append(s.cmd.Env, "GOMAXPROCS=1")
	}
	s.cmd.Path = peers.Need(t, "strace")
	s.cmd.Args = append(append(append([]string{"strace"}, options...), "--", p.Path), r.args...)
	// A group of its own, so that reset ends the program with its tracer.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = strings.NewReader(r.stdin), &s.out, &s.err
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// reset ends the run as a power cut does, only that the kernel keeps what was
// written.
func (s *tracing) reset() { syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) }

func (s *tracing) wait(t testing.TB) traced {
	t.Helper()
	err := s.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	log, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatalf("%v: %s", err, s.err.String())
	}
	// strace dies by the signal that its program has died by.
	status, _ := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return traced{
		code: s.cmd.ProcessState.ExitCode(), killed: status.Signaled() && status.Signal() == syscall.SIGKILL,
		out: s.out.String(), err: s.err.String(), moments: parseTrace(string(log)),
	}
}

// mayTrace finds out, once, whether strace may change what a program's system
// calls do: in some containers it may not.
var mayTrace = sync.OnceValue(func() error {
	kill := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=close", "-e", "inject=close:signal=KILL:when=1", "cat", os.DevNull)
	out, err := kill.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ProcessState.ExitCode() == -1 {
		return nil
	}
	return fmt.Errorf("strace cannot kill a program at a system call: %v %s", err, out)
})

// needTracing skips a test where there is no strace, or none that may do its
// work; with CI=true it fails instead.
func needTracing(t *testing.T) {
	t.Helper()
	peers.Need(t, "strace")
	switch err := mayTrace(); {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

package crash

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/internal/peers"
)

// tracedLimit bounds one run under strace. Undisturbed it takes some tenths of a
// second.
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
	calls  []string      // the system calls to trace; of those this machine does not know nothing is said
	inject string        // what happens to them, as strace's -e inject takes it; "" for nothing
	single bool          // one thread of Go code at a time: strace counts calls by thread
	whole  bool          // log what is read and written with all its bytes
	limit  time.Duration // 0 for tracedLimit
}

// trace runs the program under strace to its end, or to its limit: then it ends
// as by a power cut, only that the kernel keeps what was written.
func trace(t testing.TB, p *clitest.Program, r run) traced {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace.log")
	cmd := r.command(peers.Need(t, "strace"), p, log)
	var out, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(r.stdin), &out, &stderr
	// A group of its own, so that the program ends with its tracer.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var late atomic.Bool
	limit := time.AfterFunc(cmp.Or(r.limit, tracedLimit), func() {
		late.Store(true)
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	})
	err := cmd.Wait()
	limit.Stop()
	if late.Load() && r.limit == 0 {
		t.Errorf("%v did not end within %s", r.args, tracedLimit)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	calls, err := os.ReadFile(log)
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	// strace dies by the signal that its program has died by.
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return traced{
		code: cmd.ProcessState.ExitCode(), killed: status.Signaled() && status.Signal() == syscall.SIGKILL,
		out: out.String(), err: stderr.String(), moments: parseTrace(string(calls)),
	}
}

func (r run) command(strace string, p *clitest.Program, log string) *exec.Cmd {
	cmd := p.Command(r.args...)
	cmd.Path = strace
	// Not --seccomp-bpf, though it is faster: with strace 6.1 half of the kills
	// then do not happen.
	cmd.Args = []string{"strace", "-f", "-y", "-xx", "-qq", "-o", log, "-e", "trace=?" + strings.Join(r.calls, ",?")}
	if r.inject != "" {
		cmd.Args = append(cmd.Args, "-e", "inject="+r.inject)
	}
	if r.whole {
		cmd.Args = append(cmd.Args, "-s", "16777216")
	}
	cmd.Args = append(append(cmd.Args, "--", p.Path), r.args...)
	if r.single {
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
	}
	return cmd
}

// mayTrace finds out, once, whether strace may change what a program's system
// calls do: in some containers it may not.
var mayTrace = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), tracedLimit)
	defer cancel()
	kill := exec.CommandContext(ctx, "strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=close", "-e", "inject=close:signal=KILL:when=1", "cat", os.DevNull)
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

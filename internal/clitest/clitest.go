// Package clitest is the built program with a home of its own, as a person has
// it: for tests that run it as a process, kill it, or time it.
//
// It is for tests alone.
package clitest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// built is where buildOnce has put the program, for Remove.
var built struct {
	sync.Mutex
	dir string
}

// Remove removes the built program. A TestMain of a package that installs it
// calls this after the tests.
func Remove() {
	built.Lock()
	defer built.Unlock()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
}

// buildOnce builds the program as users get it, without the race detector,
// whose memory would say nothing about theirs.
var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sendoff-built-")
	if err != nil {
		return "", err
	}
	built.Lock()
	built.dir = dir
	built.Unlock()
	path := filepath.Join(dir, "sendoff")
	build := exec.Command("go", "build", "-o", path, "sendoff")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// Program is the built program with a home of its own.
type Program struct {
	tb   testing.TB
	Path string
	Home string
	Work string   // its working directory
	Env  []string // besides what it has
}

// Install builds the program, once for all tests of a package, and gives it an
// empty home.
func Install(t testing.TB) *Program {
	t.Helper()
	path, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{tb: t, Path: path, Home: t.TempDir(), Work: t.TempDir()}
	for _, dir := range []string{"config/sendoff", "data", "state"} {
		if err := os.MkdirAll(filepath.Join(p.Home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// Account writes an accounts.toml with one account at a loopback server.
func (p *Program) Account(address string) {
	p.tb.Helper()
	host, port, _ := strings.Cut(address, ":")
	text := fmt.Sprintf("[[account]]\nname = \"work\"\nfrom = \"Ada Example <ada@example.org>\"\n"+
		"[account.smtp]\nhost = %q\nport = %s\nsecurity = \"none\"\n[account.limits]\nconnections = 4\n", host, port)
	p.WriteAccounts(text)
}

// WriteAccounts writes accounts.toml.
func (p *Program) WriteAccounts(text string) {
	p.tb.Helper()
	if err := os.WriteFile(filepath.Join(p.Home, "config/sendoff/accounts.toml"), []byte(text), 0o600); err != nil {
		p.tb.Fatal(err)
	}
}

// DataDir is where its outbox is.
func (p *Program) DataDir() string { return filepath.Join(p.Home, "data", "sendoff") }

// StateDir is where its log is.
func (p *Program) StateDir() string { return filepath.Join(p.Home, "state", "sendoff") }

// Command is a run of the program that is not started yet.
func (p *Program) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.Path, args...)
	cmd.Dir = p.Work
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.Home, "XDG_CONFIG_HOME=" + p.Home + "/config",
		"XDG_DATA_HOME=" + p.Home + "/data", "XDG_STATE_HOME=" + p.Home + "/state",
	}
	cmd.Env = append(cmd.Env, p.Env...)
	return cmd
}

// Result is what a run of the program came to.
type Result struct {
	Code      int
	Out, Err  string
	PeakKiB   int           // of its resident memory; sampled
	Processor time.Duration // that it has used
}

// Run runs the program to its end, within two minutes.
func (p *Program) Run(stdin string, args ...string) Result {
	p.tb.Helper()
	cmd := p.Command(args...)
	var out, err bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &err
	if startErr := cmd.Start(); startErr != nil {
		p.tb.Fatal(startErr)
	}
	limit := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer limit.Stop()
	peak := make(chan int, 1)
	ended := make(chan struct{})
	go func() { peak <- samplePeak(cmd.Process.Pid, ended) }()
	waitErr := cmd.Wait()
	close(ended)
	var exit *exec.ExitError
	if waitErr != nil && !errors.As(waitErr, &exit) {
		p.tb.Fatal(waitErr)
	}
	return Result{cmd.ProcessState.ExitCode(), out.String(), err.String(), <-peak, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
}

// Must is Run for what has to work.
func (p *Program) Must(stdin string, args ...string) string {
	p.tb.Helper()
	r := p.Run(stdin, args...)
	if r.Code != 0 {
		p.tb.Fatalf("sendoff %s: exit %d\n%s", strings.Join(args, " "), r.Code, r.Err)
	}
	return r.Out
}

// samplePeak reads the highest resident memory of a process until it has ended.
// The figure that wait4 gives would include the test's own, from before exec.
func samplePeak(pid int, ended <-chan struct{}) (kib int) {
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return kib
		case <-ticker.C:
		}
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
				if n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text), " kB")); err == nil {
					kib = max(kib, n)
				}
			}
		}
	}
}

// Copies counts, by Message-ID, what arrived in a Maildir.
func Copies(t testing.TB, maildir string) map[string]int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(maildir, "new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]int)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if name, id, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Message-ID") {
				all[strings.TrimSpace(id)]++
				break
			}
		}
	}
	return all
}

// States gives the Message-IDs that `list --json` knows, by state.
func (p *Program) States() map[string]map[string]bool {
	p.tb.Helper()
	var items []struct {
		MessageID string `json:"message_id"`
		State     string `json:"state"`
	}
	if err := json.Unmarshal([]byte(p.Must("", "list", "--json")), &items); err != nil {
		p.tb.Fatal(err)
	}
	all := make(map[string]map[string]bool)
	for _, item := range items {
		if all[item.State] == nil {
			all[item.State] = make(map[string]bool)
		}
		all[item.State][item.MessageID] = true
	}
	return all
}

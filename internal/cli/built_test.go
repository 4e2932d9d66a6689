package cli_test

import (
	"bufio"
	"bytes"
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

	"sendoff/internal/sandbox"
	"sendoff/outbox"
)

// builtDir holds what buildOnce has built; TestMain removes it.
var builtDir string

// buildOnce builds the program as users get it, without the race detector,
// whose memory would say nothing about theirs.
var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sendoff-built-")
	if err != nil {
		return "", err
	}
	builtDir = dir
	path := filepath.Join(dir, "sendoff")
	build := exec.Command("go", "build", "-o", path, "sendoff")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// installed is the built program with a home of its own.
type installed struct {
	t    testing.TB
	path string
	home string
	work string // its working directory
}

func install(t testing.TB) *installed {
	t.Helper()
	path, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	p := &installed{t: t, path: path, home: t.TempDir(), work: t.TempDir()}
	for _, dir := range []string{"config/sendoff", "data", "state"} {
		if err := os.MkdirAll(filepath.Join(p.home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// account writes an accounts.toml with one account at a loopback server.
func (p *installed) account(address string) {
	p.t.Helper()
	host, port, _ := strings.Cut(address, ":")
	text := fmt.Sprintf("[[account]]\nname = \"work\"\nfrom = \"Ada Example <ada@example.org>\"\n"+
		"[account.smtp]\nhost = %q\nport = %s\nsecurity = \"none\"\n[account.limits]\nconnections = 4\n", host, port)
	if err := os.WriteFile(filepath.Join(p.home, "config/sendoff/accounts.toml"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *installed) dataDir() string { return filepath.Join(p.home, "data", "sendoff") }

func (p *installed) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.path, args...)
	cmd.Dir = p.work
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "XDG_CONFIG_HOME=" + p.home + "/config",
		"XDG_DATA_HOME=" + p.home + "/data", "XDG_STATE_HOME=" + p.home + "/state",
	}
	return cmd
}

// result is what a run of the program came to.
type result struct {
	code     int
	out, err string
	peakKiB  int // of its resident memory; sampled
}

// run runs the program to its end, within two minutes.
func (p *installed) run(stdin string, args ...string) result {
	p.t.Helper()
	cmd := p.command(args...)
	var out, err bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &err
	if startErr := cmd.Start(); startErr != nil {
		p.t.Fatal(startErr)
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
		p.t.Fatal(waitErr)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), err.String(), <-peak}
}

// must is run for what has to work.
func (p *installed) must(stdin string, args ...string) string {
	p.t.Helper()
	r := p.run(stdin, args...)
	if r.code != 0 {
		p.t.Fatalf("sendoff %s: exit %d\n%s", strings.Join(args, " "), r.code, r.err)
	}
	return r.out
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

func startSandbox(t testing.TB, dir string) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start(sandbox.Options{Addr: "127.0.0.1:0", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server
}

// copies counts, by Message-ID, what arrived in a Maildir.
func copies(t testing.TB, maildir string) map[string]int {
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

func TestBuilt_TwoFlushesAtOnceDeliverEachMessageOnce(t *testing.T) {
	p := install(t)
	maildir := t.TempDir()
	p.account(startSandbox(t, maildir).Addr())
	const count = 200
	for i := range count {
		p.must("hello\n", "send", "--to", fmt.Sprintf("user%d@example.org", i))
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if r := p.run("", "flush"); r.code != 0 {
				t.Errorf("exit %d: %s", r.code, r.err)
			}
		})
	}
	both.Wait()
	arrived := copies(t, maildir)
	for id, n := range arrived {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
	if len(arrived) != count {
		t.Errorf("%d of %d messages arrived", len(arrived), count)
	}
}

// A large attachment is streamed: through send, through flush, and the server
// gets all of it.
func TestBuilt_ALargeAttachmentTakesLittleMemory(t *testing.T) {
	const limitKiB = 32 << 10
	p := install(t)
	server := startSandbox(t, "")
	p.account(server.Addr())
	big := filepath.Join(p.work, "big.bin")
	file, err := os.Create(big)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for i := range 100 {
		for j := range block {
			block[j] = byte(i * j >> 3)
		}
		if _, err := file.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	queued := p.run("hello\n", "send", "--to", "ana@example.org", "--attach", "big.bin")
	seen := watchProgress(t, p)
	flushed := p.run("", "flush")
	if most := seen(); most <= 0 {
		t.Error("another process saw no progress")
	}
	if queued.code != 0 || flushed.code != 0 {
		t.Fatalf("send: %d %s\nflush: %d %s", queued.code, queued.err, flushed.code, flushed.err)
	}
	t.Logf("peak resident memory: send %d KiB, flush %d KiB", queued.peakKiB, flushed.peakKiB)
	if queued.peakKiB > limitKiB || flushed.peakKiB > limitKiB || queued.peakKiB == 0 || flushed.peakKiB == 0 {
		t.Errorf("peak resident memory: send %d KiB, flush %d KiB, want at most %d", queued.peakKiB, flushed.peakKiB, limitKiB)
	}
	if messages := server.Messages(); len(messages) != 1 || messages[0].Size < 100<<20*4/3 {
		t.Errorf("arrived: %d messages", len(messages))
	}
}

// watchProgress looks, as another process does, at what goes out. The function
// it returns ends that and gives the most octets that were seen as sent.
func watchProgress(t *testing.T, p *installed) func() int64 {
	t.Helper()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: p.dataDir(), State: filepath.Join(p.home, "state", "sendoff")})
	if err != nil {
		t.Fatal(err)
	}
	stop, most := make(chan struct{}), make(chan int64, 1)
	go func() {
		var seen int64
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				most <- seen
				return
			case <-ticker.C:
				for _, progress := range b.Progress() {
					seen = max(seen, progress.Done)
				}
			}
		}
	}()
	return func() int64 {
		close(stop)
		defer b.Close()
		return <-most
	}
}

// What the disk refuses is said, and nothing is half queued.
func TestBuilt_AFullOrReadOnlyDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	for _, c := range []struct {
		name, options string
		attachment    int
	}{
		{"full", "size=2m,mode=700", 4 << 20},
		{"full before the first message", "size=4k,mode=700", 0},
		{"read-only", "ro,mode=700", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := install(t)
			p.account("127.0.0.1:9")
			if err := os.Mkdir(p.dataDir(), 0o700); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("mount", "-t", "tmpfs", "-o", c.options, "tmpfs", p.dataDir()).CombinedOutput(); err != nil {
				t.Skipf("cannot mount: %v: %s", err, out)
			}
			t.Cleanup(func() { exec.Command("umount", p.dataDir()).Run() })
			args := []string{"send", "--to", "ana@example.org"}
			if c.attachment > 0 {
				if err := os.WriteFile(filepath.Join(p.work, "a.bin"), make([]byte, c.attachment), 0o600); err != nil {
					t.Fatal(err)
				}
				args = append(args, "--attach", "a.bin")
			}
			const cannotWrite = 73
			r := p.run("hello\n", args...)
			if r.code != cannotWrite || r.out != "" || !strings.Contains(r.err, "hint: ") {
				t.Errorf("exit %d, said %q and %q", r.code, r.out, r.err)
			}
			if c.attachment > 0 {
				if out := p.must("", "list"); out != "" {
					t.Errorf("half queued: %s", out)
				}
				if left, _ := filepath.Glob(filepath.Join(p.dataDir(), "files", "*")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
				p.must("small\n", "send", "--to", "ana@example.org") // there is room for this one
			}
		})
	}
}

package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/internal/sandbox"
	"sendoff/outbox"
)

func startSandbox(t testing.TB, dir string) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start(sandbox.Options{Addr: "127.0.0.1:0", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server
}

func TestBuilt_TwoFlushesAtOnceDeliverEachMessageOnce(t *testing.T) {
	t.Parallel() // it waits for most of its time
	p := clitest.Install(t)
	maildir := t.TempDir()
	p.Account(startSandbox(t, maildir).Addr())
	const count = 200
	for i := range count {
		p.Must("hello\n", "send", "--to", fmt.Sprintf("user%d@example.org", i))
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if r := p.Run("", "flush"); r.Code != 0 {
				t.Errorf("exit %d: %s", r.Code, r.Err)
			}
		})
	}
	both.Wait()
	arrived := clitest.Copies(t, maildir)
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
	p := clitest.Install(t)
	server := startSandbox(t, "")
	p.Account(server.Addr())
	big := filepath.Join(p.Work, "big.bin")
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
	queued := p.Run("hello\n", "send", "--to", "ana@example.org", "--attach", "big.bin")
	seen := watchProgress(t, p)
	flushed := p.Run("", "flush")
	if most := seen(); most <= 0 {
		t.Error("another process saw no progress")
	}
	if queued.Code != 0 || flushed.Code != 0 {
		t.Fatalf("send: %d %s\nflush: %d %s", queued.Code, queued.Err, flushed.Code, flushed.Err)
	}
	t.Logf("peak resident memory: send %d KiB, flush %d KiB", queued.PeakKiB, flushed.PeakKiB)
	if queued.PeakKiB > limitKiB || flushed.PeakKiB > limitKiB || queued.PeakKiB == 0 || flushed.PeakKiB == 0 {
		t.Errorf("peak resident memory: send %d KiB, flush %d KiB, want at most %d", queued.PeakKiB, flushed.PeakKiB, limitKiB)
	}
	if messages := server.Messages(); len(messages) != 1 || messages[0].Size < 100<<20*4/3 {
		t.Errorf("arrived: %d messages", len(messages))
	}
}

// watchProgress looks, as another process does, at what goes out. The function
// it returns ends that and gives the most octets that were seen as sent.
func watchProgress(t *testing.T, p *clitest.Program) func() int64 {
	t.Helper()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: p.DataDir(), State: filepath.Join(p.Home, "state", "sendoff")})
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
			p := clitest.Install(t)
			p.Account("127.0.0.1:9")
			if err := os.Mkdir(p.DataDir(), 0o700); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("mount", "-t", "tmpfs", "-o", c.options, "tmpfs", p.DataDir()).CombinedOutput(); err != nil {
				t.Skipf("cannot mount: %v: %s", err, out)
			}
			t.Cleanup(func() { exec.Command("umount", p.DataDir()).Run() })
			args := []string{"send", "--to", "ana@example.org"}
			if c.attachment > 0 {
				if err := os.WriteFile(filepath.Join(p.Work, "a.bin"), make([]byte, c.attachment), 0o600); err != nil {
					t.Fatal(err)
				}
				args = append(args, "--attach", "a.bin")
			}
			const cannotWrite = 73
			r := p.Run("hello\n", args...)
			if r.Code != cannotWrite || r.Out != "" || !strings.Contains(r.Err, "hint: ") {
				t.Errorf("exit %d, said %q and %q", r.Code, r.Out, r.Err)
			}
			if c.attachment > 0 {
				if out := p.Must("", "list"); out != "" {
					t.Errorf("half queued: %s", out)
				}
				if left, _ := filepath.Glob(filepath.Join(p.DataDir(), "files", "*")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
				p.Must("small\n", "send", "--to", "ana@example.org") // there is room for this one
			}
		})
	}
}

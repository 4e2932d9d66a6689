package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
	"golang.org/x/term"

	"sendoff/compose"
	"sendoff/internal/clitest"
	"sendoff/outbox"
)

// BenchmarkScreen is what a person waits for in front of the interface: the first
// rows after the start of the process, a frame after a key, and what a screen that
// nobody touches costs. Beside it, where they are installed, stand the lists of
// neomutt and aerc over a Maildir with as many messages. An iteration is one round
// of all.
func BenchmarkScreen(b *testing.B) {
	sizes := []int{0, 10_000}
	if *large {
		sizes = append(sizes, 100_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) { screenOf(b, n) })
	}
}

func screenOf(b *testing.B, n int) {
	p := clitest.Install(b)
	p.Account("127.0.0.1:9")
	first := "work" // the account, in the header
	if n > 0 {
		schedule(b, p, n)
		first = "Quarterly figures"
	}
	others := peersAtMail(b, n)
	rounds(b, func(f figures) {
		ours := onScreen(b, p.Command(), first)
		f.add("first-list-ms", milliseconds(ours.first))
		if n > 0 {
			echo := onScreen(b, childCommand("echo"), "ready")
			keys, echoes := ours.keys(b, 400, echo)
			echo.quit(b)
			f.add("key-p50-ms", milliseconds(keys[len(keys)/2]))
			f.add("key-p99-ms", milliseconds(keys[len(keys)*99/100]))
			f.add("echo-p50-ms", milliseconds(echoes[len(echoes)/2]))
			f.add("echo-p99-ms", milliseconds(echoes[len(echoes)*99/100]))
			f.add("bytes-per-key", ours.perKey)
			f.add("bytes-per-row", ours.perRow)
		}
		f.add("idle-cpu-%", ours.idle(b))
		f.add("MiB", ours.memory(b))
		ours.quit(b)
		for _, o := range others {
			theirs := onScreen(b, o.command(b), "Quarterly figures")
			f.add(o.name+"-first-list-ms", milliseconds(theirs.first))
			f.add(o.name+"-MiB", theirs.memory(b))
			theirs.quit(b)
		}
	})
}

// schedule queues n messages that nothing sends while the screen is looked at. They are in
// the index of searches as those are that a screen has shown before: the first one that
// shows 100,000 new ones is two seconds at it, beside all else.
func schedule(b *testing.B, p *clitest.Program, n int) {
	b.Helper()
	box := openOutbox(b, p)
	defer box.Close()
	submitEach(b, n, func(i int) error {
		_, err := box.Submit(context.Background(), compose.Draft{
			Account: "work", From: "Ada Example <ada@example.org>", To: fmt.Sprintf("person%d@example.org", i),
			Subject: fmt.Sprintf("Quarterly figures %d", i), Body: strings.Repeat("All work and no play.\n", 90),
		}, outbox.SubmitOptions{Hold: true})
		return err
	})
	if err := box.IndexSearch(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// screenful is a program on a terminal of 120 by 40.
type screenful struct {
	cmd      *exec.Cmd
	terminal *os.File
	output   chan []byte // closed at its end
	first    time.Duration
	perKey   float64 // bytes
	perRow   float64 // bytes of a key that moves by a row
}

// onScreen starts a program and waits until a text is on its terminal.
func onScreen(b *testing.B, cmd *exec.Cmd, text string) *screenful {
	b.Helper()
	cmd.Env = append(cmd.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8")
	start := time.Now()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	s := &screenful{cmd: cmd, terminal: terminal, output: make(chan []byte, 1024)}
	b.Cleanup(func() { cmd.Process.Kill(); terminal.Close() })
	go func() {
		defer close(s.output)
		for {
			chunk := make([]byte, 32<<10)
			n, err := terminal.Read(chunk)
			if err != nil {
				return
			}
			s.output <- chunk[:n]
		}
	}()
	var seen bytes.Buffer
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for !strings.Contains(ansi.Strip(seen.String()), text) {
		select {
		case chunk, more := <-s.output:
			if !more {
				b.Fatalf("%s ends: %q", cmd.Path, seen.String())
			}
			seen.Write(chunk)
		case <-limit.C:
			b.Fatalf("%s shows no %q: %q", cmd.Path, text, seen.String())
		}
	}
	s.first = time.Since(start)
	s.rest(time.Second)
	return s
}

// rest takes what is drawn until nothing is for a while, and counts it.
func (s *screenful) rest(quiet time.Duration) (drawn int) {
	for {
		select {
		case chunk, more := <-s.output:
			if !more {
				return drawn
			}
			drawn += len(chunk)
		case <-time.After(quiet):
			return drawn
		}
	}
}

// keys presses keys that move by a row, and every tenth by a page, and gives in order of
// size how long each took to draw. Behind each it presses one at a program that only says it
// again: what that takes is the terminal's, whose two ends the kernel joins by workers that
// wait for a processor as all others do, and no program is faster.
//
// They do not come at one distance from the last frame: a program that draws at the
// ticks of a clock would be asked at the same moment between two of them each time.
func (s *screenful) keys(b *testing.B, n int, echo *screenful) (all, echoes []time.Duration) {
	b.Helper()
	rows, rowKeys, pages := 0, 0, 0 // bytes of keys that move by a row, and how many those are; bytes of the others
	for i := range n {
		down, up := "j", "k"
		byPage := i%10 == 9
		if byPage {
			down, up = "\x1b[6~", "\x1b[5~"
		}
		key := down
		if i%60 >= 30 {
			key = up
		}
		took, drawn := s.press(b, key)
		all = append(all, took)
		const frame = 17 // ms, of sixty a second
		drawn += s.rest(time.Duration(30+i*7%frame) * time.Millisecond)
		took, _ = echo.press(b, "j")
		echoes = append(echoes, took)
		if byPage {
			pages += drawn
			continue
		}
		rows, rowKeys = rows+drawn, rowKeys+1
	}
	s.perKey = float64(rows+pages) / float64(n)
	s.perRow = float64(rows) / float64(rowKeys)
	slices.Sort(all)
	slices.Sort(echoes)
	return all, echoes
}

// press presses a key, and gives how long it took until something came, and how much.
func (s *screenful) press(b *testing.B, key string) (took time.Duration, drawn int) {
	b.Helper()
	start := time.Now()
	if _, err := io.WriteString(s.terminal, key); err != nil {
		b.Fatal(err)
	}
	select {
	case chunk := <-s.output:
		return time.Since(start), len(chunk)
	case <-time.After(5 * time.Second):
		b.Fatalf("nothing is drawn after %q", key)
		return 0, 0
	}
}

// echoChild says each key again, and nothing else.
func echoChild() error {
	if _, err := term.MakeRaw(int(os.Stdin.Fd())); err != nil {
		return err
	}
	if _, err := io.WriteString(os.Stdout, "ready"); err != nil {
		return err
	}
	_, err := io.Copy(os.Stdout, os.Stdin)
	return err
}

// idle is the share of a processor, in percent, that the program takes while
// nobody does anything: for twenty seconds or more, from five behind the last key or, without
// any, behind the first frame. What is done once is over by then.
func (s *screenful) idle(b *testing.B) float64 {
	b.Helper()
	s.rest(5 * time.Second)
	before, start := s.ticks(b), time.Now()
	s.rest(20 * time.Second) // longer, where something is drawn meanwhile
	const hertz = 100        // of the clock that /proc counts by
	return float64(s.ticks(b)-before) / hertz / time.Since(start).Seconds() * 100
}

// ticks is the processor time of the program so far.
func (s *screenful) ticks(b *testing.B) (ticks int) {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return ticks
}

// memory is the highest resident memory so far.
func (s *screenful) memory(b *testing.B) float64 {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	var kib int
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		b.Fatal(err)
	}
	return mebibytes(kib)
}

func (s *screenful) quit(b *testing.B) {
	b.Helper()
	s.cmd.Process.Kill()
	s.rest(time.Second)
	s.cmd.Wait()
}

// peerAtMail is another program that lists mail.
type peerAtMail struct {
	name    string
	command func(b *testing.B) *exec.Cmd
}

// peersAtMail are those that are installed, with a Maildir of n messages.
func peersAtMail(b *testing.B, n int) (all []peerAtMail) {
	b.Helper()
	if n == 0 {
		return nil
	}
	dir := b.TempDir()
	for _, sub := range []string{"mail/INBOX/cur", "mail/INBOX/new", "mail/INBOX/tmp", "cache", "config/aerc"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			b.Fatal(err)
		}
	}
	submitEach(b, n, func(i int) error {
		text := fmt.Sprintf("From: Ada Example <ada@example.org>\nTo: person%d@example.org\nSubject: Quarterly figures %d\nDate: %s\nMessage-ID: <%d@example.org>\n\n%s",
			i, i, time.Unix(int64(1_700_000_000+i), 0).UTC().Format(time.RFC1123Z), i, strings.Repeat("All work and no play.\n", 90))
		return os.WriteFile(filepath.Join(dir, "mail/INBOX/cur", fmt.Sprintf("%d.%d.host:2,S", 1_700_000_000+i, i)), []byte(text), 0o600)
	})
	files := map[string]string{
		"muttrc":                    fmt.Sprintf("set header_cache=%s/cache\nset folder=%s/mail\nset spoolfile=+INBOX\nset sort=reverse-date\n", dir, dir),
		"config/aerc/accounts.conf": fmt.Sprintf("[work]\nsource = maildir://%s/mail\nfrom = Ada <ada@example.org>\ndefault = INBOX\n", dir),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	with := func(name string, args ...string) {
		path, err := exec.LookPath(name)
		if err != nil {
			b.Logf("without %s: it is not installed", name)
			return
		}
		all = append(all, peerAtMail{name, func(*testing.B) *exec.Cmd {
			cmd := exec.Command(path, args...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_CONFIG_HOME=" + dir + "/config"}
			return cmd
		}})
	}
	with("neomutt", "-n", "-F", filepath.Join(dir, "muttrc"))
	with("aerc")
	return all
}

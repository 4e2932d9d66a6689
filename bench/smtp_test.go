package bench

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"sendoff/internal/peers"
)

const (
	sessions    = 5       // of whoever sends, as smtp-source -s 5
	messageSize = 4 << 10 // octets of a body
	patience    = 5 * time.Minute
)

// sink is Postfix's smtp-sink, which takes all mail and counts it.
type sink struct {
	address string
	process int
	counter *os.File // what it prints: a line of counters, written over and over
}

func startSink(b *testing.B) *sink {
	b.Helper()
	counter, err := os.Create(b.TempDir() + "/counter")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { counter.Close() })
	s := &sink{address: peers.FreeAddress(b), counter: counter}
	server := peers.Sink(b, s.address, "-c")
	server.Stdout = counter
	peers.Serve(b, s.address, server)
	s.process = server.Process.Pid
	return s
}

var counted = regexp.MustCompile(`mesg=(\d+)`)

// messages is how many have come so far. The counters stand at the end of what
// is printed, the last of them perhaps in half.
func (s *sink) messages(b *testing.B) int {
	b.Helper()
	info, err := s.counter.Stat()
	if err != nil {
		b.Fatal(err)
	}
	tail := make([]byte, 200)
	n, _ := s.counter.ReadAt(tail, max(0, info.Size()-int64(len(tail))))
	all := counted.FindAllSubmatchIndex(tail[:n], -1)
	if len(all) > 0 && all[len(all)-1][1] == n {
		all = all[:len(all)-1]
	}
	if len(all) == 0 {
		return 0
	}
	last := all[len(all)-1]
	count, err := strconv.Atoi(string(tail[last[2]:last[3]]))
	if err != nil {
		b.Fatal(err)
	}
	return count
}

// await waits until it has n messages in all.
func (s *sink) await(b *testing.B, n int) {
	b.Helper()
	for deadline := time.Now().Add(patience); s.messages(b) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatalf("the sink has %d messages, not %d", s.messages(b), n)
		}
	}
}

// source sends n messages with Postfix's smtp-source, which has no queue and no
// disk: the fastest that a client of its kind can be.
func source(b *testing.B, address string, n int) time.Duration {
	b.Helper()
	return timed(b, sourceCommand(b, address, n, messageSize, sessions))
}

// sourceCommand sends n messages of a size over some connections.
func sourceCommand(b *testing.B, address string, n, size, connections int) *exec.Cmd {
	b.Helper()
	return exec.Command(peers.Need(b, "smtp-source"), "-d", "-s", strconv.Itoa(connections), "-m", strconv.Itoa(n),
		"-l", strconv.Itoa(size), "-f", "ada@example.org", "-t", "ana@example.org", address)
}

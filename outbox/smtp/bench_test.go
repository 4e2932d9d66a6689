package smtp

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

// acceptAll answers everything as fast as it can, so that a benchmark measures
// the client.
func acceptAll(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 64<<10)
	say := func(s string) { _, _ = io.WriteString(conn, s) }
	say("220 x\r\n")
	inBody := false
	var tail []byte
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		tail = append(tail[max(0, len(tail)-5):], buffer[:n]...)
		switch {
		case inBody && bytes.HasSuffix(tail, []byte("\r\n.\r\n")):
			inBody = false
			say("250 2.0.0 queued\r\n")
		case inBody:
		case bytes.HasPrefix(buffer[:n], []byte("DATA")):
			inBody = true
			tail = tail[:0]
			say("354 go\r\n")
		case bytes.HasPrefix(buffer[:n], []byte("QUIT")):
			return
		default:
			say("250 ok\r\n")
		}
	}
}

func newFastRig(b *testing.B) *rig {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { acceptAll(conn) })
		}
	})
	b.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	port := listener.Addr().(*net.TCPAddr).Port
	return rigFor(b, &smtptest.Server{Host: "127.0.0.1", Port: port}, Options{}, nil)
}

func BenchmarkDeliver_OneConnection(b *testing.B) {
	r := newFastRig(b)
	d := delivery(strings.Repeat(strings.Repeat("x", 76)+"\r\n", 52)) // 4 KiB
	b.ReportAllocs()
	for b.Loop() {
		if report := r.Deliver(b.Context(), d); report.Results[0].Class != outbox.ClassAccepted {
			b.Fatalf("%+v", report)
		}
	}
}

func BenchmarkDeliver_LargeBody(b *testing.B) {
	r := newFastRig(b)
	const size = 50 << 20
	d := delivery("")
	d.Size = size
	d.Open = func() (io.ReadCloser, error) { return io.NopCloser(&endless{size}), nil }
	b.SetBytes(size)
	for b.Loop() {
		if report := r.Deliver(b.Context(), d); report.Results[0].Class != outbox.ClassAccepted {
			b.Fatalf("%+v", report)
		}
	}
}

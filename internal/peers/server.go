package peers

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// FreeAddress is a loopback address that nobody listens on.
func FreeAddress(tb testing.TB) string {
	tb.Helper()
	return FreeAddresses(tb, 1)[0]
}

// FreeAddresses are several of them: one that was free before may be so again.
func FreeAddresses(tb testing.TB, n int) (all []string) {
	tb.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		defer l.Close()
		all = append(all, l.Addr().String())
	}
	return all
}

// Serve starts a server, waits until it listens on address, and ends it with
// the test. The look whether it listens is a connection without a message.
func Serve(tb testing.TB, address string, server *exec.Cmd) {
	tb.Helper()
	ServeWithin(tb, usualPatience, address, server)
}

// usualPatience is how long a server may take to start.
const usualPatience = 20 * time.Second

// ServeWithin is Serve for a server that takes longer to start.
func ServeWithin(tb testing.TB, patience time.Duration, address string, server *exec.Cmd) {
	tb.Helper()
	var said strings.Builder
	if server.Stdout == nil {
		server.Stdout = &said
	}
	server.Stderr = &said
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { server.Wait(); close(ended) }()
	tb.Cleanup(func() { server.Process.Kill(); <-ended })
	if !listens(address, patience, ended) {
		select {
		case <-ended:
			tb.Fatalf("%s ended: %s", server.Path, said.String())
		default:
			tb.Fatalf("%s does not listen on %s", server.Path, address)
		}
	}
}

// AwaitListener waits until somebody listens on address: a server of several may
// open one after the other.
func AwaitListener(tb testing.TB, address string) {
	tb.Helper()
	if !listens(address, usualPatience, nil) {
		tb.Fatalf("nobody listens on %s", address)
	}
}

// listens waits until somebody does, as long as patience or until ended is closed.
func listens(address string, patience time.Duration, ended <-chan struct{}) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return true
		}
		select {
		case <-ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

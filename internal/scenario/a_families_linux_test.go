package scenario

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/dnstest"
)

// dualHost has an address of each family, both on loopback.
const dualHost = "dual.example.test"

// A server with two addresses, of which the one that goes first is of no use. This
// is a story with a real network and real time, since it is about what a
// net.Dialer does.
func TestA14_OneFamilyIsDead(t *testing.T) {
	for name, deaden := range map[string]func(t *testing.T, port int){
		"refused":    func(*testing.T, int) {}, // nobody listens on ::1
		"black hole": blackHole6,
	} {
		t.Run(name, func(t *testing.T) {
			names := dnstest.Serve(t, dualHost+" A 127.0.0.1\n"+dualHost+" AAAA ::1")
			dialer := &net.Dialer{Resolver: names.Resolver()}
			if addresses, err := dialer.Resolver.LookupHost(t.Context(), dualHost); err != nil || len(addresses) != 2 || addresses[0] != "::1" {
				t.Skipf("this machine would not try IPv6 first: %q, %v", addresses, err)
			}
			var took time.Duration
			r := realRig(t, func(ctx context.Context, network, address string) (net.Conn, error) {
				start := time.Now()
				conn, err := dialer.DialContext(ctx, network, address)
				took = time.Since(start)
				return conn, err
			})
			r.secure = r.authority.Server(func(c *x509.Certificate) { c.DNSNames = []string{dualHost} })
			port := r.listen()
			r.change("work", func(s *accounts.SMTP) { s.Host, s.Port = dualHost, port })
			deaden(t, port)
			id := r.send(ana)
			r.flush()
			r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1, logins: 1, transactions: 1})
			// It takes 300 ms where the line is dead. One by one it would take half of
			// the time that a dial has, so that a loaded machine does not matter here.
			if took > 3*time.Second {
				t.Errorf("the dial took %s", took)
			}
			r.checkAll()
		})
	}
}

// realRig is a rig with a real network, which virtual time cannot be had with. That
// nothing goes on running is told by the stacks of what does.
func realRig(t *testing.T, dial func(ctx context.Context, network, address string) (net.Conn, error)) *rig {
	t.Helper()
	t.Cleanup(func() { checkNothingRuns(t) }) // behind the rig's own
	r := newRig(t)
	r.real, r.dialReal = true, dial
	return r
}

// checkNothingRuns demands that no goroutine of what is tested is left. No other
// story is told meanwhile.
func checkNothingRuns(t *testing.T) {
	t.Helper()
	var stacks []byte
	for range 100 { // what has said that it is over may still have to return
		stacks = make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(stacks, []byte("sendoff/outbox")) && !bytes.Contains(stacks, []byte("net.(*sysDialer)")) {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("something goes on:\n%s", stacks)
}

// listen lets the server of "work" take connections of a real network, and gives
// their port.
func (r *rig) listen() (port int) {
	r.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = l.Close() })
	s := r.server
	s.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.running.Go(func() { s.serve(heardLine{conn, s.newSpy()}) })
		}
	})
	return l.Addr().(*net.TCPAddr).Port
}

// heardLine is a line that others hear, too.
type heardLine struct {
	net.Conn
	ear io.Writer
}

func (l heardLine) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	_, _ = l.ear.Write(p[:n])
	return n, err
}

// blackHole6 makes a port of ::1 one that does not answer: a socket that nobody
// accepts from, with as many connections waiting as it may have.
func blackHole6(t *testing.T, port int) {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	err = errors.Join(syscall.Bind(socket, &syscall.SockaddrInet6{Port: port, Addr: [16]byte(net.IPv6loopback)}), syscall.Listen(socket, 0))
	if err != nil {
		t.Skip(err)
	}
	for range 8 {
		conn, err := net.DialTimeout("tcp6", net.JoinHostPort("::1", strconv.Itoa(port)), 100*time.Millisecond)
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Skip("this system takes connections without end")
}

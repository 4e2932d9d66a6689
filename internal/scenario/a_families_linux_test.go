package scenario

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/dnstest"
	"sendoff/internal/smtptest"
	"sendoff/outbox/smtp"
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
			server := smtptest.Serve(t, "S: 220 x\nC: EHLO *\nS: 250 x\nC: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <body>\nS: 250 ok", nil)
			deaden(t, server.Port)
			r := newRig(t)
			a := r.accounts["work"]
			a.SMTP = accounts.SMTP{Host: dualHost, Port: server.Port, Security: accounts.None}
			r.accounts["work"] = a

			names := dnstest.Serve(t, dualHost+" A 127.0.0.1\n"+dualHost+" AAAA ::1")
			dialer := &net.Dialer{Resolver: names.Resolver()}
			if addresses, err := dialer.Resolver.LookupHost(t.Context(), dualHost); err != nil || len(addresses) != 2 || addresses[0] != "::1" {
				t.Skipf("this machine would not try IPv6 first: %q, %v", addresses, err)
			}
			var took time.Duration
			r.transport = smtp.New(r.account, smtp.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				start := time.Now()
				conn, err := dialer.DialContext(ctx, network, address)
				took = time.Since(start)
				return conn, err
			}})
			id := r.send(ana)
			if o := r.flush(); o.Sent != 1 {
				t.Errorf("%+v: %q", o, r.item(id).Reason)
			}
			if err := r.transport.Close(); err != nil { // the server waits for that
				t.Error(err)
			}
			if heard := server.Finish(); len(heard) != 1 {
				t.Errorf("%d connections", len(heard))
			}
			// It takes 300 ms where the line is dead. One by one it would take half of
			// the time that a dial has, so that a loaded machine does not matter here.
			if took > 3*time.Second {
				t.Errorf("the dial took %s", took)
			}
		})
	}
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

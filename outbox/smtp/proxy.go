package smtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// hop is a server behind a proxy, and what the proxy must hear to connect to it.
type hop struct {
	proxy  accounts.Proxy
	secret string // of the proxy; it lives as long as the dial
	host   string // of the server; the proxy looks it up
	port   int
}

// resolveHop asks for the secret of the account's proxy, if it has one.
func resolveHop(ctx context.Context, server accounts.SMTP) (hop, error) {
	h := hop{proxy: server.Proxy, host: server.Host, port: server.Port}
	if h.proxy.Username == "" {
		return h, nil
	}
	secret, err := h.proxy.Secret.Resolve(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return hop{}, stopped(ctx, err)
	case err != nil:
		return hop{}, accountFailure("the proxy %s: %v", h.proxy.Address(), err).because(ErrProxy)
	}
	h.secret = secret
	return h, nil
}

// tunnel is a connection to a server through a proxy. Whoever asks where it
// leads is told the server: a proxy on this machine must not make a clear line
// look as if it stayed here (see loopback).
type tunnel struct {
	net.Conn
	end destination
}

func (t tunnel) RemoteAddr() net.Addr { return t.end }

// destination is a server as the proxy was told it. What its address is, the
// proxy knows.
type destination string

func (destination) Network() string  { return "tcp" }
func (d destination) String() string { return string(d) }

// dialThrough connects to the proxy and has it connect to the server, all
// before dialing ends. ctx is the delivery's.
func (t *Transport) dialThrough(ctx, dialing context.Context, h hop) (net.Conn, error) {
	conn, err := t.options.Dial(dialing, "tcp", h.proxy.Address())
	if err != nil {
		return nil, h.dialFailure(ctx, err)
	}
	stop := context.AfterFunc(dialing, func() { _ = conn.SetDeadline(longAgo) }) // a closed conn needs none
	err = h.ask(conn)
	if !stop() && err == nil {
		err = dialing.Err() // it has a deadline now that has passed
	}
	if err != nil {
		_ = conn.Close() // it was of no use
		return nil, h.failure(ctx, err)
	}
	return tunnel{conn, destination(h.server())}, nil
}

// ask has the proxy connect. It reads no byte of what the server says: that may
// come in one packet with the proxy's answer.
func (h hop) ask(conn io.ReadWriter) error {
	if h.proxy.Scheme == accounts.HTTP {
		return h.askHTTP(conn)
	}
	return h.askSOCKS(conn)
}

// dialFailure explains why the proxy itself is not reached.
func (h hop) dialFailure(ctx context.Context, err error) *failure {
	f := dialFailure(ctx, "the proxy "+h.proxy.Address(), err).because(ErrProxy)
	if f.Class == outbox.ClassAccount {
		f.Text = cleantext.Line(fmt.Sprintf("no such host: %s: check the proxy of the account", h.proxy.Host))
	}
	return f
}

// failure explains why the proxy, which is there, makes no connection.
func (h hop) failure(ctx context.Context, err error) *failure {
	var known *failure
	switch {
	case ctx.Err() != nil:
		return stopped(ctx, err)
	case errors.As(err, &known):
		return known
	case timedOut(err), errors.Is(err, context.DeadlineExceeded):
		return h.problem(outbox.ClassNetwork, "has made no connection to %s within %s", h.server(), inWords(dialTimeout))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return h.problem(outbox.ClassNetwork, "has closed the connection")
	}
	return h.problem(outbox.ClassNetwork, "has broken the connection: %s", reason(err))
}

// problem is something about the proxy.
func (h hop) problem(class outbox.Class, format string, arguments ...any) *failure {
	text := fmt.Sprintf("the proxy %s "+format, append([]any{h.proxy.Address()}, arguments...)...)
	return &failure{Result: outbox.Result{Class: class, Text: cleantext.Line(text)}, reason: ErrProxy}
}

// cannotReach is what the proxy says of the server: that may be otherwise soon.
func (h hop) cannotReach(why string) *failure {
	return h.problem(outbox.ClassNetwork, "cannot reach %s: %s", h.server(), why)
}

// refuses is what the proxy will say again until it, or the account, is changed.
func (h hop) refuses(why string) *failure {
	return h.problem(outbox.ClassAccount, "refuses to connect to %s: %s", h.server(), why)
}

func (h hop) server() string { return net.JoinHostPort(h.host, strconv.Itoa(h.port)) }

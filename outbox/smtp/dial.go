package smtp

import (
	"context"
	"net"
	"strconv"

	"sendoff/accounts"
)

// dial makes the connection below TLS, within dialTimeout.
//
// A server with several addresses needs no more than a [net.Dialer]. It lets
// the address family that looks better go ahead by 300 ms, or by nothing if
// that fails sooner, and takes the first connection (RFC 8305 in its main
// lines): where IPv6 leads nowhere, IPv4 is there in a third of a second. Within
// a family it goes through the addresses one by one and gives each its share of
// the time that is left, so that the last one gets its turn as well. A dead
// first address of several then costs some seconds, which RFC 8305 would save by
// starting all of them 250 ms apart; mail can wait that long.
//
// A proxy is reached in the same way, and what it does counts against the same
// time.
func (t *Transport) dial(ctx context.Context, server accounts.SMTP, h hop) (net.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if !h.proxy.IsZero() {
		return t.dialThrough(ctx, dialing, h)
	}
	conn, err := t.options.Dial(dialing, "tcp", hostPort(server))
	if err != nil {
		return nil, dialFailure(ctx, hostPort(server), err)
	}
	return conn, nil
}

func hostPort(s accounts.SMTP) string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"sendoff/accounts"
)

const (
	// silenceLimit is how long a server may be silent before it is suspected of
	// waiting for us. A name server that does not answer it makes a server slow to
	// greet by about as much.
	silenceLimit = 15 * time.Second

	// probeLimit is how long the second look may take, all in all.
	probeLimit = 5 * time.Second
)

// greeting waits for the first words of the server.
//
// On a clear line a port that speaks TLS from the first byte says nothing: each
// side waits for the other. So after a while of silence a second connection asks
// for TLS. It tells the server nothing but its own name, carries nothing of the
// account, and is closed as soon as it is answered; meanwhile the first one
// waits on, and a server that was only slow notices no more than a caller who has
// hung up.
func (s *session) greeting(ctx context.Context) (reply, error) {
	if s.settings.Security == accounts.TLS || s.probe == nil {
		return s.read(phaseGreeting)
	}
	start := time.Now()
	s.line.allowRead(silenceLimit)
	if !s.replies.waitForFirst() && ctx.Err() == nil && s.probe(ctx) {
		s.broken = true
		return reply{}, lost(phaseGreeting, speaksTLS)
	}
	s.line.allowRead(time.Until(start.Add(phaseGreeting.timeout())))
	return s.hear(phaseGreeting)
}

// answersTLS tells that the server's port answers a TLS handshake.
func (t *Transport) answersTLS(ctx context.Context, server accounts.SMTP, h hop) bool {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	return t.knock(ctx, server, h) == DoorTLS
}

// Door is how a port of a server answers who begins with a TLS handshake.
type Door string

// The doors.
const (
	DoorShut   Door = "shut"   // no connection is made
	DoorSilent Door = "silent" // nothing is said, or it hangs up
	DoorPlain  Door = "plain"  // SMTP, IMAP or POP3 in the clear, to which STARTTLS may belong
	DoorTLS    Door = "tls"    // TLS from the first byte
	DoorOther  Door = "other"  // something that is neither
)

// Knock looks how the port of a server answers, by the way that a delivery
// takes to it, until ctx ends. It tells the server nothing of an account.
func (t *Transport) Knock(ctx context.Context, server accounts.SMTP) Door {
	h, err := resolveHop(ctx, server)
	if err != nil {
		return DoorShut
	}
	return t.knock(ctx, server, h)
}

func (t *Transport) knock(ctx context.Context, server accounts.SMTP, h hop) Door {
	conn, err := t.dial(ctx, server, h)
	if err != nil {
		return DoorShut
	}
	defer conn.Close()
	first := &firstBytes{Conn: conn}
	// It is never used for more than this question, so whose certificate comes
	// does not matter, nor whether the handshake succeeds.
	_ = tls.Client(first, &tls.Config{ServerName: server.Host, InsecureSkipVerify: true}).HandshakeContext(ctx)
	return doorOf(string(first.heard))
}

// doorOf tells a door by the first bytes that come out of it. A server that is
// to speak first may do so before it hears anything, or complain.
func doorOf(heard string) Door {
	switch {
	case heard == "":
		return DoorSilent
	case isTLSRecord(heard):
		return DoorTLS
	case len(heard) > 3:
		heard = heard[:4]
	}
	if _, _, _, isReply := parseReplyLine(heard); isReply || strings.HasPrefix(heard, "* OK") || strings.HasPrefix(heard, "+OK") {
		return DoorPlain
	}
	return DoorOther
}

// firstBytes keeps the first that is heard on a connection.
type firstBytes struct {
	net.Conn
	heard []byte
}

func (c *firstBytes) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if len(c.heard) < 4 {
		c.heard = append(c.heard, p[:n]...)
	}
	return n, err
}

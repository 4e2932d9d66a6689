package smtp

import (
	"context"
	"crypto/tls"
	"net"
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
	conn, err := t.dial(ctx, server, h)
	if err != nil {
		return false
	}
	defer conn.Close()
	first := &firstBytes{Conn: conn}
	// It is never used for more than this question, so whose certificate comes
	// does not matter, nor whether the handshake succeeds.
	_ = tls.Client(first, &tls.Config{ServerName: server.Host, InsecureSkipVerify: true}).HandshakeContext(ctx)
	return isTLSRecord(string(first.heard))
}

// firstBytes keeps the first that is heard on a connection.
type firstBytes struct {
	net.Conn
	heard []byte
}

func (c *firstBytes) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if len(c.heard) < 2 {
		c.heard = append(c.heard, p[:n]...)
	}
	return n, err
}

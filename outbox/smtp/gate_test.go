package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// gate is go-smtp's server with login methods of a test's own.
type gate struct {
	mailbox
	offers string
	open   func(mechanism string, state tls.ConnectionState) sasl.Server

	certificate *x509.Certificate // its own
	tried       []string          // the mechanisms; guarded by the mailbox's mutex
}

func (g *gate) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	return &gateSession{mailSession: mailSession{mailbox: &g.mailbox}, gate: g, conn: c}, nil
}

type gateSession struct {
	mailSession
	gate *gate
	conn *gosmtp.Conn
}

func (s *gateSession) AuthMechanisms() []string { return strings.Fields(s.gate.offers) }

func (s *gateSession) Auth(mechanism string) (sasl.Server, error) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.tried = append(s.gate.tried, mechanism)
	state, _ := s.conn.TLSConnectionState()
	return letIn{s.gate.open(mechanism, state), &s.loggedIn}, nil
}

// letIn notes that a login has succeeded.
type letIn struct {
	sasl.Server
	loggedIn *bool
}

func (l letIn) Next(response []byte) (challenge []byte, done bool, err error) {
	challenge, done, err = l.Server.Next(response)
	if err != nil {
		return nil, true, gosmtp.ErrAuthFailed
	}
	*l.loggedIn = *l.loggedIn || done
	return challenge, done, nil
}

// newGate delivers to a gate over STARTTLS of at most a version; 0 is the newest.
func newGate(tb testing.TB, g *gate, version uint16) *rig {
	tb.Helper()
	return newServerRig(tb, g, func(server *gosmtp.Server) {
		server.TLSConfig.MaxVersion = version
		certificate, err := x509.ParseCertificate(server.TLSConfig.Certificates[0].Certificate[0])
		if err != nil {
			tb.Fatal(err)
		}
		g.certificate = certificate
	})
}

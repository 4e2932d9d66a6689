package peersuite

import (
	"fmt"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/peers"
)

// received is what Dovecot keeps for the header that it adds: behind the login, where
// it knows what its relay takes, it announces so much less.
const received = 1024

// Dovecot's submission service has the login, and hands each command on to
// Postfix. Nothing may stand behind its dots.
func TestDovecot(t *testing.T) {
	needLong(t)
	p := startPostfix(t)
	address := peers.FreeAddress(t)
	certificate, key := p.authority.Files()
	own, relay := at(t, address, accounts.STARTTLS), at(t, p.address, accounts.None)
	d := peers.NeedDovecot(t, address, peers.DovecotSettings{
		Services: []string{"submission"}, Host: own.Host, Certificate: certificate, Key: key, Password: password,
		Lines: fmt.Sprintf(`submission_max_mail_size = %d
submission_relay_host = %s
submission_relay_port = %d
service submission-login {
  inet_listener submission {
    port = %d
  }
}
`, maxSize, relay.Host, relay.Port, own.Port),
	})
	s := &server{
		smtp: own, roots: p.authority.Pool, refused: refused, deferred: deferred, maxSize: maxSize - received, trips: 2, login: true,
		adds: "Return-Path X-Original-To Delivered-To Received", taken: p.taken,
		refusals: func(t *testing.T) int { return strings.Count(d.Log(t), "auth failed, 1 attempts") },
	}
	s.run(t)
}

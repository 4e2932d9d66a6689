package peersuite

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/smtp"
)

// rig is the whole engine with one account at one server.
type rig struct {
	*testing.T
	*server
	account   accounts.Account
	outbox    *outbox.Outbox
	transport *smtp.Transport
	meter     meter
	ids       []outbox.ID
	protector compose.Protector // nil: nothing is signed or encrypted
}

func newRig(t *testing.T, s *server) *rig {
	t.Helper()
	if s.letters == nil {
		s.letters = make(map[string]*letter)
	}
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, server: s, outbox: b}
	r.account = accounts.Account{Name: "work", SMTP: s.smtp}
	if s.login {
		r.logInWith(password)
	}
	lookup := func(string) (accounts.Account, error) { return r.account, nil }
	r.transport = smtp.New(lookup, smtp.Options{Dial: r.meter.dial, RootCAs: s.roots})
	t.Cleanup(func() {
		if err := errors.Join(r.transport.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) logInWith(secret string) {
	r.Helper()
	file := filepath.Join(r.TempDir(), "password")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		r.Fatal(err)
	}
	r.account.SMTP.Username, r.account.SMTP.Secret = username, accounts.Secret{File: file}
}

// send queues a short message.
func (r *rig) send(to ...string) outbox.ID {
	r.Helper()
	return r.submit(compose.Draft{Subject: "Quarterly figures", Body: "The figures.\n"}, to...)
}

// submit queues a draft. Its recipients do not stand in it, so that what comes
// shows the envelope and not the header.
func (r *rig) submit(d compose.Draft, to ...string) outbox.ID {
	r.Helper()
	d.Account, d.From, d.Bcc = "work", "Ada Example <"+sender+">", strings.Join(to, ", ")
	return r.queue(d)
}

// queue queues a draft as it stands.
func (r *rig) queue(d compose.Draft) outbox.ID {
	r.Helper()
	id, err := r.outbox.Submit(r.Context(), d, outbox.SubmitOptions{Protector: r.protector})
	if err != nil {
		r.Fatal(err)
	}
	message, err := r.outbox.Message(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	defer message.Close()
	text, err := io.ReadAll(message)
	if err != nil {
		r.Fatal(err)
	}
	r.letters[r.item(id).MessageID] = &letter{text: text, copies: make(map[string]int)}
	r.ids = append(r.ids, id)
	return id
}

func (r *rig) item(id outbox.ID) outbox.Item {
	r.Helper()
	item, err := r.outbox.Get(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	return item
}

// flush makes one pass, over one connection at a time.
func (r *rig) flush() {
	r.Helper()
	policies := func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1, Revision: r.account.Revision()}}
	}
	_, err := outbox.NewSender(r.outbox, r.transport, policies, slog.New(slog.DiscardHandler)).Flush(r.Context())
	if err != nil {
		r.Fatal(err)
	}
}

// want checks the state of each recipient of an item, a word each, and of the
// item.
func (r *rig) want(id outbox.ID, state, recipients string) {
	r.Helper()
	item := r.item(id)
	var got []string
	for _, recipient := range item.Recipients {
		got = append(got, recipient.State.String())
	}
	if item.State.String() != state || strings.Join(got, " ") != recipients {
		r.Errorf("%s: recipients %s; want %s: %s%s", item.State, got, state, recipients, r.tries(id))
	}
}

// wantAll is want for recipients that are all the same.
func (r *rig) wantAll(id outbox.ID, state string) {
	r.Helper()
	word := state + " "
	r.want(id, state, strings.TrimSpace(strings.Repeat(word, len(r.item(id).Recipients))))
}

// tries tells what was tried, for a test that fails.
func (r *rig) tries(id outbox.ID) string {
	r.Helper()
	var text strings.Builder
	for _, a := range r.attempts(id) {
		for _, result := range a.Results {
			text.WriteString("\n" + result.Address + " " + result.Class.String() + " " + result.Enhanced + " " + result.Text)
		}
	}
	return text.String()
}

func (r *rig) attempts(id outbox.ID) []outbox.Attempt {
	r.Helper()
	all, err := r.outbox.Attempts(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	return all
}

// expect notes who must have a copy now: who is sent, and nobody else.
func (r *rig) expect() {
	r.Helper()
	for _, id := range r.ids {
		item := r.item(id)
		for _, recipient := range item.Recipients {
			copies := 0
			if recipient.State == outbox.RecipientSent {
				copies = 1
			}
			r.letters[item.MessageID].copies[recipient.Address] = copies
		}
	}
}

// meter counts what the connections to a server have cost.
type meter struct {
	mu          sync.Mutex
	connections int
	octets      int // from us
	turns       int // how often we went on after we had heard something: round trips
}

func (m *meter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	m.mu.Lock()
	m.connections++
	m.mu.Unlock()
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &meteredConn{Conn: conn, meter: m}, nil
}

func (m *meter) read() (connections, octets, turns int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.connections, m.octets, m.turns
}

type meteredConn struct {
	net.Conn
	meter *meter
	heard bool // since the last word of ours; guarded by meter.mu
}

func (c *meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meter.mu.Lock()
	defer c.meter.mu.Unlock()
	c.heard = c.heard || n > 0
	return n, err
}

func (c *meteredConn) Write(p []byte) (int, error) {
	c.meter.mu.Lock()
	if c.heard {
		c.meter.turns++
		c.heard = false
	}
	c.meter.octets += len(p)
	c.meter.mu.Unlock()
	return c.Conn.Write(p)
}

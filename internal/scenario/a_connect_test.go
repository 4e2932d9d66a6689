package scenario

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

// The rows of this file end before the server has said a word, or instead of
// one. A14, which needs a real network, is in a_families_linux_test.go.

// What a net.Dialer says of networks that fail in one way or another.
var (
	errRefused    = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	errNoRoute    = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
	errNoSuchHost = failedLookup(net.DNSError{Err: "no such host", IsNotFound: true})
	errServfail   = failedLookup(net.DNSError{Err: "server misbehaving", Server: "192.0.2.53:53", IsTemporary: true})
	errNoResolver = failedLookup(net.DNSError{Err: "i/o timeout", Server: "192.0.2.53:53", IsTimeout: true, IsTemporary: true})
	errNoWay      = failedLookup(net.DNSError{Err: "dial udp 192.0.2.53:53: connect: network is unreachable", Server: "192.0.2.53:53"})
)

// failedLookup is a failed look for the name that the account of a story has.
func failedLookup(e net.DNSError) error {
	e.Name = "smpt.example.org"
	return &net.OpError{Op: "dial", Net: "tcp", Err: &e}
}

// blackhole is a network that takes everything and gives nothing.
func blackhole(ctx context.Context) error {
	<-ctx.Done()
	err := os.ErrDeadlineExceeded
	if errors.Is(ctx.Err(), context.Canceled) {
		err = errors.New("operation was canceled")
	}
	return &net.OpError{Op: "dial", Net: "tcp", Err: err}
}

// dials notes when servers were dialled, each by its address.
type dials struct {
	mu sync.Mutex
	at map[string][]time.Time
}

func (d *dials) note(address string) (nth int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at == nil {
		d.at = make(map[string][]time.Time)
	}
	d.at[address] = append(d.at[address], time.Now())
	return len(d.at[address])
}

func (d *dials) of(address string) []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at[address]
}

// setHost gives the server of an account another name. The certificate is still
// for localhost.
func (r *rig) setHost(account, host string) {
	a := r.accounts[account]
	a.SMTP.Host = host
	r.accounts[account] = a
}

// waitsFor checks that nothing was counted against an item, and why its account
// has stopped.
func (r *rig) waitsFor(id outbox.ID, class outbox.Class, words ...string) {
	r.Helper()
	r.want(id, want{state: "waiting", recipients: "waiting", words: words})
	item := r.item(id)
	if park := r.park(item.Account); item.Attempts != 0 || park.Class != class || park.Until.IsZero() {
		r.Errorf("%d tries counted, parked: %+v", item.Attempts, park)
	}
}

func TestA01_Plain(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{".", "", 0, "250 2.0.0 ok queued as X"})
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1, logins: 1, transactions: 1})
		to := r.recipient(id, ana)
		if to.Code != 250 || to.Enhanced != "2.0.0" || to.Text != "ok queued as X" || to.Class != outbox.ClassAccepted {
			r.Errorf("the server's word is %d %s %q", to.Code, to.Enhanced, to.Text)
		}
		r.between("the time of it", time.Since(to.At), 0, time.Second)
	})
}

func TestA02_RefusedThenUp(t *testing.T) {
	story(t, func(r *rig) {
		var dials dials
		r.network = func(_ context.Context, address string) error {
			if dials.note(address) <= 3 {
				return errRefused
			}
			return nil
		}
		id := r.send(ana)
		r.try(id, 1)
		r.waitsFor(id, outbox.ClassNetwork, "cannot reach localhost:465: connection refused")
		r.between("the next try", time.Until(r.park("work").Until), 0, 5*time.Second)
		r.settle(10 * time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 4, connections: 1, logins: 1})
		if r.item(id).Attempts != 1 {
			r.Errorf("%d tries counted", r.item(id).Attempts)
		}
		at := dials.of("localhost:465")
		for i, least := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
			r.between("the wait", at[i+1].Sub(at[i]), least, least+time.Second)
		}
	})
}

// However many messages wait, a server that does not answer is dialled by one at
// a time, and each dial has its end.
func TestA03_BlackHole(t *testing.T) {
	story(t, func(r *rig) {
		r.add("home")
		var dials dials
		r.network = func(ctx context.Context, address string) error {
			if dials.note(address); address == "localhost:465" {
				return blackhole(ctx)
			}
			return nil
		}
		var ids []outbox.ID
		for range 3 {
			ids = append(ids, r.send(ana))
		}
		other := r.submit(compose.Draft{Account: "home", To: bob, Subject: "meanwhile", Body: "It goes.\n"})
		r.pass(7 * time.Minute)
		r.want(other, want{state: "sent", tries: 1})
		r.between("the other account", r.recipient(other, bob).At.Sub(r.item(other).Created), 0, time.Second)
		for _, id := range ids {
			r.waitsFor(id, outbox.ClassNetwork)
			for _, a := range r.attempts(id) {
				r.between("a dial", a.Finished.Sub(a.Started), 30*time.Second, 31*time.Second)
			}
		}
		if text := r.attempts(ids[0])[0].Results[0].Text; text != "cannot reach localhost:465: no answer within 30 s" {
			r.Errorf("the reason is %q", text)
		}
		at := dials.of("localhost:465")
		for i, park := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute} {
			r.between("the gap", at[i+1].Sub(at[i]), 30*time.Second+park, 31*time.Second+park)
		}
	})
}

// The account is stopped with growing waits and not for good: that a name does
// not exist is also what some systems say when they are offline. (To wait for
// the account to be mended is what "held" means here.)
func TestA04_NoSuchHost(t *testing.T) {
	story(t, func(r *rig) {
		r.setHost("work", "smpt.example.org")
		r.network = func(_ context.Context, address string) error {
			if address == "smpt.example.org:465" {
				return errNoSuchHost
			}
			return nil
		}
		id := r.send(ana)
		r.try(id, 3)
		r.waitsFor(id, outbox.ClassAccount, "no such host: smpt.example.org: check the server name of the account")
		r.between("the first wait", r.gap(id, 1), time.Minute, 70*time.Second)
		r.between("the second wait", r.gap(id, 2), 2*time.Minute, 130*time.Second)
		r.between("the third wait", time.Until(r.park("work").Until), 4*time.Minute, 6*time.Minute)
		if r.connections != 0 {
			r.Errorf("%d connections", r.connections)
		}
		r.setHost("work", "localhost")
		r.policies[0].Revision = "2"
		r.settle(10 * time.Second) // the change is not to wait for the end of a time that meant the old name
		r.want(id, want{state: "sent", recipients: "sent", tries: 4, connections: 1, logins: 1})
	})
}

// A resolver that is down says nothing of the name: no try counts, however many
// there are, and nothing waits longer than after any other gap in the network.
func TestA05_ResolverDown(t *testing.T) {
	for name, trouble := range map[string]error{"SERVFAIL": errServfail, "timeout": errNoResolver} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.network = func(context.Context, string) error { return trouble }
				id := r.send(ana)
				r.pass(3 * time.Minute)
				r.waitsFor(id, outbox.ClassNetwork, "the name smpt.example.org could not be looked up: is the network up?")
				if tries := len(r.attempts(id)); tries < 5 || tries > 8 {
					r.Errorf("%d tries in three minutes", tries)
				}
				r.network = nil
				r.settle(62 * time.Second)
				r.want(id, want{state: "sent", recipients: "sent", connections: 1, logins: 1})
			})
		})
	}
}

func TestA06_Offline(t *testing.T) {
	for name, row := range map[string]struct {
		trouble error
		words   string
	}{
		"no route":   {errNoRoute, "no route to it: is the network up?"},
		"no address": {errNoWay, "could not be looked up: is the network up?"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.add("home")
				r.network = func(context.Context, string) error { return row.trouble }
				ids := []outbox.ID{r.send(ana), r.send(bob), r.submit(compose.Draft{Account: "home", To: cyd, Subject: "offline", Body: "It waits.\n"})}
				r.pass(3 * time.Minute)
				for _, id := range ids[1:] {
					r.waitsFor(id, outbox.ClassNetwork)
				}
				r.waitsFor(ids[0], outbox.ClassNetwork, row.words)
				if open := r.open(); len(open) != len(ids) {
					r.Errorf("%d mails wait", len(open))
				}
				r.network = nil
				back := time.Now()
				r.settle(2 * time.Minute)
				for _, id := range ids {
					r.want(id, want{state: "sent", recipients: "sent"})
					r.between("the wait for the network", r.item(id).Recipients[0].At.Sub(back), 0, 61*time.Second)
					if counted := r.item(id).Attempts; counted != 1 {
						r.Errorf("%d tries counted", counted)
					}
				}
			})
		})
	}
}

// portal is what a captive portal says on any port, once it has heard something.
var portal = table(rule{"CONNECT", "", 0, "pause 1s\nHTTP/1.1 302 Found\nLocation: http://login.hotspot.example/\n\nclose"})

func TestA07_CaptivePortalHTTP(t *testing.T) {
	for _, security := range []accounts.Security{accounts.STARTTLS, accounts.TLS} {
		t.Run(string(security), func(t *testing.T) {
			story(t, func(r *rig) {
				own := r.accounts["work"]
				a := own
				a.SMTP.Security = security
				r.accounts["work"] = a
				secure := r.secure
				r.secure, r.answer = nil, portal
				id := r.send(ana)
				r.try(id, 3)
				r.waitsFor(id, outbox.ClassNetwork, "not a mail server (captive portal?)")
				if r.connections != 3 || len(r.commands) != 3 {
					r.Errorf("%d connections; it heard %+v", r.connections, r.commands)
				}
				r.secure, r.answer = secure, nil
				r.accounts["work"] = own
				r.settle(time.Minute)
				r.want(id, want{state: "sent", recipients: "sent", tries: 4, connections: 4, logins: 1})
			})
		})
	}
}

func TestA08_CaptivePortalTLS(t *testing.T) {
	story(t, func(r *rig) {
		secure := r.secure
		r.secure = smtptest.NewAuthority(r).Server(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"login.hotspot.example"}, nil })
		id := r.send(ana)
		r.try(id, 2)
		r.waitsFor(id, outbox.ClassAccount, "the certificate of localhost:465 is for another host: login.hotspot.example")
		if r.connections != 2 || r.count("EHLO") != 0 || r.count("AUTH") != 0 {
			r.Errorf("%d connections; it heard %+v", r.connections, r.commands)
		}
		r.secure = secure
		r.settle(3 * time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 3, logins: 1})
	})
}

package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/xdg-go/scram"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
)

// scramServer is the server's side of SCRAM.
type scramServer struct {
	conversation *scram.ServerConversation
	answer       func(string) string // what becomes of what it would say
	silent       bool                // it lets in without a proof
	complains    bool                // by an error value before the refusal
	failed       bool
}

func (s *scramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if s.conversation.Done() {
		return nil, !s.failed, errIf(s.failed)
	}
	text, err := s.conversation.Step(string(response))
	switch {
	case err != nil && s.complains && text != "":
		s.failed = true
		return []byte(s.answer(text)), false, nil
	case err != nil:
		return nil, true, err
	case s.conversation.Done() && s.silent:
		return nil, true, nil
	}
	return []byte(s.answer(text)), false, nil
}

func errIf(failed bool) error {
	if failed {
		return errors.New("refused")
	}
	return nil
}

// keeper knows one user, by a hash.
func keeper(t *testing.T, hash scram.HashGeneratorFcn, username, secret string) *scram.Server {
	t.Helper()
	user, err := hash.NewClient(username, secret, "")
	if err != nil {
		if user, err = hash.NewClientUnprepped(username, secret, ""); err != nil {
			t.Fatal(err)
		}
	}
	credentials, err := user.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt", Iters: minIterations})
	if err != nil {
		t.Fatal(err)
	}
	server, err := hash.NewServer(func(name string) (scram.StoredCredentials, error) {
		if name != username {
			return scram.StoredCredentials{}, errors.New("no such user")
		}
		return credentials, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func TestSCRAM(t *testing.T) {
	const everything = "PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-256-PLUS"
	// What a server that can bind sees of the line.
	bound := func(g *gate, state tls.ConnectionState) scram.ChannelBinding {
		state.PeerCertificates = []*x509.Certificate{g.certificate} // for the client it is the peer's
		return bindingTo(state)
	}
	spoiled := func(g *gate, state tls.ConnectionState) scram.ChannelBinding {
		binding := bound(g, state)
		binding.Data[0] ^= 1
		return binding
	}
	ofCertificate := func(g *gate, state tls.ConnectionState) scram.ChannelBinding {
		state.Version = tls.VersionTLS12
		return bound(g, state)
	}
	for _, test := range []struct {
		name     string
		offers   string
		auth     accounts.Auth
		version  uint16
		username string
		password string // of the account
		right    string // at the server, if it is another one
		binding  func(*gate, tls.ConnectionState) scram.ChannelBinding
		spoil    func(*scramServer)
		class    string
		text     string
		tried    string
	}{
		{name: "SHA-256", offers: "PLAIN SCRAM-SHA-1 SCRAM-SHA-256", class: "accepted", tried: "SCRAM-SHA-256"},
		{name: "SHA-1", offers: "PLAIN LOGIN SCRAM-SHA-1", class: "accepted", tried: "SCRAM-SHA-1"},
		{name: "SHA-1 by wish", offers: everything, auth: accounts.AuthSCRAMSHA1, class: "accepted", tried: "SCRAM-SHA-1"},
		{name: "PLUS over TLS 1.3", offers: everything, binding: bound, class: "accepted", tried: "SCRAM-SHA-256-PLUS"},
		{name: "PLUS over TLS 1.2", offers: everything, version: tls.VersionTLS12, binding: ofCertificate, class: "accepted", tried: "SCRAM-SHA-256-PLUS"},
		{name: "PLUS by wish", offers: everything, auth: accounts.AuthSCRAMSHA256, binding: bound, class: "accepted", tried: "SCRAM-SHA-256-PLUS"},
		{name: "SHA-1 where PLUS is offered too", offers: everything, auth: accounts.AuthSCRAMSHA1, binding: bound, class: "accepted", tried: "SCRAM-SHA-1"},
		{name: "a name with a comma", offers: "SCRAM-SHA-256", username: "ada,n=root,r=x=2C", class: "accepted", tried: "SCRAM-SHA-256"},
		{name: "a name beyond ASCII", offers: "SCRAM-SHA-256", username: "Zoë@exämple.org", class: "accepted", tried: "SCRAM-SHA-256"},
		{name: "a password beyond ASCII", offers: "SCRAM-SHA-256", password: "pässwörd", class: "accepted", tried: "SCRAM-SHA-256"},
		{name: "a password that is prepared", offers: "SCRAM-SHA-256", password: "pass\u00adword\u00a0x", right: "password x", class: "accepted", tried: "SCRAM-SHA-256"},
		{name: "a password that cannot be prepared", offers: "SCRAM-SHA-256", password: "pass🦊word", class: "accepted", tried: "SCRAM-SHA-256"},

		{name: "C02 a wrong password", offers: everything, right: "another", binding: bound, class: "credentials", text: "(SCRAM-SHA-256-PLUS)", tried: "SCRAM-SHA-256-PLUS"},
		{name: "a wrong password, told by an error value", offers: "PLAIN SCRAM-SHA-256", right: "another", spoil: func(s *scramServer) { s.complains = true }, class: "credentials", text: "(SCRAM-SHA-256: invalid-proof)", tried: "SCRAM-SHA-256"},
		{name: "a wrong user", offers: "PLAIN SCRAM-SHA-256", username: "nobody", class: "credentials", text: "(SCRAM-SHA-256)", tried: "SCRAM-SHA-256"},
		{name: "another line", offers: everything, binding: spoiled, class: "credentials", text: "(SCRAM-SHA-256-PLUS)", tried: "SCRAM-SHA-256-PLUS"},
		{name: "another line, told", offers: everything, binding: spoiled, spoil: func(s *scramServer) { s.complains = true }, class: "credentials", text: "channel-bindings-dont-match; somebody may be on the line", tried: "SCRAM-SHA-256-PLUS"},
		{name: "another kind of binding", offers: everything, binding: ofCertificate, spoil: func(s *scramServer) { s.complains = true }, class: "credentials", text: "unsupported-channel-binding-type", tried: "SCRAM-SHA-256-PLUS"},
		{name: "an offer taken out on the way", offers: "PLAIN SCRAM-SHA-256", binding: bound, spoil: func(s *scramServer) { s.complains = true }, class: "credentials", text: "server-does-support-channel-binding", tried: "SCRAM-SHA-256"},

		{name: "no proof of the server", offers: "PLAIN SCRAM-SHA-256", spoil: func(s *scramServer) { s.silent = true }, class: "protocol", text: "did not prove that it knows the password", tried: "SCRAM-SHA-256"},
		{name: "a false proof", offers: "PLAIN SCRAM-SHA-256", spoil: func(s *scramServer) {
			s.answer = func(text string) string { return strings.Replace(text, "v=", "v=AAAA", 1) }
		}, class: "protocol", text: "did not prove that it knows the password", tried: "SCRAM-SHA-256"},
		{name: "a proof that is none", offers: "PLAIN SCRAM-SHA-256", spoil: func(s *scramServer) {
			s.answer = func(text string) string { return strings.Replace(text, "v=", "x=", 1) }
		}, class: "protocol", text: "did not prove", tried: "SCRAM-SHA-256"},
		{name: "another nonce", offers: "PLAIN SCRAM-SHA-256", spoil: func(s *scramServer) {
			s.answer = func(text string) string { return strings.Replace(text, "r=", "r=x", 1) }
		}, class: "protocol", text: "makes no sense", tried: "SCRAM-SHA-256"},
	} {
		t.Run(test.name, func(t *testing.T) {
			username, secret := orElse(test.username, "user"), orElse(test.password, password)
			known := username
			if username == "nobody" {
				known = "user"
			}
			hash := scram.SHA256
			if test.tried == scramSHA1 {
				hash = scram.SHA1
			}
			server := keeper(t, hash, known, orElse(test.right, secret))
			g := &gate{offers: test.offers}
			g.open = func(_ string, state tls.ConnectionState) sasl.Server {
				s := &scramServer{conversation: server.NewConversation(), answer: func(text string) string { return text }}
				if test.binding != nil {
					s.conversation = server.NewConversationWithChannelBinding(test.binding(g, state))
				}
				if test.spoil != nil {
					test.spoil(s)
				}
				return s
			}
			r := newGate(t, g, test.version)
			t.Setenv("SMTP_TEST_PASSWORD", secret)
			r.account.SMTP.Username = username
			if test.auth != "" {
				r.account.SMTP.Auth = test.auth
			}
			report := r.deliver(t, delivery(hello))
			if classes(report) != test.class || test.class != "accepted" && !strings.Contains(report.Results[0].Text, test.text) {
				t.Errorf("%+v, want %s %q", report.Results[0], test.class, test.text)
			}
			if tried := strings.Join(g.tried, " "); tried != test.tried {
				t.Errorf("tried %q, want %q", tried, test.tried)
			}
			mustHide(t, report.Results[0].Text, secret)
		})
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// mustHide looks for a secret in a text, as it is and as it was sent.
func mustHide(t *testing.T, text, secret string) {
	t.Helper()
	for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), fmt.Sprintf("%q", secret)} {
		if strings.Contains(text, form) {
			t.Errorf("the secret is in %q", text)
		}
	}
	if text != cleantext.Line(text) {
		t.Errorf("%q is not clean", text)
	}
}

// A server that is only a script cannot know our nonce: what it says before that
// counts must be found wrong by itself.
func TestSCRAM_BoundsWhatAServerMayAsk(t *testing.T) {
	challenge := func(text string) string { return "S: 334 " + base64.StdEncoding.EncodeToString([]byte(text)) + "\n" }
	const offer = "PLAIN SCRAM-SHA-256\nC: AUTH SCRAM-SHA-256 *\n"
	for _, test := range []struct{ name, dialogue, class, text string }{
		{"let in at once", "S: 235 ok\nC: <end>", "protocol", "did not prove"},
		{"let in after an error value", challenge("e=other-error") + "C: \nS: 235 ok\nC: <end>", "protocol", "did not prove"},
		{"an error value at once", challenge("e=unknown-user") + "C: \nS: 535 5.7.8 no\nC: <end>", "credentials", "no (SCRAM-SHA-256: unknown-user)"},
		{"error values without end", challenge("e=a") + "C: \n" + challenge("e=b") + "C: <end>", "protocol", "makes no sense"},
		{"an error value that is none of ours", challenge("e=\x1b[2J"+strings.Repeat("x", 2000)) + "C: \nS: 535 no\nC: <end>", "credentials", "[2J"},
		{"too few iterations", challenge("r=x,s=QQ==,i=1") + "C: <end>", "account", "1 iterations"},
		{"too many iterations", challenge("r=x,s=QQ==,i=2147483647") + "C: <end>", "account", "takes too long"},
		{"more iterations than a number holds", challenge("r=x,s=QQ==,i=99999999999999999999") + "C: <end>", "protocol", "makes no sense"},
		{"another nonce", challenge("r=x,s=QQ==,i=4096") + "C: <end>", "protocol", "makes no sense"},
		{"an extension that must be known", challenge("m=x,r=x,s=QQ==,i=4096") + "C: <end>", "protocol", "makes no sense"},
		{"nothing", "S: 334\nC: <end>", "protocol", "makes no sense"},
		{"not base64", "S: 334 r=x,s=QQ==,i=4096\nC: <end>", "protocol", "makes no sense"},
		{"a giant", "S: 334 " + strings.Repeat("A", 20000) + "\nC: <end>", "protocol", "makes no sense"},
		{"hung up", "close", "throttled", "during the login"},
		{"later", "S: 454 4.7.0 later\nC: <end>", "throttled", "later"},
		{"not known after all", "S: 504 5.5.4 what?\nC: AUTH PLAIN *\nS: 235 ok" + mail, "accepted", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("SMTP_TEST_PASSWORD", password)
			r := newRig(t, ehloWith+offer+test.dialogue, withLogin)
			report := r.deliver(t, delivery(hello))
			if classes(report) != test.class || test.class != "accepted" && !strings.Contains(report.Results[0].Text, test.text) {
				t.Errorf("%+v, want %s %q", report.Results[0], test.class, test.text)
			}
			if len(report.Results[0].Text) > 600 {
				t.Errorf("a text of %d bytes", len(report.Results[0].Text))
			}
			mustHide(t, report.Results[0].Text, password)
			r.finish()
		})
	}
}

// Whatever a server says, a client neither panics nor believes it.
func FuzzSCRAM(f *testing.F) {
	f.Add("r=x,s=QQ==,i=4096", "v=QQ==")
	f.Add("e=other-error", "")
	f.Add("r=,s=,i=4096,i=1", "v=")
	f.Fuzz(func(t *testing.T, first, final string) {
		c := &scramClient{name: scramSHA256, hash: scram.SHA256, login: login{username: "user", secret: password}}
		if _, _, err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Next([]byte(first)); err == nil {
			_, _ = c.Next([]byte(final))
		}
		if c.proven() {
			t.Errorf("%q and %q prove something", first, final)
		}
	})
}

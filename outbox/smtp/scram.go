package smtp

import (
	"crypto/tls"
	"errors"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/xdg-go/scram"
)

// Iterations of the hash that a server may ask for. RFC 7677 §4 wants 4096 at
// least: a server that got away with 1 would learn as much as by PLAIN. Far
// above what servers use (OWASP's figure of 2023 is 1.3 million for SHA-1), a
// hostile one could keep the processor busy for as long as it likes, and no
// context ends that.
const (
	minIterations = 4096
	maxIterations = 2_000_000
)

// errNoProof is a server that cannot show that it knows the password: it only
// says that the login is right, or says it to somebody else.
var errNoProof = errors.New("the server did not prove that it knows the password")

// scramClient is SCRAM (RFC 5802).
type scramClient struct {
	name string
	hash scram.HashGeneratorFcn
	login
	footing

	conversation *scram.ClientConversation
	complaint    string // the server's error value (§7)
}

func (c *scramClient) Start() (name string, initial []byte, err error) {
	client, err := c.hash.NewClient(c.username, c.secret, "")
	if err != nil {
		// SASLprep (RFC 4013) knows no character younger than 2002. A server that
		// prepares passwords too can have none with such a one; one that does not
		// has it as it is.
		if client, err = c.hash.NewClientUnprepped(c.username, c.secret, ""); err != nil {
			return "", nil, err
		}
	}
	c.conversation = c.converse(client.WithMinIterations(minIterations))
	first, err := c.conversation.Step("")
	return c.name, []byte(first), err
}

// converse begins a conversation that says of binding what is true (§6): by a
// "y", a server that does offer to bind learns that somebody has taken the offer
// out on its way to us.
func (c *scramClient) converse(client *scram.Client) *scram.ClientConversation {
	switch {
	case strings.HasSuffix(c.name, plus):
		return client.NewConversationWithChannelBinding(c.binding)
	case c.binding.IsSupported() && !c.plus:
		return client.NewConversationAdvertisingChannelBinding()
	}
	return client.NewConversation()
}

func (c *scramClient) Next(challenge []byte) ([]byte, error) {
	text := string(challenge)
	if c.complaint != "" {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	if complaint, found := strings.CutPrefix(text, "e="); found {
		c.complaint = complaint
		return []byte{}, nil // its real answer comes behind
	}
	if err := checkIterations(text); err != nil {
		return nil, err
	}
	answer, err := c.conversation.Step(text)
	if err != nil && c.conversation.Done() {
		err = errNoProof
	}
	return []byte(answer), err
}

// proven tells that the server has shown that it knows the password.
func (c *scramClient) proven() bool { return c.conversation.Valid() }

// aboutBinding tells a refusal that is not the password's fault: what the login
// was bound to is not what the server sees.
func (c *scramClient) aboutBinding() bool { return strings.Contains(c.complaint, "channel-binding") }

// checkIterations looks at the number that a server's first message asks for. It
// leaves what is no such message, or no number, to who reads it next.
func checkIterations(message string) error {
	for field := range strings.SplitSeq(message, ",") {
		text, found := strings.CutPrefix(field, "i=")
		if !found {
			continue
		}
		switch n, err := strconv.Atoi(text); {
		case err != nil:
			return nil
		case n < minIterations:
			return accountFailure("the server asks for a SCRAM login that is not safe (%d iterations, %d is the least)", n, minIterations).because(ErrUnsafeLogin)
		case n > maxIterations:
			return accountFailure("the server asks for a SCRAM login that takes too long (%d iterations, %d is the most)", n, maxIterations).because(ErrUnsafeLogin)
		}
	}
	return nil
}

// bindingTo is what binds a login to a TLS line, so that a machine in the middle
// cannot pass it on: tls-exporter in TLS 1.3 (RFC 9266), and before that the
// server's certificate (RFC 5929 §4), since tls-unique is broken. It is the zero
// one where TLS has nothing to give, as for a certificate signed by Ed25519.
func bindingTo(state tls.ConnectionState) scram.ChannelBinding {
	bind := scram.NewTLSServerEndpointBinding
	if state.Version >= tls.VersionTLS13 {
		bind = scram.NewTLSExporterBinding
	}
	binding, err := bind(&state)
	if err != nil {
		return scram.ChannelBinding{}
	}
	return binding
}

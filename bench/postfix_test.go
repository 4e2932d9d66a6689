package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sendoff/internal/peers"
)

// postfix is one whose relay is the sink.
type postfix struct {
	*peers.Postfix
	hold string // the address of a door behind which mail is queued and held
	door string // of one behind which it is delivered
}

// startPostfix starts it, or says why there is none.
func startPostfix(b *testing.B, relay string) (*postfix, error) {
	b.Helper()
	hold, door := peers.FreeAddress(b), peers.FreeAddress(b)
	host, port, _ := strings.Cut(relay, ":")
	p, err := peers.StartPostfix(b, fmt.Sprintf("relayhost = [%s]:%s\n", host, port),
		peers.Door{Address: hold, Parameters: []string{"smtpd_client_restrictions=check_client_access,static:HOLD"}}, peers.Door{Address: door})
	if err != nil {
		return nil, err
	}
	return &postfix{p, hold, door}, nil
}

// drain lets go of what is held and gives the time until the sink has all n.
// That postsuper renames every file of the queue is the bench's doing, not part
// of it.
func (p *postfix) drain(b *testing.B, to *sink, n int) time.Duration {
	b.Helper()
	before := to.messages(b)
	if _, err := p.Run("postsuper", "-H", "ALL"); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if _, err := p.Run("postqueue", "-f"); err != nil {
		b.Fatal(err)
	}
	to.await(b, before+n)
	return time.Since(start)
}

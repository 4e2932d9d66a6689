package peersuite

import (
	"bytes"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/peers"
)

// sink is a running smtp-sink, and what it has taken.
type sink struct{ address, dir string }

func startSink(t *testing.T, flags ...string) *sink {
	t.Helper()
	k := &sink{peers.FreeAddress(t), peers.OpenDir(t)}
	peers.Serve(t, k.address, peers.Sink(t, k.address, append(flags, "-d", k.dir+"/%M.")...))
	return k
}

func (k *sink) server(t *testing.T) *server {
	t.Helper()
	return &server{smtp: at(t, k.address, accounts.None), adds: "X-Client-Addr X-Client-Proto X-Helo-Args X-Mail-Args X-Rcpt-Args Received", taken: k.taken}
}

// taken reads its dumps: the envelope as header fields, the message, an empty
// line. What was not whole it has removed, but for the look whether it listens.
func (k *sink) taken(t *testing.T) (all []taken) {
	t.Helper()
	for _, text := range peers.Files(t, k.dir) {
		if !bytes.Contains(text, []byte("\nX-Mail-Args: ")) {
			continue
		}
		one := taken{text: withCRLF(bytes.TrimSuffix(text, []byte("\n")))}
		for line := range strings.Lines(string(text)) {
			if address, found := strings.CutPrefix(line, "X-Rcpt-Args: <"); found {
				address, _, _ = strings.Cut(address, ">")
				one.recipients = append(one.recipients, address)
			}
		}
		all = append(all, one)
	}
	return all
}

// smtp-sink without its failure flags takes everything from everybody.
func TestSMTPSink(t *testing.T) {
	k := startSink(t)
	s := k.server(t)
	s.trips = 1
	s.run(t)
}

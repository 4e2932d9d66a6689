package bench

import (
	"testing"
	"time"

	"sendoff/internal/peers"
)

// BenchmarkBurst delivers a burst from memory over one connection to a whole
// Postfix, whose smtpd answers a dot and what stands behind it in small packets:
// with the next envelope behind the dot, with one flight an envelope, and command
// by command, for which that door keeps its PIPELINING to itself. An iteration is a
// round of all three. None may be slower than the last.
func BenchmarkBurst(b *testing.B) {
	const messages = 100
	const hold = "smtpd_client_restrictions=check_client_access,static:HOLD" // taken, and left there
	quick := peers.Door{Address: peers.FreeAddress(b), Parameters: []string{hold}}
	plain := peers.Door{Address: peers.FreeAddress(b), Parameters: []string{hold, "smtpd_discard_ehlo_keywords=pipelining"}}
	peers.NeedPostfix(b, "relayhost = [127.0.0.1]:9\n", quick, plain)
	text := message(messageSize)
	ways := []struct {
		name    string
		address string
		ahead   bool
	}{{"run", quick.Address, true}, {"single", quick.Address, false}, {"lock-step", plain.Address, false}}
	f := make(figures)
	for range b.N {
		took := make(map[string]time.Duration)
		for _, way := range ways {
			start := time.Now()
			if err := deliver(way.address, messages, text, way.ahead); err != nil {
				b.Fatal(err)
			}
			took[way.name] = time.Since(start)
			f.add(way.name+"-ms/message", took[way.name].Seconds()*1000/messages)
		}
		f.add("run-of-lock-step", ratio(took["lock-step"], took["run"]))
		f.add("single-of-lock-step", ratio(took["lock-step"], took["single"]))
	}
	f.report(b)
}

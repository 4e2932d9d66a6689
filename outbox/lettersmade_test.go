package outbox_test

import (
	"sync/atomic"
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// A letter is made once, but for one that is sent by another process than that which
// measured it, or a second time.
func TestCampaign_ALetterIsMadeOnce(t *testing.T) {
	var made atomic.Int64
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir, Render: func(name string, frozen []byte) (outbox.Letters, error) {
		letters, err := render(name, frozen)
		return func(number, line int, cells []string) (compose.Draft, error) {
			made.Add(1)
			return letters(number, line, cells)
		}, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	start(t, b, specOf("work"), rowsFor(60, 5))
	transport := &outboxtest.Transport{}
	flush(t, sender(b, transport, policies(2)))
	if n := len(transport.Copies()); n != 60 || made.Load() != 60 {
		t.Errorf("%d letters were made for %d copies", made.Load(), n)
	}
}

package outbox

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

// A pass that ends while the sweep is to begin, by its time or by somebody, has nothing to
// warn of; a store that cannot be swept has.
func TestSweep_WarnsOfFailuresAlone(t *testing.T) {
	for _, test := range []struct {
		name     string
		prepare  func(b *Outbox, end context.CancelFunc)
		warnings int
	}{
		{"ended", func(_ *Outbox, end context.CancelFunc) { end() }, 0},
		{"closed", func(b *Outbox, _ context.CancelFunc) { b.Close() }, 2}, // there is no file whose name would be asked for
	} {
		t.Run(test.name, func(t *testing.T) {
			b, _ := queued(t)
			var said bytes.Buffer
			v := NewSender(b, nil, func() []Policy { return nil }, slog.New(slog.NewJSONHandler(&said, nil))).newService(nil)
			ctx, end := context.WithCancel(t.Context())
			defer end()
			test.prepare(b, end)
			v.sweep(ctx)
			if n := strings.Count(said.String(), "\n"); n != test.warnings {
				t.Errorf("%d warnings: %s", n, &said)
			}
		})
	}
}

package cli

import (
	"testing"
	"time"

	"sendoff/outbox"
)

func TestTLSText(t *testing.T) {
	unreachable := outbox.AttemptResult{Result: outbox.Result{Class: outbox.ClassNetwork, Text: "connection refused"}}
	refused := outbox.AttemptResult{Result: outbox.Result{Code: 550}}
	for _, c := range []struct {
		attempt outbox.Attempt
		want    string
	}{
		{outbox.Attempt{TLS: "TLS 1.3"}, "TLS 1.3"},
		{outbox.Attempt{}, "-"},
		{outbox.Attempt{Results: []outbox.AttemptResult{unreachable}}, "-"},
		{outbox.Attempt{Results: []outbox.AttemptResult{unreachable, refused}}, "no TLS"},
		{outbox.Attempt{Marked: time.Unix(1, 0), Results: []outbox.AttemptResult{unreachable}}, "no TLS"},
	} {
		if got := tlsText(c.attempt); got != c.want {
			t.Errorf("%+v: %q, want %q", c.attempt, got, c.want)
		}
	}
}

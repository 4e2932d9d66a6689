package outbox

import (
	"testing"
	"time"
)

func TestAttempt_LineIsToldOnlyWhereThereWasOne(t *testing.T) {
	unreachable := AttemptResult{Result: Result{Class: ClassNetwork, Text: "connection refused"}}
	refused := AttemptResult{Result: Result{Code: 550}}
	for _, c := range []struct {
		attempt Attempt
		want    string
	}{
		{Attempt{TLS: "TLS 1.3"}, "TLS 1.3"},
		{Attempt{}, ""},
		{Attempt{Results: []AttemptResult{unreachable}}, ""},
		{Attempt{Results: []AttemptResult{unreachable, refused}}, "no TLS"},
		{Attempt{Marked: time.Unix(1, 0), Results: []AttemptResult{unreachable}}, "no TLS"},
	} {
		if got := c.attempt.Line(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.attempt, got, c.want)
		}
	}
}

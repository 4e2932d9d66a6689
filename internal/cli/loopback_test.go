package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
)

func toAsk() []accounts.Account {
	a := accounts.Account{Name: "work"}
	a.From.Address, a.Mailbox.Host = "ada@example.org", "imap.example.org"
	return []accounts.Account{a}
}

// Nothing is sent unless somebody says so, in words.
func TestAskLoopback_WantsAYes(t *testing.T) {
	for answer, want := range map[string]bool{"y": true, "yes": true, "n": false, "": false} {
		_, streams := sit(t, "Send one message from ada@example.org to itself? (y/n)", answer)
		if err := (&program{Streams: streams}).askLoopback(t.Context(), toAsk()); (err == nil) != want {
			t.Errorf("to %q it says %v", answer, err)
		}
	}
}

func TestAskLoopback_EndsWithItsContext(t *testing.T) {
	screen, streams := sit(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- (&program{Streams: streams}).askLoopback(ctx, toAsk()) }()
	screen.see(t, "to itself?")
	stop()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "nothing was sent") {
			t.Errorf("got %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it asks on")
	}
}

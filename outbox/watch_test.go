package outbox_test

import (
	"context"
	"testing"
	"time"

	"sendoff/outbox"
)

// told waits for a token; false if the channel is closed.
func told(t *testing.T, ch <-chan struct{}) bool {
	t.Helper()
	select {
	case _, ok := <-ch:
		return ok
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is told")
	}
	return false
}

func TestWatch_TellsEverybodyOfOtherProcessesAndEndsWithTheLast(t *testing.T) {
	dir := t.TempDir()
	b, other := open(t, dir), open(t, dir)
	for range 3 { // the look begins anew with each
		ctx, cancel := context.WithCancel(t.Context())
		var all []<-chan struct{}
		for range 20 { // more than there are connections for readers
			ch := b.Watch(ctx)
			told(t, ch) // at the beginning
			all = append(all, ch)
		}
		time.Sleep(50 * time.Millisecond) // the first look, which is news too
		for _, ch := range all {
			select {
			case <-ch:
			default:
			}
		}
		submit(t, other, draftTo("ana@example.org"), outbox.SubmitOptions{})
		for _, ch := range all {
			if !told(t, ch) {
				t.Error("closed")
			}
		}
		cancel()
		for _, ch := range all {
			for told(t, ch) {
			}
		}
	}
}

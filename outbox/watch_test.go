package outbox_test

import (
	"context"
	"testing"
	"testing/synctest"
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

// However long nothing has changed, what does is told within a second.
func TestWatch_TellsOfOtherProcessesWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b, other := open(t, dir), open(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ch := b.Watch(ctx)
		for _, silence := range []time.Duration{0, time.Second, 3 * time.Second, 20 * time.Second, 5 * time.Minute} {
			time.Sleep(silence)
			synctest.Wait()
			for len(ch) > 0 {
				<-ch
			}
			submit(t, other, draftTo("ana@example.org"), outbox.SubmitOptions{})
			start := time.Now()
			if !told(t, ch) {
				t.Fatal("closed")
			}
			if took := time.Since(start); took >= time.Second {
				t.Errorf("after %v of silence it is told after %v", silence, took)
			}
		}
	})
}

// What is taken into the index of searches changes no list, and wakes nobody; what another
// process does at the same time is told.
func TestWatch_TellsNobodyOfTheIndexOfSearches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b, other := open(t, dir), open(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ch := b.Watch(ctx)
		news := func() bool {
			time.Sleep(2 * time.Second)
			synctest.Wait()
			select {
			case <-ch:
				return true
			default:
				return false
			}
		}
		for round := range 4 {
			submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
			if !news() {
				t.Error("a new message is no news")
			}
			index(t, b)
			if news() && round > 0 { // the first is in doubt
				t.Error("the index is news")
			}
		}
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		news()
		index(t, b)
		submit(t, other, draftTo("ana@example.org"), outbox.SubmitOptions{})
		if !news() {
			t.Error("what another process does beside the index is no news")
		}
	})
}

package cli

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
)

// Someone may be writing: a sender that fails is logged, and reported at the end.
func TestSideBySide_AFailedSenderDoesNotCloseTheScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		broken := errors.New("the disk failed")
		quit := make(chan struct{})
		show := func(ctx context.Context) error {
			select {
			case <-quit:
				return nil
			case <-ctx.Done():
				return errors.New("closed under the hands")
			}
		}
		send := func(context.Context) error { return broken }
		ended := make(chan error, 1)
		go func() { ended <- sideBySide(t.Context(), show, send, slog.New(slog.NewTextHandler(&log, nil))) }()
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("it ended with %v", err)
		default:
		}
		if !strings.Contains(log.String(), "the disk failed") {
			t.Errorf("the log has %q", &log)
		}
		close(quit)
		if err := <-ended; err == nil || err.Error() != broken.Error() {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestSideBySide_WaitsForTheSender(t *testing.T) {
	stopped := false
	send := func(ctx context.Context) error {
		<-ctx.Done()
		stopped = true
		return nil
	}
	err := sideBySide(t.Context(), func(context.Context) error { return nil }, send, slog.New(slog.DiscardHandler))
	if err != nil || !stopped {
		t.Errorf("%v, stopped: %v", err, stopped)
	}
}

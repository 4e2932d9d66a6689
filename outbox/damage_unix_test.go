//go:build unix

package outbox_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// Opening a pipe would wait for its other end.
func TestSender_APipeInThePlaceOfAMessageStopsNobody(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	id := submit(t, b, largeDraft(t), outbox.SubmitOptions{})
	path := theContentFile(t, dir)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	found, err := b.Check(t.Context(), outbox.CheckOptions{})
	if err != nil || len(found) != 2 || found[0].Kind != outbox.DamagedContent || found[1].Kind != outbox.StrangeFile {
		t.Errorf("found %+v, %v", found, err)
	}
	transport := &outboxtest.Transport{}
	good := submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, transport, policies(1)))
	if item := get(t, b, id); item.State != outbox.StateFailed || !strings.Contains(item.Reason, "damaged") || get(t, b, good).State != outbox.StateSent {
		t.Errorf("%s: %s", item.State, item.Reason)
	}
}

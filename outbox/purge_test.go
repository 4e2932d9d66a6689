package outbox_test

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

const day = 24 * time.Hour

func TestPurge_RemovesTheContentOfOldSentMailAndKeepsItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b := openHere(t, dir)
		defer b.Close()
		script := func(recipient string, _ int) outbox.Result {
			if recipient == "nobody@example.org" {
				return answer(outbox.ClassRejected, 550, "5.1.1 no such mailbox")
			}
			return outboxtest.Accepted()
		}
		s := sender(b, &outboxtest.Transport{Script: script}, policies(1))
		s.Retention = outbox.Retention{Content: 90 * day, Record: 700 * day}
		later := func(d time.Duration) {
			time.Sleep(d) // virtual
			flush(t, s)
		}
		small, large := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}), submit(t, b, largeDraft(t), outbox.SubmitOptions{})
		failed := submit(t, b, draftTo("nobody@example.org"), outbox.SubmitOptions{})
		flush(t, s)
		later(89 * day)
		if message(t, b, small) == "" || contentFiles(t, dir) != 1 {
			t.Error("purged before its time")
		}
		later(2 * day)
		for _, id := range []outbox.ID{small, large} {
			if _, err := b.Message(t.Context(), id); !errors.Is(err, outbox.ErrPurged) {
				t.Errorf("%s after 91 days: %v", id, err)
			}
			if item := get(t, b, id); item.State != outbox.StateSent || item.Size == 0 || item.Recipients[0].Code != 250 || item.HasDraft {
				t.Errorf("its record: %+v", item)
			}
		}
		if message(t, b, failed) == "" {
			t.Error("what failed was purged")
		}
		later(620 * day)
		if _, err := b.Get(t.Context(), small); !errors.Is(err, outbox.ErrNotFound) {
			t.Errorf("its record after 711 days: %v", err)
		}
		get(t, b, failed)
	})
}

func TestPurge_BySizeTheOldestGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		s := sender(b, &outboxtest.Transport{}, policies(1))
		var ids []outbox.ID
		for range 4 {
			ids = append(ids, submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}))
			flush(t, s)
			time.Sleep(time.Minute) // virtual: one is older than the next
		}
		size := get(t, b, ids[0]).Size
		s.Retention = outbox.Retention{Size: 2*size + size/2}
		time.Sleep(2 * time.Hour)
		flush(t, s)
		for i, id := range ids {
			r, err := b.Message(t.Context(), id)
			if purged := errors.Is(err, outbox.ErrPurged); purged != (i < 2) {
				t.Errorf("message %d of 4: %v", i+1, err)
			}
			if err == nil {
				io.Copy(io.Discard, r)
				r.Close()
			}
		}
	})
}

package outbox_test

import (
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// A message that failed says as what a copy of it was sent, and can be tried again all
// the same; one that was sent says nothing of its copies.
func TestSubmit_AFailedMessageSaysAsWhatItsCopyWasSent(t *testing.T) {
	b := open(t, t.TempDir())
	s := sender(b, &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		if recipient == "ana@exampel.org" {
			return outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.2", Text: "no such domain"}
		}
		return outboxtest.Accepted()
	}}, policies(1))
	id := submit(t, b, draftTo("ana@exampel.org", "kim@example.org"), outbox.SubmitOptions{})
	flush(t, s)

	again := func(of outbox.ID, to string) outbox.ID {
		t.Helper()
		d, err := b.Draft(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		d = d.OnlyTo([]string{"ana@exampel.org"})
		d.To = to
		ref, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, d) // as the composer does
		if err != nil {
			t.Fatal(err)
		}
		if replaced := get(t, b, id).ReplacedBy; replaced == ref.ID {
			t.Error("a draft counts as sent")
		}
		return submit(t, b, d, outbox.SubmitOptions{Draft: ref})
	}
	fixed := again(id, "ana@example.org")
	flush(t, s)
	if old := get(t, b, id); old.ReplacedBy != fixed || old.State != outbox.StatePartial {
		t.Errorf("%s, replaced by %s", old.State, old.ReplacedBy)
	}
	if got, old := get(t, b, fixed), get(t, b, id); got.State != outbox.StateSent || got.MessageID == old.MessageID {
		t.Errorf("%s, %s", got.State, got.MessageID)
	}
	again(fixed, "jo@example.org")
	if got := get(t, b, fixed); got.ReplacedBy != 0 {
		t.Errorf("what was sent is replaced by %s", got.ReplacedBy)
	}
	if err := b.Retry(t.Context(), id, outbox.RetryOptions{}); err != nil {
		t.Error(err)
	}
	if old := get(t, b, id); old.ReplacedBy != 0 || old.State != outbox.StateWaiting {
		t.Errorf("tried again: %s, replaced by %s", old.State, old.ReplacedBy)
	}
}

package outbox_test

import (
	"strings"
	"testing"

	"sendoff/outbox"
)

// What was done before the damage can be undone after it: what was deleted is kept
// nowhere else. But nothing leaves so that may have been sent.
func TestRebuild_KeepsWhatCanBeUndone(t *testing.T) {
	dir := t.TempDir()
	b := openHere(t, dir)
	draft := draftTo("ana@example.org")
	draft.Body = "one\n\n  \"two\"\tthree\n"
	deleted := submit(t, b, draft, outbox.SubmitOptions{}) // which must not leave by itself any more
	cancelled := submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{Hold: true})
	doubtful := submit(t, b, draftTo("kim@example.org"), outbox.SubmitOptions{Hold: true})
	lost := submit(t, b, draftTo("lou@example.org"), outbox.SubmitOptions{Hold: true})
	actOn(t, b, outbox.ActionDelete, lost) // its step will be lost
	actOn(t, b, outbox.ActionDelete, deleted)
	actOn(t, b, outbox.ActionCancel, cancelled, doubtful)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	query(t, dir, "DELETE FROM undo_steps WHERE id = (SELECT min(id) FROM undo_steps)")
	query(t, dir, "UPDATE recipients SET class = 1 WHERE address = 'kim@example.org'") // as one that was accepted
	query(t, dir, "DROP INDEX items_due")
	if done := rebuild(t, dir); done.Kept == "" || done.LostRows != 1 {
		t.Errorf("%+v", done)
	}
	b = open(t, dir)
	if u := undoLast(t, b); u.Action != outbox.ActionCancel || len(u.Items) != 1 || u.Items[0] != cancelled {
		t.Errorf("%+v", u)
	}
	wantState(t, b, outbox.StateHeld, cancelled)
	wantState(t, b, outbox.StateCancelled, doubtful)
	if u := undoLast(t, b); u.Action != outbox.ActionDelete || len(u.Items) != 1 || u.Items[0] != deleted {
		t.Errorf("%+v", u)
	}
	wantState(t, b, outbox.StateHeld, deleted)
	back, err := b.Draft(t.Context(), deleted)
	if err != nil || !strings.Contains(back.Body, strings.TrimSpace(draft.Body)) {
		t.Errorf("%q, %v", back.Body, err)
	}
}

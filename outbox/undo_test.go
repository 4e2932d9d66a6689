package outbox_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

func actOn(t *testing.T, b *outbox.Outbox, a outbox.Action, ids ...outbox.ID) outbox.Tally {
	t.Helper()
	tally, err := b.ActOn(t.Context(), a, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

// undoLast undoes the last deed.
func undoLast(t *testing.T, b *outbox.Outbox) outbox.Undone {
	t.Helper()
	last, err := b.LastDeed(t.Context())
	if err != nil || last.ID == 0 {
		t.Fatalf("%+v, %v", last, err)
	}
	u, err := b.Undo(t.Context(), last.ID)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func wantState(t *testing.T, b *outbox.Outbox, want outbox.State, ids ...outbox.ID) {
	t.Helper()
	for _, id := range ids {
		if got := get(t, b, id); got.State != want {
			t.Errorf("%s is %s, want %s", id, got.State, want)
		}
	}
}

func TestUndo_BringsManyBackToWhatTheyWere(t *testing.T) {
	b := open(t, t.TempDir())
	var ids []outbox.ID
	for range 120 { // more than one transaction
		ids = append(ids, submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}))
	}
	later := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
	all := append(slices.Clone(ids), later)
	for _, test := range []struct {
		action outbox.Action
		state  outbox.State
	}{{outbox.ActionHold, outbox.StateHeld}, {outbox.ActionCancel, outbox.StateCancelled}} {
		if got := actOn(t, b, test.action, all...); got.Done != 121 || got.Undoable != 121 {
			t.Fatalf("%+v", got)
		}
		wantState(t, b, test.state, all...)
		if u := undoLast(t, b); u.Action != test.action || len(u.Items) != 121 || u.Left != 0 {
			t.Errorf("%+v", u)
		}
		wantState(t, b, outbox.StateWaiting, ids...)
		wantState(t, b, outbox.StateScheduled, later)
	}
	if last, err := b.LastDeed(t.Context()); err != nil || last.ID != 0 {
		t.Errorf("left %+v, %v", last, err)
	}
}

func TestUndo_HoldsAgainWhatWasReleasedAndNotTried(t *testing.T) {
	b := open(t, t.TempDir())
	quiet := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Hold: true})
	tried := submit(t, b, draftTo("defer@example.org"), outbox.SubmitOptions{Hold: true})
	actOn(t, b, outbox.ActionRelease, tried)
	first, err := b.LastDeed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defers := outbox.Result{Class: outbox.ClassTemporary, Code: 451, Text: "later"}
	flush(t, sender(b, &outboxtest.Transport{Script: func(string, int) outbox.Result { return defers }}, policies(1)))
	actOn(t, b, outbox.ActionRelease, quiet)
	if u := undoLast(t, b); len(u.Items) != 1 || u.Left != 0 {
		t.Errorf("%+v", u)
	}
	wantState(t, b, outbox.StateHeld, quiet)
	if u, err := b.Undo(t.Context(), first.ID); err != nil || u.Left != 1 || len(u.Items) != 0 {
		t.Errorf("%+v, %v", u, err)
	}
	wantState(t, b, outbox.StateWaiting, tried)
}

func TestUndo_BringsADeletedDraftBackAfterARestart(t *testing.T) {
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	d := draftTo("ana@example.org")
	d.Subject, d.Body = "Figures", "They are fine.\n"
	ref, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, d)
	if err != nil {
		t.Fatal(err)
	}
	queued := submit(t, b, d, outbox.SubmitOptions{})
	if got := actOn(t, b, outbox.ActionDelete, ref.ID, queued); got.Done != 2 || got.Undoable != 2 {
		t.Errorf("%+v", got)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	if n, err := b.Count(t.Context(), outbox.Query{}); err != nil || n != 0 {
		t.Fatalf("%d are left, %v", n, err)
	}
	if u := undoLast(t, b); len(u.Items) != 2 {
		t.Fatalf("%+v", u)
	}
	wantState(t, b, outbox.StateDraft, ref.ID)
	wantState(t, b, outbox.StateWaiting, queued)
	for _, id := range []outbox.ID{ref.ID, queued} {
		back, err := b.Draft(t.Context(), id)
		if err != nil || back.Subject != d.Subject || back.Body != d.Body || back.To != d.To {
			t.Errorf("%+v, %v", back, err)
		}
	}
}

// The letter of a campaign is one with its row: that tells who has it as long as the
// campaign is there, and forgets what nobody has.
func TestUndo_LettersOfCampaignsAreDeletedForGoodIfAtAll(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	campaignID := start(t, b, specOf("work"), rowsFor(2, 1))
	refused := func(recipient string, _ int) outbox.Result {
		if recipient == "user2@d0.example" {
			return answer(outbox.ClassTemporary, 451, "4.7.1 try again")
		}
		return outboxtest.Accepted()
	}
	flush(t, sender(b, &outboxtest.Transport{Script: refused}, policies(1)))
	sent, waits := campaignRows(t, b, campaignID, "sent")[0].Item, campaignRows(t, b, campaignID, "waiting")[0].Item
	if got := actOn(t, b, outbox.ActionDelete, sent, waits); got.Done != 1 || got.Other != 1 || got.Undoable != 0 {
		t.Errorf("%+v", got)
	}
	if err := b.Delete(t.Context(), sent); !errors.Is(err, outbox.ErrOfCampaign) {
		t.Errorf("%v", err)
	}
	if last, err := b.LastDeed(t.Context()); err != nil || last.ID != 0 {
		t.Errorf("%+v, %v", last, err)
	}
	if _, err := b.Get(t.Context(), waits); !errors.Is(err, outbox.ErrNotFound) {
		t.Errorf("it is there: %v", err)
	}
	if c := campaign(t, b, campaignID); c.Counts.Sent != 1 || c.Counts.Cancelled != 1 {
		t.Errorf("%+v", c.Counts)
	}
}

func TestUndo_LeavesWhatHasChangedSince(t *testing.T) {
	b := open(t, t.TempDir())
	held := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	gone := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	actOn(t, b, outbox.ActionHold, held, gone)
	if err := b.Cancel(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if u := undoLast(t, b); u.Left != 2 || len(u.Items) != 0 {
		t.Errorf("%+v", u)
	}
	wantState(t, b, outbox.StateCancelled, held)
}

func TestActOn_CountsWhatDoesNotTakeIt(t *testing.T) {
	b := open(t, t.TempDir())
	waits := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	ref, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, draftTo("ana@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	if got := actOn(t, b, outbox.ActionHold, waits, ref.ID, 999); got.Done != 1 || got.Other != 2 {
		t.Errorf("%+v", got)
	}
	if got := actOn(t, b, outbox.ActionRelease, waits, ref.ID); got.Done != 1 || got.Undoable != 1 || got.Other != 1 {
		t.Errorf("%+v", got)
	}
}

func TestUndo_TwoWindowsUndoOnce(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	actOn(t, b, outbox.ActionHold, id)
	last, err := b.LastDeed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	undoLast(t, b)
	if err := b.Hold(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Undo(t.Context(), last.ID); !errors.Is(err, outbox.ErrNotFound) {
		t.Errorf("undone twice: %v", err)
	}
	wantState(t, b, outbox.StateHeld, id)
}

// What is deleted is not kept for longer than it can be undone.
func TestUndo_ForgetsAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		ref, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, draftTo("ana@example.org"))
		if err != nil {
			t.Fatal(err)
		}
		actOn(t, b, outbox.ActionDelete, ref.ID)
		last, err := b.LastDeed(t.Context())
		if err != nil || last.Items != 1 {
			t.Fatalf("%+v, %v", last, err)
		}
		time.Sleep(25 * time.Hour)
		if again, err := b.LastDeed(t.Context()); err != nil || again.ID != 0 {
			t.Errorf("%+v, %v", again, err)
		}
		flush(t, sender(b, &outboxtest.Transport{}, policies(1))) // which sweeps
		if _, err := b.Undo(t.Context(), last.ID); !errors.Is(err, outbox.ErrNotFound) {
			t.Errorf("it is kept: %v", err)
		}
	})
}

func TestUndo_KeepsAFewDeeds(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	actOn(t, b, outbox.ActionHold, id)
	first, err := b.LastDeed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		actOn(t, b, outbox.ActionRelease, id)
		actOn(t, b, outbox.ActionHold, id)
	}
	if _, err := b.Undo(t.Context(), first.ID); !errors.Is(err, outbox.ErrNotFound) {
		t.Errorf("the first is kept: %v", err)
	}
}

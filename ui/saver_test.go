package ui

import (
	"context"
	"errors"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// A save that hangs must not keep the program from ending.
func TestSaver_WaitsNoLongerThanItsContext(t *testing.T) {
	v := newSaver(nil, outbox.DraftRef{})
	if err := v.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := compose.Draft{To: "ana@example.org"}
	_, leaveErr := v.leave(ctx, sheet{draft: d})
	_, submitErr := v.submit(ctx, d, outbox.SubmitOptions{})
	for _, err := range []error{v.save(ctx, sheet{draft: d, revision: 1}), leaveErr, v.discard(ctx), submitErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want that it was cancelled", err)
		}
	}
}

// Two saves that overlap, the older one late, leave the newer text on disk.
func TestSaver_AnOlderTextIsNeverWrittenOverANewerOne(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		v := newSaver(s.box, outbox.DraftRef{})
		for _, step := range []struct {
			revision int
			to       string
		}{{2, "new@example.org"}, {1, "old@example.org"}} {
			if err := v.save(context.Background(), sheet{draft: compose.Draft{To: step.to}, revision: step.revision}); err != nil {
				s.t.Fatal(err)
			}
		}
		if d := s.saved(); d.To != "new@example.org" {
			s.t.Errorf("saved %+v", d)
		}
	})
}

// Two windows on one draft: neither text is lost, and who comes second is told.
func TestSaver_ADraftThatWasChangedElsewhereIsNotOverwritten(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, compose.Draft{Account: "work", To: "ana@example.org", Body: "first"}); err != nil {
			s.t.Fatal(err)
		}
	}, func(s *story) {
		s.Keys("1", "enter")
		s.See("first")
		item := s.only(outbox.StateDraft)
		s.Advance(time.Second)
		if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{ID: item.ID}, compose.Draft{Account: "work", To: "ana@example.org", Body: "written elsewhere"}); err != nil {
			s.t.Fatal(err)
		}
		s.Type("here ")
		s.Advance(3 * time.Second)
		s.See("a copy of its own now")
		drafts, err := s.box.List(s.t.Context(), outbox.Query{States: []outbox.State{outbox.StateDraft}})
		if err != nil || len(drafts) != 2 {
			s.t.Fatalf("%d drafts, %v", len(drafts), err)
		}
		if d, err := s.box.Draft(s.t.Context(), item.ID); err != nil || d.Body != "written elsewhere" {
			s.t.Errorf("the other window's draft is %q, %v", d.Body, err)
		}
	})
}

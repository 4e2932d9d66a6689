package ui

import (
	"context"
	"errors"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// saver keeps one draft on disk. It is the one thing that a composer shares
// with its commands: they may overlap, and an older text must never be written
// over a newer one, nor a message that was sent be saved as a draft again.
type saver struct {
	box *outbox.Outbox

	// turn is held by who uses what stands below. It is not a mutex since a wait
	// for it must end with a context: a slow disk can hold it for long.
	turn     chan struct{}
	ref      outbox.DraftRef // its zero ID: not saved yet
	revision int             // of the text on disk
	copied   bool            // the draft was changed elsewhere, and this text is a copy beside it
	gone     bool            // sent or discarded: there is nothing to save any more
	err      error           // of the last attempt to save
}

func newSaver(box *outbox.Outbox, ref outbox.DraftRef) *saver {
	return &saver{box: box, ref: ref, turn: make(chan struct{}, 1)}
}

// begin waits for the turn. After an error it is not held.
func (s *saver) begin(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *saver) end() { <-s.turn }

// sheet is what a composer holds at a time.
type sheet struct {
	draft    compose.Draft
	revision int  // grows with every change
	blank    bool // nobody has written on it: there is nothing to keep
}

// save stores a draft, unless that or a later revision is stored already. A
// draft that another process has sent, deleted or changed meanwhile stays as that
// has left it, and this text becomes a new one: neither is lost.
func (s *saver) save(ctx context.Context, p sheet) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	if s.gone || p.revision <= s.revision {
		return nil
	}
	if s.ref.ID == 0 && p.blank {
		s.revision, s.err = p.revision, nil
		return nil
	}
	ref, err := s.box.SaveDraft(ctx, s.ref, p.draft)
	if takenElsewhere(err) {
		s.copied = s.copied || errors.Is(err, outbox.ErrChanged)
		ref, err = s.box.SaveDraft(ctx, outbox.DraftRef{}, p.draft)
	}
	if s.err = err; err == nil {
		s.ref, s.revision = ref, p.revision
	}
	return err
}

// takenElsewhere tells that a draft is not the one that was opened any more.
func takenElsewhere(err error) bool {
	return errors.Is(err, outbox.ErrNotDraft) || errors.Is(err, outbox.ErrNotFound) || errors.Is(err, outbox.ErrChanged)
}

// becameACopy tells, once, that the text was saved beside a draft that was
// changed elsewhere.
func (s *saver) becameACopy(ctx context.Context) bool {
	if s.begin(ctx) != nil {
		return false
	}
	defer s.end()
	copied := s.copied
	s.copied = false
	return copied
}

// began is when the draft was saved first; zero if it never was.
func (s *saver) began(ctx context.Context) time.Time {
	if s.begin(ctx) != nil {
		return time.Time{}
	}
	id := s.ref.ID
	s.end()
	if id == 0 {
		return time.Time{}
	}
	i, err := s.box.Get(ctx, id)
	if err != nil {
		return time.Time{} // it was sent elsewhere, which saving tells
	}
	return i.Created
}

// failing tells that the last attempt to save came to nothing. It does not wait
// for one that is under way, whose outcome nobody knows yet.
func (s *saver) failing() bool {
	select {
	case s.turn <- struct{}{}:
	default:
		return false
	}
	defer s.end()
	return s.err != nil && !s.gone
}

// leave deletes a draft in which nothing is left, and tells whether one is kept.
func (s *saver) leave(ctx context.Context, p sheet) (kept bool, err error) {
	if p.blank {
		return false, s.discard(ctx)
	}
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	defer s.end()
	return s.ref.ID != 0, nil
}

// throwAway deletes a draft as it is now, and tells whether it can be brought back.
// One that cannot be saved any more goes all the same.
func (s *saver) throwAway(ctx context.Context, p sheet) (undoable bool, err error) {
	saveErr := s.save(ctx, p)
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	defer s.end()
	if s.ref.ID != 0 {
		tally, err := s.box.ActOn(ctx, outbox.ActionDelete, s.ref.ID)
		if err != nil {
			return false, err
		}
		undoable = tally.Undoable > 0 && saveErr == nil && !p.blank
	}
	s.gone = true
	return undoable, nil
}

// discard deletes the draft.
func (s *saver) discard(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	if s.ref.ID != 0 {
		err := s.box.Delete(ctx, s.ref.ID)
		if err != nil && !errors.Is(err, outbox.ErrNotFound) {
			return err
		}
	}
	s.gone = true
	return nil
}

// submit queues the draft. After an error it is a draft as before.
func (s *saver) submit(ctx context.Context, d compose.Draft, o outbox.SubmitOptions) (outbox.ID, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.end()
	o.Draft = s.ref
	id, err := s.box.Submit(ctx, d, o)
	if takenElsewhere(err) {
		if s.ref, s.err = s.box.SaveDraft(ctx, outbox.DraftRef{}, d); s.err != nil {
			return 0, s.err
		}
		return 0, errSentElsewhere
	}
	s.gone = err == nil
	return id, err
}

// errSentElsewhere is about a draft that another process has sent, deleted or
// changed.
var errSentElsewhere = errors.New("this draft was sent, changed or deleted elsewhere meanwhile; what stands here is a new draft now, and sending sends that")

package ui

import (
	"context"
	"errors"

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
	id       outbox.ID // 0: not saved yet
	revision int       // of the text on disk
	gone     bool      // sent or discarded: there is nothing to save any more
	err      error     // of the last attempt to save
}

func newSaver(box *outbox.Outbox, id outbox.ID) *saver {
	return &saver{box: box, id: id, turn: make(chan struct{}, 1)}
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

// save stores a draft, unless that or a later revision is stored already. A
// draft that another process has sent or deleted meanwhile becomes a new one:
// what was typed since would be lost otherwise.
func (s *saver) save(ctx context.Context, revision int, d compose.Draft) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	if s.gone || revision <= s.revision {
		return nil
	}
	if s.id == 0 && d.Empty() {
		s.revision, s.err = revision, nil
		return nil
	}
	id, err := s.box.SaveDraft(ctx, s.id, d)
	if s.id != 0 && (errors.Is(err, outbox.ErrNotDraft) || errors.Is(err, outbox.ErrNotFound)) {
		id, err = s.box.SaveDraft(ctx, 0, d)
	}
	if s.err = err; err == nil {
		s.id, s.revision = id, revision
	}
	return err
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
func (s *saver) leave(ctx context.Context, d compose.Draft) (kept bool, err error) {
	if d.Empty() {
		return false, s.discard(ctx)
	}
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	defer s.end()
	return s.id != 0, nil
}

// discard deletes the draft.
func (s *saver) discard(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	if s.id != 0 {
		err := s.box.Delete(ctx, s.id)
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
	o.Draft = s.id
	id, err := s.box.Submit(ctx, d, o)
	if s.id != 0 && (errors.Is(err, outbox.ErrNotDraft) || errors.Is(err, outbox.ErrNotFound)) {
		if s.id, s.err = s.box.SaveDraft(ctx, 0, d); s.err != nil {
			return 0, s.err
		}
		return 0, errSentElsewhere
	}
	s.gone = err == nil
	return id, err
}

// errSentElsewhere is about a draft that another process has sent or deleted.
var errSentElsewhere = errors.New("this draft was sent or deleted elsewhere meanwhile; what stands here is a new draft now, and y sends that")

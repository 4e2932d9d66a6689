package ui

import (
	"context"
	"errors"
	"sync"

	"sendoff/compose"
	"sendoff/outbox"
)

// saver keeps one draft on disk. It is the one thing that a composer shares
// with its commands: they may overlap, and an older text must never be written
// over a newer one, nor a message that was sent be saved as a draft again.
type saver struct {
	box *outbox.Outbox

	mu       sync.Mutex
	id       outbox.ID // 0: not saved yet
	revision int       // of the text on disk
	gone     bool      // sent or discarded: there is nothing to save any more
	err      error     // of the last attempt to save
}

// save stores a draft, unless that or a later revision is stored already. A
// draft that another process has sent or deleted meanwhile becomes a new one:
// what was typed since would be lost otherwise.
func (s *saver) save(ctx context.Context, revision int, d compose.Draft) error {
	s.mu.Lock()
	defer s.mu.Unlock()
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
	if !s.mu.TryLock() {
		return false
	}
	defer s.mu.Unlock()
	return s.err != nil && !s.gone
}

// leave deletes a draft in which nothing is left, and tells whether one is kept.
func (s *saver) leave(ctx context.Context, d compose.Draft) (kept bool, err error) {
	if !d.Empty() {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.id != 0, nil
	}
	return false, s.discard(ctx)
}

// discard deletes the draft.
func (s *saver) discard(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
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
	s.mu.Lock()
	defer s.mu.Unlock()
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

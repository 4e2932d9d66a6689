package export

import (
	"context"
	"errors"
	"io"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// open gives the octets of a message. Those of a draft are what it would be if it were
// sent now: neither signed nor encrypted, which happens when it is queued. A draft that
// could not be sent is an error that says what it lacks.
func open(ctx context.Context, b *outbox.Outbox, id outbox.ID) (io.ReadCloser, error) {
	r, err := b.Message(ctx, id)
	if !errors.Is(err, outbox.ErrNotFound) {
		return r, err
	}
	d, draftErr := b.Draft(ctx, id)
	if errors.Is(draftErr, outbox.ErrNotFound) || errors.Is(draftErr, outbox.ErrNotDraft) {
		return nil, err
	}
	if draftErr != nil {
		return nil, draftErr
	}
	now := time.Now()
	stamp, err := compose.NewStamp(d.From, now)
	if err != nil {
		return nil, err
	}
	d = b.WithHabits(d, now)
	d.Protection = compose.Unprotected
	return build(d, stamp), nil
}

// built is a message that is built while it is read.
type built struct {
	*io.PipeReader
	ended chan struct{}
}

func build(d compose.Draft, stamp compose.Stamp) built {
	r, w := io.Pipe()
	b := built{r, make(chan struct{})}
	go func() {
		defer close(b.ended)
		_, err := compose.Build(w, d, stamp)
		w.CloseWithError(err)
	}()
	return b
}

// Close ends building, and waits for that.
func (b built) Close() error {
	err := b.PipeReader.Close()
	<-b.ended
	return err
}

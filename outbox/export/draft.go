package export

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/mail"
	"regexp"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// open gives the octets of a message. Those of a draft are what it would be if it were
// sent now: neither signed nor encrypted, which happens when it is queued. A draft that
// could not be sent is an error that says what it lacks. like is an earlier copy that it
// is compared with; nil: there is none.
func open(ctx context.Context, b *outbox.Outbox, id outbox.ID, like io.Reader) (io.ReadCloser, error) {
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
	stamp, err := stampOf(d, like)
	if err != nil {
		return nil, err
	}
	d = b.WithHabits(d, stamp.Date)
	d.Protection = compose.Unprotected
	return build(d, stamp), nil
}

// stampOf is the stamp of an earlier copy, so that the same draft gives the same
// octets, or a new one. All of a stamp can be read in the message.
func stampOf(d compose.Draft, like io.Reader) (compose.Stamp, error) {
	s, err := compose.NewStamp(d.From, time.Now())
	if err != nil {
		return s, err
	}
	if like != nil {
		if m, err := mail.ReadMessage(like); err == nil && ownMessageID.MatchString(m.Header.Get("Message-ID")) {
			if date, err := m.Header.Date(); err == nil {
				s.MessageID, s.Date = m.Header.Get("Message-ID"), date.UTC()
			}
		}
	}
	sum := sha256.Sum256([]byte(s.MessageID))
	copy(s.Seed[:], sum[:])
	return s, nil
}

// ownMessageID is what NewStamp makes: another one might not be one at all.
var ownMessageID = regexp.MustCompile(`^<[0-9a-f]{32}@[!-;=?-~]+>$`)

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

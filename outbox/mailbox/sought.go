package mailbox

import (
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"

	"sendoff/outbox"
)

// Seeker wants to know of messages whether they are in the folder of what was sent. An
// [outbox.Look] is one, and says what the methods do. Their errors end the search.
type Seeker interface {
	Sought() []outbox.Sought
	Found(ctx context.Context, s outbox.Sought, folder string) error
	Missed(ctx context.Context, s outbox.Sought, folder string) error
}

// Seek looks for messages in the folder of what was sent, by their Message-ID, and
// changes nothing there. Where there is no such folder, or the server does not let
// anybody search, it says nothing of them. It is called after Look.
func (s *Session) Seek(ctx context.Context, k Seeker) error {
	m, ok := s.client.(*imapMailbox)
	if !ok || len(k.Sought()) == 0 { // POP3 has no folders
		return nil
	}
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	if err := m.seek(ctx, s.settings.SentFolder, k); err != nil && !isRefusal(err) {
		return s.failed(ctx, StageFolder, err)
	}
	return nil
}

func (m *imapMailbox) seek(ctx context.Context, folder string, k Seeker) error {
	m.conn.allow(maxTalk)
	if folder == "" {
		folders, err := m.folders()
		if err != nil {
			return err
		}
		if folder = choose(folders, imap.MailboxAttrSent, usualSent); folder == "" {
			return nil
		}
	}
	if _, err := m.examine(folder); err != nil {
		if errors.Is(err, ErrNoFolder) {
			return nil
		}
		return err
	}
	for _, sought := range slices.Clone(k.Sought()) {
		m.conn.allow(maxTalk)
		there, err := m.holds(sought.MessageID)
		switch {
		case err != nil:
		case there:
			err = k.Found(ctx, sought, folder)
		default:
			err = k.Missed(ctx, sought, folder)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

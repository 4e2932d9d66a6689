package mailbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"sendoff/outbox"
)

// Ear is told what is heard of a mailbox. An [outbox.Ear] is one, and says what the
// methods do. It is used from one goroutine; its errors end the listening.
type Ear interface {
	Cursor(ctx context.Context, folder string) (outbox.Cursor, error)
	Began()
	Heard()
}

// renewEvery is how long one IDLE lasts. RFC 2177 has up to 29 minutes, after which
// servers may hang up; routers at home forget a silent connection sooner, some after
// ten, and one that is dead is noticed when it is renewed.
const renewEvery = 9 * time.Minute

// Listen has the server say by itself that something has come into the folder (IDLE,
// RFC 2177), until the connection or ctx ends; so the error is never nil. It changes
// nothing there, and reads nothing. It wraps ErrNoIdle where the server cannot do that. It
// is called after Login.
func (s *Session) Listen(ctx context.Context, e Ear) error {
	m, ok := s.client.(*imapMailbox)
	if !ok { // POP3 has no such thing
		return s.failed(ctx, StageFolder, ErrNoIdle)
	}
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	return s.failed(ctx, StageFolder, m.listen(ctx, s.settings.Folder, e))
}

func (m *imapMailbox) listen(ctx context.Context, folder string, e Ear) error {
	m.conn.allow(maxTalk)
	if !m.Caps().Has(imap.CapIdle) {
		return ErrNoIdle
	}
	data, err := m.open(folder)
	if err != nil {
		return err
	}
	m.arrivals.begin(data.NumMessages)
	cursor, err := e.Cursor(ctx, folder)
	if err != nil {
		return err
	}
	begin := func() {
		e.Began()
		if unlooked(data, cursor) {
			e.Heard()
		}
	}
	for {
		if err := m.idle(ctx, e, begin); err != nil {
			return err
		}
		begin = func() {}
	}
}

// unlooked tells that something has come since the last look. It is pure.
func unlooked(data *imap.SelectData, c outbox.Cursor) bool {
	return data.NumMessages > 0 && (data.UIDNext == 0 || data.UIDValidity != c.Validity || uint64(data.UIDNext) > uint64(c.Last)+1)
}

// idle is one IDLE, from the server's consent on. It ends by renewEvery, and without
// an error by that alone.
func (m *imapMailbox) idle(ctx context.Context, e Ear, begin func()) error {
	m.conn.allow(maxTalk)
	command, err := m.Idle()
	if err != nil {
		if err = refusedBy(err); isRefusal(err) {
			return fmt.Errorf("%w: %w", ErrNoIdle, err)
		}
		return err
	}
	m.conn.allowFor(maxTalk, renewEvery+commandTimeout)
	begin()
	m.hear(ctx, e)
	m.conn.allow(maxTalk)
	if err := command.Close(); err != nil { // without it nothing else can be said
		return err
	}
	return errors.Join(refusedBy(command.Wait()), ctx.Err())
}

// hear passes on what is heard until it is time to begin anew, or to end.
func (m *imapMailbox) hear(ctx context.Context, e Ear) {
	renew := time.NewTimer(renewEvery)
	defer renew.Stop()
	for {
		select {
		case <-m.arrivals.came:
			e.Heard()
		case <-renew.C:
			return
		case <-m.Closed():
			select {
			case <-m.arrivals.came: // the last that was heard
				e.Heard()
			default:
			}
			return
		case <-ctx.Done():
			return
		}
	}
}

// arrivals are the mails that come into the folder while it is open, as far as the
// server tells of them. go-imap does so in a goroutine of its own.
type arrivals struct {
	came chan struct{} // has a token while there is news

	mu    sync.Mutex // guards count
	count uint32     // mails in the folder
}

func newArrivals() *arrivals { return &arrivals{came: make(chan struct{}, 1)} }

func (a *arrivals) handler() *imapclient.UnilateralDataHandler {
	return &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				a.exists(*data.NumMessages)
			}
		},
		Expunge: func(uint32) { a.expunged() },
	}
}

// begin is what was there when the folder was opened. More may have been heard of by
// now.
func (a *arrivals) begin(count uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count = max(a.count, count)
}

// exists is news if there is more than before: a server also says so when a mail has
// gone.
func (a *arrivals) exists(count uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if count > a.count {
		select {
		case a.came <- struct{}{}:
		default:
		}
	}
	a.count = count
}

func (a *arrivals) expunged() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count = max(a.count, 1) - 1
}

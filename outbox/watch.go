package outbox

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// How often another process's commits are looked for. The look, PRAGMA
// data_version, takes some µs, but it wakes the process, which takes more. So it comes
// when a tenth of the time has passed again that nothing has changed for: who has waited
// for a while has time for another second, and no more.
const (
	watchEvery   = 100 * time.Millisecond
	watchIdle    = 900 * time.Millisecond // with the reading of what is new, within a second
	watchSilence = 10
)

// watchers are the channels of this process that want to know of changes. One
// goroutine looks for those of other processes, for all of them.
type watchers struct {
	mu       sync.Mutex
	channels map[chan struct{}]struct{}
	looking  bool      // the goroutine runs
	changed  time.Time // when there was something new last, a watcher or a commit
}

// notify leaves a token in every channel that has none.
func (w *watchers) notify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.channels {
		leaveToken(ch)
	}
}

func leaveToken(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default: // the last one has not been read yet: one is enough
	}
}

// add gives a new channel, with a token since its reader knows nothing yet. look says
// that the goroutine that looks is to be started.
func (w *watchers) add() (ch chan struct{}, look bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.channels == nil {
		w.channels = make(map[chan struct{}]struct{})
	}
	ch = make(chan struct{}, 1)
	leaveToken(ch)
	w.channels[ch] = struct{}{}
	look = !w.looking
	w.looking, w.changed = true, time.Now()
	return ch, look
}

// next is how long the goroutine that looks waits for its next look; ok is false if
// nobody watches any more, and then it ends.
func (w *watchers) next(news bool) (wait time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.channels) == 0 {
		w.looking = false
		return 0, false
	}
	if news {
		w.changed = time.Now()
	}
	return min(max(time.Since(w.changed)/watchSilence, watchEvery), watchIdle), true
}

// remove closes the channel, under the lock that notify sends under.
func (w *watchers) remove(ch chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.channels, ch)
	close(ch)
}

// Watch gives a channel that holds a token whenever something may have changed,
// in this process or another. It carries no more than that: read again what is
// shown. It is closed when ctx ends or the outbox is closed.
func (b *Outbox) Watch(ctx context.Context) <-chan struct{} {
	ch, look := b.watchers.add()
	if look {
		b.running.Go(b.watchOthers)
	}
	b.running.Go(func() {
		select {
		case <-ctx.Done():
		case <-b.stopped.Done():
		}
		b.watchers.remove(ch)
	})
	return ch
}

// watchOthers looks for commits of other connections while somebody watches. The
// number means something only when it is asked on one connection; while that
// cannot be had, the look is tried again.
func (b *Outbox) watchOthers() {
	ctx := b.stopped
	var ask *sql.Stmt
	var conn *sql.Conn
	defer func() {
		if conn != nil {
			ask.Close()
			conn.Close()
		}
	}()
	var seen int64
	own := ownWork{writer: b.writer}
	timer := time.NewTimer(watchEvery)
	defer timer.Stop()
	for {
		if conn == nil {
			conn, ask = b.versionAsker(ctx)
		}
		news := false
		if conn != nil {
			var version int64
			own.begin()
			// Nothing is waited for, and a context that can end would cost two goroutines
			// that watch it, each time.
			if err := ask.QueryRowContext(context.WithoutCancel(ctx)).Scan(&version); err == nil && version != seen {
				seen = version
				if news = !own.all(ctx); news {
					b.watchers.notify()
				}
			}
		}
		wait, ok := b.watchers.next(news)
		if !ok {
			return
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// ownWork tells the looks that found nothing but what this process has written and that
// is no news, such as the index of searches: a thousand commits of that would have every
// window read its list a thousand times. It belongs to one goroutine.
//
// A look cannot tell one commit from many. The writer's own connection can: it sees what
// others commit, and not what it does itself. It is asked only where something quiet may
// have been committed since the look before, as the question waits for its turn.
type ownWork struct {
	writer *writer
	quiet  [2]int64 // changes that are no news, before the last look and before this one
	others int64    // what the writer's connection said last; 0: it was not asked
}

// begin comes before a look.
func (o *ownWork) begin() { o.quiet[0], o.quiet[1] = o.quiet[1], o.writer.quiet.Load() }

// all tells that what the look has found is work of this process that is no news, or
// has been told by its writer. In doubt it is not.
func (o *ownWork) all(ctx context.Context) bool {
	if o.writer.quiet.Load() == o.quiet[0] {
		return false
	}
	version, err := o.writer.others(ctx)
	same := err == nil && version == o.others
	o.others = version
	return same
}

// versionAsker is a connection of its own and the question that it is asked; nil if it
// cannot be had.
func (b *Outbox) versionAsker(ctx context.Context) (*sql.Conn, *sql.Stmt) {
	conn, err := b.read.Conn(ctx)
	if err != nil {
		return nil, nil
	}
	ask, err := conn.PrepareContext(ctx, "PRAGMA data_version")
	if err != nil {
		conn.Close()
		return nil, nil
	}
	return conn, ask
}

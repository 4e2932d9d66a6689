package outbox

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// How often another process's commits are looked for. The look, PRAGMA
// data_version, takes some µs; who has waited for a while has time for another
// second.
const (
	watchEvery   = 100 * time.Millisecond
	watchIdle    = time.Second
	watchIdleFor = time.Minute // without a change
)

// watchers are the channels of this process that want to know of changes.
type watchers struct {
	mu       sync.Mutex
	channels map[chan struct{}]struct{}
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

func (w *watchers) add() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.channels == nil {
		w.channels = make(map[chan struct{}]struct{})
	}
	ch := make(chan struct{}, 1)
	w.channels[ch] = struct{}{}
	return ch
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
	ch := b.watchers.add()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(b.stopped, cancel)
	b.running.Go(func() {
		defer b.watchers.remove(ch)
		defer stop()
		defer cancel()
		b.watchOthers(ctx, ch)
	})
	return ch
}

// watchOthers looks for commits of other connections until ctx ends. The
// number means something only when it is asked on one connection; while that
// cannot be had, the look is tried again.
func (b *Outbox) watchOthers(ctx context.Context, ch chan<- struct{}) {
	var conn *sql.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	var seen int64
	changed := time.Now()
	timer := time.NewTimer(watchEvery)
	defer timer.Stop()
	for {
		if conn == nil {
			conn, _ = b.read.Conn(ctx)
		}
		if conn != nil {
			if version, err := dataVersion(ctx, conn); err == nil && version != seen {
				seen, changed = version, time.Now()
				leaveToken(ch)
			}
		}
		wait := watchEvery
		if time.Since(changed) >= watchIdleFor {
			wait = watchIdle
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

func dataVersion(ctx context.Context, conn *sql.Conn) (version int64, err error) {
	err = conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version)
	return version, err
}

package outbox

import (
	"context"
	"database/sql"
	"sync"
)

// reader is the pool of connections that read. What the sender asks for every
// message it asks with always: SQLite takes longer to plan such a query than to
// answer it.
type reader struct {
	*sql.DB

	mu    sync.Mutex // guards what follows
	plans map[string]*sql.Stmt
}

func newReader(db *sql.DB) *reader {
	return &reader{DB: db, plans: make(map[string]*sql.Stmt)}
}

// always is QueryRowContext for a query that is repeated in the same words: its
// plan is kept, on each connection that it comes to.
func (r *reader) always(ctx context.Context, query string, args ...any) row {
	s, err := r.plan(ctx, query)
	if err != nil {
		return row{err: err}
	}
	return row{row: s.QueryRowContext(ctx, args...)}
}

// alwaysRows is always for a query of many rows.
func (r *reader) alwaysRows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := r.plan(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (r *reader) plan(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.plans[query]; ok {
		return s, nil
	}
	s, err := r.PrepareContext(ctx, query)
	if err == nil {
		r.plans[query] = s
	}
	return s, err
}

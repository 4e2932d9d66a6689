package outbox

import (
	"context"
	"fmt"
)

// Check looks for damage in the database, for `sendoff doctor`. ErrCorrupt says
// what SQLite found first. It reads the whole file.
func (b *Outbox) Check(ctx context.Context) error {
	var found string
	if err := b.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return storeError(err)
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, found)
	}
	return nil
}

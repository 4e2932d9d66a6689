package outbox

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// While a database is opened it is not in WAL mode yet, and SQLite looks whether its file
// is still the one.
func TestStoreError_ADatabaseThatWasReplacedIsInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "some.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE anything(n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".damaged"); err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "INSERT INTO anything VALUES(1)")
	if err = storeError(err); !errors.Is(err, ErrLocked) || errors.Is(err, ErrReadOnly) {
		t.Errorf("%v", err)
	}
}

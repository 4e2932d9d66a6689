package sqlitefile_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"sendoff/internal/sqlitefile"
)

// example makes a database with every kind of page and value.
func example(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "example.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`PRAGMA user_version = 7;
		CREATE TABLE things(id INTEGER PRIMARY KEY, n INTEGER, t TEXT, b BLOB, r REAL);
		CREATE INDEX things_t ON things(t);
		CREATE TABLE named(name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
		WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000)
		INSERT INTO things SELECT x, (x - 1000) * x * x * x, 'thing ' || x, zeroblob(x * 7 % 9000), x / 3.0 FROM c;
		INSERT INTO named SELECT 'name of thing ' || id, id FROM things;
		ALTER TABLE things ADD COLUMN later INTEGER NOT NULL DEFAULT 3;`); err != nil {
		t.Fatal(err)
	}
	return path
}

func readAll(t testing.TB, path string) (rows []sqlitefile.Row, lost sqlitefile.Lost) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f, err := sqlitefile.Open(file, sqlitefile.LogPath(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lost, err = f.Rows(func(r sqlitefile.Row) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, lost
}

func TestRows_AreThoseOfSQLite(t *testing.T) {
	rows, lost := readAll(t, example(t))
	things, named := 0, 0
	for _, r := range rows {
		switch r.Table {
		case "things":
			things++
			x := r.Key
			want := []any{nil, (x - 1000) * x * x * x, fmt.Sprintf("thing %d", x), make([]byte, x*7%9000), float64(x) / 3}
			for i := range want {
				blob, isBlob := want[i].([]byte)
				if got, _ := r.Values[i].([]byte); isBlob && bytes.Equal(got, blob) {
					continue
				}
				// A whole number in a REAL column is stored as an integer.
				if n, whole := r.Values[i].(int64); whole && want[i] == float64(n) {
					continue
				}
				if isBlob || r.Values[i] != want[i] {
					t.Fatalf("row %d, column %d: %v, want %v", x, i, r.Values[i], want[i])
				}
			}
		case "named":
			named++
			if r.Values[0] != fmt.Sprintf("name of thing %d", r.Values[1]) {
				t.Fatalf("%v", r.Values)
			}
		default:
			t.Errorf("a row of %q", r.Table)
		}
	}
	if things != 2000 || named != 2000 || lost != (sqlitefile.Lost{}) {
		t.Errorf("%d things, %d names, lost %+v", things, named, lost)
	}
}

// FuzzRows damages a database: it must end, without a panic.
func FuzzRows(f *testing.F) {
	sound, err := os.ReadFile(example(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), []byte("x"), uint32(100))
	f.Add(uint32(100), []byte{0x0d, 0xff, 0xff, 0xff, 0xff}, uint32(1<<30))
	f.Add(uint32(4096), bytes.Repeat([]byte{0x05, 0, 0, 0, 1}, 800), uint32(1<<30))
	path := filepath.Join(f.TempDir(), "damaged.db")
	f.Fuzz(func(t *testing.T, at uint32, change []byte, size uint32) {
		data := bytes.Clone(sound)
		copy(data[int(at)%len(data):], change)
		if err := os.WriteFile(path, data[:min(int(size), len(data))], 0o600); err != nil {
			t.Fatal(err)
		}
		readAll(t, path)
	})
}

func FuzzLog(f *testing.F) {
	path := example(f)
	f.Add([]byte{0x37, 0x7f, 0x06, 0x82, 0, 0, 0, 0, 0, 0, 16, 0})
	f.Fuzz(func(t *testing.T, log []byte) {
		if err := os.WriteFile(sqlitefile.LogPath(path), log, 0o600); err != nil {
			t.Fatal(err)
		}
		readAll(t, path)
	})
}

package outbox_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sendoff/outbox"
)

// plainFile is a file on the same disk, to which durable appending is the least
// that keeping a message can cost.
type plainFile struct{ *os.File }

func newPlainFile(b *testing.B) plainFile {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return plainFile{f}
}

// append writes data n times, and waits for the disk each time.
func (f plainFile) append(b *testing.B, data []byte, n int) {
	b.Helper()
	for range n {
		if _, err := f.Write(data); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// plainTable is a table of one column in a database of its own, as durable as
// the outbox is.
type plainTable struct{ *sql.DB }

func newPlainTable(b *testing.B) plainTable {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "plain.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE plain(id INTEGER PRIMARY KEY, data BLOB NOT NULL)"); err != nil {
		b.Fatal(err)
	}
	return plainTable{db}
}

// insert commits n rows, one at a time.
func (t plainTable) insert(b *testing.B, data []byte, n int) {
	b.Helper()
	s, err := t.Prepare("INSERT INTO plain(data) VALUES(?)")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for range n {
		if _, err := s.Exec(data); err != nil {
			b.Fatal(err)
		}
	}
}

func (t plainTable) newest(b *testing.B, n int) {
	b.Helper()
	rows, err := t.Query("SELECT id, data FROM plain ORDER BY id DESC LIMIT ?", n)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var data []byte
		if err := rows.Scan(&id, &data); err != nil {
			b.Fatal(err)
		}
	}
}

// writerDir, in the environment, makes this test program a process that submits
// letters to the outbox there.
const writerDir = "SENDOFF_BENCH_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		if err := writeAsTold(dir, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeAsTold reads numbers, submits as many letters, and says so.
func writeAsTold(dir string, orders io.Reader, done io.Writer) error {
	box, err := outbox.Open(context.Background(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		return err
	}
	defer box.Close()
	for {
		var n int
		if _, err := fmt.Fscanln(orders, &n); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		for range n {
			if _, err := box.Submit(context.Background(), letter(), outbox.SubmitOptions{}); err != nil {
				return err
			}
		}
		fmt.Fprintln(done, n)
	}
}

// writerProcesses are processes that submit to one outbox at the same time.
type writerProcesses []*writerProcess

type writerProcess struct {
	orders io.WriteCloser
	done   *bufio.Reader
}

func startWriters(b *testing.B, dir string, n int) (all writerProcesses) {
	b.Helper()
	for range n {
		cmd := exec.Command(os.Args[0])
		cmd.Env, cmd.Stderr = append(os.Environ(), writerDir+"="+dir), os.Stderr
		orders, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		done, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { orders.Close(); cmd.Wait() })
		w := &writerProcess{orders, bufio.NewReader(done)}
		all = append(all, w)
		w.order(b, 1) // its start is not what is measured
		w.await(b)
	}
	return all
}

// write has n letters submitted, shared out evenly, and waits for all of them.
func (all writerProcesses) write(b *testing.B, n int) {
	b.Helper()
	for i, w := range all {
		w.order(b, n*(i+1)/len(all)-n*i/len(all))
	}
	for _, w := range all {
		w.await(b)
	}
}

func (w *writerProcess) order(b *testing.B, n int) {
	b.Helper()
	if _, err := fmt.Fprintln(w.orders, n); err != nil {
		b.Fatal(err)
	}
}

func (w *writerProcess) await(b *testing.B) {
	b.Helper()
	if _, err := w.done.ReadString('\n'); err != nil {
		b.Fatal(err)
	}
}

package outbox

import (
	"errors"
	"testing"
	"time"
)

// SQLite may take back a whole transaction by itself. What else is in the batch
// must then not happen behind its caller's back.
func TestWriter_ALostTransactionTakesNothingOn(t *testing.T) {
	b, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	insert := func(account string) func(*tx) error {
		return func(t *tx) error {
			_, err := t.exec("INSERT INTO account_facts(account) VALUES(?)", account)
			return err
		}
	}
	queued := func(n int) func() {
		return func() {
			for end := time.Now().Add(time.Minute); b.writer.waiting() < n && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
		}
	}
	ended := make(chan error, 3)
	begun := make(chan bool)
	go func() {
		ended <- b.writer.do(t.Context(), func(tx *tx) error {
			begun <- true
			queued(2)()
			return insert("first")(tx)
		})
	}()
	<-begun
	go func() {
		ended <- b.writer.do(t.Context(), func(t *tx) error {
			return errors.Join(errors.New("a failing disk"), t.execCached("ROLLBACK"))
		})
	}()
	queued(1)()
	go func() { ended <- b.writer.do(t.Context(), insert("third")) }()
	failed := 0
	for range cap(ended) {
		if <-ended != nil {
			failed++
		}
	}
	var there int
	if err := b.read.QueryRowContext(t.Context(), "SELECT count(*) FROM account_facts").Scan(&there); err != nil {
		t.Fatal(err)
	}
	// The third may have come too late for that batch, and gone well in the next.
	if there+failed != 3 || failed < 2 {
		t.Errorf("%d failed, and %d are there", failed, there)
	}
}

// A stop counts as no try, be it that some recipients were left for another
// transaction.
func TestUnspoken(t *testing.T) {
	network := Result{Class: ClassNetwork, Text: "stopped"}
	left := Result{Class: ClassTemporary, Limit: LimitRecipients}
	for _, c := range []struct {
		results []Result
		want    bool
	}{
		{[]Result{network}, true},
		{[]Result{network, left}, true},
		{[]Result{network, {Class: ClassTemporary, Limit: LimitRecipients, Code: 452}}, false},
		{[]Result{network, {Class: ClassRejected, Code: 550}}, false},
		{[]Result{{Class: ClassAccepted, Code: 250}}, false},
	} {
		if got := unspoken(Report{Results: c.results}); got != c.want {
			t.Errorf("%+v: %t", c.results, got)
		}
	}
}

package outbox

import (
	"errors"
	"sync"
	"testing"
	"time"
)

// SQLite may take back a whole transaction by itself. What else is in the batch
// must then not happen behind its caller's back.
func TestWriter_ALostTransactionTakesNothingOn(t *testing.T) {
	for range 100 { // on a busy machine they may not come together at once
		there, failed, together := loseATransaction(t)
		if !together {
			continue
		}
		// The third may have come too late for that batch, and gone well in the next.
		if there+failed != 3 || failed < 2 {
			t.Errorf("%d failed, and %d are there", failed, there)
		}
		return
	}
	t.Error("the changes never came together")
}

// loseATransaction has the second of three changes lose the transaction. It tells whether
// the three came together at all: who waits for others too long commits alone.
func loseATransaction(t *testing.T) (there, failed int, together bool) {
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
			start := time.Now()
			queued(2)()
			together = time.Since(start) < maxHold/2
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
	for range cap(ended) {
		if <-ended != nil {
			failed++
		}
	}
	if err := b.read.QueryRowContext(t.Context(), "SELECT count(*) FROM account_facts").Scan(&there); err != nil {
		t.Fatal(err)
	}
	return there, failed, together
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

// What is grouped without being kept apart is still undone alone: the batch is run
// once more.
func TestWriter_AFailedChangeAmongThoseThatRunTwice(t *testing.T) {
	b, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const all = 5
	for bad := range all {
		if err := b.writer.do(t.Context(), func(t *tx) error { return t.execScript("DELETE FROM account_facts") }); err != nil {
			t.Fatal(err)
		}
		for i, err := range togetherInOneBatch(t, b, all, bad) {
			if (i == bad) != errors.Is(err, errBad) || i != bad && err != nil {
				t.Errorf("%d is bad, and %d got %v", bad, i, err)
			}
		}
		var there int
		if err := b.read.QueryRowContext(t.Context(), "SELECT count(*) FROM account_facts").Scan(&there); err != nil {
			t.Fatal(err)
		}
		if there != all-1 {
			t.Errorf("%d is bad: %d rows are there", bad, there)
		}
	}
}

var errBad = errors.New("a change that fails")

// togetherInOneBatch makes changes of which one fails at its end, and gives what
// came of each. The last but one may not be run twice.
func togetherInOneBatch(t *testing.T, b *Outbox, all, bad int) []error {
	ended := make([]error, all)
	gathered := func(n int) {
		for end := time.Now().Add(time.Minute); b.writer.waiting() < n && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	begun := make(chan bool)
	var first sync.Once
	var group sync.WaitGroup
	for i := range all {
		do := b.writer.doTwice
		if i == all-2 {
			do = b.writer.do
		}
		group.Go(func() {
			ended[i] = do(t.Context(), func(tx *tx) error {
				first.Do(func() {
					begun <- true
					gathered(all - 1)
				})
				if _, err := tx.exec("INSERT INTO account_facts(account) VALUES(?)", string(rune('a'+i))); err != nil || i != bad {
					return err
				}
				return errBad
			})
		})
		switch {
		case i == 0:
			<-begun
		case i < all-1: // the last one is what the first waits for
			gathered(i)
		}
	}
	group.Wait()
	return ended
}

// Who stops a process in there keeps nobody from writing.
func TestWithoutWriting_OthersCanWriteMeanwhile(t *testing.T) {
	dir := t.TempDir()
	var boxes [2]*Outbox
	for i := range boxes {
		var err error
		if boxes[i], err = Open(t.Context(), Options{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		defer boxes[i].Close()
	}
	var changes sync.WaitGroup
	begun, ended := make(chan bool), make(chan bool)
	changes.Go(func() {
		err := boxes[0].writer.do(t.Context(), func(*tx) error {
			begun <- true
			time.Sleep(10 * time.Millisecond)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	boxes[0].WithoutWriting(func() {
		changes.Go(func() {
			defer close(ended)
			if err := boxes[0].writer.do(t.Context(), func(*tx) error { return nil }); err != nil {
				t.Error(err)
			}
		})
		if err := boxes[1].writer.do(t.Context(), func(t *tx) error { return t.leaveAlone("work", time.Now()) }); err != nil {
			t.Errorf("another process cannot write: %v", err)
		}
		select {
		case <-ended:
			t.Error("it writes meanwhile")
		case <-time.After(20 * time.Millisecond):
		}
	}, time.Minute)
	changes.Wait()
}

// What takes too long to be written is not waited for.
func TestWithoutWriting_DoesNotWaitForEver(t *testing.T) {
	b, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	called := make(chan bool, 1)
	err = b.writer.do(t.Context(), func(*tx) error {
		b.WithoutWriting(func() { called <- true }, time.Millisecond)
		return nil
	})
	if err != nil || len(called) != 1 {
		t.Errorf("called %d times, %v", len(called), err)
	}
}

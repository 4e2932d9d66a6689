package outbox

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sendoff/compose"
)

// openAttempt claims an item as a sender does that is killed then. Ahead: it had not
// begun it.
func openAttempt(t *testing.T, b *Outbox, ahead bool) (j *job) {
	t.Helper()
	err := b.writer.do(t.Context(), func(tx *tx) error {
		claim := func() ([]*job, error) {
			return tx.claim(Policy{Account: "work"}, nil, time.Now(), room{attempts: 1, recipients: unlimited})
		}
		if ahead {
			claim = func() ([]*job, error) { return tx.claimAhead(Policy{Account: "work"}, nil, time.Now(), false, 1) }
		}
		jobs, err := claim()
		if err == nil && len(jobs) != 1 {
			t.Fatalf("%d jobs", len(jobs))
		}
		j = jobs[0]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func leaveJournal(t *testing.T, b *Outbox, records ...record) {
	t.Helper()
	data := append([]byte(journalHead), written(records)...)
	if err := os.WriteFile(filepath.Join(b.options.Dir, journalName), data, filePermissions); err != nil {
		t.Fatal(err)
	}
}

func takeOverNow(t *testing.T, b *Outbox) {
	t.Helper()
	err := b.writer.do(t.Context(), func(tx *tx) error {
		return b.takeOver(tx, map[string]Policy{"work": {Account: "work"}}, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// intoCampaign makes an item a letter of a campaign.
func intoCampaign(t *testing.T, b *Outbox, id ID, s CampaignState) {
	t.Helper()
	err := b.writer.do(t.Context(), func(tx *tx) error {
		_, err := tx.exec("INSERT INTO campaigns(id, name, state, frozen, columns, seed, created_at) VALUES(1, 'spring', ?, x'', '[]', x'', 0)", s)
		return errors.Join(err, tx.execID("UPDATE items SET campaign = 1 WHERE id = ?", id))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What the next sender makes of an attempt, by what the database and the journal of
// a dead one say of it.
func TestTakeOver_Table(t *testing.T) {
	const ahead, begun, marked, settled = "claimed ahead", "begun", "marked", "settled"
	type entries func(j *job) []record
	named := func(j *job) record {
		return record{kind: recordMark, attempt: 1 << 30, item: 1 << 30, at: time.Now(), next: j.attempt, nextItem: j.item}
	}
	mark := func(j *job) record {
		return record{kind: recordMark, attempt: j.attempt, item: j.item, digest: j.digest, at: time.Now(), began: time.Now()}
	}
	end := func(j *job) record {
		return record{kind: recordEnd, attempt: j.attempt, item: j.item, digest: j.digest, at: time.Now(),
			report: Report{Server: "mx:25", Began: true, Results: []Result{{Class: ClassAccepted, Code: 250, Text: "Ok"}}}}
	}
	nothing := func(*job) []record { return nil }
	isNamed := func(j *job) []record { return []record{named(j)} }
	isMarked := func(j *job) []record { return []record{named(j), mark(j)} }
	hasEnded := func(j *job) []record { return []record{named(j), mark(j), end(j)} }
	for _, c := range []struct {
		database, name string
		journal        entries
		want           State
		attempts       int
		interrupted    int
		campaign       CampaignState // of the item's; 0: it has none
	}{
		{ahead, "says nothing", nothing, StateWaiting, 0, 0, 0},
		{ahead, "names it as the next", isNamed, StateWaiting, 1, 1, 0},
		{ahead, "has its mark", isMarked, StateUncertain, 1, 0, 0},
		{ahead, "has its mark and its end", hasEnded, StateSent, 1, 0, 0},
		{ahead, "has its end alone", func(j *job) []record { return []record{end(j)} }, StateSent, 1, 0, 0},
		{begun, "says nothing", nothing, StateWaiting, 1, 1, 0},
		{begun, "names it as the next", isNamed, StateWaiting, 1, 1, 0},
		{begun, "has its mark", isMarked, StateUncertain, 1, 0, 0},
		{begun, "has its mark and its end", hasEnded, StateSent, 1, 0, 0},
		{marked, "says nothing", nothing, StateUncertain, 1, 0, 0},
		{marked, "has its mark", isMarked, StateUncertain, 1, 0, 0},
		{marked, "has its mark and its end", hasEnded, StateSent, 1, 0, 0},
		{settled, "says nothing", nothing, StateSent, 1, 0, 0},
		{settled, "has its mark", isMarked, StateSent, 1, 0, 0},
		{settled, "has its mark and its end", hasEnded, StateSent, 1, 0, 0},
		{ahead, "says nothing", nothing, StateCancelled, 0, 0, CampaignCancelled},
		{ahead, "says nothing", nothing, StateHeld, 0, 0, CampaignPaused},
		{ahead, "says nothing", nothing, StateWaiting, 0, 0, CampaignRunning},
		{ahead, "names it as the next", isNamed, StateCancelled, 1, 1, CampaignCancelled},
		{begun, "says nothing", nothing, StateCancelled, 1, 1, CampaignCancelled},
		{begun, "is of another message", func(j *job) []record {
			all := hasEnded(j)
			all[1].digest, all[2].digest = "00", "00"
			return all
		}, StateWaiting, 1, 1, 0},
		{begun, "is of another item", func(j *job) []record {
			all := hasEnded(j)
			all[1].item, all[2].item = j.item+1, j.item+1
			return all
		}, StateWaiting, 1, 1, 0},
		{begun, "has an end of more recipients", func(j *job) []record {
			r := end(j)
			r.report.Results = append(r.report.Results, r.report.Results[0])
			return []record{mark(j), r}
		}, StateUncertain, 1, 0, 0},
		{begun, "has an end that is not plain", func(j *job) []record {
			r := end(j)
			r.report.Results[0].Class = ClassRejected
			return []record{mark(j), r}
		}, StateUncertain, 1, 0, 0},
	} {
		name := "the database has it " + c.database + ", the journal " + c.name
		if c.campaign != 0 {
			name += ", and its campaign is " + c.campaign.String()
		}
		t.Run(name, func(t *testing.T) {
			b, id := queued(t)
			j := openAttempt(t, b, c.database == ahead)
			if c.campaign != 0 {
				intoCampaign(t, b, id, c.campaign)
			}
			err := b.writer.do(t.Context(), func(tx *tx) (err error) {
				if c.database == marked || c.database == settled {
					err = tx.mark(j.attempt, time.Now())
				}
				if c.database == settled {
					_, settling := tx.settle(j, end(j).report, time.Now())
					err = errors.Join(err, settling)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			leaveJournal(t, b, c.journal(j)...)
			for range 2 { // the second time, all of it is old
				takeOverNow(t, b)
				item, err := b.Get(t.Context(), id)
				if err != nil || item.State != c.want {
					t.Errorf("%s, %v", item.State, err)
				}
			}
			attempts, err := b.Attempts(t.Context(), id)
			if err != nil || len(attempts) != c.attempts {
				t.Errorf("%+v, %v", attempts, err)
			}
			for _, a := range attempts {
				if a.Started.IsZero() || a.Finished.IsZero() || a.Marked.IsZero() == (c.want == StateUncertain || c.want == StateSent) {
					t.Errorf("%+v", a)
				}
			}
			var interrupted int
			if err := b.read.QueryRowContext(t.Context(), "SELECT interrupted FROM items WHERE id = ?", id).Scan(&interrupted); err != nil || interrupted != c.interrupted {
				t.Errorf("interrupted %d times, %v", interrupted, err)
			}
		})
	}
}

// What the journal says of an attempt that was taken back is not so of the next one of
// its item, which was never begun: it has another number, also from the next process on.
func TestTakeOver_AnOldRecordIsNotOfANewAttempt(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		b, id := queued(t)
		j := openAttempt(t, b, true)
		leaveJournal(t, b, record{kind: recordMark, attempt: j.attempt - 1, item: 1 << 30, at: time.Now(), next: j.attempt, nextItem: j.item})
		err := b.writer.do(t.Context(), func(tx *tx) error {
			if restarted {
				defer func() { tx.lastAttempt = 0 }()
			}
			return tx.withdraw(j, time.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		if restarted { // the next sender reads it first
			takeOverNow(t, b)
		}
		if again := openAttempt(t, b, true); again.attempt <= j.attempt {
			t.Errorf("the numbers are %d and %d", j.attempt, again.attempt)
		}
		takeOverNow(t, b)
		item, err := b.Get(t.Context(), id)
		if err != nil || item.State != StateWaiting {
			t.Errorf("%s, %v", item.State, err)
		}
		if attempts, err := b.Attempts(t.Context(), id); err != nil || len(attempts) != 0 {
			t.Errorf("%+v, %v", attempts, err)
		}
	}
}

// An attempt that the journal names as begun was begun, whatever the clock did since it
// was claimed, and whatever came in of its item.
func TestTakeOver_WhatIsBegunIsSoByNoClock(t *testing.T) {
	for name, age := range map[string]time.Duration{"the clock was set back": time.Hour, "a report came in": 0} {
		t.Run(name, func(t *testing.T) {
			b, id := queued(t)
			j := openAttempt(t, b, true)
			leaveJournal(t, b, record{kind: recordMark, attempt: 1 << 30, item: 1 << 30, at: time.Now().Add(-age), next: j.attempt, nextItem: j.item})
			if err := b.writer.do(t.Context(), func(tx *tx) error { return tx.rollUp(id, time.Now().Add(time.Second)) }); err != nil {
				t.Fatal(err)
			}
			takeOverNow(t, b)
			if attempts, err := b.Attempts(t.Context(), id); err != nil || len(attempts) != 1 || attempts[0].Started.IsZero() {
				t.Errorf("%+v, %v", attempts, err)
			}
		})
	}
}

// The clock was set back after a crash: what the journal says did not happen later
// than now, or the next start would set everything back once more.
func TestTakeOver_NothingHappensInTheFuture(t *testing.T) {
	b, id := queued(t)
	j := openAttempt(t, b, false)
	later := time.Now().Add(time.Hour)
	leaveJournal(t, b, record{kind: recordMark, attempt: j.attempt, item: j.item, digest: j.digest, at: later, began: later}, record{kind: recordEnd, attempt: j.attempt, item: j.item, digest: j.digest, at: later,
		report: Report{Server: "mx:25", Began: true, Results: []Result{{Class: ClassAccepted}}}})
	takeOverNow(t, b)
	attempts, err := b.Attempts(t.Context(), id)
	if err != nil || len(attempts) != 1 || attempts[0].Finished.IsZero() || attempts[0].Finished.After(time.Now()) || attempts[0].Started.After(time.Now()) {
		t.Errorf("%+v, %v", attempts, err)
	}
}

// Without a sender, a person who acts on what a dead one left behind sees what its
// journal says.
func TestAct_KnowsTheJournalOfADeadSender(t *testing.T) {
	b, id := queued(t)
	j := openAttempt(t, b, false)
	leaveJournal(t, b, record{kind: recordEnd, attempt: j.attempt, item: j.item, digest: j.digest, at: time.Now(),
		report: Report{Server: "mx:25", Began: true, Results: []Result{{Class: ClassAccepted}}}})
	if err := b.Cancel(t.Context(), id); !errors.Is(err, ErrTransition) {
		t.Errorf("it has arrived, and may be cancelled: %v", err)
	}
}

// After the clock was set back, what it was planned by is set back before anything is
// settled by the time of now.
func TestAct_SetsBackWhatWasPlannedBeforeItTakesOver(t *testing.T) {
	b, id := queued(t)
	other, err := b.Submit(t.Context(), compose.Draft{Account: "work", From: "ada@example.org", To: "ben@example.org", Body: "hi"}, SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	j := openAttempt(t, b, false)
	ahead := (3 * time.Hour).Microseconds()
	err = b.writer.do(t.Context(), func(tx *tx) error {
		_, err := tx.exec("UPDATE attempts SET started_at = started_at + ? WHERE id = ?", ahead, j.attempt)
		_, planned := tx.exec("UPDATE recipients SET next_at = next_at + ? WHERE item_id = ?", ahead+time.Minute.Microseconds(), other)
		return errors.Join(err, planned, tx.rollUp(other, time.Now()))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	item, err := b.Get(t.Context(), other)
	if err != nil || time.Until(item.NextAttempt) > time.Hour {
		t.Errorf("the other one is due in %v, %v", time.Until(item.NextAttempt), err)
	}
}

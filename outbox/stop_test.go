package outbox

import (
	"context"
	"errors"
	"testing"
	"time"

	"sendoff/internal/lease"
)

// besideSender takes the lease, so that what is being sent has a sender that lives.
func besideSender(t *testing.T, b *Outbox) (die func()) {
	t.Helper()
	held, err := lease.Take(b.senderLock())
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := held.Release(); err != nil {
			t.Error(err)
		}
	}
}

func wantAnswer(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func stateOf(t *testing.T, b *Outbox, id ID) State {
	t.Helper()
	item, err := b.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return item.State
}

// What is on the disk first holds: the wish, and then no dot may leave; or the mark, and
// then the wish is none.
func TestCancel_TheWishOrTheMarkHolds(t *testing.T) {
	b, id := queued(t)
	defer besideSender(t, b)()
	j := openAttempt(t, b, false)
	wantAnswer(t, b.Cancel(t.Context(), id), ErrStopping)
	mark := func() error {
		return b.writer.do(t.Context(), func(tx *tx) error { return tx.mark(j.attempt, time.Now()) })
	}
	wantAnswer(t, mark(), ErrStopped)
	if item, err := b.Get(t.Context(), id); err != nil || item.State != StateSending || !item.Stopping {
		t.Errorf("%s, stopping %t, %v", item.State, item.Stopping, err)
	}
	if err := b.writer.do(t.Context(), func(tx *tx) error { return tx.goOnSending(id) }); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, mark(), nil)
	wantAnswer(t, b.Cancel(t.Context(), id), ErrTooLate)
	if item, err := b.Get(t.Context(), id); err != nil || item.Stopping {
		t.Errorf("stopping %t, %v", item.Stopping, err)
	}
}

// That the final dot may have left is known of an item as long as its attempt goes on.
func TestItem_AtDotIsTheMarkOfTheAttemptThatGoesOn(t *testing.T) {
	b, id := queued(t)
	defer besideSender(t, b)()
	is := func(want bool) {
		t.Helper()
		all, err := b.List(t.Context(), Query{})
		if err != nil || len(all) != 1 || all[0].AtDot != want {
			t.Errorf("%+v, %v: at the dot is not %t", all, err, want)
		}
		one, err := b.Get(t.Context(), id)
		if err != nil || one.AtDot != want {
			t.Errorf("%+v, %v: at the dot is not %t", one, err, want)
		}
		n := 0
		if want {
			n = 1
		}
		if u, err := b.UnderWay(t.Context(), Still{}); err != nil || u.AtDot != n {
			t.Errorf("%+v, %v: at the dot are not %d", u, err, n)
		}
	}
	is(false)
	j := openAttempt(t, b, false)
	is(false)
	do := func(work func(*tx) error) {
		t.Helper()
		if err := b.writer.do(t.Context(), work); err != nil {
			t.Fatal(err)
		}
	}
	do(func(tx *tx) error { return tx.mark(j.attempt, time.Now()) })
	is(true)
	do(func(tx *tx) error {
		_, err := tx.settle(j, Report{Began: true, Results: []Result{{Class: ClassTemporary, Code: 451, Text: "try again"}}}, time.Now())
		return err
	})
	is(false)
	if one, err := b.Get(t.Context(), id); err != nil || !one.Marked {
		t.Errorf("%+v, %v", one, err)
	}
}

// Whose sender dies before it has heard of the wish has it all the same, unless the dot
// may have left.
func TestCancel_HoldsAlsoWhereTheSenderDies(t *testing.T) {
	for _, c := range []struct {
		name  string
		leave func(f *follower, j *job) // by the sender, behind the wish
		want  State
		came  error
	}{
		{"before its mark", func(*follower, *job) {}, StateCancelled, nil},
		{"with its mark in the journal", func(f *follower, j *job) {
			if !f.mark(context.Background(), j, &job{}, nil, time.Now()) {
				panic("no journal")
			}
		}, StateUncertain, ErrTooLate},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, id := queued(t)
			die := besideSender(t, b)
			j := openAttempt(t, b, false)
			wantAnswer(t, b.Cancel(t.Context(), id), ErrStopping)
			c.leave((&Sender{outbox: b}).newService(nil).follower, j)
			die()
			wantAnswer(t, b.AwaitStop(t.Context(), id), c.came)
			if got := stateOf(t, b, id); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// What was claimed ahead and goes back to the queue takes its wish along.
func TestCancel_OfWhatIsClaimedAhead(t *testing.T) {
	b, id := queued(t)
	defer besideSender(t, b)()
	j := openAttempt(t, b, true)
	wantAnswer(t, b.Cancel(t.Context(), id), ErrStopping)
	if err := b.writer.do(t.Context(), func(tx *tx) error { return tx.withdraw(j, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, b.AwaitStop(t.Context(), id), nil)
	if got := stateOf(t, b, id); got != StateCancelled {
		t.Error(got)
	}
}

// Of a mark that the journal alone has the database learns as soon as somebody asks.
func TestCancel_IsTooLateBehindAMarkInTheJournal(t *testing.T) {
	l, j := fastLane(t, 20)
	defer besideSender(t, l.outbox)()
	l.follower.follow() // claims ahead
	ctx, stop := context.WithCancelCause(t.Context())
	l.brakes.begin(j.attempt, stop)
	if err := l.brakes.pass(j.attempt, func() error { return l.mark(ctx, j, nil) }); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, l.outbox.Cancel(t.Context(), j.item), ErrStopping) // nobody can know better yet
	l.heedStops(t.Context())
	wantAnswer(t, l.outbox.AwaitStop(t.Context(), j.item), ErrTooLate)
	if ctx.Err() != nil || l.brakes.end(j.attempt) {
		t.Errorf("it was broken off: %v", context.Cause(ctx))
	}
}

// The brake keeps the order: who pulls it before the mark keeps that from being made, and
// who does so while it is made, or behind it, disturbs nothing.
func TestBrakes_ArePassedOnce(t *testing.T) {
	failed := errors.New("no room")
	for _, c := range []struct {
		name              string
		before, meanwhile bool
		mark, want        error
		brokenOff, marks  bool
	}{
		{"pulled before", true, false, nil, ErrStopped, true, false},
		{"pulled meanwhile", false, true, nil, nil, false, true},
		{"pulled while the mark fails", false, true, failed, failed, true, true},
		{"the database knows of the wish", false, false, ErrStopped, ErrStopped, true, true},
		{"not pulled", false, false, nil, nil, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBrakes()
			ctx, stop := context.WithCancelCause(t.Context())
			if c.before {
				b.look([]int64{7}) // it has not begun
			}
			b.begin(7, stop)
			marks := false
			wantAnswer(t, b.pass(7, func() error {
				marks = true
				if c.meanwhile {
					b.look([]int64{7})
				}
				return c.mark
			}), c.want)
			late := b.look([]int64{7})
			if passed := c.want == nil; passed != (len(late) == 1) || passed && ctx.Err() != nil || marks != c.marks {
				t.Errorf("late %v, %v, marks %t", late, ctx.Err(), marks)
			}
			if got := b.end(7); got != c.brokenOff {
				t.Errorf("broken off: %t", got)
			}
		})
	}
}

// A wish that came behind the mark changes nothing, also where the server refuses what it
// then has: nobody may be told that it did not get all of it.
func TestCancel_ChangesNothingBehindTheMark(t *testing.T) {
	b, id := queued(t)
	defer besideSender(t, b)()
	j := openAttempt(t, b, false)
	wantAnswer(t, b.Cancel(t.Context(), id), ErrStopping)
	j.marked = time.Now() // by the journal, of which the database did not know
	busy := Report{Began: true, Results: []Result{{Class: ClassTemporary, Code: 451, Text: "try again"}}}
	if err := b.writer.do(t.Context(), func(tx *tx) error {
		_, err := tx.settle(j, busy, time.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, b.AwaitStop(t.Context(), id), ErrTooLate)
	if got := stateOf(t, b, id); got != StateWaiting {
		t.Error(got)
	}
}

package outbox

import (
	"testing"
	"time"

	"sendoff/compose"
)

func TestDecideCopy(t *testing.T) {
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		class Class
		tries int
		after time.Duration
		want  copyVerdict
	}{
		{ClassAccepted, 1, 0, copyVerdict{state: CopyFiled}},
		{ClassCredentials, 1, 0, copyVerdict{state: CopyWaiting, stops: true}},
		{ClassAccount, 1, 0, copyVerdict{state: CopyWaiting, stops: true}},
		{ClassNetwork, 1, time.Minute, copyVerdict{state: CopyWaiting, next: since.Add(2 * time.Minute)}},
		{ClassTemporary, 3, time.Hour, copyVerdict{state: CopyWaiting, next: since.Add(time.Hour + 5*time.Minute)}},
		{ClassNetwork, 9, 6 * 24 * time.Hour, copyVerdict{state: CopyWaiting, next: since.Add(6*24*time.Hour + time.Hour)}},
		{ClassNetwork, 50, 4 * 24 * time.Hour, copyVerdict{state: CopyWaiting, next: since.Add(4*24*time.Hour + time.Hour)}},
		{ClassNetwork, 10, 5 * 24 * time.Hour, copyVerdict{state: CopyFailed}},
		{ClassMessage, 1, 0, copyVerdict{state: CopyFailed}},
		{ClassRejected, 1, 0, copyVerdict{state: CopyFailed}},
	} {
		if got := decideCopy(Result{Class: test.class}, test.tries, since, since.Add(test.after), 0.5); got != test.want {
			t.Errorf("%s, try %d after %s: %+v, want %+v", test.class, test.tries, test.after, got, test.want)
		}
	}
}

// A clock that ran ahead must not have copies wait until it is that late.
func TestSetBack_CopiesToo(t *testing.T) {
	b, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	id, err := b.Submit(t.Context(), compose.Draft{Account: "work", From: "ada@example.org", To: "ana@example.org", Body: "x\n"}, SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const year = 365 * 24 * time.Hour
	now := time.Now()
	for _, test := range []struct{ next, want int64 }{
		{stamp(now.Add(year + time.Minute)), stamp(now.Add(time.Minute))},
		{stamp(now.Add(-time.Minute)), stamp(now.Add(-time.Minute))},
		{never, never},
	} {
		var got, at int64
		err := b.writer.do(t.Context(), func(t *tx) error {
			if _, err := t.exec("DELETE FROM sent_copies"); err != nil {
				return err
			}
			if err := t.wantCopy(id, "work", now.Add(year)); err != nil {
				return err
			}
			if _, err := t.exec("UPDATE sent_copies SET next_at = ?", test.next); err != nil {
				return err
			}
			if err := t.setBack(year, now); err != nil {
				return err
			}
			return t.queryRow("SELECT next_at, at FROM sent_copies").Scan(&got, &at)
		})
		if err != nil || got != test.want {
			t.Errorf("%d became %d, want %d: %v", test.next, got, test.want, err)
		}
		if test.next > stamp(now) && test.next != never && at > stamp(now) {
			t.Errorf("it was sent at %d, later than now", at)
		}
	}
}

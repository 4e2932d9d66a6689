package outbox

import (
	"testing"
	"time"
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

package outbox_test

import (
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// What has failed needs nobody any more while a copy of it is queued or sent; it does
// again where the copy has been taken back.
func TestResent_WhileItsCopyIsThere(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		if recipient == "nobody@example.org" {
			return answer(outbox.ClassRejected, 550, "5.1.1 no such mailbox")
		}
		return outboxtest.Accepted()
	}}
	failed := submit(t, b, draftTo("nobody@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, transport, policies(1)))
	want := func(resent bool) {
		t.Helper()
		n := 0
		if resent {
			n = 1
		}
		i := get(t, b, failed)
		if i.State != outbox.StateFailed || i.Resent != resent {
			t.Errorf("%s, resent: %v", i.State, i.Resent)
		}
		if got, err := b.CountResent(t.Context(), outbox.StateFailed); got != n || err != nil {
			t.Errorf("%d are resent, %v", got, err)
		}
		if !outbox.WrongAddress(i.Recipients[0].Result) {
			t.Error("the address is not wrong")
		}
	}
	want(false)
	d := draftTo("somebody@example.org")
	d.CopyOf = failed.String()
	copied := submit(t, b, d, outbox.SubmitOptions{Hold: true})
	want(true)
	if err := b.TakeBack(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	want(false)
	if err := b.Delete(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	want(false)
	submit(t, b, d, outbox.SubmitOptions{})
	flush(t, sender(b, transport, policies(1)))
	want(true)
}

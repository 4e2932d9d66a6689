package outbox

import (
	"log/slog"
	"testing"

	"sendoff/compose"
)

// What has stopped an account is over when something of it is claimed, and not if that
// claim was undone.
func TestClaim_ThatIsUndoneLetsNothingGoOn(t *testing.T) {
	b, _ := queued(t)
	if _, err := b.Submit(t.Context(), compose.Draft{Account: "home", From: "ada@example.org", To: "ben@example.org", Body: "hi"}, SubmitOptions{}); err != nil {
		t.Fatal(err)
	}
	policies := []Policy{{Account: "work"}, {Account: "home"}}
	v := NewSender(b, nil, func() []Policy { return policies }, slog.New(slog.DiscardHandler)).newService(nil)
	v.stopped.Store("work", &ending{})
	run := func(script string) {
		t.Helper()
		if err := b.writer.do(t.Context(), func(tx *tx) error { return tx.execScript(script) }); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE TRIGGER broken BEFORE INSERT ON attempts WHEN new.account = 'home' BEGIN SELECT RAISE(ABORT, 'broken'); END")
	if jobs, err := v.claim(t.Context(), policies); err == nil || len(jobs) > 0 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	if _, stopped := v.stopped.Load("work"); !stopped {
		t.Error("it goes on, though nothing was claimed")
	}
	run("DROP TRIGGER broken")
	if jobs, err := v.claim(t.Context(), policies); err != nil || len(jobs) != 2 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	if _, stopped := v.stopped.Load("work"); stopped {
		t.Error("it stands still, though something was claimed")
	}
}

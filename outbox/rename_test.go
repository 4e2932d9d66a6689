package outbox_test

import (
	"context"
	"errors"
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// perDay are the policies of one account with a limit, so that sends count.
func perDay(account string) func() []outbox.Policy {
	return func() []outbox.Policy {
		return []outbox.Policy{{Account: account, Connections: 1, Revision: "1", Limits: outbox.Limits{PerDay: 100}}}
	}
}

func TestRenameAccount_TakesAllAlong(t *testing.T) {
	b := open(t, t.TempDir())
	sent := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{}, perDay("work")))
	refused := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		return outbox.Result{Class: outbox.ClassCredentials, Code: 535, Text: "5.7.8 wrong"}
	}}
	waits := submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, refused, perDay("work")))
	held := submit(t, b, draftTo("cem@example.org"), outbox.SubmitOptions{Hold: true})
	draft, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, draftTo("dan@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	other := draftTo("eve@example.org")
	other.Account = "home"
	home := submit(t, b, other, outbox.SubmitOptions{Hold: true})

	failure := errors.New("the file cannot be written")
	if err := b.RenameAccount(t.Context(), "work", "office", func() error { return failure }); !errors.Is(err, failure) {
		t.Errorf("a rename that fails half way: %v", err)
	}
	checkAccount(t, b, "work", sent, waits, held, draft.ID)
	called := 0
	if err := b.RenameAccount(t.Context(), "work", "office", func() error { called++; return nil }); err != nil || called != 1 {
		t.Fatalf("%v after %d calls", err, called)
	}
	checkAccount(t, b, "office", sent, waits, held, draft.ID)
	if item := get(t, b, home); item.Account != "home" {
		t.Errorf("the item of another account is of %s", item.Account)
	}
	if err := b.RenameAccount(t.Context(), "office", "home", func() error { return nil }); !errors.Is(err, outbox.ErrNameInUse) {
		t.Errorf("to a name that messages wait for: %v", err)
	}
	checkAccount(t, b, "office", sent, waits, held, draft.ID)

	flush(t, sender(b, &outboxtest.Transport{}, func() []outbox.Policy {
		return []outbox.Policy{{Account: "office", Connections: 1, Revision: "2"}}
	}))
	if item := get(t, b, waits); item.State != outbox.StateSent {
		t.Errorf("what waited is %s", item.State)
	}
}

// What an account is parked for while it gets another name, it is parked for under
// that: nobody has the old one any more.
func TestRenameAccount_WhileAnAttemptIsUnderWay(t *testing.T) {
	b := open(t, t.TempDir())
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	transport := &outboxtest.Transport{
		Script: func(string, int) outbox.Result {
			return outbox.Result{Class: outbox.ClassCredentials, Code: 535, Text: "5.7.8 wrong"}
		},
		During: func(ctx context.Context, _ outbox.Delivery) error {
			return b.RenameAccount(ctx, "work", "office", func() error { return nil })
		},
	}
	flush(t, sender(b, transport, perDay("work")))
	if parks, err := b.Parks(t.Context()); err != nil || len(parks) != 1 || parks[0].Account != "office" {
		t.Errorf("parks %+v, %v", parks, err)
	}
}

// checkAccount says what does not belong to the account of a name.
func checkAccount(t *testing.T, b *outbox.Outbox, name string, sent, waits, held, draft outbox.ID) {
	t.Helper()
	for _, id := range []outbox.ID{sent, waits, held, draft} {
		if item := get(t, b, id); item.Account != name {
			t.Errorf("%s belongs to %s, want %s", id, item.Account, name)
		}
	}
	for _, id := range []outbox.ID{sent, waits} {
		attempts, err := b.Attempts(t.Context(), id)
		if err != nil || len(attempts) != 1 || attempts[0].Account != name {
			t.Errorf("attempts of %s: %+v, %v", id, attempts, err)
		}
	}
	if d, _, err := b.OpenDraft(t.Context(), draft); err != nil || d.Account != name || d.To != "dan@example.org" {
		t.Errorf("the draft is %+v, %v", d, err)
	}
	if parks, err := b.Parks(t.Context()); err != nil || len(parks) != 1 || parks[0].Account != name {
		t.Errorf("parks: %+v, %v", parks, err)
	}
	quotas, err := b.Quotas(t.Context(), perDay(name)())
	if err != nil || len(quotas) != 1 || quotas[0].Used != 1 {
		t.Errorf("quotas: %+v, %v", quotas, err)
	}
}

func TestCount_IsAsLongAsTheList(t *testing.T) {
	b := open(t, t.TempDir())
	for range 3 {
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Hold: true})
	}
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	for _, q := range []outbox.Query{{}, {States: []outbox.State{outbox.StateHeld}}, {Account: "home"}, {States: []outbox.State{outbox.StateWaiting}, Account: "work"}} {
		items, err := b.List(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := b.Count(context.Background(), q); err != nil || n != len(items) {
			t.Errorf("%+v: %d of %d, %v", q, n, len(items), err)
		}
	}
}

package outbox_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// locksmith is a Protector that hides all it gets.
type locksmith struct{ err error }

func (l locksmith) Sign(_ context.Context, _ compose.Parties, content compose.Content) (compose.Signature, error) {
	return compose.Signature{Armor: []byte("SIGNED\n"), MICAlg: "pgp-sha256"}, errors.Join(l.err, content(io.Discard))
}

func (l locksmith) Encrypt(_ context.Context, _ compose.Parties, w io.Writer, content compose.Content) error {
	_, err := io.WriteString(w, "HIDDEN\n")
	return errors.Join(l.err, err, content(io.Discard))
}

func protectedDraft(p compose.Protection) compose.Draft {
	d := draftTo("ana@example.org")
	d.Body, d.Protection = `the plan, "protection":"none"`, p
	return d
}

// Nothing that asks for protection is queued without it.
func TestSubmit_RefusesWhatItCannotProtect(t *testing.T) {
	b := open(t, t.TempDir())
	errKey := errors.New("no key")
	for _, protector := range []compose.Protector{nil, locksmith{errKey}} {
		for _, p := range []compose.Protection{compose.Signed, compose.Encrypted, compose.SignEncrypted} {
			if id, err := b.Submit(t.Context(), protectedDraft(p), outbox.SubmitOptions{Protector: protector}); err == nil {
				t.Errorf("%s is queued as %s", p, id)
			}
		}
	}
	if items, err := b.List(t.Context(), outbox.Query{}); err != nil || len(items) > 0 {
		t.Errorf("the outbox has %d items, %v", len(items), err)
	}
}

// The draft of an encrypted message lasts as long as it can be taken back.
func TestSubmit_TheDraftOfAnEncryptedMessageGoesWhenEverybodyHasIt(t *testing.T) {
	for protection, kept := range map[compose.Protection]bool{
		compose.Unprotected: true, compose.Signed: true, compose.Encrypted: false, compose.SignEncrypted: false,
	} {
		b := open(t, t.TempDir())
		d := protectedDraft(protection)
		d.To = "ana@example.org, late@example.org"
		id := submit(t, b, d, outbox.SubmitOptions{Protector: locksmith{}})
		if raw := message(t, b, id); strings.Contains(raw, "the plan") == protection.Encrypts() {
			t.Errorf("%s: stored is\n%s", protection, raw)
		}
		late := true
		s := sender(b, &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
			if late && recipient == "late@example.org" {
				return answer(outbox.ClassTemporary, 450, "4.2.0 later")
			}
			return outboxtest.Accepted()
		}}, policies(1))
		flush(t, s)
		if got, err := b.Draft(t.Context(), id); err != nil || got.Body != d.Body || got.Protection != protection {
			t.Errorf("%s, before it is sent: %+v, %v", protection, got, err)
		}
		late = false
		if err := b.Retry(t.Context(), id, outbox.RetryOptions{}); err != nil {
			t.Fatal(err)
		}
		flush(t, s)
		item := get(t, b, id)
		if item.State != outbox.StateSent || item.HasDraft != kept {
			t.Errorf("%s, %s: the draft is kept: %t", protection, item.State, item.HasDraft)
		}
	}
}

// No two signatures are the same, so a copy is never the message itself again.
func TestSubmit_AProtectedCopyIsANewMessage(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, protectedDraft(compose.Signed), outbox.SubmitOptions{Protector: locksmith{}})
	d, err := b.Draft(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	again := submit(t, b, d, outbox.SubmitOptions{Protector: locksmith{}})
	if get(t, b, id).MessageID == get(t, b, again).MessageID {
		t.Error("both have the same Message-ID")
	}
}

// Also where many are settled in one commit.
func TestSubmit_TheDraftsOfManyEncryptedMessagesGo(t *testing.T) {
	b := open(t, t.TempDir())
	for range 200 {
		submit(t, b, protectedDraft(compose.Encrypted), outbox.SubmitOptions{Protector: locksmith{}})
	}
	flush(t, sender(b, &outboxtest.Transport{}, policies(5)))
	items, err := b.List(t.Context(), outbox.Query{})
	if err != nil || len(items) != 200 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	for _, item := range items {
		if item.State != outbox.StateSent || item.HasDraft {
			t.Fatalf("%s, %s: the draft is kept: %t", item.ID, item.State, item.HasDraft)
		}
	}
}

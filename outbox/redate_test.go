package outbox_test

import (
	"errors"
	"net/mail"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// header gives a field of an item's message.
func header(t *testing.T, b *outbox.Outbox, id outbox.ID, field string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(message(t, b, id)))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get(field)
}

func dateOf(t *testing.T, b *outbox.Outbox, id outbox.ID) time.Time {
	t.Helper()
	date, err := mail.ParseDate(header(t, b, id, "Date"))
	if err != nil {
		t.Fatal(err)
	}
	return date
}

func TestRedate_SendsWhatNobodyHasAsANewMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		full := true
		transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
			if full && recipient == "full@example.org" {
				return answer(outbox.ClassRejected, 552, "5.2.2 mailbox full")
			}
			return outboxtest.Accepted()
		}}
		s := sender(b, transport, policies(1))
		d := largeDraft(t)
		d.To = "ana@example.org, full@example.org"
		id := submit(t, b, d, outbox.SubmitOptions{})
		flush(t, s)
		time.Sleep(6 * day)
		full = false
		if err := b.Retry(t.Context(), id, outbox.RetryOptions{}); !errors.Is(err, outbox.ErrOldMail) {
			t.Fatalf("a retry of old mail: %v", err)
		}
		fresh, err := b.Redate(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if d := time.Since(dateOf(t, b, fresh)); d > time.Minute || header(t, b, fresh, "Message-ID") == header(t, b, id, "Message-ID") {
			t.Errorf("the new one is dated %v ago", d)
		}
		flush(t, s)
		item := get(t, b, fresh)
		if len(item.Recipients) != 1 || item.Recipients[0].Address != "full@example.org" || item.State != outbox.StateSent {
			t.Errorf("the new one is %s: %+v", item.State, item.Recipients)
		}
		if old := get(t, b, id); old.State != outbox.StateCancelled || old.ReplacedBy != fresh || !strings.Contains(old.Recipients[1].Text, "mailbox full") || states(old)["ana@example.org"] != "sent" {
			t.Errorf("the old one is %s: %+v", old.State, old.Recipients)
		}
		if n := transport.Tries("ana@example.org"); n != 1 {
			t.Errorf("who had it got it %d times", n)
		}
		if _, err := b.Redate(t.Context(), id); !errors.Is(err, outbox.ErrReplaced) {
			t.Errorf("redated twice: %v", err)
		}
		if err := b.Retry(t.Context(), id, outbox.RetryOptions{AnyAge: true}); !errors.Is(err, outbox.ErrReplaced) {
			t.Errorf("the old one was sent too: %v", err)
		}
	})
}

func TestRedate_RefusesWhatMayHaveArrived(t *testing.T) {
	b := open(t, t.TempDir())
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result { return answer(outbox.ClassUncertain, 0, "no answer") }}
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, transport, policies(1)))
	if _, err := b.Redate(t.Context(), id); !errors.Is(err, outbox.ErrMayHaveArrived) {
		t.Errorf("redated what may have arrived: %v", err)
	}
}

func TestSubmit_AScheduledMessageIsDatedWhenItLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		at := time.Now().Add(20 * day)
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: at})
		large := submit(t, b, largeDraft(t), outbox.SubmitOptions{NotBefore: at})
		if got := dateOf(t, b, id); got.Sub(at).Abs() > time.Second {
			t.Errorf("dated %v, leaves %v", got, at)
		}
		messageID := get(t, b, id).MessageID
		time.Sleep(time.Hour)
		for _, early := range []outbox.ID{id, large} { // sent now after all
			if err := b.Release(t.Context(), early); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(dateOf(t, b, early)); d < 0 || d > time.Minute {
				t.Errorf("released now and dated %v ago", d)
			}
		}
		if get(t, b, id).MessageID != messageID || header(t, b, id, "Message-ID") != messageID {
			t.Error("its Message-ID has changed")
		}
		if o := flush(t, sender(b, &outboxtest.Transport{}, policies(1))); o.Sent != 2 {
			t.Errorf("%+v", o)
		}
	})
}

func TestSubmit_ACopyThatIsNotChangedKeepsItsMessageID(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	d, err := b.Draft(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	same := submit(t, b, d, outbox.SubmitOptions{})
	if same == id || get(t, b, same).MessageID != get(t, b, id).MessageID || message(t, b, same) != message(t, b, id) {
		t.Error("an unchanged copy is another message")
	}
	d.Body += "One more line.\n"
	changed := submit(t, b, d, outbox.SubmitOptions{})
	if get(t, b, changed).MessageID == get(t, b, id).MessageID {
		t.Error("a changed copy has the Message-ID of the other")
	}
}

func TestRetry_AsksBeforeItGoesAgainstADaysQuota(t *testing.T) {
	b := open(t, t.TempDir())
	used := true
	transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
		if used {
			return outbox.Result{Class: outbox.ClassThrottled, Code: 550, Enhanced: "5.4.5", Text: "Daily user sending limit exceeded", Limit: outbox.LimitDay}
		}
		return outboxtest.Accepted()
	}}
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, transport, policies(1)))
	if parks, err := b.Parks(t.Context()); err != nil || len(parks) != 1 || time.Until(parks[0].Until) < 23*time.Hour {
		t.Fatalf("parks %+v, %v", parks, err)
	}
	if err := b.Retry(t.Context(), id, outbox.RetryOptions{}); !errors.Is(err, outbox.ErrDayLimit) {
		t.Errorf("a retry against the quota: %v", err)
	}
	used = false
	if err := b.Retry(t.Context(), id, outbox.RetryOptions{AgainstLimit: true}); err != nil {
		t.Fatal(err)
	}
	if o := flush(t, sender(b, transport, policies(1))); o.Sent != 1 {
		t.Errorf("%+v", o)
	}
}

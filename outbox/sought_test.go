package outbox_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// doubt is a server of which nobody knows whether it has taken what goes to doubt@.
func doubt(recipient string, _ int) outbox.Result {
	switch {
	case strings.HasPrefix(recipient, "doubt"):
		return outbox.Result{Class: outbox.ClassUncertain, Text: "the line broke"}
	case strings.HasPrefix(recipient, "later"):
		return outbox.Result{Class: outbox.ClassTemporary, Code: 451, Text: "later"}
	}
	return outboxtest.Accepted()
}

// sought gives what is sought for an account now.
func sought(t *testing.T, s *outbox.Sender, p *postman, policy outbox.Policy) (all []outbox.Sought) {
	t.Helper()
	p.does(func(_ context.Context, l *outbox.Look) outbox.Result {
		all = l.Sought()
		return outbox.Result{Class: outbox.ClassAccepted}
	})
	if _, err := s.FetchReports(t.Context(), policy, nil); err != nil {
		t.Fatal(err)
	}
	return all
}

// The daemon looks for an uncertain message in the Sent folder: found there, it was
// sent; not found, it stays uncertain and says when that was.
func TestFetching_AMessageInTheSentFolderWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := open(t, t.TempDir()), &postman{}
		var there atomic.Bool
		p.does(func(ctx context.Context, l *outbox.Look) outbox.Result {
			for _, sought := range l.Sought() {
				tell := l.Missed
				if there.Load() {
					tell = l.Found
				}
				if err := tell(ctx, sought, "Sent \x1b[2JItems"); err != nil {
					t.Error(err)
				}
			}
			return outbox.Result{Class: outbox.ClassAccepted}
		})
		s := sender(b, &outboxtest.Transport{Script: doubt}, func() []outbox.Policy { return []outbox.Policy{withMailbox("1")} })
		s.Fetcher = p
		stop := running(t, s)
		defer stop()
		time.Sleep(time.Second) // the first look is over
		id, queued := submit(t, b, draftTo("doubt@example.org", "doubt2@example.org"), outbox.SubmitOptions{}), time.Now()
		time.Sleep(30 * time.Second)
		item := get(t, b, id)
		_, _, told := item.Recipients[1].Sought()
		if told.Before(queued) || told.After(time.Now()) { // to the second: nobody looks for what is not sent yet
			t.Errorf("looked for at %v, queued at %v", told, queued)
		}
		looked := told.UTC().Format("2006-01-02 15:04:05 MST")
		if want := "the line broke; not in the folder Sent \ufffd[2JItems at " + looked; item.State != outbox.StateUncertain || item.Recipients[1].Text != want || item.Reason != want {
			t.Errorf("%s, %q", item.State, item.Recipients[1].Text)
		}
		known, folder, at := item.Recipients[1].Sought()
		if known.Text != "the line broke" || folder != "Sent \ufffd[2JItems" || at.Format("2006-01-02 15:04:05 MST") != looked {
			t.Errorf("%q, %q, %v", known.Text, folder, at)
		}
		wantStates(t, b, id, outbox.StateUncertain, "uncertain", "uncertain")
		if words := outbox.Explain(item.Recipients[0].Result, "work", "doubt@example.org").What; !strings.HasPrefix(words, "It may have arrived: the line broke") {
			t.Errorf("%q", words)
		}
		time.Sleep(20 * time.Minute) // the time is said anew, once
		if got := get(t, b, id); strings.Count(got.Recipients[0].Text, "not in the folder") != 1 || got.Recipients[0].Text == item.Recipients[0].Text || !got.Updated.Equal(item.Updated) {
			t.Errorf("%q, %v", got.Recipients[0].Text, got.Updated)
		}
		there.Store(true)
		time.Sleep(3 * time.Minute)
		wantStates(t, b, id, outbox.StateSent, "sent", "sent")
		if r := get(t, b, id).Recipients[0]; r.Class != outbox.ClassAccepted || r.Text != "it is in the folder Sent \ufffd[2JItems of the account's mailbox" {
			t.Errorf("%+v", r)
		}
	})
}

// A copy in the Sent folder proves nothing where it may come from elsewhere than the
// one transaction that got no answer.
func TestLook_SeeksOnlyWhatACopyWouldProve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := open(t, t.TempDir()), &postman{}
		s := sender(b, &outboxtest.Transport{Script: doubt}, policies(1))
		s.Fetcher = p
		plain := draftTo("doubt@example.org")
		queue := func(d compose.Draft) outbox.ID {
			t.Helper()
			id := submit(t, b, d, outbox.SubmitOptions{})
			flush(t, s)
			return id
		}
		first := queue(plain)
		if got := sought(t, s, p, withMailbox("1")); len(got) != 1 || got[0].Item != first || got[0].MessageID != get(t, b, first).MessageID {
			t.Errorf("%+v", got)
		}
		copying := withMailbox("1")
		copying.SentCopy = true
		if got := sought(t, s, p, copying); len(got) > 0 {
			t.Errorf("where copies are made here: %+v", got)
		}
		home := withMailbox("1")
		home.Account = "home"
		if got := sought(t, s, p, home); len(got) > 0 {
			t.Errorf("in the mailbox of another account: %+v", got)
		}
		if err := b.Retry(t.Context(), first, outbox.RetryOptions{ResendUncertain: true}); err != nil {
			t.Fatal(err)
		}
		flush(t, s)
		if got := sought(t, s, p, withMailbox("1")); len(got) > 0 {
			t.Errorf("behind two dots without an answer: %+v", got)
		}

		second := queue(plain)
		unchanged, err := b.Draft(t.Context(), second)
		if err != nil {
			t.Fatal(err)
		}
		if same := queue(unchanged); get(t, b, same).MessageID != get(t, b, second).MessageID {
			t.Fatal("an unchanged copy is another message")
		}
		if got := sought(t, s, p, withMailbox("1")); len(got) > 0 {
			t.Errorf("one of two with the same Message-ID: %+v", got)
		}

		third := queue(plain)
		time.Sleep(49 * time.Hour)
		if got := sought(t, s, p, withMailbox("1")); len(got) > 0 {
			t.Errorf("after two days: %+v, %s", got, third)
		}
	})
}

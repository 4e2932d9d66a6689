package outbox_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// postman is a Fetcher that answers from a script.
type postman struct {
	script func(ctx context.Context, l *outbox.Look) outbox.Result // nil: nothing is there

	mu    sync.Mutex
	looks []time.Time
}

func (p *postman) Fetch(ctx context.Context, l *outbox.Look) (outbox.Result, string) {
	p.mu.Lock()
	p.looks = append(p.looks, time.Now())
	script := p.script
	p.mu.Unlock()
	if script == nil {
		return outbox.Result{Class: outbox.ClassAccepted}, ""
	}
	return script(ctx, l), "print"
}

func (p *postman) does(script func(ctx context.Context, l *outbox.Look) outbox.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = script
}

func (p *postman) answers(class outbox.Class) {
	p.does(func(context.Context, *outbox.Look) outbox.Result {
		return outbox.Result{Class: class, Text: "no \x1b[2Jway"}
	})
}

// count is how often it was asked since the last count.
func (p *postman) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.looks)
	p.looks = nil
	return n
}

// fetchingSender is a sender of an account with a mailbox, and of one without.
func fetchingSender(b *outbox.Outbox, f outbox.Fetcher, revision *atomic.Value) *outbox.Sender {
	s := sender(b, &outboxtest.Transport{}, func() []outbox.Policy {
		return []outbox.Policy{withMailbox(revision.Load().(string)), {Account: "home", Connections: 1}}
	})
	s.Fetcher = f
	return s
}

func withMailbox(revision string) outbox.Policy {
	return outbox.Policy{Account: "work", Connections: 1, Revision: revision, Mailbox: "here", Every: 2 * time.Minute}
}

// running runs a sender until the function it gives is called.
func running(t *testing.T, s *outbox.Sender) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- s.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	}
}

func TestFetching_LooksOftenWhileSomethingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := open(t, t.TempDir()), &postman{}
		var revision atomic.Value
		revision.Store("1")
		stop := running(t, fetchingSender(b, p, &revision))
		between := func(why string, span time.Duration, least, most int) {
			t.Helper()
			time.Sleep(span)
			if n := p.count(); n < least || n > most {
				t.Errorf("%s: %d looks in %s, want %d to %d", why, n, span, least, most)
			}
		}
		between("nothing was ever sent", 3*time.Hour+5*time.Minute, 7, 7)
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		between("at once after it was sent", 15*time.Second, 1, 1)
		between("and then as set", time.Hour, 29, 31)
		time.Sleep(time.Second)
		for range 290 { // a campaign is no reason to look oftener, but its end is one to look at once
			submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
			time.Sleep(time.Second)
		}
		between("while much is sent", 0, 1, 3)
		between("when the last has left", 15*time.Second, 1, 1)
		stop()
		if all, err := b.Mailboxes(t.Context()); err != nil || len(all) != 1 || all[0].Account != "work" || all[0].Class != 0 || all[0].Looked.IsZero() {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// J17: a refused login is tried once, also by a sender that begins anew, until
// something changes or a person asks; the account sends on.
func TestFetching_ARefusedLoginIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := open(t, t.TempDir()), &postman{}
		var revision atomic.Value
		revision.Store("1")
		p.answers(outbox.ClassCredentials)
		s := fetchingSender(b, p, &revision)
		for range 3 {
			stop := running(t, s)
			id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
			time.Sleep(time.Hour)
			if got := get(t, b, id); got.State != outbox.StateSent {
				t.Errorf("the message is %s", got.State)
			}
			stop()
		}
		if n := p.count(); n != 1 {
			t.Errorf("tried %d times", n)
		}
		all, err := b.Mailboxes(t.Context())
		if err != nil || len(all) != 1 || all[0].Class != outbox.ClassCredentials || all[0].Text != "no \ufffd[2Jway" || !all[0].Next.IsZero() {
			t.Errorf("%+v, %v", all, err)
		}
		if refused, err := b.RefusedMailboxes(t.Context()); err != nil || !slices.Equal(refused, []string{"work"}) {
			t.Errorf("refused: %q, %v", refused, err)
		}
		defer running(t, s)()
		check := func(why string, want int) {
			t.Helper()
			time.Sleep(30 * time.Minute)
			if n := p.count(); n != want {
				t.Errorf("%s: %d tries, want %d", why, n, want)
			}
		}
		revision.Store("2")
		check("another setting", 1)
		for secret, want := range map[string]int{"print": 0, "another": 1} {
			if err := b.SecretOfMailboxIs(t.Context(), "work", secret); err != nil {
				t.Error(err)
			}
			check(secret, want)
		}
		if r, err := s.FetchReports(t.Context(), withMailbox("2"), nil); err != nil || r.Class != outbox.ClassCredentials {
			t.Errorf("by hand: %+v, %v", r, err)
		}
		check("by hand", 1)
		p.answers(outbox.ClassNetwork)
		if r, err := s.FetchReports(t.Context(), withMailbox("2"), nil); err != nil || r.Class != outbox.ClassNetwork {
			t.Errorf("by hand, without a network: %+v, %v", r, err)
		}
		check("by hand, without a network", 1)
		p.answers(outbox.ClassAccepted)
		if r, err := s.FetchReports(t.Context(), withMailbox("2"), nil); err != nil || r.Class != outbox.ClassAccepted {
			t.Errorf("by hand: %+v, %v", r, err)
		}
		check("once it is right", 15)
	})
}

// One password is not tried by the copies and by the looks.
func TestFetching_SharesARefusedLoginWithTheCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, first := range []string{"copies", "looks"} {
			b, p := open(t, t.TempDir()), &postman{}
			c := &cabinet{script: func(int) outbox.Result { return outbox.Result{Class: outbox.ClassCredentials, Text: "NO wrong"} }}
			p.answers(outbox.ClassCredentials)
			policy := withMailbox("1")
			policy.SentCopy = true
			s := sender(b, &outboxtest.Transport{}, func() []outbox.Policy { return []outbox.Policy{policy} })
			s.Filer, s.Fetcher = c, p
			if first == "looks" {
				defer running(t, s)()
				time.Sleep(time.Minute)
			}
			id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
			if first == "copies" {
				flush(t, s)
				defer running(t, s)()
			}
			time.Sleep(20 * time.Minute)
			if n := p.count() + c.count(); n != 1 {
				t.Errorf("%s first: %d logins", first, n)
			}
			if got := get(t, b, id).Copy; got.State != outbox.CopyWaiting {
				t.Errorf("%s first: the copy: %+v", first, got)
			}
			if _, err := s.FetchReports(t.Context(), policy, nil); err != nil {
				t.Error(err)
			}
			if n := p.count() + c.count(); first == "looks" && n != 1 || first == "copies" && n != 2 {
				t.Errorf("%s first, by hand: %d logins", first, n)
			}
			p.answers(outbox.ClassAccepted)
			c.script = nil
			if _, err := s.FetchReports(t.Context(), policy, nil); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
			if got := get(t, b, id).Copy; got.State != outbox.CopyFiled {
				t.Errorf("%s first: with the right one the copy is %+v", first, got)
			}
		}
	})
}

func TestFetching_BacksOffFromTroubleAndKeepsThatOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := open(t, t.TempDir()), &postman{}
		var revision atomic.Value
		revision.Store("1")
		p.answers(outbox.ClassNetwork)
		s := fetchingSender(b, p, &revision)
		stop := running(t, s)
		time.Sleep(3*time.Hour + 5*time.Minute)
		if n := p.count(); n < 8 || n > 11 {
			t.Errorf("%d tries in three hours", n)
		}
		stop()
		stop = running(t, s)
		time.Sleep(time.Second)
		if n := p.count(); n > 1 {
			t.Errorf("%d tries at the start", n)
		}
		if all, err := b.Mailboxes(t.Context()); err != nil || all[0].Class != outbox.ClassNetwork || all[0].Next.IsZero() || !all[0].Looked.IsZero() {
			t.Errorf("%+v, %v", all, err)
		}
		p.answers(outbox.ClassAccepted)
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}) // which goes out, so there is a network
		time.Sleep(time.Minute)
		if n := p.count(); n != 1 {
			t.Errorf("%d looks with a network again", n)
		}
		p.answers(outbox.ClassNetwork)
		time.Sleep(20 * time.Minute)
		p.does(func(ctx context.Context, _ *outbox.Look) outbox.Result {
			<-ctx.Done()
			return outbox.Result{Class: outbox.ClassNetwork, Text: "it hangs"}
		})
		time.Sleep(40 * time.Minute)
		if n := p.count(); n < 3 {
			t.Errorf("%d tries", n)
		}
		before := time.Now()
		stop()
		if took := time.Since(before); took > 5*time.Second {
			t.Errorf("it takes %s to stop", took)
		}
	})
}

func TestFetching_AReportOfWhatIsBeingSentIsTakenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := open(t, t.TempDir()), &postman{}
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		report := notice{id: "r1@example.org", about: get(t, b, id).MessageID, fields: []string{failed("ana@example.org")}}.String()
		var busy int
		p.does(func(ctx context.Context, l *outbox.Look) outbox.Result {
			c, err := l.Cursor(ctx, "INBOX")
			if err != nil || c.Last == 7 {
				return outbox.Result{Class: outbox.ClassAccepted}
			}
			time.Sleep(time.Second) // by when the message is on its way
			if err := l.Take(ctx, "INBOX 7", strings.NewReader(report)); err != nil {
				if errors.Is(err, outbox.ErrBusy) {
					busy++
				}
				return outbox.Result{Class: outbox.ClassTemporary, Text: err.Error()}
			}
			if err := l.Pass(ctx, "INBOX", outbox.Cursor{Validity: 1, Last: 7}); err != nil {
				t.Error(err)
			}
			return outbox.Result{Class: outbox.ClassAccepted}
		})
		slow := &outboxtest.Transport{During: func(context.Context, outbox.Delivery) error {
			time.Sleep(20 * time.Second)
			return nil
		}}
		s := sender(b, slow, func() []outbox.Policy { return []outbox.Policy{withMailbox("1")} })
		s.Fetcher = p
		defer running(t, s)()
		time.Sleep(2 * time.Minute)
		if got := get(t, b, id); got.State != outbox.StateBounced || busy != 1 {
			t.Errorf("it is %s, and was busy %d times", got.State, busy)
		}
		if all, err := b.Mailboxes(t.Context()); err != nil || all[0].Class != 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// A look knows what the last one has seen, of this mailbox and no other.
func TestLook_KnowsHowFarTheLastOneCame(t *testing.T) {
	b, p := open(t, t.TempDir()), &postman{}
	s, policy := sender(b, &outboxtest.Transport{}, policies(1)), withMailbox("1")
	s.Fetcher = p
	look := func(does func(ctx context.Context, l *outbox.Look) error) {
		t.Helper()
		p.does(func(ctx context.Context, l *outbox.Look) outbox.Result {
			if err := does(ctx, l); err != nil {
				t.Error(err)
			}
			return outbox.Result{Class: outbox.ClassAccepted}
		})
		if _, err := s.FetchReports(t.Context(), policy, nil); err != nil {
			t.Fatal(err)
		}
	}
	cursor := func(folder string, want outbox.Cursor) {
		t.Helper()
		look(func(ctx context.Context, l *outbox.Look) error {
			got, err := l.Cursor(ctx, folder)
			if got != want {
				t.Errorf("%s: %+v, want %+v", folder, got, want)
			}
			return err
		})
	}
	pass := func(folder string, validity, last uint32) {
		t.Helper()
		look(func(ctx context.Context, l *outbox.Look) error {
			return l.Pass(ctx, folder, outbox.Cursor{Validity: validity, Last: last})
		})
	}
	unseen := func(all string, want string, first bool) {
		t.Helper()
		look(func(ctx context.Context, l *outbox.Look) error {
			got, was, err := l.Unseen(ctx, strings.Fields(all))
			if strings.Join(got, " ") != want || was != first {
				t.Errorf("of %q %q is unseen, first: %v", all, got, was)
			}
			return errors.Join(err, l.Seen(ctx, got))
		})
	}
	cursor("INBOX", outbox.Cursor{})
	pass("INBOX", 3, 4294967295)
	pass("INBOX", 3, 17) // another process, which has begun before
	cursor("INBOX", outbox.Cursor{Begun: true, Validity: 3, Last: 4294967295})
	cursor("Junk", outbox.Cursor{})
	pass("INBOX", 4, 2)
	cursor("INBOX", outbox.Cursor{Begun: true, Validity: 4, Last: 2})
	unseen("a b c", "a b c", true)
	unseen("b d c a e", "d e", false)
	unseen("d e", "", false)
	unseen("a d", "a", false)
	if err := b.RenameAccount(t.Context(), "work", "office", func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	policy.Account = "office"
	cursor("INBOX", outbox.Cursor{Begun: true, Validity: 4, Last: 2})
	policy.Mailbox = "there"
	cursor("INBOX", outbox.Cursor{})
	unseen("a", "a", true)
}

package outbox_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
)

// downAccount answers for one account that is down and for others that are not.
type downAccount struct {
	account string
	down    outbox.Result // the zero Result: it is up
	offline atomic.Bool   // the line is down, for all

	mu   sync.Mutex
	sent map[outbox.ID]string
}

// through tells by which account an item went, and how many there are.
func (d *downAccount) through(id outbox.ID) (account string, all int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sent[id], len(d.sent)
}

func (d *downAccount) Deliver(ctx context.Context, j outbox.Delivery) outbox.Report {
	r := outbox.Result{Class: outbox.ClassAccepted, Code: 250, Text: "ok"}
	switch {
	case d.offline.Load():
		r = outbox.Result{Class: outbox.ClassNetwork, Text: "no route to host"}
	case j.Account == d.account && d.down.Class != 0:
		r = d.down
	}
	report := outbox.Report{Server: "scripted:25", Began: r.Class == outbox.ClassAccepted}
	if report.Began {
		if err := j.Mark(ctx, nil); err != nil {
			r = outbox.Result{Class: outbox.ClassNetwork, Text: err.Error()}
		} else {
			d.mu.Lock()
			d.sent[j.Item] = j.Account
			d.mu.Unlock()
		}
	}
	for range j.Recipients {
		report.Results = append(report.Results, r)
	}
	return report
}

// fallingBack runs a sender whose account work has a fallback; only ada may go
// through that.
func fallingBack(t *testing.T, d *downAccount, story func(*outbox.Outbox)) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		d.account, d.sent = "work", make(map[outbox.ID]string)
		s := sender(b, d, func() []outbox.Policy {
			return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1", Fallback: "home"}, {Account: "home", Connections: 1, Revision: "1"}}
		})
		s.MaySendAs = func(sender, account string) bool { return sender == "ada@example.org" && account == "home" }
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- s.Run(ctx) }()
		story(b)
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
}

func TestFallback_TakesOverWhatWaitsForAnAccountThatIsDown(t *testing.T) {
	for name, down := range map[string]outbox.Result{
		"network":     {Class: outbox.ClassNetwork, Text: "connection refused"},
		"credentials": answer(outbox.ClassCredentials, 535, "5.7.8 wrong password"),
		"account":     {Class: outbox.ClassAccount, Text: "the certificate has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &downAccount{down: down}
			fallingBack(t, d, func(b *outbox.Outbox) {
				var ids []outbox.ID
				for range 5 {
					ids = append(ids, submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}))
				}
				other := draftTo("ana@example.org")
				other.From = "Ben <ben@example.org>"
				stays := submit(t, b, other, outbox.SubmitOptions{})
				later := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(48 * time.Hour)})
				held := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Hold: true})
				time.Sleep(9 * time.Minute)
				if _, all := d.through(0); all != 0 {
					t.Errorf("after nine minutes %d went out", all)
				}
				time.Sleep(6 * time.Minute)
				for _, id := range ids {
					account, _ := d.through(id)
					if item := get(t, b, id); account != "home" || item.Account != "home" || item.MeantFor != "work" || item.State != outbox.StateSent {
						t.Errorf("%s went through %q: %s of %s, meant for %q", id, account, item.State, item.Account, item.MeantFor)
					}
				}
				for _, id := range []outbox.ID{stays, later, held} {
					if item := get(t, b, id); item.Account != "work" || item.MeantFor != "" {
						t.Errorf("%s is of %s now", id, item.Account)
					}
				}
			})
		})
	}
}

// A laptop without a network must not find all its mail with another account.
func TestFallback_TakesOneItemWhileTheLineIsDown(t *testing.T) {
	d := new(downAccount)
	d.offline.Store(true)
	fallingBack(t, d, func(b *outbox.Outbox) {
		var ids []outbox.ID
		for range 20 {
			ids = append(ids, submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}))
		}
		time.Sleep(90 * time.Minute)
		d.offline.Store(false)
		time.Sleep(5 * time.Minute)
		through := make(map[string]int)
		for _, id := range ids {
			account, _ := d.through(id)
			through[account]++
		}
		if through["home"] != 1 || through["work"] != 19 {
			t.Errorf("went through %v", through)
		}
	})
}

func TestFallback_IsNoWayAroundALimit(t *testing.T) {
	d := &downAccount{down: outbox.Result{Class: outbox.ClassThrottled, Code: 550, Text: "5.4.5 daily quota", Limit: outbox.LimitDay}}
	fallingBack(t, d, func(b *outbox.Outbox) {
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		time.Sleep(2 * time.Hour)
		if item := get(t, b, id); item.Account != "work" {
			t.Errorf("it is of %s now", item.Account)
		}
	})
}

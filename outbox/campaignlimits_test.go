package outbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// For any limits, restarts and refusals: no stretch of time of an account holds more
// than its limit, whoever it is for, and the campaign comes to its end.
func TestCampaign_NoWindowOfAnyAccountHoldsMoreThanItsLimit(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { limitedCampaign(t, rand.New(rand.NewPCG(seed, 19))) })
		})
	}
}

func limitedCampaign(t *testing.T, random *rand.Rand) {
	accounts := []outbox.Policy{
		{Account: "home", Connections: 1 + random.IntN(3), Revision: "1", Limits: outbox.Limits{PerMinute: 3 + random.IntN(10), PerHour: 20}},
		{Account: "relay", Connections: 4, Revision: "1", Limits: outbox.Limits{PerSecond: 1 + random.IntN(2), PerMinute: 10 + random.IntN(20)}},
		{Account: "work", Connections: 2, Revision: "1", Limits: outbox.Limits{PerDay: 5 + random.IntN(10)}},
	}
	var mu sync.Mutex
	came := make(map[string]arrivals)
	transport := &outboxtest.Transport{
		During: func(ctx context.Context, d outbox.Delivery) error {
			select {
			case <-time.After(time.Duration(1+len(d.Recipients[0])%5)*100*time.Millisecond + 7*time.Millisecond): // at no time when the sender is stopped
			case <-ctx.Done():
				return ctx.Err() // it never came to its final dot
			}
			if ctx.Err() != nil { // both at once: no dot is allowed to leave any more
				return ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			came[d.Account] = append(came[d.Account], time.Now())
			return nil
		},
		Script: func(recipient string, try int) outbox.Result {
			if try == 1 && len(recipient)%7 == 0 {
				return answer(outbox.ClassTemporary, 451, "4.7.1 try again")
			}
			return outboxtest.Accepted()
		},
	}
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	id := start(t, b, specOf("home", "relay", "work"), rowsFor(90, 5))
	for n := 0; ; n++ {
		submit(t, b, draftTo(fmt.Sprintf("landlord%d@example.org", n)), outbox.SubmitOptions{}) // through work
		runFor(t, sender(b, transport, func() []outbox.Policy { return accounts }), time.Duration(1+random.IntN(60))*time.Second)
		done := campaign(t, b, id).State == outbox.CampaignDone
		b.Close()
		if done {
			break
		}
		if n == 60 {
			t.Fatal("it does not come to its end")
		}
		b = openCampaigns(t, dir)
	}
	for _, p := range accounts {
		for _, w := range []struct {
			length time.Duration
			most   int
		}{{time.Second, p.Limits.PerSecond}, {time.Minute, p.Limits.PerMinute}, {time.Hour, p.Limits.PerHour}, {24 * time.Hour, p.Limits.PerDay}} {
			if n := came[p.Account].most(w.length); w.most > 0 && n > w.most {
				t.Errorf("%s: %d in %s, and %d are allowed", p.Account, n, w.length, w.most)
			}
		}
		if len(came[p.Account]) == 0 {
			t.Errorf("%s sends nothing", p.Account)
		}
	}
	for c, n := range transport.Copies() {
		if n != 1 {
			t.Errorf("%s has %d copies", c.Recipient, n)
		}
	}
}

package scenario

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

func TestG01_OneConnectionForTwoMessages(t *testing.T) {
	story(t, func(r *rig) {
		r.policies[0].Connections = 1
		first, second := r.send(ana), r.send(bob, cyd)
		r.settle(time.Minute)
		r.want(first, want{state: "sent", recipients: "sent", tries: 1, connections: 1, logins: 1})
		r.want(second, want{state: "sent", recipients: "sent sent", tries: 1, transactions: 2})
		if r.count("RSET") != 0 || r.count("EHLO") != 1 {
			r.Errorf("%d RSET, %d EHLO", r.count("RSET"), r.count("EHLO"))
		}
	})
}

// A transaction that ended in a refusal leaves nothing for the next one.
func TestG01_NothingLeaksBehindARefusal(t *testing.T) {
	story(t, func(r *rig) {
		r.policies[0].Connections = 1
		r.answer = table(rule{"DATA", "", 1, "554 5.6.0 not this one"})
		first, second := r.send(ana), r.send(bob)
		r.settle(time.Minute)
		r.want(first, want{state: "failed", tries: 1})
		r.want(second, want{state: "sent", tries: 1, connections: 1})
		if r.count("RSET") != 1 {
			r.Errorf("%d RSET between a refused message and the next", r.count("RSET"))
		}
	})
}

func TestG02_IdleConnectionGivenUpByTheServer(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{".", "", 1, "250 2.0.0 ok\npause 5s\n421 4.4.2 idle for too long\nclose"})
		first := r.send(ana)
		r.settle(time.Minute)
		time.Sleep(10 * time.Second) // less than we keep a connection ourselves
		second := r.send(bob)
		r.settle(time.Minute)
		r.want(first, want{state: "sent", tries: 1})
		r.want(second, want{state: "sent", tries: 1, connections: 2, logins: 2, transactions: 2})
		if a := r.attempts(second)[0]; a.Finished.Sub(a.Started) > time.Second {
			r.Errorf("the second took %s", a.Finished.Sub(a.Started))
		}
		if park := r.park("work"); park.Account != "" {
			r.Errorf("parked: %+v", park)
		}
	})
}

// stages are the points where a server can hang.
var stages = []rule{
	{"CONNECT", "", 0, "stall"},
	{"EHLO", "", 0, "stall"},
	{"AUTH", "", 0, "stall"},
	{"MAIL", "", 0, "stall"},
	{"RCPT", "", 0, "stall"},
	{"DATA", "", 0, "stall"},
	{"DATA", "", 0, "354 go\nread 100\nstall"},
	{".", "", 0, "stall"},
}

func TestG05_HangingAccountsDelayNoOther(t *testing.T) {
	story(t, func(r *rig) {
		for i, stage := range stages {
			name := fmt.Sprintf("stage%d", i)
			r.add(name).answer = table(stage)
			r.submit(compose.Draft{Account: name, To: ana, Subject: "stuck", Body: long().Body})
		}
		var others []outbox.ID
		other := func() {
			others = append(others, r.send(bob))
			r.run(time.Minute, func([]outbox.Item) bool { return r.item(others[len(others)-1]).State == outbox.StateSent })
		}
		other()
		r.pass(30 * time.Second) // in the midst of all that hangs
		other()
		for _, id := range others {
			r.want(id, want{state: "sent", tries: 1})
			r.between("the delay", r.attempts(id)[0].Finished.Sub(r.item(id).Created), 0, time.Second)
		}
	})
}

func TestG06_OneThatIsPutOffForEverStopsNoOther(t *testing.T) {
	story(t, func(r *rig) {
		r.policies[0].Connections = 1
		r.answer = table(rule{"RCPT", ana, 0, "451 4.3.0 not yet"})
		first := r.send(ana)
		for range 6 {
			other := r.send(bob)
			r.pass(day)
			r.want(other, want{state: "sent", recipients: "sent", tries: 1})
			r.between("the delay", r.attempts(other)[0].Finished.Sub(r.item(other).Created), 0, time.Second)
		}
		r.want(first, want{state: "failed", recipients: "failed", words: []string{"not yet"}})
		r.between("the end", r.recipient(first, ana).At.Sub(r.item(first).Created), 4*day, 5*day+2*time.Hour)
	})
}

// How long it takes is a matter for benchmarks: time is virtual here.
func TestG07_ABurstGoesOutInOrderOverTwoConnections(t *testing.T) {
	const many = 500
	story(t, func(r *rig) {
		// Each takes the same time, so that none overtakes another by chance.
		r.answer = table(rule{"DATA", "", 0, "pause 100ms\n354 go"})
		for i := range many {
			r.send(fmt.Sprintf("user%d@example.org", i))
		}
		r.settle(time.Minute)
		all, err := r.outbox.List(r.Context(), outbox.Query{States: []outbox.State{outbox.StateSent}, WithRecipients: true})
		if err != nil || len(all) != many || r.count("MAIL") != many {
			r.Errorf("%d sent in %d transactions, %v", len(all), r.count("MAIL"), err)
		}
		for _, item := range all {
			r.checkCopies(item.ID, item)
		}
		if r.most > 2 || r.connections > 2 || r.count("AUTH") > 2 {
			r.Errorf("%d connections, %d at once", r.connections, r.most)
		}
		for i, c := range r.heard("RCPT") {
			var number int
			if _, err := fmt.Sscanf(c.address, "user%d@", &number); err != nil || number < i-2 || number > i+2 {
				r.Errorf("%s is the %d. (%v)", c.address, i, err)
			}
		}
	})
}

// What is on the wire is not deleted and not held: a person is told so, before the
// dot as behind it, and what is sent is sent.
func TestG08_DeletedWhileItIsSent(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"DATA", "", 0, "354 go\npause 10s"}, rule{".", "", 0, "pause 10s\n250 2.0.0 ok"})
		id := r.submit(long())
		asked := make(map[outbox.Step]bool)
		r.run(time.Minute, func(open []outbox.Item) bool {
			for _, p := range r.outbox.Progress() {
				asked[p.Step] = true
				r.isBusy(id)
			}
			return isSettled(open)
		})
		if !asked[outbox.StepBody] || !asked[outbox.StepDot] {
			r.Errorf("asked at %v", asked)
		}
		r.want(id, want{state: "sent", recipients: "sent", tries: 1, transactions: 1})
		r.delete(id)
	})
}

func (r *rig) isBusy(id outbox.ID) {
	r.Helper()
	for what, err := range map[string]error{
		"delete": r.outbox.Delete(r.Context(), id), "hold": r.outbox.Hold(r.Context(), id),
	} {
		if !errors.Is(err, outbox.ErrBusy) {
			r.Errorf("%s: %v, want ErrBusy", what, err)
		}
	}
}

// Between two tries it is a person's to delete, and then nothing of it leaves.
func TestG08_DeletedBetweenTwoTries(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", "", 1, "451 4.7.1 greylisted"})
		id := r.send(ana)
		r.try(id, 1)
		r.delete(id)
		r.pass(day)
		if r.count("MAIL") != 1 || r.count("DATA") != 0 {
			r.Errorf("%d MAIL, %d DATA", r.count("MAIL"), r.count("DATA"))
		}
	})
}

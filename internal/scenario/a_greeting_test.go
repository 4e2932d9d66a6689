package scenario

import (
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// notYet tells rows whose server is not there for now: nothing is said of the
// message, no password leaves, and it goes out as soon as the server is back.
func notYet(t *testing.T, set func(r *rig), words string) {
	t.Helper()
	story(t, func(r *rig) {
		set(r)
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, connections: 1, words: []string{words}})
		if counted := r.item(id).Attempts; counted != 0 || r.count("AUTH") != 0 {
			r.Errorf("%d tries counted, %d logins", counted, r.count("AUTH"))
		}
		if park := r.park("work"); park.Class != outbox.ClassNetwork {
			r.Errorf("parked: %+v", park)
		}
		r.settle(10 * time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2, connections: 2, logins: 1, transactions: 1})
	})
}

func TestA09_GreetedWith421(t *testing.T) {
	notYet(t, func(r *rig) {
		r.answer = table(rule{"CONNECT", "", 1, "421 4.3.2 down for maintenance\nclose"})
	}, "down for maintenance")
}

// No recipient was refused, so none is failed, however long it lasts. The
// account is stopped with growing waits and not for good: who takes the block
// away need not tell us.
func TestA10_GreetedWith554(t *testing.T) {
	story(t, func(r *rig) {
		refuses := true
		r.answer = func(c command) string {
			if refuses && c.verb == "CONNECT" {
				return "554 5.7.1 no service for your network\nclose"
			}
			return ""
		}
		id := r.send(ana)
		r.try(id, 8)
		r.between("a later wait", r.gap(id, 7), 45*time.Minute, 75*time.Minute)
		time.Sleep(6 * day)
		r.pass(time.Minute)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 9, connections: 9, words: []string{"no service for your network"}})
		if park := r.park("work"); park.Class != outbox.ClassAccount || park.Code != 554 || r.item(id).Attempts != 0 || r.count("EHLO") != 0 {
			r.Errorf("%d tries counted, parked: %+v", r.item(id).Attempts, park)
		}
		refuses = false
		r.settle(2 * time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 10})
	})
}

func TestA11_NotGreeted(t *testing.T) {
	notYet(t, func(r *rig) { r.answer = table(rule{"CONNECT", "", 1, "stall"}) }, "no answer before the greeting within 1 min")
}

// A deadline is for a whole reply: what comes in time, octet by octet, and never
// ends is given up as well, and stops no other account.
func TestA12_GreetedOctetByOctet(t *testing.T) {
	story(t, func(r *rig) {
		r.add("home")
		r.drip = 500 * time.Millisecond
		r.answer = table(rule{"CONNECT", "", 1, "octets 2"})
		id := r.send(ana)
		other := r.submit(compose.Draft{Account: "home", To: bob, Subject: "meanwhile", Body: "It goes.\n"})
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", words: []string{"no answer before the greeting within 1 min"}})
		a := r.attempts(id)[0]
		r.between("the try", a.Finished.Sub(a.Started), time.Minute, time.Minute+time.Second)
		r.want(other, want{state: "sent", tries: 1})
		r.between("the other account", r.attempts(other)[0].Finished.Sub(r.item(other).Created), 0, time.Second)
		r.settle(10 * time.Minute) // in time, each reply may come as slowly
		r.want(id, want{state: "sent", tries: 2, connections: 2, logins: 1})
	})
}

func TestA13_GreetedInSeveralLines(t *testing.T) {
	accepted(t, table(rule{"CONNECT", "", 0, "220-welcome\n220-to the test\n220 ready"}))
}

// knowsNoEHLO is a server of before 1995.
var knowsNoEHLO = table(rule{"EHLO", "", 0, "502 5.5.1 what?"})

// A relay for which the account says that there is neither TLS nor a login.
func TestA15_NoESMTPAndNoneIsNeeded(t *testing.T) {
	story(t, func(r *rig) {
		r.secure, r.answer = nil, knowsNoEHLO
		r.change("work", func(s *accounts.SMTP) { s.Security, s.Username = accounts.None, "" })
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1, transactions: 1})
		if r.count("AUTH") != 0 || r.count("HELO") != 1 {
			r.Errorf("%d logins, %d HELO", r.count("AUTH"), r.count("HELO"))
		}
	})
}

func TestA15_NoESMTPAndTheAccountLogsIn(t *testing.T) {
	unsafe(t, func(r *rig) { r.answer = knowsNoEHLO }, "EHLO HELO", "no ESMTP")
}

func TestA15_NoESMTPAndTheAccountWantsSTARTTLS(t *testing.T) {
	unsafe(t, func(r *rig) {
		r.useSTARTTLS("STARTTLS")
		r.answer = knowsNoEHLO
	}, "EHLO HELO", "no ESMTP")
}

package smtp

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
)

// G01: one connection, no RSET behind a 250.
func TestReuse_OneConnectionForManyMessages(t *testing.T) {
	r := newRig(t, greeting+mail+mail+mail, nil)
	for range 3 {
		if got := classes(r.deliver(t, delivery(hello))); got != "accepted" {
			t.Fatal(got)
		}
	}
	if heard := r.finish(); len(heard) != 1 || heard[0].Commands("RSET") != 0 || heard[0].Commands("EHLO") != 1 {
		t.Errorf("%+v", heard)
	}
}

// Connections belong to the settings that they were made by, as the outbox knows them.
func TestReuse_NotByDeliveriesOfOtherSettings(t *testing.T) {
	r := newRig(t, "--- *2\n"+greeting+mail+mail, nil)
	for _, revision := range []string{"one", "two", "one", "two"} {
		d := delivery(hello)
		d.Revision = revision
		if got := classes(r.deliver(t, d)); got != "accepted" {
			t.Fatal(got)
		}
	}
	if heard := r.finish(); len(heard) != 2 {
		t.Errorf("%d connections", len(heard))
	}
}

func TestReuse_ResetsWhatDidNotEndWell(t *testing.T) {
	r := newRig(t, greeting+`
		C: MAIL *
		S: 250 ok
		C: RCPT *
		S: 550 5.1.1 unknown
		C: RSET
		S: 250 ok
		C: MAIL *
		S: 550 5.1.8 no
		C: RSET
		S: 250 ok
	`+mail+mail, nil)
	for _, want := range []string{"recipient", "message", "accepted", "accepted"} {
		if got := classes(r.deliver(t, delivery(hello))); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if heard := r.finish(); len(heard) != 1 {
		t.Errorf("%d connections", len(heard))
	}
}

// G02: what a server does to an idle connection is no failure of the message.
func TestReuse_OneFreeRedial(t *testing.T) {
	for name, end := range map[string]string{
		"421 at MAIL":   "C: MAIL *\nS: 421 4.4.2 idle too long\nclose",
		"421 unasked":   "S: 421 4.4.2 idle too long\nclose",
		"closed":        "close",
		"hung up there": "C: MAIL *\nclose",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, greeting+mail+end+"\n---\n"+greeting+mail, nil)
			first, second := r.deliver(t, delivery(hello)), r.deliver(t, delivery(hello))
			if classes(first) != "accepted" || classes(second) != "accepted" || !second.Began {
				t.Errorf("%+v, then %+v", first, second)
			}
			if heard := r.finish(); len(heard) != 2 {
				t.Errorf("%d connections", len(heard))
			}
		})
	}
	t.Run("a refused RSET", func(t *testing.T) {
		r := newRig(t, greeting+"C: MAIL *\nS: 451 later\nC: RSET\nS: 500 what\nC: <end>\n---\n"+greeting+mail, nil)
		first, second := r.deliver(t, delivery(hello)), r.deliver(t, delivery(hello))
		if classes(first) != "temporary" || classes(second) != "accepted" {
			t.Errorf("%+v, then %+v", first, second)
		}
	})
	t.Run("but not two", func(t *testing.T) {
		r := newRig(t, greeting+mail+"close\n---\n"+greeting+"C: MAIL *\nclose", nil)
		first, second := r.deliver(t, delivery(hello)), r.deliver(t, delivery(hello))
		if classes(first) != "accepted" || classes(second) != "network" || !second.Began {
			t.Errorf("%+v, then %+v", first, second)
		}
	})
	t.Run("and it may fail before MAIL", func(t *testing.T) {
		r := newRig(t, greeting+mail+"close\n---\nS: 554 go away\nC: <end>", nil)
		_, second := r.deliver(t, delivery(hello)), r.deliver(t, delivery(hello))
		if classes(second) != "account" || second.Began {
			t.Errorf("%+v", second)
		}
	})
}

func TestReuse_EndsByTheAccountsLimit(t *testing.T) {
	r := newRig(t, "--- *2\n"+greeting+mail+mail, func(a *accounts.Account) { a.Limits.MessagesPerConnection = 2 })
	for range 4 {
		if got := classes(r.deliver(t, delivery(hello))); got != "accepted" {
			t.Fatal(got)
		}
	}
	for _, heard := range r.finish() {
		if heard.Commands("MAIL") != 2 || heard.Commands("QUIT") != 1 {
			t.Errorf("the server heard %q", heard.Lines)
		}
	}
}

func TestReuse_NotForChangedSettings(t *testing.T) {
	r := newRig(t, "--- *2\n"+greeting+mail, nil)
	r.deliver(t, delivery(hello))
	r.account.Limits.MaxSize = 1000
	r.deliver(t, delivery(hello))
	if heard := r.finish(); len(heard) != 2 {
		t.Errorf("%d connections", len(heard))
	}
}

func TestReuse_IdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, greeting+mail, nil)
		r.deliver(t, delivery(hello))
		time.Sleep(idleLimit - time.Second)
		synctest.Wait()
		r.idle.mu.Lock()
		if len(r.idle.idle) != 1 {
			t.Error("closed before its time")
		}
		r.idle.mu.Unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if heard := r.server.Finish(); heard[0].Commands("QUIT") != 1 { // Close has not been called
			t.Errorf("the server heard %q", heard[0].Lines)
		}
	})
}

// A secret that has changed is tried in a bounded time, also by a queue without a pause.
func TestReuse_NotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, greeting+strings.Repeat(mail, 61)+"---\n"+greeting+strings.Repeat(mail, 2), nil) // the last one as ten minutes are over
		for range 63 {
			if got := classes(r.deliver(t, delivery(hello))); got != "accepted" {
				t.Fatal(got)
			}
			time.Sleep(idleLimit * 2 / 3)
		}
		if heard := r.finish(); len(heard) != 2 || heard[0].Commands("QUIT") != 1 {
			t.Errorf("%d connections", len(heard))
		}
	})
}

// Where the login of one connection is refused at the sender, those that were made with
// the same secret are not used any more.
func TestReuse_NotBesideARefusedLogin(t *testing.T) {
	const refused = `
		C: MAIL *
		S: 535 5.7.8 the password has changed
	`
	r := newRig(t, greeting+mail+refused+"---\n"+greeting+mail+"---\n"+greeting+mail, nil)
	r.deliver(t, delivery(hello))
	key := keyOf(r.account, delivery(hello))
	first := r.idle.take(key, delivery(hello))
	r.deliver(t, delivery(hello))
	r.idle.put(key, first)
	for _, want := range []string{"credentials", "accepted"} {
		if got := classes(r.deliver(t, delivery(hello))); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if heard := r.finish(); len(heard) != 3 || heard[1].Commands("MAIL") != 1 {
		t.Errorf("%d connections", len(heard))
	}
}

// A goodbye that is not answered costs a second, however many there are.
func TestClose_IsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "--- *3\n"+greeting+mail+"stall", nil)
		for _, revision := range []int64{1, 2, 3} {
			r.account.Limits.MaxSize = revision
			r.deliver(t, delivery(hello))
		}
		start := time.Now()
		_ = r.Close()
		if took := time.Since(start); took > quitTimeout {
			t.Errorf("Close took %s", took)
		}
	})
}

func TestClose_DeliveriesBehindItCloseTheirOwn(t *testing.T) {
	r := newRig(t, greeting+mail, nil)
	_ = r.Close()
	if got := classes(r.Deliver(context.Background(), delivery(hello))); got != "accepted" {
		t.Error(got)
	}
	r.server.Finish() // fails if the connection is still open
}

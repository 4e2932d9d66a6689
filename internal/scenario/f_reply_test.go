package scenario

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
)

// noSMTP tells rows whose server once says, to MAIL, what is no answer: it is
// over at once, the connection too, and the next try is not long after.
func noSMTP(t *testing.T, answer, words string) {
	t.Helper()
	story(t, func(r *rig) {
		r.answer = table(rule{"MAIL", "", 1, answer})
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, connections: 1, transactions: 1, words: []string{words}})
		a := r.attempts(id)[0]
		if a.Results[0].Class != outbox.ClassProtocol || r.count("RCPT") != 0 {
			r.Errorf("%s, %d RCPT", a.Results[0].Class, r.count("RCPT"))
		}
		r.between("the try", a.Finished.Sub(a.Started), 0, time.Second)
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2, connections: 2, transactions: 2})
		r.between("the second try", r.gap(id, 1), leastRetry, mostRetry)
	})
}

// spelled tells rows about the words of a refusal.
func spelled(t *testing.T, answer, words string) {
	t.Helper()
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", "", 0, answer})
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "failed", recipients: "failed", tries: 1, connections: 1, transactions: 1})
		if got := r.item(id).Reason; got != words {
			r.Errorf("the reason is %q, want %q", got, words)
		}
	})
}

func TestF01_ARefusalOfSeveralLines(t *testing.T) {
	spelled(t, "550-5.1.1 no such user:\n550-5.1.1 see our page\n550 5.1.1 or ask", "no such user: see our page or ask")
}

func TestF02_TwoCodesInOneAnswer(t *testing.T) {
	noSMTP(t, "250-ok\n550 no", "an answer with two codes")
}

func TestF03_Garbage(t *testing.T) {
	noSMTP(t, "hello there", "something that is not SMTP: hello there")
}

func TestF04_Code999(t *testing.T) {
	noSMTP(t, "999 boo", "something that is not SMTP: 999 boo")
}

// The basic code decides; the other is kept to be looked at (RFC 5321 §4.2.1).
func TestF05_RefusedForGoodWithATemporaryEnhancedCode(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", "", 0, "550 4.7.1 go away"})
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "failed", recipients: "failed", tries: 1, words: []string{"go away"}})
		r.hasCodes(id, 550, "4.7.1")
	})
}

func TestF06_PutOffWithAPermanentEnhancedCode(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", "", 1, "450 5.1.1 not now"})
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", words: []string{"not now"}})
		r.hasCodes(id, 450, "5.1.1")
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2})
	})
}

func (r *rig) hasCodes(id outbox.ID, code int, enhanced string) {
	r.Helper()
	if got := r.attempts(id)[0].Results[0]; got.Code != code || got.Enhanced != enhanced {
		r.Errorf("%d %s, want %d %s", got.Code, got.Enhanced, code, enhanced)
	}
}

// Such a line is cut for show, and its code counts.
func TestF07_ALineOf64kB(t *testing.T) {
	alone(t, func(r *rig) {
		r.answer = table(rule{"RCPT", ana, 1, "550 5.1.1 " + strings.Repeat("x", 64_000)})
		usual := r.allocated()
		id := r.send(ana)
		spent := r.spend(func() { r.settle(time.Minute) })
		r.want(id, want{state: "failed", recipients: "failed", tries: 1, connections: 3, words: []string{"xxxx"}})
		if size := len(r.item(id).Reason); size < 1000 || size > 2048 {
			r.Errorf("%d octets are kept of it", size)
		}
		r.isModest(spent - usual)
		next := r.send(bob)
		r.settle(time.Minute)
		r.want(next, want{state: "sent", connections: 3}) // the rest of it is no answer to that
	})
}

func TestF08_LinesWithoutEnd(t *testing.T) {
	endless(t, "MAIL", "lines 250-more", "an answer without end")
}

func TestF09_ALineWithoutEnd(t *testing.T) {
	endless(t, "MAIL", "octets 250 more", "a line without end")
}

// endless tells rows whose server once does not stop: it is heard for a bounded
// number of octets, not until a deadline, and none of them is kept.
func endless(t *testing.T, verb, flood, words string) {
	t.Helper()
	alone(t, func(r *rig) {
		var floods atomic.Bool
		r.answer = func(c command) string {
			if c.verb == verb && floods.CompareAndSwap(true, false) {
				return flood
			}
			return ""
		}
		usual, before := r.allocated(), r.said
		floods.Store(true)
		id := r.send(ana)
		spent := r.spend(func() { r.try(id, 1) })
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, words: []string{words}})
		a := r.attempts(id)[0]
		r.between("the try", a.Finished.Sub(a.Started), 0, time.Second)
		const most = 64<<10 + 2*window // what is read, and what is on its way by then
		if heard := r.said - before; heard < 2<<10 || heard > most {
			r.Errorf("%d octets were heard", heard)
		}
		r.isModest(spent - usual)
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2})
	})
}

// allocated is what a try of a message costs in memory: all of it, garbage
// included. It is the second one that is looked at, when all is warm. Each has a
// connection of its own, and so has the next.
func (r *rig) allocated() (spent int64) {
	r.Helper()
	for range 2 {
		id := r.send(bob)
		spent = r.spend(func() { r.settle(time.Minute) })
		r.want(id, want{state: "sent"})
		time.Sleep(time.Minute)
		synctest.Wait()
	}
	return spent
}

// spend is what is allocated meanwhile, by client and server.
func (r *rig) spend(what func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	what()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// isModest demands that something took little memory.
func (r *rig) isModest(more int64) {
	r.Helper()
	if more > 1<<20 {
		r.Errorf("it took %d kB", more>>10)
	}
}

func TestF10_EscapeSequences(t *testing.T) {
	spelled(t, "550 5.1.1 \x1b]0;title\x07 gone \x1b[2J\x9b2J", "\ufffd]0;title\ufffd gone \ufffd[2J\ufffd2J")
}

func TestF11_Latin1(t *testing.T) {
	spelled(t, "550 5.2.2 Bo\xeete pleine", "Bo\ufffdte pleine")
}

func TestF12_MarksThatReorderAndHide(t *testing.T) {
	spelled(t, "550 5.1.1 a\u202eb\u200bc\u2066d\u00ade", "a\ufffdb\ufffdc\ufffdd\ufffde")
}

func TestF13_NoWords(t *testing.T) {
	for name, answer := range map[string]string{"a space": "550 ", "none": "550", "a code": "550 5.1.1", "spaces": "550-   \n550   "} {
		t.Run(name, func(t *testing.T) { spelled(t, answer, "mailbox unavailable") })
	}
}

func TestF14_LinesThatEndInLFAlone(t *testing.T) {
	story(t, func(r *rig) {
		r.lineEnd = "\n"
		id := r.send(ana, bob)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent sent", tries: 1, connections: 1, logins: 1, transactions: 1})
	})
}

func TestF15_NUL(t *testing.T) {
	spelled(t, "550 5.1.1 a\x00b", "a\ufffdb")
}

// An answer that nobody asked for is seen before anything is said behind it: no
// answer is ever taken for that to another command.
func TestF16_AnAnswerThatNobodyAskedFor(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"AUTH", "", 1, "235 2.7.0 welcome\n250 2.0.0 surprise"})
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, connections: 1, words: []string{"an answer that nobody asked for", "surprise"}})
		if r.count("MAIL") != 0 {
			r.Error("the transaction began")
		}
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2, connections: 2, transactions: 1})
	})
}

// The second message goes over another connection, where each answer is to what
// was asked: one recipient is refused, and it is the right one.
func TestF16_AnAnswerThatNobodyAskedForBetweenTwoMessages(t *testing.T) {
	story(t, func(r *rig) {
		r.policies[0].Connections = 1
		r.answer = table(rule{".", "", 1, "250 2.0.0 ok\n250 2.1.0 surprise"}, rule{"RCPT", cyd, 0, "550 5.1.1 unknown"})
		first, second := r.send(ana), r.send(bob, cyd)
		r.settle(time.Hour)
		r.want(first, want{state: "sent", recipients: "sent", tries: 1})
		r.want(second, want{state: "partial", recipients: "sent failed", tries: 1, connections: 2, transactions: 2, words: []string{"unknown"}})
	})
}

package smtp

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"sendoff/accounts"
)

// refusesAll is a dialogue in which each of so many recipients is refused in
// words that answer makes.
func refusesAll(count int, answer func(i int) string) (dialogue string, to []string) {
	var b strings.Builder
	b.WriteString(pipelined + "C: MAIL *\n" + strings.Repeat("C: RCPT *\n", count) + "C: DATA\nS: 250 ok\n")
	for i := range count {
		b.WriteString("S: " + answer(i) + "\n")
		to = append(to, fmt.Sprintf("u%d@example.org", i))
	}
	return b.String() + "S: 554 no\n", to
}

func TestKept_BoundsTheWordsOfManyRefusals(t *testing.T) {
	const count = 1000
	long := strings.Repeat("x", 3000)
	dialogue, to := refusesAll(count, func(i int) string { return fmt.Sprintf("550 5.1.1 <u%d@example.org> %s", i, long) })
	r := newRig(t, dialogue, nil)
	report := r.deliver(t, delivery(hello, to...))
	total := 0
	for i, result := range report.Results {
		total += len(result.Text)
		if result.Class.String() != "recipient" || result.Enhanced != "5.1.1" || !strings.HasPrefix(result.Text, fmt.Sprintf("<u%d@example.org> x", i)) {
			t.Fatalf("%d: %+v", i, result)
		}
	}
	if most := maxKeptWhole + maxReplyText + count*(keptShort+len("…")); total > most {
		t.Errorf("%d bytes for %d recipients, at most %d", total, count, most)
	}
	if first := len(report.Results[0].Text); first < maxReplyText {
		t.Errorf("the first has %d bytes", first)
	}
	r.finish()
}

func TestKept_EqualWordsAreOneText(t *testing.T) {
	dialogue, to := refusesAll(3, func(int) string { return "550 5.7.1 no mail for anybody today" })
	r := newRig(t, dialogue, nil)
	results := r.deliver(t, delivery(hello, to...)).Results
	if a, b := results[0].Text, results[2].Text; a != b || unsafe.StringData(a) != unsafe.StringData(b) {
		t.Errorf("%q and %q", a, b)
	}
	r.finish()
}

func TestKept_EndsWithTheCodes(t *testing.T) {
	var k keptWords
	total := 0
	for i := range 100_000 {
		total += len(k.keep(fmt.Sprintf("%d %s", i, strings.Repeat("x", maxReplyText))))
	}
	if most := maxKeptShort + maxReplyText; total > most {
		t.Errorf("%d bytes, at most %d", total, most)
	}
	if got := k.keep("one more"); got != "" {
		t.Errorf("got %q", got)
	}
}

// What is cut off must not leave the beginning of a secret.
func TestKept_HidesBeforeItCuts(t *testing.T) {
	x := newTransaction(delivery(hello))
	x.words.bytes = maxKeptWhole
	x.dialogue.guard(echoOf(login{method: accounts.AuthPlain, username: "user", secret: password}))
	r := verdict(phaseFirstRcpt, reply{code: 550, text: strings.Repeat("x", keptShort-5) + " " + password})
	if got := x.kept(r).Text; strings.Contains(got, password[:4]) {
		t.Errorf("got %q", got)
	}
}

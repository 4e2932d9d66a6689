package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sendoff/outbox"
)

// Each cause is one line, however the server repeats the addresses.
func TestSayCauses_TellsEachOnce(t *testing.T) {
	refused := outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1"}
	c := new(causes)
	for i := range 5 {
		r := refused
		address := fmt.Sprintf("u%d@example.org", i)
		r.Text = "5.1.1 <" + address + ">: User unknown"
		c.add("work", outbox.Recipient{Address: address, State: outbox.RecipientFailed, Result: r})
	}
	c.add("work", outbox.Recipient{Address: "kim@example.com", State: outbox.RecipientFailed, Result: outbox.Result{Class: outbox.ClassMessage, Code: 552, Text: "too big…"}})
	c.add("work", outbox.Recipient{Address: "ana@example.org", State: outbox.RecipientWaiting})
	want := `sendoff: 5 recipients failed: 550 5.1.1 <…>: User unknown (u0@example.org, u1@example.org, u2@example.org and 2 more)
hint: check the spelling of the address
sendoff: kim@example.com failed: 552 too big…
hint: send large files in another way, for example as a link
sendoff: ana@example.org waiting: not tried yet
`
	if got := saidOf(c); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestSayCauses_EndsSomewhere(t *testing.T) {
	c := new(causes)
	for i := range 100 {
		c.add("work", outbox.Recipient{Address: "ana@example.org", State: outbox.RecipientFailed, Result: outbox.Result{Class: outbox.ClassRejected, Code: 550, Text: fmt.Sprint("no ", i)}})
	}
	got := saidOf(c)
	if strings.Count(got, "failed:") != mostCauses || strings.Count(got, "hint:") != 1 || !strings.Contains(got, fmt.Sprintf("and %d more recipients", 100-mostCauses)) {
		t.Errorf("got\n%s", got)
	}
}

func saidOf(c *causes) string {
	var b bytes.Buffer
	p := &program{Streams: Streams{Err: &b}}
	p.sayCauses(c, func(one *cause) string { return one.explained().Hint })
	return b.String()
}

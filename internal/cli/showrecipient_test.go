package cli

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

// While a message is being sent show tells of each recipient what the server has said
// already, in the words of the interface, and not what an earlier try came to.
func TestShow_TellsHowEachRecipientStandsMeanwhile(t *testing.T) {
	earlier := outbox.Result{Class: outbox.ClassTemporary, Code: 451, Text: "earlier"}
	item := outbox.Item{Account: "work", State: outbox.StateSending}
	for _, address := range []string{"ana@example.org", "bob@example.org", "cyd@example.org", "dan@example.org"} {
		item.Recipients = append(item.Recipients, outbox.Recipient{Address: address, State: outbox.RecipientSending, Result: earlier})
	}
	item.Recipients = append(item.Recipients, outbox.Recipient{Address: "eve@example.org", State: outbox.RecipientSent})
	live := outbox.Progress{Step: outbox.StepEnvelope, Recipients: []outbox.Known{
		{Address: "ana@example.org", Taken: true},
		{Address: "bob@example.org", Result: outbox.Result{Class: outbox.ClassRejected, Code: 550, Text: "no such mailbox"}},
		{Address: "cyd@example.org", Result: outbox.Result{Class: outbox.ClassTemporary, Code: 451, Text: "greylisted"}},
		{Address: "dan@example.org"},
	}}
	now := time.Now()
	for _, test := range []struct {
		show func(p *program, all []recipientSeen)
		want []string
	}{
		{func(p *program, all []recipientSeen) { p.showItem(nil, all) }, []string{
			"sending, accepted, waits for the message  ana@example.org\n\n", "sending, refused  bob@example.org\n", "550 no such mailbox",
			"sending, put off  cyd@example.org\n", "451 greylisted", "sending, not named to the server yet  dan@example.org\n\nsent  eve@example.org\n",
		}},
		{func(p *program, all []recipientSeen) { p.showItemPlain(nil, all) }, []string{
			"Recipient: ana@example.org\nState: sending, accepted, waits for the message\n\n", "Recipient: bob@example.org\nState: sending, refused\nWhat happened: ",
			"Server said: 550 no such mailbox",
		}},
	} {
		var out strings.Builder
		test.show(&program{Streams: Streams{Out: &out}}, recipientsSeen(item, live, now))
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, out.String())
			}
		}
		if strings.Contains(out.String(), "earlier") {
			t.Errorf("the earlier try is told:\n%s", out.String())
		}
	}
}

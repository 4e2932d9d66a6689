package cli

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

// Nothing is on the wire where nobody sends: a sender that was killed has left it.
func TestPrintStatus_SaysWhatASenderThatIsGoneHasLeft(t *testing.T) {
	for sender, want := range map[outbox.SenderState]string{
		outbox.SenderMoves: "  37 on the wire\n",
		outbox.SenderStill: "  37 on the wire of a sender that stands still\n",
		outbox.SenderGone:  "  37 left by a sender that is gone; the next one takes them over\n",
	} {
		var out strings.Builder
		j := campaignJSON{Name: "news", State: "running", Counts: countsJSON{Rows: 40, Sending: 37, Skipped: 2}, sender: sender}
		if err := printStatus(&out, j, time.Now()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || !strings.HasPrefix(out.String(), "news: running, 0 of 38 sent\n") {
			t.Errorf("%s, want %s", out.String(), want)
		}
	}
}

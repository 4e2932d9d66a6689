package ui

import (
	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// sends tells that this process or another sends. Beside a sender that stands still nobody
// can.
func (d *desk) sends() bool {
	s := d.status.sender.State
	return s == outbox.SenderMoves || s == outbox.SenderGone && d.options.Sending
}

// stands tells that there is a sender, which does nothing.
func (d *desk) stands() bool { return d.status.sender.State == outbox.SenderStill }

// nothingSends says why nothing leaves, and what helps. It is for where nothing sends.
func (d *desk) nothingSends() string {
	if d.stands() {
		return sentence(d.status.sender.Words()) + " " + sentence(d.status.sender.Hint())
	}
	return "Nothing is sending: start `sendoff daemon`, or `sendoff flush` once."
}

// stillLine is what nothingSends says of a sender that stands still, in as many words as fit
// into a line.
func (d *desk) stillLine(width int) string {
	s := d.status.sender
	const mend = "fg in its terminal lets it go on."
	lines := []string{
		sentence(s.Words() + ": " + mend),
		sentence(s.Unsent() + ": " + mend),
		sentence(s.Unsent() + ": fg lets it go on"),
		sentence(s.Unsent()),
		"The sender stands still: fg helps.",
		"The sender stands still.",
	}
	for _, line := range lines {
		if ansi.StringWidth(line) <= width {
			return line
		}
	}
	return lines[len(lines)-1]
}

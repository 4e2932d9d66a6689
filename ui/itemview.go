package ui

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/compose"
	"sendoff/outbox"
)

// mostRecipients bounds what is drawn at every key. Those that want attention
// come first.
const mostRecipients = 200

// itemHead is the lines above the text that scrolls: subject, sender, a blank.
const itemHead = 3

func (p *itemPane) textHeight() int { return max(p.paneHeight()-itemHead, 1) }

func (p *itemPane) view(width, height int) ([]string, *tea.Cursor) {
	p.text.lines = p.lines(width - 2)
	room := max(height-itemHead, 1)
	head := []string{p.headline(width), " " + p.origin(width-2), right(p.styles.dim.Render(p.text.more(room)), width-1)}
	if height <= itemHead {
		return head, nil
	}
	lines := head
	for _, line := range p.text.view(room) {
		lines = append(lines, " "+line)
	}
	return lines, nil
}

func (p *itemPane) headline(width int) string {
	l := p.look(&p.item)
	state := l.String()
	if all := len(p.item.Recipients); all > 1 {
		state += fmt.Sprintf("  %d of %d", p.having(), all)
	}
	return " " + between(p.styles.bold.Render(subject(p.item)), p.styles.of(l.tone).Render(state), width-2)
}

// having is how many recipients have the message.
func (p *itemPane) having() (n int) {
	for _, r := range p.item.Recipients {
		if r.State == outbox.RecipientSent || r.State == outbox.RecipientConfirmed || r.State == outbox.RecipientDelayed {
			n++
		}
	}
	return n
}

func (p *itemPane) origin(width int) string {
	i := p.item
	from := i.From
	if a, err := compose.ParseOne(from); err == nil { // it may be written for a header
		from = a.String()
	}
	text := fmt.Sprintf("from %s (%s) · queued %s · %s", clean(from), clean(i.Account), clock(i.Created, p.now), size(i.Size))
	return p.styles.dim.Render(cut(text, width))
}

// lines is the text: it answers before it goes into detail.
func (p *itemPane) lines(width int) []string {
	if width <= 0 {
		return nil
	}
	if !p.loaded {
		return []string{p.styles.dim.Render(cut("reading…", width))}
	}
	var lines []string
	if next := p.next(); next != "" {
		for _, line := range wrap(next, width) {
			lines = append(lines, p.styles.plain.Render(line))
		}
		if bar := p.uploadBar(p.item.ID, min(width, widestBar)); bar != "" {
			lines = append(lines, bar)
		}
		lines = append(lines, "")
	}
	recipients, known := p.ordered(), p.live.Known()
	for _, r := range recipients[:min(len(recipients), mostRecipients)] {
		if k, ok := known[r.Address]; ok && r.State == outbox.RecipientSending {
			lines = append(lines, p.recipientSending(r, k, width)...)
		} else {
			lines = append(lines, p.recipient(r, width)...)
		}
	}
	if more := len(recipients) - mostRecipients; more > 0 {
		text := fmt.Sprintf("and %s more; `sendoff show %s` lists all", number(more), p.item.ID)
		lines = append(lines, p.styles.dim.Render(cut(text, width)))
	}
	lines = append(lines, "", p.heading("attempts", width))
	if len(p.attempts) == 0 {
		lines = append(lines, p.styles.dim.Render(cut("none yet", width)))
	}
	for _, a := range slices.Backward(p.attempts) {
		lines = append(lines, p.attempt(a, width)...)
	}
	return append(append(lines, "", p.heading("envelope", width)), p.envelope(width)...)
}

func (d *desk) heading(text string, width int) string {
	text = "── " + text + " "
	return d.styles.dim.Render(cut(text+repeat("─", width-ansi.StringWidth(text)), width))
}

// ordered puts those who want attention first, and keeps the order otherwise.
func (p *itemPane) ordered() []outbox.Recipient {
	all := slices.Clone(p.item.Recipients)
	known := p.live.Known()
	of := func(r outbox.Recipient) int { return urgency(standingOf(r, known).tone) }
	slices.SortStableFunc(all, func(a, b outbox.Recipient) int { return of(a) - of(b) })
	return all
}

func urgency(t tone) int {
	switch t {
	case toneBad:
		return 0
	case toneAccent:
		return 1
	case toneWait:
		return 2
	}
	return 3
}

// recipient is one recipient's truth: the state, then plain words, then those
// of the server.
func (p *itemPane) recipient(r outbox.Recipient, width int) []string {
	l := recipientLooks[r.State]
	word, unsent := l.word, p.item.Unsent(r)
	if unsent != "" {
		l, word = stateLooks[p.item.State], unsent
	} else if r.State == outbox.RecipientWaiting && !r.NextAttempt.IsZero() && r.Attempts > 0 {
		word += fmt.Sprintf(" · %s · next %s", tries(r.Attempts), ahead(r.NextAttempt, p.now))
	}
	if l.tone == toneGood {
		word += " · " + clock(r.At, p.now)
	}
	lines := []string{p.recipientLine(r, l, word, width)}
	if l.tone != toneGood && r.State != outbox.RecipientSending { // an earlier try's words stand among the attempts
		if words := clean(plainWords(p.item.Explain(r))); words != "" {
			lines = append(lines, indented(words, width, p.styles.plain)...)
		}
		for _, words := range []string{reply(r.Result), sought(r.Result, p.now)} {
			if words != "" {
				lines = append(lines, indented(words, width, p.styles.dim)...)
			}
		}
	}
	return lines
}

func (p *itemPane) recipientLine(r outbox.Recipient, l look, word string, width int) string {
	address := p.styles.of(l.tone).Render(l.glyph+" ") + p.styles.plain.Render(clean(r.Address))
	return between(address, p.styles.of(l.tone).Render(cut(word, max(width*2/3, 12))), width)
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return number(n) + " tries"
}

// indented wraps clean text under a recipient or an attempt.
func indented(text string, width int, style lipgloss.Style) (lines []string) {
	for _, line := range wrap(text, max(width-2, 1)) {
		lines = append(lines, "  "+style.Render(line))
	}
	return lines
}

// attempt is one try, and what came of it.
func (p *itemPane) attempt(a outbox.Attempt, width int) []string {
	lines := []string{p.attemptLine(a, width)}
	for _, same := range alike(a.Results) {
		text := addresses(same) + ": " + reply(same[0].Result)
		style := p.styles.dim
		if same[0].Class != outbox.ClassAccepted {
			style = p.styles.plain
		}
		lines = append(lines, indented(text, width, style)...)
	}
	return lines
}

// attemptLine is when there was a try, through which server, and how long it took.
func (d *desk) attemptLine(a outbox.Attempt, width int) string {
	where := clean(a.Account)
	if server := d.serverOf(a); server != "" {
		where += " → " + clean(server)
	}
	line := clock(a.Started, d.now) + "  " + where + "  " + clean(a.Line())
	took := "under way"
	if !a.Finished.IsZero() {
		took = fmt.Sprintf("%.1f s", a.Finished.Sub(a.Started).Seconds())
	}
	return between(line, d.styles.dim.Render(took), width)
}

// serverOf is the server of an attempt. Of one under way it is not on record yet: there it is
// the one that its account has now.
func (d *desk) serverOf(a outbox.Attempt) string {
	if account, ok := d.account(a.Account); ok && a.Server == "" && a.Finished.IsZero() && account.SMTP.Host != "" {
		return net.JoinHostPort(account.SMTP.Host, strconv.Itoa(account.SMTP.Port))
	}
	return a.Server
}

// alike groups results with the same answer, in the order of their first.
func alike(results []outbox.AttemptResult) (groups [][]outbox.AttemptResult) {
	at := make(map[outbox.Result]int)
	for _, r := range results {
		i, ok := at[r.Result]
		if !ok {
			i = len(groups)
			at[r.Result] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// addresses names a few and counts the rest.
func addresses(results []outbox.AttemptResult) string {
	const most = 3
	var names []string
	for _, r := range results[:min(len(results), most)] {
		names = append(names, clean(r.Address))
	}
	if more := len(results) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// unfiled tells that everybody has a message and the copy for Sent has failed.
func unfiled(i outbox.Item) bool {
	return i.State == outbox.StateSent && (i.Copy.State == outbox.CopyFailed || i.Copy.State == outbox.CopyWaiting && i.Copy.Text != "")
}

func (p *itemPane) envelope(width int) (lines []string) {
	for _, field := range []struct {
		name  string
		value []string
	}{
		{"to", p.item.To}, {"cc", p.item.Cc}, {"bcc", p.item.Bcc},
		{"message-id", []string{p.item.MessageID}}, {"id", []string{p.item.ID.String()}},
		{"sent copy", []string{p.item.Copy.Words(p.now)}}, {"meant for", []string{p.item.MeantFor}},
	} {
		text := clean(strings.Join(field.value, ", "))
		if text == "" {
			continue
		}
		const label = 12
		for n, line := range wrap(text, max(width-label, 1)) {
			name := ""
			if n == 0 {
				name = field.name
			}
			lines = append(lines, p.styles.dim.Render(cell(name, min(label, width)))+line)
		}
	}
	return lines
}

// next says what happens by itself, and when.
func (p *itemPane) next() string {
	i := p.item
	switch i.State {
	case outbox.StateScheduled:
		if inUndoWindow(i, p.now) {
			return fmt.Sprintf("It leaves in %s; %s takes it back.", seconds(i.NotBefore.Sub(p.now)), p.keyOf("outbox.undo"))
		}
		return "It leaves at " + clock(i.NotBefore, p.now) + p.keyed("; {outbox.send-now} sends it now.")
	case outbox.StateHeld:
		if i.Halted {
			return p.halted()
		}
		return p.keyed("It is held: nothing happens until {outbox.hold} releases it.")
	case outbox.StateCancelled:
		if redated(i) {
			return "It was sent anew with the date of that day" + p.became()
		}
		return p.keyed("It is cancelled: what was not sent stays here; {outbox.retry} sends it after all.")
	case outbox.StateSending:
		return p.sendingNow()
	case outbox.StateWaiting:
		return p.nextTry()
	case outbox.StateUncertain:
		return p.keyed("It is not sent again by itself, since it may have arrived: {outbox.retry} asks what to do.")
	case outbox.StateFailed, outbox.StateBounced, outbox.StatePartial:
		if i.Resent {
			return "A copy was sent" + p.became()
		}
		return p.keyed("Nothing happens by itself: {outbox.retry} tries those that failed again, {outbox.correct} sends them a copy at a corrected address.")
	case outbox.StateSent:
		if unfiled(i) {
			return "It is sent; only its copy is not in the Sent folder: " + clean(i.Copy.Text) + p.keyed(". {outbox.retry} tries that again.")
		}
	}
	return ""
}

// halted says why a letter waits that its campaign holds.
func (p *itemPane) halted() string {
	if p.campaign.State == outbox.CampaignPaused {
		return "Its campaign is paused; it goes when that goes on."
	}
	return "Its campaign sends nothing at this hour; it goes when that goes on."
}

// became says of the message that this one was sent again as when, to whom, and how it is.
func (p *itemPane) became() string {
	n := p.successor
	if n.ID == 0 {
		return "; that is not in the outbox any more."
	}
	const most = 60 // columns of who it is for
	return fmt.Sprintf(" to %s (%s): %s.%s", who(&n, most), clock(n.Created, p.now), p.stateNow(&n), p.keyed(" {message.successor} opens that one."))
}

func (p *itemPane) sendingNow() string {
	g, ok := p.progress[p.item.ID]
	stops := p.keyed(" {outbox.cancel} stops it.")
	switch {
	case p.stands() && p.tooLate(p.item):
		return "It was being sent, and the server may have it. " + p.nothingSends()
	case p.stands() && p.item.Stopping:
		return "It is being stopped. " + p.nothingSends()
	case p.stands():
		return "It was being sent. " + p.nothingSends()
	case p.item.Stopping && g.Step != outbox.StepDot:
		return "It is being stopped."
	case p.tooLate(p.item):
		return "It is being sent: " + clean(string(outbox.StepDot)) + ". It can no longer be stopped."
	case !ok: // as in the list
		return "It is next, behind another message on its connection." + stops
	case g.Step == outbox.StepBody && g.Total > 0:
		text := "Sending: " + share(g)
		if words := p.uploads[p.item.ID].words(g.Total); words != "" {
			text += " · " + words
		}
		return text + "." + stops
	}
	return "It is being sent: " + clean(string(g.Step)) + "." + stops
}

// share is how much of a message has gone out.
func share(g outbox.Progress) string {
	return fmt.Sprintf("%s of %s, %d %%", size(g.Done), size(g.Total), g.Done*100/g.Total)
}

func (p *itemPane) nextTry() string {
	park, parked := p.parked(p.item.Account)
	due := p.item.NextAttempt
	soon := due.IsZero() || due.Before(p.now.Add(time.Second))
	switch {
	case parked && !p.triedAgain(park):
		why := clean(park.Account) + " is parked: " + parkWords(park.Result) + "."
		if park.Until.IsZero() {
			return why + p.keyed(" It waits until the account changes; {outbox.retry} tries again now.")
		}
		return why + " Next try " + ahead(park.Until, p.now) + p.keyed("; {outbox.retry} tries now.")
	case parked && soon:
		return clean(park.Account) + " was parked: " + parkWords(park.Result) +
			". It is being tried again with another message, and this one waits for how that goes."
	}
	if !p.sends() {
		return p.nothingSends()
	}
	if q, ok := p.full(p.item.Account); ok {
		return clean(p.item.Account) + " has reached its limit: " + quotaWords(q) + ". It goes on " + onward(q.From, p.now) + "."
	}
	if soon {
		return "It is next to be sent."
	}
	again := fmt.Sprintf("It is tried again at %s (%s).", clock(due, p.now), ahead(due, p.now))
	if p.item.Late(p.now) {
		return "It is late: nobody has refused it, and it goes on being tried for days. " + again
	}
	return again
}

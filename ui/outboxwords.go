package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// emptyLines stand where rows would.
func (p *outboxPane) emptyLines(width, height int) []string {
	var text []string
	switch {
	case !p.loaded:
		return nil
	case p.filter.search() != "":
		text = p.notFound()
	case p.begins():
		return textsOf(p.firstRun(listBegin(), width, height))
	default:
		text = []string{emptySection[p.section]}
		begins := p.options.Campaigns != nil
		switch {
		case p.section == sectionOutbox && begins:
			text = append(text, "", p.keyed("{list.compose} writes a message."), p.keyed("{list.new-campaign} begins a campaign: a letter for each row of a list."))
		case p.section == sectionOutbox:
			text = append(text, "", p.keyed("{list.compose} writes a message."))
		case p.section == sectionCampaigns && begins:
			text = append(text, "", p.keyed(anotherCampaign))
		}
	}
	lines := []string{""}
	for _, part := range text {
		for _, line := range wrap(part, max(width-3, 1)) {
			lines = append(lines, "  "+p.styles.dim.Render(line))
		}
	}
	return lines[:min(len(lines), max(height, 0))]
}

// attention is what needs the person, the most urgent first.
func (p *outboxPane) attention(width int) (lines []string) {
	if p.status.counts == nil {
		return nil
	}
	lines = append(lines, p.wrongLines(width)...)
	open := sectionOutbox.count(p.status) + sectionScheduled.count(p.status)
	switch {
	case p.stands():
		lines = append(lines, " "+p.styles.wait.Render(p.stillLine(width)))
	case !p.sends() && len(p.accounts) > 0:
		text := p.nothingSends()
		if open > 0 {
			text = fmt.Sprintf("Nothing is sending, and %s. Start `sendoff daemon`, or `sendoff flush` once.", waits(open))
		}
		lines = append(lines, " "+p.styles.wait.Render(cut(text, width)))
	}
	for _, park := range p.status.parks {
		line := p.parkLine(park)
		if ansi.StringWidth(line) > width {
			line = p.parkedInShort(park, width)
		}
		lines = append(lines, " "+p.styles.wait.Render(cut(line, width)))
	}
	for _, q := range p.status.full {
		if _, parked := p.parked(q.Account); !parked {
			lines = append(lines, " "+p.styles.wait.Render(cut(p.quotaLine(q), width)))
		}
	}
	if p.options.Notice != "" {
		lines = append(lines, " "+p.styles.dim.Render(cut(firstThat(clean(p.keyed(p.options.Notice)), width), width)))
	}
	return lines
}

// firstThat is a text, or its first sentence where there is no room for all.
func firstThat(text string, width int) string {
	if first, _, more := strings.Cut(text, ". "); more && ansi.StringWidth(text) > width {
		return first + "."
	}
	return text
}

func waits(n int) string {
	if n == 1 {
		return "1 message waits"
	}
	return number(n) + " messages wait"
}

// parkLine says why an account stopped and when it goes on.
func (p *outboxPane) parkLine(park outbox.Park) string {
	tried := p.triedAgain(park)
	line := clean(park.Account) + " is parked: " + parkWords(park.Result)
	if tried {
		line = clean(park.Account) + " was parked: " + parkWords(park.Result)
	}
	if park.Code != 0 {
		line += fmt.Sprintf(" (%d)", park.Code)
	}
	if tried {
		return line + p.keyed(". It is being tried again; {list.accounts} tells more.")
	}
	if park.Until.IsZero() {
		return line + p.keyed(". Its messages wait: {list.accounts} tells more.")
	}
	return line + ". It goes on " + onward(park.Until, p.now) + p.keyed("; {list.accounts} tells more.")
}

// parkedInShort says the same in few words, where there is no room for all.
func (p *outboxPane) parkedInShort(park outbox.Park, width int) string {
	line := ": " + parkWords(park.Result)
	switch {
	case p.triedAgain(park):
		line += ", being tried again"
	case !park.Until.IsZero():
		line += ", on " + onward(park.Until, p.now)
	}
	line += p.keyed("; {list.accounts} tells more")
	return cut(clean(park.Account), max(width-ansi.StringWidth(line), leastName)) + line
}

// quotaLine says which limit an account waits for and when it goes on.
func (p *outboxPane) quotaLine(q outbox.Quota) string {
	line := clean(q.Account) + " has reached its limit: " + quotaWords(q)
	if q.From.IsZero() {
		return line + "."
	}
	return line + ". It goes on " + onward(q.From, p.now) + "."
}

// onward is ahead in a sentence.
func onward(t, now time.Time) string {
	text := ahead(t, now)
	if text == "now" || strings.HasPrefix(text, "in ") {
		return text
	}
	return "at " + text
}

package ui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// manyCampaigns are as many as are ever counted here.
var manyCampaigns = make([]outbox.Campaign, 100_000)

// counts has each section hold some.
func (p *outboxPane) counts(of func(section) int) {
	p.status.counts = map[outbox.State]int{
		outbox.StateDraft: of(sectionDrafts), outbox.StateWaiting: of(sectionOutbox), outbox.StateScheduled: of(sectionScheduled),
		outbox.StateFailed: of(sectionFailed), outbox.StateSent: of(sectionSent),
	}
	p.status.campaigns = manyCampaigns[:of(sectionCampaigns)]
}

// namesAt are the columns that the names in the line of sections begin at, as they are drawn.
func (p *outboxPane) namesAt(width int) map[section]int {
	line := ansi.Strip(p.sectionsLine(width))
	at := make(map[section]int)
	for s, name := range sectionNames {
		if before, _, ok := strings.Cut(line, name); ok {
			at[section(s)] = ansi.StringWidth(before)
		}
	}
	return at
}

// Nothing that is counted moves a name: neither how many there are, nor that there are none.
func TestSections_StandStillWhateverIsCounted(t *testing.T) {
	counts := []int{0, 1, 9, 10, 999, 1000, 100_000}
	random := rand.New(rand.NewPCG(1, 2)) // the same at every run
	mixed := 4                            // of a width and an open section
	if *long {
		mixed = 200
	}
	for width := 20; width <= 130; width++ {
		for open := range sections {
			p := newOutboxPane(newDesk(t.Context(), Options{}))
			p.width, p.section = width, open
			p.counts(func(section) int { return 1 })
			want := p.namesAt(width)
			if _, ok := want[open]; !ok {
				t.Fatalf("%d columns: %s is open, and not in %q", width, sectionNames[open], p.sectionsLine(width))
			}
			for range mixed {
				p.counts(func(section) int { return counts[random.IntN(len(counts))] })
				p.standStill(t, want, width)
			}
			for _, n := range counts {
				p.counts(func(section) int { return n })
				p.standStill(t, want, width)
			}
		}
	}
}

func (p *outboxPane) standStill(t *testing.T, want map[section]int, width int) {
	t.Helper()
	line := ansi.Strip(p.sectionsLine(width))
	if ansi.StringWidth(line) > width {
		t.Fatalf("%d columns: %q", width, line)
	}
	got := p.namesAt(width)
	for s, at := range want {
		if column, ok := got[s]; p.there(s) && (!ok || column != at) {
			t.Fatalf("%d columns: %s stood at %d, and now %d: %q", width, sectionNames[s], at, column, line)
		}
		if n := s.count(p.status); n > 0 && p.there(s) && !strings.Contains(line, fmt.Sprintf("%s %s", sectionNames[s], p.tabOf(s, width).countIn(n))) {
			t.Fatalf("%d columns: %d in %s is not in %q", width, n, sectionNames[s], line)
		}
	}
}

func (p *outboxPane) tabOf(s section, width int) tab {
	for _, t := range p.tabs(width) {
		if t.section == s {
			return t
		}
	}
	return tab{}
}

// From 77 columns on it does not matter either which one is open.
func TestSections_StandWhereTheyStandWhicheverIsOpen(t *testing.T) {
	for width := 77; width <= 130; width++ {
		for open := range sections {
			for n, got := range tabs(width, open) {
				if want := tabs(width, sectionOutbox)[n]; got != want {
					t.Fatalf("%d columns, %s open: %+v, want %+v", width, sectionNames[open], got, want)
				}
			}
		}
	}
}

func TestSections_CountsAreWholeWhereTheyHaveRoom(t *testing.T) {
	for _, row := range []struct {
		width, n int
		want     string
	}{
		{120, 100_000, "5 Sent 100,000  6 Campaigns 1"},
		{120, 1_234_567, "5 Sent 1M     · 6 Campaigns 1"},
		{100, 1204, "5 Sent 1,204  · 6 Campaigns 1"},
		{100, 12_040, "5 Sent 12,040 · 6 Campaigns 1"},
		{92, 12_040, "5 Sent 12k · 6 Campaigns 1"},
		{80, 99, "⁵Sent 99 · ⁶Campaigns 1"},
		{80, 999, "⁵Sent 999  ⁶Campaigns 1"},
		{80, 1204, "⁵Sent 1k · ⁶Campaigns 1"},
		{80, 12_040, "⁵Sent 12k  ⁶Campaigns 1"},
		{80, 120_400, "⁵Sent 120k ⁶Campaigns 1"},
		{80, 0, "⁵Sent    · ⁶Campaigns 1"},
		{77, 120_400, "Sent 120k Campaigns 1"},
	} {
		p := newOutboxPane(newDesk(t.Context(), Options{}))
		p.width = row.width
		p.counts(func(s section) int {
			if s == sectionSent {
				return row.n
			}
			return 1
		})
		if line := ansi.Strip(p.sectionsLine(row.width)); !strings.Contains(line, row.want) {
			t.Errorf("%d columns, %d sent: %q is not in %q", row.width, row.n, row.want, line)
		}
	}
}

// At the commonest width each has its key, and room for the count of any that is not
// beyond what is ever counted there.
func TestSections_HaveKeysAndCountsAt80Columns(t *testing.T) {
	p := newOutboxPane(newDesk(t.Context(), Options{}))
	p.width = 80
	for n, want := range map[int]string{
		1:   " ¹Drafts 1 · ²Outbox 1  · ³Scheduled 1 · ⁴Failed 1  · ⁵Sent 1  · ⁶Campaigns 1",
		24:  " ¹Drafts 24  ²Outbox 24 · ³Scheduled 24  ⁴Failed 24 · ⁵Sent 24 · ⁶Campaigns 24",
		999: " ¹Drafts 999 ²Outbox 999  ³Scheduled 999 ⁴Failed 999  ⁵Sent 999  ⁶Campaigns 999",
	} {
		p.counts(func(section) int { return n })
		if line := ansi.Strip(p.sectionsLine(80)); line != want {
			t.Errorf("%q, want %q", line, want)
		}
	}
}

// Where not all have room, what is not seen is told, and a click leads to it.
func TestSections_ThoseBesideThatAreSeenAreAClickAway(t *testing.T) {
	tell(t, 40, 12, func(o *Options) { o.Mouse = true }, everyState, func(s *story) {
		click := func(text string) {
			s.t.Helper()
			line := strings.Split(s.Screen(), "\n")[sectionLine]
			before, _, ok := strings.Cut(line, text)
			if !ok {
				s.t.Fatalf("%q is not in %q", text, line)
			}
			s.Send(tea.MouseClickMsg{X: ansi.StringWidth(before), Y: sectionLine, Button: tea.MouseLeft})
		}
		s.See(" Drafts 2  · Outbox 4  · Scheduled 1  ✗›")
		click("✗")
		s.See("‹Failed 3  · Sent 1")
		s.SeeNot("✗›", "Outbox")
		click("‹")
		s.See("Plan for the", "Scheduled 1  ✗›")
		click("›")
		s.See("Invoice", "‹Failed 3")
		s.Resize(52, 12)
		s.Keys("1")
		s.See(" 1 Drafts 2   · 2 Outbox 4 ", "✗›")
		s.Resize(24, 12)
		s.See(" 1 Drafts 2  ")
	})
}

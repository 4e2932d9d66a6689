package ui

import (
	"context"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// act does what a key asks of the campaign.
func (p *campaignPane) act(msg tea.KeyPressMsg, k campaignKeys) tea.Cmd {
	b, id := p.options.Outbox, p.campaign.ID
	switch {
	case key.Matches(msg, k.Pause):
		return p.change("It is paused; what is on the wire is finished.", func(ctx context.Context) error {
			return b.PauseCampaign(ctx, id, "paused by hand")
		})
	case key.Matches(msg, k.Resume):
		return p.change(p.goesOn(), func(ctx context.Context) error { return b.ResumeCampaign(ctx, id) })
	case key.Matches(msg, k.Cancel):
		p.askCancel()
	case key.Matches(msg, k.Delete):
		p.askDeleteCampaign(p.campaign, func() { p.close(p) })
	case key.Matches(msg, k.Export):
		return p.openResults()
	case key.Matches(msg, k.Retry):
		p.askRetry()
	case key.Matches(msg, k.Settle):
		p.askSettle()
	}
	return nil
}

// goesOn is what is said of a campaign that was resumed.
func (p *campaignPane) goesOn() string {
	if p.sends() {
		return "It goes on."
	}
	return "It goes on as soon as something sends."
}

// change does something to the campaign, says that, and reads what came of it.
func (p *campaignPane) change(say string, do func(context.Context) error) tea.Cmd {
	return p.changeSome(func(int) string { return say }, func(ctx context.Context) (int, error) { return 0, do(ctx) })
}

// changeSome is change of a number of letters.
func (p *campaignPane) changeSome(say func(int) string, do func(context.Context) (int, error)) tea.Cmd {
	return p.do(func(ctx context.Context) tea.Msg {
		n, err := do(ctx)
		return ended{func() tea.Cmd {
			if err != nil {
				return tea.Batch(p.fail(err), p.load())
			}
			return tea.Batch(p.say(say(n)), p.load())
		}}
	})
}

func (p *campaignPane) askCancel() {
	b, id := p.options.Outbox, p.campaign.ID
	text := func(c outbox.Campaign) string {
		if isOver(c) {
			return ""
		}
		return fmt.Sprintf("End %s for good? %s not be sent.", clean(c.Name), will(c.Counts.Open()))
	}
	p.ask(text(p.campaign), "let it be", yes("end it", func() tea.Cmd {
		return p.change("It is cancelled; what was sent stays sent.", func(ctx context.Context) error { return b.CancelCampaign(ctx, id) })
	}))
	p.whileCampaign(id, text)
}

// isOver tells that a campaign can be deleted.
func isOver(c outbox.Campaign) bool {
	return (c.State == outbox.CampaignDone || c.State == outbox.CampaignCancelled) && c.Counts.Sending == 0
}

// askDeleteCampaign asks, since nothing brings it back. leave leaves its pane.
func (d *desk) askDeleteCampaign(c outbox.Campaign, leave func()) {
	text := fmt.Sprintf("Delete %s for good, and what is known of its %s?", clean(c.Name), count(c.Counts.Rows, "row"))
	if texts := trouble(c.Counts); len(texts) > 0 {
		text = fmt.Sprintf("Delete %s for good? %s.", clean(c.Name), strings.Join(texts, ", "))
	}
	b, id := d.options.Outbox, c.ID
	d.ask(text, "keep", yes("delete", func() tea.Cmd {
		leave()
		return d.do(func(ctx context.Context) tea.Msg {
			err := b.DeleteCampaign(ctx, id)
			return ended{func() tea.Cmd {
				if err != nil {
					return d.fail(err)
				}
				return d.say("Deleted. Who has unsubscribed or is suppressed stays so.")
			}}
		})
	}))
}

func will(n int) string { return count(n, "letter") + " will" }

func (p *campaignPane) askRetry() {
	b, id := p.options.Outbox, p.campaign.ID
	text := func(c outbox.Campaign) string {
		if c.Counts.Failed == 0 {
			return ""
		}
		return fmt.Sprintf("Send %s again that failed?", count(c.Counts.Failed, "letter"))
	}
	p.ask(text(p.campaign), "leave them", yes("send again", func() tea.Cmd {
		return p.sendAgain(func(ctx context.Context, anyAge bool) (outbox.Again, error) {
			return b.RetryCampaign(ctx, id, outbox.FailedRows{AnyAge: anyAge})
		})
	}))
	p.whileCampaign(id, text)
}

// sendAgain sends letters again, and asks about those that are old.
func (p *campaignPane) sendAgain(do func(ctx context.Context, anyAge bool) (outbox.Again, error)) tea.Cmd {
	return p.do(func(ctx context.Context) tea.Msg {
		done, err := do(ctx, false)
		return ended{func() tea.Cmd {
			if err != nil {
				return tea.Batch(p.fail(err), p.load())
			}
			if done.Old > 0 && (p.top() != pane(p) || p.question != nil) { // nobody is asked while he does something else
				return tea.Batch(p.say(are(done.Old)+p.keyed(" over four days old, and left: {campaign.retry} asks about them")), p.load())
			}
			if done.Old > 0 {
				p.ask(are(done.Old)+" over four days old: send with the old date?", "leave them",
					yes("send again", func() tea.Cmd {
						return p.changeSome(p.resent, func(ctx context.Context) (int, error) {
							old, err := do(ctx, true)
							return done.Letters + old.Letters, err
						})
					}))
				if done.Letters+done.Suppressed == 0 {
					return p.load()
				}
			}
			return tea.Batch(p.say(p.goAgain(done)), p.load())
		}}
	})
}

// askSettle asks what to do about the letters that may have arrived, or not. No
// answer has the key that asks: pressed twice it must settle nothing.
func (p *campaignPane) askSettle() {
	b, id := p.options.Outbox, p.campaign.ID
	text := func(c outbox.Campaign) string {
		if c.Counts.Uncertain == 0 {
			return ""
		}
		return number(c.Counts.Uncertain) + " may have arrived, or not."
	}
	var answers []answer
	if p.campaign.State != outbox.CampaignCancelled {
		answers = append(answers, yes("send again", func() tea.Cmd {
			return p.sendAgain(func(ctx context.Context, anyAge bool) (outbox.Again, error) {
				return b.ResendUncertain(ctx, id, outbox.UncertainRows{AnyAge: anyAge})
			})
		}))
	}
	p.ask(text(p.campaign), "leave them", append(answers,
		answer{"they arrived", "question.all-arrived", func() tea.Cmd {
			return p.changeSome(func(n int) string { return count(n, "letter") + " settled as sent." },
				func(ctx context.Context) (int, error) { return b.MarkUncertainSent(ctx, id) })
		}},
		answer{"they did not", "question.none-arrived", func() tea.Cmd {
			return p.changeSome(func(n int) string { return count(n, "letter") + " settled as failed." },
				func(ctx context.Context) (int, error) { return b.MarkUncertainFailed(ctx, id) })
		}})...)
	p.whileCampaign(id, text)
}

// goAgain says how many go out again, and of those whom nobody may write to how one does.
func (p *campaignPane) goAgain(done outbox.Again) string {
	left := number(done.Suppressed) + " left: suppressed (sendoff suppress remove ADDRESS)."
	switch {
	case done.Suppressed == 0:
		return p.resent(done.Letters)
	case done.Letters == 0:
		return "None goes out again. " + left
	}
	return p.resent(done.Letters) + " " + left
}

// resent is what is said of so many letters that go out again.
func (p *campaignPane) resent(n int) string {
	text := count(n, "letter") + " again"
	switch {
	case p.campaign.State == outbox.CampaignPaused:
		return text + " when the campaign goes on."
	case !p.sends():
		return text + " as soon as something sends."
	}
	return text + "."
}

package ui

import (
	"context"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// campaignActions are what can be done about a campaign as a whole, in its view and in the
// list of campaigns.
type campaignActions struct {
	*desk
	on       pane            // that the key was pressed on
	campaign outbox.Campaign // as it was then
	rows     outbox.RowQuery // those that are written out
	chosen   string          // what these are called
	read     func() tea.Cmd  // reads what came of it
}

// campaignActionKeys are the keys of that. Those that the state of a campaign does not take
// are disabled.
type campaignActionKeys struct{ Pause, Resume, Retry, Settle, Cancel, Export, Delete key.Binding }

func (d *desk) campaignActionKeys(c outbox.Campaign) campaignActionKeys {
	goes, paused := c.State == outbox.CampaignRunning, c.State == outbox.CampaignPaused
	settles := goes || paused || c.State == outbox.CampaignDone
	return campaignActionKeys{
		Pause:  when(goes, d.bound("pause", "campaign.pause")),
		Resume: when(paused, d.bound("go on", "campaign.pause")),
		Retry:  when(settles && c.Counts.Failed > 0, d.bound("retry failed", "campaign.retry")),
		Settle: when((settles || c.State == outbox.CampaignCancelled) && c.Counts.Uncertain > 0, d.bound("settle doubt", "campaign.settle")),
		Cancel: when(goes || paused, d.bound("cancel", "campaign.cancel")),
		Export: when(c.Counts.Rows > 0, d.bound("write out", "campaign.export")),
		Delete: when(isOver(c), d.bound("delete", "campaign.delete")),
	}
}

// changing are those that change the campaign and keep it.
func (k campaignActionKeys) changing() []key.Binding {
	return []key.Binding{k.Pause, k.Resume, k.Retry, k.Settle, k.Cancel}
}

func (k campaignActionKeys) all() []key.Binding { return append(k.changing(), k.Export, k.Delete) }

// act does what a key asks of the campaign.
func (a campaignActions) act(msg tea.KeyPressMsg, k campaignActionKeys) tea.Cmd {
	b, id := a.options.Outbox, a.campaign.ID
	switch {
	case key.Matches(msg, k.Pause):
		return a.change("It is paused; what is on the wire is finished.", func(ctx context.Context) error {
			return b.PauseCampaign(ctx, id, "paused by hand")
		})
	case key.Matches(msg, k.Resume):
		return a.change(a.goesOn(), func(ctx context.Context) error { return b.ResumeCampaign(ctx, id) })
	case key.Matches(msg, k.Cancel):
		a.askCancel()
	case key.Matches(msg, k.Delete):
		a.askDeleteCampaign(a.campaign, func() { a.close(a.on) })
	case key.Matches(msg, k.Export):
		return a.openResults()
	case key.Matches(msg, k.Retry):
		a.askRetry()
	case key.Matches(msg, k.Settle):
		a.askSettle()
	}
	return nil
}

// goesOn is what is said of a campaign that was resumed.
func (a campaignActions) goesOn() string {
	if a.sends() {
		return "It goes on."
	}
	return "It goes on as soon as something sends."
}

// change does something to the campaign, says that, and reads what came of it.
func (a campaignActions) change(say string, do func(context.Context) error) tea.Cmd {
	return a.changeSome(func(int) string { return say }, func(ctx context.Context) (int, error) { return 0, do(ctx) })
}

// changeSome is change of a number of letters.
func (a campaignActions) changeSome(say func(int) string, do func(context.Context) (int, error)) tea.Cmd {
	return a.do(func(ctx context.Context) tea.Msg {
		n, err := do(ctx)
		return ended{func() tea.Cmd {
			if err != nil {
				return tea.Batch(a.fail(err), a.read())
			}
			return tea.Batch(a.say(say(n)), a.read())
		}}
	})
}

func (a campaignActions) askCancel() {
	b, id := a.options.Outbox, a.campaign.ID
	text := func(c outbox.Campaign) string {
		if isOver(c) {
			return ""
		}
		return fmt.Sprintf("End %s for good? %s", clean(c.Name), ends(c.Counts))
	}
	a.ask(text(a.campaign), "let it be", yes("end it", func() tea.Cmd {
		return a.change("It is cancelled; what was sent stays sent.", func(ctx context.Context) error { return b.CancelCampaign(ctx, id) })
	}))
	a.whileCampaign(id, text)
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

// ends says what becomes of the letters of a campaign that is ended now.
func ends(n outbox.CampaignCounts) string {
	unsent := count(n.Ready+n.Waiting, "letter") + " will not be sent"
	switch {
	case n.Sending == 0:
		return unsent + "."
	case n.Ready+n.Waiting == 0:
		return "What is on the wire is finished."
	}
	return unsent + "; what is on the wire is finished."
}

func (a campaignActions) askRetry() {
	b, id := a.options.Outbox, a.campaign.ID
	text := func(c outbox.Campaign) string {
		if c.Counts.Failed == 0 {
			return ""
		}
		return fmt.Sprintf("Send %s again that failed?", count(c.Counts.Failed, "letter"))
	}
	a.ask(text(a.campaign), "leave them", yes("send again", func() tea.Cmd {
		return a.sendAgain(func(ctx context.Context, anyAge bool) (outbox.Again, error) {
			return b.RetryCampaign(ctx, id, outbox.FailedRows{AnyAge: anyAge})
		})
	}))
	a.whileCampaign(id, text)
}

// sendAgain sends letters again, and asks about those that are old.
func (a campaignActions) sendAgain(do func(ctx context.Context, anyAge bool) (outbox.Again, error)) tea.Cmd {
	return a.do(func(ctx context.Context) tea.Msg {
		done, err := do(ctx, false)
		return ended{func() tea.Cmd {
			if err != nil {
				return tea.Batch(a.fail(err), a.read())
			}
			if done.Old > 0 && (a.top() != a.on || a.question != nil) { // nobody is asked while he does something else
				return tea.Batch(a.say(are(done.Old)+a.keyed(" over four days old, and left: {campaign.retry} asks about them")), a.read())
			}
			if done.Old > 0 {
				a.ask(are(done.Old)+" over four days old: send with the old date?", "leave them",
					yes("send again", func() tea.Cmd {
						return a.changeSome(a.resent, func(ctx context.Context) (int, error) {
							old, err := do(ctx, true)
							return done.Letters + old.Letters, err
						})
					}))
				if done.Letters+done.Suppressed == 0 {
					return a.read()
				}
			}
			return tea.Batch(a.say(a.goAgain(done)), a.read())
		}}
	})
}

// askSettle asks what to do about the letters that may have arrived, or not. No
// answer has the key that asks: pressed twice it must settle nothing.
func (a campaignActions) askSettle() {
	b, id := a.options.Outbox, a.campaign.ID
	text := func(c outbox.Campaign) string {
		if c.Counts.Uncertain == 0 {
			return ""
		}
		return number(c.Counts.Uncertain) + " may have arrived, or not."
	}
	var answers []answer
	if a.campaign.State != outbox.CampaignCancelled {
		answers = append(answers, yes("send again", func() tea.Cmd {
			return a.sendAgain(func(ctx context.Context, anyAge bool) (outbox.Again, error) {
				return b.ResendUncertain(ctx, id, outbox.UncertainRows{AnyAge: anyAge})
			})
		}))
	}
	a.ask(text(a.campaign), "leave them", append(answers,
		answer{"they arrived", "question.all-arrived", func() tea.Cmd {
			return a.changeSome(func(n int) string { return count(n, "letter") + " settled as sent." },
				func(ctx context.Context) (int, error) { return b.MarkUncertainSent(ctx, id) })
		}},
		answer{"they did not", "question.none-arrived", func() tea.Cmd {
			return a.changeSome(func(n int) string { return count(n, "letter") + " settled as failed." },
				func(ctx context.Context) (int, error) { return b.MarkUncertainFailed(ctx, id) })
		}})...)
	a.whileCampaign(id, text)
}

// goAgain says how many go out again, and of those whom nobody may write to how one does.
func (a campaignActions) goAgain(done outbox.Again) string {
	left := number(done.Suppressed) + " left: suppressed (sendoff suppress remove ADDRESS)."
	switch {
	case done.Suppressed == 0:
		return a.resent(done.Letters)
	case done.Letters == 0:
		return "None goes out again. " + left
	}
	return a.resent(done.Letters) + " " + left
}

// resent is what is said of so many letters that go out again.
func (a campaignActions) resent(n int) string {
	text := count(n, "letter") + " again"
	switch {
	case a.campaign.State == outbox.CampaignPaused:
		return text + " when the campaign goes on."
	case !a.sends():
		return text + " as soon as something sends."
	}
	return text + "."
}

package ui

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/internal/campaign"
	"sendoff/outbox"
)

// Campaigns are what is needed to begin one.
type Campaigns struct {
	Book           func() (*accounts.Book, error) // the accounts as they are now; called from commands
	Usual          string                         // the account where nothing else says which; "": the default one
	UnsubscribeKey string                         // the file with the key that signs how letters are left
	Domains        func() *campaign.Domains       // tells of one campaign which domains take mail; nil: nobody can be asked
	Seed           uint64                         // of the letters that chance picks for a look; 0: other ones each time
}

// launch is a campaign before it is one: its files, a look at every letter, how it
// goes, and the start. Each step is a pane, so that esc goes back to the one before;
// nothing is stored before the last. What it decides stands in internal/campaign.
type launch struct {
	*desk
	files   campaign.Files
	rules   campaign.Rules
	through []string // the accounts that share the letters; none: as each letter says
	name    string   // "": one that is free
	timing  campaign.Timing
	domains *campaign.Domains // that were asked about; nil: none were
	chance  *rand.Rand        // picks letters to look at; nil: none was picked yet

	looked lookedAt // the last look that came to its end
	how    *howForm // as it was filled in; nil: not yet
}

// The steps as they are counted on the screen.
const (
	stepFiles = "1 of 4: files"
	stepLook  = "2 of 4: look"
	stepHow   = "3 of 4: how"
	stepStart = "4 of 4: start"
)

// beginCampaign asks for the files of a campaign.
func (d *desk) beginCampaign() tea.Cmd {
	p := newLaunchFilesPane(&launch{desk: d}, "", "")
	d.push(p)
	return p.list()
}

// lookRequest is all that a look at the letters goes by.
type lookRequest struct {
	files   campaign.Files
	rules   campaign.Rules
	through []string
	name    string // "": one that is free
}

func (l *launch) request() lookRequest { return lookRequest{l.files, l.rules, l.through, l.name} }

// same tells that another look would find the same, as far as that is ours to say.
func (r lookRequest) same(as lookRequest) bool {
	return r.files == as.files && r.rules == as.rules && slices.Equal(r.through, as.through)
}

// lookedAt is what a look has found, or why there was none.
type lookedAt struct {
	request lookRequest
	campaign.Look
	name    string // what the campaign is called, or would be
	setUp   bool   // there are accounts
	options []string
	err     error
}

// lookShare is the part of the list that is through.
type lookShare float64

// look is the work of a command. tell hears of every hundredth of the list.
func (r lookRequest) look(ctx context.Context, o Options, tell func(any)) lookedAt {
	found := lookedAt{request: r}
	found.err = func() (err error) {
		senders := campaign.Senders{Usual: o.Campaigns.Usual, Accounts: r.through}
		senders.Book, err = o.Campaigns.Book()
		if err != nil && !errors.Is(err, accounts.ErrNoAccounts) {
			return err
		}
		if found.setUp = senders.Book != nil; found.setUp {
			for _, a := range senders.Book.Accounts {
				found.options = append(found.options, a.Name)
			}
		}
		suppressed, err := campaign.Suppressions(ctx, o.Outbox)
		if err != nil {
			return err
		}
		c, err := campaign.Open(r.files)
		if err != nil {
			return err
		}
		if found.name = r.name; found.name == "" {
			if found.name, err = campaign.FreeName(ctx, o.Outbox, r.files.Template); err != nil {
				return err
			}
		}
		if err := campaign.SetTokens(c.Campaign, found.name, o.Campaigns.UnsubscribeKey); err != nil {
			return err
		}
		last := lookShare(0)
		found.Look, err = c.Look(ctx, senders, r.rules, suppressed, func(share float64) {
			if now := lookShare(share); now-last >= 0.01 {
				last = now
				tell(now)
			}
		})
		return err
	}()
	return found
}

// refused says why nothing can be started by a look; "" if it can.
func (k lookedAt) refused(d *desk) string {
	var encrypts campaign.EncryptsError
	err := k.Refusal()
	switch {
	case !k.setUp:
		return d.keyed("No account is set up to send them: {list.add-account} in the list adds one.")
	case errors.As(err, &encrypts):
		return sentence(clean(err.Error())) + " Take another account."
	case errors.Is(err, campaign.ErrNoLetters):
		return "No row gets a letter."
	case err != nil:
		return sentence(clean(err.Error()))
	}
	return ""
}

// lackWords say what letters lack that other messages by their accounts have.
func (k lookedAt) lackWords() (notes []string) {
	for _, u := range k.Lacks() {
		notes = append(notes, clean(u.String()))
	}
	return notes
}

// plan is what letters will take, in words.
type plan struct{ words, waits string }

// planOf is the plan from a time on.
func planOf(ctx context.Context, o Options, k campaign.Look, t campaign.Timing, policies []outbox.Policy, now time.Time) (plan, error) {
	p, err := k.Plan(ctx, o.Outbox, t, policies)
	if err != nil {
		return plan{}, err
	}
	out := plan{words: clean(p.Words(p.Forecast(now), now))}
	if wait, waits := p.Wait(now); waits {
		out.waits = clean(wait.Text)
	}
	return out, nil
}

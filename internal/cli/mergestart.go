package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose/merge"
	"sendoff/internal/campaign"
	"sendoff/internal/config"
	"sendoff/outbox"
	"sendoff/outbox/pace"
)

// mergeStartFlags are those of merge start.
type mergeStartFlags struct {
	mergeFlags
	accounts                     []string
	name, at, only, empty        string
	hold, skipInvalid, yes, json bool
	allowDuplicates, mx          bool
	canary                       int
	rule                         merge.EmptyRule
	hours                        pace.Hours
	notBefore                    time.Time
}

func (p *program) mergeStartCommand() *cobra.Command {
	var f mergeStartFlags
	cmd := &cobra.Command{
		Use:   "start TEMPLATE LIST",
		Short: "Send the letter of every row, once",
		Long: "Looks at everything as merge check does, and sends nothing while an error is left, unless --skip-invalid says to leave those rows out. It says how " +
			"many letters that are and when they will have gone, and asks. The template, the rows and all files are kept as they are now: what changes later changes no letter.\n\n" +
			"The letters leave when a sender runs, behind all that people wait for, and within the limits of the accounts; several share them by what each may send. An address " +
			"gets one letter, however often the program is stopped. It prints the name of the campaign.",
		Example: "sendoff merge start letter.md people.csv\nsendoff merge start letter.md people.csv -a work -a relay --at 'tomorrow 9:00' --only '09:00-17:00 mon-fri' --yes\n" +
			"sendoff merge start letter.md people.csv --canary 20",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.read(); err != nil {
				return err
			}
			return p.mergeStart(cmd.Context(), &f, args)
		},
	}
	f.listFlags(cmd)
	cmd.Flags().StringArrayVarP(&f.accounts, "account", "a", nil, "send through this account; repeated, through whichever may send most (default: as merge check says)")
	cmd.Flags().StringVar(&f.name, "name", "", "what the campaign is called (default: as the template)")
	cmd.Flags().StringVar(&f.at, "at", "", "not before: '15:04', 'tomorrow', 'tomorrow 8:00', '2026-12-24 18:00', '+2h', RFC 3339")
	cmd.Flags().StringVar(&f.only, "only", "", "only at these times, as '08:00-18:00 mon-fri'")
	cmd.Flags().BoolVar(&f.hold, "hold", false, "send nothing before sendoff merge resume")
	cmd.Flags().IntVar(&f.canary, "canary", 0, "send the first so many, then wait for sendoff merge resume")
	cmd.Flags().BoolVar(&f.skipInvalid, "skip-invalid", false, "leave out rows that are wrong, and send the others")
	cmd.Flags().StringVar(&f.empty, "empty", string(merge.EmptyError), "what an empty cell is where it would show: error, warn or ok")
	cmd.Flags().BoolVar(&f.allowDuplicates, "allow-duplicates", false, "an address gets a letter for each of its rows")
	mxFlag(cmd, &f.mx)
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the campaign as an object")
	return cmd
}

// read reads the flags that are more than words.
func (f *mergeStartFlags) read() (err error) {
	ok := false
	switch {
	case f.canary < 0:
		return hinted{usagef("--canary %d is less than nothing", f.canary), "without it nothing waits"}
	case f.name != "" && !campaign.IsName(f.name):
		return hinted{usagef("%q cannot be the name of a campaign", f.name), campaign.NameRule}
	}
	if f.rule, ok = merge.ParseEmptyRule(f.empty); !ok {
		return hinted{usagef("--empty %q is not a choice", f.empty), "it is one of error, warn and ok"}
	}
	if f.only != "" {
		if f.hours, err = pace.ParseHours(f.only); err != nil {
			return usageError{fmt.Errorf("--only: %w", err)}
		}
	}
	f.notBefore, err = parseWhen(f.at, time.Now())
	return err
}

// starting is a campaign that is being started.
type starting struct {
	*program
	f        *mergeStartFlags
	book     *accounts.Book
	b        *outbox.Outbox
	where    places
	settings config.Settings
	overlaps []campaign.Overlap // once it was looked for them
}

// startedJSON is what merge start --json prints: the campaign as merge status has it, and
// who had a letter of another one lately.
type startedJSON struct {
	campaignJSON
	Overlaps []overlapJSON `json:"overlaps"`
}

// overlapJSON is a campaign of the last 30 days that writes to some of the same people.
type overlapJSON struct {
	Campaign string     `json:"campaign"`
	State    string     `json:"state"`
	Begun    *time.Time `json:"begun"`  // null: nothing of it has left yet
	People   int        `json:"people"` // that have a letter of it, or get it yet
	Text     string     `json:"text"`   // that, for people
}

func toOverlapsJSON(all []campaign.Overlap) []overlapJSON {
	list := []overlapJSON{}
	for _, o := range all {
		c := o.Campaign
		list = append(list, overlapJSON{c.Name, c.State.String(), timeJSON(c.Begun), o.People, o.Text})
	}
	return list
}

func (p *program) mergeStart(ctx context.Context, f *mergeStartFlags, args []string) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	s := starting{program: p, f: f}
	if s.settings, err = loadSettings(where); err != nil {
		return err
	}
	if s.book, err = accounts.Load(where.accounts); err != nil {
		return err
	}
	for _, name := range f.accounts {
		if _, err := s.book.Find(name); err != nil {
			return err
		}
	}
	if !f.yes && p.dialogue() == nil {
		return hinted{usagef("merge start asks before it sends, and there is nobody to ask"), "--yes starts it without a question; --hold --yes starts it and sends nothing yet"}
	}
	return withOutboxFor(ctx, where, habits(s.settings), func(b *outbox.Outbox, where places) error {
		s.b, s.where = b, where
		return p.withCampaign(ctx, &f.mergeFlags, args, func(c *campaign.Campaign) error {
			if f.only == "" {
				f.hours = c.Hours()
			}
			return s.run(ctx, c)
		})
	})
}

func (s *starting) run(ctx context.Context, c *campaign.Campaign) (err error) {
	name := s.f.name
	if name == "" {
		if name, err = campaign.FreeName(ctx, s.b, c.Files.Template); err != nil {
			return err
		}
	}
	if err := campaign.SetTokens(c.Campaign, name, unsubscribeKey(s.where)); err != nil { // as long as they will be
		return err
	}
	suppressed, err := campaign.Suppressions(ctx, s.b)
	if err != nil {
		return err
	}
	senders := campaign.Senders{Book: s.book, Usual: usualAccount(), Accounts: s.f.accounts}
	rules := campaign.Rules{Empty: s.f.rule, AllowDuplicates: s.f.allowDuplicates, SkipInvalid: s.f.skipInvalid, Domains: s.domains(s.f.mx)}
	look, err := c.Look(ctx, senders, rules, suppressed, nil)
	if err != nil {
		return err
	}
	if err := printMergeReport(s.Err, reportOf(look)); err != nil {
		return err
	}
	if err := s.refusal(look); err != nil {
		return fmt.Errorf("nothing was started: %w", err)
	}
	timing := campaign.Timing{At: s.f.notBefore, Hours: s.f.hours, Canary: s.f.canary}
	if ok, err := s.agreed(ctx, name, look, timing); err != nil || !ok {
		return err
	}
	held := ""
	if s.f.hold {
		held = "held since its start: sendoff merge resume " + name
	}
	id, err := look.Start(ctx, s.b, name, timing, held, nil)
	if err != nil {
		return err
	}
	return s.told(ctx, id)
}

// refusal is why nothing can be started. What the letters lack is said.
func (s *starting) refusal(look campaign.Look) error {
	for _, u := range look.Lacks() {
		s.sayUnprotected(u)
	}
	return look.Refusal()
}

// agreed says what will happen, and asks.
func (s *starting) agreed(ctx context.Context, name string, look campaign.Look, t campaign.Timing) (bool, error) {
	now := time.Now()
	plan, err := look.Plan(ctx, s.b, t, fixedAccounts(s.book).policies())
	if err != nil {
		return false, err
	}
	fmt.Fprintf(s.Err, "%s: %s\n", name, plan.Words(plan.Forecast(now), now))
	if wait, waits := plan.Wait(now); waits {
		fmt.Fprintf(s.Err, "%s\n", wait.Text)
	}
	if s.overlaps, err = look.Overlaps(ctx, s.b, now); err != nil {
		return false, err
	}
	for _, o := range s.overlaps {
		fmt.Fprintf(s.Err, "warning: %s\n", o.Text)
	}
	if s.f.yes {
		return true, nil
	}
	d := s.dialogue()
	if look.Letters < campaign.TypedFrom {
		yes, err := d.askYes(ctx, "Send "+plural(look.Letters, "letter")+"?")
		if err == nil && !yes {
			return false, hinted{usagef("nothing was started"), "sendoff merge preview shows a letter"}
		}
		return yes, err
	}
	answer, err := d.ask(ctx, fmt.Sprintf("Type the number of letters, %d, to send them", look.Letters), "")
	if err == nil && answer != strconv.Itoa(look.Letters) {
		return false, hinted{usagef("nothing was started: %q is not the number", answer), "sendoff merge preview shows a letter"}
	}
	return err == nil, err
}

// told says what was started, and whether it leaves.
func (s *starting) told(ctx context.Context, id outbox.CampaignID) error {
	c, err := s.b.CampaignByID(ctx, id)
	if err != nil {
		return err
	}
	if s.f.json {
		status, err := s.statusOf(ctx, s.b, c, fixedAccounts(s.book).policies(), time.Now())
		if err == nil {
			err = writeJSON(s.Out, startedJSON{status, toOverlapsJSON(s.overlaps)})
		}
		if err != nil {
			return err
		}
	} else {
		fmt.Fprintln(s.Out, c.Name)
	}
	if !s.f.hold {
		s.sayUnsent(s.b.Sender(), s.settings)
	}
	return nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/merge"
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
	allowDuplicates              bool
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
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the campaign as an object")
	return cmd
}

// campaignName is a name that can stand in a command, a file name and a token.
var campaignName = regexp.MustCompile(`^[\pL\pN][\pL\pN._+-]{0,49}$`)

// read reads the flags that are more than words.
func (f *mergeStartFlags) read() (err error) {
	ok := false
	switch {
	case f.canary < 0:
		return hinted{usagef("--canary %d is less than nothing", f.canary), "without it nothing waits"}
	case f.name != "" && !isCampaignName(f.name):
		return hinted{usagef("%q cannot be the name of a campaign", f.name), "letters, digits and . _ + - of up to 50 characters, such as concert-2026"}
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

func isCampaignName(name string) bool { return campaignName.MatchString(name) && len(name) <= 64 }

// starting is a campaign that is being started.
type starting struct {
	*program
	f        *mergeStartFlags
	args     []string
	book     *accounts.Book
	b        *outbox.Outbox
	where    places
	settings config.Settings
	campaign campaign
	used     map[string]string // accounts that send, and their From
	letters  map[string]int    // of each; "": of whichever
}

func (p *program) mergeStart(ctx context.Context, f *mergeStartFlags, args []string) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	s := starting{program: p, f: f, args: args, used: make(map[string]string), letters: make(map[string]int)}
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
		return p.withCampaign(ctx, &f.mergeFlags, args, func(c campaign) error {
			s.campaign = c
			if f.only == "" {
				f.hours = c.Hours()
			}
			return s.run(ctx)
		})
	})
}

func (s *starting) run(ctx context.Context) error {
	name, err := s.name(ctx)
	if err != nil {
		return err
	}
	if err := s.where.setTokens(s.campaign.Campaign, name); err != nil { // with tokens as long as they will be
		return err
	}
	suppressed, err := suppressionsOf(ctx, s.b)
	if err != nil {
		return err
	}
	o := merge.CheckOptions{Sender: s.sender, Suppressed: func(a string) string { return suppressed[a] }, Empty: s.f.rule, AllowDuplicates: s.f.allowDuplicates}
	report, err := s.check(ctx, o)
	if err != nil {
		return err
	}
	if ok, err := s.agreed(ctx, name, report); err != nil || !ok {
		return err
	}
	o.Checked = report.Errors == 0
	again, err := s.campaign.again()
	if err != nil {
		return err
	}
	if !slices.Equal(again.Columns(), s.campaign.list.Columns()) {
		return hinted{dataError{errors.New("the list has changed while it was read")}, "do it again"}
	}
	frozen, err := s.campaign.Freeze()
	if err != nil {
		return err
	}
	spec := s.spec(name, frozen)
	id, err := s.b.StartCampaign(ctx, spec, s.rows(merge.Sift(ctx, s.campaign.Campaign, again, o), report.Letters))
	if err != nil {
		return err
	}
	return s.told(ctx, id)
}

// name is the name of the campaign: the one that was asked for, or one that is free.
func (s *starting) name(ctx context.Context) (string, error) {
	if s.f.name != "" {
		return s.f.name, nil
	}
	base := strings.TrimSuffix(filepath.Base(s.args[0]), filepath.Ext(s.args[0]))
	base = strings.Join(strings.FieldsFunc(base, func(r rune) bool { return !campaignName.MatchString("a" + string(r)) }), "-")
	if !isCampaignName(base) {
		base = "campaign"
	}
	for n, name := 2, base; ; n++ {
		_, err := s.b.Campaign(ctx, name)
		if errors.Is(err, outbox.ErrNoCampaign) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s-%d", base, n)
	}
}

// sender fills in who sends a letter, as the store will: one account, or, where
// several were named, whichever; then all of them must be able to.
func (s *starting) sender(d *compose.Draft) error {
	from := d.From
	if len(s.f.accounts) == 0 {
		if err := s.f.mergeFlags.sender(d, s.book); err != nil {
			return err
		}
		s.note(d.Account, from, d.From)
		return nil
	}
	for _, name := range s.f.accounts {
		one := *d
		one.Account = name
		if err := s.f.mergeFlags.sender(&one, s.book); err != nil {
			return err
		}
		s.note(name, from, one.From)
	}
	d.Account = ""
	if d.From == "" {
		d.From = s.used[s.f.accounts[0]] // any will do for a look
	}
	return nil
}

// note notes an account, with its own From.
func (s *starting) note(account, asked, from string) {
	if _, known := s.used[account]; known {
		return
	}
	if asked != "" {
		if a, err := s.book.Find(account); err == nil {
			from = a.From.String()
		}
	}
	s.used[account] = from
}

// check looks at all rows. What is wrong is told.
func (s *starting) check(ctx context.Context, o merge.CheckOptions) (merge.Report, error) {
	sender := o.Sender
	o.Sender = func(d *compose.Draft) error {
		err := sender(d)
		if err == nil {
			s.letters[d.Account]++
		}
		return err
	}
	report, err := merge.Check(ctx, s.campaign.Campaign, s.campaign.list, o)
	if err != nil {
		return report, listError(err)
	}
	found := toMergeReportJSON(report, s.campaign.warnings)
	found.Columns, found.Notes = s.campaign.list.Columns(), slices.Concat(s.campaign.list.Notes(), s.campaign.Notes())
	if err := printMergeReport(s.Err, found); err != nil {
		return report, err
	}
	if len(s.letters) == 1 { // rows that get none were asked about, too
		for account := range s.letters {
			s.letters[account] = report.Letters
		}
	}
	for _, account := range slices.Sorted(maps.Keys(s.used)) {
		if a, err := s.book.Find(account); err == nil {
			if err := s.bare(a); err != nil {
				return report, err
			}
		}
	}
	switch {
	case report.Errors > 0 && !s.f.skipInvalid:
		return report, hinted{dataError{errors.New("nothing was started: the list or the template is wrong")}, "mend it, or leave those rows out with --skip-invalid"}
	case report.Letters == 0:
		return report, hinted{dataError{errors.New("nothing was started: no row gets a letter")}, "sendoff merge check says why"}
	}
	return report, nil
}

// agreed says what will happen, and asks.
func (s *starting) agreed(ctx context.Context, name string, report merge.Report) (bool, error) {
	now := time.Now()
	work := outbox.Work{Letters: s.letters, Accounts: slices.Sorted(maps.Keys(s.used)), At: s.f.notBefore, Hours: s.f.hours}
	source := fixedAccounts(s.book)
	plan, err := s.b.Plan(ctx, work, source.policies())
	if err != nil {
		return false, err
	}
	fmt.Fprintf(s.Err, "%s: %s\n", name, plan.Words(plan.Forecast(now), now))
	if wait, waits := plan.Wait(now); waits {
		fmt.Fprintf(s.Err, "%s\n", wait.Text)
	}
	if s.f.yes {
		return true, nil
	}
	d := s.dialogue()
	const typedFrom = 51 // from here on a number is typed: "y" comes too easily
	if report.Letters < typedFrom {
		yes, err := d.askYes(ctx, "Send "+plural(report.Letters, "letter")+"?")
		if err == nil && !yes {
			return false, hinted{usagef("nothing was started"), "sendoff merge preview shows a letter"}
		}
		return yes, err
	}
	answer, err := d.ask(ctx, fmt.Sprintf("Type the number of letters, %d, to send them", report.Letters), "")
	if err == nil && answer != strconv.Itoa(report.Letters) {
		return false, hinted{usagef("nothing was started: %q is not the number", answer), "sendoff merge preview shows a letter"}
	}
	return err == nil, err
}

func (s *starting) spec(name string, frozen []byte) outbox.CampaignSpec {
	spec := outbox.CampaignSpec{Name: name, Frozen: frozen, NotBefore: s.f.notBefore, Hours: s.f.hours, Canary: s.f.canary, AllowDuplicates: s.f.allowDuplicates}
	for _, c := range s.campaign.list.Columns() {
		spec.Columns = append(spec.Columns, c.Name)
	}
	for _, account := range slices.Sorted(maps.Keys(s.used)) {
		spec.Accounts = append(spec.Accounts, outbox.CampaignAccount{Account: account, From: s.used[account]})
	}
	if s.f.hold {
		spec.Held = "held since its start: sendoff merge resume " + name
	}
	return spec
}

// rows are the rows of the list as the store takes them. They must make as many
// letters as was said: a list that somebody saves anew meanwhile may be another one.
func (s *starting) rows(all iter.Seq2[merge.Sifted, error], letters int) iter.Seq2[outbox.NewRow, error] {
	return func(yield func(outbox.NewRow, error) bool) {
		for sifted, err := range all {
			row := outbox.NewRow{
				Number: sifted.Row.Number, Line: sifted.Row.Line, Address: sifted.Address, Cells: sifted.Row.Values, Skip: sifted.Skip,
			}
			d := sifted.Draft
			row.Account = d.Account
			for _, a := range d.Attachments {
				row.Files = append(row.Files, a.Path)
			}
			for _, image := range d.Inline {
				row.Files = append(row.Files, image.Path)
			}
			if err != nil {
				err = listError(err)
			}
			if sifted.Skip == "" && err == nil {
				letters--
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		if letters != 0 {
			yield(outbox.NewRow{}, hinted{dataError{errors.New("the list has changed while it was read")}, "do it again"})
		}
	}
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
			err = writeJSON(s.Out, status)
		}
		if err != nil {
			return err
		}
	} else {
		fmt.Fprintln(s.Out, c.Name)
	}
	if !s.f.hold && !s.b.SenderRunning() {
		s.nobodySends(s.settings)
	}
	return nil
}

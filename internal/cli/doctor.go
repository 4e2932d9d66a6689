package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/internal/config"
	"sendoff/outbox"
)

// finding is one thing the doctor looked at.
type finding struct {
	Name  string    `json:"name"`
	OK    bool      `json:"ok"`
	Found string    `json:"found"`
	Hint  string    `json:"hint,omitempty"`
	Item  outbox.ID `json:"item,omitempty"` // that it is about
	Path  string    `json:"path,omitempty"` // likewise
	code  int       // that doctor exits with, unless something before it is wrong
}

type doctorFlags struct{ json, quick, rebuild bool }

func (p *program) doctorCommand() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at paths, permissions, accounts, the store and the sender",
		Long: "Says what is wrong and what to do about it, and exits with 0 only if all is well.\n\n" +
			"With --rebuild it saves what can be read of a damaged database into a new one. What may have been sent already is held then, " +
			"for you to decide about. The damaged database stays beside the new one.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.doctor(cmd.Context(), f) },
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "an array of findings")
	cmd.Flags().BoolVar(&f.quick, "quick", false, "do not read every message through: look only whether it is there")
	cmd.Flags().BoolVar(&f.rebuild, "rebuild", false, "save what can be read of a damaged database into a new one")
	return cmd
}

// doctor exits by the first thing that is wrong.
func (p *program) doctor(ctx context.Context, f doctorFlags) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	findings := examineSettings(where)
	if f.rebuild {
		rebuilt, err := rebuildOutbox(ctx, where)
		if err != nil {
			return err
		}
		findings = append(findings, rebuilt...)
	}
	findings = append(findings, examineOutbox(ctx, where, outbox.CheckOptions{Quick: f.quick})...)
	code := exitOK
	for i := range findings {
		findings[i] = findings[i].cleaned()
		if code == exitOK {
			code = findings[i].code
		}
	}
	if f.json {
		if err := writeJSON(p.Out, findings); err != nil {
			return err
		}
		return byOutcome(code)
	}
	p.sayFindings(findings)
	return byOutcome(code)
}

// cleaned is a finding without what names of files and messages may bring along.
func (f finding) cleaned() finding {
	f.Found, f.Hint = cleantext.Line(f.Found), cleantext.Line(f.Hint)
	return f
}

func (p *program) sayFindings(findings []finding) {
	indent, width := strings.Repeat(" ", 16), widthOf(p.Out)
	for _, f := range findings {
		mark := "ok  "
		if !f.OK {
			mark = "!!  "
		}
		fmt.Fprintln(p.Out, inLines(fmt.Sprintf("%s%-11s %s", mark, f.Name, f.Found), indent, width))
		if f.Hint != "" {
			fmt.Fprintln(p.Out, inLines(indent+f.Hint, indent, width))
		}
	}
}

func good(name, found string) finding { return finding{Name: name, OK: true, Found: found} }

func bad(name string, err error) finding {
	code, hint := exitFor(err)
	return finding{Name: name, Found: err.Error(), Hint: hint, code: code}
}

// badEach has a finding for each thing that is wrong with a file.
func badEach(name string, err error) (all []finding) {
	for _, one := range config.ErrorsOf(err) {
		all = append(all, bad(name, one))
	}
	if err != nil && len(all) == 0 {
		all = append(all, bad(name, err))
	}
	return all
}

// stuck is for what works and yet sends nothing.
func stuck(name, found, hint string) finding {
	return finding{Name: name, Found: found, Hint: hint, code: exitTryLater}
}

func examineSettings(where places) (all []finding) {
	settings, settingsError := config.LoadSettings(where.settings)
	_, keysError := interfaceKeys(settings)
	all = badEach("settings", config.Join(settingsError, keysError, lostFilters(where, settings.Filters, time.Now())))
	if len(all) == 0 {
		all = append(all, wellSet(where))
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return append(all, badEach("accounts", err)...)
	}
	return append(all, good("accounts", fmt.Sprintf("%d in %s, default %s", len(book.Accounts), where.accounts, book.Default)))
}

// wellSet is what is said of settings with which nothing is wrong.
func wellSet(where places) finding {
	if _, err := os.Stat(where.settings); errors.Is(err, fs.ErrNotExist) {
		return good("settings", "the defaults: there is no "+where.settings)
	}
	return good("settings", where.settings)
}

// lostFilters tells of the saved filters that no message can ever fit.
func lostFilters(where places, filters []config.Filter, now time.Time) error {
	var lost []error
	for _, f := range filters {
		if problem := outbox.SearchProblem(f.Query, now); problem != "" {
			lost = append(lost, config.FilterError(where.settings, f, "finds nothing: "+problem, "sendoff list --help says what a search can have"))
		}
	}
	return config.Join(lost...)
}

func examineOutbox(ctx context.Context, where places, o outbox.CheckOptions) (all []finding) {
	found, err := outbox.CheckFiles(where.data)
	if err != nil {
		return []finding{bad("outbox", err)}
	}
	if len(found) > 0 { // opening it now could hide that
		return findingsOf(found)
	}
	b, err := outbox.Open(ctx, outbox.Options{Dir: where.data, State: where.state, Render: where.render})
	if err != nil {
		return []finding{bad("outbox", err)}
	}
	defer b.Close()
	found, err = b.Check(ctx, o)
	all = findingsOf(found)
	switch {
	case err != nil:
		all = append(all, bad("outbox", err))
	case !slices.ContainsFunc(all, func(f finding) bool { return !f.OK }):
		all = append(all, good("outbox", where.data))
	}
	all = append(all, examineQueue(ctx, b)...)
	return append(all, examineAccounts(ctx, b, where)...)
}

// examineQueue looks for what waits, and for who would send it.
func examineQueue(ctx context.Context, b *outbox.Outbox) (all []finding) {
	counts, err := b.Counts(ctx)
	if err != nil {
		return []finding{bad("queue", err)}
	}
	left, err := b.CampaignsLeft(ctx, nil)
	if err != nil {
		return []finding{bad("queue", err)}
	}
	waiting := counts[outbox.StateSending] + toBeSent(counts, left)
	found := fmt.Sprintf("%d waiting or scheduled, %d failed, %d uncertain", waiting, counts[outbox.StateFailed]+counts[outbox.StatePartial], counts[outbox.StateUncertain])
	if left.Paused > 0 {
		found += fmt.Sprintf("; %s of paused campaigns", plural(left.Paused, "letter"))
	}
	all = append(all, good("queue", found))
	switch s := b.Sender(); {
	case s.State == outbox.SenderMoves:
		return append(all, good("sender", "running"))
	case s.State == outbox.SenderStill:
		return append(all, stuck("sender", s.Words(), s.Hint()))
	case waiting > 0:
		return append(all, stuck("sender", outbox.NobodySends, hintNobodySends))
	}
	return append(all, good("sender", "none is running, and nothing waits"))
}

func findingsOf(found []outbox.Damage) (all []finding) {
	for _, d := range found {
		all = append(all, damageFinding(d))
	}
	return all
}

// examineAccounts looks for accounts that keep messages waiting.
func examineAccounts(ctx context.Context, b *outbox.Outbox, where places) (all []finding) {
	parks, err := b.StandingParks(ctx, policiesOf(where))
	if err != nil {
		return []finding{bad("accounts", err)}
	}
	source := &accountSource{path: where.accounts}
	for _, park := range parks {
		all = append(all, stuck("account", park.Account+" waits: "+park.Answer(), parkHint(park, source, "ID")))
	}
	if _, err := source.current(); err != nil && !errors.Is(err, accounts.ErrNoAccounts) {
		return all // which examineSettings has said
	}
	strange, err := strangers(ctx, b, source)
	if err != nil {
		return append(all, bad("accounts", err))
	}
	for _, s := range strange {
		all = append(all, stuck("account", s.String(), hintStranger))
	}
	return append(all, examineMailboxes(ctx, b, source)...)
}

// examineMailboxes tells of the mailboxes in which reports arrive. One that cannot
// be reached for a while is nothing to mend.
func examineMailboxes(ctx context.Context, b *outbox.Outbox, source *accountSource) (all []finding) {
	known, err := b.Mailboxes(ctx)
	if err != nil {
		return []finding{bad("mailbox", err)}
	}
	for _, m := range known {
		account, err := source.lookup(m.Account)
		switch {
		case err != nil || account.Mailbox.IsZero(): // of an account that was changed
		case m.Class == outbox.ClassCredentials || m.Class == outbox.ClassAccount:
			all = append(all, stuck("mailbox", fmt.Sprintf("of %s is not looked into for bounces: %s", m.Account, m.Text), hintMailbox(m.Account)))
		case m.Class != 0:
			all = append(all, good("mailbox", fmt.Sprintf("of %s could not be looked into for bounces, %s: %s", m.Account, lookedText(m), m.Text)))
		default:
			all = append(all, good("mailbox", "of "+m.Account+", "+lookedText(m)))
		}
	}
	return all
}

func lookedText(m outbox.MailboxState) string {
	if m.Looked.IsZero() {
		return "never looked into for bounces"
	}
	return "last looked into for bounces " + m.Looked.Local().Format(time.DateTime)
}

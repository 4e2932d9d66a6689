package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/internal/cleantext"
)

// checkJSON is a check as scripts see it. Its names are a contract; found is the
// cause in words.
type checkJSON struct {
	Account string      `json:"account"`
	OK      bool        `json:"ok"`
	Steps   []checkStep `json:"steps"`
}

type checkStep struct {
	Name   string      `json:"name"`
	State  check.State `json:"state"`
	MS     int64       `json:"ms"`
	Cause  check.Cause `json:"cause"`
	Found  string      `json:"found"`
	Server string      `json:"server"`
	Hint   string      `json:"hint"`
}

type checkFlags struct{ json, loopback, all, trace, yes bool }

func (p *program) accountCheckCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [NAME]",
		Short: "Prove an account step by step, and name the cause of what fails",
		Long: "Reaches the server of an account (by default: of the default account), secures the line, logs in once, asks whether the account " +
			"may send as its From address, and looks up what the DNS says of that domain. It takes at most 20 seconds, and sends nothing.\n\n" +
			"With --loopback one message is sent from the account to itself and looked for in its mailbox, which may take two minutes more.\n\n" +
			"The exit code is 0 only if nothing failed; advice (!) does not count. Else it is 75 for what may be otherwise soon, 77 for a " +
			"login that is refused, 69 for another refusal, 78 for what has to be changed in the settings.",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return hinted{usagef("there is more than one name"), "check one account, or --all of them"}
			case f.all && len(args) > 0:
				return hinted{usagef("--all is for all accounts"), "leave the name out, or --all"}
			case f.yes && !f.loopback:
				return hinted{usagef("--yes answers what --loopback asks"), "add --loopback"}
			}
			return p.checkAccounts(cmd.Context(), f, args)
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "an object with all steps; with --all an array of them")
	cmd.Flags().BoolVar(&f.all, "all", false, "every account, one after the other")
	cmd.Flags().BoolVar(&f.loopback, "loopback", false, "last, send one message from the account to itself, and see how it arrives")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask before that message is sent")
	traceFlag(cmd, &f.trace)
	return cmd
}

// checkAccounts exits by the first thing that fails.
func (p *program) checkAccounts(ctx context.Context, f checkFlags, names []string) error {
	chosen, err := accountsToCheck(f.all, names)
	if err != nil {
		return err
	}
	if f.loopback && !f.yes {
		if err := p.askLoopback(ctx, chosen); err != nil {
			return err
		}
	}
	code := exitOK
	var reports []checkJSON
	for i, account := range chosen {
		var printer *checkPrinter
		o := check.Options{Loopback: f.loopback}
		if f.trace {
			o.Trace = func(line string) { fmt.Fprintf(p.Err, "%s\n", cleantext.Line(line)) }
		}
		if !f.json {
			if i > 0 {
				fmt.Fprintln(p.Out)
			}
			printer = newCheckPrinter(p.Out, account)
			o.Step = printer.step
		}
		report := check.Run(ctx, account, o)
		printer.end()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !f.json {
			sayLooks(ctx, p.Out, account)
		}
		reports = append(reports, toCheckJSON(report))
		if code == exitOK {
			code = checkExit(report)
		}
	}
	switch {
	case f.json && f.all:
		err = writeJSON(p.Out, reports)
	case f.json:
		err = writeJSON(p.Out, reports[0])
	}
	return errors.Join(err, byOutcome(code))
}

func accountsToCheck(all bool, names []string) ([]accounts.Account, error) {
	where, err := userPlaces()
	if err != nil {
		return nil, err
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return nil, err
	}
	book = book.WithTokens(tokensOf(where).Access)
	switch {
	case all:
		return book.Accounts, nil
	case len(names) == 0:
		return []accounts.Account{book.DefaultAccount()}, nil
	}
	account, err := book.Find(names[0])
	return []accounts.Account{account}, err
}

// askLoopback asks a person before a message is sent.
func (p *program) askLoopback(ctx context.Context, chosen []accounts.Account) error {
	d := p.dialogue()
	if d == nil {
		return hinted{usagef("--loopback sends a message, and there is nobody to ask"), "add --yes"}
	}
	var addresses []string
	for _, a := range chosen {
		if !a.Mailbox.IsZero() { // without one, nothing is sent
			addresses = append(addresses, a.From.Address)
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	yes, err := d.askYes(ctx, "Send one message from "+strings.Join(addresses, ", ")+" to itself?")
	if err == nil && !yes {
		err = hinted{usagef("nothing was sent or checked"), "leave --loopback out to check without a message"}
	}
	return err
}

func toCheckJSON(r check.Report) checkJSON {
	j := checkJSON{Account: r.Account, OK: r.OK(), Steps: []checkStep{}}
	for _, s := range r.Steps {
		j.Steps = append(j.Steps, checkStep{s.Name, s.State, s.Took.Milliseconds(), s.Cause, s.Found, s.Server, s.Hint})
	}
	return j
}

// checkExits are the exit codes of causes that no change of the settings mends.
var checkExits = map[check.Cause]int{
	check.CauseOffline: exitTryLater, check.CauseNoAnswer: exitTryLater, check.CauseTimeOver: exitTryLater, check.CauseLost: exitTryLater,
	check.CauseSilent: exitTryLater, check.CauseBusy: exitTryLater, check.CauseTooManyConns: exitTryLater, check.CauseTooManyLogins: exitTryLater,
	check.CauseLoginFault: exitTryLater, check.CauseLoginHangUp: exitTryLater, check.CauseSendLimit: exitTryLater, check.CauseTLSSilent: exitTryLater,
	check.CauseSecretSlow: exitTryLater, check.CauseTokenServer: exitTryLater, check.CauseNotArrived: exitTryLater,

	check.CauseSecret: exitPermission, check.CauseLoginRefused: exitPermission, check.CauseTokenRefused: exitPermission,
	check.CauseAppPassword: exitPermission, check.CausePasswordExpired: exitPermission, check.CauseBrowserLogin: exitPermission,
	check.CauseOAuthOnly: exitPermission, check.CauseSMTPOff: exitPermission, check.CauseServiceOff: exitPermission, check.CauseMailboxOff: exitPermission,

	check.CauseUnwelcome: exitRefused, check.CauseRefused: exitRefused, check.CauseFromRefused: exitRefused, check.CauseSelfRefused: exitRefused,
	check.CauseAccountBlocked: exitRefused, check.CauseNotSent: exitRefused,
}

// checkExit is the exit code of a check: that of the first step that failed.
func checkExit(r check.Report) int {
	for _, s := range r.Steps {
		if s.State != check.Fail {
			continue
		}
		if code, found := checkExits[s.Cause]; found {
			return code
		}
		return exitConfig
	}
	return exitOK
}

// checkPrinter shows the steps of a check as they come, within 80 columns. A nil
// one shows nothing.
type checkPrinter struct {
	out     io.Writer
	account accounts.Account
	section string
	skipped []string // steps that one line is enough for
	why     check.Cause
}

func newCheckPrinter(out io.Writer, a accounts.Account) *checkPrinter {
	return &checkPrinter{out: out, account: a}
}

const (
	checkIndent = 24 // columns before the words: mark, name, time
	checkWords  = 80 - checkIndent
)

var checkMarks = map[check.State]string{check.OK: "✓", check.Fail: "✗", check.Skipped: "–", check.Advice: "!"}

func (c *checkPrinter) step(s check.Step) {
	name := strings.TrimPrefix(s.Name, "mailbox-")
	section := c.sectionOf(s)
	together := s.State == check.Skipped && s.Found == ""
	if !together || s.Cause != c.why || section != c.section {
		c.end()
	}
	if section != c.section {
		c.section = section
		fmt.Fprintf(c.out, "%s\n", cleantext.Line(section))
	}
	if together {
		c.skipped, c.why = append(c.skipped, name), s.Cause
		return
	}
	took := ""
	if s.State != check.Skipped {
		took = inTime(s.Took)
	}
	lines := wrapped(s.Found)
	if s.Server != "" {
		lines = append(lines, wrapped("server: "+s.Server)...)
	}
	if s.Hint != "" {
		lines = append(lines, wrapped("hint: "+s.Hint)...)
	}
	c.print(s.State, name, took, lines)
}

// end shows the steps that were skipped for the same reason.
func (c *checkPrinter) end() {
	if c == nil || len(c.skipped) == 0 {
		return
	}
	c.print(check.Skipped, strings.ReplaceAll(string(c.why), "-", " "), "", wrapped(strings.Join(c.skipped, ", ")))
	c.skipped = nil
}

func (c *checkPrinter) print(state check.State, name, took string, lines []string) {
	head := fmt.Sprintf("%s %-12s %7s  ", checkMarks[state], name, took)
	if len(lines) == 0 {
		lines = []string{""}
	}
	for _, line := range lines {
		fmt.Fprintln(c.out, strings.TrimRight(head+line, " "))
		head = strings.Repeat(" ", checkIndent)
	}
}

// sectionOf is the heading that a step stands under.
func (c *checkPrinter) sectionOf(s check.Step) string {
	switch s.Part() {
	case check.PartMailbox:
		return fmt.Sprintf("%s: its mailbox at %s", c.account.Name, c.account.Mailbox.Host)
	case check.PartDomain:
		return fmt.Sprintf("%s: what the DNS says of %s", c.account.Name, c.account.From.Address[strings.LastIndexByte(c.account.From.Address, '@')+1:])
	case check.PartLoopback:
		return c.account.Name + ": a message to itself"
	}
	return fmt.Sprintf("%s: sending through %s", c.account.Name, c.account.SMTP.Host)
}

func wrapped(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(ansi.Wrap(text, checkWords, " "), "\n")
}

// inTime is a time of at most seven columns.
func inTime(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

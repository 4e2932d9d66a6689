package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/compose/merge"
	"sendoff/internal/campaign"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// mergeCheckFlags are those of merge check.
type mergeCheckFlags struct {
	mergeFlags
	empty           string
	allowDuplicates bool
	mx              bool
	json            bool
}

// mergeReportJSON is what merge check has found as scripts see it. Its names are
// a contract.
type mergeReportJSON struct {
	Template string             `json:"template"` // as it was named
	List     string             `json:"list"`
	OK       bool               `json:"ok"` // no errors
	Rows     int                `json:"rows"`
	Letters  int                `json:"letters"` // that would be sent
	Errors   int                `json:"errors"`
	Warnings int                `json:"warnings"`
	Columns  []merge.Column     `json:"columns"`
	Notes    []string           `json:"notes"`
	Problems []mergeProblemJSON `json:"problems"` // the first 1000
}

type mergeProblemJSON struct {
	File  string `json:"file"`
	Line  int    `json:"line"`  // 0: it is about no line
	Row   int    `json:"row"`   // 0: it is about no row
	Level string `json:"level"` // "error" or "warning"
	Text  string `json:"text"`
	Hint  string `json:"hint"`
}

func (p *program) mergeCheckCommand() *cobra.Command {
	var f mergeCheckFlags
	cmd := &cobra.Command{
		Use:   "check TEMPLATE LIST",
		Short: "Say what is wrong with a template, a list, and every one of its rows",
		Long: "Makes the letter of every row and sends none. Names that the list does not have are found in every branch of the template; wrong addresses, " +
			"missing files and cells whose emptiness would show are told by line. An address that stands twice gets one letter, the first.\n\n" +
			"With --mx each domain of the list is looked up once, which tells your name server who they are. What it does not answer is a note, and so is that there is no network.\n\nIt exits with 0 if there " +
			"are no errors, else with 65.",
		Example: "sendoff merge check letter.md people.csv\nsendoff merge check letter.md people.csv --json\nsendoff merge check letter.md people.csv --mx",
		RunE:    func(cmd *cobra.Command, args []string) error { return p.mergeCheck(cmd.Context(), &f, args) },
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.empty, "empty", string(merge.EmptyError), "what an empty cell is where it would show: error, warn or ok")
	cmd.Flags().BoolVar(&f.allowDuplicates, "allow-duplicates", false, "an address gets a letter for each of its rows")
	mxFlag(cmd, &f.mx)
	cmd.Flags().BoolVar(&f.json, "json", false, "an object with all that was found")
	return cmd
}

func (p *program) mergeCheck(ctx context.Context, f *mergeCheckFlags, args []string) error {
	rule, ok := merge.ParseEmptyRule(f.empty)
	if !ok {
		return hinted{usagef("--empty %q is not a choice", f.empty), "it is one of error, warn and ok"}
	}
	book, err := loadBook()
	if err != nil {
		return err
	}
	suppressed, err := suppressedNow(ctx)
	if err != nil { // the campaign can be looked at all the same
		p.say(err, "sendoff doctor says more")
	}
	var found mergeReportJSON
	err = p.withCampaign(ctx, &f.mergeFlags, args, func(c *campaign.Campaign) error {
		rules := campaign.Rules{Empty: rule, AllowDuplicates: f.allowDuplicates, Domains: p.domains(f.mx)}
		look, err := c.Look(ctx, f.senders(book), rules, suppressed, nil)
		if err != nil {
			found = toMergeReportJSON(look.Report, campaign.ProblemsOf(err)) // it is broken off there
			return err
		}
		found = reportOf(look)
		return nil
	})
	broken := campaign.ProblemsOf(err)
	switch {
	case err != nil && len(broken) == 0:
		return err
	case err != nil && len(found.Problems) == 0:
		found = toMergeReportJSON(merge.Report{}, broken)
	}
	if book == nil {
		found.Notes = append(found.Notes, "no account is set up, so it was not looked at who sends")
	}
	found.Template, found.List = args[0], args[1]
	if f.json {
		err = writeJSON(p.Out, found)
	} else {
		err = printMergeReport(p.Out, found)
	}
	if err == nil && !found.OK {
		err = byOutcome(exitData)
	}
	return err
}

// suppressedNow are the addresses that must not be written to, with why.
func suppressedNow(ctx context.Context) (map[string]string, error) {
	var why map[string]string
	err := withOutbox(ctx, func(b *outbox.Outbox, _ places) (err error) {
		why, err = campaign.Suppressions(ctx, b)
		return err
	})
	return why, err
}

// reportOf is what a look has found.
func reportOf(look campaign.Look) mergeReportJSON {
	j := toMergeReportJSON(look.Report, look.Campaign.Warnings)
	j.Columns, j.Notes = look.Campaign.Columns, append(slices.Clone(look.Campaign.Notes), look.Remarks...)
	return j
}

// toMergeReportJSON puts what was found for the whole before what was found row
// by row.
func toMergeReportJSON(r merge.Report, whole merge.Problems) mergeReportJSON {
	j := mergeReportJSON{
		Rows: r.Rows, Letters: r.Letters, Errors: r.Errors + len(whole.Errors()), Warnings: r.Warnings + len(whole) - len(whole.Errors()),
		Columns: []merge.Column{}, Notes: []string{}, Problems: []mergeProblemJSON{},
	}
	j.OK = j.Errors == 0
	for _, problem := range append(whole, r.Problems...) {
		level := "error"
		if problem.Warning {
			level = "warning"
		}
		j.Problems = append(j.Problems, mergeProblemJSON{problem.File, problem.Line, problem.Row, level, problem.Text, problem.Hint})
	}
	return j
}

// mostShown is how many problems of a list a person is shown.
const mostShown = 50

// printMergeReport is the report for a person. A hint that follows the same hint
// is left out.
func printMergeReport(out io.Writer, r mergeReportJSON) error {
	var b strings.Builder
	if used := usedAs(r.Columns); used != "" {
		fmt.Fprintf(&b, "used as: %s\n", used)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	hint := ""
	for i, problem := range r.Problems {
		if i == mostShown {
			fmt.Fprintf(&b, "… and %d more\n", r.Errors+r.Warnings-mostShown)
			break
		}
		told := merge.Problem{File: problem.File, Line: problem.Line, Row: problem.Row, Text: problem.Text}
		mark := ""
		if problem.Level == "warning" {
			mark = "warning: "
		}
		fmt.Fprintf(&b, "%s%s\n", mark, told.Error())
		if problem.Hint != "" && problem.Hint != hint {
			fmt.Fprintf(&b, "  hint: %s\n", problem.Hint)
		}
		hint = problem.Hint
	}
	letters := "no row was looked at"
	if r.Rows > 0 {
		letters = plural(r.Letters, "letter") + " of " + plural(r.Rows, "row")
	}
	fmt.Fprintf(&b, "%s, %s, %s\n", letters, plural(r.Errors, "error"), plural(r.Warnings, "warning"))
	_, err := io.WriteString(out, b.String())
	return err
}

// usedAs names the columns that are more than variables.
func usedAs(columns []merge.Column) string {
	var all []string
	for _, c := range columns {
		if c.Use != merge.UseNone {
			all = append(all, fmt.Sprintf("%s → %s", cleantext.Line(c.Name), c.Use))
		}
	}
	return strings.Join(all, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

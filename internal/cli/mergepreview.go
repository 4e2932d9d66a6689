package cli

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/compose"
	"sendoff/internal/campaign"
	"sendoff/internal/cleantext"
)

// previewFlags are those of merge preview.
type previewFlags struct {
	mergeFlags
	row, random int
	seed        uint64
	mbox        string
}

func (p *program) mergePreviewCommand() *cobra.Command {
	var f previewFlags
	cmd := &cobra.Command{
		Use:   "preview TEMPLATE LIST",
		Short: "Show the letter of a row, as it would be sent",
		Long: "Shows the letter of one row, with --random those of some that chance picks, or with --mbox writes those of all rows into a file that mail programs read: as they " +
			"would be sent, with their files.",
		Example: "sendoff merge preview letter.md people.csv --row 17\nsendoff merge preview letter.md people.csv --random 5\n" +
			"sendoff merge preview letter.md people.csv --mbox look.mbox && mutt -f look.mbox",
		RunE: func(cmd *cobra.Command, args []string) error {
			changed := cmd.Flags().Changed
			switch {
			case f.mbox != "" && (changed("row") || changed("random")):
				return usagef("--mbox has the letters of all rows, --row and --random choose some")
			case f.mbox != "":
				return p.mergeMbox(cmd.Context(), &f.mergeFlags, f.mbox, args)
			case changed("row") && changed("random"):
				return usagef("--row names one row, --random has chance pick some")
			case !changed("random"):
				return p.mergePreview(cmd.Context(), &f.mergeFlags, f.row, args)
			case f.random < 1:
				return hinted{usagef("--random %d picks nothing", f.random), "as in --random 5"}
			case !changed("seed"):
				f.seed = rand.Uint64()
			}
			return p.previewRandom(cmd.Context(), &f, args)
		},
	}
	f.flags(cmd)
	cmd.Flags().IntVar(&f.row, "row", 1, "which row, counted from 1 without the line that names the columns")
	cmd.Flags().IntVar(&f.random, "random", 0, "show the letters of so many rows that chance picks, other ones each time")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "with --random, the same number picks the same rows again")
	cmd.Flags().StringVar(&f.mbox, "mbox", "", "write the letters of all rows into this file instead; - is standard output")
	return cmd
}

// mergePreview shows also a letter that could not be sent, and says why.
func (p *program) mergePreview(ctx context.Context, f *mergeFlags, number int, args []string) error {
	book, err := loadBook()
	if err != nil {
		return err
	}
	return p.withCampaign(ctx, f, args, func(c *campaign.Campaign) error {
		if err := isRow(number); err != nil {
			return err
		}
		shown, err := c.Show(ctx, f.senders(book), number)
		if err != nil {
			return err
		}
		return p.printShown(args[0], shown)
	})
}

// previewRandom shows some rows that chance picks. One without a letter is told where it
// stands, and the others are shown.
func (p *program) previewRandom(ctx context.Context, f *previewFlags, args []string) error {
	book, err := loadBook()
	if err != nil {
		return err
	}
	return p.withCampaign(ctx, &f.mergeFlags, args, func(c *campaign.Campaign) error {
		rows, err := c.Pick(ctx, f.random, rand.New(rand.NewPCG(f.seed, 0)))
		if err != nil {
			return err
		}
		wrong := false
		for i, row := range rows {
			if i > 0 {
				fmt.Fprintln(p.Out)
			}
			fmt.Fprintf(p.Out, "── row %d, line %d of the list ──\n", row.Number, row.Line)
			if err := p.printShown(args[0], c.ShowRow(f.senders(book), row)); err != nil {
				p.report(err)
				wrong = true
			}
		}
		if wrong {
			return byOutcome(exitData)
		}
		return nil
	})
}

// printShown shows the letter of a row, and says why it could not be sent.
func (p *program) printShown(template string, shown campaign.Shown) error {
	if len(shown.Problems.Errors()) > 0 {
		return shown.Problems
	}
	if err := printLetter(p.Out, shown.Draft); err != nil {
		return err
	}
	p.sayLacks(template, shown.Lacks)
	switch {
	case shown.Sender != nil:
		return shown.Sender
	case len(shown.Objections) > 0:
		return shown.Objections
	}
	return nil
}

// printLetter shows a letter within what a terminal takes.
func printLetter(out io.Writer, d compose.Draft) error {
	var b strings.Builder
	for _, f := range campaign.Fields(d) {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(cleantext.Block(d.Body), "\n"))
	_, err := io.WriteString(out, b.String())
	return err
}

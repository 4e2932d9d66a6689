package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/compose"
	"sendoff/internal/campaign"
	"sendoff/internal/cleantext"
)

func (p *program) mergePreviewCommand() *cobra.Command {
	var f mergeFlags
	row, mbox := 1, ""
	cmd := &cobra.Command{
		Use:     "preview TEMPLATE LIST",
		Short:   "Show the letter of a row, as it would be sent",
		Long:    "Shows the letter of one row, or with --mbox writes those of all rows into a file that mail programs read: as they would be sent, with their files.",
		Example: "sendoff merge preview letter.md people.csv --row 17\nsendoff merge preview letter.md people.csv --mbox look.mbox && mutt -f look.mbox",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case mbox != "" && cmd.Flags().Changed("row"):
				return usagef("--mbox has the letters of all rows, --row names one")
			case mbox != "":
				return p.mergeMbox(cmd.Context(), &f, mbox, args)
			}
			return p.mergePreview(cmd.Context(), &f, row, args)
		},
	}
	f.flags(cmd)
	cmd.Flags().IntVar(&row, "row", 1, "which row, counted from 1 without the line that names the columns")
	cmd.Flags().StringVar(&mbox, "mbox", "", "write the letters of all rows into this file instead; - is standard output")
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
		switch {
		case err != nil:
			return err
		case len(shown.Problems.Errors()) > 0:
			return shown.Problems
		}
		if err := printLetter(p.Out, shown.Draft); err != nil {
			return err
		}
		p.sayLacks(args[0], shown.Lacks)
		switch {
		case shown.Sender != nil:
			return shown.Sender
		case len(shown.Objections) > 0:
			return shown.Objections
		}
		return nil
	})
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

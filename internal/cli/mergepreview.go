package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
		row, letter, err := letterOf(ctx, c, number)
		if err != nil {
			return err
		}
		d := letter.Draft
		wrong := f.senders(book).Fill(&d)
		if err := printLetter(p.Out, d); err != nil {
			return err
		}
		p.sayLacks(args[0], letter.Lacks)
		if wrong != nil {
			return wrong
		}
		if problems := c.Examine(row, d); len(problems) > 0 {
			return problems
		}
		return nil
	})
}

// printLetter shows a letter within what a terminal takes.
func printLetter(out io.Writer, d compose.Draft) error {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, cleantext.Line(value))
		}
	}
	field("From", asRead(d.From))
	field("To", asRead(d.To))
	field("Cc", asRead(d.Cc))
	field("Bcc", asRead(d.Bcc))
	field("Reply-To", asRead(d.ReplyTo))
	field("Subject", d.Subject)
	for _, h := range d.Headers {
		field(cleantext.Line(h.Name), h.Value)
	}
	for _, a := range d.Attachments {
		field("Attachment", fileWithSize(a))
	}
	for _, image := range d.Inline {
		field("Picture", fileWithSize(image.Attachment))
	}
	fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(cleantext.Block(d.Body), "\n"))
	_, err := io.WriteString(out, b.String())
	return err
}

// asRead is a list of addresses as its reader sees it.
func asRead(list string) string {
	parsed, err := compose.ParseList(list)
	if err != nil {
		return list
	}
	var all []string
	for _, a := range parsed {
		all = append(all, a.String())
	}
	return strings.Join(all, ", ")
}

// fileWithSize names a file as its reader will see it, and what it weighs.
func fileWithSize(a compose.Attachment) string {
	name := filepath.Base(a.Path)
	info, err := os.Stat(a.Path)
	if err != nil {
		return name + " (missing)"
	}
	return fmt.Sprintf("%s (%d octets)", name, info.Size())
}

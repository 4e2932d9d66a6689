package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"sendoff/outbox"
	"sendoff/outbox/export"
)

type exportFlags struct {
	format, output string
}

func (p *program) exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export ID…",
		Short: "Copy messages out, as other mail programs read them",
		Long: "Writes the messages as they are or were sent, Bcc aside, which is in no message. One goes to standard output as it is, several as an mbox; " +
			"with --output they go into that folder as files of their own, or into one file if its name ends with .mbox. " +
			"A draft is written as it would be sent now. Nothing that is there is overwritten; what is there already in a folder, octet for octet, is not written again, so that the same command goes on where it was stopped.",
		Example: "sendoff export a1 > letter.eml\nsendoff export --format maildir -o ~/Maildir/.Sent $(sendoff list --state sent --json | jq -r '.[].id')",
		RunE:    func(cmd *cobra.Command, args []string) error { return p.export(cmd.Context(), f, args) },
	}
	cmd.Flags().StringVar(&f.format, "format", "", "eml (default for one, and for a folder), mbox (default for several, and for FILE.mbox), maildir")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file or folder to write to")
	return cmd
}

// formatOf is how so many messages are written.
func (f exportFlags) formatOf(messages int) export.Format {
	switch {
	case f.format != "":
		return export.Format(f.format)
	case strings.EqualFold(filepath.Ext(f.output), ".mbox"), messages > 1 && f.output == "":
		return export.Mbox
	}
	return export.EML
}

func (p *program) export(ctx context.Context, f exportFlags, args []string) error {
	if len(args) == 0 {
		return hinted{usagef("no ID is given"), "sendoff list shows the IDs"}
	}
	format := f.formatOf(len(args))
	switch {
	case !slices.Contains([]export.Format{export.EML, export.Mbox, export.Maildir}, format):
		return usagef("--format %q is none of eml, mbox, maildir", f.format)
	case format == export.Maildir && f.output == "":
		return hinted{usagef("a Maildir is a folder"), "say which one with --output"}
	case format == export.EML && len(args) > 1 && f.output == "":
		return hinted{usagef("several messages in one stream cannot be told apart"), "--output FOLDER, or --format mbox"}
	}
	return withOutbox(ctx, func(b *outbox.Outbox, _ places) error {
		ids, err := findAll(ctx, b, args)
		if err != nil {
			return err
		}
		done, stop := p.showCopying(ctx, f, len(ids))
		switch {
		case f.output != "":
			err = export.To(ctx, b, format, f.output, ids, done)
		case format == export.Mbox:
			err = export.WriteMbox(ctx, b, p.Out, ids, done)
		default:
			err = export.Write(ctx, b, p.Out, ids[0])
		}
		stop()
		return p.sayIncomplete(err)
	})
}

// showCopying shows how many messages are copied, where the terminal does not show them
// themselves: done is told how many, stop ends it.
func (p *program) showCopying(ctx context.Context, f exportFlags, messages int) (done func(int), stop func()) {
	if messages == 1 || f.output == "" && isTerminal(p.Out) {
		return nil, func() {}
	}
	var copied atomic.Int64
	stop = p.showLine(ctx, func() string { return copyingLine(int(copied.Load()), messages) })
	return func(n int) { copied.Store(int64(n)) }, stop
}

// copyingLine is short enough for the narrowest terminal.
func copyingLine(copied, of int) string {
	return fmt.Sprintf("copied %d of %d, %d %%", copied, of, copied*100/of)
}

// sayIncomplete tells as a whole which messages were not copied: what is wrong with one
// says nothing without its ID.
func (p *program) sayIncomplete(err error) error {
	if !as[*export.Incomplete](err) {
		return err
	}
	code, hint := exitFor(err)
	p.say(err, hint)
	return byOutcome(code)
}

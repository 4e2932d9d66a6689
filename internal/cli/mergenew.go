package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sendoff/internal/campaign"
	"sendoff/internal/cleantext"
)

func (p *program) mergeNewCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "new DIR",
		Short:   "Write a small campaign to begin with: a template, a list, an attachment",
		Example: "sendoff merge new concert",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return hinted{usagef("the name of a folder is needed"), "sendoff merge new concert"}
			}
			return p.mergeNew(args[0])
		},
	}
}

// mergeNew writes the sample into a folder, and over nothing that is there.
func (p *program) mergeNew(dir string) error {
	letter, people, err := campaign.WriteSample(dir)
	switch {
	case errors.As(err, new(campaign.ThereError)):
		return hinted{usageError{err}, "choose another folder"}
	case err != nil:
		return cannotWriteError{err}
	}
	fmt.Fprintf(p.Out, "%s\n%s\n", letter, people)
	fmt.Fprintf(p.Err, "hint: %s\n", cleantext.Line("sendoff merge check "+letter+" "+people))
	return nil
}

// cannotWriteError is a file that the command is to make and could not.
type cannotWriteError struct{ error }

func (e cannotWriteError) Unwrap() error { return e.error }

package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/compose"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// suppressionJSON is an address that must not be written to. Its names are a
// contract.
type suppressionJSON struct {
	Address string     `json:"address"`
	Why     string     `json:"why"`
	At      *time.Time `json:"at"`
	Note    string     `json:"note"`
	Item    outbox.ID  `json:"item"`
}

func (p *program) suppressCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "suppress",
		Short: "Addresses that must not be written to, and why",
		Long: "An address gets here when a server says that there is no such mailbox, at once or by a delivery report, when it could not be reached three times over a " +
			"week, or by hand. It never does for what a server thinks of a message, its sender, or how much was sent.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.suppressListCommand(), p.suppressAddCommand(), p.suppressRemoveCommand(), p.suppressImportCommand(), p.suppressExportCommand())
	return cmd
}

func (p *program) suppressListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show all of them",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withSuppressions(cmd.Context(), func(all []outbox.Suppression) error {
				if asJSON {
					list := []suppressionJSON{}
					for _, s := range all {
						list = append(list, suppressionJSON{s.Address, s.Why.String(), timeJSON(s.At), s.Note, s.Item})
					}
					return writeJSON(p.Out, list)
				}
				for _, s := range all {
					fmt.Fprintf(p.Out, "%s  %-11s  %s  %s\n", s.At.Local().Format(time.DateOnly), s.Why, s.Address, s.Note)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as a JSON array")
	return cmd
}

func withSuppressions(ctx context.Context, f func([]outbox.Suppression) error) error {
	return withOutbox(ctx, func(b *outbox.Outbox, _ places) error {
		all, err := b.Suppressions(ctx)
		if err != nil {
			return err
		}
		return f(all)
	})
}

func (p *program) suppressAddCommand() *cobra.Command {
	var note, why string
	cmd := &cobra.Command{
		Use:   "add ADDRESS…",
		Short: "Add addresses",
		Args:  someAddresses,
		RunE: func(cmd *cobra.Command, args []string) error {
			reason, err := outbox.ParseWhy(why)
			if err != nil {
				return usageError{fmt.Errorf("--why: %w", err)}
			}
			var all []outbox.Suppression
			for _, arg := range args {
				address, err := bareAddress(arg)
				if err != nil {
					return err
				}
				all = append(all, outbox.Suppression{Address: address, Why: reason, Note: note, At: time.Now()})
			}
			return p.suppress(cmd.Context(), all)
		},
	}
	cmd.Flags().StringVar(&note, "note", "", "why, for people")
	cmd.Flags().StringVar(&why, "why", outbox.WhyPerson.String(), "hard, soft, complaint, unsubscribe, manual")
	return cmd
}

func (p *program) suppress(ctx context.Context, all []outbox.Suppression) error {
	return withOutbox(ctx, func(b *outbox.Outbox, _ places) error {
		added, err := b.Suppress(ctx, all)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.Err, "%d added, %d were there already.\n", added, len(all)-added)
		return nil
	})
}

func someAddresses(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return hinted{usagef("no address is given"), "name one or more"}
	}
	return nil
}

// bareAddress is an address as it goes into an envelope.
func bareAddress(text string) (string, error) {
	a, err := compose.ParseOne(text)
	if err != nil {
		return "", dataError{err}
	}
	address, err := a.ASCII()
	if err != nil {
		return "", dataError{err}
	}
	return address, nil
}

func (p *program) suppressRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "remove ADDRESS…",
		Short: "Let addresses be written to again",
		Args:  someAddresses,
		RunE: func(cmd *cobra.Command, args []string) error {
			var addresses []string
			for _, arg := range args {
				address, err := bareAddress(arg)
				if err != nil {
					return err
				}
				addresses = append(addresses, address)
			}
			return withOutbox(cmd.Context(), func(b *outbox.Outbox, _ places) error {
				unknown, err := b.Unsuppress(cmd.Context(), addresses)
				if err == nil && len(unknown) > 0 {
					err = hinted{dataError{fmt.Errorf("not suppressed: %s", cleantext.Line(strings.Join(unknown, ", ")))}, "sendoff suppress list shows those that are"}
				}
				return err
			})
		},
	}
}

func (p *program) suppressImportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import [FILE]",
		Short: "Add addresses from a CSV file, or from standard input",
		Long: "Each line has an address and, if you like, why (hard, soft, complaint, unsubscribe, manual), since when (2026-11-30 or RFC 3339) and a note, " +
			"as `suppress export` writes them. A line that is wrong is told, and then nothing is added.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := p.In
			if len(args) == 1 && args[0] != stdin {
				file, err := os.Open(args[0])
				if err != nil {
					return fmt.Errorf("read suppressions: %w", err)
				}
				defer file.Close()
				in = file
			}
			all, err := readSuppressions(in, time.Now())
			if err != nil {
				return err
			}
			return p.suppress(cmd.Context(), all)
		},
	}
}

var suppressionColumns = []string{"address", "why", "at", "note"}

// readSuppressions reads CSV, with a line of names at the head or without.
func readSuppressions(in io.Reader, now time.Time) (all []outbox.Suppression, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.TrimLeadingSpace, r.LazyQuotes = -1, true, true
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, dataError{fmt.Errorf("read suppressions: %w", err)}
		}
		record[0] = strings.TrimPrefix(record[0], "\ufeff")
		if first && strings.EqualFold(strings.TrimSpace(record[0]), suppressionColumns[0]) {
			continue
		}
		s, err := parseSuppression(record, now)
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, dataError{fmt.Errorf("line %d: %w", line, err)}
		}
		all = append(all, s)
	}
}

func parseSuppression(record []string, now time.Time) (s outbox.Suppression, err error) {
	field := func(i int) string {
		if i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	s = outbox.Suppression{Why: outbox.WhyPerson, At: now, Note: field(3)}
	if s.Address, err = bareAddress(field(0)); err != nil {
		return s, err
	}
	if why := field(1); why != "" {
		if s.Why, err = outbox.ParseWhy(strings.ToLower(why)); err != nil {
			return s, err
		}
	}
	if at := field(2); at != "" {
		if s.At, err = time.Parse(time.RFC3339, at); err != nil {
			if s.At, err = time.ParseInLocation(time.DateOnly, at, time.Local); err != nil {
				return s, fmt.Errorf("%q is no date: write it as 2026-11-30", at)
			}
		}
	}
	return s, nil
}

func (p *program) suppressExportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: "Print all of them as CSV",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withSuppressions(cmd.Context(), func(all []outbox.Suppression) error {
				w := csv.NewWriter(p.Out)
				w.Write(suppressionColumns) // a csv.Writer keeps its error
				for _, s := range all {
					w.Write([]string{s.Address, s.Why.String(), s.At.UTC().Format(time.RFC3339), s.Note})
				}
				w.Flush()
				return w.Error()
			})
		},
	}
}

// saySuppressed warns of recipients who must not be written to. A person who names
// them has a reason, and is obeyed.
func (p *program) saySuppressed(ctx context.Context, b *outbox.Outbox, id outbox.ID) {
	all, err := b.SuppressedOf(ctx, id)
	if err != nil {
		return // the message is queued: that is what counts
	}
	for _, s := range all {
		fmt.Fprintf(p.Err, "sendoff: %s is on the list of addresses that must not be written to, since %s: %s\n",
			s.Address, s.At.Local().Format(time.DateOnly), s.Why.Words())
		fmt.Fprintf(p.Err, "hint: sendoff suppress remove %s, if that is over; sendoff cancel %s keeps the message here\n", s.Address, id)
	}
}

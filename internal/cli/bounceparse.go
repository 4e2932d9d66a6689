package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/internal/cleantext"
	"sendoff/outbox/bounce"
)

// bounceJSON is what a mail says as a delivery report. Its names are a contract.
type bounceJSON struct {
	File       string        `json:"file"`   // as it was given; "-" for standard input
	Bounce     bool          `json:"bounce"` // it is a delivery report, good news too
	Recipients []bouncedJSON `json:"recipients"`
	MessageID  string        `json:"message_id"`
	EnvelopeID string        `json:"envid"`
}

type bouncedJSON struct {
	Address    string        `json:"address"`
	Original   string        `json:"original"`
	Action     bounce.Action `json:"action"`
	Status     string        `json:"status"`
	Diagnostic string        `json:"diagnostic"`
	Kind       string        `json:"kind"`
	Reason     string        `json:"reason"`
}

func (p *program) bounceParseCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "parse [FILE…]",
		Short: "Say whom a delivery report is about, and why",
		Long: "Reads mails, each in a file of its own or one from standard input, and prints what they say as delivery reports. " +
			"It looks nothing up, changes nothing, and believes what stands there.",
		Example: "sendoff bounce parse report.eml\nsendoff bounce parse --json ~/Maildir/new/*",
		RunE:    func(cmd *cobra.Command, args []string) error { return p.parseBounces(cmd.Context(), args, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "an object a line for each file")
	return cmd
}

// parseBounces goes on behind a file that cannot be read, and ends with the
// error of the last one.
func (p *program) parseBounces(ctx context.Context, files []string, asJSON bool) error {
	if len(files) == 0 {
		files = []string{stdin}
		if isTerminal(p.In) {
			fmt.Fprintln(p.Err, "Paste the mail with its header; ctrl+d on a line of its own ends it.")
		}
	}
	encoder := json.NewEncoder(p.Out)
	encoder.SetEscapeHTML(false)
	var unread error
	for _, file := range files {
		report, err := p.readReport(ctx, file)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if unread != nil {
				p.say(unread, "")
			}
			unread = err
			continue
		}
		if !asJSON {
			writeBounce(p.Out, file, report)
			continue
		}
		if err := encoder.Encode(toBounceJSON(file, report)); err != nil {
			return err
		}
	}
	return unread
}

// stdin is standard input, where a file can be named.
const stdin = "-"

// readReport ends with ctx, though a pipe may have no writer.
func (p *program) readReport(ctx context.Context, file string) (bounce.Report, error) {
	done := make(chan bounce.Report, 1) // what is read too late is for nobody
	err := endWith(ctx, func() error {
		report, err := parseReport(p.In, file)
		if err != nil {
			return fmt.Errorf("read the report: %w", err)
		}
		done <- report
		return nil
	})
	if err != nil {
		return bounce.Report{}, err
	}
	return <-done, nil
}

func parseReport(in io.Reader, file string) (bounce.Report, error) {
	if file == stdin {
		return bounce.Parse(in)
	}
	f, err := os.Open(file)
	if err != nil {
		return bounce.Report{}, err
	}
	defer f.Close()
	return bounce.Parse(f)
}

func toBounceJSON(file string, report bounce.Report) bounceJSON {
	j := bounceJSON{
		File: file, Bounce: report.Mail == bounce.Delivery, Recipients: []bouncedJSON{},
		MessageID: report.MessageID, EnvelopeID: report.EnvelopeID,
	}
	for _, r := range report.Recipients {
		j.Recipients = append(j.Recipients, toBouncedJSON(r))
	}
	return j
}

func toBouncedJSON(r bounce.Recipient) bouncedJSON {
	return bouncedJSON{
		Address: r.Address, Original: r.Original, Action: r.Action, Status: r.Status,
		Diagnostic: r.Diagnostic, Kind: r.Kind.String(), Reason: r.Reason,
	}
}

// sorts are the sorts of mail in words, for people.
var sorts = map[bounce.Mail]string{
	bounce.Other: "not a delivery report", bounce.AutoReply: "an automatic answer, not a delivery report",
	bounce.Receipt: "a reader's receipt, not a delivery report", bounce.Feedback: "a complaint, not a delivery report",
	bounce.Delivery: "a delivery report",
}

func writeBounce(to io.Writer, file string, report bounce.Report) {
	line := sorts[report.Mail]
	if report.Subject != "" {
		line += " on \"" + report.Subject + "\""
	}
	if report.MessageID != "" {
		line += " <" + report.MessageID + ">"
	}
	fmt.Fprintf(to, "%s: %s\n", cleantext.Line(file), line)
	for _, r := range report.Recipients {
		fmt.Fprintf(to, "  %s: %s\n", r.Address, strings.TrimSpace(string(r.Action)+" "+r.Status))
		fmt.Fprintf(to, "    %s\n", r.Reason)
		if r.Diagnostic != "" {
			fmt.Fprintf(to, "    The server said: %s\n", r.Diagnostic)
		}
	}
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
	"sendoff/outbox/bounce"
)

// takenJSON is what came of a mail that was looked at. Its names are a contract.
type takenJSON struct {
	File       string              `json:"file"`
	Mail       bounce.Mail         `json:"mail"`
	Again      bool                `json:"again"`
	Item       outbox.ID           `json:"item"` // "" for none that is known
	Recipients []takenReportedJSON `json:"recipients"`

	Unsubscribed string `json:"unsubscribed"` // whose owner wants no more letters; "" if it says no such thing
}

type takenReportedJSON struct {
	bouncedJSON
	Counts string `json:"counts"` // yes, or why not: unknown message, unknown recipient, no news
}

var countingNames = map[outbox.Counting]string{
	outbox.Counted: "yes", outbox.NoItem: "unknown message", outbox.NoRecipient: "unknown recipient", outbox.NoNews: "no news",
}

func (p *program) bounceIngestCommand() *cobra.Command {
	var asJSON bool
	var account string
	cmd := &cobra.Command{
		Use:   "ingest [FILE…]",
		Short: "Take in delivery reports, and find the messages they are about",
		Long: "Reads mails from files, mboxes and Maildirs, or one from standard input, as a mail filter gives it. What a delivery report says is kept with the " +
			"recipient it is about. Who unsubscribes from a campaign by mail is suppressed. Any other mail is left alone. The same report counts once.",
		Example: "sendoff bounce ingest report.eml\nsendoff bounce ingest ~/Maildir\n:0 c\n* ^From:.*MAILER-DAEMON\n| sendoff bounce ingest",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ingest(cmd.Context(), args, account, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "an object a line for each mail")
	cmd.Flags().StringVarP(&account, "account", "a", "", "whose mailbox they come from, for the record")
	return cmd
}

// ingest goes on behind a file that cannot be read, and ends with the error of
// the last one.
func (p *program) ingest(ctx context.Context, files []string, account string, asJSON bool) error {
	if len(files) == 0 {
		files = []string{stdin}
		if isTerminal(p.In) {
			fmt.Fprintln(p.Err, "Paste the mail with its header; ctrl+d on a line of its own ends it.")
		}
	}
	return withOutbox(ctx, func(b *outbox.Outbox, _ places) error {
		var last error
		for _, file := range files {
			err := eachMail(ctx, p.In, file, func(name string, mail io.Reader) error {
				taken, err := b.TakeReport(ctx, outbox.Arrived{Account: account, Mail: mail})
				switch {
				case errors.Is(err, outbox.ErrBusy):
					return hinted{err, "give it again in a moment"}
				case err != nil:
					return err
				case asJSON:
					return writeTakenJSON(p.Out, name, taken)
				}
				writeTaken(p.Out, name, taken)
				return nil
			})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				if last != nil {
					p.say(last, "")
				}
				last = err
			}
		}
		return last
	})
}

func writeTakenJSON(out io.Writer, file string, taken outbox.Taken) error {
	j := takenJSON{File: file, Mail: taken.Mail, Again: taken.Again, Item: taken.Item, Recipients: []takenReportedJSON{}, Unsubscribed: taken.Unsubscribed}
	for _, r := range taken.Recipients {
		j.Recipients = append(j.Recipients, takenReportedJSON{toBouncedJSON(r.Recipient), countingNames[r.Counts]})
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(j)
}

// writeTaken says it for people, in a line for each recipient.
func writeTaken(out io.Writer, file string, taken outbox.Taken) {
	name := cleantext.Line(file)
	if taken.Unsubscribed != "" {
		fmt.Fprintf(out, "%s: %s wants no more letters, and is suppressed\n", name, taken.Unsubscribed)
		return
	}
	if taken.Mail != bounce.Delivery {
		fmt.Fprintf(out, "%s: no delivery report\n", name)
		return
	}
	if taken.Again {
		fmt.Fprintf(out, "%s: was taken in before\n", name)
		return
	}
	for _, r := range taken.Recipients {
		switch r.Counts {
		case outbox.Counted:
			fmt.Fprintf(out, "%s: %s, %s: %s\n", name, taken.Item, r.Address, r.Reason)
		case outbox.NoItem:
			fmt.Fprintf(out, "%s: of no message that is known: %s: %s\n", name, r.Address, r.Reason)
		case outbox.NoRecipient:
			fmt.Fprintf(out, "%s: %s never went to %s: nothing is changed\n", name, taken.Item, r.Address)
		case outbox.NoNews:
			fmt.Fprintf(out, "%s: %s, %s: nothing new\n", name, taken.Item, r.Address)
		}
	}
	if len(taken.Recipients) == 0 {
		fmt.Fprintf(out, "%s: a delivery report that names nobody\n", name)
	}
}

// reportJSON is a report that was taken in. Its names are a contract.
type reportJSON struct {
	At         *time.Time           `json:"at"`
	Account    string               `json:"account"`
	From       string               `json:"from"`
	Subject    string               `json:"subject"`
	Item       outbox.ID            `json:"item"`
	Recipients []reportedRecipients `json:"recipients"`
}

type reportedRecipients struct {
	Address    string      `json:"address"`
	Kind       bounce.Kind `json:"kind"`
	Reason     string      `json:"reason"`
	Diagnostic string      `json:"diagnostic"`
	Known      bool        `json:"known"`
	Counted    bool        `json:"counted"`
}

func (p *program) bounceListCommand() *cobra.Command {
	var asJSON, strange bool
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the delivery reports that came back, newest first",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usagef("--limit %d is less than 1", limit)
			}
			return withOutbox(cmd.Context(), func(b *outbox.Outbox, _ places) error {
				all, err := b.Reports(cmd.Context(), strange, limit)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(p.Out, toReportsJSON(all))
				}
				for _, r := range all {
					writeReport(p.Out, r)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as a JSON array")
	cmd.Flags().BoolVar(&strange, "unknown", false, "only those of no message or recipient that is known")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many")
	return cmd
}

func toReportsJSON(all []outbox.KeptReport) []reportJSON {
	list := []reportJSON{}
	for _, r := range all {
		j := reportJSON{At: timeJSON(r.At), Account: r.Account, From: r.Sender, Subject: r.Subject, Item: r.Item, Recipients: []reportedRecipients{}}
		for _, s := range r.Said {
			j.Recipients = append(j.Recipients, reportedRecipients{s.Address, s.Kind, s.Reason, s.Diagnostic, s.Ours, s.Counted})
		}
		list = append(list, j)
	}
	return list
}

func writeReport(out io.Writer, r outbox.KeptReport) {
	item := r.Item.String()
	if item == "" {
		item = "-"
	}
	fmt.Fprintf(out, "%s  %-5s  %s\n", r.At.Local().Format(time.DateTime), item, orElse(r.Subject, "(no subject)"))
	for _, s := range r.Said {
		notes := ""
		if r.Item != 0 && !s.Ours {
			notes = " (it never went there)"
		}
		fmt.Fprintf(out, "  %s%s: %s\n", s.Address, notes, strings.TrimSpace(s.Reason))
	}
}

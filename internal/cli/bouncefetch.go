package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
	"sendoff/outbox/bounce"
)

// errNoMailbox is an account in which no bounces arrive.
var errNoMailbox = errors.New("no mailbox is set")

func (p *program) bounceFetchCommand() *cobra.Command {
	var asJSON bool
	var account string
	cmd := &cobra.Command{
		Use:   "fetch",
		Short: "Look into the mailboxes of the accounts for delivery reports now",
		Long: "Looks through what is new in the mailbox of each account (IMAP or POP3), takes in the delivery reports and prints what came of them. " +
			"It deletes nothing there and marks nothing as read. The sender does so by itself, every two minutes or as the account says, and when the server tells that something has come.\n\n" +
			"A mailbox that has refused its login is asked once more. The exit code is that of the first mailbox that could not be looked through: " +
			"75 if it could not be reached, 77 if it refused the login, 78 if the settings have to be changed.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.fetchReports(cmd.Context(), account, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "an object a line for each report")
	cmd.Flags().StringVarP(&account, "account", "a", "", "only that of this account")
	return cmd
}

// fetchReports goes on behind a mailbox that cannot be looked through.
func (p *program) fetchReports(ctx context.Context, account string, asJSON bool) error {
	return withEngine(ctx, func(_ *outbox.Outbox, e *engine, _ places) error {
		chosen, err := withMailbox(e.accounts, account)
		if err != nil {
			return err
		}
		code := exitOK
		for _, policy := range chosen {
			one, err := p.fetchFrom(ctx, e, policy, asJSON)
			if err != nil {
				return err
			}
			if code == exitOK {
				code = one
			}
		}
		return byOutcome(code)
	})
}

// withMailbox are the accounts in which bounces arrive, or the named one.
func withMailbox(source *accountSource, name string) (chosen []outbox.Policy, err error) {
	if name != "" {
		if _, err := source.lookup(name); err != nil {
			return nil, err
		}
	}
	for _, policy := range source.policies() {
		if policy.Mailbox != "" && (name == "" || policy.Account == name) {
			chosen = append(chosen, policy)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("fetch bounces: %w", errNoMailbox)
	}
	return chosen, nil
}

// fetchFrom looks into one mailbox, and gives the exit code of what came of it.
func (p *program) fetchFrom(ctx context.Context, e *engine, policy outbox.Policy, asJSON bool) (code int, err error) {
	reports := 0
	var printed error
	result, err := e.sender.FetchReports(ctx, policy, func(name string, taken outbox.Taken) {
		switch {
		case taken.Mail == bounce.Delivery:
			reports++
		case taken.Unsubscribed == "":
			return
		}
		if name = policy.Account + ": " + name; asJSON {
			printed = errors.Join(printed, writeTakenJSON(p.Out, name, taken))
			return
		}
		writeTaken(p.Out, name, taken)
	})
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil || printed != nil:
		return 0, errors.Join(err, printed)
	case result.Class == outbox.ClassAccepted:
		fmt.Fprintf(p.Err, "sendoff: %s: delivery reports: %d\n", policy.Account, reports)
		return exitOK, nil
	}
	fmt.Fprintf(p.Err, "sendoff: %s: the mailbox could not be looked through: %s\nhint: %s\n", policy.Account, cleantext.Line(result.Text), hintMailbox(policy.Account))
	return fetchExit(result.Class), nil
}

// fetchExit is the exit code for a mailbox that could not be looked through. It is
// pure.
func fetchExit(c outbox.Class) int {
	switch c {
	case outbox.ClassCredentials:
		return exitPermission
	case outbox.ClassAccount:
		return exitConfig
	}
	return exitTryLater
}

func hintMailbox(account string) string {
	return "sendoff account check " + account + " says where it ends"
}

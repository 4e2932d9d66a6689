package cli

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/outbox"
)

type accountJSON struct {
	Name       string   `json:"name"`
	Default    bool     `json:"default"`
	From       string   `json:"from"`
	Identities []string `json:"identities"`
	Server     string   `json:"server"`
	Proxy      string   `json:"proxy"` // its URL, without a password; "": there is none
	Security   string   `json:"security"`
	Auth       string   `json:"auth"`
	Username   string   `json:"username"`

	Park    *parkJSON    `json:"park"`    // null: it is not stopped
	Mailbox *mailboxJSON `json:"mailbox"` // null: none was looked into for bounces
}

// parkJSON is why an account stands still.
type parkJSON struct {
	Until    *time.Time `json:"until"` // null: until it changes, or a retry
	Code     int        `json:"code"`
	Enhanced string     `json:"enhanced"`
	Text     string     `json:"text"`
	Class    string     `json:"class"`
}

func (p *program) accountCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Set up, change and list the accounts",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var asJSON bool
	list := &cobra.Command{
		Use:   "list",
		Short: "List the accounts, why one stands still, and how the last look for bounces went",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.listAccounts(cmd.Context(), asJSON) },
	}
	list.Flags().BoolVar(&asJSON, "json", false, "an array of accounts")
	cmd.AddCommand(list, p.discoverCommand(), p.accountCheckCommand())
	cmd.AddCommand(p.accountAddCommand(), p.accountEditCommand(), p.accountSecretCommand(), p.accountDefaultCommand())
	cmd.AddCommand(p.accountRenameCommand(), p.accountRemoveCommand(), p.accountLoginCommand(), p.accountImportCommand())
	return cmd
}

// listAccounts lists them though nothing may be known of the outbox, where parks
// are.
func (p *program) listAccounts(ctx context.Context, asJSON bool) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return err
	}
	parks, err := parksNow(ctx, where, time.Now())
	var looks map[string]outbox.MailboxState
	if err == nil {
		looks, err = looksNow(ctx, where)
	}
	if err != nil {
		p.say(err, "sendoff doctor says more")
	}
	all := make([]accountJSON, 0, len(book.Accounts))
	for _, a := range book.Accounts {
		one := accountJSON{
			Name: a.Name, Default: a.Name == book.Default, From: a.From.String(), Identities: append([]string{}, a.Addresses()...),
			Server: net.JoinHostPort(a.SMTP.Host, strconv.Itoa(a.SMTP.Port)), Proxy: a.SMTP.Proxy.String(),
			Security: string(a.SMTP.Security), Auth: string(a.SMTP.Auth), Username: a.SMTP.Username,
		}
		if park, stopped := parks[a.Name]; stopped {
			one.Park = &parkJSON{timeJSON(park.Until), park.Code, park.Enhanced, park.Text, park.Class.String()}
		}
		if m, known := looks[a.Name]; known && !a.Mailbox.IsZero() {
			one.Mailbox = &mailboxJSON{timeJSON(m.Looked), m.Class.String(), m.Text, timeJSON(m.Next)}
		}
		all = append(all, one)
	}
	if asJSON {
		return writeJSON(p.Out, all)
	}
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	for i, a := range all {
		mark := " "
		if a.Default {
			mark = "*"
		}
		state := ""
		if park, stopped := parks[a.Name]; stopped {
			state = "\t" + parkText(park)
		}
		if a.Mailbox != nil {
			state += "\tmailbox " + looksText(looks[a.Name])
		}
		way := a.Server
		if a.Proxy != "" {
			way += " through " + a.Proxy
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s%s\n", mark, a.Name, accounts.AddressText(book.Accounts[i].From), way, a.Security, state)
	}
	return w.Flush()
}

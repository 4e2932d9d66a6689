package cli

import (
	"fmt"
	"net"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sendoff/accounts"
)

type accountJSON struct {
	Name       string   `json:"name"`
	Default    bool     `json:"default"`
	From       string   `json:"from"`
	Identities []string `json:"identities"`
	Server     string   `json:"server"`
	Security   string   `json:"security"`
	Auth       string   `json:"auth"`
	Username   string   `json:"username"`
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
		Short: "List the accounts",
		Args:  noArguments,
		RunE:  func(*cobra.Command, []string) error { return p.listAccounts(asJSON) },
	}
	list.Flags().BoolVar(&asJSON, "json", false, "an array of accounts")
	cmd.AddCommand(list, p.discoverCommand(), p.accountCheckCommand())
	cmd.AddCommand(p.accountAddCommand(), p.accountEditCommand(), p.accountSecretCommand(), p.accountDefaultCommand())
	cmd.AddCommand(p.accountRenameCommand(), p.accountRemoveCommand())
	return cmd
}

func (p *program) listAccounts(asJSON bool) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return err
	}
	all := make([]accountJSON, 0, len(book.Accounts))
	for _, a := range book.Accounts {
		all = append(all, accountJSON{
			Name: a.Name, Default: a.Name == book.Default, From: a.From.String(), Identities: append([]string{}, a.Identities...),
			Server: net.JoinHostPort(a.SMTP.Host, strconv.Itoa(a.SMTP.Port)), Security: string(a.SMTP.Security),
			Auth: string(a.SMTP.Auth), Username: a.SMTP.Username,
		})
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
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\n", mark, a.Name, accounts.AddressText(book.Accounts[i].From), a.Server, a.Security)
	}
	return w.Flush()
}

package cli

import (
	"github.com/spf13/cobra"

	"sendoff/accounts"
)

func (p *program) accountDefaultCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "default NAME",
		Short: "Take an account for messages that name none",
		Args:  nameOfOne,
		RunE: func(_ *cobra.Command, args []string) error {
			return p.changeAccounts(func(file *accounts.File, _ places) error {
				if err := file.SetDefault(args[0]); err != nil {
					return err
				}
				return file.Save()
			})
		},
	}
}

func nameOfOne(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return hinted{usagef("the name of one account is wanted"), "sendoff account list shows them"}
	}
	return nil
}

// changeAccounts opens accounts.toml for a change. What is wrong with a setting is
// told of the flag that has set it.
func (p *program) changeAccounts(change func(*accounts.File, places) error) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	file, err := accounts.OpenFile(where.accounts)
	if err != nil {
		return err
	}
	return saidWrong(change(file, where))
}

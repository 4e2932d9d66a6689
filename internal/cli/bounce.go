package cli

import "github.com/spf13/cobra"

func (p *program) bounceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bounce",
		Short: "Read delivery reports",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.bounceFetchCommand(), p.bounceIngestCommand(), p.bounceListCommand(), p.bounceParseCommand())
	return cmd
}

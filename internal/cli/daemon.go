package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sendoff/outbox"
)

func (p *program) daemonCommand() *cobra.Command {
	var install, trace bool
	cmd := &cobra.Command{
		Use:   "daemon",
		Short: "Send what is due until stopped by a signal",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := atMostOne(cmd, "install", "trace"); err != nil {
				return err
			}
			if install {
				return p.installUnit(cmd.Context())
			}
			return withEngine(cmd.Context(), func(b *outbox.Outbox, e *engine, where places) error {
				e.alarmDesktop(b, where.state)
				switch s := b.Sender(); s.State {
				case outbox.SenderGone:
					fmt.Fprintln(p.Err, "sendoff: sending; ctrl+c ends it")
				case outbox.SenderMoves:
					fmt.Fprintln(p.Err, "sendoff: another process is sending; waiting to take over")
				case outbox.SenderStill:
					p.say(errors.New(s.Words()+"; waiting to take over"), s.Hint())
				}
				if trace {
					p.trace(e)
				}
				return e.run(cmd.Context())
			})
		},
	}
	cmd.Flags().BoolVar(&install, "install", false, "write and enable a systemd user unit that runs it")
	traceFlag(cmd, &trace)
	return cmd
}

package cli

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/internal/sandbox"
)

func (p *program) sandboxCommand() *cobra.Command {
	var o sandbox.Options
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the built-in mail server on its own; nothing leaves the machine",
		Long: "Serves SMTP on this machine until stopped, takes every message and delivers none. An account for it has security = \"none\".\n\n" +
			"With --imap or --pop3 the delivery reports that come back can be fetched: each address that mail comes from has a mailbox, and logs in by that address with any password " +
			"but \"wrong\". The addresses that are listened on are printed, a line each.\n\n" +
			"Addresses that misbehave, at any domain:\n" + behaviourHelp(),
		Example: "sendoff sandbox --dir ~/caught\nsendoff sandbox --imap 127.0.0.1:1143",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.sandbox(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.Addr, "smtp", "127.0.0.1:2525", "loopback address to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&o.IMAP, "imap", "", "loopback address at which the mailboxes are read by IMAP; port 0 takes a free one")
	cmd.Flags().StringVar(&o.POP3, "pop3", "", "the same for POP3")
	cmd.Flags().StringVar(&o.Dir, "dir", "", "keep what is caught in this Maildir")
	return cmd
}

func (p *program) sandbox(ctx context.Context, o sandbox.Options) error {
	o.Log = func(line string) { fmt.Fprintln(p.Err, line) }
	server, err := sandbox.Start(o)
	if as[*net.OpError](err) {
		return hinted{err, "something else may listen there; port 0, as in --smtp 127.0.0.1:0, takes a free one"}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "%s\n", server.Addr())
	for _, address := range []string{server.IMAPAddr(), server.POP3Addr()} {
		if address != "" {
			fmt.Fprintf(p.Out, "%s\n", address)
		}
	}
	fmt.Fprintln(p.Err, "sendoff: catching mail; ctrl+c ends it")
	<-ctx.Done()
	return server.Close()
}

// behaviourHelp is the table of addresses that misbehave.
func behaviourHelp() string {
	var b strings.Builder
	for _, v := range sandbox.Behaviours() {
		fmt.Fprintf(&b, "  %-12s %s\n", v.LocalPart+"@", v.Description)
	}
	return strings.TrimRight(b.String(), "\n")
}

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
	var address, dir string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the built-in mail server on its own; nothing leaves the machine",
		Long: "Serves SMTP on this machine until stopped, takes every message and delivers none. An account for it has security = \"none\".\n\n" +
			"Addresses that misbehave, at any domain:\n" + behaviourHelp(),
		Example: "sendoff sandbox --dir ~/caught",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.sandbox(cmd.Context(), address, dir) },
	}
	cmd.Flags().StringVar(&address, "smtp", "127.0.0.1:2525", "loopback address to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&dir, "dir", "", "keep what is caught in this Maildir")
	return cmd
}

func (p *program) sandbox(ctx context.Context, address, dir string) error {
	server, err := sandbox.Start(sandbox.Options{Addr: address, Dir: dir, Log: func(line string) { fmt.Fprintln(p.Err, line) }})
	if as[*net.OpError](err) {
		return hinted{err, "something else may listen there; --smtp 127.0.0.1:0 takes a free port"}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "%s\n", server.Addr())
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

package cli

import (
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"sendoff/outbox"
)

// traceFlag adds --trace to a command that sends.
func traceFlag(cmd *cobra.Command, trace *bool) {
	cmd.Flags().BoolVar(trace, "trace", false, "show on standard error what is said to the servers and what they say, as it is said")
}

// trace makes an engine tell every line of its dialogues on standard error, with
// the item that it is about.
func (p *program) trace(e *engine) {
	var one sync.Mutex // deliveries go on side by side
	e.sender.Trace = func(item outbox.ID, line string) {
		one.Lock()
		defer one.Unlock()
		fmt.Fprintf(p.Err, "%s %s\n", item, line)
	}
}

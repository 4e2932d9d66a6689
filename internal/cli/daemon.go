package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"sendoff/outbox"
)

const unitName = "sendoff.service"

func (p *program) daemonCommand() *cobra.Command {
	var install bool
	cmd := &cobra.Command{
		Use:   "daemon",
		Short: "Send what is due until stopped by a signal",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if install {
				return p.installUnit(cmd.Context())
			}
			return withEngine(cmd.Context(), func(_ *outbox.Outbox, e *engine, _ places) error {
				return e.sender.Run(cmd.Context())
			})
		},
	}
	cmd.Flags().BoolVar(&install, "install", false, "write and enable a systemd user unit that runs it")
	return cmd
}

// installUnit makes the sender start with the user's session, and start now.
func (p *program) installUnit(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	systemctl, err := exec.LookPath("systemctl")
	if err != nil {
		return hinted{errors.Join(errors.New("there is no systemd here"), err), "start sendoff daemon with your session in another way, or run sendoff flush from cron"}
	}
	path := filepath.Join(xdg.ConfigHome, "systemd", "user", unitName)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(unit(self, os.Environ())), 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{{"--user", "daemon-reload"}, {"--user", "enable", "--now", unitName}} {
		if out, err := exec.CommandContext(ctx, systemctl, args...).CombinedOutput(); err != nil {
			return hinted{fmt.Errorf("systemctl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out))), "the unit is written to " + path}
		}
	}
	fmt.Fprintf(p.Err, "sendoff: %s runs now and with every session\n", unitName)
	return nil
}

// unit is the text of the systemd unit. Where the XDG directories are not the
// usual ones it must say so, since a user manager does not know a shell's
// variables.
func unit(program string, environ []string) string {
	var b strings.Builder
	b.WriteString("[Unit]\nDescription=sendoff: sends what is in the outbox\n\n[Service]\n")
	fmt.Fprintf(&b, "ExecStart=%s daemon\n", strconv.Quote(strings.ReplaceAll(program, "%", "%%")))
	for _, entry := range environ {
		if name, _, _ := strings.Cut(entry, "="); name == "XDG_CONFIG_HOME" || name == "XDG_DATA_HOME" || name == "XDG_STATE_HOME" {
			fmt.Fprintf(&b, "Environment=%s\n", strconv.Quote(strings.ReplaceAll(entry, "%", "%%")))
		}
	}
	// The stop waits for the answer to a final dot that has left.
	b.WriteString("Restart=on-failure\nRestartSec=30\nTimeoutStopSec=30\n\n[Install]\nWantedBy=default.target\n")
	return b.String()
}

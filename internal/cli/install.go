package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/adrg/xdg"
)

const (
	unitName      = "sendoff.service"
	hintNoSystemd = "run sendoff flush from cron, or start sendoff daemon with your session"
)

// installUnit makes the sender start with the user's session, and start now.
func (p *program) installUnit(ctx context.Context) error {
	if err := installUnit(ctx); err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "sendoff: %s runs now and with every session\n", unitName)
	return nil
}

// installUnit says of whatever keeps it from that what can be done instead.
func installUnit(ctx context.Context) error {
	if err := installUnitFor(ctx); err != nil {
		return hinted{err, hintNoSystemd}
	}
	return nil
}

func installUnitFor(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	systemctl, err := exec.LookPath("systemctl")
	if err != nil {
		return unavailableError{errors.New("there is no systemd here")}
	}
	path := filepath.Join(xdg.ConfigHome, "systemd", "user", unitName)
	made := missing(filepath.Dir(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	_, err = os.Lstat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err := os.WriteFile(path, []byte(unit(self, os.Environ())), 0o600); err != nil {
		return err
	}
	if err := enableUnit(ctx, systemctl); err != nil {
		if isNew { // else the one that was there would be gone
			err = errors.Join(err, os.Remove(path))
		}
		for _, dir := range made {
			_ = os.Remove(dir) // unless something else stands in it by now
		}
		return err
	}
	return nil
}

// missing are a folder and those above it that are not there yet, the innermost first.
func missing(dir string) (all []string) {
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		all = append(all, dir)
	}
	return all
}

// enableUnit tells the user's systemd of the unit. That cannot be done as root
// by sudo, from cron or in a container: there is nobody at the bus.
func enableUnit(ctx context.Context, systemctl string) error {
	for _, args := range [][]string{{"daemon-reload"}, {"enable", "--now", unitName}} {
		out, err := exec.CommandContext(ctx, systemctl, append([]string{"--user"}, args...)...).CombinedOutput()
		if err == nil {
			continue
		}
		said, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return unavailableError{fmt.Errorf("the unit cannot be enabled: systemctl --user %s: %s", strings.Join(args, " "), orElse(said, err.Error()))}
	}
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
	// The stop waits for the answer to a final dot that has left, and an outcome
	// is tried to be recorded for half a minute after that.
	b.WriteString("Restart=on-failure\nRestartSec=30\nTimeoutStopSec=90\n\n[Install]\nWantedBy=default.target\n")
	return b.String()
}

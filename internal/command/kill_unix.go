//go:build unix

package command

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// killWhole puts a command in a process group of its own, and makes the end of
// its context kill the group: a helper that it started would go on
// for an answer that nobody waits for.
func killWhole(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}

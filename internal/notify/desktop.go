package notify

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sendoff/internal/command"
)

// showWithin is how long a program that shows a notification may take.
const showWithin = 10 * time.Second

var errTooSlow = errors.New("it takes longer than ten seconds")

// ByCommand shows notices by a program: the title and the body are its last two
// arguments. environ is its environment, nil that of this process.
func ByCommand(argv []string, environ func() []string) func(context.Context, Notice) error {
	return func(ctx context.Context, n Notice) error {
		c := command.Command{Argv: append(slices.Clone(argv), n.Title, n.Body), Limit: showWithin, TooSlow: errTooSlow}
		if environ != nil {
			c.Env = environ()
		}
		_, err := c.Output(ctx)
		return err
	}
}

// notifySend is the program that shows a notification on the desktops of
// freedesktop.org.
const notifySend = "notify-send"

// Desktop shows notices on the desktop of this session; nil: there is none, or
// nothing to do it with.
func Desktop(environ func() []string) func(context.Context, Notice) error {
	if !hasSession() {
		return nil
	}
	if _, err := exec.LookPath(notifySend); err != nil {
		return nil
	}
	show := ByCommand([]string{notifySend, "--app-name=sendoff", "--icon=mail-send", "--"}, environ)
	return func(ctx context.Context, n Notice) error {
		return show(ctx, Notice{n.Title, markup.Replace(n.Body)})
	}
}

// hasSession tells that there is a bus of the session, said or where systemd has it.
func hasSession() bool {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "bus"))
	return err == nil
}

// markup keeps a body from being read as HTML, which it is by many desktops.
var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"sendoff/internal/config"
	"sendoff/internal/notify"
	"sendoff/outbox"
	"sendoff/ui"
)

// alarm has somebody told of what was not delivered while this process sends.
func (e *engine) alarm(b *outbox.Outbox, state string, tell func(context.Context, notify.Notice) error) {
	e.sender.Beside = (&notify.Notifier{Outbox: b, Path: filepath.Join(state, "notified.json"), Log: e.log, Tell: tell}).Run
}

// alarmDesktop has the desktop tell it, or the user's command.
func (e *engine) alarmDesktop(b *outbox.Outbox, state string) {
	switch e.settings.Notify {
	case config.NotifyOff:
	case config.NotifyCommand:
		e.alarm(b, state, notify.ByCommand(e.settings.NotifyCommand, e.accounts.environ))
	default:
		if show := notify.Desktop(e.accounts.environ); show != nil {
			e.alarm(b, state, show)
		}
	}
}

// alarmTerminal has the interface tell it, or the user's command.
func (e *engine) alarmTerminal(b *outbox.Outbox, state string) (<-chan ui.Alarm, ui.AlarmBy) {
	switch e.settings.Notify {
	case config.NotifyOff:
		return nil, ""
	case config.NotifyCommand:
		e.alarm(b, state, notify.ByCommand(e.settings.NotifyCommand, e.accounts.environ))
		return nil, ""
	}
	alarms := make(chan ui.Alarm)
	e.alarm(b, state, func(ctx context.Context, n notify.Notice) error {
		select {
		case alarms <- ui.Alarm(n):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return alarms, alarmBy(e.settings.Notify, os.Getenv)
}

// alarmBy is how the terminal is asked: as the settings say, else by what it says of
// itself. It is pure. Inside of tmux and screen only the bell gets out.
func alarmBy(n config.Notify, environment func(string) string) ui.AlarmBy {
	switch n {
	case config.NotifyOSC9:
		return ui.AlarmOSC9
	case config.NotifyOSC777:
		return ui.AlarmOSC777
	case config.NotifyBell:
		return ui.AlarmBell
	}
	term, program := environment("TERM"), environment("TERM_PROGRAM")
	for _, prefix := range []string{"tmux", "screen"} {
		if environment("TMUX") != "" || strings.HasPrefix(term, prefix) {
			return ui.AlarmBell
		}
	}
	switch program {
	case "iTerm.app", "WezTerm", "ghostty":
		return ui.AlarmOSC9
	}
	for prefix, by := range map[string]ui.AlarmBy{
		"xterm-kitty": ui.AlarmOSC9, "xterm-ghostty": ui.AlarmOSC9, "wezterm": ui.AlarmOSC9,
		"foot": ui.AlarmOSC777, "rxvt-unicode": ui.AlarmOSC777,
	} {
		if strings.HasPrefix(term, prefix) {
			return by
		}
	}
	return ui.AlarmBell
}

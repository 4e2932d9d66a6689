package cli

import (
	"testing"

	"sendoff/internal/config"
	"sendoff/ui"
)

func TestAlarmBy_GoesByWhatTheTerminalSaysOfItself(t *testing.T) {
	for _, test := range []struct {
		setting config.Notify
		env     map[string]string
		want    ui.AlarmBy
	}{
		{config.NotifyAuto, nil, ui.AlarmBell},
		{config.NotifyAuto, map[string]string{"TERM": "xterm-256color"}, ui.AlarmBell},
		{config.NotifyAuto, map[string]string{"TERM": "xterm-kitty"}, ui.AlarmOSC9},
		{config.NotifyAuto, map[string]string{"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, ui.AlarmOSC9},
		{config.NotifyAuto, map[string]string{"TERM": "foot-extra"}, ui.AlarmOSC777},
		{config.NotifyAuto, map[string]string{"TERM": "tmux-256color", "TERM_PROGRAM": "WezTerm"}, ui.AlarmBell},
		{config.NotifyAuto, map[string]string{"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-0/default,1,0"}, ui.AlarmBell},
		{config.NotifyOSC777, map[string]string{"TERM": "tmux-256color"}, ui.AlarmOSC777},
		{config.NotifyOSC9, nil, ui.AlarmOSC9},
		{config.NotifyBell, map[string]string{"TERM": "xterm-kitty"}, ui.AlarmBell},
	} {
		if got := alarmBy(test.setting, func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%s, %v: %s, want %s", test.setting, test.env, got, test.want)
		}
	}
}

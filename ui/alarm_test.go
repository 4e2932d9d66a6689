package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

func TestSequence(t *testing.T) {
	hostile := Alarm{"a\x1b]0;x\x07\x9c;b", "c\x1b\\;\nd"}
	for _, test := range []struct {
		by    AlarmBy
		alarm Alarm
		want  string
	}{
		{AlarmBell, hostile, "\a"},
		{AlarmOSC9, Alarm{"Not delivered", "4 of them"}, "\x1b]9;sendoff: Not delivered. 4 of them\x07"},
		{AlarmOSC9, hostile, "\x1b]9;sendoff: a\ufffd]0;x\ufffd\ufffd;b. c\ufffd\\; d\x07"},
		{AlarmOSC777, hostile, "\x1b]777;notify;a\ufffd]0,x\ufffd\ufffd,b;c\ufffd\\, d\x07"},
	} {
		if got := sequence(test.by, test.alarm); got != test.want {
			t.Errorf("%s: %q, want %q", test.by, got, test.want)
		}
	}
}

func TestModel_PassesAlarmsOnToTheTerminal(t *testing.T) {
	alarms := make(chan Alarm, 1)
	alarms <- Alarm{"Not delivered", "“Lunch”"}
	m := New(t.Context(), Options{Alarms: alarms, AlarmBy: AlarmOSC9})
	msg := m.listenAlarms()()
	var raw string
	batch, _ := m.update(msg)().(tea.BatchMsg)
	for _, cmd := range batch[:min(len(batch), 1)] { // the next one waits for an alarm
		if r, ok := cmd().(tea.RawMsg); ok {
			raw, _ = r.Msg.(string)
		}
	}
	if raw != "\x1b]9;sendoff: Not delivered. “Lunch”\x07" || len(batch) != 2 {
		t.Errorf("%q, and %d commands", raw, len(batch))
	}
	if New(t.Context(), Options{}).listenAlarms() != nil {
		t.Error("it waits for what never comes")
	}
}

// Failures that come are counted in the title until the failed ones are looked at; old
// ones are not.
func TestModel_TheTitleCountsFailuresThatNobodyHasLookedAt(t *testing.T) {
	before := func(s *story) {
		s.queue(draft("work", "reject@example.org", "Old"), outbox.SubmitOptions{})
		s.deliver()
	}
	tell(t, 80, 24, nil, before, func(s *story) {
		title := func(want string) {
			t.Helper()
			if got := s.model.View().WindowTitle; !strings.HasPrefix(got, want) {
				t.Errorf("title %q, want %q", got, want)
			}
		}
		title("sendoff · ")
		s.queue(draft("work", "reject@example.org", "New"), outbox.SubmitOptions{})
		s.queue(draft("work", "defer@example.org", "Late"), outbox.SubmitOptions{})
		s.deliver()
		s.Advance(time.Second)
		title("1 failed · sendoff · ")
		s.Keys("4")
		s.Advance(time.Second)
		title("sendoff · ")
		s.Keys("2")
		s.Advance(time.Second)
		title("sendoff · ")
	})
	var u unseen
	u.look(status{counts: map[outbox.State]int{outbox.StateFailed: 2}}, false)
	u.look(status{counts: map[outbox.State]int{outbox.StateFailed: 1}}, false) // one is tried again,
	u.look(status{counts: map[outbox.State]int{outbox.StateFailed: 1, outbox.StateBounced: 1}}, false)
	if u.count != 1 { // and has failed again
		t.Errorf("%d are not seen", u.count)
	}
}

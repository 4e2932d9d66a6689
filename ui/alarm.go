package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// Alarm is what a person is told who may be looking elsewhere.
type Alarm struct{ Title, Body string }

// AlarmBy is how the terminal is asked to tell it.
type AlarmBy string

// The ways. A terminal lets what it does not know pass in silence, so the bell is
// for those that are not known to know one of the others.
const (
	AlarmBell   AlarmBy = "bell"
	AlarmOSC9   AlarmBy = "osc9"   // of iTerm2
	AlarmOSC777 AlarmBy = "osc777" // of rxvt
)

// alarmed is an alarm that has come.
type alarmed struct{ alarm Alarm }

// listenAlarms waits for the next alarm. It is not a job: it ends with the context.
func (m *Model) listenAlarms() tea.Cmd {
	alarms, ended := m.options.Alarms, m.ctx.Done()
	if alarms == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case a := <-alarms:
			return alarmed{a}
		case <-ended:
			return nil
		}
	}
}

func (m *Model) handleAlarmed(msg alarmed) tea.Cmd {
	return tea.Batch(tea.Raw(sequence(m.options.AlarmBy, msg.alarm)), m.listenAlarms())
}

// sequence is what the terminal is sent for an alarm. It is pure. Nothing of the
// texts can end it. QUIRK: Windows Terminal and ConEmu take an OSC 9 that begins with
// a digit for a command, as 9;4 for progress; so it begins with a name.
func sequence(by AlarmBy, a Alarm) string {
	title, body := clean(a.Title), clean(a.Body)
	switch by {
	case AlarmOSC9:
		return ansi.Notify("sendoff: " + title + ". " + body)
	case AlarmOSC777:
		return ansi.URxvtExt("notify", strings.ReplaceAll(title, ";", ","), strings.ReplaceAll(body, ";", ","))
	}
	return "\a"
}

// unseen counts the failures that have come since the person last looked at the
// failed ones, or since the start.
type unseen struct {
	begun bool
	seen  int // of those that there are
	count int
}

// look takes in a reading of the outbox, made with the failed ones on the screen or
// not.
func (u *unseen) look(s status, onScreen bool) {
	all := s.counts[outbox.StateFailed] + s.counts[outbox.StateBounced] + s.counts[outbox.StatePartial]
	if !u.begun || onScreen {
		u.begun, u.seen = true, all
	}
	u.seen = min(u.seen, all)
	u.count = all - u.seen
}

// windowTitle is the title of the window, which begins with how many failures nobody
// has looked at. There is no sign in it: a terminal that does not know UTF-8 there
// takes the middle byte of a cross for the end of the title.
func (m *Model) windowTitle() string {
	title := "sendoff · " + m.top().title()
	if m.unseen.count > 0 {
		return fmt.Sprintf("%d failed · %s", m.unseen.count, title)
	}
	return title
}

package ui

import (
	"context"
	"os/exec"

	tea "charm.land/bubbletea/v2"
)

// editorTurn is a program that has the terminal meanwhile: mostly the user's editor with
// a file.
type editorTurn struct {
	command *exec.Cmd
	closed  func(error) tea.Cmd // follows on its end, however that was
	dropped func() tea.Cmd      // follows where it is not opened after all; nil: nothing does
	pause   bool                // what it has shown is to be read before it is gone
}

func (t editorTurn) process() tea.ExecCommand {
	if t.pause {
		return pausedProcess{editorProcess{t.command}}
	}
	return editorProcess{t.command}
}

// takeTurn opens an editor once prepare, the work of a command, has it ready. It does
// nothing while another one is about to open, so that a key pressed twice opens one;
// and none opens over something that was gone on to meanwhile.
func (d *desk) takeTurn(prepare func() (editorTurn, error)) tea.Cmd {
	if d.editorTurn {
		return nil
	}
	d.editorTurn = true
	from := d.top()
	return d.do(func(context.Context) tea.Msg {
		turn, err := prepare()
		return ended{func() tea.Cmd {
			switch {
			case err != nil:
				d.editorTurn = false
				return d.fail(err)
			case d.top() == from && d.question == nil:
				return d.lend(turn.process(), func(err error) tea.Msg {
					return ended{func() tea.Cmd {
						d.editorTurn = false
						return turn.closed(err)
					}}
				})
			}
			d.editorTurn = false
			if turn.dropped == nil {
				return nil
			}
			return turn.dropped()
		}}
	})
}

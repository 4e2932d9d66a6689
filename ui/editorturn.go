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
	ours    bool                // it is sendoff too, and ends with this one; an editor has what nobody else knows
}

// process is the program as Bubble Tea runs it, until ctx ends if it is ours.
func (t editorTurn) process(ctx context.Context) tea.ExecCommand {
	p := editorProcess{Cmd: t.command}
	if t.ours {
		p.until = ctx
	}
	if t.pause {
		return pausedProcess{p}
	}
	return p
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
				return d.lend(turn.process(d.ctx), func(err error) tea.Msg {
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

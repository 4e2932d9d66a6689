package ui

import (
	"context"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// stopsWithin is how long it may take until the process stands still that has stopped
// itself. What still runs by then was not stopped: nothing else in its session would
// bring it back, and the system does not allow it.
const stopsWithin = 200 * time.Millisecond

// stillWithin is how long ctrl+z waits for what is being written: who stops in the middle of
// it keeps others from writing until the shell brings it back.
const stillWithin = time.Second

// jobControl hears when the program goes on that something else than ctrl+z has stopped:
// then the terminal is to be taken anew. While another program has it, as an editor, that
// is for the other one to do.
//
// QUIRK: Go 1.26 cannot give SIGTSTP back to the system once it was listened to, and the
// editor's ctrl+z would stop the editor alone. So it is not: from outside it stops the
// program at once, on whatever screen.
//
// Its methods may be called on nil, which does nothing.
type jobControl struct {
	send func(tea.Msg)

	mu   sync.Mutex // guards stop
	stop func()     // ends listening; nil: nobody listens
}

// broughtBack says that the program was stopped without having been asked, and goes on.
type broughtBack struct{}

// listen has that sent as a message, until rest.
func (j *jobControl) listen() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	var listening sync.WaitGroup
	listening.Go(func() { hearBroughtBack(ctx, func() { j.send(broughtBack{}) }) })
	j.stop = func() {
		cancel()
		listening.Wait()
	}
}

// rest ends that.
func (j *jobControl) rest() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stop != nil {
		j.stop()
		j.stop = nil
	}
}

// lend is a command by which another program has the terminal.
func (d *desk) lend(c tea.ExecCommand, ended tea.ExecCallback) tea.Cmd {
	return tea.Exec(lent{c, d.jobControl, d.options.Lend}, ended)
}

// stepBack is lend where the terminal is given to nobody who could be meant by a signal.
func (d *desk) stepBack(c tea.ExecCommand, ended tea.ExecCallback) tea.Cmd {
	return tea.Exec(lent{c, d.jobControl, nil}, ended)
}

// lent is a program with the terminal.
type lent struct {
	tea.ExecCommand
	*jobControl
	lend func() (back func())
}

func (l lent) Run() error {
	if l.lend != nil {
		defer l.lend()()
	}
	l.rest()
	defer l.listen()
	return l.ExecCommand.Run()
}

// stopHere gives the terminal to the shell until that brings the program back.
func (d *desk) stopHere() tea.Cmd {
	if !stoppable() {
		return d.say(noShell)
	}
	words := "sendoff is stopped; fg brings it back."
	if d.options.Sending {
		words = "sendoff is stopped and sends nothing; fg brings it back."
	}
	s := &shellTurn{words: words, outbox: d.options.Outbox}
	return d.stepBack(s, func(err error) tea.Msg {
		return ended{func() tea.Cmd {
			switch {
			case err != nil:
				return d.fail(err)
			case !s.stopped:
				return d.say(noShell)
			}
			return nil
		}}
	})
}

const noShell = "There is no shell to go to: the terminal was opened for sendoff alone."

// shellTurn is the time in which the shell has the terminal.
type shellTurn struct {
	words   string
	outbox  *outbox.Outbox
	out     io.Writer
	stopped bool
}

// Run stops the process, and returns when it goes on.
func (s *shellTurn) Run() error {
	settled := time.NewTimer(shortestEdit)
	if _, err := io.WriteString(s.out, s.words+"\r\n"); err != nil {
		return err
	}
	s.outbox.WithoutWriting(func() { s.stopped = stopProcess(stopsWithin) }, stillWithin)
	<-settled.C
	return nil
}

func (s *shellTurn) SetStdin(io.Reader)    {}
func (s *shellTurn) SetStdout(w io.Writer) { s.out = w }
func (s *shellTurn) SetStderr(io.Writer)   {}

// takeAgain takes the terminal anew, of which a shell may have made something else.
func (d *desk) takeAgain() tea.Cmd { return d.stepBack(pause{}, nil) }

// pause is a program that does nothing.
type pause struct{}

func (pause) Run() error {
	time.Sleep(shortestEdit)
	return nil
}
func (pause) SetStdin(io.Reader)  {}
func (pause) SetStdout(io.Writer) {}
func (pause) SetStderr(io.Writer) {}

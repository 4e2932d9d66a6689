package ui

import (
	"context"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// stopsWithin is how long the signal may take that brings the program back, once it goes on.
const stopsWithin = 200 * time.Millisecond

// stillWithin is how long a stop waits for what is being written: who stops in the middle of
// it keeps others from writing until the shell brings it back.
const stillWithin = time.Second

// jobControl hears the shell: that the program is to stop, which it does as by ctrl+z, and that
// it goes on though something else than that has stopped it, when the terminal is to be
// taken anew. While another program has the terminal, as an editor, that is for the other
// one to do, and jobControl rests.
//
// Its methods may be called on nil, which does nothing.
type jobControl struct {
	asked chan struct{} // a token: the program is to stop
	back  chan struct{} // a token: it goes on

	mu   sync.Mutex // guards stop
	stop func()     // ends listening; nil: nobody listens
}

type (
	// stopAsked says that the program was asked to stop, not by a key.
	stopAsked struct{}
	// broughtBack says that the program was stopped without having been asked, and goes on.
	broughtBack struct{}
)

func newJobControl() *jobControl {
	return &jobControl{asked: make(chan struct{}, 1), back: make(chan struct{}, 1)}
}

// run sends what is heard until ended is closed. Who listens does not send by itself: the
// event loop waits for it when it lends the terminal, and takes no message meanwhile.
func (j *jobControl) run(send func(tea.Msg), ended <-chan struct{}) {
	for {
		select {
		case <-j.asked:
			send(stopAsked{})
		case <-j.back:
			send(broughtBack{})
		case <-ended:
			return
		}
	}
}

// listen has run send what is heard, until rest.
func (j *jobControl) listen() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stop = hearing(func() { token(j.asked) }, func() { token(j.back) })
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

// hearing calls asked and back when the shell says so, until it is ended.
func hearing(asked, back func()) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var listening sync.WaitGroup
	listening.Go(hear(ctx, asked, back))
	return func() {
		cancel()
		listening.Wait()
	}
}

// lend is a command by which another program has the terminal. Where that is stopped, so is
// this one.
func (d *desk) lend(c tea.ExecCommand, ended tea.ExecCallback) tea.Cmd {
	return tea.Exec(&lent{ExecCommand: c, jobControl: d.jobControl, lend: d.options.Lend, stop: func(out io.Writer) {
		sends := d.options.Outbox.Sender().Here
		stopBetweenWrites(d.options.Outbox, func() {
			if sends { // else the other one's shell says that it is stopped
				io.WriteString(out, "\r\n"+stoppedWords+"\r\n") // a terminal that does not take it keeps nobody from stopping
			}
		})
	}}, ended)
}

// stepBack is lend where the terminal is given to nobody who could be meant by a signal.
func (d *desk) stepBack(c tea.ExecCommand, ended tea.ExecCallback) tea.Cmd {
	return tea.Exec(&lent{ExecCommand: c, jobControl: d.jobControl}, ended)
}

// lent is a program with the terminal.
type lent struct {
	tea.ExecCommand
	*jobControl
	lend func() (back func()) // nil: no signal is meant for it
	stop func(out io.Writer)  // when the shell wants both to stop; nil: that has its usual effect
	out  io.Writer            // the terminal
}

func (l *lent) SetStdout(w io.Writer) {
	l.out = w
	l.ExecCommand.SetStdout(w)
}

func (l *lent) Run() error {
	if l.lend != nil {
		defer l.lend()()
	}
	l.rest()
	defer l.listen()
	if l.jobControl != nil && l.stop != nil {
		defer hearing(func() { l.stop(l.out) }, func() {})()
	}
	return l.ExecCommand.Run()
}

// stopHere gives the terminal to the shell until that brings the program back.
func (d *desk) stopHere() tea.Cmd {
	if !stoppable() {
		return d.say(noShell)
	}
	s := &shellTurn{words: d.stoppedHere, outbox: d.options.Outbox}
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

// stoppedWords are left in the terminal where mail waits for the shell to bring it back.
const stoppedWords = "sendoff is stopped and sends nothing; fg brings it back."

// onlyStoppedWords are left there where another process sends, or none does.
const onlyStoppedWords = "sendoff is stopped; fg brings it back."

// stoppedHere is what is left there by this process.
func (d *desk) stoppedHere() string {
	if d.options.Outbox.Sender().Here {
		return stoppedWords
	}
	return onlyStoppedWords
}

const noShell = "There is no shell to go to: the terminal was opened for sendoff alone."

// shellTurn is the time in which the shell has the terminal.
type shellTurn struct {
	words   func() string // are left in the terminal
	outbox  *outbox.Outbox
	out     io.Writer
	stopped bool
}

// Run stops the process, and returns when it goes on.
func (s *shellTurn) Run() error {
	settled := time.NewTimer(shortestEdit)
	if _, err := io.WriteString(s.out, s.words()+"\r\n"); err != nil {
		return err
	}
	s.stopped = stopBetweenWrites(s.outbox, func() {})
	<-settled.C
	return nil
}

// stopBetweenWrites stops the process and those that belong to it while nothing is being
// written, and tells whether it was stopped. It calls last when the others have stopped.
func stopBetweenWrites(b *outbox.Outbox, last func()) (stopped bool) {
	if stoppable() {
		b.WithoutWriting(func() { stopped = stopProcess(stopsWithin, last) }, stillWithin)
	}
	return stopped
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

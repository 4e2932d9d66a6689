package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"
)

// ErrNoTerminal is returned by [Run] where there is nobody to talk to.
var ErrNoTerminal = errors.New("there is no terminal")

// keepWithin is how long the last words of a draft may take to be saved when
// the program ends.
const keepWithin = 5 * time.Second

// Run shows the interface until the person quits or ctx ends; both return nil.
// What is being written is saved as a draft before Run returns, however it ends,
// also what an editor has saved meanwhile, and nothing uses the outbox any more.
// A draft that cannot be saved is written to a file that the error names. A signal to end, and a terminal that is
// gone, are for the caller to turn into the end of ctx. Whatever else it returns, ErrStuck is among
// it if nothing can be written to the terminal.
//
// programOptions are for tests, which bring a screen of their own; without them
// standard input and output must be a terminal, else [ErrNoTerminal].
func Run(ctx context.Context, o Options, programOptions ...tea.ProgramOption) error {
	if len(programOptions) == 0 && !(term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))) {
		return ErrNoTerminal
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := New(ctx, o)
	// Not WithContext: Bubble Tea then tears the terminal down while it still
	// reads from it. Init quits when ctx ends.
	f := newFrames(os.Stdout)
	all := append(f.options(), tea.WithoutSignalHandler())
	if os.Getenv("NO_COLOR") != "" { // Bubble Tea reads it as a truth value, and "yes" is none
		all = append(all, tea.WithColorProfile(colorprofile.Ascii))
	}
	program := tea.NewProgram(&framed{Model: m, behind: f.pen.isBehind}, append(all, programOptions...)...)
	m.jobControl = newJobControl()
	m.jobControl.listen()
	defer m.jobControl.rest()
	var sending sync.WaitGroup
	sending.Go(func() { f.run(program.Send) })
	sending.Go(func() { m.jobControl.run(program.Send, f.ended) })
	_, err := program.Run()
	f.end()
	sending.Wait()
	cancel()
	saveErr := m.saveOpen(context.WithoutCancel(ctx))
	m.jobs.close()
	if errors.Is(err, tea.ErrProgramPanic) {
		err = fmt.Errorf("the interface crashed: %w", err)
	}
	if !f.pen.settle() {
		err = errors.Join(err, ErrStuck)
	}
	return errors.Join(err, saveErr)
}

// saveOpen saves what is being written. Nothing else touches the panes by now.
func (m *Model) saveOpen(ctx context.Context) error {
	c := m.composer()
	if c == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	editErr := c.takeOpenEdit()
	c.settle()
	if err := c.saver.save(ctx, c.sheet()); err != nil {
		return errors.Join(editErr, m.rescue(c.sheet(), fmt.Errorf("keep the draft: %w", err)))
	}
	if c.editDir != "" {
		editErr = errors.Join(editErr, os.RemoveAll(c.editDir))
	}
	return editErr
}

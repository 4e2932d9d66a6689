package command

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"
)

// StatusDescriptor is where a program that Filter runs can tell its status.
const StatusDescriptor = 3 // the first of os/exec.Cmd.ExtraFiles

// maxStatus bounds what is kept of what a program says there.
const maxStatus = 256 << 10

// Said is what a program has told beside its output: strangers' words, not cleaned.
type Said struct {
	Status    []byte // on descriptor 3
	Complaint []byte // on standard error
}

// Filter runs the program to its end with what input writes as its standard input,
// and copies its standard output to out. It works on both at once, so neither is
// ever held whole; out is written to from another goroutine, which has ended when
// Filter returns. What the program says on descriptor 3 is kept apart.
//
// An error of input or out ends the program and is the error. Else it is a
// [*Failure], which says how the program ended, as the error of Output does.
func (c Command) Filter(ctx context.Context, input func(io.Writer) error, out io.Writer) (Said, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limited, stop := context.WithTimeoutCause(ctx, c.Limit, c.TooSlow)
	defer stop()
	taken := &watched{w: out, failed: cancel}
	complaint := head{room: maxComplaint}
	cmd := exec.CommandContext(limited, c.Argv[0], c.Argv[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = c.Env, taken, &complaint, pipeGrace
	killWhole(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		return Said{}, err
	}
	status, err := listen(cmd)
	if err != nil {
		return Said{}, errors.Join(err, in.Close())
	}
	err = cmd.Start()
	_ = status.write.Close() // the program has its own, if it runs
	if err != nil {
		status.end()
		return Said{}, &Failure{failure(limited, err, "")}
	}
	inputErr := feed(in, input, cancel)
	err = cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well itself
	}
	said := Said{Status: status.end(), Complaint: complaint.data}
	switch {
	case taken.err != nil:
		return said, taken.err
	case inputErr != nil:
		return said, inputErr
	case err != nil:
		return said, &Failure{failure(limited, err, string(complaint.data))}
	}
	return said, nil
}

// feed writes the input of a program that runs. It is no error of the input that
// the program does not read all of it.
func feed(in io.WriteCloser, input func(io.Writer) error, cancel context.CancelCauseFunc) error {
	pipe := &pipe{w: in}
	err := input(pipe)
	if pipe.err != nil { // how the program ends tells why
		err = nil
	}
	if err != nil {
		cancel(err) // half of the input must not pass for all of it
	}
	_ = in.Close()
	return err
}

// pipe is the standard input of a program. It notes that this was closed.
type pipe struct {
	w   io.Writer
	err error
}

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.err = err
	return n, err
}

// watched notes the first error of a writer, and tells it.
type watched struct {
	w      io.Writer
	err    error
	failed context.CancelCauseFunc
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	if err != nil && w.err == nil {
		w.err = err
		w.failed(err)
	}
	return n, err
}

// status is what a program says on its own descriptor.
type status struct {
	read, write *os.File
	heard       head
	done        chan struct{}
}

// listen gives a program that is not started yet its descriptor.
func listen(cmd *exec.Cmd) (*status, error) {
	s := &status{heard: head{room: maxStatus}, done: make(chan struct{})}
	var err error
	if s.read, s.write, err = os.Pipe(); err != nil {
		return nil, err
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, s.write)
	go func() {
		defer close(s.done)
		_, _ = io.Copy(&s.heard, s.read) // it ends with the program, or by end
	}()
	return s, nil
}

// end gives what was heard, once nobody can speak any more, or pipeGrace is over:
// an agent that the program has started may keep its descriptor.
func (s *status) end() []byte {
	_ = s.read.SetReadDeadline(time.Now().Add(pipeGrace))
	<-s.done
	_ = s.read.Close()
	return s.heard.data
}

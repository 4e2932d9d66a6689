package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"sendoff/internal/cleantext"
)

// dialogue asks the person at the terminal. Questions go to standard error, since
// standard output is for results.
type dialogue struct {
	p      *program
	file   int // of the terminal
	screen *term.Terminal
}

// dialogue is nil where nobody can be asked.
func (p *program) dialogue() *dialogue {
	if !isTerminal(p.In) || !isTerminal(p.Err) {
		return nil
	}
	in := p.In.(*os.File)
	return &dialogue{p, int(in.Fd()), term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, p.Err}, "")}
}

// errNoAnswer is what ctrl+c and ctrl+d say to a question.
var errNoAnswer = hinted{usagef("the question was not answered"), "nothing was changed"}

// ask gives the answer to a question without the blanks around it; an empty one
// is the usual one.
func (d *dialogue) ask(ctx context.Context, question, usual string) (string, error) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	line, err := d.wait(ctx, func() (string, error) {
		d.screen.SetPrompt(d.prompt(question))
		return d.screen.ReadLine()
	})
	if err != nil {
		return "", err
	}
	if line = strings.TrimSpace(line); line == "" {
		line = usual
	}
	return line, nil
}

// askAbout repeats a question until take has nothing against the answer.
func (d *dialogue) askAbout(ctx context.Context, question, usual string, take func(string) error) error {
	for {
		answer, err := d.ask(ctx, question, usual)
		if err != nil {
			return err
		}
		if err := take(answer); err != nil {
			d.p.say(err, ownHint(err))
			continue
		}
		return nil
	}
}

// askYes is true for "y" and "yes" alone.
func (d *dialogue) askYes(ctx context.Context, question string) (bool, error) {
	answer, err := d.ask(ctx, question+" (y/n)", "")
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", err
}

// choose asks for one of some lines by its number, and gives that, from 0.
func (d *dialogue) choose(ctx context.Context, question string, choices ...string) (n int, err error) {
	const indent = "     "
	d.p.tell(question)
	for i, choice := range choices {
		fmt.Fprintln(d.p.Err, inLines(fmt.Sprintf("  %d  %s", i+1, choice), indent, widthOf(d.p.Err)))
	}
	err = d.askAbout(ctx, "Number", "", func(answer string) error {
		if _, err := fmt.Sscanf(answer, "%d", &n); err != nil || n < 1 || n > len(choices) {
			return fmt.Errorf("%q is none of them", answer)
		}
		n--
		return nil
	})
	return n, err
}

// askSecret does not show what is typed.
func (d *dialogue) askSecret(ctx context.Context, question string) (string, error) {
	return d.wait(ctx, func() (string, error) { return d.screen.ReadPassword(d.prompt(question)) })
}

// prompt is the end of a question, which stands before the answer. What of it has no room
// there is said above that.
func (d *dialogue) prompt(question string) string {
	lines := strings.Split(inLines(cleantext.Line(question)+": ", "", max(widthOf(d.p.Err)-leastAnswer, 0)), "\n")
	for _, line := range lines[:len(lines)-1] {
		fmt.Fprint(d.p.Err, line, "\r\n") // the terminal is in raw mode
	}
	return lines[len(lines)-1]
}

// leastAnswer is the room beside a question: that of a short answer.
const leastAnswer = 6

// quietly has the terminal show nothing that is typed while do goes on, also between its
// questions: who pastes a secret before one is seen, or once more while the last answer is
// being looked at, does not show it.
func (d *dialogue) quietly(do func() error) (err error) {
	loud, err := quieten(d.file)
	if err != nil {
		return fmt.Errorf("ask at the terminal: %w", err)
	}
	defer func() {
		if loudErr := loud(); loudErr != nil {
			err = errors.Join(err, fmt.Errorf("give the terminal back: %w", loudErr))
		}
	}()
	return do()
}

// wait has read talk to the terminal, which echoes nothing by itself meanwhile:
// no key is shown that comes before a question about a password is seen. It ends
// with ctx. A terminal cannot be told to stop: then the goroutine that reads is
// left behind, for the end of the process to end.
func (d *dialogue) wait(ctx context.Context, read func() (string, error)) (string, error) {
	before, err := term.MakeRaw(d.file)
	if err != nil {
		return "", fmt.Errorf("ask at the terminal: %w", err)
	}
	if width, height, err := term.GetSize(d.file); err == nil && width > 0 {
		_ = d.screen.SetSize(width, height) // only writes, and nothing yet
	}
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := read()
		done <- answer{text, err}
	}()
	var a answer
	select {
	case a = <-done:
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	if err := term.Restore(d.file, before); err != nil {
		return "", fmt.Errorf("give the terminal back: %w", err)
	}
	switch {
	case a.err == nil:
		return a.text, nil
	case errors.Is(a.err, io.EOF):
		a.err = errNoAnswer
	}
	fmt.Fprintln(d.p.Err) // behind the question
	return "", a.err
}

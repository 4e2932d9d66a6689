package cli

import (
	"errors"
	"fmt"
	"io"

	"sendoff/compose"
	"sendoff/internal/campaign"
	"sendoff/internal/cleantext"
	"sendoff/internal/config"
	"sendoff/ui"
)

// output is a standard output that remembers its first failure, so that no
// command has to look at every line it prints: Main does, once.
type output struct {
	to  io.Writer
	err error
}

func (o *output) Write(data []byte) (int, error) {
	n, err := o.to.Write(data)
	if err == nil {
		return n, nil
	}
	err = outputError{fmt.Errorf("standard output: %w", err)}
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// outputError is a result that could not be written down.
type outputError struct{ error }

func (e outputError) Unwrap() error { return e.error }

// report says on standard error what went wrong and what to do, and returns the
// exit code.
func (p *program) report(err error) int {
	if err == nil {
		return exitOK
	}
	var outcome outcomeError
	if errors.As(err, &outcome) {
		return outcome.code
	}
	code, hint := exitFor(err)
	if errors.Is(err, ui.ErrStuck) {
		return code // saying so would wait for the terminal
	}
	var problems compose.Problems
	if errors.As(err, &problems) { // all that is wrong with a message, at once
		for _, problem := range problems {
			p.say(problem, fieldHint(problem))
		}
		return code
	}
	var settings config.Errors
	if errors.As(err, &settings) {
		for _, one := range settings {
			p.say(one, one.Hint)
		}
		return code
	}
	if all := campaign.ProblemsOf(err); len(all) > 0 {
		for _, problem := range all {
			p.say(problem, problem.Hint)
		}
		return code
	}
	p.say(err, hint)
	return code
}

// say tells what went wrong, and what can be done. Names and addresses of
// whatever origin stand in errors, so here is where they are made safe to see.
func (p *program) say(err error, hint string) {
	p.tell("sendoff: " + cleantext.Block(err.Error()))
	if hint != "" {
		p.tell("hint: " + cleantext.Block(hint))
	}
}

// tell writes a text for people, at a terminal between words into its columns.
func (p *program) tell(text string) { fmt.Fprintln(p.Err, inLines(text, "", widthOf(p.Err))) }

// fieldHints are for problems that bring no hint of their own.
var fieldHints = map[string]string{
	"attachments": "check the path; nothing is queued until every file can be read",
	"inline":      "check the path; nothing is queued until every file can be read",
	"subject":     "a subject is one line",
	"headers":     "write it as --header 'Name: value'",
	"body":        "the text must be plain UTF-8",
	"protection":  "--no-sign --no-encrypt sends it as it is",
}

func fieldHint(f compose.FieldError) string {
	if f.Hint != "" {
		return f.Hint
	}
	if hint, ok := fieldHints[f.Field]; ok {
		return hint
	}
	return "write an address as ana@example.org or 'Ana <ana@example.org>', with commas between several"
}

package addressbook

import (
	"context"
	"errors"
	"strings"
	"time"

	"sendoff/internal/command"
)

const (
	// lookupLimit is how long a program may look: somebody is typing meanwhile,
	// and has gone on by then.
	lookupLimit = 5 * time.Second

	maxAnswer  = 256 << 10
	maxAnswers = 200 // more than can be looked through
)

// Placeholder stands in the arguments of a lookup for what is typed.
const Placeholder = "%s"

var errTooSlow = errors.New("it took longer than 5 seconds")

// Lookup is a program that is asked for addresses, as mutt and aerc ask theirs.
type Lookup struct {
	Argv    []string        // Placeholder in it is what is typed; no shell sees it
	Environ func() []string // nil: that of this process
}

// Ask runs the program for what is typed, for at most 5 seconds. What it prints
// is read by [ParseAnswer].
func (l Lookup) Ask(ctx context.Context, typed string) ([]Entry, error) {
	if strings.HasPrefix(typed, "-") || strings.ContainsRune(typed, 0) {
		return nil, nil // it would be an option of the program
	}
	argv := []string{l.Argv[0]}
	for _, argument := range l.Argv[1:] {
		argv = append(argv, strings.ReplaceAll(argument, Placeholder, typed))
	}
	program := command.Command{Argv: argv, Limit: lookupLimit, TooSlow: errTooSlow, Most: maxAnswer}
	if l.Environ != nil {
		program.Env = l.Environ()
	}
	output, err := program.Output(ctx)
	if err != nil {
		return nil, err
	}
	return ParseAnswer(output), nil
}

// ParseAnswer reads lines of an address, a tab and a name; what stands behind
// another tab is not for us. Other lines are left out: some programs begin with
// one for people.
func ParseAnswer(output []byte) (entries []Entry) {
	for line := range strings.SplitSeq(string(output), "\n") {
		columns := strings.Split(strings.TrimRight(line, "\r"), "\t")
		name := ""
		if len(columns) > 1 {
			name = columns[1]
		}
		if e, ok := NewEntry(columns[0], name); ok && len(entries) < maxAnswers {
			entries = append(entries, e)
		}
	}
	return entries
}

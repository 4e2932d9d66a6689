package review

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sendoff/internal/command"
)

const (
	// checkLimit is how long a program may look: somebody waits to send meanwhile.
	checkLimit = 10 * time.Second

	maxSaid      = 4 << 10 // octets that are read of what it says
	maxSaidShown = 300     // characters of that
)

var errTooSlow = errors.New("it took longer than 10 seconds")

// Check is a program that looks at a message before it leaves. Its exit code is how
// grave what it says is: 0 is in order, 1 a warning, all others are grave.
type Check struct {
	Name    string
	Argv    []string
	Environ func() []string // nil: that of this process
}

// Run has the program read the message that write writes, and gives what it says. One
// that does not come to its end has not looked at it, and that is a warning.
func (c Check) Run(ctx context.Context, write func(io.Writer) error) []Finding {
	program := command.Command{Argv: c.Argv, Limit: checkLimit, TooSlow: errTooSlow, Most: maxSaid}
	if c.Environ != nil {
		program.Env = c.Environ()
	}
	in, out := io.Pipe()
	program.Input = in
	written := make(chan struct{})
	go func() {
		defer close(written)
		out.CloseWithError(write(out))
	}()
	said, code, err := program.Answer(ctx)
	in.Close() // for a message that nobody has read to its end
	<-written
	return c.findings(string(said), code, err)
}

// findings judge how the program ended.
func (c Check) findings(said string, code int, err error) []Finding {
	name := clean(c.Name)
	text := short(said)
	switch {
	case err != nil:
		return []Finding{{Warning, name + " has not looked at it: " + clean(err.Error()) + ".", Fix{}}}
	case code == 0 && text == "":
		return nil
	case text == "":
		text = fmt.Sprintf("it ended with the exit code %d, and says nothing.", code)
	case code != 0:
		text += fmt.Sprintf(" (exit code %d)", code)
	}
	severity := Grave
	switch code {
	case 0:
		severity = Note
	case 1:
		severity = Warning
	}
	return []Finding{{severity, name + ": " + text, Fix{}}}
}

// short is what a program says in one line, of which the beginning must do.
func short(said string) string {
	runes := []rune(clean(strings.Join(strings.Fields(said), " ")))
	if len(runes) > maxSaidShown {
		return string(runes[:maxSaidShown]) + "…"
	}
	return string(runes)
}

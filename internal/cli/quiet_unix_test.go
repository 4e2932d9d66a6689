//go:build unix

package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// between is a terminal at which somebody types when a word is said at it, behind a question
// and before the next one.
type between struct {
	terminal, person *os.File
	word, types      string
}

func (b *between) Write(text []byte) (int, error) {
	if strings.Contains(string(text), b.word) {
		if _, err := io.WriteString(b.person, b.types); err != nil {
			return 0, err
		}
		arrived := []unix.PollFd{{Fd: int32(b.terminal.Fd()), Events: unix.POLLIN}}
		if n, err := unix.Poll(arrived, 10_000); n != 1 { // until then it is not known whether it is shown
			return 0, fmt.Errorf("what is typed does not arrive: %v", err)
		}
	}
	return b.terminal.Write(text)
}

// What is typed while no question about a new password stands there, as by somebody who pastes
// it before the next one is seen, is not shown, and is the answer to that. A question leaves
// the terminal as it was before it: so what is said behind the second one, that the
// two differ, is said with the echo of the time between the two.
func TestNewSecret_IsNotShownBetweenItsQuestions(t *testing.T) {
	person, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer person.Close()
	shown := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(person) // which ends in an error, as every terminal that is closed does
		shown <- string(all)
	}()
	const typed = "typed-ahead"
	screen := &between{terminal, person, "not the same", typed + "\n" + typed + "\n"}
	d := &dialogue{&program{Streams: Streams{Err: screen}}, int(terminal.Fd()), term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{terminal, screen}, "")}
	if _, err := io.WriteString(person, "one\nanother\n"); err != nil { // echoed: it is there before the first question
		t.Fatal(err)
	}
	secret, err := d.askNewSecret(t.Context())
	if err != nil || secret != typed {
		t.Errorf("%q, %v", secret, err)
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	if all := <-shown; strings.Contains(all, typed) || !strings.Contains(all, "not the same") {
		t.Errorf("the terminal shows\n%s", all)
	}
}

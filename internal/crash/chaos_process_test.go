package crash

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// stopsWithin is how long a process may take to end after SIGTERM.
	stopsWithin = 5 * time.Second
	// hangsAfter is when a process whose fate has not ended it is asked for its
	// stacks and given up.
	hangsAfter = time.Minute
)

// fate is what befalls a process besides what it was started for.
type fate struct {
	signal syscall.Signal // 0: it ends by itself
	after  time.Duration
	sooner <-chan struct{} // instead of after, if that comes first
	pause  time.Duration   // SIGSTOP: until SIGCONT
}

// fateOf draws a fate for a process that lives about as long as span: of a
// hundred so many are killed, told to end, and stopped for a while.
func fateOf(chance *rand.Rand, span time.Duration, killed, ended, stopped int) fate {
	f := fate{after: time.Duration(chance.Int64N(int64(span)))}
	switch drawn := chance.IntN(100); {
	case drawn < killed:
		f.signal = syscall.SIGKILL
	case drawn < killed+ended:
		f.signal = syscall.SIGTERM
	case drawn < killed+ended+stopped:
		f.signal, f.pause = syscall.SIGSTOP, 50*time.Millisecond+time.Duration(chance.Int64N(int64(1500*time.Millisecond)))
	}
	return f
}

// ran is what became of a process.
type ran struct {
	args   []string
	out    string
	err    string
	code   int
	signal syscall.Signal // that it died of
	fate   fate
	late   time.Duration // from the fate's signal to its end

	befallen bool // its fate came before its end
}

// String is what a person looks for when something is wrong.
func (r ran) String() string {
	text := "sendoff " + strings.Join(r.args, " ")
	if r.befallen {
		text += " (" + r.fate.signal.String() + " after " + r.fate.after.String() + ")"
	}
	return text + "\n" + r.out + r.err
}

// run runs the program to its end, whatever befalls it, and complains about
// what it must not do.
func (c *chaos) run(f fate, stdin string, args ...string) ran {
	cmd := c.program.Command(args...)
	var out, err bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &err
	if err := cmd.Start(); err != nil {
		c.t.Errorf("start: %v", err)
		return ran{args: args, code: -1}
	}
	hanging := time.AfterFunc(f.after+hangsAfter, func() { cmd.Process.Signal(syscall.SIGQUIT) })
	defer hanging.Stop()
	over := make(chan struct{})
	go func() {
		defer close(over)
		cmd.Wait() // ProcessState tells it
	}()
	befallen := f.befall(cmd.Process, over)
	asked := time.Now()
	<-over
	r := ran{args: args, out: out.String(), err: err.String(), code: cmd.ProcessState.ExitCode(),
		fate: f, late: time.Since(asked), befallen: befallen}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		r.signal = status.Signal()
	}
	c.ledger.count(r)
	c.judge(r)
	return r
}

// befall waits until the fate's time has come or the process is over, and tells
// which of them came first. A signal to a process that has just ended goes
// nowhere: os.Process knows that.
func (f fate) befall(process *os.Process, over <-chan struct{}) bool {
	if f.signal == 0 || !f.comes(over) {
		return false
	}
	if process.Signal(f.signal) != nil {
		return false
	}
	if f.signal == syscall.SIGSTOP {
		lasts(f.pause, over)
		process.Signal(syscall.SIGCONT)
	}
	return true
}

// comes waits for the fate's time; it tells whether the process is still there.
func (f fate) comes(over <-chan struct{}) bool {
	timer := time.NewTimer(f.after)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-f.sooner:
		return true
	case <-over:
		return false
	}
}

// lasts tells whether a time passes before something is over.
func lasts(d time.Duration, over <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-over:
		return false
	}
}

// exitsOf are the codes that each command may end with here.
var exitsOf = map[string][]int{
	"send": {0}, "send --wait": {0, 69, 75, 76}, "flush": {0, 69, 75}, "daemon": {0},
	"list": {0}, "doctor": {0},
	// An item may have changed since it was listed: 65 not possible any more, 66
	// deleted, 75 being sent.
	"retry": {0, 65, 66, 75}, "hold": {0, 65, 66, 75}, "release": {0, 65, 66, 75}, "cancel": {0, 65, 66, 75}, "delete": {0, 65, 66, 75},
}

// forbidden are words that no process may say.
var forbidden = []string{"panic", "goroutine ", "SQLITE_", "database is locked", "fatal error", "internal error"}

func (c *chaos) judge(r ran) {
	if said := r.err; slices.ContainsFunc(forbidden, func(word string) bool { return strings.Contains(said, word) }) {
		c.t.Errorf("it must not say this: %s", r)
	}
	told := r.befallen && r.fate.signal == syscall.SIGTERM
	if told && r.late > stopsWithin {
		c.t.Errorf("%s after SIGTERM, want %s: %s", r.late, stopsWithin, r)
	}
	command := r.args[0]
	if slices.Contains(r.args, "--wait") {
		command += " --wait"
	}
	switch {
	case r.befallen && r.signal == r.fate.signal: // SIGTERM may come before the program listens to it
	case slices.Contains(exitsOf[command], r.code):
	case r.code == 75 && told: // ended before it was done
	default:
		c.t.Errorf("exit %d: %s", r.code, r)
	}
}

package crash

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// call is one system call of a traced program.
type call struct {
	thread, name string
	arguments    string // as strace prints them
	result       int64
	failed       bool
	injected     bool     // its error is strace's
	decoded      []string // what texts has found
}

// moment is the beginning or the end of a call. Calls of several threads
// overlap, and what a sync covers was written before it began.
type moment struct {
	*call
	ended bool
}

// parseTrace reads what strace -f -y -xx -qq has logged. The end of a call that
// the program was killed in is missing, or stands there with an unknown result.
func parseTrace(log string) (all []moment) {
	open := make(map[string]*call) // by thread
	for line := range strings.Lines(log) {
		thread, rest, found := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		rest = strings.TrimLeft(rest, " ")
		if !found || rest == "" {
			continue
		}
		if resumed, isResumed := strings.CutPrefix(rest, "<... "); isResumed {
			c := open[thread]
			_, end, complete := strings.Cut(resumed, " resumed>")
			if c != nil && complete {
				c.finish(end)
				all = append(all, moment{c, true})
			}
			delete(open, thread)
			continue
		}
		name, arguments, isCall := strings.Cut(rest, "(")
		if !isCall || strings.ContainsAny(name, " -+") {
			continue // a signal, or the end of the thread
		}
		c := &call{thread: thread, name: name}
		all = append(all, moment{c, false})
		if begun, unfinished := strings.CutSuffix(arguments, "<unfinished ...>"); unfinished {
			c.arguments = begun
			open[thread] = c
			continue
		}
		c.finish(arguments)
		all = append(all, moment{c, true})
	}
	return all
}

// finish takes the last part of a call's line: `…) = 3 and what it means`.
func (c *call) finish(text string) {
	text = c.arguments + text
	c.failed = true
	equals := strings.LastIndex(text, " = ")
	if equals < 0 {
		c.arguments = text
		return
	}
	c.arguments = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(text[:equals], " "), ")"), " ")
	number, meaning, _ := strings.Cut(text[equals+3:], " ")
	number, _, _ = strings.Cut(number, "<") // the path of a new descriptor
	result, err := strconv.ParseInt(number, 0, 64)
	c.result, c.failed = result, err != nil || result < 0
	c.injected = strings.Contains(meaning, "(INJECTED)")
}

// texts are its arguments that are paths or data. In hexadecimal they hold no
// quotation marks.
func (c *call) texts() []string {
	if c.decoded == nil {
		parts := strings.Split(c.arguments, `"`)
		for i := 1; i < len(parts); i += 2 {
			c.decoded = append(c.decoded, unescape(parts[i]))
		}
	}
	return c.decoded
}

// text is the first of texts.
func (c *call) text() string {
	if all := c.texts(); len(all) > 0 {
		return all[0]
	}
	return ""
}

// file gives the descriptor that is the call's first argument, and what it
// stands for: a path, or "socket:[…]".
func (c *call) file() (descriptor int, path string) {
	number, rest, found := strings.Cut(c.arguments, "<")
	if !found {
		return -1, ""
	}
	descriptor, err := strconv.Atoi(number)
	if err != nil {
		return -1, "" // AT_FDCWD
	}
	path, _, _ = strings.Cut(rest, ">")
	return descriptor, unescape(path)
}

// number is its last argument.
func (c *call) number() int64 {
	n, _ := strconv.ParseInt(c.arguments[strings.LastIndex(c.arguments, " ")+1:], 0, 64)
	return n
}

func unescape(text string) string {
	data, err := hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
	if err != nil {
		return text // strace prints sockets and pipes as they are
	}
	return string(data)
}

// counts are how many calls of each name a thread has made, at most.
func counts(moments []moment) map[string]int {
	type key struct{ thread, name string }
	byThread, most := make(map[key]int), make(map[string]int)
	for _, m := range moments {
		if m.ended {
			continue
		}
		k := key{m.thread, m.name}
		byThread[k]++
		most[m.name] = max(most[m.name], byThread[k])
	}
	return most
}

// inHex writes the texts of a log as strace -xx does, so that logs in tests can
// be read.
func inHex(log string) string {
	return regexp.MustCompile(`"[^"]*"`).ReplaceAllStringFunc(log, func(text string) string {
		plain, err := strconv.Unquote(text)
		if err != nil {
			panic(err)
		}
		var b strings.Builder
		for _, c := range []byte(plain) {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
		return `"` + b.String() + `"`
	})
}

func TestParseTrace_PutsInterruptedLinesTogether(t *testing.T) {
	moments := parseTrace(inHex(`7 write(3</a>, "hi" <unfinished ...>
8 fdatasync(4</b>)                  = 0
7 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL} ---
7 <... write resumed>, 2)                 = 2
8 pwrite64(5</c>, "?", 1, 77 <unfinished ...>
8 <... pwrite64 resumed>)                 = 1
8 openat(AT_FDCWD</>, "/c", O_RDWR|O_CREAT, 0600) = 5</c>
8 pwrite64(5</c>, "!", 1, 4095)   = -1 ENOSPC (No space left on device) (INJECTED)
7 write(9<socket:[12]>, ".", 1)        = ?
`))
	var order []string
	for _, m := range moments {
		if m.ended {
			order = append(order, "end of "+m.name)
		} else {
			order = append(order, m.name)
		}
	}
	const want = "write, fdatasync, end of fdatasync, end of write, pwrite64, end of pwrite64, openat, end of openat, pwrite64, end of pwrite64, write, end of write"
	if got := strings.Join(order, ", "); got != want {
		t.Fatalf("%s\nwant %s", got, want)
	}
	first := moments[0].call
	if fd, path := first.file(); fd != 3 || path != "/a" || first.text() != "hi" || first.result != 2 || first.failed {
		t.Errorf("%d %s %+v", fd, path, first)
	}
	resumed := moments[4].call
	if resumed.number() != 77 || resumed.result != 1 {
		t.Errorf("%+v", resumed)
	}
	opened := moments[6].call
	if fd, _ := opened.file(); fd != -1 || opened.text() != "/c" || opened.result != 5 {
		t.Errorf("%+v", opened)
	}
	refused := moments[8].call
	if !refused.failed || !refused.injected || refused.number() != 4095 {
		t.Errorf("%+v", refused)
	}
	cut := moments[10].call
	if _, path := cut.file(); path != "socket:[12]" || !cut.failed || cut.injected {
		t.Errorf("%+v", cut)
	}
	if got := counts(moments); got["write"] != 2 || got["fdatasync"] != 1 {
		t.Errorf("%v", got)
	}
}

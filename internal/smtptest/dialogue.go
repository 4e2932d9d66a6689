package smtptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"
)

// step is one line of a dialogue.
type step struct {
	do   string // say, drip, hear, hear body, …: the cases of converse
	text string
	wait time.Duration
	size int
}

func parse(tb testing.TB, dialogue string) [][]step {
	tb.Helper()
	var scripts [][]step
	var script []step
	times := 1
	finish := func() {
		for range times {
			scripts = append(scripts, script)
		}
		script, times = nil, 1
	}
	for line := range strings.SplitSeq(dialogue, "\n") {
		line = strings.TrimLeft(strings.TrimSuffix(line, "\r"), " \t")
		word, rest, _ := strings.Cut(line, " ")
		var err error
		switch {
		case line == "" || line[0] == '#':
		case word == "---":
			if script != nil {
				finish()
			}
			if count, found := strings.CutPrefix(rest, "*"); found {
				times, err = strconv.Atoi(count)
			}
		default:
			var next step
			next, err = parseStep(word, rest)
			script = append(script, next)
		}
		if err != nil {
			tb.Fatalf("smtptest: %q: %v", line, err)
		}
	}
	finish()
	return scripts
}

func parseStep(word, rest string) (s step, err error) {
	switch word {
	case "S:":
		return step{do: "say", text: rest + "\r\n"}, nil
	case "raw":
		s.do = "say"
		s.text, err = strconv.Unquote(rest)
	case "drip":
		interval, text, _ := strings.Cut(rest, " ")
		s.do, s.text = "drip", text+"\r\n"
		s.wait, err = time.ParseDuration(interval)
	case "pause":
		s.do = "pause"
		s.wait, err = time.ParseDuration(rest)
	case "C:":
		return parseHear(rest)
	case "tls", "stall", "close", "rst":
		s.do = word
	default:
		err = strconv.ErrSyntax
	}
	return s, err
}

func parseHear(what string) (step, error) {
	switch what {
	case "<body>", "<cut body>", "<end>":
		return step{do: "hear " + strings.Trim(what, "<>")}, nil
	}
	if count, found := strings.CutSuffix(what, " bytes>"); found {
		size, err := strconv.Atoi(strings.TrimPrefix(count, "<"))
		return step{do: "hear bytes", size: size}, err
	}
	return step{do: "hear", text: what}, nil
}

// talk is one connection while it lasts.
type talk struct {
	*Server
	*Conversation
	number int
	raw    net.Conn
	conn   net.Conn // raw, or TLS on it
	reader *bufio.Reader
	unsaid []byte // said with the next step that is not saying
}

func (s *Server) converse(raw net.Conn) {
	defer raw.Close()
	script, record, number := s.next(raw)
	t := &talk{Server: s, Conversation: record, number: number, raw: raw, conn: raw, reader: bufio.NewReader(raw)}
	if script == nil {
		s.tb.Errorf("smtptest: connection %d is one more than the dialogue has", number)
		return
	}
	for _, next := range script {
		if !t.step(next) {
			return
		}
	}
	t.say()
	t.goodbye()
}

// step does one step and tells whether there is a next one.
func (t *talk) step(s step) bool {
	if s.do == "say" {
		t.unsaid = append(t.unsaid, s.text...)
		return true
	}
	t.say()
	switch s.do {
	case "drip":
		for i := range len(s.text) {
			t.unsaid = []byte{s.text[i]}
			t.say()
			if !t.pause(s.wait) {
				return false
			}
		}
	case "pause":
		return t.pause(s.wait)
	case "stall":
		<-t.done
		return false
	case "close":
		return false
	case "rst":
		if tcp, ok := t.raw.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // makes the close a reset
		}
		return false
	case "tls":
		return t.handshake()
	case "hear":
		return t.hearLine(s.text)
	default:
		return t.hearBody(s)
	}
	return true
}

func (t *talk) say() {
	if len(t.unsaid) == 0 {
		return // writing nothing to a net.Pipe waits for a reader
	}
	_, _ = t.conn.Write(t.unsaid) // a client that has gone is noticed when it is heard
	t.unsaid = nil
}

func (t *talk) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.done:
		return false
	}
}

func (t *talk) handshake() bool {
	conn := tls.Server(t.conn, t.config)
	if err := conn.Handshake(); err != nil {
		return false // refusing us is what a client may be tested for
	}
	t.TLS = conn.ConnectionState().Version
	t.conn, t.reader = conn, bufio.NewReader(conn)
	return true
}

func (t *talk) hearLine(pattern string) bool {
	line, err := t.reader.ReadString('\n')
	if err != nil {
		t.tb.Errorf("smtptest: connection %d: the client hung up (%v) where the dialogue has %q", t.number, err, pattern)
		return false
	}
	line = strings.TrimSuffix(line, "\r\n")
	t.Lines = append(t.Lines, line)
	if !matches(pattern, line) {
		t.tb.Errorf("smtptest: connection %d: the client said %q where the dialogue has %q", t.number, line, pattern)
		return false
	}
	return true
}

// hearBody hears a message, or a part of one, or that there is nothing more.
func (t *talk) hearBody(s step) bool {
	var body bytes.Buffer
	var err error
	if s.do == "hear bytes" {
		_, err = io.CopyN(&body, t.reader, int64(s.size))
	} else {
		err = copyBody(&body, t.reader)
	}
	if body.Len() > 0 {
		t.Bodies = append(t.Bodies, body.Bytes())
	}
	ended := err != nil
	wrong := ended != (s.do == "hear cut body" || s.do == "hear end") || s.do == "hear end" && body.Len() > 0
	if wrong {
		t.tb.Errorf("smtptest: connection %d: to %q the client sent %d bytes, then: %v", t.number, s.do, body.Len(), err)
	}
	return !wrong && !ended
}

// copyBody copies up to the line that has only a dot.
func copyBody(w *bytes.Buffer, r *bufio.Reader) error {
	start := true
	for {
		line, err := r.ReadSlice('\n')
		w.Write(line)
		if start && string(line) == ".\r\n" {
			return nil
		}
		start = bytes.HasSuffix(line, []byte("\r\n"))
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
	}
}

// goodbye hears what comes after the last step, which should be QUIT or
// nothing.
func (t *talk) goodbye() {
	line, err := t.reader.ReadString('\n')
	if err != nil {
		return
	}
	line = strings.TrimSuffix(line, "\r\n")
	t.Lines = append(t.Lines, line)
	if line != "QUIT" {
		t.tb.Errorf("smtptest: connection %d: the client said %q after the end of the dialogue", t.number, line)
		return
	}
	t.unsaid = []byte("221 2.0.0 bye\r\n")
	t.say()
}

// matches compares a line with a pattern in which * stands for any text.
func matches(pattern, line string) bool {
	// path.Match gives / and brackets a meaning, which a command does not.
	plain := strings.NewReplacer("/", "\x00", "[", "\x01", "\\", "\x02", "?", "\x03")
	matched, err := path.Match(plain.Replace(pattern), plain.Replace(line))
	return err == nil && matched
}

// Unstuff gives the message back that was sent as a body.
func Unstuff(body []byte) []byte {
	body = bytes.TrimSuffix(body, []byte(".\r\n"))
	body = bytes.TrimPrefix(body, []byte("."))
	return bytes.ReplaceAll(body, []byte("\r\n."), []byte("\r\n"))
}

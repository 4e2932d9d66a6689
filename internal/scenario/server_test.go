package scenario

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// server takes mail in memory, as a submission server does, and misbehaves
// where its story says so. It keeps a record of all it hears.
//
// An answer is text, a line each for what the server does:
//
//	250 ok        say a line; lines in a row leave in one packet
//	lines 250-x   say that line again and again, until the client has gone
//	octets x      say that without a line end, until the client has gone
//	pause 8m      wait
//	read 1000     hear so many octets of the message
//	stall         neither say nor hear anything until the story ends
//	close         close the connection
//	reset         close it, and lose what is on its way
type server struct {
	answer  func(command) string // "" is the usual answer
	login   string               // the methods that EHLO offers; "": no login
	offers  []string             // by EHLO, besides the login
	clear   []string             // all that EHLO offers before STARTTLS; nil: TLS from the first byte
	lineEnd string
	drip    time.Duration // between the octets of what is said; 0 says it at once
	delay   time.Duration // of the line, each way
	address net.IP        // where clients believe it to be
	secure  *tls.Config   // nil: a clear line

	tb      testing.TB
	done    chan struct{} // ends stalls and pauses
	running sync.WaitGroup

	mu            sync.Mutex
	commands      []command
	transactions  []*transaction
	times         map[string]int // each verb came with its address
	connections   int
	current, most int   // connections at once: now, and at most
	said, longest int64 // octets that it could get rid of: in all, and of the longest answer
	refusals      int   // logins that it refused
	leak          string
}

// command is something that a client did.
type command struct {
	verb       string // CONNECT, one of SMTP in capitals, "334" for the answer to one, or "." for the final dot
	line       string
	address    string // of MAIL and RCPT
	nth        int    // how often this verb came with this address, this one included
	place      int    // of RCPT in its transaction, from 1
	connection int    // from 1
	at         time.Time
}

// transaction is what came behind one MAIL.
type transaction struct {
	from       string
	recipients []string // those the server took
	body       imprint
	began      bool // some of the body came
	whole      bool // with its final dot
	kept       bool // and the dot was not refused: the server may well deliver it
}

// usual are the answers of a server that has nothing against anything.
var usual = map[string]string{
	"CONNECT": "220 test ready", "AUTH": "235 2.7.0 welcome", "MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok",
	"DATA": "354 go", ".": "250 2.0.0 ok queued as X1", "RSET": "250 2.0.0 ok", "QUIT": "221 2.0.0 bye\nclose",
	"HELO": "250 test", "STARTTLS": "220 2.0.0 go", "334": "235 2.7.0 welcome",
}

// rule is one line of a server's behaviour: the first that fits gives the answer.
type rule struct {
	verb    string
	address string // "": any
	times   int    // only the first so many times; 0: always
	answer  string
}

// table makes an answer function of rules.
func table(rules ...rule) func(command) string {
	return func(c command) string {
		for _, r := range rules {
			if r.verb == c.verb && (r.address == "" || r.address == c.address) && (r.times == 0 || c.nth <= r.times) {
				return r.answer
			}
		}
		return ""
	}
}

func (s *server) dial(context.Context, string, string) (net.Conn, error) {
	client, raw := newLink(&net.TCPAddr{IP: s.address, Port: 465}, s.delay)
	client.out.tap = s.newSpy()
	s.running.Go(func() { s.serve(raw) })
	return client, nil
}

// newSpy hears a line to this server.
func (s *server) newSpy() *spy {
	return newSpy(func(leak string) { s.change(func() { s.leak = leak }) })
}

// finish ends what still goes on, and waits for it.
func (s *server) finish() {
	close(s.done)
	s.running.Wait()
}

// count tells how often a verb was heard.
func (s *server) count(verb string) int {
	return len(s.heard(verb))
}

// heard gives the commands of a verb, oldest first.
func (s *server) heard(verb string) (all []command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if c.verb == verb {
			all = append(all, c)
		}
	}
	return all
}

// copies counts how often a message was taken for a recipient.
func (s *server) copies(l *letter, recipient string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	for _, x := range s.transactions {
		if x.kept && l.isBegunBy(x.body) && slices.Contains(x.recipients, recipient) {
			count++
		}
	}
	return count
}

// talk is one connection while it lasts.
type talk struct {
	*server
	number     int
	raw        net.Conn
	conn       net.Conn // raw, or TLS on it
	reader     *bufio.Reader
	now        *transaction // nil outside of one
	places     int          // RCPT in this transaction
	challenged bool         // the answer to a 334 is expected
	invited    bool         // the body is expected
	refused    bool         // before its end: there is no answer left for the dot
	told       int64        // octets of the answer that is being said
}

func (s *server) serve(raw net.Conn) {
	defer raw.Close()
	s.mu.Lock()
	s.connections++
	s.current++
	s.most = max(s.most, s.current)
	t := &talk{server: s, number: s.connections, raw: raw, conn: raw}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.current--
		s.mu.Unlock()
	}()
	if s.secure != nil && s.clear == nil {
		t.conn = tls.Server(raw, s.secure)
	}
	t.reader = bufio.NewReader(t.conn)
	alive := t.hear("CONNECT", "")
	for alive {
		line, err := t.reader.ReadString('\n')
		if err != nil {
			return
		}
		line, whole := strings.CutSuffix(line, "\r\n")
		if !whole || len(line) > 510 || strings.ContainsAny(line, "\r\n\x00") { // RFC 5321 §4.5.3.1.4
			s.tb.Errorf("a command is %q", line)
		}
		verb, _, _ := strings.Cut(line, " ")
		if t.challenged {
			verb = "334"
		}
		alive = t.hear(strings.ToUpper(verb), line)
	}
}

// isSecure tells that TLS is spoken.
func (t *talk) isSecure() bool {
	_, secure := t.conn.(*tls.Conn)
	return secure
}

// hear answers one command, and tells whether there may be another.
func (t *talk) hear(verb, line string) bool {
	c := t.record(verb, line)
	switch verb {
	case "AUTH", "334":
		if !t.isSecure() && !t.address.IsLoopback() {
			t.tb.Errorf("a login over a clear line: %q", line)
		}
	case "MAIL":
		t.begin(c.address)
	}
	t.told = 0
	first, last, alive := t.perform(t.answerTo(c))
	t.change(func() { t.longest = max(t.longest, t.told) })
	switch verb {
	case "STARTTLS":
		if first == 220 {
			t.conn = tls.Server(t.raw, t.secure)
			t.reader = bufio.NewReader(t.conn)
		}
	case "AUTH", "334":
		t.challenged = last == 334
		if refusesPassword(last) {
			t.change(func() { t.refusals++ })
		}
	}
	if verb == "RCPT" && first/100 == 2 && t.now != nil {
		t.change(func() { t.now.recipients = append(t.now.recipients, c.address) })
	}
	if alive && t.invited {
		t.invited, t.refused = false, last >= 400
		return t.hearBody() && (t.refused || t.hear(".", ""))
	}
	if verb == "." {
		t.change(func() { t.now.kept = first < 400 }) // silence too: it may have been its 250 that was lost
	}
	return alive
}

// refusesPassword tells the answers to a login after which the same password
// must not be tried again by itself (RFC 4954 §6).
func refusesPassword(code int) bool { return code == 535 || code == 534 || code == 530 }

func (t *talk) record(verb, line string) command {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := command{verb: verb, line: line, address: pathOf(line), connection: t.number, at: time.Now()}
	t.times[verb+c.address]++
	c.nth = t.times[verb+c.address]
	if verb == "RCPT" {
		t.places++
		c.place = t.places
	}
	t.commands = append(t.commands, c)
	return c
}

// pathOf is what stands between the angle brackets of a command.
func pathOf(line string) string {
	_, path, _ := strings.Cut(line, "<")
	path, _, _ = strings.Cut(path, ">")
	return path
}

func (t *talk) begin(from string) {
	t.places = 0
	t.now = &transaction{from: from}
	t.change(func() { t.transactions = append(t.transactions, t.now) })
}

// change alters the record.
func (s *server) change(what func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what()
}

func (t *talk) answerTo(c command) string {
	if t.answer != nil {
		if text := t.answer(c); text != "" {
			return text
		}
	}
	if c.verb == "EHLO" {
		return "250-" + strings.Join(append([]string{"test"}, t.offered()...), "\n250-") + "\n250 HELP"
	}
	if text, known := usual[c.verb]; known {
		return text
	}
	return "500 5.5.1 what?"
}

// offered is what EHLO is answered with.
func (t *talk) offered() (all []string) {
	if t.clear != nil && !t.isSecure() {
		return slices.Clone(t.clear)
	}
	if t.login != "" {
		all = append(all, "AUTH "+t.login)
	}
	return append(all, t.offers...)
}

// perform does what an answer says. It gives the codes of its first and its last
// reply, 0 without one, and tells whether the connection is still there.
func (t *talk) perform(answer string) (first, last int, alive bool) {
	var unsaid []byte
	for line := range strings.SplitSeq(answer, "\n") {
		word, argument, _ := strings.Cut(line, " ")
		switch word {
		case "lines", "octets", "pause", "read", "stall", "close", "reset":
			t.say(unsaid)
			unsaid = nil
			if !t.act(word, argument) {
				return first, last, false
			}
		default:
			unsaid = append(unsaid, line+t.lineEnd...)
			last, _ = strconv.Atoi(line[:min(3, len(line))]) // garbage has none
			first = cmp.Or(first, last)
			t.invited = t.invited || strings.HasPrefix(line, "354 ")
		}
	}
	t.say(unsaid)
	return first, last, true
}

func (t *talk) act(word, argument string) (alive bool) {
	switch word {
	case "lines":
		t.flood(argument + t.lineEnd)
	case "octets":
		t.flood(argument)
	case "pause":
		wait, err := time.ParseDuration(argument)
		if err != nil {
			t.tb.Error(err)
		}
		return t.pause(wait)
	case "read":
		size, err := strconv.Atoi(argument)
		if err != nil {
			t.tb.Error(err)
		}
		return t.hearSome(size)
	case "stall":
		_, _ = t.conn.Write(nil) // TLS is begun all the same
		<-t.done
	case "reset":
		if l, inMemory := t.raw.(*link); inMemory { // no story with another one has it
			l.reset()
		}
	}
	return false
}

// flood says something for ever, as far as that goes.
func (t *talk) flood(text string) {
	block := []byte(text)
	if t.drip == 0 {
		block = bytes.Repeat(block, 1+1000/len(block))
	}
	for t.say(block) {
	}
}

// say tells whether all could be said.
func (t *talk) say(text []byte) bool {
	step := max(len(text), 1)
	if t.drip > 0 {
		step = 1
	}
	for part := range slices.Chunk(text, step) {
		n, err := t.conn.Write(part)
		t.told += int64(n)
		t.change(func() { t.said += int64(n) })
		if err != nil || t.drip > 0 && !t.pause(t.drip) {
			return false // a client that has gone is noticed when it is heard
		}
	}
	return true
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

// hearSome hears a part of the message.
func (t *talk) hearSome(size int) bool {
	p := make([]byte, 4096)
	for size > 0 {
		n, err := t.reader.Read(p[:min(size, len(p))])
		t.take(p[:n])
		size -= n
		if err != nil {
			return false
		}
	}
	return true
}

// hearBody hears the message up to and with its final dot.
func (t *talk) hearBody() bool {
	start := true
	for {
		line, err := t.reader.ReadSlice('\n')
		t.take(line)
		if start && string(line) == ".\r\n" {
			t.change(func() { t.now.whole = true })
			return true
		}
		start = strings.HasSuffix(string(line), "\r\n")
		if err != nil && err != bufio.ErrBufferFull {
			return false
		}
	}
}

func (t *talk) take(p []byte) {
	if len(p) > 0 {
		t.change(func() {
			t.now.began = true
			t.now.body.Write(p)
		})
	}
}

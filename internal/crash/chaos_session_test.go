package crash

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// trouble is one way in which a server misbehaves.
type trouble int

const (
	fine      trouble = iota
	deferred          // a 4yz
	refused           // a 5yz
	closes            // 421, and the line is closed
	hangsUp           // the line is closed without a word
	dawdles           // the answer is late
	keepsMum          // accepted, and the line is closed without a word
	stammers          // accepted, and the line is closed in the middle of the answer
	keepsShut         // accepted and answered, and then the line is closed
)

// odds say how often, of a hundred times, which trouble comes.
type odds []struct {
	percent int
	trouble trouble
}

// What the server does at each step. All of it is what servers do on a bad day.
var (
	atGreeting  = odds{{4, closes}, {4, hangsUp}, {4, dawdles}}
	atRecipient = odds{{8, deferred}, {4, refused}, {1, closes}, {2, hangsUp}, {2, dawdles}}
	atBody      = odds{{6, hangsUp}} // in the middle of it
	atDot       = odds{{6, deferred}, {2, refused}, {4, hangsUp}, {12, dawdles}, {5, keepsMum}, {3, stammers}, {3, keepsShut}}
)

// idle is how long a line may be silent. It is short, so that clients meet
// lines that were closed while they were not looking, and longer than a stopped
// process stays stopped.
const idle = 5 * time.Second

// meet draws the trouble of the nth time that something is met. It depends on
// nothing else than the seed, so that an address has the same life in every run,
// however the processes are timed.
func (s *chaosServer) meet(o odds, what string) (trouble, *rand.Rand) {
	s.mu.Lock()
	s.met[what]++
	times := s.met[what]
	s.mu.Unlock()
	chance := chanceOf(s.seed, fmt.Sprintf("%s, %d", what, times))
	if s.calm.Load() {
		return fine, chance
	}
	drawn := chance.IntN(100)
	for _, row := range o {
		if drawn -= row.percent; drawn < 0 {
			return row.trouble, chance
		}
	}
	return fine, chance
}

// chanceOf is a stream of chance that depends on the seed and a name alone.
func chanceOf(seed uint64, name string) *rand.Rand {
	hash := fnv.New64a()
	io.WriteString(hash, name) // a hash never fails
	return rand.New(rand.NewPCG(seed, hash.Sum64()))
}

// dawdle is mostly shorter than the three seconds that a sender which is to stop
// waits for the answer to its final dot, and sometimes longer than it may take to
// end.
func (s *chaosServer) dawdle(chance *rand.Rand) bool {
	if chance.IntN(4) == 0 {
		return s.wait(stopsWithin + 3*time.Second)
	}
	return s.wait(time.Duration(20+chance.IntN(1000)) * time.Millisecond)
}

// chaosSession is one connection's dialogue. Its methods tell whether the
// dialogue goes on.
type chaosSession struct {
	server     *chaosServer
	conn       net.Conn
	in         *bufio.Reader
	recipients []string
}

func (s *chaosServer) talk(conn net.Conn) {
	c := &chaosSession{server: s, conn: conn, in: bufio.NewReader(conn)}
	switch trouble, chance := s.meet(atGreeting, "greeting"); trouble {
	case closes:
		c.say("421 4.3.2 shutting down")
		return
	case hangsUp:
		c.reset(chance)
		return
	case dawdles:
		s.dawdle(chance)
	}
	for goOn := c.say("220 chaos.invalid ESMTP"); goOn; {
		conn.SetReadDeadline(time.Now().Add(idle))
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		goOn = c.command(strings.TrimRight(line, "\r\n"))
	}
}

func (c *chaosSession) command(line string) bool {
	verb, argument, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		return c.say("250-chaos.invalid\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
	case "MAIL", "RSET":
		c.recipients = nil
		return c.say("250 2.0.0 ok")
	case "RCPT":
		return c.recipient(strings.Trim(strings.TrimPrefix(argument, "TO:"), "<>"))
	case "DATA":
		return c.data()
	case "QUIT":
		c.say("221 2.0.0 bye")
		return false
	}
	return c.say("502 5.5.1 what is that?")
}

func (c *chaosSession) recipient(address string) bool {
	switch trouble, chance := c.server.meet(atRecipient, "recipient "+address); trouble {
	case deferred:
		return c.say("450 4.2.1 try again later")
	case refused:
		return c.say("550 5.1.1 nobody here has that name")
	case closes:
		c.say("421 4.3.2 shutting down")
		return false
	case hangsUp:
		c.reset(chance)
		return false
	case dawdles:
		c.server.dawdle(chance)
	}
	c.recipients = append(c.recipients, address)
	return c.say("250 2.1.5 ok")
}

// data takes a message. Once the body may come, everything but a full answer
// leaves the client in doubt.
func (c *chaosSession) data() bool {
	if len(c.recipients) == 0 {
		return c.say("554 5.5.1 nobody is to get it")
	}
	answered := false
	defer func() {
		if !answered {
			c.server.leaveInDoubt(c.recipients)
		}
	}()
	if !c.say("354 go on") {
		return false
	}
	trouble, chance := c.server.meet(atBody, "body for "+c.recipients[0])
	limit := 0
	if trouble == hangsUp {
		limit = 1 + chance.IntN(4000)
	}
	raw, err := c.body(limit)
	if err != nil {
		c.reset(chance)
		return false
	}
	answered, goOn := c.verdict(raw)
	return goOn
}

var errCut = errors.New("cut in the middle of the body")

// body reads until the dot, or until limit bytes of it; 0 is no limit.
func (c *chaosSession) body(limit int) ([]byte, error) {
	var raw bytes.Buffer
	for {
		c.conn.SetReadDeadline(time.Now().Add(idle))
		line, err := c.in.ReadSlice('\n') // no line of a message is longer than its buffer
		switch {
		case err != nil:
			return nil, err
		case string(line) == ".\r\n":
			return raw.Bytes(), nil
		}
		raw.Write(bytes.TrimPrefix(line, []byte(".")))
		if limit > 0 && raw.Len() > limit {
			return nil, errCut
		}
	}
}

// verdict decides on a whole message and answers.
func (c *chaosSession) verdict(raw []byte) (answered, goOn bool) {
	mail, err := c.server.see(raw)
	if err != nil {
		said := c.say("554 5.6.0 that is no message")
		return said, said
	}
	trouble, chance := c.server.meet(atDot, "dot for "+c.recipients[0])
	switch trouble {
	case deferred:
		said := c.say("451 4.3.0 try again later")
		return said, said
	case refused:
		said := c.say("554 5.6.0 not this one")
		return said, said
	case hangsUp:
		c.reset(chance)
		return false, false
	}
	c.server.accept(mail, c.recipients)
	switch trouble {
	case keepsMum:
		c.reset(chance)
		return false, false
	case stammers:
		io.WriteString(c.conn, "25") // whether it arrives is all one
		return false, false
	case dawdles:
		c.server.dawdle(chance)
	}
	said := c.say("250 2.0.0 kept")
	return said, said && trouble != keepsShut
}

func (c *chaosSession) say(reply string) bool {
	c.conn.SetWriteDeadline(time.Now().Add(idle))
	_, err := io.WriteString(c.conn, reply+"\r\n")
	return err == nil
}

// reset makes the client see a reset instead of an end, half of the times.
func (c *chaosSession) reset(chance *rand.Rand) {
	if tcp, ok := c.conn.(*net.TCPConn); ok && chance.IntN(2) == 0 {
		tcp.SetLinger(0) // the close comes with the end of the session
	}
}

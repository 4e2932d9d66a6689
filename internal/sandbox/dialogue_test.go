package sandbox

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait of a test's client.
const patience = 20 * time.Second

func start(tb testing.TB, options Options) *Server {
	tb.Helper()
	server, err := Start(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return server
}

// client is one connection to a server.
type client struct {
	net.Conn
	tb testing.TB
	r  *bufio.Reader
}

func dial(tb testing.TB, server *Server) *client {
	tb.Helper()
	conn, err := net.DialTimeout("tcp", server.Addr(), patience)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		tb.Fatal(err)
	}
	return &client{Conn: conn, tb: tb, r: bufio.NewReader(conn)}
}

// talk holds a dialogue: "> text" says a line, "< text" hears a reply whose last
// line begins with that text, "< end" hears the end of the line. Lines to say
// that follow each other leave in one packet.
func (c *client) talk(dialogue string) {
	c.tb.Helper()
	var out strings.Builder
	say := func() {
		if out.Len() == 0 {
			return
		}
		if _, err := c.Write([]byte(out.String())); err != nil {
			c.tb.Fatalf("say %q: %v", out.String(), err)
		}
		out.Reset()
	}
	for line := range strings.SplitSeq(dialogue, "\n") {
		line = strings.TrimSpace(line)
		if text, found := strings.CutPrefix(line, "> "); found {
			out.WriteString(text + "\r\n")
			continue
		}
		say()
		if want, found := strings.CutPrefix(line, "< "); found {
			if got := c.hear(); !strings.HasPrefix(got, want) {
				c.tb.Fatalf("heard %q, want %q", got, want)
			}
		}
	}
	say()
}

// hear gives the last line of the next reply, or "end".
func (c *client) hear() string {
	c.tb.Helper()
	for {
		line, err := c.r.ReadString('\n')
		switch {
		case err != nil && c.ended(err):
			return "end"
		case err != nil:
			c.tb.Fatalf("hear: %v", err)
		case len(line) < 4 || line[3] != '-':
			return strings.TrimRight(line, "\r\n")
		}
	}
}

func (c *client) ended(err error) bool {
	timeout, ok := err.(net.Error)
	return !ok || !timeout.Timeout()
}

// send sends a message to one recipient and gives the last reply.
func (c *client) send(to, body string) string {
	c.tb.Helper()
	c.talk("> MAIL FROM:<ada@example.org>\n< 250")
	c.talk("> RCPT TO:<" + to + ">\n")
	if reply := c.hear(); !strings.HasPrefix(reply, "250") {
		return reply
	}
	c.talk("> DATA\n< 354")
	if _, err := c.Write([]byte(body + ".\r\n")); err != nil {
		c.tb.Fatal(err)
	}
	return c.hear()
}

const (
	hello = "< 220\n> EHLO client.example\n< 250\n"
	text  = "Subject: hi\r\n\r\nhello\r\n"
)

package sandbox

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// popTimeout is how long a client may be silent (RFC 1939 §3).
const popTimeout = 10 * time.Minute

// popMail is a mail that POP3 shows. What IMAP does to it does not concern it, nor the
// other way round.
type popMail struct {
	number int // which no other of the mailbox has
	text   string
}

func (m popMail) uidl() string { return fmt.Sprintf("sandbox-%d", m.number) }

// mailsOf are the mails that have come to a user.
func (m *mailboxes) mailsOf(name string) []popMail {
	m.mu.Lock()
	defer m.mu.Unlock()
	if box := m.boxes[withoutDetail(strings.ToLower(name))]; box != nil {
		return box.arrived
	}
	return nil
}

// remove takes mails out of what POP3 shows, which gives their room back.
func (m *mailboxes) remove(name string, numbers map[int]bool) {
	name = withoutDetail(strings.ToLower(name))
	m.mu.Lock()
	defer m.mu.Unlock()
	box := m.boxes[name]
	if box == nil { // nothing has come, so nothing was deleted
		return
	}
	var left []popMail // sessions have the old list
	for _, mail := range box.arrived {
		if !numbers[mail.number] {
			left = append(left, mail)
		}
	}
	box.arrived = left
}

// servePOP3 lets the mailboxes be read in the older way.
func (s *Server) servePOP3(plain net.Listener) {
	s.popListener = newListener(plain)
	s.running.Go(func() {
		for {
			conn, err := s.popListener.Accept()
			if err != nil {
				s.stoppedListening("POP3", err)
				return
			}
			if !s.beginReceiving() {
				conn.Close()
				return
			}
			go func() {
				defer s.endReceiving()
				defer conn.Close()
				(&popSession{server: s, conn: conn, reader: bufio.NewReaderSize(conn, 1024), writer: bufio.NewWriter(conn)}).talk()
			}()
		}
	})
}

// popSession is a client's dialogue by POP3 (RFC 1939, RFC 2449).
type popSession struct {
	server *Server
	conn   net.Conn
	reader *bufio.Reader // a line longer than it has room for ends the session
	writer *bufio.Writer

	user    string
	inside  bool      // the login is behind
	mails   []popMail // as they were then
	deleted map[int]bool
}

func (p *popSession) talk() {
	p.say("+OK the sandbox is ready")
	for p.writer.Flush() == nil {
		_ = p.conn.SetDeadline(time.Now().Add(popTimeout)) // a closed conn shows at the read
		line, err := p.reader.ReadSlice('\n')
		if err != nil {
			return
		}
		command, argument, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
		command = strings.ToUpper(command)
		switch {
		case command == "QUIT":
			p.quit()
			return
		case !p.inside:
			p.enter(command, argument)
		default:
			p.answer(command, argument)
		}
	}
}

func (p *popSession) say(format string, args ...any) { fmt.Fprintf(p.writer, format+"\r\n", args...) }

// enter is what there is before the login. It takes everybody but the wrong password.
func (p *popSession) enter(command, argument string) {
	switch command {
	case "CAPA":
		p.capabilities()
	case "USER":
		p.user = argument
		p.say("+OK")
	case "PASS":
		if p.user == "" || argument == wrongPassword {
			p.server.logf("login to a mailbox refused")
			p.say("-ERR [AUTH] wrong user or password")
			return
		}
		p.inside, p.mails, p.deleted = true, p.server.mailboxes.mailsOf(p.user), make(map[int]bool)
		p.say("+OK %d messages", len(p.mails))
	default:
		p.say("-ERR log in first")
	}
}

func (p *popSession) capabilities() { p.say("+OK\r\nUSER\r\nTOP\r\nUIDL\r\nRESP-CODES\r\n.") }

// answer is what there is behind the login.
func (p *popSession) answer(command, argument string) {
	switch command {
	case "CAPA":
		p.capabilities()
	case "NOOP":
		p.say("+OK")
	case "RSET":
		clear(p.deleted)
		p.say("+OK")
	case "STAT":
		octets := 0
		for _, m := range p.left() {
			octets += len(m.text)
		}
		p.say("+OK %d %d", len(p.left()), octets)
	case "LIST":
		p.list(argument, func(m popMail) string { return strconv.Itoa(len(m.text)) })
	case "UIDL":
		p.list(argument, popMail.uidl)
	case "RETR", "TOP", "DELE":
		p.one(command, argument)
	default:
		p.say("-ERR the sandbox does not know that")
	}
}

// left are the mails that are not deleted.
func (p *popSession) left() (all []popMail) {
	for _, m := range p.mails {
		if !p.deleted[m.number] {
			all = append(all, m)
		}
	}
	return all
}

// mail is the one that a client names by where it stands, from 1.
func (p *popSession) mail(place string) (popMail, bool) {
	n, err := strconv.Atoi(place)
	if err != nil || n < 1 || n > len(p.mails) || p.deleted[p.mails[n-1].number] {
		p.say("-ERR no such message")
		return popMail{}, false
	}
	return p.mails[n-1], true
}

// list says something of one mail, or of each.
func (p *popSession) list(place string, of func(popMail) string) {
	if place != "" {
		if m, ok := p.mail(place); ok {
			p.say("+OK %s %s", place, of(m))
		}
		return
	}
	p.say("+OK")
	for i, m := range p.mails {
		if !p.deleted[m.number] {
			p.say("%d %s", i+1, of(m))
		}
	}
	p.say(".")
}

// one does something with one mail. TOP has a number of lines behind the header.
func (p *popSession) one(command, argument string) {
	place, lines, _ := strings.Cut(argument, " ")
	m, ok := p.mail(place)
	if !ok {
		return
	}
	text := m.text
	switch command {
	case "DELE":
		p.deleted[m.number] = true
		p.say("+OK it goes when you do")
		return
	case "TOP":
		n, err := strconv.Atoi(lines)
		if err != nil || n < 0 {
			p.say("-ERR how many lines?")
			return
		}
		text = top(text, n)
	}
	p.say("+OK")
	body := textproto.NewWriter(p.writer).DotWriter()
	_, _ = io.WriteString(body, text) // an error shows at the next flush
	_ = body.Close()
}

// top is the header of a mail, and so many lines of what follows.
func top(mail string, lines int) string {
	header, body, found := strings.Cut(mail, "\r\n\r\n")
	if !found {
		return mail
	}
	all := strings.SplitAfterN(body, "\n", lines+1)
	return header + "\r\n\r\n" + strings.Join(all[:min(lines, len(all))], "")
}

// quit removes what was deleted.
func (p *popSession) quit() {
	if len(p.deleted) > 0 {
		p.server.mailboxes.remove(p.user, p.deleted)
	}
	p.say("+OK bye")
	_ = p.writer.Flush() // who has left does not hear it
}

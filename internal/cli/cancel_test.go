package cli_test

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sendoff/internal/clitest"
)

// slowServer takes mail, and waits in the middle of each message or behind its dot.
type slowServer struct {
	behindDot bool
	waits     chan struct{} // there is a message that waits
	goOn      chan struct{}
	whole     chan bool // whether a message came to its dot
}

func (s *slowServer) start(t *testing.T) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.waits, s.goOn, s.whole = make(chan struct{}, 8), make(chan struct{}), make(chan bool, 8)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

func (s *slowServer) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	say := func(text string) { conn.Write([]byte(text + "\r\n")) }
	say("220 slow")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if !strings.HasPrefix(line, "DATA") {
			say("250 ok")
			continue
		}
		say("354 go")
		if !s.behindDot {
			r.ReadString('\n')
			s.waits <- struct{}{}
			<-s.goOn
		}
		var tail []byte
		for !bytes.HasSuffix(tail, []byte("\r\n.\r\n")) {
			part, err := r.ReadSlice('\n')
			if err != nil && err != bufio.ErrBufferFull {
				s.whole <- false
				return
			}
			tail = append(tail, part...)
			tail = tail[max(0, len(tail)-5):]
		}
		if s.behindDot {
			s.waits <- struct{}{}
			<-s.goOn
		}
		say("250 taken")
		s.whole <- true
	}
}

// What a daemon is sending, another process stops as long as the server has not all of it,
// and else says that it is too late.
func TestCancel_StopsWhatADaemonIsSending(t *testing.T) {
	for _, behindDot := range []bool{false, true} {
		p := clitest.Install(t)
		s := &slowServer{behindDot: behindDot}
		p.Account(s.start(t))
		path := filepath.Join(t.TempDir(), "wrong.bin")
		if err := os.WriteFile(path, make([]byte, 12<<20), 0o600); err != nil { // more than the two ends of a line hold
			t.Fatal(err)
		}
		id := strings.TrimSpace(p.Must("Hi.\n", "send", "-s", "Figures", "--attach", path, "ana@example.org"))
		start(t, p.Command("daemon"))
		<-s.waits
		standing := "sending, accepted, waits for the message  ana@example.org"
		if behindDot {
			standing = "sending, accepted, waits for the server's word  ana@example.org"
		}
		eventually(t, standing, func() bool { return strings.Contains(p.Must("", "show", id), standing) })
		r := p.Run("", "cancel", id)
		close(s.goOn)
		code, says, state := 0, "sendoff: "+id+" was being sent, and is stopped: the server did not get all of it\n", "cancelled"
		if behindDot {
			code, says, state = 65, "the server has the whole message; it can no longer be stopped", "sent"
		}
		if r.Code != code || !strings.Contains(r.Err, says) {
			t.Errorf("%d: %s", r.Code, r.Err)
		}
		if whole := <-s.whole; whole != behindDot {
			t.Errorf("the server got the dot: %t", whole)
		}
		eventually(t, state, func() bool { return strings.Contains(p.Must("", "list", "--state", state), id) })
	}
}

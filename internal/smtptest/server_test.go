package smtptest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
)

// recorder takes the place of a test that is expected to fail.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Errorf(format string, arguments ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, arguments...))
}

// say plays a client: it writes text, closes its side, and gives what it heard.
func say(t *testing.T, s *Server, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	heard, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(heard)
}

func TestServer_FollowsTheDialogue(t *testing.T) {
	s := Serve(t, `
		# a whole conversation
		S: 220 test
		C: EHLO *
		S: 250-test
		raw "250 x\n"
		C: MAIL FROM:<*>
		S: 250 ok
		C: <5 bytes>
		C: <body>
		drip 1ms 250 ok
		--- *2
		S: 220 again
	`, nil)
	heard := say(t, s, "EHLO [x/y]\r\nMAIL FROM:<a@b>\r\nabc\r\n..\r\nx\r\n.\r\nQUIT\r\n")
	if want := "220 test\r\n250-test\r\n250 x\n250 ok\r\n250 ok\r\n221 2.0.0 bye\r\n"; heard != want {
		t.Errorf("heard %q", heard)
	}
	say(t, s, "")
	say(t, s, "QUIT\r\n")
	all := s.Finish()
	if len(all) != 3 || strings.Join(all[0].Lines, "|") != "EHLO [x/y]|MAIL FROM:<a@b>|QUIT" || all[0].Commands("MAIL") != 1 {
		t.Fatalf("%+v", all)
	}
	if bodies := all[0].Bodies; len(bodies) != 2 || string(bodies[0]) != "abc\r\n" || string(Unstuff(bodies[1])) != ".\r\nx\r\n" {
		t.Errorf("bodies are %q", bodies)
	}
}

func TestServer_FailsTheTest(t *testing.T) {
	rows := []struct{ name, dialogue, client string }{
		{"another line", "C: EHLO *", "HELO x\r\n"},
		{"hung up", "C: EHLO *", ""},
		{"more than the dialogue", "S: 220 x", "EHLO x\r\n"},
		{"no dot", "C: <body>", "half"},
		{"a dot", "C: <cut body>", "half\r\n.\r\n"},
		{"no end", "C: <end>", "RSET\r\n"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := &recorder{TB: t}
			s := Serve(r, row.dialogue, nil)
			say(t, s, row.client)
			if s.Finish(); len(r.errors) != 1 {
				t.Errorf("errors are %q", r.errors)
			}
		})
	}
}

func TestServer_InMemoryWithTLS(t *testing.T) {
	authority := NewAuthority(t)
	s := ServeInMemory(t, "tls\nS: 220 test\nC: QUIT", authority.Server(nil))
	raw, err := s.Dial(t.Context(), "tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(raw, &tls.Config{RootCAs: authority.Pool, ServerName: "localhost"})
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "220 test\r\n" {
		t.Errorf("%q, %v", line, err)
	}
	if _, err := io.WriteString(conn, "QUIT\r\n"); err != nil {
		t.Error(err)
	}
	_ = raw.Close()
	if all := s.Finish(); all[0].TLS != tls.VersionTLS13 {
		t.Errorf("%+v", all)
	}
}

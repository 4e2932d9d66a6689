package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// popTalk says the lines that begin with ">" and compares the others with the
// beginnings of what the server says.
func popTalk(t *testing.T, server *Server, dialogue string) {
	t.Helper()
	conn, err := net.Dial("tcp", server.POP3Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	reader := bufio.NewReader(conn)
	for line := range strings.Lines(strings.TrimSpace(dialogue)) {
		line = strings.TrimSpace(line)
		if said, ok := strings.CutPrefix(line, "> "); ok {
			fmt.Fprintf(conn, "%s\r\n", said)
			continue
		}
		heard, err := reader.ReadString('\n')
		if err != nil || !strings.HasPrefix(heard, line) || !strings.HasSuffix(heard, "\r\n") {
			t.Fatalf("heard %q, %v, want %q", heard, err, line)
		}
	}
}

func TestPOP3_ShowsWhatHasComeBack(t *testing.T) {
	server := start(t, Options{POP3: "127.0.0.1:0"})
	for _, name := range []string{"one", "two"} {
		if err := server.mailboxes.arrives("Ada+x@example.org", "Subject: "+name+"\r\n\r\n.dot\r\nlast\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	popTalk(t, server, `
		+OK
		> CAPA
		+OK
		USER
		TOP
		UIDL
		RESP-CODES
		.
		> STAT
		-ERR
		> USER ada@example.org
		+OK
		> PASS wrong
		-ERR [AUTH]
		> PASS right
		+OK 2
		> STAT
		+OK 2 56
		> UIDL
		+OK
		1 sandbox-1
		2 sandbox-2
		.
		> LIST 2
		+OK 2 28
		> RETR 1
		+OK
		Subject: one

		..dot
		last
		.
		> TOP 2 1
		+OK
		Subject: two

		..dot
		.
		> TOP 2 0
		+OK
		Subject: two

		.
		> RETR 3
		-ERR
		> RETR x
		-ERR
		> TOP 1
		-ERR
		> XYZZY
		-ERR
		> DELE 1
		+OK
		> RETR 1
		-ERR
		> STAT
		+OK 1 28
		> RSET
		+OK
		> DELE 2
		+OK
		> NOOP
		+OK
		> QUIT
		+OK`)
	popTalk(t, server, `
		+OK
		> USER ada@example.org
		+OK
		> PASS x
		+OK 1
		> UIDL 1
		+OK 1 sandbox-1`)
	popTalk(t, server, "+OK\n> USER ben@example.org\n+OK\n> PASS x\n+OK 0\n> LIST\n+OK\n.\n")
	if _, err := Start(Options{POP3: "0.0.0.0:0"}); err == nil {
		t.Error("others could reach the mailboxes")
	}
}

// A client that never ends its line is not listened to for long, and one that is silent
// does not keep the server.
func TestPOP3_Ends(t *testing.T) {
	server := start(t, Options{POP3: "127.0.0.1:0"})
	for _, said := range []string{strings.Repeat("x", 5000), ""} {
		conn, err := net.Dial("tcp", server.POP3Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, said)
		if said == "" {
			break
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("it listens on: %v", err)
		}
	}
	began := time.Now()
	if err := server.Close(); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

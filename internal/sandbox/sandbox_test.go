package sandbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestStart_RefusesWhatOthersCouldReach(t *testing.T) {
	for _, address := range []string{":2525", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "mail.example.org:0", "[::ffff:192.0.2.1]:0", "localhost.example.org:0"} {
		server, err := Start(Options{Addr: address})
		if !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v, want ErrNotLoopback", address, err)
		}
		if err == nil {
			server.Close()
		}
	}
	for _, address := range []string{"127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1"} {
		if server, err := Start(Options{Addr: address}); err == nil {
			t.Errorf("%s: started", address)
			server.Close()
		} else if errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestStart_ListensOnLoopback(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:0", "localhost:0", "127.0.0.2:0"} {
		server := start(t, Options{Addr: address})
		host, _, err := net.SplitHostPort(server.Addr())
		if err != nil || !net.ParseIP(host).IsLoopback() {
			t.Errorf("%q listens at %s: %v", address, server.Addr(), err)
		}
	}
	server := start(t, Options{})
	if _, err := Start(Options{Addr: server.Addr()}); err == nil {
		t.Error("two servers listen at one address")
	}
}

func TestMaildir_HoldsTheBytesAsTheyCame(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	server := start(t, Options{Dir: dir})
	sent := "Subject: dots\r\n\r\n..\r\n..dots\r\n\tbin\x00\xff\r\n"
	want := "Subject: dots\r\n\r\n.\r\n.dots\r\n\tbin\x00\xff\r\n"
	c := dial(t, server)
	c.talk(hello)
	if reply := c.send("ana@example.org", sent); reply != "250 2.0.0 OK: kept as s1" {
		t.Fatal(reply)
	}
	if reply := c.send("spam@example.org", sent); !strings.HasPrefix(reply, "554 ") {
		t.Fatal(reply)
	}
	messages := server.Messages()
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	m := messages[0]
	got, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
	if m.Size != int64(len(want)) || m.SHA256 != sha256.Sum256([]byte(want)) || m.Text != nil {
		t.Errorf("recorded %d bytes, %x, text %q", m.Size, m.SHA256, m.Text)
	}
	if m.From != "ada@example.org" || !slices.Equal(m.To, []string{"ana@example.org"}) {
		t.Errorf("envelope from %s to %q", m.From, m.To)
	}
	if filepath.Dir(m.Path) != filepath.Join(dir, "new") {
		t.Errorf("path %s", m.Path)
	}
	checkTree(t, dir, 1)
}

// checkTree checks the permissions of a maildir, and that of its files as many
// are in new and none in tmp.
func checkTree(t *testing.T, dir string, messages int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for sub, want := range map[string]int{"tmp": 0, "new": messages, "cur": 0} {
		files, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != want {
			t.Errorf("%d files in %s, want %d", len(files), sub, want)
		}
	}
}

func TestMessages_LargeOnesCostNoMemory(t *testing.T) {
	const size = 8 << 20
	line := strings.Repeat("x", 998) + "\r\n"
	body := strings.Repeat(line, size/len(line))
	server := start(t, Options{})
	c := dial(t, server)
	c.talk(hello + "> MAIL FROM:<ada@example.org>\n< 250\n> RCPT TO:<ana@example.org>\n< 250\n> DATA\n< 354")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for rest := body; rest != ""; {
		n := min(len(rest), 64<<10)
		if _, err := c.Write([]byte(rest[:n])); err != nil { // converts 64 KiB at a time: counted below
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	c.talk("> .\n< 250")
	runtime.GC()
	runtime.ReadMemStats(&after)
	m := server.Messages()[0]
	if m.Size != int64(len(body)) || m.SHA256 != sha256.Sum256([]byte(body)) {
		t.Errorf("recorded %d bytes, %x", m.Size, m.SHA256)
	}
	if string(m.Text) != body[:maxText] {
		t.Errorf("%d bytes of text, want the first %d", len(m.Text), maxText)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 2<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func TestMessageList_ForgetsTextsAndThenMessages(t *testing.T) {
	var l messageList
	text := make([]byte, maxText)
	const withText = maxAllText / maxText
	for range withText + 3 {
		l.add(Message{Text: text})
	}
	for i, m := range l.all() {
		if got, want := m.Text != nil, i >= 3; got != want {
			t.Errorf("%s has text: %t, want %t", m.ID, got, want)
		}
	}
	for range maxMessages {
		l.add(Message{Text: []byte("small")})
	}
	all := l.all()
	if len(all) != maxMessages || all[0].ID != "s68" || string(all[0].Text) != "small" {
		t.Errorf("%d messages, the first %s %q", len(all), all[0].ID, all[0].Text)
	}
	if want := maxMessages * len("small"); l.textSize != want || l.textFrom != 0 {
		t.Errorf("%d bytes of text from message %d on, want %d from 0", l.textSize, l.textFrom, want)
	}
}

func TestMail_ASecondOneLeavesNoTransactionBehind(t *testing.T) {
	server := start(t, Options{})
	dial(t, server).talk(hello + `
		> MAIL FROM:<first@example.org>
		< 250
		> RCPT TO:<ana@example.org>
		< 250
		> MAIL FROM:<second@example.org>
		< 503 5.5.1
		> RCPT TO:<ana@example.org>
		< 503 5.5.1
		> DATA
		< 354
		> .
		< 503 5.5.1
		> MAIL FROM:<third@example.org>
		< 250
		> RCPT TO:<kim@example.org>
		< 250
		> DATA
		< 354
		> .
		< 250
	`)
	messages := server.Messages()
	if len(messages) != 1 || messages[0].From != "third@example.org" || !slices.Equal(messages[0].To, []string{"kim@example.org"}) {
		t.Errorf("kept %+v", messages)
	}
}

func TestLogin_TakesEverybodyButTheWrongPassword(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := map[string]struct{ dialogue, user string }{
		"plain":               {"> AUTH PLAIN " + encode("\x00ada\x00secret") + "\n< 235", "ada"},
		"plain in two steps":  {"> AUTH PLAIN\n< 334 \n> " + encode("\x00ada\x00secret") + "\n< 235", "ada"},
		"plain, wrong":        {"> AUTH PLAIN " + encode("\x00ada\x00wrong") + "\n< 535 5.7.8", ""},
		"login":               {"> AUTH LOGIN\n< 334 VXNlcm5hbWU6\n> " + encode("ada") + "\n< 334 UGFzc3dvcmQ6\n> " + encode("secret") + "\n< 235", "ada"},
		"login with the user": {"> AUTH LOGIN " + encode("ada") + "\n< 334 UGFzc3dvcmQ6\n> " + encode("secret") + "\n< 235", "ada"},
		"login, wrong":        {"> AUTH LOGIN " + encode("ada") + "\n< 334\n> " + encode("wrong") + "\n< 535 5.7.8", ""},
		"wrong, then right":   {"> AUTH PLAIN " + encode("\x00ada\x00wrong") + "\n< 535\n> AUTH PLAIN " + encode("\x00ada\x00secret") + "\n< 235", "ada"},
		"cancelled":           {"> AUTH LOGIN\n< 334\n> *\n< 501", ""},
		"unknown mechanism":   {"> AUTH CRAM-MD5\n< 504", ""},
		"none":                {"", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			server := start(t, Options{Log: func(line string) { log.WriteString(line) }})
			c := dial(t, server)
			c.talk(hello + test.dialogue)
			if reply := c.send("ana@example.org", text); !strings.HasPrefix(reply, "250") {
				t.Fatal(reply)
			}
			server.Close()
			if m := server.Messages()[0]; m.User != test.user {
				t.Errorf("sent by %q, want %q", m.User, test.user)
			}
			if strings.Contains(log.String(), "secret") {
				t.Errorf("a password in the log: %s", log.String())
			}
		})
	}
}

func TestReceive_KeepsNothingThatWasCutOff(t *testing.T) {
	const begin = hello + "> MAIL FROM:<ada@example.org>\n< 250\n> RCPT TO:<ana@example.org>\n< 250\n"
	for name, dialogue := range map[string]string{
		"in DATA":              "> DATA\n< 354\n> Subject: cut",
		"in the last chunk":    "> BDAT 100 LAST\n> Subject: cut",
		"between chunks":       "> BDAT 5\n> abc\n< 250",
		"by RSET after chunks": "> BDAT 5\n> abc\n< 250\n> RSET\n< 250",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			server := start(t, Options{Dir: filepath.Join(dir, "mail")})
			c := dial(t, server)
			c.talk(begin + dialogue)
			c.Conn.(*net.TCPConn).CloseWrite()
			for c.hear() != "end" {
			}
			server.Close()
			if got := server.Messages(); len(got) != 0 {
				t.Errorf("kept %d bytes of a message", got[0].Size)
			}
			checkTree(t, filepath.Join(dir, "mail"), 0)
		})
	}
}

func TestBDAT_ChunksMakeOneMessage(t *testing.T) {
	server := start(t, Options{})
	dial(t, server).talk(hello + "> MAIL FROM:<ada@example.org>\n< 250\n> RCPT TO:<ana@example.org>\n< 250\n" +
		"> BDAT 5\n> abc\n< 250\n> BDAT 6 LAST\n> .def\n< 250 2.0.0 OK: kept as s1")
	if got := string(server.Messages()[0].Text); got != "abc\r\n.def\r\n" {
		t.Errorf("kept %q", got)
	}
}

func TestLimits_AreAnnouncedAndKept(t *testing.T) {
	server := start(t, Options{MaxSize: 1000})
	c := dial(t, server)
	c.talk("< 220\n> EHLO client.example\n")
	var announced []string
	for line := ""; !strings.HasPrefix(line, "250 "); {
		var err error
		if line, err = c.r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		announced = append(announced, strings.TrimSpace(line[4:]))
	}
	for _, want := range []string{"PIPELINING", "AUTH PLAIN LOGIN", "SMTPUTF8", "SIZE 1000", "LIMITS RCPTMAX=100"} {
		if !slices.Contains(announced, want) {
			t.Errorf("%q is not among %q", want, announced)
		}
	}
	c.talk("> MAIL FROM:<ada@example.org> SIZE=1001\n< 552 5.3.4\n")
	if reply := c.send("ana@example.org", strings.Repeat(text, 100)); !strings.HasPrefix(reply, "552 5.3.4") {
		t.Error(reply)
	}
	c.talk("> MAIL FROM:<ada@example.org>\n< 250")
	for range maxRecipients {
		c.talk("> RCPT TO:<ana@example.org>\n< 250")
	}
	c.talk("> RCPT TO:<ana@example.org>\n< 452 4.5.3\n> DATA\n< 354\n> .\n< 250")
	if got := server.Messages(); len(got) != 1 || len(got[0].To) != maxRecipients {
		t.Errorf("kept %d messages", len(got))
	}
}

func TestServer_TakesManyAtOnce(t *testing.T) {
	const clients, each = 8, 10
	lines := 0
	server := start(t, Options{Dir: filepath.Join(t.TempDir(), "mail"), Log: func(string) { lines++ }})
	var group sync.WaitGroup
	for i := range clients {
		c := dial(t, server)
		group.Go(func() {
			c.talk(hello)
			for j := range each {
				if reply := c.send(fmt.Sprintf("ana+%d.%d@example.org", i, j), text); !strings.HasPrefix(reply, "250") {
					t.Error(reply)
				}
			}
		})
	}
	group.Wait()
	server.Close()
	ids, paths := map[string]bool{}, map[string]bool{}
	for _, m := range server.Messages() {
		ids[m.ID], paths[m.Path] = true, true
	}
	if len(ids) != clients*each || len(paths) != clients*each || lines != clients*each {
		t.Errorf("%d IDs, %d files, %d log lines, want %d of each", len(ids), len(paths), lines, clients*each)
	}
}

func TestLog_ShowsWhatHappenedWithoutTerminalCodes(t *testing.T) {
	var lines []string
	server := start(t, Options{Log: func(line string) { lines = append(lines, line) }})
	c := dial(t, server)
	c.talk(hello)
	c.send("escape@example.org", text)
	c.talk("> RSET\n< 250")
	c.send("ana@example.org", text)
	server.Close()
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "escape@example.org: 550 5.7.1 ") || lines[1] != "s1: kept a message from ada@example.org to ana@example.org, 22 bytes" {
		t.Errorf("log %q", lines)
	}
	if log := strings.Join(lines, "\n"); strings.ContainsAny(log, "\x1b\x07\b\u202e") || !strings.Contains(log, "red") {
		t.Errorf("log %q", log)
	}
}

func TestClose_CutsIdleAndBusyClients(t *testing.T) {
	server := start(t, Options{Dir: filepath.Join(t.TempDir(), "mail")})
	idle, busy, slow := dial(t, server), dial(t, server), dial(t, server)
	idle.talk(hello)
	const envelope = hello + "> MAIL FROM:<ada@example.org>\n< 250\n"
	busy.talk(envelope + "> RCPT TO:<ana@example.org>\n< 250\n> DATA\n< 354\n> half")
	slow.talk(envelope + "> RCPT TO:<slow@example.org>\n< 250\n> DATA\n< 354\n> .\n")
	began := time.Now()
	if err := server.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if took := time.Since(began); took > slowAnswer/2 {
		t.Errorf("Close took %v", took)
	}
	for name, c := range map[string]*client{"idle": idle, "busy": busy, "slow": slow} {
		if got := c.hear(); got != "end" {
			t.Errorf("the %s client heard %q", name, got)
		}
	}
	if conn, err := net.DialTimeout("tcp", server.Addr(), time.Second); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
}

// TestSlow_AnswersAfter20Seconds runs in virtual time, over a connection in
// memory. The bubble also proves that nothing runs after Close.
func TestSlow_AnswersAfter20Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		server := serve(pipes, nil, Options{})
		defer server.Close()
		near, far := net.Pipe()
		pipes.conns <- far
		c := &client{Conn: near, tb: t, r: bufio.NewReader(near)}
		c.talk(hello)
		began := time.Now()
		if reply := c.send("slow@example.org", text); !strings.HasPrefix(reply, "250 2.0.0 ") {
			t.Error(reply)
		}
		if took := time.Since(began); took != slowAnswer {
			t.Errorf("the answer took %v, want %v", took, slowAnswer)
		}
		if got := server.Messages(); len(got) != 1 || !bytes.Equal(got[0].Text, []byte(text)) {
			t.Errorf("kept %+v", got)
		}
	})
}

// pipeListener hands out connections in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

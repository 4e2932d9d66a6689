package crash

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/internal/clitest"
	"sendoff/outbox"
)

// Which test stands for which row of group H, as far as it needs the program;
// the others are in internal/scenario:
//
//	H01 killed anywhere: TestSend_KilledAnywhere…, TestFlush_KilledAnywhere…
//	H02 killed behind the 250: TestH02 in doubt_test.go
//	H03 killed while composing: TestBuilt_TypedTextSurvivesAKillAtAnyMoment of internal/cli
//	H04 power loss: TestPower_…, TestDurability_…
//	H05 H08 a full or read-only disk: TestBuilt_AFullOrReadOnlyDisk of internal/cli
//	H07 an I/O error at a sync: TestSend_ASyncThatFails…
//	H10 alien files: TestH10 of outbox
//	H11 two senders: TestH11
//	H12 a dead sender's lock: TestH12
//	H13 acts while a daemon sends: TestH13; TestG08 of internal/scenario
//	H16 what is no file to attach: TestH16
//	H17 H18 other schemas: TestOpen_… of outbox, and TestH18
//	H19 SIGTERM in every stage: TestH19
//	H20 no room at each write: TestSend_ARefusedCall…, TestFlush_ARefusedCall…

// background starts the program, which the test ends if it does not end itself.
func (s *station) background(args ...string) (process *exec.Cmd, over <-chan struct{}) {
	s.t.Helper()
	cmd := s.Command(args...)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() // ProcessState tells it
	}()
	s.t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	return cmd, ended
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for late := time.After(20 * time.Second); !is(); {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// states gives the state of each item by ID.
func (s *station) states() map[string]string {
	s.t.Helper()
	all := make(map[string]string)
	for _, i := range s.items() {
		all[i.ID] = i.State
	}
	return all
}

// tried counts the items with an attempt that is over and counted.
func (s *station) tried() (count int) {
	s.t.Helper()
	for _, i := range s.items() {
		if i.Attempts > 0 {
			count++
		}
	}
	return count
}

// queue queues many messages at once, without starting the program for each.
func (s *station) queue(many int) (ids []string) {
	s.t.Helper()
	b, err := outbox.Open(s.t.Context(), outbox.Options{Dir: s.DataDir(), State: s.StateDir()})
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	for i := range many {
		d := compose.Draft{Account: "work", From: "ada@example.org", To: fmt.Sprintf("user%d@example.org", i), Subject: "one of many", Body: smallText}
		id, err := b.Submit(s.t.Context(), d, outbox.SubmitOptions{})
		if err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, id.String())
	}
	return ids
}

func TestH11_TwoSendersOnOneOutbox(t *testing.T) {
	t.Parallel()
	s := newStation(t, "")
	ids := s.queue(200)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if r := s.Run("", "flush"); r.Code != 0 {
				t.Errorf("exit %d: %s", r.Code, r.Err)
			}
		})
	}
	both.Wait()
	for id, state := range s.states() {
		if state != "sent" {
			t.Errorf("%s is %s", id, state)
		}
	}
	s.requireDelivered(ids...)
}

// The kernel takes back the lock of a dead sender: nobody has to remove a file.
func TestH12_TheSenderWasKilled(t *testing.T) {
	t.Parallel()
	s := newStation(t, "")
	doubtful := acknowledged(s.Must(smallText, "send", "--to", "slow@example.org"))
	daemon, over := s.background("daemon")
	eventually(t, "the message at the server", func() bool { return len(clitest.Copies(t, s.maildir)) == 1 })
	daemon.Process.Kill()
	<-over
	next := acknowledged(s.Must(smallText, "send", "--to", "kim@example.org"))
	began := time.Now()
	r := s.Run("", "flush")
	if took := time.Since(began); r.Code != 0 || took > 10*time.Second {
		t.Errorf("exit %d after %s: %s", r.Code, took, r.Err)
	}
	if got := s.states(); got[doubtful] != "uncertain" || got[next] != "sent" {
		t.Errorf("%v", got)
	}
	s.requireDelivered(doubtful, next)
}

// What a daemon is sending is nobody else's; what waits is.
func TestH13_ActsWhileADaemonSends(t *testing.T) {
	t.Parallel()
	s := newStation(t, "")
	sending := acknowledged(s.Must(smallText, "send", "--to", "slow@example.org"))
	held := acknowledged(s.Must(smallText, "send", "--to", "busy@example.org"))
	deleted := acknowledged(s.Must(smallText, "send", "--to", "busy@example.org"))
	daemon, over := s.background("daemon")
	eventually(t, "one that is sent and two that were put off", func() bool {
		return len(clitest.Copies(t, s.maildir)) == 1 && s.tried() == 2
	})
	for _, act := range []string{"delete", "hold", "retry"} {
		if r := s.Run("", act, sending); r.Code != 75 || !strings.Contains(r.Err, "hint: wait for the answer") {
			t.Errorf("%s: exit %d: %s", act, r.Code, r.Err)
		}
	}
	if r := s.Run("", "cancel", sending); r.Code != 65 || !strings.Contains(r.Err, "the server has the whole message; it can no longer be stopped") {
		t.Errorf("cancel: exit %d: %s", r.Code, r.Err)
	}
	s.Must("", "hold", held)
	s.Must("", "delete", deleted)
	if got := s.states(); got[sending] != "sending" || got[held] != "held" || len(got) != 2 {
		t.Errorf("%v", got)
	}
	daemon.Process.Signal(syscall.SIGTERM)
	requireEnd(t, over)
	if got := s.states(); got[sending] != "uncertain" || got[held] != "held" {
		t.Errorf("after its end %v", got)
	}
	for id, n := range clitest.Copies(t, s.maildir) {
		if n != 1 {
			t.Errorf("%d copies of %s", n, id)
		}
	}
}

// requireEnd demands that a process ends as soon as it may take after SIGTERM.
func requireEnd(t *testing.T, over <-chan struct{}) {
	t.Helper()
	limit := time.NewTimer(stopsWithin)
	defer limit.Stop()
	select {
	case <-over:
	case <-limit.C:
		t.Errorf("it goes on %s after SIGTERM", stopsWithin)
	}
}

func TestH16_WhatCannotBeReadOrIsEmptyIsNotAttached(t *testing.T) {
	t.Parallel()
	s := newStation(t, "")
	pipe, empty := filepath.Join(s.Work, "pipe"), filepath.Join(s.Work, "empty")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.WriteFile(empty, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, words string }{
		{pipe, "it is a pipe, not a file"},
		{"/dev/zero", "it is a device, not a file"},
		{s.Work, "it is a directory, not a file"},
		{empty, "it is empty"},
		{"/proc/self/mem", "input/output error"}, // a file that nobody can read, be it root
		{filepath.Join(s.Work, "gone"), "no such file"},
	} {
		began := time.Now()
		r := s.Run(smallText, "send", "--to", "kim@example.org", "--attach", c.path)
		if r.Code != 66 || r.Out != "" || !strings.Contains(r.Err, c.words) || time.Since(began) > 10*time.Second {
			t.Errorf("%s: exit %d after %s: %s", c.path, r.Code, time.Since(began), r.Err)
		}
	}
	if n := len(s.items()); n != 0 {
		t.Errorf("%d items", n)
	}
}

func TestH18_ANewerOutboxIsNotTouched(t *testing.T) {
	t.Parallel()
	s := newStation(t, "")
	s.Must(smallText, "send", "--to", "kim@example.org")
	newer := sqlHold{path: filepath.Join(s.DataDir(), "outbox.db")}
	newer.begin(t)
	if _, err := newer.db.Exec("PRAGMA user_version = 99; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	newer.end()
	before, err := os.ReadFile(newer.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"send", "--to", "kim@example.org"}, {"flush"}, {"daemon"}, {"list"}, {"delete", "a1"}} {
		if r := s.Run(smallText, args...); r.Code != 78 || !strings.Contains(r.Err, "written by a newer sendoff") || !strings.Contains(r.Err, "hint: use the newer program") {
			t.Errorf("%v: exit %d: %s", args, r.Code, r.Err)
		}
	}
	if after, err := os.ReadFile(newer.path); err != nil || string(after) != string(before) {
		t.Errorf("the database was changed, %v", err)
	}
	if n := len(clitest.Copies(t, s.maildir)); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

// stuck is a server that is silent from some command on.
type stuck struct {
	address string
	reached chan struct{} // closed at that command
	over    chan struct{} // closed with the test
}

// startStuck starts one that answers all but a command; "" is the connection,
// "body" the message before its end, and "." its end.
func startStuck(t *testing.T, at string) *stuck {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stuck{address: listener.Addr().String(), reached: make(chan struct{}), over: make(chan struct{})}
	var served sync.WaitGroup
	served.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		s.talk(conn, at)
	})
	t.Cleanup(func() {
		listener.Close()
		close(s.over)
		served.Wait()
	})
	return s
}

func (s *stuck) talk(conn net.Conn, at string) {
	lines := bufio.NewScanner(conn)
	answer, verb := "220 stuck ready", ""
	for verb != at {
		fmt.Fprintf(conn, "%s\r\n", answer)
		if verb == "DATA" && at == "body" {
			break
		}
		for heard := false; !heard; heard = verb != "" {
			if !lines.Scan() {
				return
			}
			inBody := strings.HasPrefix(answer, "354")
			verb, _, _ = strings.Cut(lines.Text(), " ")
			if inBody && verb != "." {
				verb = ""
			}
		}
		answer = "250 ok"
		if verb == "DATA" {
			answer = "354 go"
		}
	}
	close(s.reached)
	if at != "body" { // which is too much for what lies between them, unread
		for lines.Scan() { // until the client goes
		}
		return
	}
	<-s.over
}

// Told to end in the midst of a conversation, a daemon ends soon. Before the
// final dot the message waits, uncounted; behind it, it is uncertain.
func TestH19_SIGTERMInEveryStage(t *testing.T) {
	for _, stage := range []struct{ at, state string }{
		{"", "waiting"}, {"EHLO", "waiting"}, {"MAIL", "waiting"}, {"RCPT", "waiting"}, {"DATA", "waiting"},
		{"body", "waiting"}, {".", "uncertain"},
	} {
		t.Run("at "+stage.at, func(t *testing.T) {
			t.Parallel()
			s := newStation(t, "")
			server := startStuck(t, stage.at)
			s.Account(server.address)
			id := acknowledged(s.Must(strings.Repeat(largeText, 30), "send", "--to", "kim@example.org"))
			daemon, over := s.background("daemon")
			select {
			case <-server.reached:
			case <-time.After(20 * time.Second):
				t.Fatal("it did not get there")
			}
			daemon.Process.Signal(syscall.SIGTERM)
			requireEnd(t, over)
			if got := s.states()[id]; got != stage.state || daemon.ProcessState.ExitCode() != 0 {
				t.Errorf("exit %d, it is %s, want %s", daemon.ProcessState.ExitCode(), got, stage.state)
			}
			s.Account(s.server.Addr())
			s.Must("", "flush")
			s.requireDelivered(id)
		})
	}
}

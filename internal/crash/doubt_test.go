package crash

import (
	"bytes"
	"context"
	"database/sql"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/internal/sandbox"
)

// recordingTime is how long flush tries to record an outcome, and some more.
const recordingTime = 90 * time.Second

// The server has taken the message, and what it says cannot be recorded: from
// then on another program holds the database. After that program's end, and that
// of flush, the message is uncertain and is not sent again, until a person says
// so; then it is the same message.
func TestH02_WhatCannotBeRecordedIsUncertain(t *testing.T) {
	t.Parallel()
	p, maildir := clitest.Install(t), t.TempDir()
	hold := sqlHold{path: filepath.Join(p.DataDir(), "outbox.db")}
	var once sync.Once
	server, err := sandbox.Start(sandbox.Options{Dir: maildir, Log: func(line string) {
		if strings.Contains(line, "kept a message") { // and not answered yet
			once.Do(func() { hold.begin(t) })
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p.Account(server.Addr())
	p.Must(smallText, "send", "--to", "kim@example.org")
	flushUntilReset(t, p)
	hold.end()
	for range 2 { // the first finds the open attempt, the second the doubt
		p.Must("", "flush")
	}
	if doubts := len(p.States()["uncertain"]); doubts != 1 {
		t.Errorf("%d uncertain", doubts)
	}
	for id, n := range clitest.Copies(t, maildir) {
		if n != 1 {
			t.Errorf("%d copies of %s", n, id)
		}
	}
	if r := p.Run("", "retry", "a1"); r.Code != 65 || !strings.Contains(r.Err, "--resend-uncertain") {
		t.Errorf("a retry that says nothing of doubt: exit %d: %s", r.Code, r.Err)
	}
	p.Must("", "retry", "--resend-uncertain", "a1")
	p.Must("", "flush")
	if copies := clitest.Copies(t, maildir); len(copies) != 1 || !slices.Contains(slices.Collect(maps.Values(copies)), 2) || len(p.States()["sent"]) != 1 {
		t.Errorf("sent again, it is another message: %v", copies)
	}
}

// flushUntilReset runs flush and kills it while it tries to record what it was
// told; with -long flush gives up by itself, and must say so.
func flushUntilReset(t *testing.T, p *clitest.Program) {
	t.Helper()
	within := settleWithin
	if *long {
		within = recordingTime
	}
	flush := p.Command("flush")
	var said bytes.Buffer
	flush.Stderr = &said
	if err := flush.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(within, func() { flush.Process.Kill() })
	defer limit.Stop()
	flush.Wait()
	if code := flush.ProcessState.ExitCode(); *long && (code != 75 || !strings.Contains(said.String(), "\nhint: ")) {
		t.Errorf("exit %d: %s", code, said.String())
	}
}

// sqlHold is another program's write transaction on a database.
type sqlHold struct {
	path string
	db   *sql.DB
}

func (h *sqlHold) begin(t *testing.T) {
	var err error
	if h.db, err = sql.Open("sqlite", "file:"+h.path+"?_pragma=busy_timeout(10000)"); err != nil {
		t.Error(err)
		return
	}
	h.db.SetMaxOpenConns(1) // the transaction is the connection's
	if _, err := h.db.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		t.Error(err)
	}
}

func (h *sqlHold) end() {
	if h.db != nil {
		h.db.Close()
	}
}

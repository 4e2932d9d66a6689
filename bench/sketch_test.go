package bench

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message/mail"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/osteele/liquid"
	"modernc.org/sqlite"
)

// sketch sends a list with the least that a mailing cannot do without: a table of
// recipients, a durable mark before each DATA, and what became of each. It has no
// items that can be looked at, no retries, limits, pauses or recovery. What it has is as
// SQLite, Liquid, go-message and go-smtp give it, and one goroutine writes, all that
// waits in one commit.
type sketch struct {
	mailing
	address       string
	read          *sql.DB
	write         *sql.Conn
	subject, body *liquid.Template
	rows          chan sketchRow
	changes       chan sketchChange
}

type sketchRow struct {
	id      int64
	address string
	fields  map[string]any
}

// sketchChange is that a dot may leave, or what came of it.
type sketchChange struct {
	row     int64
	outcome string     // "": it may leave
	done    chan error // nil: nobody waits
}

const sketchPage = 500 // rows that are read at once

// sketchStatements begin, mark, record, count and end, as they are numbered below.
var sketchStatements = [...]string{
	"BEGIN IMMEDIATE",
	"UPDATE recipients SET state = 1, marked_at = ? WHERE id = ? AND state = 0",
	"UPDATE recipients SET state = 2 WHERE id = ? AND state = 1",
	"INSERT INTO attempts(recipient, at, text) VALUES(?, ?, ?)",
	"UPDATE counters SET sent = sent + ?",
	"COMMIT",
}

// openSketch opens the database of a directory, as durable as the outbox has its own.
func openSketch(dir string) (*sql.DB, error) {
	sqlite.Fdatasync(true)
	return sql.Open("sqlite", "file:"+filepath.Join(dir, "sketch.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
}

// storeSketch stores a list for the sketch.
func storeSketch(dir string, n int) error {
	db, err := openSketch(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(`CREATE TABLE recipients(id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE, fields TEXT NOT NULL,
			state INTEGER NOT NULL DEFAULT 0, marked_at INTEGER NOT NULL DEFAULT 0) STRICT;
		CREATE INDEX ready ON recipients(id) WHERE state = 0;
		CREATE TABLE attempts(id INTEGER PRIMARY KEY, recipient INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
		CREATE INDEX attempts_recipient ON attempts(recipient);
		CREATE TABLE counters(sent INTEGER NOT NULL) STRICT;
		INSERT INTO counters VALUES(0)`)
	if err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // done by then
	insert, err := tx.Prepare("INSERT INTO recipients(address, fields) VALUES(?, ?)")
	if err != nil {
		return err
	}
	for i := range n {
		fields := make(map[string]string)
		for j, cell := range listCells(i) {
			fields[listColumns[j]] = cell
		}
		text, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		if _, err := insert.Exec(listAddress(i), string(text)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// sendSketch sends the list that is stored in a directory.
func sendSketch(dir, address string, m mailing) error {
	db, err := openSketch(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &sketch{mailing: m, address: address, read: db, rows: make(chan sketchRow), changes: make(chan sketchChange, 2*m.connections)}
	if s.write, err = db.Conn(context.Background()); err != nil {
		return err
	}
	defer s.write.Close()
	engine := liquid.NewEngine()
	var wrong [2]liquid.SourceError
	s.subject, wrong[0] = engine.ParseString(m.subject)
	s.body, wrong[1] = engine.ParseString(m.body)
	if wrong[0] != nil || wrong[1] != nil {
		return errors.Join(wrong[0], wrong[1])
	}
	failures := make(chan error, m.connections+2)
	var readers, writer sync.WaitGroup
	writer.Go(func() { failures <- s.commitAll() })
	readers.Go(func() { failures <- s.readAll() })
	for range m.connections {
		readers.Go(func() { failures <- s.sendAll() })
	}
	readers.Wait()
	close(s.changes)
	writer.Wait()
	close(failures)
	for wrong := range failures {
		err = errors.Join(err, wrong)
	}
	return err
}

// readAll hands out what is ready, page by page.
func (s *sketch) readAll() error {
	defer close(s.rows)
	for last := int64(0); ; {
		rows, err := s.read.Query("SELECT id, address, fields FROM recipients WHERE id > ? AND state = 0 ORDER BY id LIMIT ?", last, sketchPage)
		if err != nil {
			return err
		}
		var page []sketchRow
		for rows.Next() {
			var r sketchRow
			var fields []byte
			if err := errors.Join(rows.Scan(&r.id, &r.address, &fields), json.Unmarshal(fields, &r.fields)); err != nil {
				return err
			}
			page = append(page, r)
		}
		if err := rows.Err(); err != nil || len(page) == 0 {
			return err
		}
		for _, r := range page {
			s.rows <- r
			last = r.id
		}
	}
}

// commitAll makes changes durable, all that wait in one commit.
func (s *sketch) commitAll() error {
	var do [len(sketchStatements)]*sql.Stmt
	for i, query := range sketchStatements {
		var err error
		if do[i], err = s.write.PrepareContext(context.Background(), query); err != nil {
			return err
		}
	}
	for c := range s.changes {
		batch := []sketchChange{c}
		for range len(s.changes) {
			batch = append(batch, <-s.changes)
		}
		_, err := do[0].Exec()
		now, sent := time.Now().UnixMicro(), 0
		for _, c := range batch {
			if c.outcome == "" {
				_, wrong := do[1].Exec(now, c.row)
				err = errors.Join(err, wrong)
				continue
			}
			sent++
			_, moved := do[2].Exec(c.row)
			_, noted := do[3].Exec(c.row, now, c.outcome)
			err = errors.Join(err, moved, noted)
		}
		_, counted := do[4].Exec(sent)
		_, committed := do[5].Exec()
		err = errors.Join(err, counted, committed)
		for _, c := range batch {
			if c.done != nil {
				c.done <- err
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sendAll is one of those who send, each on a connection of its own.
func (s *sketch) sendAll() error {
	var client *gosmtp.Client
	sent, marked := 0, make(chan error, 1)
	for r := range s.rows {
		if client != nil && sent == s.perConnection {
			if err := client.Quit(); err != nil {
				return err
			}
			client, sent = nil, 0
		}
		if client == nil {
			conn, err := net.Dial("tcp", s.address)
			if err != nil {
				return err
			}
			client = gosmtp.NewClient(conn)
		}
		sent++
		if err := s.send(client, r, marked); err != nil {
			return fmt.Errorf("%s: %w", r.address, err)
		}
	}
	if client == nil {
		return nil
	}
	return client.Quit()
}

func (s *sketch) send(client *gosmtp.Client, r sketchRow, marked chan error) error {
	var letter bytes.Buffer
	if err := s.render(&letter, r); err != nil {
		return err
	}
	if err := errors.Join(client.Mail("ada@example.org", nil), client.Rcpt(r.address, nil)); err != nil {
		return err
	}
	s.changes <- sketchChange{row: r.id, done: marked}
	if err := <-marked; err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(letter.Bytes()); err != nil {
		return err
	}
	answer, err := w.CloseWithResponse()
	if err != nil {
		return err
	}
	s.changes <- sketchChange{row: r.id, outcome: "250 " + answer.StatusText}
	return nil
}

// render makes the letter of a row.
func (s *sketch) render(to io.Writer, r sketchRow) error {
	subject, wrong := s.subject.RenderString(r.fields)
	if wrong != nil {
		return wrong
	}
	body, wrong := s.body.Render(r.fields)
	if wrong != nil {
		return wrong
	}
	var h mail.Header
	h.SetDate(time.Now())
	h.SetAddressList("From", []*mail.Address{{Name: "Ada Example", Address: "ada@example.org"}})
	h.SetAddressList("To", []*mail.Address{{Address: r.address}})
	h.SetSubject(subject)
	if err := h.GenerateMessageID(); err != nil {
		return err
	}
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	w, err := mail.CreateSingleInlineWriter(to, h)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return errors.Join(err, w.Close())
}

// sketchChild is storeSketch or sendSketch in a process of its own: it is told the
// directory, how many rows and where to. It prints how long it took.
func sketchChild(what string) error {
	var way, dir, address string
	var rows int
	if _, err := fmt.Sscan(what, &way, &dir, &address, &rows); err != nil {
		return err
	}
	start := time.Now()
	var err error
	if strings.HasSuffix(way, "store") {
		err = storeSketch(dir, rows)
	} else {
		err = sendSketch(dir, address, manyConnections)
	}
	fmt.Fprintln(os.Stdout, time.Since(start))
	return err
}

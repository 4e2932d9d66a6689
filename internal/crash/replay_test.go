package crash

import (
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// replayCalls are the system calls that change files, sync them, or tell the
// world something.
var replayCalls = []string{
	"open", "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat",
	"mkdir", "mkdirat", "ftruncate", "connect",
}

// records are the files in which it is recorded that a dot may leave.
var records = []string{"outbox.db-wal", journal}

const journal = "outbox.journal"

// replay follows a program by its system calls: what is on the disk, and what
// the world has been told.
type replay struct {
	drive *drive
	// acknowledged are the IDs that were printed, left the Message-IDs whose final
	// dot was written: what must outlast a power cut, and what must not be sent
	// again after one.
	acknowledged []string
	left         map[string]bool
	lines        map[string]*conversation // by socket
}

// conversation is what was written to a server since MAIL FROM.
type conversation struct {
	text        string
	recorded    bool // a record became durable meanwhile
	dotRecorded bool // and had when the last dot left
}

// news is what a moment has told the world.
type news int

const (
	nothing news = iota
	acknowledgement
	finalDot
)

func newReplay(root string) *replay {
	return &replay{drive: newDrive(root), left: make(map[string]bool), lines: make(map[string]*conversation)}
}

// see takes the next moment. What is written to others counts from the
// beginning of the call, what is written to the disk from its end.
func (r *replay) see(m moment) news {
	r.drive.see(m)
	descriptor, path := m.file()
	switch {
	case m.name == "fdatasync" && m.ended && !m.failed && slices.Contains(records, filepath.Base(path)):
		for _, line := range r.lines {
			line.recorded = true
		}
	case m.name == "connect":
		r.lines[path] = &conversation{}
	case m.name != "write" || m.ended || m.failed:
	case descriptor == 1:
		r.acknowledged = append(r.acknowledged, strings.Fields(m.text())...)
		return acknowledgement
	case r.lines[path] != nil:
		return r.say(r.lines[path], m.text()[:m.result])
	}
	return nothing
}

// say takes what is written to a server. The next envelope may leave with a dot.
func (r *replay) say(line *conversation, text string) news {
	if strings.HasPrefix(text, "MAIL FROM:") {
		*line = conversation{}
	}
	line.text += text
	message, next, over := strings.Cut(line.text, "\r\n.\r\n")
	if !over {
		return nothing
	}
	r.left[messageID(message)] = true
	*line = conversation{text: next, dotRecorded: line.recorded}
	return finalDot
}

func messageID(text string) string {
	for line := range strings.Lines(text) {
		if name, id, _ := strings.Cut(line, ":"); textproto.CanonicalMIMEHeaderKey(name) == "Message-Id" {
			return strings.TrimSpace(id)
		}
	}
	return ""
}

// recording is a row of runs of the program, one after the other.
type recording struct {
	station *station
	root    string // below it is all that must outlast a power cut
	moments []moment
}

func record(t *testing.T) *recording {
	station := newStation(t, "")
	return &recording{station: station, root: filepath.Dir(station.DataDir())}
}

// run runs the program undisturbed.
func (r *recording) run(t *testing.T, stdin string, args ...string) {
	t.Helper()
	one := trace(t, r.station.Program, run{args: args, stdin: stdin, calls: replayCalls, whole: true})
	if one.code != 0 {
		t.Fatalf("%v: exit %d: %s", args, one.code, one.err)
	}
	r.moments = append(r.moments, one.moments...)
}

func (r *recording) send(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		r.run(t, text, "send", "--to", "kim@example.org")
	}
}

// deliverInTurn gives the account one connection, so that of every sync it can be
// said which delivery it was for.
func (r *recording) deliverInTurn(t *testing.T) {
	t.Helper()
	path := filepath.Join(r.station.Home, "config/sendoff/accounts.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r.station.WriteAccounts(strings.Replace(string(text), "connections = 4", "connections = 1", 1))
}

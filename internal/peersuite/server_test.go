package peersuite

import (
	"bytes"
	"crypto/x509"
	"flag"
	"net"
	"strconv"
	"strings"
	"testing"

	"sendoff/accounts"
)

// long asks for the servers that .ci/long installs.
var long = flag.Bool("long", false, "also the servers that only .ci/long installs")

// What a server with a login knows.
const (
	username = "ada"
	password = "correct-horse-battery"
)

// server is a peer, as the suite needs to know it. What it lacks is a zero value;
// that it lacks it is part of what is tested.
type server struct {
	smtp  accounts.SMTP
	roots *x509.CertPool // trusted beside the system's

	refused  string // an address that it refuses at RCPT
	deferred string // one that it puts off
	maxSize  int64  // what it announces as SIZE
	utf8     bool   // it offers SMTPUTF8
	trips    int    // round trips that a message to two costs in a run
	login    bool   // it lets nobody send without username and password

	adds  string // header fields that it puts on top
	taken func(t *testing.T) []taken

	// refusals counts the logins that it has refused; nil: it does not say.
	refusals func(t *testing.T) int

	letters map[string]*letter // all that was queued for it, by Message-ID
}

// taken is a copy that a server has accepted: with all its recipients, or one for
// each. Its lines end in CRLF.
type taken struct {
	recipients []string
	text       []byte
}

// at puts a server on an address of this machine.
func at(t *testing.T, address string, security accounts.Security) accounts.SMTP {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return accounts.SMTP{Host: host, Port: number, Security: security, Auth: accounts.AuthAuto}
}

// letter is a message that was queued, and who must have it.
type letter struct {
	text   []byte
	copies map[string]int // by recipient
}

// check compares what the server has taken with all that was queued for it.
func (s *server) check(t *testing.T) {
	t.Helper()
	got := make(map[string]map[string]int)
	for _, copied := range s.taken(t) {
		id := messageID(copied.text)
		l := s.letters[id]
		if l == nil {
			t.Errorf("nobody queued what came for %s: %.500q", copied.recipients, copied.text)
			continue
		}
		top, found := bytes.CutSuffix(copied.text, l.text)
		if !found {
			t.Errorf("what came for %s is not what was queued:\n%.2000q\n%.2000q", copied.recipients, copied.text, l.text)
		} else if odd := s.oddField(top); odd != "" {
			t.Errorf("on top of a message stands %q", odd)
		}
		if got[id] == nil {
			got[id] = make(map[string]int)
		}
		for _, recipient := range copied.recipients {
			got[id][recipient]++
		}
	}
	for id, l := range s.letters {
		for recipient, want := range l.copies {
			if got[id][recipient] != want {
				t.Errorf("%s has %d copies of %s, want %d", recipient, got[id][recipient], id, want)
			}
			delete(got[id], recipient)
		}
		for recipient, n := range got[id] {
			t.Errorf("%s has %d copies of %s, and was not to have any", recipient, n, id)
		}
	}
}

// oddField finds what stands on top of a message and is no field that the server
// adds.
func (s *server) oddField(top []byte) string {
	known := false
	for line := range strings.Lines(string(top)) {
		if line[0] == ' ' || line[0] == '\t' {
			if known {
				continue
			}
			return line
		}
		name, _, found := strings.Cut(line, ":")
		if known = found && strings.Contains(" "+s.adds+" ", " "+name+" "); !known {
			return line
		}
	}
	return ""
}

func messageID(text []byte) string {
	_, rest, _ := bytes.Cut(text, []byte("\r\nMessage-ID: "))
	id, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(id)
}

// withCRLF gives a message the line ends that it had on the wire: those who keep
// it in files take them out.
func withCRLF(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }

// needLong ends a test of a server that only .ci/long installs.
func needLong(t *testing.T) {
	t.Helper()
	if !*long {
		t.Skip("without -long this server is not asked; .ci/long asks it")
	}
}

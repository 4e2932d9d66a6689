package scenario

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// password is that of every account.
const password = "correct horse"

// disguises are what a password looks like: as it is, and in base64 at each of
// the three places where it can begin in it, as behind the user name of PLAIN.
var disguises = disguisesOf(password)

func disguisesOf(secret string) [][]byte {
	all := [][]byte{[]byte(secret)}
	for before := range 3 {
		coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), secret...))
		// Without what depends on the octets around it: 6 of the 8 bits of each
		// octet are in a character, so that one too many at both ends is enough.
		all = append(all, []byte(coded[(8*before+5)/6:8*(before+len(secret))/6]))
	}
	return all
}

// findSecret gives what of the password stands in a text; "" if nothing does.
func findSecret(text []byte) string {
	for _, d := range disguises {
		if bytes.Contains(text, d) {
			return string(d)
		}
	}
	return ""
}

// spy hears a line that others can read, and tells the password in it.
type spy struct {
	tell func(string)
	tail []byte // what was heard last: the password may come in two pieces
}

func newSpy(tell func(string)) *spy { return &spy{tell: tell} }

func (s *spy) Write(text []byte) (int, error) {
	s.tail = append(s.tail, text...)
	if found := findSecret(s.tail); found != "" {
		s.tell(found)
	}
	const longest = 100 // of any disguise
	s.tail = append(s.tail[:0], s.tail[max(len(s.tail)-longest, 0):]...)
	return len(text), nil
}

// logbook is all that can be logged, as the program writes it.
type logbook struct {
	*slog.Logger
	mu   sync.Mutex
	text bytes.Buffer
}

func newLogbook() *logbook {
	l := new(logbook)
	l.Logger = slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return l
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// checkSecret finds the password where it must not be: on the clear line, in a
// file of the outbox, in the log. The reasons that screens show are in both.
func (r *rig) checkSecret() {
	r.Helper()
	for name, s := range r.servers {
		s.mu.Lock()
		if s.leak != "" {
			r.Errorf("%q crossed the clear line to %s", s.leak, name)
		}
		s.mu.Unlock()
	}
	if found := findSecret([]byte(r.log.String())); found != "" {
		r.Errorf("%q is in the log", found)
	}
	if err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if found := findSecret(text); found != "" {
			r.Errorf("%q is in %s", found, d.Name())
		}
		return err
	}); err != nil {
		r.Error(err)
	}
}

func TestFindSecret(t *testing.T) {
	for text, want := range map[string]bool{
		"nothing of it": false, "a correct horse": true,
		base64.StdEncoding.EncodeToString([]byte(password)):                               true,
		base64.StdEncoding.EncodeToString([]byte("\x00ada\x00" + password)):               true,
		base64.StdEncoding.EncodeToString([]byte("\x00bo\x00" + password)):                true,
		base64.StdEncoding.EncodeToString([]byte("\x00bob\x00correct")):                   false,
		"user=bob auth=" + base64.StdEncoding.EncodeToString([]byte(password+"\x01\x01")): true,
	} {
		heard := ""
		s := newSpy(func(leak string) { heard = leak })
		for i := range text {
			_, _ = s.Write([]byte(text[i : i+1]))
		}
		if found := findSecret([]byte(text)); (found != "") != want || heard != found {
			t.Errorf("%q: found %q, heard %q", text, found, heard)
		}
	}
}

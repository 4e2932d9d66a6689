package mailbox

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

// listener notes what it is told.
type listener struct {
	cursor outbox.Cursor
	said   chan string

	mu    sync.Mutex
	heard []time.Time
}

func newListener() *listener { return &listener{said: make(chan string, 100)} }

func (l *listener) Cursor(context.Context, string) (outbox.Cursor, error) { return l.cursor, nil }
func (l *listener) Began()                                                { l.said <- "began" }

func (l *listener) Heard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, time.Now())
	l.said <- "heard"
}

// wants waits for the next that it is told.
func (l *listener) wants(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-l.said:
		if got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("never told %q", want)
	}
}

// hears tells whether something is heard within a time.
func (l *listener) hears(within time.Duration) bool {
	select {
	case got := <-l.said:
		return got == "heard"
	case <-time.After(within):
		return false
	}
}

// listens enters and listens until the end.
func listens(ctx context.Context, s *Session, e Ear) error {
	defer s.Close()
	if err := s.enter(ctx); err != nil {
		return err
	}
	return s.Listen(ctx, e)
}

func TestListen_HearsWhatArrivesAndChangesNothing(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	user, port := imapServer(t, authority.Server(nil), false, true)
	status, err := user.Status("INBOX", &imap.StatusOptions{UIDNext: true, UIDValidity: true})
	if err != nil {
		t.Fatal(err)
	}
	m, l := at(t, accounts.IMAP, accounts.TLS, "127.0.0.1", port), newListener()
	l.cursor = outbox.Cursor{Begun: true, Validity: status.UIDValidity, Last: uint32(status.UIDNext - 1)}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- listens(ctx, New(m, Options{RootCAs: authority.Pool}), l) }()
	l.wants(t, "began")
	arrived := uint32(status.UIDNext - 1)
	for _, name := range []string{"one", "two"} {
		// This server tells nobody of what comes between its consent to IDLE and its own
		// waiting; then the next one is heard of.
		for heard := false; !heard && arrived < 10; {
			put(t, user, "INBOX", reportOn(name), time.Time{})
			arrived++
			heard = l.hears(time.Second)
		}
	}
	start := time.Now()
	cancel()
	if err := <-over; err == nil || time.Since(start) > time.Second {
		t.Errorf("%v, after %s", err, time.Since(start))
	}
	if len(l.said) > 0 {
		t.Errorf("told %q as well", <-l.said)
	}
	after, err := user.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil || arrived == 10 || *after.NumMessages != arrived || *after.NumUnseen != arrived {
		t.Errorf("the mailbox was changed: %+v, %v", after, err)
	}
}

// What has come between the last look and the first IDLE is news, too.
func TestListen_HearsWhatHasComeBefore(t *testing.T) {
	_, port := imapServer(t, nil, true, false)
	l := newListener()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port)
	go func() { over <- listens(ctx, New(m, Options{}), l) }()
	l.wants(t, "began")
	l.wants(t, "heard")
	cancel()
	<-over
}

// entered is a dialogue of IMAP up to where a session listens.
const entered = `
S: * OK [CAPABILITY IMAP4rev1 IDLE] hi
C: T1 CAPABILITY
S: * CAPABILITY IMAP4rev1 IDLE
S: T1 OK
C: T2 LOGIN *
S: T2 OK [CAPABILITY IMAP4rev1 IDLE] hello
`

const opened = entered + `
C: T3 EXAMINE INBOX
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] x
S: * OK [UIDNEXT 12] x
S: T3 OK [READ-ONLY] done
C: T4 IDLE
S: + idling
`

func TestListen_KeepsToItsTimes(t *testing.T) {
	for _, test := range []struct {
		name, dialogue string
		lasts          time.Duration // at most; and not less than half of it
		heard          int
		idle           bool // the server can
	}{
		{"more, fewer, as many, more again", opened + `
			pause 1m
			S: * 4 EXISTS
			pause 1m
			S: * 2 EXPUNGE
			S: * 3 EXISTS
			S: * 1 FETCH (FLAGS (\Seen))
			S: * 0 RECENT
			pause 1m
			S: * 4 EXISTS
			pause 6m
			C: DONE
			S: T4 OK done
			C: T5 IDLE
			S: + idling
			pause 1m
			S: * 5 EXISTS
			pause 1m
			close`, 12 * time.Minute, 3, true},
		{"it is renewed", opened + "C: DONE\nS: T4 OK done\nC: T5 IDLE\nS: + idling\nC: DONE\nS: T5 OK done\nC: T6 IDLE\nS: + idling\nC: DONE\nstall", 28 * time.Minute, 0, true},
		{"a line that is dead", opened + "stall", 10 * time.Minute, 0, true},
		{"a server that goes", opened + "pause 10s\nS: * BYE see you\nclose", 11 * time.Second, 0, true},
		{"no answer to the command", strings.TrimSuffix(opened, "S: + idling\n") + "stall", 31 * time.Second, 0, true},
		{"no such command", strings.ReplaceAll(entered, " IDLE", "") + "C: T3 LOGOUT\nS: T3 OK", time.Second, 0, false},
		{"refused", strings.TrimSuffix(opened, "S: + idling\n") + "S: T4 NO not for you\nC: T5 LOGOUT\nS: T5 OK", time.Second, 0, false},
		{"a flood", opened + strings.Repeat("S: * OK "+strings.Repeat("x", 8000)+"\n", 280), time.Second, 0, true},
		{"a line without end", opened + "S: * OK " + strings.Repeat("x", 2<<20) + "\n", time.Second, 0, true},
		{"garbage", opened + "S: * 9 EXISTS\nS: * 4294967296 EXISTS\n", time.Second, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", 25)
			synctest.Test(t, func(t *testing.T) {
				server := smtptest.ServeInMemory(t, test.dialogue+"\n", nil)
				l, start := newListener(), time.Now()
				l.cursor = outbox.Cursor{Begun: true, Validity: 7, Last: 11}
				err := listens(t.Context(), New(m, Options{Dial: server.Dial}), l)
				if lasted := time.Since(start); lasted > test.lasts || test.lasts > time.Second && lasted < test.lasts/2 {
					t.Errorf("it lasted %s: %v", lasted, err)
				}
				if err == nil || errors.Is(err, ErrNoIdle) == test.idle {
					t.Errorf("%v", err)
				}
				if len(l.heard) != test.heard {
					t.Errorf("heard %d times: %v", len(l.heard), l.heard)
				}
				server.Finish()
			})
		})
	}
}

func TestListen_EndsAtOnce(t *testing.T) {
	m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", 25)
	for name, dialogue := range map[string]string{
		"while it listens": opened + "stall", "before": strings.TrimSuffix(opened, "S: + idling\n") + "stall", "at the login": "stall",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := smtptest.ServeInMemory(t, dialogue+"\n", nil)
				ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
				defer cancel()
				start := time.Now()
				err := listens(ctx, New(m, Options{Dial: server.Dial}), newListener())
				if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took > 8*time.Second {
					t.Errorf("%v after %s", err, took)
				}
				server.Finish()
			})
		})
	}
}

func TestListen_IsNotForPOP3(t *testing.T) {
	s := &Session{client: &popMailbox{}}
	if err := s.Listen(t.Context(), newListener()); !errors.Is(err, ErrNoIdle) || classOfLook(err) != outbox.ClassRejected {
		t.Error(err)
	}
}

// FuzzListen is FuzzIMAP for what a server says to one who listens. It needs real time: a
// server that takes its capabilities back has go-imap ask for them behind its lock, which
// IDLE holds, and a goroutine at a lock stops the clock of synctest. No step waits for more
// than some milliseconds, and nothing is said of how long they are.
func FuzzListen(f *testing.F) {
	const begins = "* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n\x00* CAPABILITY IMAP4rev1 IDLE\r\nT1 OK done\r\n\x00T2 OK done\r\n\x00* CAPABILITY IMAP4rev1 IDLE\r\nT3 OK\r\n\x00"
	const selected = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 12] x\r\nT4 OK done\r\n\x00"
	for _, said := range []string{
		"+ idling\r\n* 4 EXISTS\r\n* 1 EXPUNGE\r\n* 0 EXISTS\r\n* 1 FETCH (FLAGS ())\r\n\x00T5 OK done\r\n",
		"+ idling\r\n* 4294967295 EXISTS\r\n* 9 EXPUNGE\r\n* BYE\r\n",
		"+ idling\r\n* 4294967296 EXISTS\r\n",                                         // no such number
		"+ idling\r\n* 0 EXPUNGE\r\n* EXISTS\r\n* 1 2 3\r\n",                          // of nothing
		"+ idling\r\n* 1 FETCH (BODY[] {99999999}\r\nhello",                           // a literal that does not come
		"+ idling\r\n* 1 FETCH (((((((((((((((((((((((((((((((((((((((((((((((((((((", // and no end
		"+ idling\r\n* LIST (\\X) NIL \"\xff\xfe\r\n",                                 // nor of a string
		"+ idling\r\n" + strings.Repeat("x", 9000),                                    // nor of a line
		"+ idling\r\n* BYE\r\n* 4 EXISTS\r\n",                                         // and goes on
		"+ idling\r\nT5 OK done\r\n* 4 EXISTS\r\n+ idling\r\n",                        // an end that nobody asked for
		"+ idling\r\nT5 OK done\r\nT5 OK done\r\nT4 OK done\r\nT99 OK done\r\n",       // and others
		"+ idling\r\n+ idling\r\n+ \r\n", "+ idling", "+", "",                         // it closes
		"* BYE\r\n", "T5 NO no\r\n", "T5 BAD no\r\n", "T5 OK done\r\n+ idling\r\n", // it does not idle
		"T5 NO no\r\n+ idling\r\n* 4 EXISTS\r\n",
	} {
		f.Add(begins, selected, said)
	}
	f.Add("* OK [CAPABILITY[ IMAP4rev1 IDLE] hi\r\n\x00* CAPABILITY IMAP4rev1 IDLE\r\nT1 OK done\r\n\x00T2 OK done\r\n\x00* CAPABILITY IMAP4rev1 IDLE\r\nT3 OK\r\n\x00", selected, "+ idling\r\n")
	f.Add(begins, "* 3 EXISTS\r\nT4 OK [READ-ONLY] done\r\n\x00", "* CAPABILITY IMAP4rev2\r\n* NAMESPACE NIL NIL NIL\r\n")
	f.Add(begins, "* OK [UIDNEXT 0] x\r\n* OK [UIDVALIDITY 4294967296] x\r\nT4 OK done\r\n\x00", "+ idling\r\n")
	f.Fuzz(func(t *testing.T, begins, selected, said string) {
		const patience = 5 * time.Millisecond
		if strings.Count(begins+selected+said, "\x00") > 20 { // of which each may take so long
			return
		}
		m, start := at(t, accounts.IMAP, accounts.None, "127.0.0.1", 1), time.Now()
		talkIMAP(t, m, begins+selected+said, patience, func(ctx context.Context, s *Session) error { return s.Listen(ctx, newListener()) })
		if took := time.Since(start); took > 15*time.Second { // what has no other end has that of its context, after 20
			t.Errorf("it lasted %s", took)
		}
	})
}

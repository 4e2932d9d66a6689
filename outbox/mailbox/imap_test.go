package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
	"sendoff/outbox/smtp"
)

// sayingIMAP is a server that says yes to each command, and before that what a
// test has put to its name, or to that and its first argument. It gives its port.
func sayingIMAP(tb testing.TB, says map[string]string) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // no test takes so long
		_, _ = io.WriteString(conn, "* OK [CAPABILITY IMAP4rev2] hi\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			tag, command, _ := strings.Cut(lines.Text(), " ")
			name, rest, _ := strings.Cut(strings.TrimPrefix(command, "UID "), " ")
			answer := says[name]
			if first, _, _ := strings.Cut(rest, " "); says[name+" "+first] != "" {
				answer = says[name+" "+first]
			}
			if _, err := fmt.Fprintf(conn, "%s%s OK done\r\n", answer, tag); err != nil {
				return
			}
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return listener.Addr().(*net.TCPAddr).Port
}

// findAt looks for a message at such a server, and tells how long all of it took.
func findAt(t *testing.T, says map[string]string) (header []byte, took time.Duration, err error) {
	t.Helper()
	all := map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev2\r\n", "EXAMINE": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n"}
	for name, text := range says {
		all[name] = text
	}
	s := New(at(t, accounts.IMAP, accounts.None, "127.0.0.1", sayingIMAP(t, all)), Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	start := time.Now()
	defer func() {
		s.Close()
		took = time.Since(start)
	}()
	if err = s.enter(ctx); err == nil {
		if _, err = s.Examine(ctx); err == nil {
			header, err = s.Find(ctx, "token1")
		}
	}
	return header, 0, err
}

const fetchedHeader = "* 3 FETCH (UID 9 BODY[HEADER]<0> {20}\r\nSubject: hi token1\r\n)\r\n"

// What a server gives for the numbers of messages need not be numbers of messages.
func TestSession_TakesNoSearchAtItsWord(t *testing.T) {
	for _, test := range []struct {
		name, search string
		reason       error // nil: any
	}{
		{"a zero", "* SEARCH 0\r\n", ErrNotFound},
		{"a zero and a number", "* SEARCH 0 9 0\r\n", ErrNotFound},
		{"up to a star", "* ESEARCH (TAG \"T6\") UID ALL 1:*\r\n", nil},
		{"a star", "* ESEARCH (TAG \"T6\") UID ALL *\r\n", nil},
		{"the last result", "* ESEARCH (TAG \"T6\") UID ALL $\r\n", nil},
		{"all there may ever be", "* ESEARCH (TAG \"T6\") UID ALL 1:4294967295\r\n", ErrNotFound},
		{"numbers of another kind", "* ESEARCH (TAG \"T6\") ALL 1:3\r\n", ErrNotFound},
		{"nothing", "* ESEARCH (TAG \"T6\") UID\r\n", ErrNotFound},
		{"no answer", "", ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			header, took, err := findAt(t, map[string]string{"SEARCH": test.search})
			if err == nil || test.reason != nil && !errors.Is(err, test.reason) || took > 5*time.Second {
				t.Errorf("%q, %v, after %s", header, err, took)
			}
		})
	}
	header, _, err := findAt(t, map[string]string{"SEARCH": "* SEARCH 4 9 2\r\n", "FETCH": fetchedHeader})
	if err != nil || !strings.Contains(string(header), "token1") {
		t.Errorf("%q, %v", header, err)
	}
}

// An answer without content is an empty line (RFC 9051 §6.2.2): SCRAM ends by one,
// and so does a token that is refused. Real servers take an equals sign for no
// answer.
func TestSession_AnswersIMAPWithAnEmptyLine(t *testing.T) {
	const capabilities = "CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2"
	server := smtptest.Serve(t, "S: * OK ["+capabilities+"] hi\nC: T1 CAPABILITY\nS: * "+capabilities+"\nS: T1 OK done\n"+
		"C: T2 AUTHENTICATE XOAUTH2 *\nS: + eyJzdGF0dXMiOiI0MDAifQ==\nC: \nS: T2 NO [AUTHENTICATIONFAILED] expired\nC: T3 LOGOUT\nS: T3 OK", nil)
	m := at(t, accounts.IMAP, accounts.None, server.Host, server.Port)
	m.Auth, m.Secret = accounts.AuthXOAUTH2, accounts.Secret{Command: []string{"echo", "token"}}
	s := New(m, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := s.enter(ctx)
	s.Close()
	var e *Error
	if !errors.As(err, &e) || e.Stage != smtp.StageLogin || e.Answer != Refused || e.Text != "NO [AUTHENTICATIONFAILED] expired" {
		t.Errorf("%v", err)
	}
	server.Finish()
}

func TestNewest(t *testing.T) {
	for _, test := range []struct {
		found imap.NumSet
		want  imap.UID
	}{
		{nil, 0},
		{imap.UIDSet{}, 0},
		{imap.SearchRes(), 0},
		{imap.SeqSetNum(7), 0},
		{imap.UIDSetNum(7, 3), 7},
		{imap.UIDSetNum(0, 7), 7},
		{imap.UIDSet{{Start: 3, Stop: 0}}, 0},
		{imap.UIDSet{{Start: 1, Stop: 2}, {Start: 5, Stop: 0}}, 2},
		{imap.UIDSet{{Start: 1, Stop: 1<<32 - 1}}, 1<<32 - 1},
	} {
		if got := newest(test.found); got != test.want {
			t.Errorf("%v: %d, want %d", test.found, got, test.want)
		}
	}
}

// An answer that is nested without end ends the session, not its time.
func TestSession_EndsWhereAnAnswerIsNestedTooDeep(t *testing.T) {
	deep := strings.Repeat("(", 900_000)
	for _, test := range []struct {
		name, noop string
		reason     error
	}{
		{"a body", "* 1 FETCH (BODYSTRUCTURE " + deep, errTooDeep},
		{"a body of closed parts", "* 1 FETCH (BODYSTRUCTURE " + strings.Repeat(`(("a" "b" NIL NIL NIL "c" 1 1)`, 20_000), errTooDeep},
		{"brackets hidden in quotes", "* 1 FETCH (BODYSTRUCTURE " + strings.Repeat(`(("))))))\"))))" "b" NIL NIL NIL "c" 1 1)`, 20_000), errTooDeep},
		{"quotes over lines", "* 1 FETCH (BODYSTRUCTURE ((\"\r\n\" " + deep, errGarbled},
		{"behind a literal", "* 1 FETCH (BODY[HEADER] {4}\r\n)))) BODYSTRUCTURE " + deep, errTooDeep},
		{"behind a code over lines", "* OK [X \r\n* 1 FETCH {9000000}\r\n] hi\r\n* 1 FETCH (BODYSTRUCTURE " + deep, errGarbled},
		{"behind what looks like a literal", "* OK {9000000}\r\n* 1 FETCH (BODYSTRUCTURE " + deep, errTooDeep},
		{"capabilities without end", "* CAPABILITY (", errGarbled},
		{"an endless line", "* FLAGS (" + strings.Repeat("a ", maxIMAPLine), errTooMuch},
		{"an endless set", "* ESEARCH (TAG \"T6\") UID ALL 9" + strings.Repeat(",5,3", maxIMAPLine), errTooMuch},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, took, err := findAt(t, map[string]string{"NOOP": test.noop})
			if !errors.Is(err, test.reason) || took > 5*time.Second {
				t.Errorf("%v, after %s", err, took)
			}
			if err != nil && len(err.Error()) > 200 {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
		})
	}
}

func TestStructure_Follow(t *testing.T) {
	open := strings.Repeat("(", maxNesting)
	for _, test := range []struct {
		name, said string
		want       error
	}{
		{"as deep as may be", "* 1 FETCH " + open + "\r\n", nil},
		{"deeper", "* 1 FETCH " + open + "(", errTooDeep},
		{"a line ends it", "* 1 FETCH " + open + "\r\n* LIST " + open + "\r\n", nil},
		{"without blanks", "*((" + open, errTooDeep},
		{"closed again", "* X " + strings.Repeat("()", 2*maxNesting) + open, nil},
		{"quoted", `* X "` + open + `\"` + open + `" ` + open, nil},
		{"behind quotes", `* X "\\" (` + open, errTooDeep},
		{"in a literal", "* X {101}\r\n(" + open + open, nil},
		{"behind a literal", "* X {100} \n" + open + open + "(", errTooDeep},
		{"behind an empty literal", "* X {0}\r\n" + open + "(", errTooDeep},
		{"in the text of a state", "* OK (" + open + "\r\nT1 NO (" + open + "\r\n+ (" + open + "\r\n* PREAUTH (\"" + open + "\r\n* X " + open, nil},
		{"a code", "* OK [X (" + open + "] it is 5\" and [ more\r\nT1 OK [X] {5}\r\n* ok\r\n* X (" + open, errTooDeep},
		{"a code without an end", "T1 OK [X \r\n", errGarbled},
		{"a line end in quotes", "* X \"\r\n", errGarbled},
		{"an escaped line end", "* X \"\\\n", errGarbled},
		{"a literal without a size", "* X {}\r\n", errGarbled},
		{"a literal in words", "* X {ten}\r\n", errGarbled},
		{"a literal of a size that is none", "* X {" + strings.Repeat("9", 19) + "}\r\n", errGarbled},
		{"a literal that does not begin", "* X {5}x\r\n", errGarbled},
		{"a list of capabilities", "* CAPABILITY a (", errGarbled},
		{"a list of capabilities, numbered", "* 1 capability(", errGarbled},
		{"a list of capabilities, numbered at length", "* " + strings.Repeat("0", maxBeginning) + " CAPABILITY (", errGarbled},
		{"a list of capabilities in a code", "T1 OK [CAPABILITY a b c d (", errGarbled},
		{"a list in another code", "* OK [PERMANENTFLAGS (a)] CAPABILITY (hi)\r\n", nil},
		{"a long word for people", "* BYE " + strings.Repeat("x", maxBeginning) + "\r\n", nil},
		{"a long line", "* X x " + strings.Repeat("x", maxIMAPLine), errTooMuch},
		{"a long literal", "* X {9999999}\r\n" + strings.Repeat("x", maxIMAPLine), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			whole := newStructured(nil).structure
			if err := whole.follow([]byte(test.said)); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			pieces := newStructured(nil).structure
			var err error
			for i := 0; i < len(test.said) && err == nil; i++ {
				err = pieces.follow([]byte{test.said[i]})
			}
			if !errors.Is(err, test.want) {
				t.Errorf("byte by byte: %v, want %v", err, test.want)
			}
		})
	}
}

// FuzzIMAP holds that nothing a server says makes more of it than an error, and
// that a session is over soon after. A NUL stands where the server waits for the
// client's next command.
func FuzzIMAP(f *testing.F) {
	const begins = "* OK [CAPABILITY IMAP4rev2] hi\r\n\x00* CAPABILITY IMAP4rev2\r\nT1 OK done\r\n\x00T2 OK done\r\n\x00* CAPABILITY IMAP4rev2\r\nT3 OK\r\n\x00"
	const examined = "* 3 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS ()] no\r\n* OK [UIDVALIDITY 7] valid\r\nT4 OK [READ-ONLY] done\r\n\x00T5 OK done\r\n\x00"
	const looked = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 10] next\r\nT7 OK done\r\n\x00* SEARCH 4 9\r\nT8 OK done\r\n\x00" +
		"* 3 FETCH (UID 9 BODY[HEADER.FIELDS (FROM)]<0> {21}\r\nFrom: MAILER-DAEMON\r\n)\r\nT9 OK done\r\n\x00" +
		"* 3 FETCH (UID 9 BODY[]<0> {21}\r\nFrom: MAILER-DAEMON\r\n)\r\nT10 OK done\r\n\x00" +
		"* LIST (\\Junk) \"/\" Junk\r\nT11 OK done\r\n\x00T12 NO [NONEXISTENT] no\r\n\x00T13 OK done\r\n"
	for _, said := range []string{
		begins + examined + "* SEARCH 4 9 2\r\nT6 OK done\r\n\x00" + fetchedHeader + "T7 OK done\r\n\x00* BYE\r\nT8 OK done\r\n",
		begins + examined + "* ESEARCH (TAG \"T6\") UID ALL 1:*\r\nT6 OK done\r\n",
		begins + examined + "* SEARCH\r\nT6 OK done\r\n\x00" + looked,
		begins + examined + "* SEARCH\r\nT6 OK done\r\n\x00" + strings.ReplaceAll(looked, "SEARCH 4 9", "ESEARCH (TAG \"T8\") UID ALL 1:4294967295"),
		begins + examined + "* SEARCH 0\r\nT6 OK done\r\n",
		begins + "* 1 FETCH (BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1) \"MIXED\"))\r\nT4 NO [NONEXISTENT] no\r\n",
		begins + "* LIST (\\Noselect) \"/\" {3}\r\na\"b\r\n* 1 FETCH (ENVELOPE (NIL",
		"* OK [CAPABILITY(", "* BYE\r\n", "* PREAUTH hi\r\n", "* OK hi\r\n\x00+ \r\n", "* OK [X \r\n", "",
	} {
		f.Add(said)
	}
	f.Fuzz(func(t *testing.T, said string) {
		m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", 1)
		start := time.Now()
		synctest.Test(t, func(t *testing.T) { talkIMAP(t, m, said, time.Second, readsIMAP) })
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s of work", took)
		}
	})
}

// readsIMAP does all that is done to find something, and to look.
func readsIMAP(ctx context.Context, s *Session) error {
	if _, err := s.Examine(ctx); err != nil {
		return err
	}
	if _, err := s.Find(ctx, "token1"); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.Look(ctx, newLedger())
}

// talkIMAP goes through a session with a server that says what it is given, and waits so
// long for each command of the client.
func talkIMAP(t *testing.T, m accounts.Mailbox, said string, patience time.Duration, do func(context.Context, *Session) error) {
	t.Helper()
	near, far := net.Pipe()
	var running sync.WaitGroup
	running.Go(func() {
		defer far.Close()
		heard := bufio.NewReader(far)
		for part := range strings.SplitSeq(said, "\x00") {
			_ = far.SetWriteDeadline(time.Now().Add(60 * patience))
			if _, err := io.WriteString(far, part); err != nil {
				return
			}
			_ = far.SetReadDeadline(time.Now().Add(patience))
			if _, err := heard.ReadString('\n'); errors.Is(err, io.EOF) {
				return // the client is gone; one that waits may wait for what comes next
			}
		}
	})
	s := New(m, Options{Dial: func(context.Context, string, string) (net.Conn, error) { return here{near}, nil }})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	start := time.Now()
	err := s.enter(ctx)
	if err == nil {
		err = do(ctx, s)
	}
	s.Close()
	_ = near.Close()
	running.Wait()
	var e *Error
	if err != nil && !errors.As(err, &e) || time.Since(start) > 2*time.Minute {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	if e != nil && (e.Stage == "" || e.Stage == smtp.StageSecret || strings.Contains(e.Text, password)) {
		t.Errorf("%q at %q", e.Text, e.Stage)
	}
}

// here is a connection that says it does not leave this machine.
type here struct{ net.Conn }

func (here) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// BAD says nothing of the password, so the account does not wait for another one.
func TestFetcher_ABadCommandIsNoWrongPassword(t *testing.T) {
	const capabilities = "CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR"
	for answer, want := range map[string]outbox.Class{
		"BAD what is that": outbox.ClassTemporary, "BAD [AUTHENTICATIONFAILED] no": outbox.ClassCredentials, "NO no": outbox.ClassCredentials, "NO [UNAVAILABLE] later": outbox.ClassTemporary,
	} {
		server := smtptest.Serve(t, "S: * OK ["+capabilities+"] hi\nC: T1 CAPABILITY\nS: * "+capabilities+"\nS: T1 OK done\n"+
			"C: T2 AUTHENTICATE PLAIN *\nS: T2 "+answer+"\nC: T3 LOGOUT\nS: T3 OK", nil)
		m := at(t, accounts.IMAP, accounts.None, server.Host, server.Port)
		s := New(m, Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := s.enter(ctx)
		s.Close()
		cancel()
		if got := classOfLook(err); got != want {
			t.Errorf("%s: %s, %v; want %s", answer, got, err, want)
		}
	}
}

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
	"time"

	"github.com/emersion/go-imap/v2"

	"sendoff/accounts"
)

// sayingIMAP is a server that says yes to each command, and before that what a
// test has put to its name. It gives its port.
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
			name, _, _ := strings.Cut(strings.TrimPrefix(command, "UID "), " ")
			if _, err := fmt.Fprintf(conn, "%s%s OK done\r\n", says[name], tag); err != nil {
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
	if err = open(ctx, s); err == nil {
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

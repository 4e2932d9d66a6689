package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

// reportOn is a delivery report, larger than what is read of one.
func reportOn(name string) string {
	return "From: MAILER-DAEMON@example.org\r\nMessage-ID: <" + name + "@example.org>\r\nSubject: Undelivered Mail Returned to Sender\r\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" +
		"Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; " + name + "@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" +
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: hi\r\n..dots\r\n\r\n--b--\r\n" + strings.Repeat(strings.Repeat("x", 20_000)+"\r\n", 20)
}

// ledger keeps everything in memory.
type ledger struct {
	cursors map[string]outbox.Cursor
	seen    map[string]bool
	taken   []string
	mails   []string
	refuse  error // what Take says
}

func newLedger() *ledger {
	return &ledger{cursors: make(map[string]outbox.Cursor), seen: make(map[string]bool)}
}

func (l *ledger) Cursor(_ context.Context, folder string) (outbox.Cursor, error) {
	return l.cursors[folder], nil
}

func (l *ledger) Pass(_ context.Context, folder string, c outbox.Cursor) error {
	c.Begun = true
	l.cursors[folder] = c
	return nil
}

func (l *ledger) Unseen(_ context.Context, all []string) (unseen []string, first bool, err error) {
	for _, uidl := range all {
		if !l.seen[uidl] {
			unseen = append(unseen, uidl)
		}
	}
	return unseen, len(l.seen) == 0, nil
}

func (l *ledger) Seen(_ context.Context, uidls []string) error {
	for _, uidl := range uidls {
		l.seen[uidl] = true
	}
	return nil
}

func (l *ledger) Take(_ context.Context, name string, mail io.Reader) error {
	if l.refuse != nil {
		return l.refuse
	}
	text, err := io.ReadAll(mail)
	l.taken, l.mails = append(l.taken, name), append(l.mails, string(text))
	return err
}

// lookInto makes one look, and gives the names of what was taken by it.
func lookInto(t *testing.T, m accounts.Mailbox, l *ledger) (names string, err error) {
	t.Helper()
	l.taken, l.mails = nil, nil
	s := New(m, Options{})
	defer s.Close()
	if err = s.enter(t.Context()); err == nil {
		err = s.Look(t.Context(), l)
	}
	return strings.Join(l.taken, ", "), err
}

func put(t *testing.T, user *imapmemserver.User, folder, text string, at time.Time) {
	t.Helper()
	if _, err := user.Append(folder, literal{strings.NewReader(text)}, &imap.AppendOptions{Time: at}); err != nil {
		t.Fatal(err)
	}
}

// wantLook makes a look and compares what is taken by it.
func wantLook(t *testing.T, m accounts.Mailbox, l *ledger, want string) {
	t.Helper()
	if got, err := lookInto(t, m, l); err != nil || got != want {
		t.Errorf("took %q, %v, want %q", got, err, want)
	}
}

// J18: whatever is found, the mailbox is as it was.
func TestLook_TakesWhatIsNewAndChangesNothing(t *testing.T) {
	user, port := imapServer(t, nil, true, false)
	m, l := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port), newLedger()
	old := time.Now().AddDate(0, 0, -20)
	if err := user.Create("Archive", nil); err != nil {
		t.Fatal(err)
	}
	put(t, user, "INBOX", reportOn("old"), old)
	put(t, user, "INBOX", reportOn("one"), time.Time{})
	wantLook(t, m, l, "INBOX 3")
	if got := l.mails[0]; len(got) != maxReport || !strings.HasPrefix(reportOn("one"), got) {
		t.Errorf("%d octets of it", len(got))
	}
	wantLook(t, m, l, "")
	for i := range 120 { // more than are asked for at once
		put(t, user, "INBOX", fmt.Sprintf("From: kim@example.com\r\nSubject: lunch %d\r\n\r\n550 5.1.1 ana@example.org\r\n", i), old)
	}
	put(t, user, "INBOX", reportOn("two"), old)
	put(t, user, "INBOX", reportOn("three"), old)
	put(t, user, "Archive", reportOn("four"), time.Time{})
	wantLook(t, m, l, "INBOX 124, INBOX 125")
	if err := user.Create("Spam", nil); err != nil {
		t.Fatal(err)
	}
	put(t, user, "Spam", reportOn("five"), time.Time{})
	wantLook(t, m, l, "Spam 1")
	l.cursors["INBOX"] = outbox.Cursor{Begun: true, Validity: 4711, Last: 3} // as after the server's restore
	wantLook(t, m, l, "INBOX 3")
	wantLook(t, m, l, "")
	for folder, want := range map[string]uint32{"INBOX": 125, "Spam": 1} {
		status, err := user.Status(folder, &imap.StatusOptions{NumMessages: true, NumUnseen: true})
		if err != nil || *status.NumMessages != want || *status.NumUnseen != want {
			t.Errorf("%s was changed: %+v, %v", folder, status, err)
		}
	}
}

// Of a folder with more mails than numbers fit into a line, the newest are looked
// through, at the first look and later.
func TestLook_LooksThroughTheNewestOfAFullFolder(t *testing.T) {
	user, port := imapServer(t, nil, true, false)
	m, l := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port), newLedger()
	put(t, user, "INBOX", reportOn("old"), time.Time{}) // behind so many others
	for range newestMails - 1 {
		put(t, user, "INBOX", "From: kim@example.com\r\n\r\n", time.Now().AddDate(0, 0, -20))
	}
	put(t, user, "INBOX", reportOn("new"), time.Time{})
	wantLook(t, m, l, fmt.Sprintf("INBOX %d", newestMails+2))
	put(t, user, "INBOX", reportOn("newer"), time.Time{})
	wantLook(t, m, l, fmt.Sprintf("INBOX %d", newestMails+3))
}

func TestLook_TheCursorMovesOnlyBehindWhatIsTaken(t *testing.T) {
	user, port := imapServer(t, nil, true, false)
	m, l := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port), newLedger()
	for _, name := range []string{"one", "two", "three"} {
		put(t, user, "INBOX", reportOn(name), time.Time{})
	}
	l.refuse = outbox.ErrBusy
	if got, err := lookInto(t, m, l); !errors.Is(err, outbox.ErrBusy) || got != "" || l.cursors["INBOX"].Begun {
		t.Errorf("%q, %v, %+v", got, err, l.cursors)
	}
	l.refuse = nil
	wantLook(t, m, l, "INBOX 2, INBOX 3, INBOX 4")
}

func TestUIDsAbove(t *testing.T) {
	for _, test := range []struct {
		found imap.NumSet
		last  imap.UID
		want  []imap.UID
	}{
		{nil, 0, nil},
		{imap.SeqSetNum(7), 0, nil},
		{imap.UIDSetNum(7, 3, 9), 0, []imap.UID{3, 7, 9}},
		{imap.UIDSetNum(7, 3, 9), 7, []imap.UID{9}},
		{imap.UIDSetNum(7), 7, nil},
		{imap.UIDSet{{Start: 9, Stop: 6}, {Start: 7, Stop: 10}}, 7, []imap.UID{8, 9, 10}},
		{imap.UIDSet{{Start: 3, Stop: 0}, {Start: 0, Stop: 3}, {Start: 5, Stop: 5}}, 0, []imap.UID{5}},
		{imap.UIDSet{{Start: 1<<32 - 2, Stop: 1<<32 - 1}}, 1<<32 - 2, []imap.UID{1<<32 - 1}},
		{imap.UIDSet{{Start: 1, Stop: 1<<32 - 1}}, 1<<32 - 1, nil},
	} {
		if got := uidsAbove(test.found, test.last); !slices.Equal(got, test.want) {
			t.Errorf("%v above %d: %d, want %d", test.found, test.last, got, test.want)
		}
	}
	if got := uidsAbove(imap.UIDSet{{Start: 1, Stop: 1<<32 - 1}}, 0); len(got) != newestMails {
		t.Errorf("%d of all there may ever be", len(got))
	}
}

const popIn = "S: +OK hi\nC: CAPA\nS: -ERR what\nC: USER ada\nS: +OK\nC: PASS correct horse\nS: +OK in\n"

// lines are what a POP3 server says of a text.
func popText(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if strings.HasPrefix(line, ".") {
			line = "." + line
		}
		b.WriteString("S: " + line + "\n")
	}
	return "S: +OK\n" + b.String() + "S: .\n"
}

func TestLook_ReadsPOP3AndRemembersWhatItHasSeen(t *testing.T) {
	const lunch = "From: kim@example.com\r\nSubject: lunch\r\n\r\n"
	head, _, _ := strings.Cut(reportOn("one"), "\r\n\r\n")
	server := smtptest.Serve(t, popIn+"C: UIDL\nS: +OK\nS: 1 aa\nS: 2 bb\nS: x y\nS: 0 zz\nS: 3\nS: 4 aa\nS: 5 c\x7fc\nS: .\n"+
		"C: TOP 1 0\n"+popText(lunch)+"C: TOP 2 0\n"+popText(head+"\r\n\r\n")+"C: TOP 2 4000\n"+popText(reportOn("one"))+
		"---\n"+popIn+"C: UIDL\nS: +OK\nS: 1 bb\nS: 2 dd\nS: 3 ee\nS: .\nC: TOP 2 0\nS: -ERR it is gone\nC: TOP 3 0\n"+popText(lunch)+
		"---\n"+popIn+"C: UIDL\nS: -ERR what\n", nil)
	m, l := at(t, accounts.POP3, accounts.None, server.Host, server.Port), newLedger()
	wantLook(t, m, l, "bb")
	if got := l.mails[0]; len(got) != maxReport || !strings.HasPrefix(reportOn("one"), got) {
		t.Errorf("%d octets of it: %q", len(got), got[:500])
	}
	wantLook(t, m, l, "")
	if !l.seen["aa"] || !l.seen["bb"] || !l.seen["dd"] || !l.seen["ee"] || len(l.seen) != 4 {
		t.Errorf("seen: %v", l.seen)
	}
	if _, err := lookInto(t, m, l); !errors.Is(err, ErrNoNames) || classOfLook(err) != outbox.ClassTemporary {
		t.Error(err)
	}
	for _, heard := range server.Finish() {
		if heard.Commands("DELE")+heard.Commands("RETR") > 0 || heard.Commands("QUIT") != 1 {
			t.Errorf("the server heard %q", heard.Lines)
		}
	}
}

// The first look at a full mailbox takes the newest alone.
func TestLook_BeginsWithTheNewestOfPOP3(t *testing.T) {
	var list, tops strings.Builder
	const all = firstMails + 10
	for i := range all {
		fmt.Fprintf(&list, "S: %d u%d\n", i+1, i+1)
		if i >= all-firstMails {
			fmt.Fprintf(&tops, "C: TOP %d 0\n%s", i+1, popText("From: kim@example.com\r\nSubject: lunch\r\n\r\n"))
		}
	}
	server := smtptest.Serve(t, popIn+"C: UIDL\nS: +OK\n"+list.String()+"S: .\n"+tops.String(), nil)
	l := newLedger()
	wantLook(t, at(t, accounts.POP3, accounts.None, server.Host, server.Port), l, "")
	server.Finish()
	if len(l.seen) != all {
		t.Errorf("%d are seen", len(l.seen))
	}
}

// J15, J16: a server that says too much of one mail is not asked for it again, and
// takes neither time nor memory.
func TestLook_GoesOnBehindAMailOfWhichTheServerSaysTooMuch(t *testing.T) {
	const selected = "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n"
	head := fmt.Sprintf("* 1 FETCH (UID 9 BODY[HEADER.FIELDS (FROM)]<0> {%d}\r\n%s)\r\n", len("From: MAILER-DAEMON\r\n\r\n"), "From: MAILER-DAEMON\r\n\r\n")
	giant := "* 1 FETCH (UID 9 BODY[]<0> {900000000}\r\n" + strings.Repeat("x", 9<<20)
	for _, test := range []struct {
		name   string
		fetch  string
		reason error
		want   uint32
	}{
		{"a giant literal", giant, errTooMuch, 9},
		{"a giant header", "* 1 FETCH (UID 9 BODY[HEADER]<0> {900000000}\r\n" + strings.Repeat("x", 9<<20), errTooMuch, 12},
		{"an endless line", head + "* 1 FETCH (UID 9 FLAGS (" + strings.Repeat("a ", maxIMAPLine), errTooMuch, 12},
		{"deep nesting", head + "* 1 FETCH (BODYSTRUCTURE " + strings.Repeat("(", 900), errTooDeep, 12},
		{"nothing of any mail", "", nil, 12},
		{"what nobody asked for", strings.ReplaceAll(head, "UID 9", "UID 77"), nil, 12},
		{"no literal", "* 1 FETCH (UID 9 BODY[HEADER]<0> NIL)\r\n* 1 FETCH (UID 12 BODY[HEADER.FIELDS (FROM)] \"From: kim@example.com\")\r\n", nil, 12},
	} {
		t.Run(test.name, func(t *testing.T) {
			says := map[string]string{"CAPABILITY": "* CAPABILITY IMAP4rev2\r\n", "EXAMINE": selected, "SEARCH": "* SEARCH 9 12\r\n", "FETCH": test.fetch}
			if test.fetch == giant { // the second FETCH is for the mail
				says["FETCH"], says["FETCH 9"] = head, giant
			}
			m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", sayingIMAP(t, says))
			l, start := newLedger(), time.Now()
			_, err := lookInto(t, m, l)
			if took := time.Since(start); !errors.Is(err, test.reason) || took > 5*time.Second {
				t.Errorf("%v after %s", err, took)
			}
			if got := l.cursors["INBOX"]; got.Last != test.want || got.Validity != 7 {
				t.Errorf("it goes on behind %+v", got)
			}
		})
	}
	endless := popIn + "C: UIDL\nS: +OK\nS: 1 aa\nS: 2 bb\nS: .\nC: TOP 1 0\nS: +OK\n" + strings.Repeat("S: "+strings.Repeat("x", 60_000)+"\n", 150)
	server := smtptest.Serve(t, endless, nil)
	l := newLedger()
	if _, err := lookInto(t, at(t, accounts.POP3, accounts.None, server.Host, server.Port), l); !errors.Is(err, errTooMuch) || !l.seen["aa"] || l.seen["bb"] {
		t.Errorf("%v, seen %v", err, l.seen)
	}
	server.Finish()
}

// A server that names mails and gives none of them is no mailbox without reports.
func TestLook_SaysThatAServerGivesNothing(t *testing.T) {
	server := smtptest.Serve(t, popIn+"C: UIDL\nS: +OK\nS: 1 aa\nS: .\nC: TOP 1 0\nS: -ERR no such command\n", nil)
	m := at(t, accounts.POP3, accounts.None, server.Host, server.Port)
	if _, err := lookInto(t, m, newLedger()); err == nil || !strings.Contains(err.Error(), "no such command") {
		t.Error(err)
	}
	server.Finish()
}

// fetching is an outbox with a sender that fetches from a mailbox.
func fetching(t *testing.T, m *accounts.Mailbox) (*outbox.Outbox, func() outbox.Result) {
	t.Helper()
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	s := outbox.NewSender(b, nil, nil, slog.New(slog.DiscardHandler))
	f := NewFetcher(func(name string) (accounts.Account, error) {
		if name != "work" {
			return accounts.Account{}, errors.New("no account is named " + name)
		}
		return accounts.Account{Name: name, Mailbox: *m}, nil
	}, Options{})
	f.Fingerprint = func(secret string) string { return "print of " + secret }
	s.Fetcher = f
	return b, func() outbox.Result {
		t.Helper()
		r, err := s.FetchReports(t.Context(), outbox.Policy{Account: "work", Mailbox: "here", Every: time.Minute, Revision: "1"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func TestFetcher_BringsReportsIntoTheOutboxOnce(t *testing.T) {
	user, port := imapServer(t, nil, true, false)
	m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port)
	b, fetch := fetching(t, &m)
	put(t, user, "INBOX", reportOn("one"), time.Time{})
	put(t, user, "INBOX", reportOn("one"), time.Time{})
	for range 2 {
		if r := fetch(); r.Class != outbox.ClassAccepted {
			t.Errorf("%+v", r)
		}
	}
	all, err := b.Reports(t.Context(), false, 10)
	if err != nil || len(all) != 1 || all[0].Account != "work" || all[0].Said[0].Address != "one@example.org" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestFetcher_SaysWhatFollowsFromAFailure(t *testing.T) {
	_, port := imapServer(t, nil, true, false)
	ours := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port)
	t.Setenv("MAILBOX_TEST_WRONG", "wrong")
	for _, test := range []struct {
		name   string
		change func(*accounts.Mailbox)
		class  outbox.Class
	}{
		{"no mailbox", func(m *accounts.Mailbox) { *m = accounts.Mailbox{} }, outbox.ClassAccount},
		{"nobody is there", func(m *accounts.Mailbox) { m.Port = 1 }, outbox.ClassNetwork},
		{"the login is refused", func(m *accounts.Mailbox) { m.Secret = accounts.Secret{Env: "MAILBOX_TEST_WRONG"} }, outbox.ClassCredentials},
		{"the secret cannot be had", func(m *accounts.Mailbox) { m.Secret = accounts.Secret{Env: "NOWHERE_TO_BE_FOUND"} }, outbox.ClassTemporary},
		{"no such folder", func(m *accounts.Mailbox) { m.Folder = "Bounces" }, outbox.ClassTemporary},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := ours
			test.change(&m)
			b, fetch := fetching(t, &m)
			if r := fetch(); r.Class != test.class || r.Text == "" {
				t.Errorf("%s: %s", r.Class, r.Text)
			}
			refused, err := b.RefusedMailboxes(t.Context())
			if err != nil || len(refused) == 1 != (test.class == outbox.ClassCredentials) {
				t.Errorf("refused: %q, %v", refused, err)
			}
		})
	}
}

// The two sides of a look agree on what a ledger is.
var (
	_ Ledger         = (*outbox.Look)(nil)
	_ outbox.Fetcher = (*Fetcher)(nil)
)

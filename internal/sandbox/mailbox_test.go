package sandbox

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"sendoff/outbox/bounce"
)

// logIn opens a mailbox.
func logIn(t *testing.T, server *Server, username, password string) (*imapclient.Client, error) {
	t.Helper()
	c, err := imapclient.DialInsecure(server.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, c.Login(username, password).Wait()
}

// inbox waits until a user has so many mails, and gives them.
func inbox(t *testing.T, server *Server, username string, want uint32) (mails [][]byte) {
	t.Helper()
	c, err := logIn(t, server, username, "any")
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		data, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			t.Fatal(err)
		}
		if data.NumMessages == want {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d mails, want %d", data.NumMessages, want)
		}
	}
	if want == 0 {
		return nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	var all imap.SeqSet
	all.AddRange(1, want)
	messages, err := c.Fetch(all, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		mails = append(mails, m.FindBodySection(section))
	}
	return mails
}

const withMessageID = "Message-ID: <one@example.org>\r\nSubject: gr\xc3\xbc\xc3\x9fe\r\n\r\nsecret text\r\n"

func TestMailbox_AReportComesBackToWhoSentTheMessage(t *testing.T) {
	for name, dir := range map[string]string{"in memory": "", "in a Maildir": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			server := start(t, Options{IMAP: "127.0.0.1:0", ReturnAfter: time.Millisecond, Dir: dir})
			c := dial(t, server)
			c.talk(hello + "> MAIL FROM:<Ada@example.org>\n< 250\n> RCPT TO:<bounce+1@example.com>\n< 250\n> RCPT TO:<ana@example.com>\n< 250\n> RCPT TO:<bounce@example.net>\n< 250\n" +
				"> DATA\n< 354\n")
			if _, err := c.Write([]byte(withMessageID + ".\r\n")); err != nil {
				t.Fatal(err)
			}
			if reply := c.hear(); !strings.HasPrefix(reply, "250") {
				t.Fatal(reply)
			}
			mails := inbox(t, server, "ada@EXAMPLE.org", 1)
			report, err := bounce.Parse(bytes.NewReader(mails[0]))
			if err != nil || report.Mail != bounce.Delivery || report.MessageID != "one@example.org" || report.Subject != "grüße" || len(report.Recipients) != 2 {
				t.Fatalf("%+v, %v:\n%s", report, err, mails[0])
			}
			for n, address := range []string{"bounce+1@example.com", "bounce@example.net"} {
				if r := report.Recipients[n]; r.Address != address || r.Kind != bounce.Hard || r.Code != 550 || r.Status != "5.1.1" {
					t.Errorf("%+v", r)
				}
			}
			if bytes.Contains(mails[0], []byte("secret")) {
				t.Error("the text came back")
			}
			if strings.Contains(strings.ReplaceAll(string(mails[0]), "\r\n", ""), "\n") {
				t.Error("lines that do not end in CRLF")
			}
			inbox(t, server, "ana@example.com", 0)
		})
	}
}

func TestMailbox_OneIsToldOfADelay(t *testing.T) {
	server := start(t, Options{IMAP: "127.0.0.1:0", ReturnAfter: time.Millisecond})
	c := dial(t, server)
	c.talk(hello)
	c.send("delayed@example.org", withMessageID)
	report, err := bounce.Parse(bytes.NewReader(inbox(t, server, "ada@example.org", 1)[0]))
	if err != nil || len(report.Recipients) != 1 || report.Recipients[0].Kind != bounce.Delay {
		t.Errorf("%+v, %v", report, err)
	}
}

// Of a report in words alone nothing but where it comes to tells what it is about.
func TestMailbox_OneIsToldInWordsAlone(t *testing.T) {
	server := start(t, Options{IMAP: "127.0.0.1:0", ReturnAfter: time.Millisecond})
	dial(t, server).talk(hello + "> MAIL FROM:<ada+x1@example.org>\n< 250\n> RCPT TO:<vague@example.com>\n< 250\n> DATA\n< 354\n> Subject: hi\n> \n> .\n< 250\n")
	mail := inbox(t, server, "Ada@example.org", 1)[0]
	if report, err := bounce.Parse(bytes.NewReader(mail)); err != nil || report.Mail != bounce.Other {
		t.Errorf("%+v, %v", report, err)
	}
	report, err := bounce.ParseFor("vague@example.com", bytes.NewReader(mail))
	if err != nil || len(report.Recipients) != 1 || report.Recipients[0].Kind != bounce.Hard || !bytes.Contains(mail, []byte("To: <ada+x1@example.org>")) {
		t.Errorf("%+v, %v\n%s", report, err, mail)
	}
}

// About a report none comes back (RFC 5321 §4.5.5), so nothing goes to and fro.
func TestMailbox_NoReportIsMadeOfAReport(t *testing.T) {
	server := start(t, Options{IMAP: "127.0.0.1:0", ReturnAfter: time.Millisecond})
	dial(t, server).talk(hello + "> MAIL FROM:<>\n< 250\n> RCPT TO:<bounce@example.org>\n< 250\n> DATA\n< 354\n> .\n< 250\n")
	time.Sleep(20 * time.Millisecond)
	inbox(t, server, "", 0)
}

func TestMailbox_TakesEverybodyButTheWrongPassword(t *testing.T) {
	server := start(t, Options{IMAP: "127.0.0.1:0"})
	if _, err := logIn(t, server, "ada@example.org", wrongPassword); err == nil {
		t.Error("the wrong password was taken")
	}
	if _, err := logIn(t, server, "ada@example.org", "right"); err != nil {
		t.Error(err)
	}
	if _, err := Start(Options{IMAP: "0.0.0.0:0"}); err == nil {
		t.Error("others could reach the mailboxes")
	}
	if addr := start(t, Options{}).IMAPAddr(); addr != "" {
		t.Errorf("mailboxes at %q that nobody asked for", addr)
	}
}

func TestMailboxes_AreBounded(t *testing.T) {
	var m mailboxes
	for i := range maxMailboxes + 1 {
		if _, err := m.of(strings.Repeat("x", i)); (err == nil) != (i < maxMailboxes) {
			t.Fatalf("mailbox %d: %v", i, err)
		}
	}
	if !m.room(maxMail) || m.room(1) {
		t.Error("there is room without end")
	}
	if err := m.arrives("x", "more"); err == nil {
		t.Error("mail arrived where there is no room")
	}
}

// What is deleted makes room, by whichever way, and what is kept for nobody takes none.
func TestMailboxes_GiveRoomBack(t *testing.T) {
	const size = maxMail / 8
	mail := strings.Repeat("x", size)
	fill := func(t *testing.T, server *Server, most int) (n int) {
		t.Helper()
		for server.mailboxes.arrives("ada@example.org", mail) == nil {
			if n++; n > most {
				t.Fatalf("%d mails have come", n)
			}
		}
		return n
	}
	t.Run("POP3", func(t *testing.T) {
		server := start(t, Options{POP3: "127.0.0.1:0"})
		for range 3 {
			if n := fill(t, server, 8); n != 8 {
				t.Fatalf("%d mails have come", n)
			}
			popTalk(t, server, "+OK\n> USER ada@example.org\n+OK\n> PASS x\n+OK 8\n"+strings.Repeat("> DELE 1\n+OK\n> RSET\n+OK\n", 2)+
				"> DELE 1\n+OK\n> DELE 2\n+OK\n> DELE 3\n+OK\n> DELE 4\n+OK\n> DELE 5\n+OK\n> DELE 6\n+OK\n> DELE 7\n+OK\n> DELE 8\n+OK\n> QUIT\n+OK\n")
		}
	})
	t.Run("IMAP", func(t *testing.T) {
		server := start(t, Options{IMAP: "127.0.0.1:0"})
		c, err := logIn(t, server, "ada@example.org", "right")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Create("kept/", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		for left := range uint32(3) { // a mail is moved away each time, and stays
			if n := fill(t, server, 8); n != int(8-left) {
				t.Fatalf("%d mails have come beside %d", n, left)
			}
			if _, err := c.Select("INBOX", nil).Wait(); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Move(imap.SeqSetNum(1), "kept").Wait(); err != nil {
				t.Fatal(err)
			}
			var all imap.SeqSet
			all.AddRange(1, 0)
			if _, err := c.Store(all, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Collect(); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Expunge().Collect(); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Rename("kept", "old", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		if n := fill(t, server, 8); n != 5 {
			t.Fatalf("%d mails have come beside 3", n)
		}
		if err := c.Delete("old").Wait(); err != nil {
			t.Fatal(err)
		}
		if n := fill(t, server, 8); n != 3 {
			t.Fatalf("%d mails have come in place of 3", n)
		}
	})
}

// A server says which of its doors is shut.
func TestServer_NamesWhatItListensForNoMore(t *testing.T) {
	lines := make(chan string, 3)
	server := start(t, Options{IMAP: "127.0.0.1:0", POP3: "127.0.0.1:0", Log: func(line string) { lines <- line }})
	for _, protocol := range []string{"SMTP", "IMAP", "POP3"} {
		server.stoppedListening(protocol, errors.New("too many open files"))
		server.stoppedListening(protocol, net.ErrClosed)
		if line, want := <-lines, "stopped listening for "+protocol+": too many open files"; line != want {
			t.Errorf("%q instead of %q", line, want)
		}
	}
	if err := server.Close(); err != nil || len(lines) > 0 {
		t.Errorf("%d lines of the end, %v", len(lines), err)
	}
}

// Close waits for who reads a mailbox, and what would come back later does not.
func TestClose_EndsMailboxes(t *testing.T) {
	server := start(t, Options{IMAP: "127.0.0.1:0", ReturnAfter: 50 * time.Millisecond})
	client, err := logIn(t, server, "ada@example.org", "right")
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, server)
	c.talk(hello)
	c.send("bounce@example.org", withMessageID)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if server.mailboxes.octets != 0 {
		t.Error("a report came back behind the end")
	}
	if client.Noop().Wait() == nil {
		t.Error("the line is still there")
	}
}

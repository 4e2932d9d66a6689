package sandbox

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"sendoff/internal/cleantext"
)

const (
	returnAfter = 5 * time.Second // how long it takes until a report comes back
	maxReturned = 64 << 10        // octets of the header that comes back with it
)

// returned is what a report says of a recipient whose mail was taken.
type returned struct {
	subject, about, action, status, diagnostic string

	vague bool // it has no more than the subject, what it is about, and the diagnostic
}

var (
	bounced = returned{subject: "Undelivered Mail Returned to Sender", about: "I'm sorry to have to inform you that your message could not be delivered.",
		action: "failed", status: "5.1.1", diagnostic: "550 5.1.1 No such mailbox here"}
	delayed = returned{subject: "Delayed Mail (still being retried)", about: "Your message could not be delivered yet. It is being tried again; you need not send it once more.",
		action: "delayed", status: "4.4.1", diagnostic: "451 4.4.1 No answer from the host"}
)

// inWords is a report of the worst kind: it names neither the message nor whom it is
// about, and is for people alone.
var inWords = returned{subject: bounced.subject, about: bounced.about, diagnostic: bounced.diagnostic, vague: true}

// sendBack has a report come back for the recipients of a message about whom there is
// one, as the servers behind a real one send it (RFC 3464). About a report there is
// none.
func (s *Server) sendBack(m Message) {
	about := make(map[*returned][]string)
	for _, to := range m.To {
		if what := behaviourOf(to).returned; what != nil {
			about[what] = append(about[what], to)
		}
	}
	if m.From == "" || len(about) == 0 {
		return
	}
	header, err := m.header()
	if err != nil {
		s.logf("%s: no delivery report comes back: %v", m.ID, err)
		return
	}
	after := returnAfter
	if s.options.ReturnAfter > 0 {
		after = s.options.ReturnAfter
	}
	for what, recipients := range about {
		mail := what.report(m, recipients, header, time.Now().Add(after))
		time.AfterFunc(after, func() { s.comeBack(m, mail) })
	}
}

// comeBack puts a report into the mailbox of who sent the message, unless the server
// has ended meanwhile.
func (s *Server) comeBack(m Message, mail string) {
	if !s.beginReceiving() {
		return
	}
	defer s.endReceiving()
	if err := s.mailboxes.arrives(m.From, mail); err != nil {
		s.logf("%s: no delivery report comes back: %v", m.ID, err)
		return
	}
	s.logf("%s: a delivery report came back to %s", m.ID, m.From)
}

// header is that of the message, as far as it comes back.
func (m Message) header() ([]byte, error) {
	text := io.Reader(bytes.NewReader(m.Text))
	if m.Path != "" {
		file, err := os.Open(m.Path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		text = file
	}
	var header bytes.Buffer
	for lines := bufio.NewReader(io.LimitReader(text, maxReturned)); ; {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimRight(line, "\r\n")) == 0 || errors.Is(err, io.EOF) {
			return header.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
		header.Write(line)
	}
}

// report is the mail that comes back.
func (r returned) report(m Message, recipients []string, header []byte, now time.Time) string {
	boundary := "sandbox-" + rand.Text()
	var b strings.Builder
	if r.vague {
		return fmt.Sprintf("From: MAILER-DAEMON@sandbox.invalid (Mail Delivery System)\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <%s@sandbox.invalid>\r\nSubject: %s\r\n\r\n%s\r\n%s\r\n",
			cleantext.Line(m.From), now.UTC().Format(time.RFC1123Z), rand.Text(), r.subject, r.about, r.diagnostic)
	}
	fmt.Fprintf(&b, `From: MAILER-DAEMON@sandbox.invalid (Mail Delivery System)
To: <%[1]s>
Date: %[2]s
Message-ID: <%[3]s@sandbox.invalid>
Subject: %[4]s
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="%[5]s"

--%[5]s
Content-Type: text/plain; charset=utf-8

This is the built-in server of sendoff. It plays a server behind it.

%[6]s

`, cleantext.Line(m.From), now.UTC().Format(time.RFC1123Z), rand.Text(), r.subject, boundary, r.about)
	for _, to := range recipients {
		fmt.Fprintf(&b, "<%s>: %s\n", cleantext.Line(to), r.diagnostic)
	}
	fmt.Fprintf(&b, "\n--%s\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; sandbox.invalid\nArrival-Date: %s\n",
		boundary, m.Received.UTC().Format(time.RFC1123Z))
	for _, to := range recipients {
		fmt.Fprintf(&b, "\nFinal-Recipient: rfc822; %s\nAction: %s\nStatus: %s\nDiagnostic-Code: smtp; %s\n", cleantext.Line(to), r.action, r.status, r.diagnostic)
	}
	fmt.Fprintf(&b, "\n--%s\nContent-Type: text/rfc822-headers\n\n%s\n--%s--\n", boundary, header, boundary)
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "\r\n", "\n"), "\n", "\r\n")
}

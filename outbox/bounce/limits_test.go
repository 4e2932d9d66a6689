package bounce

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// hostileMails are made to take long: each repeats, up to the limit and beyond,
// what some step has to look at again.
func hostileMails() [][]byte {
	const daemon = "From: MAILER-DAEMON@example.org\nSubject: failure notice\n"
	const dsn = daemon + "Content-Type: message/delivery-status\n\n"
	const page = daemon + "Content-Type: text/html\n\n"
	var mails [][]byte
	for _, m := range []struct{ head, again string }{
		{"", "\x00"},
		{"", "a: b\n"},
		{"", " folded\n"},
		{"To: a@example.org\n", " b@example.org,\n"},
		{"Subject: ", "=?utf-8?q?a?= "},
		{"Subject: ", "=?"},
		{daemon + "\n", "@"},
		{daemon + "\n", "a@b.example "},
		{daemon + "\n", "<a@b.example>:\n"},
		{daemon + "\n", "original message\n"},
		{daemon + "\n", "Received: from a\n"},
		{daemon + "\n", "550 5.1.1 "},
		{daemon + "\n", "5.5.5.5."},
		{daemon + "\n", "\"@\""},
		{daemon + "\n{\"recipients\":[", "{\"a\":["},
		{dsn, "Final-Recipient: rfc822; a@example.org\n"},
		{dsn, "Final-Recipient: rfc822; a\n\n"},
		{dsn, "Diagnostic-Code: smtp;\n a\n"},
		{page, "<"},
		{page, "<p>"},
		{page, "<style>"},
		{page, "&lt"},
		{"X-Failed-Recipients: ", "a@example.org, "},
		{daemon + "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n"},
		{daemon + "Content-Type: multipart/mixed; boundary=b\n\n", "--b\nContent-Type: multipart/mixed; boundary=b\n\n"},
		{daemon + "Content-Type: multipart/mixed\n\n", "--\n"},
	} {
		mails = append(mails, []byte(m.head+strings.Repeat(m.again, (maxMail+4096)/len(m.again))))
	}
	mails = append(mails, []byte(daemon+"\n"+many("<a%d@example.org>:\n550 5.1.1 no\n")))
	mails = append(mails, []byte(dsn+many("Final-Recipient: rfc822; a%d@example.org\n\n")))
	return append(mails, nested(200))
}

// many has a line for each of more recipients than anybody is told of.
func many(line string) string {
	var b strings.Builder
	for i := range 20 * maxRecipients {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// nested has a part in a part in a part.
func nested(depth int) []byte {
	var b strings.Builder
	b.WriteString("From: MAILER-DAEMON@example.org\n")
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	b.WriteString("\n<ana@example.com>: 550 no\n")
	return []byte(b.String())
}

func TestParse_HostileMailTakesNoTime(t *testing.T) {
	for i, mail := range hostileMails() {
		var report Report
		took := time.Hour
		for try := 0; try < 3 && took > time.Second; try++ { // the machine may have had something else to do
			start := time.Now()
			var err error
			if report, err = Parse(bytes.NewReader(mail)); err != nil {
				t.Fatal(err)
			}
			took = min(took, time.Since(start))
		}
		if took > time.Second {
			t.Errorf("mail %d (%.60q) took %v", i, mail, took)
		}
		checkReport(t, report)
	}
}

func TestParse_ReadsNoMoreThanTheLimit(t *testing.T) {
	endless := &counting{r: strings.NewReader(strings.Repeat("a", 4*maxMail))}
	if _, err := Parse(endless); err != nil {
		t.Fatal(err)
	}
	if endless.read > maxMail {
		t.Errorf("%d bytes read", endless.read)
	}
}

type counting struct {
	r    io.Reader
	read int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += n
	return n, err
}

func TestParse_TellsTheErrorOfItsReader(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Parse(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// Reports come with the line ends of SMTP and with those of files, and cut off.
func TestParse_SamplesInOtherStates(t *testing.T) {
	for _, name := range samples(t) {
		mail := sample(t, name)
		want, err := Parse(bytes.NewReader(mail))
		if err != nil {
			t.Fatal(err)
		}
		crlf := bytes.ReplaceAll(mail, []byte("\n"), []byte("\r\n"))
		got, err := Parse(bytes.NewReader(crlf))
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s with CRLF: %+v, want %+v", name, got, want)
		}
		for cut := 0; cut < len(mail); cut += 7 {
			report, err := Parse(bytes.NewReader(mail[:cut]))
			if err != nil {
				t.Fatal(err)
			}
			checkReport(t, report)
			if strings.HasPrefix(name, "no-") && report.Mail == Delivery {
				t.Errorf("%s, cut at %d, is a report", name, cut)
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"postfix", "qmail", "exim", "html-only", "no-talk"} {
		b.Run(name, func(b *testing.B) {
			mail := sample(b, name)
			b.SetBytes(int64(len(mail)))
			for b.Loop() {
				if _, err := Parse(bytes.NewReader(mail)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMails tells how long a mail takes that somebody really got: the median
// of all in -mails, and the longest.
func BenchmarkMails(b *testing.B) {
	mails := mailsIn(b, *mails)
	if len(mails) == 0 {
		b.Skip("no -mails")
	}
	took := make([]time.Duration, len(mails))
	for b.Loop() {
		for i, mail := range mails {
			start := time.Now()
			if _, err := Parse(bytes.NewReader(mail)); err != nil {
				b.Fatal(err)
			}
			took[i] = time.Since(start)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs/median")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "µs/longest")
	b.ReportMetric(0, "ns/op")
}

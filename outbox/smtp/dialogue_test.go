package smtp

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

var spokenLine = regexp.MustCompile(`(?m)^[0-9]+ ([<>*]) `)

// untimed is a dialogue without the times, which must be there.
func untimed(t *testing.T, dialogue string) string {
	t.Helper()
	for line := range strings.SplitSeq(dialogue, "\n") {
		if !spokenLine.MatchString(line) {
			t.Errorf("%q has not the form of a line", line)
		}
	}
	return spokenLine.ReplaceAllString(dialogue, "$1 ")
}

// wantDialogue compares a dialogue with lines, in which leading tabs are nothing.
func wantDialogue(t *testing.T, dialogue, want string) {
	t.Helper()
	want = strings.ReplaceAll(strings.TrimSpace(want), "\t", "")
	if got := untimed(t, dialogue); got != want {
		t.Errorf("the dialogue is\n%s\nand not\n%s", got, want)
	}
}

func TestDialogue_HasAllThatWasSaidAndNoSecret(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	r := newSecureRig(t, `
		tls
		S: 220 test ready
		C: EHLO [127.0.0.1]
		S: 250-test
		S: 250-8BITMIME
		S: 250 AUTH PLAIN
		C: AUTH PLAIN `+plainIR+`
		S: 235 2.7.0 welcome
		C: MAIL FROM:<ada@example.org>
		S: 250 ok
		C: RCPT TO:<bob@example.org>
		S: 250 ok
		C: RCPT TO:<eve@example.org>
		S: 550-5.1.1 no such
		S: 550 5.1.1 mailbox
		C: DATA
		S: 354 go
		C: <body>
		S: 250 2.0.0 queued as X1
		C: MAIL FROM:<ada@example.org>
		S: 250 ok
		C: RCPT TO:<bob@example.org>
		S: 250 ok
		C: DATA
		S: 354 go
		C: <body>
		S: 250 2.0.0 queued as X2
	`, func(a *accounts.Account) { withLogin(a); a.SMTP.Security = accounts.TLS })
	var live []string
	d := delivery(hello, "bob@example.org", "eve@example.org")
	d.Item, d.Trace = 3, func(line string) { live = append(live, line) }
	first := r.deliver(t, d).Dialogue
	server := hostPort(r.account.SMTP)
	wantDialogue(t, first, `
		* connected to `+server+`
		* TLS 1.3 with TLS_AES_128_GCM_SHA256
		< 220 test ready
		> EHLO [127.0.0.1]
		< 250-test
		< 250-8BITMIME
		< 250 AUTH PLAIN
		> AUTH PLAIN …
		< 235 2.7.0 welcome
		> MAIL FROM:<ada@example.org>
		< 250 ok
		> RCPT TO:<bob@example.org>
		< 250 ok
		> RCPT TO:<eve@example.org>
		< 550-5.1.1 no such
		< 550 5.1.1 mailbox
		> DATA
		< 354 go
		* the message (22 bytes) and the final dot
		< 250 2.0.0 queued as X1`)
	if traced := strings.Join(live, "\n"); traced != first {
		t.Errorf("traced was\n%s", traced)
	}
	// The login belongs to the attempt that made it.
	d = delivery(hello)
	d.Item = 4
	wantDialogue(t, r.deliver(t, d).Dialogue, `
		* on the connection of a3 to `+server+`: message 2
		> MAIL FROM:<ada@example.org>
		< 250 ok
		> RCPT TO:<bob@example.org>
		< 250 ok
		> DATA
		< 354 go
		* the message (22 bytes) and the final dot
		< 250 2.0.0 queued as X2`)
}

func TestDialogue_KeepsNothingOfALogin(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	r := newSecureRig(t, `
		tls
		S: 220 test ready
		C: EHLO [127.0.0.1]
		S: 250-test
		S: 250 AUTH LOGIN
		C: AUTH LOGIN
		S: 334 VXNlcm5hbWU6
		C: dXNlcg==
		S: 334 Y29ycmVjdCBob3JzZQ==
		C: Y29ycmVjdCBob3JzZQ==
		S: 535 5.7.8 correct horse (Y29ycmVjdCBob3JzZQ) is wrong
	`, func(a *accounts.Account) { withLogin(a); a.SMTP.Security = accounts.TLS })
	report := r.deliver(t, delivery(hello))
	wantDialogue(t, report.Dialogue, `
		* connected to `+hostPort(r.account.SMTP)+`
		* TLS 1.3 with TLS_AES_128_GCM_SHA256
		< 220 test ready
		> EHLO [127.0.0.1]
		< 250-test
		< 250 AUTH LOGIN
		> AUTH LOGIN
		< 334 …
		> …
		< 334 …
		> …
		< 535 5.7.8 [hidden] ([hidden]) is wrong`)
	if text := report.Results[0].Text; text != "[hidden] ([hidden]) is wrong" {
		t.Errorf("the result says %q", text)
	}
}

// A server may break what it repeats into lines, each with its code.
func TestDialogue_HidesASecretOverTwoLines(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, repeated := range []string{"correct\nS: 535-5.7.8 horse", "correct ho\nS: 535-5.7.8 rse", "Y29ycmVjd\nS: 535-CBob3JzZQ=="} {
		r := newSecureRig(t, "tls\nS: 220 hi\nC: EHLO *\nS: 250-hi\nS: 250 AUTH PLAIN\nC: AUTH PLAIN *\n"+
			"S: 535-5.7.8 no: "+repeated+"\nS: 535 5.7.8 sorry",
			func(a *accounts.Account) { withLogin(a); a.SMTP.Security = accounts.TLS })
		report := r.deliver(t, delivery(hello))
		if !strings.HasSuffix(untimed(t, report.Dialogue), "> AUTH PLAIN …\n< 535-5.7.8 no: [hidden]\n< 535 5.7.8 sorry") {
			t.Errorf("%q:\n%s", repeated, report.Dialogue)
		}
		if text := report.Results[0].Text; text != "no: [hidden] sorry" {
			t.Errorf("%q: the result says %q", repeated, text)
		}
	}
}

func TestDialogue_SaysWhereItBrokeOff(t *testing.T) {
	rows := []struct{ name, dialogue, last string }{
		{"before the greeting", `close`, "* connection lost before the greeting: the server closed it"},
		{"not SMTP", `S: HTTP/1.1 200 OK`, "* this is not a mail server (captive portal?): HTTP/1.1 200 OK (before the greeting)"},
		{"at MAIL", greeting + "C: MAIL *\nclose", "> MAIL FROM:<ada@example.org>\n* connection lost at MAIL: the server closed it"},
		{"after the dot", greeting + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <body>\nclose",
			"* the message (22 bytes) and the final dot\n* connection lost after the final dot: the server closed it"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, row.dialogue, nil)
			got := untimed(t, r.deliver(t, delivery(hello)).Dialogue)
			if !strings.HasSuffix(got, row.last) {
				t.Errorf("it ends otherwise:\n%s", got)
			}
		})
	}
}

func TestDialogue_CountsAMessageThatIsCut(t *testing.T) {
	r := newRig(t, greeting+"C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <cut body>", nil)
	message := strings.Repeat("0123456789\r\n", 50000)
	d := delivery(message)
	d.Open = func() (io.ReadCloser, error) {
		return io.NopCloser(broken{strings.NewReader(message[:100_000]), errors.New("input/output error")}), nil
	}
	got := untimed(t, r.deliver(t, d).Dialogue)
	if !strings.HasSuffix(got, "< 354 go\n* 65536 of 600000 bytes of the message, and no final dot\n* the message cannot be read: input/output error") {
		t.Error(got)
	}
}

func TestDialogue_OfAnAttemptWithoutAConnection(t *testing.T) {
	r := newRig(t, "S: 220 nobody comes", func(a *accounts.Account) { a.SMTP.Port = 1 })
	r.options.Dial = new(net.Dialer).DialContext
	if got := untimed(t, r.deliver(t, delivery(hello)).Dialogue); got != "* cannot reach 127.0.0.1:1: connection refused" {
		t.Error(got)
	}
	d := delivery(hello)
	d.Account = "gone"
	if got := untimed(t, r.deliver(t, d).Dialogue); got != "* no such account" {
		t.Error(got)
	}
}

func TestDialogue_AStaleConnectionIsToldToo(t *testing.T) {
	r := newRig(t, greeting+mail+"close\n---\n"+greeting+mail, nil)
	r.deliver(t, delivery(hello))
	got := untimed(t, r.deliver(t, delivery(hello)).Dialogue)
	want := "* on the connection of a1 to 127.0.0.1:25: message 2\n> MAIL FROM:<ada@example.org>\n* the server had closed the idle connection\n* connected to 127.0.0.1:25\n< 220"
	if !strings.HasPrefix(got, want) {
		t.Error(got)
	}
}

// What left behind the dot of another message is in the dialogue of its own.
func TestDialogue_OfAnEnvelopeThatWentAhead(t *testing.T) {
	r := newRig(t, `
		S: 220 test ready
		C: EHLO *
		S: 250-test
		S: 250 PIPELINING
		C: MAIL *
		C: RCPT *
		C: DATA
		S: 250 ok
		S: 250 ok
		S: 354 go
		C: <body>
		C: MAIL *
		C: RCPT *
		C: DATA
		S: 250 queued as X1
		S: 250 ok 2
		S: 250 ok 2
		S: 354 go 2
		C: <body>
		S: 250 queued as X2
	`, nil)
	first, second := delivery(hello), delivery(hello, "eve@example.org")
	second.Item = 2
	first.Next = func() (outbox.Delivery, bool) { return second, true }
	if got := untimed(t, r.deliver(t, first).Dialogue); strings.Contains(got, "eve@") || !strings.HasSuffix(got, "final dot\n< 250 queued as X1") {
		t.Error(got)
	}
	wantDialogue(t, r.deliver(t, second).Dialogue, `
		* on the connection of a1 to 127.0.0.1:25: message 2
		* behind the final dot of the message before went:
		> MAIL FROM:<ada@example.org>
		> RCPT TO:<eve@example.org>
		> DATA
		< 250 ok 2
		< 250 ok 2
		< 354 go 2
		* the message (22 bytes) and the final dot
		< 250 queued as X2`)
}

// Of a dialogue that is too long the beginning is kept, the end, and what was
// refused between them, with whom.
func TestDialogue_OfThousandsOfRecipients(t *testing.T) {
	for _, atOnce := range []bool{false, true} {
		d := newDialogue(delivery(hello))
		d.said(phaseEHLO, "EHLO [127.0.0.1]")
		var commands []string
		for i := range 10_000 {
			commands = append(commands, fmt.Sprintf("RCPT TO:<r%d@example.org>", i))
		}
		if atOnce {
			d.saidAtOnce([]byte(strings.Join(commands, "\r\n") + "\r\n"))
		}
		for i, command := range commands {
			if !atOnce {
				d.said(phaseFurtherRcpt, command)
			}
			r := reply{code: 250, text: "ok"}
			if i%1000 == 500 {
				r = reply{code: 550, text: "5.1.1 no such\n5.1.1 mailbox"}
			}
			d.heard(phaseFurtherRcpt, r)
		}
		d.note("the end")
		text := d.text()
		got := untimed(t, text)
		if len(text) > outbox.MaxDialogue || !strings.HasPrefix(got, "> EHLO") || !strings.HasSuffix(got, "\n* the end") {
			t.Errorf("at once %v: %d bytes:\n%s", atOnce, len(text), got)
		}
		for i := 500; i < 10_000; i += 1000 {
			if !strings.Contains(got, fmt.Sprintf("< 550-5.1.1 no such (RCPT TO:<r%d@example.org>)\n< 550 5.1.1 mailbox\n", i)) {
				t.Errorf("at once %v: the refusal of r%d is not kept:\n%s", atOnce, i, got)
			}
		}
		// Every line is there or counted.
		left := regexp.MustCompile(`\* (\d+) lines are left out`).FindStringSubmatch(got)
		if left == nil {
			t.Fatalf("it does not say that something is left out:\n%s", got)
		}
		count, _ := strconv.Atoi(left[1])
		if kept := strings.Count(got, "\n"); kept+count != 20_012 {
			t.Errorf("at once %v: %d lines are kept and %d left out", atOnce, kept, count)
		}
	}
}

func TestDialogue_IsBoundedWhateverIsSaid(t *testing.T) {
	rows := map[string]func(d *dialogue){
		"refusals":   func(d *dialogue) { d.heard(phaseMail, reply{code: 550, text: strings.Repeat("no\n", 199)}) },
		"long lines": func(d *dialogue) { d.heard(phaseMail, reply{code: 550, text: strings.Repeat("日本", 2000)}) },
		"commands":   func(d *dialogue) { d.said(phaseFirstRcpt, "RCPT TO:<"+strings.Repeat("x", 2000)+">") },
		"addresses": func(d *dialogue) {
			d.said(phaseFirstRcpt, "RCPT TO:<"+strings.Repeat("x", 2000)+">")
			d.heard(phaseFirstRcpt, reply{code: 550, text: strings.Repeat("y", 2000)})
		},
	}
	for name, say := range rows {
		t.Run(name, func(t *testing.T) {
			d := newDialogue(delivery(hello))
			for range 300 {
				say(d)
			}
			if text := d.text(); len(text) > outbox.MaxDialogue || len(text) < maxHead {
				t.Errorf("%d bytes", len(text))
			}
			untimed(t, d.text())
		})
	}
}

func TestDialogue_IsCutByTheLine(t *testing.T) {
	d := newDialogue(delivery(hello))
	d.heard(phaseMail, reply{code: 250, text: strings.Repeat("日本", 1000)})
	if got := untimed(t, d.text()); len(got) > maxSpoken+10 || !strings.HasSuffix(got, "…") || strings.Contains(got, "\ufffd") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

// Two goroutines may record, and nothing is lost or torn.
func TestDialogue_OfSeveralGoroutines(t *testing.T) {
	d := newDialogue(delivery(hello))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				d.said(phaseFirstRcpt, "RCPT TO:<a@b>")
				d.heard(phaseFirstRcpt, reply{code: 250, text: "ok"})
			}
		})
	}
	all.Wait()
	if got := untimed(t, d.text()); strings.Count(got, "\n") != 159 || strings.Count(got, "< 250 ok") != 80 {
		t.Error(got)
	}
}

// repeat is a server that answers each line with a code of its choice and a text in
// which %l is the line, %d what it is in base64, and %n a line end.
func repeat(conn net.Conn, codes [8]byte, text string) {
	defer conn.Close()
	usual := [8]int{220, 250, 334, 354, 235, 535, 421, 550}
	lines := make(chan string, 100) // more than are ever said to it: nobody waits for the other
	go func() {
		defer close(lines)
		for from := bufio.NewScanner(conn); len(lines) < cap(lines) && from.Scan(); {
			lines <- from.Text()
		}
	}()
	if _, err := io.WriteString(conn, "220 hi\r\n"); err != nil {
		return
	}
	<-lines // EHLO
	if _, err := io.WriteString(conn, []string{"250 AUTH PLAIN\r\n", "250-hi\r\n250-PIPELINING\r\n250 AUTH LOGIN\r\n"}[codes[0]%2]); err != nil {
		return
	}
	n := 0
	for line := range lines {
		n++
		decoded, _ := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
		said := strings.NewReplacer("\n", "", "%l", line, "%d", string(decoded)).Replace(text)
		code := usual[codes[n%len(codes)]%8]
		answer := fmt.Sprintf("%d-%s\r\n%d done\r\n", code, strings.ReplaceAll(said, "%n", fmt.Sprintf("\r\n%d-", code)), code)
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

// here is a connection that does not leave the machine, so that a login goes over
// it without TLS.
type here struct{ net.Conn }

func (here) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25} }

// tellAll delivers two messages to a server that repeats, and gives all that is told of them.
func tellAll(t *testing.T, secret string, codes [8]byte, text string) (told []string) {
	t.Helper()
	var all sync.WaitGroup
	dial := func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		all.Go(func() { repeat(server, codes, text) })
		return here{client}, nil
	}
	r := rigFor(t, &smtptest.Server{Host: "127.0.0.1", Port: 25}, Options{Dial: dial}, withLogin)
	t.Setenv("SMTP_TEST_PASSWORD", secret)
	for range 2 {
		d := delivery(hello)
		d.Trace = func(line string) { told = append(told, spokenLine.ReplaceAllString(line, "")) }
		report := r.deliver(t, d)
		for line := range strings.SplitSeq(report.Dialogue, "\n") {
			told = append(told, spokenLine.ReplaceAllString(line, ""))
		}
		for _, result := range report.Results {
			told = append(told, result.Text)
		}
	}
	_ = r.Close()
	all.Wait()
	return told
}

// Whatever a server answers, neither the secret nor what was said to log in with
// it gets into a dialogue, a trace or a result.
func FuzzDialogue_HoldsNoSecret(f *testing.F) {
	f.Add("correct horse", []byte{0, 4, 1, 1, 3, 1, 1, 1}, "you said %l, that is %d")
	f.Add("correct horse", []byte{1, 2, 2, 4, 1, 1, 3, 1}, "you said %l%nthat is %d")
	f.Add("correct horse", []byte{1, 2, 2, 5, 1, 1, 1, 1}, "%d")
	f.Add("pass", []byte{0, 4, 1, 7, 1, 1, 3, 1}, "papassss %l")
	f.Add("tab\there", []byte{0, 5, 1, 1, 6, 1, 1}, "tab here, tab\there, %d")
	f.Add("…abc", []byte{0, 4, 7, 1, 1, 6, 1, 1}, "…ab…abcc…abc")
	f.Add("\xff\xfe\xfd\xfc", []byte{0, 5, 1, 1, 6, 1, 1}, "\xff\xfe\xfd\xfc%d")
	f.Fuzz(func(t *testing.T, secret string, chosen []byte, text string) {
		secret, _, _ = strings.Cut(secret, "\n")
		if len(secret) < 4 || strings.ContainsAny(secret, "\x00\r") || len(text) > 1000 {
			return
		}
		var codes [8]byte
		copy(codes[:], chosen)
		plain := base64.RawStdEncoding.EncodeToString([]byte("\x00user\x00" + secret))
		forms := []string{secret, cleantext.Line(secret), base64.RawStdEncoding.EncodeToString([]byte(secret)), plain}
		for _, told := range tellAll(t, secret, codes, text) {
			told = strings.ReplaceAll(told, hidden, "\x00")
			for _, form := range forms {
				if strings.Contains(told, form) {
					t.Errorf("%q is in %q", form, told)
				}
			}
		}
	})
}

func BenchmarkDialogue(b *testing.B) {
	b.ReportAllocs()
	s := echoOf(login{username: "user", secret: password})
	for range b.N {
		d := newDialogue(delivery(hello))
		d.guard(s)
		d.saidAtOnce([]byte("MAIL FROM:<ada@example.org> SIZE=4096\r\nRCPT TO:<ana@example.org>\r\nDATA\r\n"))
		d.heard(phaseMail, reply{code: 250, text: "2.1.0 Ok"})
		d.heard(phaseFirstRcpt, reply{code: 250, text: "2.1.5 Ok"})
		d.heard(phaseData, reply{code: 354, text: "End data with <CR><LF>.<CR><LF>"})
		d.note("the message (%d bytes) and the final dot", 4096)
		d.heard(phaseDot, reply{code: 250, text: "2.0.0 Ok: queued as 4F2A5C0D11"})
		_ = d.text()
	}
}

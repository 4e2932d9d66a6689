package smtp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

func TestDeliver_SaysWhatTheServerSaid(t *testing.T) {
	r := newRig(t, greeting+mail, nil)
	d, marks := counted(delivery(hello))
	report := r.deliver(t, d)
	want := outbox.Result{Class: outbox.ClassAccepted, Code: 250, Enhanced: "2.0.0", Text: "queued as X1"}
	if report.Results[0] != want || !report.Began || report.Server != "127.0.0.1:25" || report.TLS != "" {
		t.Errorf("report is %+v", report)
	}
	if marks.Load() != 1 {
		t.Errorf("%d marks", marks.Load())
	}
	got := r.finish()[0]
	if string(smtptest.Unstuff(got.Bodies[0])) != hello {
		t.Errorf("server got %q", got.Bodies[0])
	}
	if got.Commands("QUIT") != 1 || got.Commands("RSET") != 0 {
		t.Errorf("client said %q", got.Lines)
	}
}

// Every point at which a server can refuse, break off or talk nonsense. The
// dialogue begins behind EHLO unless it begins with "S: 2" or the like itself.
func TestDeliver_FailurePoints(t *testing.T) {
	const envelope = `
		C: MAIL FROM:<ada@example.org>
		S: 250 ok
		C: RCPT TO:<bob@example.org>
		S: 250 ok
	`
	rows := []struct {
		name     string
		dialogue string
		class    string // of each recipient
		text     string // is in the first result's
		began    bool
		marks    int32
	}{
		{"A09 banner 421", "S: 421 4.3.2 going down\nclose", "network", "going down", false, 0},
		{"A10 banner 554", "S: 554 5.7.1 not you\nC: <end>", "account", "not you", false, 0},
		{"A07 captive portal", "S: HTTP/1.1 302 Found\nC: <end>", "network", "captive portal", false, 0},
		{"B10 TLS alert", `raw "\x15\x03\x01\x00\x02\x02\x46"` + "\nclose", "account", `security = "tls"`, false, 0},
		{"F03 garbage greeting", "S: hello there\nC: <end>", "protocol", "hello there", false, 0},
		{"banner then end", "S: 220-a\nclose", "network", "before the greeting", false, 0},
		{"EHLO and HELO refused", "S: 220 x\nC: EHLO *\nS: 502 no\nC: HELO *\nS: 550 no\nC: <end>", "account", "no", false, 0},
		{"EHLO 421", "S: 220 x\nC: EHLO *\nS: 421 busy\nC: <end>", "network", "busy", false, 0},
		{"G03 too many connections", "S: 421 4.7.0 Too many connections\nC: <end>", "throttled", "Too many", false, 0},

		{"D13 MAIL 550 and close", greeting + "C: MAIL *\nS: 550 5.7.1 blocked\nclose", "message", "blocked", true, 0},
		{"D14 MAIL 451", greeting + "C: MAIL *\nS: 451 4.3.0 later", "temporary", "later", true, 0},
		{"D10 MAIL daily limit", greeting + "C: MAIL *\nS: 550 5.4.5 Daily user sending limit exceeded", "throttled", "Daily", true, 0},
		{"C07 MAIL 530", greeting + "C: MAIL *\nS: 530 5.7.0 Authentication required", "credentials", "Auth", true, 0},
		{"MAIL, then the end", greeting + "C: MAIL *\nclose", "network", "at MAIL", true, 0},
		{"MAIL answered 354", greeting + "C: MAIL *\nS: 354 go", "protocol", "go", true, 0},
		{"D03 RCPT 550", greeting + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 550 5.1.1 nobody", "recipient", "nobody", true, 0},
		{"D01 RCPT 451", greeting + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 451 4.7.1 greylisted", "temporary", "greylisted", true, 0},
		{"D12 RCPT 421", greeting + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 421 bye\nC: <end>", "temporary", "bye", true, 0},
		{"F02 two codes", greeting + "C: MAIL *\nS: 250-ok\nS: 550 no\nC: <end>", "protocol", "two codes", true, 0},
		{"F16 an answer too many", greeting + "C: MAIL *\nS: 250 ok\nS: 250 ok\nC: <end>", "protocol", "nobody asked", true, 0},

		{"E01 DATA 451", greeting + envelope + "C: DATA\nS: 451 4.3.0 later", "temporary", "later", true, 0},
		{"DATA 554", greeting + envelope + "C: DATA\nS: 554 5.7.1 spam", "policy", "spam", true, 0},
		{"E21 DATA 250", greeting + envelope + "C: DATA\nS: 250 ok\nC: <end>", "protocol", "ok", true, 0},
		{"DATA, then the end", greeting + envelope + "C: DATA\nclose", "network", "at DATA", true, 0},

		{"E04 dot, then the end", greeting + envelope + "C: DATA\nS: 354 go\nC: <body>\nclose", "uncertain", "after the final dot", true, 1},
		{"dot answered with garbage", greeting + envelope + "C: DATA\nS: 354 go\nC: <body>\nS: what?\nC: <end>", "uncertain", "what?", true, 1},
		{"dot answered 354", greeting + envelope + "C: DATA\nS: 354 go\nC: <body>\nS: 354 go\nC: <end>", "uncertain", "go", true, 1},
		{"E06 dot 421", greeting + envelope + "C: DATA\nS: 354 go\nC: <body>\nS: 421 4.7.0 slow down\nC: <end>", "throttled", "slow", true, 1},
		{"E08 dot 554 spam", greeting + envelope + "C: DATA\nS: 354 go\nC: <body>\nS: 554 5.7.1 spam", "policy", "spam", true, 1},
		{"E09 dot 552", greeting + envelope + "C: DATA\nS: 354 go\nC: <body>\nS: 552 5.3.4 too big", "message", "too big", true, 1},
		{"E10 QUIT reset", greeting + mail + "C: QUIT\nrst", "accepted", "queued", true, 1},
		{"E13 354 of two lines", greeting + envelope + "C: DATA\nS: 354-a\nS: 354 b\nC: <body>\nS: 250 ok", "accepted", "ok", true, 1},
		{"F13 no words", greeting + "C: MAIL *\nS: 250\nC: RCPT *\nS: 550", "recipient", "mailbox unavailable", true, 0},
		{"F10 escapes", greeting + "C: MAIL *\nS: 250\nC: RCPT *\n" + `raw "550 \x1b]0;x\x07\x1b[2Jgone\r\n"`, "recipient", "gone", true, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, row.dialogue, nil)
			d, marks := counted(delivery(hello))
			report := r.deliver(t, d)
			if classes(report) != row.class || !strings.Contains(report.Results[0].Text, row.text) {
				t.Errorf("result is %+v, want %s %q", report.Results[0], row.class, row.text)
			}
			if report.Began != row.began || marks.Load() != row.marks {
				t.Errorf("began %v, %d marks", report.Began, marks.Load())
			}
			if strings.ContainsFunc(report.Results[0].Text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("text is not clean: %q", report.Results[0].Text)
			}
			r.finish()
		})
	}
}

func TestDeliver_EachRecipientHasItsOwnAnswer(t *testing.T) {
	r := newRig(t, greeting+`
		C: MAIL FROM:<ada@example.org>
		S: 250 ok
		C: RCPT TO:<a@example.org>
		S: 250 ok
		C: RCPT TO:<b@example.org>
		S: 550 5.1.1 unknown
		C: RCPT TO:<c@example.org>
		S: 451 4.7.1 later
		C: RCPT TO:<d@example.org>
		S: 251 will forward
		C: RCPT TO:<e@example.org>
		S: 552 too many
		C: DATA
		S: 354 go
		C: <body>
		S: 250 ok
	`, nil)
	report := r.deliver(t, delivery(hello, "a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org", "x\r\nRSET@example.org"))
	if got := classes(report); got != "accepted recipient temporary accepted temporary recipient" {
		t.Errorf("classes are %q", got)
	}
}

func TestDeliver_AddressesCannotChangeTheCommand(t *testing.T) {
	r := newRig(t, greeting, nil)
	for _, bad := range []string{"a@b> SIZE=1", "a@b\r\nRSET", "a b@c", "a@b\x00", "<a@b>", `"a@b`, "ü@b", strings.Repeat("x", 400)} {
		if got := classes(r.deliver(t, delivery(hello, bad))); got != "recipient" {
			t.Errorf("%q: %s", bad, got)
		}
		d := delivery(hello)
		d.From = bad
		if got := classes(r.deliver(t, d)); got != "message" {
			t.Errorf("from %q: %s", bad, got)
		}
	}
	if heard := r.finish(); len(heard) != 0 {
		t.Errorf("the server heard %q", heard[0].Lines)
	}
}

func TestDeliver_UsesWhatIsOffered(t *testing.T) {
	r := newRig(t, `
		S: 220 test
		C: EHLO mail.example.org
		S: 250-test
		S: 250-size 1000
		S: 250-8BitMime
		S: 250 SMTPUTF8
		C: MAIL FROM:<> SIZE=22 BODY=8BITMIME SMTPUTF8
		S: 250 ok
		C: RCPT TO:<"a b"@example.org>
		S: 250 ok
		C: RCPT TO:<ö@example.org>
		S: 250 ok
		C: DATA
		S: 354 go
		C: <body>
		S: 250 ok
	`, func(a *accounts.Account) { a.SMTP.EHLO = "mail.example.org" })
	d := delivery(hello, `"a b"@example.org`, "ö@example.org")
	d.From, d.UTF8 = "", true
	if got := classes(r.deliver(t, d)); got != "accepted accepted" {
		t.Errorf("classes are %q", got)
	}
}

// A report of delivery is asked for where it is wished for and where the server makes
// reports to order; elsewhere the message goes out without.
func TestDeliver_AsksForAReportOfDelivery(t *testing.T) {
	for offer, want := range map[string]string{
		"DSN":  "C: MAIL FROM:<ada@example.org> RET=HDRS\nS: 250 ok\nC: RCPT TO:<kim@example.org> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;kim@example.org\n",
		"HELP": "C: MAIL FROM:<ada@example.org>\nS: 250 ok\nC: RCPT TO:<kim@example.org>\n",
	} {
		r := newRig(t, "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 "+offer+"\n"+want+"S: 250 ok\nC: DATA\nS: 354 go\n"+verdictOK, nil)
		d := delivery(hello, "kim@example.org")
		d.Item, d.Report = 0, true
		if got := classes(r.deliver(t, d)); got != "accepted" {
			t.Errorf("with %s: %q", offer, got)
		}
	}
}

func TestDeliver_TLSAllTheWay(t *testing.T) {
	wish := delivery(hello)
	wish.RequireTLS = true
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for name, c := range map[string]struct {
		offer, mail, want string
	}{
		"promised":     {"REQUIRETLS", "C: MAIL FROM:<ada@example.org> REQUIRETLS\n", "accepted"},
		"not promised": {"HELP", "", "message"},
	} {
		t.Run(name, func(t *testing.T) {
			rest := "C: QUIT\nS: 221 bye"
			if c.mail != "" {
				rest = c.mail + "S: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\n" + verdictOK
			}
			r := newSecureRig(t, "tls\nS: 220 test\nC: EHLO *\nS: 250-test\nS: 250 "+c.offer+"\n"+rest, func(a *accounts.Account) { a.SMTP.Security = accounts.TLS })
			if report := r.deliver(t, wish); classes(report) != c.want {
				t.Errorf("%+v", report)
			}
		})
	}
	t.Run("a clear line", func(t *testing.T) {
		r := newRig(t, "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 REQUIRETLS", nil)
		report := r.deliver(t, wish)
		if classes(report) != "message" || report.Began || !strings.Contains(report.Results[0].Text, "REQUIRETLS") {
			t.Errorf("%+v", report)
		}
		if heard := r.finish(); heard[0].Commands("MAIL") != 0 {
			t.Errorf("the server heard %q", heard[0].Lines)
		}
	})
}

func TestDeliver_RefusesWhatTheServerCannotTake(t *testing.T) {
	r := newRig(t, "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 SIZE 1000", nil)
	long := r.deliver(t, delivery(strings.Repeat("x", 1999)+"\r\n"))
	if classes(long) != "message" || long.Began || !strings.Contains(long.Results[0].Text, "2001 bytes, the server takes 1000") {
		t.Errorf("too long: %+v", long)
	}
	d := delivery(hello)
	d.UTF8, d.EightBit = true, true
	if beyond := r.deliver(t, d); classes(beyond) != "message" || !strings.Contains(beyond.Results[0].Text, "SMTPUTF8") {
		t.Errorf("beyond ASCII: %+v", beyond)
	}
	if heard := r.finish(); len(heard) != 1 || heard[0].Commands("MAIL") != 0 {
		t.Errorf("the server heard %+v", heard)
	}
}

// broken gives some bytes and then an error.
type broken struct {
	io.Reader
	err error
}

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

// The package's hard rule: a half message must never end in a
// dot, nor in anything a server could take for its end.
func TestDeliver_SaysNothingAfterHalfAMessage(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 5000)
	rows := []struct {
		name   string
		body   string
		err    error
		change func(*outbox.Delivery)
		class  string
	}{
		{"disk error", long[:200000], errors.New("input/output error"), nil, "temporary"},
		{"too short", long[:200000], io.EOF, nil, "message"},
		{"too long", long + long, io.EOF, nil, "message"},
		{"bare LF", long[:390000-80] + "\n" + long, io.EOF, nil, "message"},
		{"bare CR", "a\rb" + long, io.EOF, nil, "message"},
		{"CR at the end", long[:len(long)-1] + "\r", io.EOF, nil, "message"},
		{"mark fails", long, io.EOF, func(d *outbox.Delivery) {
			d.Mark = func(context.Context, []outbox.Result) error { return errors.New("disk full") }
		}, "temporary"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, greeting+"C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <cut body>", nil)
			d, marks := counted(delivery(long))
			d.Open = func() (io.ReadCloser, error) { return io.NopCloser(broken{strings.NewReader(row.body), row.err}), nil }
			if row.change != nil {
				row.change(&d)
			}
			report := r.deliver(t, d)
			if classes(report) != row.class || !report.Began || marks.Load() != 0 {
				t.Errorf("%+v, %d marks", report, marks.Load())
			}
			for _, body := range r.finish()[0].Bodies {
				if bytes.Contains(body, []byte("\r\n.")) || bytes.HasPrefix(body, []byte(".")) {
					t.Errorf("a dot was sent: %q", body[max(0, len(body)-20):])
				}
				if bytes.Contains(body, []byte("QUIT")) || bytes.Contains(body, []byte("RSET")) {
					t.Errorf("a command was sent: %q", body[max(0, len(body)-20):])
				}
			}
		})
	}
}

func TestDeliver_AMessageThatIsGoneCostsNoTransaction(t *testing.T) {
	r := newRig(t, greeting, nil)
	d := delivery(hello)
	d.Open = func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }
	if report := r.deliver(t, d); classes(report) != "message" || !report.Began {
		t.Errorf("%+v", report)
	}
}

func TestDeliver_UnknownAccount(t *testing.T) {
	r := newRig(t, greeting, nil)
	d := delivery(hello)
	d.Account = "gone"
	if report := r.deliver(t, d); classes(report) != "account" {
		t.Errorf("%+v", report)
	}
}

// E12: the server refuses in the middle of the body and closes.
func TestDeliver_ARefusalCountsMoreThanTheBrokenLine(t *testing.T) {
	dialogue := greeting + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <100000 bytes>\nS: 552 5.3.4 enough\nclose"
	server := smtptest.Serve(t, dialogue, nil)
	r := rigFor(t, server, Options{}, nil)
	d, marks := counted(delivery(strings.Repeat("0123456789\r\n", 1<<20)))
	report := r.deliver(t, d)
	if classes(report) != "message" || report.Results[0].Code != 552 || marks.Load() != 0 {
		t.Errorf("%+v, %d marks", report, marks.Load())
	}
}

// E03: the line breaks in the middle of the body.
func TestDeliver_ACutBodyIsNotUncertain(t *testing.T) {
	dialogue := greeting + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <100000 bytes>\nrst"
	server := smtptest.Serve(t, dialogue, nil)
	r := rigFor(t, server, Options{}, nil)
	d, marks := counted(delivery(strings.Repeat("0123456789\r\n", 1<<20)))
	report := r.deliver(t, d)
	if classes(report) != "network" || !report.Began || marks.Load() != 0 {
		t.Errorf("%+v, %d marks", report, marks.Load())
	}
}

func TestDeliver_ProgressGoesForwardByBlocks(t *testing.T) {
	r := newRig(t, greeting+mail, nil)
	d := delivery(strings.Repeat("0123456789\r\n", 50000))
	var steps []outbox.Step
	var last int64
	d.Progress = func(step outbox.Step, done int64) {
		if step == outbox.StepBody && done != 0 && done-last < blockSize || done < last {
			t.Errorf("%s: %d after %d", step, done, last)
		}
		if last = done; len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
	}
	r.deliver(t, d)
	want := []outbox.Step{outbox.StepConnect, outbox.StepEnvelope, outbox.StepBody, outbox.StepDot}
	if len(steps) != len(want) || last != d.Size {
		t.Errorf("steps are %q, the last at %d of %d", steps, last, d.Size)
	}
}

func TestDeliver_AnAnswerBeforeTheDotIsNotTheVerdict(t *testing.T) {
	for answer, class := range map[string]string{"250 too early": "protocol", "552 5.3.4 too large": "message"} {
		r := newRig(t, greeting+"C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nS: "+answer+"\nC: <cut body>", nil)
		d, marks := counted(delivery(hello))
		if report := r.deliver(t, d); classes(report) != class || marks.Load() != 0 {
			t.Errorf("%s: %+v, %d marks", answer, report, marks.Load())
		}
		for _, body := range r.finish()[0].Bodies {
			if bytes.HasSuffix(body, []byte("\r\n.\r\n")) {
				t.Errorf("%s: the dot was sent: %q", answer, body)
			}
		}
	}
}

// Who asks while it is sent learns of each recipient what the server has said by then.
func TestDeliver_TellsMeanwhileWhatIsKnownOfRecipients(t *testing.T) {
	r := newRig(t, greeting+`
		C: MAIL FROM:<ada@example.org>
		S: 250 ok
		C: RCPT TO:<a@example.org>
		S: 250 ok
		C: RCPT TO:<b@example.org>
		S: 550 5.1.1 unknown
		C: RCPT TO:<c@example.org>
		S: 451 4.7.1 later
		C: DATA
		S: 354 go
		C: <body>
		S: 250 2.0.0 queued as X1
	`, nil)
	d := delivery(hello, "a@example.org", "b@example.org", "c@example.org")
	var live outbox.Live
	d.Follow = func(l outbox.Live) { live = l }
	var before, behind []outbox.Known
	d.Progress = func(step outbox.Step, _ int64) {
		switch step {
		case outbox.StepEnvelope:
			before = live.Known()
		case outbox.StepBody:
			behind = live.Known()
		}
	}
	if got := classes(r.deliver(t, d)); got != "accepted recipient temporary" {
		t.Error(got)
	}
	if len(before) != 3 || before[0].Taken || before[1].Result.Class != 0 {
		t.Errorf("before: %+v", before)
	}
	if len(behind) != 3 || !behind[0].Taken || behind[1].Taken || behind[1].Result.Code != 550 || behind[1].Address != "b@example.org" || behind[2].Result.Enhanced != "4.7.1" {
		t.Errorf("behind: %+v", behind)
	}
}

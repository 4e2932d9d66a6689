package smtp

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
)

const toDot = greeting + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <body>\n"

// A server that hangs at any point costs the time of that step and no more.
func TestTimeouts(t *testing.T) {
	rows := []struct {
		name     string
		dialogue string
		class    string
		limit    time.Duration
	}{
		{"A11 no greeting", "stall\n---\nstall", "network", time.Minute}, // the second time it is asked for TLS
		{"A12 greeting drips", "drip 1s 220 " + strings.Repeat("x", 300), "network", time.Minute},
		{"EHLO", "S: 220 x\nC: EHLO *\nstall", "network", time.Minute},
		{"MAIL", greeting + "C: MAIL *\nstall", "network", 5 * time.Minute},
		{"RCPT", greeting + "C: MAIL *\nS: 250\nC: RCPT *\nstall", "network", 5 * time.Minute},
		{"DATA", greeting + "C: MAIL *\nS: 250\nC: RCPT *\nS: 250\nC: DATA\nstall", "network", 2 * time.Minute},
		{"E14 body not taken", greeting + "C: MAIL *\nS: 250\nC: RCPT *\nS: 250\nC: DATA\nS: 354\nC: <100000 bytes>\nstall", "network", 3*time.Minute + time.Second},
		{"last block not taken", greeting + "C: MAIL *\nS: 250\nC: RCPT *\nS: 250\nC: DATA\nS: 354\nC: <200000 bytes>\nstall", "network", 3*time.Minute + time.Second},
		{"E05 dot", toDot + "stall", "uncertain", 10 * time.Minute},
		{"E07 slow 250", toDot + "pause 8m\nS: 250 ok", "accepted", 8 * time.Minute},
		{"E15 tiny packets", "drip 1ms 220 x\nC: EHLO *\ndrip 1ms 250 x" + mail, "accepted", time.Second},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, row.dialogue, nil)
				start := time.Now()
				report := r.Deliver(t.Context(), delivery(strings.Repeat("0123456789\r\n", 20000)))
				took := time.Since(start)
				if classes(report) != row.class || took > row.limit || row.limit > time.Second && took < row.limit-2*time.Second {
					t.Errorf("%+v after %s, want %s after %s", report.Results[0], took, row.class, row.limit)
				}
				r.finish()
			})
		})
	}
}

// The end of the context ends a delivery at once, wherever it stands; only the
// answer to the dot is given a moment.
func TestCancel(t *testing.T) {
	rows := []struct {
		name     string
		dialogue string
		class    string
		took     time.Duration
	}{
		{"greeting", "stall", "network", 0},
		{"MAIL", greeting + "C: MAIL *\nstall", "network", 0},
		{"body", greeting + "C: MAIL *\nS: 250\nC: RCPT *\nS: 250\nC: DATA\nS: 354\nC: <100000 bytes>\nstall", "network", 0},
		{"dot, no answer", toDot + "stall", "uncertain", graceAfterDot},
		{"dot, answer in time", toDot + "pause 11s\nS: 250 ok", "accepted", time.Second},
		{"dot, answer too late", toDot + "pause 20s\nS: 250 ok", "uncertain", graceAfterDot},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, row.dialogue, nil)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				report := r.Deliver(ctx, delivery(strings.Repeat("0123456789\r\n", 20000)))
				if took := time.Since(start) - 10*time.Second; classes(report) != row.class || took != row.took {
					t.Errorf("%+v after %s, want %s after %s", report.Results[0], took, row.class, row.took)
				}
				if row.class == "network" && !strings.Contains(report.Results[0].Text, "stopped") {
					t.Errorf("text is %q", report.Results[0].Text)
				}
				r.finish()
			})
		})
	}
}

// When the program stops while the mark is being written, the dot stays here.
func TestCancel_WhileMarking(t *testing.T) {
	r := newRig(t, greeting+"C: MAIL *\nS: 250\nC: RCPT *\nS: 250\nC: DATA\nS: 354\nC: <cut body>", nil)
	ctx, cancel := context.WithCancel(t.Context())
	d := delivery(hello)
	d.Mark = func(context.Context, []outbox.Result) error {
		cancel()
		<-ctx.Done()
		return nil
	}
	if report := r.Deliver(ctx, d); classes(report) != "network" {
		t.Errorf("%+v", report)
	}
	if heard := r.finish()[0]; len(heard.Bodies) != 0 {
		t.Errorf("the server got %q", heard.Bodies)
	}
}

func TestCancel_BeforeItBegins(t *testing.T) {
	r := newRig(t, greeting, nil)
	r.options.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, ctx.Err() }
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if report := r.Deliver(ctx, delivery(hello)); classes(report) != "network" || report.Began {
		t.Errorf("%+v", report)
	}
}

func TestDial_SaysWhyThereIsNoConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	r := newRig(t, greeting, nil)
	r.account.SMTP.Port = port
	r.options.Dial = new(net.Dialer).DialContext
	report := r.deliver(t, delivery(hello))
	if want := "cannot reach " + report.Server + ": connection refused"; report.Results[0] != (outbox.Result{Class: outbox.ClassNetwork, Text: want}) {
		t.Errorf("%+v, want %q", report.Results[0], want)
	}
	rows := []struct {
		err   error
		class outbox.Class
		text  string
	}{
		{&net.DNSError{Name: "smpt.example.org", IsNotFound: true}, outbox.ClassAccount, "no such host: smpt.example.org"},
		{&net.DNSError{Name: "smtp.example.org", IsTemporary: true}, outbox.ClassNetwork, "could not be looked up"},
		{&net.OpError{Op: "dial", Err: context.DeadlineExceeded}, outbox.ClassNetwork, "no answer within 30 s"},
		{errors.New("odd\x1b"), outbox.ClassNetwork, "odd\ufffd"},
	}
	for _, row := range rows {
		got := dialFailure(t.Context(), "host:25", row.err)
		if got.Class != row.class || !strings.Contains(got.Text, row.text) {
			t.Errorf("%v: %+v", row.err, got.Result)
		}
	}
}

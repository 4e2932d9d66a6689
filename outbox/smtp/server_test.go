package smtp

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"log"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
)

// mailbox is what go-smtp's server took.
type mailbox struct {
	mu       sync.Mutex
	messages []taken
}

type taken struct {
	from string
	to   []string
	sum  []byte
	size int64
}

func (m *mailbox) NewSession(*gosmtp.Conn) (gosmtp.Session, error) {
	return &mailSession{mailbox: m}, nil
}

type mailSession struct {
	*mailbox
	taken
	loggedIn bool
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, secret string) error {
		if s.loggedIn = user == "user" && secret == password; !s.loggedIn {
			return gosmtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *mailSession) Mail(from string, _ *gosmtp.MailOptions) error {
	if !s.loggedIn {
		return gosmtp.ErrAuthRequired
	}
	s.taken = taken{from: from}
	return nil
}

func (s *mailSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if strings.HasPrefix(to, "reject@") {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	sum := sha256.New()
	size, err := io.Copy(sum, r)
	if err != nil {
		return err
	}
	s.size, s.sum = size, sum.Sum(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, s.taken)
	return nil
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

// newRealRig delivers to go-smtp's server, over STARTTLS and with a login.
func newRealRig(tb testing.TB) (*rig, *mailbox) {
	tb.Helper()
	box := new(mailbox)
	return newServerRig(tb, box, func(server *gosmtp.Server) {
		server.EnableSMTPUTF8, server.MaxMessageBytes = true, 1<<30
	}), box
}

// newServerRig serves a backend of go-smtp's; change may say more of the server.
func newServerRig(tb testing.TB, backend gosmtp.Backend, change func(*gosmtp.Server)) *rig {
	tb.Helper()
	authority := smtptest.NewAuthority(tb)
	server := gosmtp.NewServer(backend)
	server.Domain, server.TLSConfig = "localhost", authority.Server(nil)
	server.ErrorLog = log.New(io.Discard, "", 0)
	change(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) })
	tb.Cleanup(func() {
		_ = server.Close()
		running.Wait()
	})
	port := listener.Addr().(*net.TCPAddr).Port
	tb.Setenv("SMTP_TEST_PASSWORD", password)
	return rigFor(tb, &smtptest.Server{Host: "127.0.0.1", Port: port}, Options{RootCAs: authority.Pool}, func(a *accounts.Account) {
		withSTARTTLS(a)
		withLogin(a)
	})
}

func TestRealServer_GetsTheSameBytes(t *testing.T) {
	r, box := newRealRig(t)
	messages := []string{
		hello,
		".\r\n..\r\n\r\n.\r\n",
		strings.Repeat(".dots and dots\r\n", 100000),
		"no line end at the end",
		"",
	}
	for i, message := range messages {
		report := r.deliver(t, delivery(message, "a@example.org", "reject@example.org", "b@example.org"))
		if classes(report) != "accepted recipient accepted" || report.TLS != "TLS 1.3" || report.Results[1].Enhanced != "5.1.1" {
			t.Fatalf("message %d: %+v", i, report)
		}
	}
	if len(box.messages) != len(messages) {
		t.Fatalf("%d messages arrived", len(box.messages))
	}
	for i, got := range box.messages {
		want := messages[i]
		if want != "" && !strings.HasSuffix(want, "\r\n") {
			want += "\r\n"
		}
		if sum := sha256.Sum256([]byte(want)); !bytes.Equal(got.sum, sum[:]) || len(got.to) != 2 || got.from != "ada@example.org" {
			t.Errorf("message %d arrived as %+v, %d bytes were sent", i, got, len(want))
		}
	}
}

func TestRealServer_WrongPassword(t *testing.T) {
	r, _ := newRealRig(t)
	t.Setenv("SMTP_TEST_PASSWORD", "wrong")
	if report := r.deliver(t, delivery(hello)); classes(report) != "credentials" || report.Results[0].Code != 535 || report.Began {
		t.Errorf("%+v", report)
	}
}

// A half message must not arrive, not even at a server that takes what came
// before the end of the connection.
func TestRealServer_TakesNoHalfMessage(t *testing.T) {
	r, box := newRealRig(t)
	message := strings.Repeat("0123456789\r\n", 50000)
	for _, cut := range []int{0, 5, 12, 100000, len(message) - 2} {
		d := delivery(message)
		d.Open = func() (io.ReadCloser, error) {
			return io.NopCloser(broken{strings.NewReader(message[:cut]), errors.New("input/output error")}), nil
		}
		if got := classes(r.deliver(t, d)); got != "temporary" {
			t.Errorf("cut at %d: %s", cut, got)
		}
	}
	if got := classes(r.deliver(t, delivery(hello))); got != "accepted" {
		t.Error(got)
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	if len(box.messages) != 1 {
		t.Errorf("%d messages arrived", len(box.messages))
	}
}

// endless gives a message of any size from a few bytes of memory.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	const line = "0123456789012345678901234567890123456789012345678901234567890123456789012\r\n"
	n := 0
	for n+len(line) <= len(p) && e.left >= int64(len(line)) {
		n += copy(p[n:], line)
		e.left -= int64(len(line))
	}
	if n == 0 {
		n = int(min(e.left, int64(len(p)), int64(len(line))))
		copy(p[:n], line[len(line)-n:])
		e.left -= int64(n)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestRealServer_MemoryDoesNotGrowWithTheMessage(t *testing.T) {
	r, box := newRealRig(t)
	const size = 32 << 20
	d := delivery("")
	d.Size = size
	d.Open = func() (io.ReadCloser, error) { return io.NopCloser(&endless{size}), nil }
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if report := r.deliver(t, d); classes(report) != "accepted" {
		t.Fatalf("%+v", report)
	}
	runtime.ReadMemStats(&after)
	if box.messages[0].size != size {
		t.Errorf("%d bytes arrived", box.messages[0].size)
	}
	// Client and server together, everything that was ever allocated.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d MiB were allocated", grown>>20)
	}
}

func TestDeliver_FromManyGoroutines(t *testing.T) {
	r, box := newRealRig(t)
	const workers, each = 8, 20
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for range each {
				if got := classes(r.Deliver(t.Context(), delivery(hello))); got != "accepted" {
					t.Error(got)
				}
			}
		})
	}
	running.Wait()
	if len(box.messages) != workers*each {
		t.Errorf("%d messages arrived", len(box.messages))
	}
}

package smtp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

// The proxies of these tests want this login where they want one.
const (
	proxyUser   = "proxy user"
	proxySecret = "tr0ub4dor"
)

// proxyServer is a proxy on loopback.
type proxyServer struct {
	accounts.Proxy

	mu    sync.Mutex
	asked []string // host:port, as the proxy was told it
}

// serveProxy lets a function handle each connection; its end closes it.
func serveProxy(tb testing.TB, scheme accounts.ProxyScheme, handle func(*proxyServer, net.Conn)) *proxyServer {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxyServer{Proxy: accounts.Proxy{Scheme: scheme, Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				handle(p, conn)
			})
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return p
}

func (p *proxyServer) record(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, address)
}

func (p *proxyServer) wasAsked() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.asked, " ")
}

// withLogin lets the account log in to the proxy.
func (p *proxyServer) withLogin(tb testing.TB, secret string) {
	tb.Setenv("PROXY_TEST_PASSWORD", secret)
	p.Username, p.Secret = proxyUser, accounts.Secret{Env: "PROXY_TEST_PASSWORD"}
}

// behind is what is behind a proxy of a test, and what that wants.
type behind struct {
	*smtptest.Server
	wantsLogin  bool
	greetsFirst bool // the greeting comes in one packet with the proxy's answer
}

// pass answers a client, and joins it with the server.
func (b behind) pass(client net.Conn, from io.Reader, answer string) {
	conn, err := net.Dial("tcp", net.JoinHostPort(b.Host, strconv.Itoa(b.Port)))
	if err != nil {
		return
	}
	defer conn.Close()
	greeting := make([]byte, 4096)
	n := 0
	if b.greetsFirst {
		n, _ = conn.Read(greeting)
	}
	_, _ = client.Write(append([]byte(answer), greeting[:n]...))
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(conn, from)
		_ = conn.Close()
	})
	_, _ = io.Copy(client, conn)
	_ = client.Close()
	up.Wait()
}

// socks is a SOCKS5 proxy.
func (b behind) socks() func(*proxyServer, net.Conn) {
	return func(p *proxyServer, conn net.Conn) {
		methods := take(conn, int(take(conn, 2)[1]))
		switch {
		case !b.wantsLogin:
			_, _ = conn.Write([]byte{5, 0})
		case !bytes.Contains(methods, []byte{2}):
			_, _ = conn.Write([]byte{5, 0xff})
			return
		default:
			_, _ = conn.Write([]byte{5, 2})
			user := take(conn, int(take(conn, 2)[1]))
			secret := take(conn, int(take(conn, 1)[0]))
			if string(user) != proxyUser || string(secret) != proxySecret {
				_, _ = conn.Write([]byte{1, 1})
				return
			}
			_, _ = conn.Write([]byte{1, 0})
		}
		request := take(conn, 4)
		var host string
		switch request[3] {
		case 1:
			host = net.IP(take(conn, 4)).String()
		case 3:
			host = string(take(conn, int(take(conn, 1)[0])))
		case 4:
			host = net.IP(take(conn, 16)).String()
		}
		p.record(net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(take(conn, 2))))))
		// Its own end may be given in any form of address.
		b.pass(conn, conn, "\x05\x00\x00\x03\x09localhost\x04\x38")
	}
}

// take reads so many octets; of a client that has gone, zeros.
func take(conn io.Reader, n int) []byte {
	p := make([]byte, n)
	_, _ = io.ReadFull(conn, p)
	return p
}

// http is an HTTP proxy.
func (b behind) http() func(*proxyServer, net.Conn) {
	return func(p *proxyServer, conn net.Conn) {
		reader := bufio.NewReader(conn)
		request, _ := reader.ReadString('\n')
		authorized := !b.wantsLogin
		for {
			line, err := reader.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
			login := base64.StdEncoding.EncodeToString([]byte(proxyUser + ":" + proxySecret))
			authorized = authorized || line == "Proxy-Authorization: Basic "+login+"\r\n"
		}
		if !authorized {
			_, _ = io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 2\r\n\r\nno")
			return
		}
		var target string
		if _, err := fmt.Sscanf(request, "CONNECT %s HTTP/1.1\r\n", &target); err != nil {
			return
		}
		p.record(target)
		b.pass(conn, reader, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Connection established\nVia: test\n\n")
	}
}

// kinds are the proxies that a test is told for.
var kinds = []struct {
	scheme accounts.ProxyScheme
	handle func(behind) func(*proxyServer, net.Conn)
}{{accounts.SOCKS5, behind.socks}, {accounts.HTTP, behind.http}}

// The server has a name that only the proxy can look up, a certificate for it,
// and a login: all of that is as without a proxy.
func TestProxy_DeliversOverTLSWithALogin(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, kind := range kinds {
		for _, login := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s login=%v", kind.scheme, login), func(t *testing.T) {
				authority := smtptest.NewAuthority(t)
				server := smtptest.Serve(t, "tls\nS: 220 x\nC: EHLO *\nS: 250-x\nS: 250 AUTH PLAIN\nC: AUTH PLAIN *\nS: 235 ok"+mail,
					authority.Server(func(c *x509.Certificate) { c.DNSNames = []string{"mail.example.test"} }))
				proxy := serveProxy(t, kind.scheme, kind.handle(behind{server, login, false}))
				if login {
					proxy.withLogin(t, proxySecret)
				}
				r := rigFor(t, server, Options{RootCAs: authority.Pool}, func(a *accounts.Account) {
					withTLS(a)
					withLogin(a)
					a.SMTP.Host, a.SMTP.Port, a.SMTP.Proxy = "mail.example.test", 465, proxy.Proxy
				})
				report := r.deliver(t, delivery(hello))
				if classes(report) != "accepted" || report.TLS != "TLS 1.3" || report.Server != "mail.example.test:465" {
					t.Errorf("%+v", report)
				}
				if asked := proxy.wasAsked(); asked != "mail.example.test:465" {
					t.Errorf("the proxy was asked for %s", asked)
				}
				if first, _, _ := strings.Cut(untimed(t, report.Dialogue), "\n"); first != "* connected to mail.example.test:465 through the proxy "+proxy.Address() {
					t.Errorf("the dialogue begins with %q", first)
				}
				if heard := r.finish(); len(heard) != 1 || len(heard[0].Bodies) != 1 {
					t.Errorf("the server heard %+v", heard)
				}
			})
		}
	}
}

// A server speaks first, and its greeting comes in one packet with the proxy's
// answer: nothing of it may be lost.
func TestProxy_LosesNothingBehindItsAnswer(t *testing.T) {
	for _, kind := range kinds {
		for host, want := range map[string]string{"192.0.2.1": "192.0.2.1:25", "2001:db8::1": "[2001:db8::1]:25"} {
			server := smtptest.Serve(t, greeting+mail, nil)
			proxy := serveProxy(t, kind.scheme, kind.handle(behind{server, false, true}))
			r := rigFor(t, server, Options{}, func(a *accounts.Account) {
				a.SMTP.Host, a.SMTP.Port, a.SMTP.Proxy = host, 25, proxy.Proxy
			})
			if report := r.deliver(t, delivery(hello)); classes(report) != "accepted" {
				t.Errorf("%s: %+v", kind.scheme, report)
			}
			if asked := proxy.wasAsked(); asked != want {
				t.Errorf("%s was asked for %s", kind.scheme, asked)
			}
		}
	}
}

// A proxy on loopback makes no line one that stays on the machine, not even to a
// server that seems to be there: what goes into it comes out somewhere else.
func TestProxy_NoPasswordInTheClear(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, kind := range kinds {
		for _, host := range []string{"localhost", "127.0.0.1", "::1", "mail.example.test"} {
			server := smtptest.Serve(t, ehloWith+"PLAIN\nC: <end>", nil)
			proxy := serveProxy(t, kind.scheme, kind.handle(behind{server, false, true}))
			r := rigFor(t, server, Options{}, func(a *accounts.Account) {
				withLogin(a)
				a.SMTP.Host, a.SMTP.Proxy = host, proxy.Proxy
			})
			report := r.deliver(t, delivery(hello))
			if classes(report) != "account" || !strings.Contains(report.Results[0].Text, "password was not sent") {
				t.Errorf("%s to %s: %+v", kind.scheme, host, report)
			}
			if heard := r.finish(); len(heard) != 1 || heard[0].Commands("EHLO") != 1 || heard[0].Commands("AUTH") != 0 {
				t.Errorf("%s to %s: the server heard %+v", kind.scheme, host, heard)
			}
		}
	}
}

func TestProxy_LoginThatIsWrongOrMissing(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind.scheme), func(t *testing.T) {
			server := smtptest.Serve(t, greeting, nil)
			proxy := serveProxy(t, kind.scheme, kind.handle(behind{server, true, false}))
			through := func(want string) {
				t.Helper()
				r := rigFor(t, server, Options{}, func(a *accounts.Account) { a.SMTP.Proxy = proxy.Proxy })
				report := r.deliver(t, delivery(hello))
				if result := report.Results[0]; result.Class != outbox.ClassAccount || !strings.Contains(result.Text, want) || report.Began {
					t.Errorf("%+v, want %q", report, want)
				}
			}
			through("wants a login")
			proxy.withLogin(t, "hunter2")
			through("refuses the login")
			proxy.withLogin(t, "")
			through("secret from variable PROXY_TEST_PASSWORD: it is empty")
			if asked := proxy.wasAsked(); asked != "" {
				t.Errorf("the proxy connected to %s", asked)
			}
		})
	}
}

// answering is a proxy that answers anything in one way, and hears the end; or
// closes the connection itself, where "<close>" ends the answer.
func answering(answer string) func(*proxyServer, net.Conn) {
	answer, closes := strings.CutSuffix(answer, "<close>")
	return func(_ *proxyServer, conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = io.WriteString(conn, answer)
		if !closes {
			_, _ = io.Copy(io.Discard, conn)
		}
	}
}

func TestProxy_SaysWhyThereIsNoConnection(t *testing.T) {
	const accept, head = "\x05\x00", "HTTP/1.1 "
	rows := []struct {
		name   string
		scheme accounts.ProxyScheme
		answer string
		class  string
		text   string
	}{
		{"failure", accounts.SOCKS5, accept + "\x05\x01\x00\x01", "network", "cannot reach mail.example.test:465: it does not say why"},
		{"rules", accounts.SOCKS5, accept + "\x05\x02\x00\x01", "account", "refuses to connect to mail.example.test:465: its rules"},
		{"network", accounts.SOCKS5, accept + "\x05\x03\x00\x01", "network", "no route"},
		{"host", accounts.SOCKS5, accept + "\x05\x04\x00\x01", "network", "no such host"},
		{"refused", accounts.SOCKS5, accept + "\x05\x05\x00\x01", "network", "connection refused"},
		{"too far", accounts.SOCKS5, accept + "\x05\x06\x00\x01", "network", "no answer"},
		{"command", accounts.SOCKS5, accept + "\x05\x07\x00\x01", "account", "SOCKS reply 7"},
		{"address", accounts.SOCKS5, accept + "\x05\x08\x00\x01", "account", "SOCKS reply 8"},
		{"unknown", accounts.SOCKS5, accept + "\x05\xf0\x00\x01", "network", "SOCKS reply 240"},
		{"no login fits", accounts.SOCKS5, "\x05\xff", "account", "wants a login"},
		{"a login nobody offered", accounts.SOCKS5, "\x05\x02", "protocol", "does not speak SOCKS5"},
		{"SOCKS4", accounts.SOCKS5, "\x00\x5a\x00\x00", "protocol", "does not speak SOCKS5"},
		{"garbage", accounts.SOCKS5, "hello there", "protocol", "does not speak SOCKS5"},
		{"garbage later", accounts.SOCKS5, accept + "hello", "protocol", "does not speak SOCKS5"},
		{"odd address", accounts.SOCKS5, accept + "\x05\x00\x00\x02", "protocol", "does not speak SOCKS5"},
		{"half an answer", accounts.SOCKS5, accept + "\x05<close>", "network", " the connection"}, // or broken it
		{"HTTP", accounts.SOCKS5, "HTTP/1.1 400 Bad Request\r\n\r\n", "account", "begin proxy with http://"},
		{"closed", accounts.SOCKS5, "<close>", "network", "has closed the connection"},

		{"bad gateway", accounts.HTTP, head + "502 Bad Gateway\r\n\r\n", "network", "cannot reach mail.example.test:465: 502 Bad Gateway"},
		{"unavailable", accounts.HTTP, head + "503\n", "network", "cannot reach mail.example.test:465: 503"},
		{"forbidden", accounts.HTTP, head + "403 Forbidden\r\nX: y", "account", "refuses to connect to mail.example.test:465: 403 Forbidden; it may allow other ports"},
		{"method", accounts.HTTP, head + "405 no\x1b[2J\r\n", "account", "405 no\ufffd[2J"},
		{"not implemented", accounts.HTTP, head + "501 no\r\n", "account", "501 no"},
		{"slow down", accounts.HTTP, head + "429 no\r\n", "network", "429 no"},
		{"portal", accounts.HTTP, head + "302 Found\r\nLocation: http://login.hotspot.example/\r\n\r\n", "network", "captive portal?"},
		{"portal of RFC 6585", accounts.HTTP, head + "511 Network Authentication Required\r\n\r\n", "network", "captive portal?"},
		{"SMTP", accounts.HTTP, "220 mail.example.test ESMTP\r\n", "protocol", "does not speak HTTP: 220 mail.example.test ESMTP"},
		{"garbage", accounts.HTTP, "\x05\xff\x00\n", "protocol", "does not speak HTTP: \ufffd"},
		{"no number", accounts.HTTP, head + "+20 ok\r\n\r\n", "protocol", "does not speak HTTP"},
		{"line without end", accounts.HTTP, strings.Repeat("x", 1<<20), "protocol", "an answer without end"},
		{"head without end", accounts.HTTP, head + "200 ok\r\n" + strings.Repeat("X: y\r\n", 1<<15), "protocol", "an answer without end"},
		{"interim answers without end", accounts.HTTP, strings.Repeat(head+"100 wait\r\n\r\n", 1<<15), "protocol", "an answer without end"},
		{"closed", accounts.HTTP, "<close>", "network", "has closed the connection"},
		{"half an answer", accounts.HTTP, head + "200 ok\r\nX: y<close>", "network", "has closed the connection"},
	}
	for _, row := range rows {
		t.Run(string(row.scheme)+" "+row.name, func(t *testing.T) {
			proxy := serveProxy(t, row.scheme, answering(row.answer))
			r := rigFor(t, smtptest.Serve(t, greeting, nil), Options{}, func(a *accounts.Account) {
				a.SMTP.Host, a.SMTP.Port, a.SMTP.Proxy = "mail.example.test", 465, proxy.Proxy
			})
			report := r.deliver(t, delivery(hello))
			text := report.Results[0].Text
			if classes(report) != row.class || !strings.HasPrefix(text, "the proxy "+proxy.Address()+" ") || !strings.Contains(text, row.text) || len(text) > 400 {
				t.Errorf("%+v, want %s %q", report.Results[0], row.class, row.text)
			}
			if heard := r.finish(); len(heard) != 0 {
				t.Errorf("there was a connection: %+v", heard)
			}
		})
	}
}

// A proxy that repeats what it was told does not get our secret into a list.
func TestProxy_ShowsNoSecret(t *testing.T) {
	proxy := serveProxy(t, accounts.HTTP, func(_ *proxyServer, conn net.Conn) {
		request := make([]byte, 4096)
		n, _ := conn.Read(request)
		_, _ = io.WriteString(conn, "HTTP/1.1 403 "+proxySecret+" "+strings.ReplaceAll(string(request[:n]), "\r\n", " ")+"\r\n\r\n")
	})
	proxy.withLogin(t, proxySecret)
	r := rigFor(t, smtptest.Serve(t, greeting, nil), Options{}, func(a *accounts.Account) { a.SMTP.Proxy = proxy.Proxy })
	result := r.deliver(t, delivery(hello)).Results[0]
	if strings.Contains(result.Text, proxySecret) || strings.Contains(result.Text, "cHJveHkg") || !strings.Contains(result.Text, "403 …") {
		t.Errorf("%q", result.Text)
	}
}

func TestProxy_ThatIsNotThere(t *testing.T) {
	for want, err := range map[string]error{
		"no such host: proxy.example.test: check the proxy of the account":            &net.DNSError{Name: "proxy.example.test", IsNotFound: true},
		"the name proxy.example.test could not be looked up: is the network up?":      &net.DNSError{Name: "proxy.example.test", IsTemporary: true},
		"cannot reach the proxy proxy.example.test:1080: no answer within 30 s":       &net.OpError{Op: "dial", Err: context.DeadlineExceeded},
		"cannot reach the proxy proxy.example.test:1080: something odd\ufffd was met": errors.New("something odd\x1b was met"),
	} {
		r := newRig(t, greeting, func(a *accounts.Account) {
			a.SMTP.Proxy = accounts.Proxy{Scheme: accounts.SOCKS5, Host: "proxy.example.test", Port: 1080}
		})
		r.options.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			if address != "proxy.example.test:1080" {
				t.Errorf("dialled %s", address)
			}
			return nil, err
		}
		if result := r.deliver(t, delivery(hello)).Results[0]; result.Text != want {
			t.Errorf("%+v, want %q", result, want)
		}
	}
}

// Wherever a proxy hangs, the end of the context ends it at once, and else the
// time that a dial is given.
func TestProxy_Hangs(t *testing.T) {
	for _, answer := range []string{"", "\x05", "\x05\x00", "\x05\x00\x05\x00\x00\x03\x09", "HTTP/1.1 200 ok\r\nX: y", "HTTP/1.1 100 ok\r\n\r\n"} {
		for _, cancelled := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				server := newRig(t, greeting, nil).server
				var running sync.WaitGroup
				r := rigFor(t, server, Options{Dial: func(context.Context, string, string) (net.Conn, error) {
					client, proxy := net.Pipe()
					running.Go(func() {
						defer proxy.Close()
						running.Go(func() { _, _ = io.WriteString(proxy, answer) })
						_, _ = io.Copy(io.Discard, proxy)
					})
					return client, nil
				}}, func(a *accounts.Account) {
					a.SMTP.Proxy = accounts.Proxy{Scheme: accounts.SOCKS5, Host: "proxy", Port: 1}
					if strings.HasPrefix(answer, "HTTP") {
						a.SMTP.Proxy.Scheme = accounts.HTTP
					}
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				limit, want := dialTimeout, "has made no connection to 127.0.0.1:25 within 30 s"
				if cancelled {
					limit, want = 7*time.Second, "stopped"
					time.AfterFunc(limit, cancel)
				}
				start := time.Now()
				report := r.Deliver(ctx, delivery(hello))
				if took := time.Since(start); classes(report) != "network" || !strings.Contains(report.Results[0].Text, want) || took != limit {
					t.Errorf("%q: %+v after %s, want %q after %s", answer, report, took, want, limit)
				}
				running.Wait()
			})
		}
	}
}

// script is a proxy of which all is known that it will say.
type script struct {
	io.Reader
	heard bytes.Buffer
}

func (s *script) Write(p []byte) (int, error) { return s.heard.Write(p) }

func FuzzProxyAnswer(f *testing.F) {
	f.Add(true, []byte("HTTP/1.1 100 x\r\n\r\nHTTP/1.0 200 ok\nVia: x\n\n220 hello\r\n"))
	f.Add(true, []byte("HTTP/1.1 407 "+proxySecret+"\r\n"))
	f.Add(false, []byte("\x05\x02\x01\x00\x05\x00\x00\x03\x02xy\x00\x00220 hello\r\n"))
	f.Add(false, []byte("\x05\x02\x01\x00\x05\x05\x00\x04"))
	f.Fuzz(func(t *testing.T, http bool, answer []byte) {
		h := hop{accounts.Proxy{Scheme: accounts.SOCKS5, Host: "proxy", Port: 1080, Username: proxyUser}, proxySecret, "mail.example.test", 465}
		if http {
			h.proxy.Scheme = accounts.HTTP
		}
		rest := bytes.NewReader(answer)
		err := h.ask(&script{Reader: rest})
		if used := len(answer) - rest.Len(); used > maxProxyHead {
			t.Errorf("%d octets were read", used)
		}
		if err == nil {
			if head := answer[:len(answer)-rest.Len()]; http && !bytes.HasSuffix(head, []byte("\n")) {
				t.Errorf("connected behind %q", head)
			}
			return
		}
		result := h.failure(t.Context(), err).Result
		if result.Class == outbox.ClassAccepted || strings.ContainsFunc(result.Text, func(r rune) bool { return r < ' ' || r == 0x7f }) || len(result.Text) > 500 {
			t.Errorf("%+v", result)
		}
		if strings.Contains(result.Text, proxySecret) {
			t.Errorf("the secret is in %q", result.Text)
		}
	})
}

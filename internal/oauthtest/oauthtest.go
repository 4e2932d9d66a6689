// Package oauthtest is an authorization server (OAuth 2) in the process of a test.
//
// It is strict where RFC 6749, 7636 and 8628 are: a code is good once, with the
// verifier of its challenge; a refresh token is good once, and each use gives a new
// one. It keeps no person's password: who asks it for a login has agreed.
package oauthtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// ClientID is the one client it knows.
const ClientID = "sendoff-test"

// Server is a running one. What is exported but URL is guarded by Lock.
type Server struct {
	URL string

	sync.Mutex
	Secret   string        // that the client has to give, if it is not ""
	Life     time.Duration // of access tokens
	Interval int           // seconds between two questions of a device
	Pending  []string      // what is said to a device, one after the other, before its token
	Requests []url.Values  // to the token endpoint, as they came
	Tokens   []string      // access tokens that were given out
	// Instead of its own answers, what this gives, if it is true. It is called
	// without the lock.
	Instead func(http.ResponseWriter, *http.Request) bool

	codes   map[string]url.Values // of an authorization request, by its code
	refresh map[string]bool       // those that are good
	dial    func(context.Context, string, string) (net.Conn, error)
}

// Start runs one on a port of this machine. It ends with the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return serve(tb, listener, "http://"+listener.Addr().String())
}

// StartInMemory runs one that only its Dial reaches, for virtual time.
func StartInMemory(tb testing.TB) *Server {
	tb.Helper()
	listener := &memory{calls: make(chan net.Conn), closed: make(chan struct{})}
	s := serve(tb, listener, "http://127.0.0.1")
	s.dial = listener.dial
	return s
}

func serve(tb testing.TB, listener net.Listener, address string) *Server {
	s := &Server{URL: address, Life: time.Hour, Interval: 5, codes: make(map[string]url.Values), refresh: make(map[string]bool)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /device", s.device)
	server := &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() { server.Serve(listener); close(done) }()
	tb.Cleanup(func() { server.Close(); <-done })
	return s
}

// Dial connects to a server in memory.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return s.dial(ctx, network, address)
}

// TOML is the table of accounts.toml for it, under a name.
func (s *Server) TOML(name string) string {
	return fmt.Sprintf("[oauth.%s]\nclient_id = %q\nauth_url = \"%[3]s/auth\"\ntoken_url = \"%[3]s/token\"\ndevice_url = \"%[3]s/device\"\nscopes = [\"mail\"]\n", name, ClientID, s.URL)
}

// Agree does what a browser does with a URL when a person agrees, and gives the
// address that it is sent to.
func (s *Server) Agree(tb testing.TB, authURL string) string {
	tb.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 10 * time.Second}
	response, err := client.Get(authURL)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusFound {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		tb.Fatalf("%s: %s: %s", authURL, response.Status, text)
	}
	return response.Header.Get("Location")
}

// Revoke makes all that it has given good for nothing.
func (s *Server) Revoke() {
	s.Lock()
	defer s.Unlock()
	clear(s.refresh)
}

// Refreshes counts the tokens that were renewed, or tried to be.
func (s *Server) Refreshes() int {
	s.Lock()
	defer s.Unlock()
	n := 0
	for _, r := range s.Requests {
		if r.Get("grant_type") == "refresh_token" {
			n++
		}
	}
	return n
}

// Good tells that an access token is one it has given out.
func (s *Server) Good(token string) bool {
	s.Lock()
	defer s.Unlock()
	return slices.Contains(s.Tokens, token)
}

func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	for problem, found := range map[string]bool{
		"client_id":             q.Get("client_id") != ClientID,
		"response_type":         q.Get("response_type") != "code",
		"scope":                 q.Get("scope") != "mail",
		"state":                 len(q.Get("state")) < 20,
		"code_challenge":        len(q.Get("code_challenge")) != 43,
		"code_challenge_method": q.Get("code_challenge_method") != "S256",
		"redirect_uri":          err != nil || back.Scheme != "http" || back.Hostname() != "127.0.0.1",
	} {
		if found {
			http.Error(w, "wrong "+problem, http.StatusBadRequest)
			return
		}
	}
	code := "code-" + rand.Text()
	s.Lock()
	s.codes[code] = q
	s.Unlock()
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	w.Header().Set("Location", back.String())
	w.WriteHeader(http.StatusFound)
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.Lock()
	s.Requests = append(s.Requests, r.PostForm)
	s.Unlock()
	if s.misbehaves(w, r) {
		return
	}
	s.Lock()
	defer s.Unlock()
	if problem := s.judge(r.PostForm); problem != "" {
		refuse(w, problem)
		return
	}
	s.grant(w)
}

// misbehaves has Instead answer, if there is one.
func (s *Server) misbehaves(w http.ResponseWriter, r *http.Request) bool {
	s.Lock()
	instead := s.Instead
	s.Unlock()
	return instead != nil && instead(w, r)
}

// judge says what is wrong with a request, and uses up what it shows.
func (s *Server) judge(form url.Values) string {
	if form.Get("client_id") != ClientID || form.Get("client_secret") != s.Secret {
		return "invalid_client"
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		asked, known := s.codes[form.Get("code")]
		delete(s.codes, form.Get("code"))
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		if !known || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || form.Get("redirect_uri") != asked.Get("redirect_uri") {
			return "invalid_grant"
		}
		return ""
	case "refresh_token":
		old := form.Get("refresh_token")
		if !s.refresh[old] {
			clear(s.refresh) // shown twice: it may have been stolen (RFC 9700 §4.14)
			return "invalid_grant"
		}
		delete(s.refresh, old)
		return ""
	case "urn:ietf:params:oauth:grant-type:device_code":
		if !strings.HasPrefix(form.Get("device_code"), "device-") {
			return "invalid_grant"
		}
		if len(s.Pending) > 0 {
			problem := s.Pending[0]
			s.Pending = s.Pending[1:]
			return problem
		}
		return ""
	}
	return "unsupported_grant_type"
}

func (s *Server) grant(w http.ResponseWriter) {
	access, refresh := "access-"+rand.Text(), "refresh-"+rand.Text()
	s.Tokens = append(s.Tokens, access)
	s.refresh[refresh] = true
	answer(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(s.Life.Seconds()), "refresh_token": refresh})
}

func (s *Server) device(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("client_id") != ClientID || r.PostFormValue("scope") != "mail" {
		refuse(w, "invalid_client")
		return
	}
	if s.misbehaves(w, r) {
		return
	}
	s.Lock()
	defer s.Unlock()
	answer(w, http.StatusOK, map[string]any{
		"device_code": "device-" + rand.Text(), "user_code": "WDJB-MJHT", "verification_uri": s.URL + "/activate", "expires_in": 900, "interval": s.Interval,
	})
}

func refuse(w http.ResponseWriter, code string) {
	answer(w, http.StatusBadRequest, map[string]any{"error": code, "error_description": "because of " + code})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// memory is a listener without a network.
type memory struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case m.calls <- there:
		return here, nil
	case <-m.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.calls:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

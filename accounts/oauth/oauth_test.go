package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/internal/oauthtest"
)

// rig is an account that logs in at a server, and where its tokens are.
type rig struct {
	*Tokens
	server  *oauthtest.Server
	account accounts.Account
	client  accounts.OAuthClient
}

func newRig(t *testing.T, server *oauthtest.Server, more string) *rig {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "accounts.toml")
	text := server.TOML("home") + more + "[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n[account.smtp]\nhost = 'x'\nusername = 'ada'\nsecret = { oauth = 'home' }\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	book, err := accounts.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	client, _ := book.Accounts[0].Login()
	return &rig{New(filepath.Join(dir, "data", "tokens")), server, book.Accounts[0], client}
}

func (r *rig) access(t *testing.T, refused string) (string, error) {
	t.Helper()
	return r.Access(t.Context(), r.account, r.client, refused)
}

// have keeps a login with an access token that lives for so long.
func (r *rig) have(t *testing.T, life time.Duration) kept {
	t.Helper()
	r.login(t)
	k, err := r.read(t.Context(), r.account, r.client)
	if err != nil {
		t.Fatal(err)
	}
	k.Expires = time.Now().Add(life)
	r.put(t, k)
	return k
}

func (r *rig) put(t *testing.T, k kept) {
	t.Helper()
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.write(t.Context(), r.account, r.client, k); err != nil {
		t.Fatal(err)
	}
}

// login has a person agree at once, in a browser of this machine.
func (r *rig) login(t *testing.T) {
	t.Helper()
	var browser sync.WaitGroup
	err := r.Login(t.Context(), r.account, r.client, Person{Browse: func(address, _ string) {
		browser.Go(func() { visit(t, r.server.Agree(t, address)) })
	}})
	browser.Wait()
	if err != nil {
		t.Fatal(err)
	}
}

// visit opens a page and gives its status and text.
func visit(t *testing.T, address string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(address)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(text)
}

func TestAccess_GivesAKeptTokenUntilItsLastMinute(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	k := r.have(t, 2*time.Minute)
	if got, err := r.access(t, ""); err != nil || got != k.Access || r.server.Refreshes() != 0 {
		t.Errorf("got %q, %v after %d requests", got, err, r.server.Refreshes())
	}
	k.Expires = time.Now().Add(59 * time.Second)
	r.put(t, k)
	for range 2 {
		got, err := r.access(t, "")
		if err != nil || got == k.Access || !r.server.Good(got) || r.server.Refreshes() != 1 {
			t.Errorf("in the last minute: got %q, %v after %d requests", got, err, r.server.Refreshes())
		}
	}
	fresh, err := r.read(t.Context(), r.account, r.client)
	if err != nil || fresh.Refresh == k.Refresh || fresh.Refresh == "" {
		t.Errorf("the new refresh token was not kept: %v", err)
	}
}

func TestAccess_RenewsWhatTheMailServerHasRefused(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	k := r.have(t, time.Hour)
	fresh, err := r.access(t, k.Access)
	if err != nil || fresh == k.Access || r.server.Refreshes() != 1 {
		t.Errorf("got %q, %v after %d requests", fresh, err, r.server.Refreshes())
	}
	// Who was refused before the others had renewed it gets theirs.
	if got, err := r.access(t, k.Access); err != nil || got != fresh || r.server.Refreshes() != 1 {
		t.Errorf("got %q, %v after %d requests", got, err, r.server.Refreshes())
	}
}

func TestAccess_KeepsTheRefreshTokenWhereThereIsNoNewOne(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	k := r.have(t, 0)
	instead(r, func(w http.ResponseWriter) {
		status(200, `{"access_token":"a1","token_type":"bearer","expires_in":"3600"}`)(w, "")
	})
	if got, err := r.access(t, ""); err != nil || got != "a1" {
		t.Errorf("got %q, %v", got, err)
	}
	if fresh, err := r.read(t.Context(), r.account, r.client); err != nil || fresh.Refresh != k.Refresh {
		t.Errorf("kept %v", err)
	}
}

// instead has the server answer like this.
func instead(r *rig, say func(http.ResponseWriter)) {
	r.server.Lock()
	defer r.server.Unlock()
	r.server.Instead = func(w http.ResponseWriter, _ *http.Request) bool { say(w); return true }
}

func TestAccess_LogInAgain(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	wantLogin := func(why string) {
		t.Helper()
		before := r.server.Refreshes()
		for range 2 {
			_, err := r.access(t, "")
			if want := why + ": log in again: sendoff account login work"; !errors.Is(err, ErrLogin) || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		if asked := r.server.Refreshes() - before; asked > 1 {
			t.Errorf("%s: the provider was asked %d times", why, asked)
		}
	}
	wantLogin("nobody has logged in yet")

	r.have(t, 0)
	r.server.Revoke()
	wantLogin(hostOf(r.server.URL) + " says invalid_grant: because of invalid_grant")
	data, err := os.ReadFile(r.path("work"))
	if err != nil || strings.Contains(string(data), "refresh-") || strings.Contains(string(data), "access-") {
		t.Errorf("what is of no use is kept: %s, %v", data, err)
	}

	r.have(t, time.Hour) // logged in again
	if _, err := r.access(t, ""); err != nil {
		t.Error(err)
	}
	r.client.ID = "another"
	wantLogin("the login was made with another client ID")
	r.client.ID = oauthtest.ClientID

	r.put(t, kept{Client: r.client.ID, Access: "a", Expires: time.Now()})
	wantLogin("the login has ended")
	if err := os.WriteFile(r.path("work"), []byte(`{"access_token": "half`), 0o600); err != nil {
		t.Fatal(err)
	}
	wantLogin("what is kept of the login cannot be read")

	r.put(t, kept{Client: r.client.ID, Dead: "\x1b[2Jgone\nnow"}) // by who could write to the file
	wantLogin("\ufffd[2Jgone now")
}

// What a provider or the network does wrong, and what is said of it: what passes by
// itself, and never what was sent or came.
func TestAccess_WhatAProviderMaySay(t *testing.T) {
	const secret = "the-secret-of-the-client"
	t.Setenv("OAUTH_TEST_SECRET", secret)
	for _, test := range []struct {
		name  string
		say   func(w http.ResponseWriter, refresh string)
		later bool
		want  string
	}{
		{"500", status(500, "boom access-1234567890"), true, "SERVER answers 500 Internal Server Error"},
		{"503 with a code", status(503, `{"error":"invalid_grant"}`), true, "SERVER answers 503 Service Unavailable"},
		{"429", status(429, `{}`), true, "SERVER answers 429 Too Many Requests"},
		{"trouble by its code", status(400, `{"error":"temporarily_unavailable"}`), true, "SERVER answers 400 Bad Request"},
		{"400 without a code", status(400, "<html>access-1234567890"), true, "SERVER answers 400 Bad Request"},
		{"a page", status(200, "<html>access-1234567890"), true, "SERVER gives an answer that makes no sense"},
		{"nothing", status(200, ""), true, "SERVER gives an answer that makes no sense"},
		{"null", status(200, "null"), true, "SERVER gives an answer that makes no sense"},
		{"half", status(200, `{"access_token":"access-1234567890`), true, "SERVER gives an answer that makes no sense"},
		{"no token", status(200, `{"token_type":"Bearer"}`), true, "SERVER gives an answer that makes no sense"},
		{"a number for a token", status(200, `{"access_token":1234567890}`), true, "SERVER gives an answer that makes no sense"},
		{"without end", func(w http.ResponseWriter, _ string) {
			for range 1000 {
				if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
					return
				}
			}
		}, true, "SERVER gives an answer that makes no sense"},
		{"hangs up", func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }, true, "SERVER cannot be reached: EOF"},
		{"sends elsewhere", func(w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(307)
		}, true, "SERVER answers 307 Temporary Redirect"},
		{"wrong client", status(401, `{"error":"invalid_client","error_description":"no \u001b[31msuch client"}`), false, "SERVER says invalid_client: no \ufffd[31msuch client"},
		{"a code alone", status(400, `{"error":"invalid_scope"}`), false, "SERVER says invalid_scope"},
		{"a long story", status(400, `{"error":"x","error_description":"`+strings.Repeat("no ", 1000)+`"}`), false, "SERVER says x: no no"},
		{"repeats the refresh token", func(w http.ResponseWriter, refresh string) {
			status(400, fmt.Sprintf(`{"error":"invalid_request","error_description":"what is %s?"}`, refresh))(w, "")
		}, false, "SERVER says invalid_request"},
		{"repeats a piece of the client's secret", status(400, `{"error":"invalid_request","error_description":"`+secret[:14]+`"}`), false, "SERVER says invalid_request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, oauthtest.Start(t), "client_secret = { env = 'OAUTH_TEST_SECRET' }\n")
			r.server.Secret = secret
			k := r.have(t, 0)
			instead(r, func(w http.ResponseWriter) { test.say(w, k.Refresh) })
			got, err := r.access(t, "")
			want := strings.Replace(test.want, "SERVER", hostOf(r.server.URL), 1)
			if err == nil || got != "" || errors.Is(err, accounts.ErrTryLater) != test.later || errors.Is(err, ErrLogin) || !strings.HasPrefix(err.Error(), want) {
				t.Fatalf("got %v, want %s", err, want)
			}
			for _, hidden := range []string{"access-", "refresh-", secret[:10], "\x1b"} {
				if strings.Contains(err.Error(), hidden) || len(err.Error()) > 500 {
					t.Errorf("said %q", err)
				}
			}
			r.server.Lock()
			r.server.Instead = nil
			r.server.Unlock()
			if _, err := r.access(t, ""); err != nil {
				t.Errorf("after that: %v", err)
			}
		})
	}
}

func status(code int, body string) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, _ string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

func TestAccess_ASilentProviderIsLeftInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oauthtest.StartInMemory(t), "")
		r.put(t, kept{Client: oauthtest.ClientID, Refresh: "refresh"})
		silent := make(chan struct{})
		defer close(silent)
		r.dial = r.server.Dial
		instead(r, func(http.ResponseWriter) { <-silent })
		began := time.Now()
		_, err := r.access(t, "")
		if took := time.Since(began); took != exchangeLimit || !errors.Is(err, accounts.ErrTryLater) {
			t.Errorf("%s: %v", took, err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		began = time.Now()
		time.AfterFunc(time.Second, cancel)
		_, err = r.Access(ctx, r.account, r.client, "")
		if took := time.Since(began); took != time.Second+grace || err == nil {
			t.Errorf("stopped after %s: %v", took, err)
		}
	})
}

// An answer on its way when the program is to end is kept: the provider has made
// the old refresh token useless.
func TestAccess_WhatIsOnItsWayIsKept(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	k := r.have(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.server.Lock()
	r.server.Instead = func(http.ResponseWriter, *http.Request) bool { cancel(); return false }
	r.server.Unlock()
	if got, err := r.Access(ctx, r.account, r.client, ""); err != nil || got == k.Access {
		t.Errorf("got %q, %v", got, err)
	}
	if fresh, err := r.read(t.Context(), r.account, r.client); err != nil || fresh.Refresh == k.Refresh {
		t.Errorf("the new one was lost: %v", err)
	}
}

// A provider that wants a person says so with a refresh token that stays good.
func TestAccess_APersonIsWanted(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	k := r.have(t, 0)
	r.server.Lock()
	r.server.Instead = func(w http.ResponseWriter, _ *http.Request) bool {
		status(http.StatusBadRequest, `{"error":"interaction_required","error_description":"agree to the new terms"}`)(w, "")
		return true
	}
	r.server.Unlock()
	if _, err := r.access(t, ""); !errors.Is(err, ErrLogin) || !strings.Contains(err.Error(), "sendoff account login") {
		t.Errorf("got %v", err)
	}
	if again, err := r.read(t.Context(), r.account, r.client); err != nil || again.Refresh != k.Refresh {
		t.Errorf("the refresh token is gone: %v", err)
	}
}

func TestAccess_ManyAtOnceRenewItOnce(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	r.have(t, 0)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got, err := New(r.dir).Access(t.Context(), r.account, r.client, ""); err != nil || !r.server.Good(got) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := r.server.Refreshes(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// The same with processes. Where a refresh token is good once, two requests would
// end the login.
func TestAccess_ProcessesAtOnceRenewItOnce(t *testing.T) {
	const tokens, provider = "SENDOFF_TEST_TOKENS", "SENDOFF_TEST_PROVIDER"
	if dir := os.Getenv(tokens); dir != "" {
		c := accounts.OAuthClient{ID: oauthtest.ClientID, TokenURL: os.Getenv(provider) + "/token"}
		got, err := New(dir).Access(t.Context(), accounts.Account{Name: "work"}, c, "")
		fmt.Printf("got %s, %v\n", got, err)
		return
	}
	r := newRig(t, oauthtest.Start(t), "")
	r.have(t, 0)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
			cmd.Env = append(os.Environ(), tokens+"="+r.dir, provider+"="+r.server.URL)
			said, err := cmd.Output()
			line, _, _ := strings.Cut(string(said), "\n")
			token, _, _ := strings.Cut(strings.TrimPrefix(line, "got "), ",")
			if err != nil || !r.server.Good(token) {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
	all.Wait()
	if n := r.server.Refreshes(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

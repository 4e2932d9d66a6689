package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/internal/oauthtest"
)

func TestLogin_ByABrowser(t *testing.T) {
	t.Setenv("OAUTH_TEST_SECRET", "hunter2-of-the-client")
	r := newRig(t, oauthtest.Start(t), "client_secret = { env = 'OAUTH_TEST_SECRET' }\n")
	r.server.Secret = "hunter2-of-the-client"
	var browser sync.WaitGroup
	err := r.Login(t.Context(), r.account, r.client, Person{Browse: func(address, code string) {
		u, err := url.Parse(address)
		if err != nil || u.Query().Get("login_hint") != "ada" || code != "" || strings.Contains(address, "hunter2") {
			t.Errorf("to open: %s, code %q", address, code)
		}
		browser.Go(func() {
			if status, text := visit(t, r.server.Agree(t, address)); status != http.StatusOK || !strings.HasPrefix(text, "Done") {
				t.Errorf("the browser shows %d %s", status, text)
			}
		})
	}})
	browser.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.access(t, ""); err != nil || !r.server.Good(got) {
		t.Errorf("got %q, %v", got, err)
	}
}

// The port is open to all of this machine and to every page in the browser: what
// does not know the state, or calls the machine by another name, changes nothing.
func TestLogin_TakesNothingFromStrangers(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	var browser sync.WaitGroup
	err := r.Login(t.Context(), r.account, r.client, Person{Browse: func(address, _ string) {
		browser.Go(func() {
			right := r.server.Agree(t, address)
			u, err := url.Parse(right)
			if err != nil {
				t.Error(err)
				return
			}
			state := u.Query().Get("state")
			for query, want := range map[string]int{
				"/?code=stolen&state=guessed":        http.StatusBadRequest,
				"/?code=stolen":                      http.StatusBadRequest,
				"/?error=access_denied&state=":       http.StatusBadRequest,
				"/?state=" + state:                   http.StatusBadRequest,
				"/other?code=stolen&state=" + state:  http.StatusNotFound,
				"/favicon.ico":                       http.StatusNotFound,
				"/?code=stolen&state=" + state + "x": http.StatusBadRequest,
			} {
				if status, _ := visit(t, "http://"+u.Host+query); status != want {
					t.Errorf("%s: %d, want %d", query, status, want)
				}
			}
			for _, change := range []func(*http.Request){
				func(q *http.Request) { q.Host = "evil.example:" + u.Port() },
				func(q *http.Request) { q.Host = "localhost:" + u.Port() },
				func(q *http.Request) { q.Method = http.MethodPost },
			} {
				q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+u.Host+"/?code=stolen&state="+state, nil)
				if err != nil {
					t.Error(err)
					return
				}
				change(q)
				response, err := http.DefaultClient.Do(q)
				if err != nil {
					t.Error(err)
					continue
				}
				response.Body.Close()
				if response.StatusCode != http.StatusNotFound {
					t.Errorf("%s %s: %s", q.Method, q.Host, response.Status)
				}
			}
			visit(t, right)
		})
	}})
	browser.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.access(t, ""); err != nil || !r.server.Good(got) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestLogin_ByAPastedAddress(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	var address string
	tries := 0
	err := r.Login(t.Context(), r.account, r.client, Person{
		Browse: func(a, _ string) { address = a },
		Paste: func(context.Context) (string, error) {
			tries++
			return []string{"", "what?", address, "  " + r.server.Agree(t, address) + "\n"}[tries-1], nil
		},
	})
	if err != nil || tries != 4 {
		t.Fatalf("after %d tries: %v", tries, err)
	}
	if got, err := r.access(t, ""); err != nil || !r.server.Good(got) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestLogin_Ends(t *testing.T) {
	stop := errors.New("the terminal is gone")
	for _, test := range []struct {
		name  string
		paste func(r *rig, address string) (string, error)
		want  error
	}{
		{"refused by the person", func(r *rig, address string) (string, error) {
			u, _ := url.Parse(r.server.Agree(t, address))
			return u.Scheme + "://" + u.Host + "/?error=access_denied&state=" + u.Query().Get("state"), nil
		}, ErrDenied},
		{"nothing to paste", func(*rig, string) (string, error) { return "x", nil }, errNoAddress},
		{"no terminal any more", func(*rig, string) (string, error) { return "", stop }, stop},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, oauthtest.Start(t), "")
			var address string
			err := r.Login(t.Context(), r.account, r.client, Person{
				Browse: func(a, _ string) { address = a },
				Paste:  func(context.Context) (string, error) { return test.paste(r, address) },
			})
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if _, err := r.access(t, ""); !errors.Is(err, ErrLogin) {
				t.Errorf("something was kept: %v", err)
			}
		})
	}
}

// A code is used with the verifier of its own login: the code of another one, which
// somebody pasted here, is good for nothing.
func TestLogin_ACodeOfAnotherLoginIsRefused(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	var address string
	err := r.Login(t.Context(), r.account, r.client, Person{
		Browse: func(a, _ string) { address = a },
		Paste: func(context.Context) (string, error) {
			other, _ := url.Parse(address)
			query := other.Query()
			query.Set("code_challenge", strings.Repeat("x", 43))
			other.RawQuery = query.Encode()
			return r.server.Agree(t, other.String()), nil
		},
	})
	if err == nil || !strings.Contains(err.Error(), "says invalid_grant") || strings.Contains(err.Error(), "code-") {
		t.Errorf("got %v", err)
	}
}

func TestLogin_WantsATokenThatLasts(t *testing.T) {
	r := newRig(t, oauthtest.Start(t), "")
	instead(r, func(w http.ResponseWriter) { status(200, `{"access_token":"a","expires_in":3600}`)(w, "") })
	err := r.Login(t.Context(), r.account, r.client, Person{Browse: func(address, _ string) { go visit(t, r.server.Agree(t, address)) }})
	if !errors.Is(err, errNoRefresh) {
		t.Errorf("got %v", err)
	}
}

func TestLoginByDevice(t *testing.T) {
	for _, test := range []struct {
		name    string
		pending []string
		took    time.Duration
		want    string // the error; "" for a login
	}{
		{"at once", nil, 5 * time.Second, ""},
		{"a person takes time", []string{"authorization_pending", "authorization_pending"}, 15 * time.Second, ""},
		{"slower", []string{"authorization_pending", "slow_down", "slow_down"}, (5 + 5 + 10 + 15) * time.Second, ""},
		{"refused", []string{"authorization_pending", "access_denied"}, 10 * time.Second, ErrDenied.Error()},
		{"declined, as Microsoft says it", []string{"authorization_declined"}, 5 * time.Second, ErrDenied.Error()},
		{"too late", []string{"expired_token"}, 5 * time.Second, ErrTooLate.Error()},
		{"wrong", []string{"invalid_grant"}, 5 * time.Second, "127.0.0.1 says invalid_grant: because of invalid_grant"},
		{"never", manyTimes("authorization_pending", 1000), 15 * time.Minute, ErrTooLate.Error()},
		{"trouble that passes", []string{"temporarily_unavailable", "authorization_pending"}, 15 * time.Second, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, oauthtest.StartInMemory(t), "")
				r.dial, r.server.Pending = r.server.Dial, test.pending
				began := time.Now()
				var shown string
				err := r.LoginByDevice(t.Context(), r.account, r.client, Person{Browse: func(url, code string) { shown = url + " " + code }})
				if took := time.Since(began).Round(time.Second); took != test.took || shown != "http://127.0.0.1/activate WDJB-MJHT" {
					t.Errorf("took %s, want %s; shown %q", took, test.took, shown)
				}
				got, again := r.access(t, "")
				switch {
				case test.want == "" && (err != nil || again != nil || !r.server.Good(got)):
					t.Errorf("got %v; then %q, %v", err, got, again)
				case test.want != "" && (err == nil || err.Error() != test.want || !errors.Is(again, ErrLogin)):
					t.Errorf("got %v, want %s; then %v", err, test.want, again)
				}
			})
		})
	}
}

func manyTimes(text string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = text
	}
	return all
}

// What the server of a device login may say before anybody is asked.
func TestLoginByDevice_OddBeginnings(t *testing.T) {
	for body, want := range map[string]string{
		`null`: "gives an answer that makes no sense",
		`[]`:   "gives an answer that makes no sense",
		`{}`:   "gives an answer that makes no sense",
		`{"device_code":"device-1","user_code":"A","verification_uri":"javascript:alert(1)"}`: "gives an answer that makes no sense",
		`{"device_code":"device-1","user_code":"A","verification_uri":"file:///etc/passwd"}`:  "gives an answer that makes no sense",
		`{"device_code":1}`: "gives an answer that makes no sense",
		`{"device_code":"device-1","user_code":"A","verification_uri":"https://x/","interval":-1,"expires_in":20}`: "",
		`{"device_code":"device-1","user_code":"A","verification_uri":"https://x/","interval":9999999}`:            "",
		`{"device_code":"device-1","user_code":"A","verification_uri":"https://x/","expires_in":-5}`:               "nobody agreed in time",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, oauthtest.StartInMemory(t), "")
			r.dial = r.server.Dial
			r.server.Instead = func(w http.ResponseWriter, q *http.Request) bool {
				if q.URL.Path == "/device" {
					status(200, body)(w, "")
				}
				return q.URL.Path == "/device"
			}
			err := r.LoginByDevice(t.Context(), r.account, r.client, Person{Browse: func(string, string) {}})
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v, want %q", body, err, want)
			}
		})
	}
}

func TestLogin_NeedsTheAddressOfTheProvider(t *testing.T) {
	r := New(t.TempDir())
	c := accounts.OAuthClient{ID: "x", TokenURL: "http://127.0.0.1:1/"}
	if err := r.Login(t.Context(), accounts.Account{}, c, Person{}); !errors.Is(err, errNoBrowser) {
		t.Errorf("got %v", err)
	}
	if err := r.LoginByDevice(t.Context(), accounts.Account{}, c, Person{}); !errors.Is(err, errNoDevice) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(r.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

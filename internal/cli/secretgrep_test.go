package cli_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/internal/oauthtest"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
)

// spyglass finds a secret in the forms that programs turn it into.
type spyglass map[string]string // from what is sought to what it is called

// lookFor also finds pieces: of base64 what does not depend on what stands in front
// and behind, of the others all.
func lookFor(secret string) spyglass {
	s := spyglass{
		secret:                             "the secret",
		hex.EncodeToString([]byte(secret)): "its hex",
		strings.ToUpper(hex.EncodeToString([]byte(secret))): "its hex, in capitals",
		url.QueryEscape(secret):                             "its form in a query",
		url.PathEscape(secret):                              "its form in a URL",
		strings.Trim(strconv.Quote(secret), `"`):            "its form in Go",
		strings.Trim(strconv.QuoteToASCII(secret), `"`):     "its form in Go, in ASCII",
		strings.Trim(fmt.Sprint([]byte(secret)), "[]"):      "its bytes as numbers",
	}
	for before := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64 for URLs": base64.RawURLEncoding} {
			// The first three bytes of the text have one that is not ours in them, and so
			// may the last.
			text := encoding.EncodeToString(append(make([]byte, before), secret...))
			if before > 0 {
				text = text[4:]
			}
			if (before+len(secret))%3 != 0 {
				text = text[:len(text)/4*4]
			}
			s[text] = fmt.Sprintf("its %s behind %d bytes", name, before)
		}
	}
	return s
}

func (s spyglass) find(text []byte) string {
	for sought, name := range s {
		if bytes.Contains(text, []byte(sought)) {
			return name
		}
	}
	return ""
}

// mustFindNothing looks through what a program has said, and every file that it has
// written or that was written of it.
func (s spyglass) mustFindNothing(t *testing.T, where map[string][]byte, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			where[path], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range where {
		if form := s.find(text); form != "" {
			t.Errorf("%s is in %s", form, name)
		}
	}
}

// The test that finds nothing has to be able to find something.
func TestSpyglass_FindsWhatIsPlanted(t *testing.T) {
	for _, secret := range []string{"correct-horse-battery", "pä ss/w+ör?d&12"} {
		s := lookFor(secret)
		for name, planted := range map[string]string{
			"plain":                "password " + secret + "!",
			"hex":                  fmt.Sprintf("%x", "user "+secret),
			"capitals":             fmt.Sprintf("%X", secret),
			"query":                url.Values{"p": {"a" + secret}}.Encode(),
			"quoted":               fmt.Sprintf("%+q", "<"+secret+">"),
			"bytes":                fmt.Sprint([]byte("a" + secret + "b")),
			"PLAIN":                base64.StdEncoding.EncodeToString([]byte("\x00ada\x00" + secret)),
			"XOAUTH2":              base64.StdEncoding.EncodeToString([]byte("user=ada\x01auth=Bearer " + secret + "\x01\x01")),
			"LOGIN":                base64.StdEncoding.EncodeToString([]byte(secret)),
			"base64 in the middle": base64.URLEncoding.EncodeToString([]byte("xy" + secret + "and more")),
		} {
			if s.find([]byte("before "+planted+" behind")) == "" {
				t.Errorf("%s of %q was not found in %q", name, secret, planted)
			}
		}
		if form := s.find([]byte("an innocent line with 1 234 5678 words, correct-horse and ba77ery")); form != "" {
			t.Errorf("%s of %q was found where it is not", form, secret)
		}
	}
}

// hiding is an account with a secret in some place, and all that was seen of the
// program that uses it.
type hiding struct {
	*clitest.Program
	t      *testing.T
	spy    spyglass
	secret string
	auth   string
	place  string // TOML
	more   string // further TOML
	spied  string // directory for what commands have seen
	seen   map[string][]byte
}

// run runs the program and keeps what it says.
func (h *hiding) run(code int, args ...string) {
	h.t.Helper()
	r := h.Run("hello\n", args...)
	h.seen[fmt.Sprintf("%d: what %q says", len(h.seen), args)] = []byte(r.Out + r.Err)
	if r.Code != code {
		h.t.Errorf("%q: exit %d, %s", args, r.Code, r.Err)
	}
}

// at has the account use a server. A second one logs in with a command, which
// writes down what it sees of the program that has started it.
func (h *hiding) at(host string, port int) {
	h.t.Helper()
	const account = "[[account]]\nname = %q\nfrom = '%[1]s@example.org'\n[account.smtp]\nhost = %q\nport = %d\nsecurity = 'none'\nauth = %q\nusername = 'ada'\nsecret = %s\n"
	witness := filepath.Join(h.spied, "witness.sh")
	const script = "#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/cmdline >>\"$1\"\necho a-token-of-another\n"
	if err := os.WriteFile(witness, []byte(script), 0o700); err != nil {
		h.t.Fatal(err)
	}
	h.WriteAccounts(h.more + fmt.Sprintf(account, "work", host, port, h.auth, h.place) +
		fmt.Sprintf(account, "other", host, port, h.auth, fmt.Sprintf("{ command = [%q, %q] }", witness, filepath.Join(h.spied, "witnessed"))))
}

// TestSecrets_AreNowhereToBeFound goes through what happens to an account, for each
// place a secret may be kept in.
func TestSecrets_AreNowhereToBeFound(t *testing.T) {
	const secret = "pass/w+rd?of=ada&%41-battery" // every encoding changes some of it
	for _, test := range []struct {
		name, auth string
		prepare    func(t *testing.T, h *hiding) (restore func())
	}{
		{"command", "plain", func(t *testing.T, h *hiding) func() {
			h.place = fmt.Sprintf("{ command = ['cat', %q] }", h.keep("a.secret"))
			return nil
		}},
		{"a command that complains", "plain", func(t *testing.T, h *hiding) func() {
			h.place = fmt.Sprintf("{ command = ['sh', '-c', 'echo careful >&2; cat \"$0\"', %q] }", h.keep("a.secret"))
			return nil
		}},
		{"file", "login", func(t *testing.T, h *hiding) func() {
			h.place = fmt.Sprintf("{ file = %q }", h.keep("a.secret"))
			return nil
		}},
		{"env", "xoauth2", func(t *testing.T, h *hiding) func() {
			h.place = "{ env = 'ADAS_PASSWORD' }"
			h.Env = append(h.Env, "ADAS_PASSWORD="+secret)
			return nil
		}},
		{"keyring", "plain", func(t *testing.T, h *hiding) func() {
			bus := peers.NeedBus(t)
			bus.Keyring(t, "of the keyring")
			h.Env = append(h.Env, "DBUS_SESSION_BUS_ADDRESS="+bus.Address)
			h.place = "{ env = 'X' }"
			h.at("127.0.0.1", 9)
			if r := h.Run(secret+"\n", "account", "secret", "work", "--secret-keyring", "--secret-stdin"); r.Code != 0 {
				t.Fatal(r.Err)
			}
			h.place = "{ keyring = true }"
			return nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := &hiding{Program: clitest.Install(t), t: t, spy: lookFor(secret), secret: secret, auth: test.auth, spied: t.TempDir(), seen: make(map[string][]byte)}
			test.prepare(t, h)
			h.goThrough()
			h.spy.mustFindNothing(t, h.seen, h.Home, h.Work, h.spied)
			if len(h.seen["witnessed"])+len(h.seen[filepath.Join(h.spied, "witnessed")]) == 0 {
				t.Error("the command of the other account has seen nothing, so it proves nothing")
			}
		})
	}
}

// keep puts the secret where the program does not write.
func (h *hiding) keep(name string) string {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(h.secret+"\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// goThrough is success, a refusal, a look at everything, panics, and a crash.
func (h *hiding) goThrough() {
	const (
		beginning = "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 AUTH PLAIN LOGIN XOAUTH2\n"
		message   = "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <body>\nS: 250 ok\nC: QUIT\nS: 221 bye\n"
	)
	login := map[string]string{
		"plain":   "C: AUTH PLAIN *\n",
		"login":   "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 334 UGFzc3dvcmQ6\nC: *\n",
		"xoauth2": "C: AUTH XOAUTH2 *\n",
	}[h.auth]
	// A server that repeats what it does not like, in each form that it may.
	repeated := h.secret + " " + base64.StdEncoding.EncodeToString([]byte(h.secret)) + " " +
		base64.StdEncoding.EncodeToString([]byte("\x00ada\x00"+h.secret)) + " " + base64.StdEncoding.EncodeToString([]byte("user=ada\x01auth=Bearer "+h.secret+"\x01\x01"))

	good := smtptest.Serve(h.t, beginning+login+"S: 235 ok\n"+message+"---\n"+beginning+login+"S: 235 ok\n"+message, nil)
	h.at(good.Host, good.Port)
	h.run(0, "send", "--wait", "--trace", "--from", "work@example.org", "--to", "ana@example.org")
	h.run(0, "send", "--wait", "--trace", "--from", "other@example.org", "--to", "ana@example.org")
	good.Finish()

	bad := smtptest.Serve(h.t, beginning+login+"S: 535 5.7.8 what is "+repeated+"?\nC: <end>\n---\n"+beginning+login+"S: 535 5.7.8 what is "+repeated+"?\nC: <end>\n", nil)
	h.at(bad.Host, bad.Port)
	h.run(75, "send", "--wait", "--trace", "--from", "work@example.org", "--to", "ana@example.org")
	h.run(77, "account", "check", "work", "--trace")
	bad.Finish()
	h.run(75, "flush")
	for _, id := range []string{"a1", "a2", "a3"} {
		h.run(0, "show", id, "--log")
		h.run(0, "show", id, "--json")
	}
	h.run(0, "list", "--json")
	h.run(0, "account", "list", "--json")
	h.run(75, "doctor", "--json")
	h.panics()
	h.crash()
}

// crash has the program die in the middle of a login: its last words are all that
// its goroutines were about, and what it has said to other processes about the
// message on its way stays on disk.
func (h *hiding) crash() {
	server, heard := silentServer(h.t)
	h.at("127.0.0.1", server)
	cmd := h.Command("send", "--wait", "--from", "work@example.org", "--to", "ana@example.org")
	cmd.Env = append(cmd.Env, "GOTRACEBACK=all")
	cmd.Stdin = strings.NewReader("hello\n")
	said := startReading(h.t, cmd)
	select {
	case <-heard:
	case <-time.After(20 * time.Second):
		h.t.Fatalf("no login came: %s", said.text())
	}
	for _, name := range []string{"cmdline", "status", "maps"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", cmd.Process.Pid, name))
		if err != nil && !os.IsNotExist(err) {
			h.t.Error(err)
		}
		h.seen["the program's "+name] = text
	}
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		h.t.Fatal(err)
	}
	cmd.Wait()
	h.seen["the last words"] = []byte(said.text())
	if !strings.Contains(said.text(), "goroutine ") {
		h.t.Errorf("it did not crash: %s", said.text())
	}
}

// silentServer takes a login and says nothing to it.
func silentServer(t *testing.T) (port int, heard <-chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	login := make(chan struct{})
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		lines := bufio.NewReader(conn)
		fmt.Fprint(conn, "220 test\r\n")
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, "AUTH") {
				close(login)
				lines.ReadString('\n')
				return
			}
			fmt.Fprint(conn, "250-test\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n")
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port, login
}

// What a provider gives is in one file and nowhere else, whatever becomes of it.
func TestSecrets_TokensAreInTheirFileAlone(t *testing.T) {
	provider := oauthtest.Start(t)
	provider.Secret, provider.Interval, provider.Life = "secret/of+the client", 1, time.Second
	h := &hiding{Program: clitest.Install(t), t: t, auth: "xoauth2", place: "{ oauth = 'home' }", spied: t.TempDir(), seen: make(map[string][]byte)}
	h.secret = provider.Secret
	h.more = provider.TOML("home") + fmt.Sprintf("client_secret = { file = %q }\n", h.keep("client"))
	h.at("127.0.0.1", 9)
	h.run(0, "account", "login", "work", "--device")
	h.byBrowser(provider)

	provider.Lock()
	provider.Instead = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"invalid_request","error_description":%q}`, r.PostForm.Encode()+" "+r.PostForm.Get("refresh_token"))
		return true
	}
	provider.Unlock()
	h.secret = "access-token"
	h.run(75, "send", "--wait", "--trace", "--from", "work@example.org", "--to", "ana@example.org")
	h.run(77, "account", "check", "work", "--trace")
	h.run(0, "show", "a1", "--log")
	h.run(75, "doctor", "--json")

	kept := filepath.Join(h.DataDir(), "tokens", "work.json")
	text := read(t, kept)
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	secrets := []string{provider.Secret}
	provider.Lock()
	defer provider.Unlock()
	secrets = append(secrets, provider.Tokens...)
	for _, request := range provider.Requests {
		for _, key := range []string{"code", "code_verifier", "refresh_token", "device_code"} {
			if request.Get(key) != "" {
				secrets = append(secrets, request.Get(key))
			}
		}
	}
	if len(secrets) < 7 || lookFor(provider.Tokens[len(provider.Tokens)-1]).find([]byte(text)) == "" {
		t.Fatalf("%d secrets, and kept is %s", len(secrets), text)
	}
	for _, secret := range secrets {
		lookFor(secret).mustFindNothing(t, h.seen, h.Home, h.Work, h.spied)
	}
}

func (h *hiding) byBrowser(provider *oauthtest.Server) {
	h.t.Helper()
	cmd := h.Command("account", "login", "work", "--no-browser")
	said := startReading(h.t, cmd)
	response, err := http.Get(provider.Agree(h.t, said.await(h.t, shownAddress)))
	if err != nil {
		h.t.Fatal(err)
	}
	response.Body.Close()
	if err := cmd.Wait(); err != nil {
		h.t.Fatalf("%v: %s", err, said.text())
	}
	h.seen["what a login says"] = []byte(said.text())
}

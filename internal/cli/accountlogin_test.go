package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/internal/oauthtest"
	"sendoff/internal/smtptest"
	"sendoff/internal/uitest"
)

// tokenAccount is an account that logs in by tokens of a provider.
func tokenAccount(p *clitest.Program, provider *oauthtest.Server, smtp *smtptest.Server, more string) {
	p.WriteAccounts(provider.TOML("home") + more + fmt.Sprintf("[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n[account.smtp]\nhost = %q\nport = %d\n"+
		"security = 'none'\nusername = 'ada'\nsecret = { oauth = 'home' }\n", smtp.Host, smtp.Port))
}

// takesTokens is a server for one message of who logs in by a token, which is in
// the second line it hears.
const takesTokens = "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 AUTH XOAUTH2\nC: AUTH XOAUTH2 *\nS: 235 ok\n" +
	"C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <body>\nS: 250 ok\nC: QUIT\nS: 221 bye\n"

var shownAddress = regexp.MustCompile(`http://127\.0\.0\.1:\d+/auth\?\S+`)

// From nothing to a message: a login without a terminal, whose address a browser
// opens, and after it a token for the mail server.
func TestBuilt_AccountLoginByABrowser(t *testing.T) {
	provider, mail := oauthtest.Start(t), smtptest.Serve(t, takesTokens, nil)
	p := clitest.Install(t)
	tokenAccount(p, provider, mail, "")

	r := p.Run("hello\n", "send", "--wait", "--to", "ana@example.org")
	if r.Code != 75 || !strings.Contains(r.Err, "log in again: sendoff account login work") {
		t.Errorf("before: exit %d, %s", r.Code, r.Err)
	}
	cmd := p.Command("account", "login", "work")
	said := startReading(t, cmd)
	address := said.await(t, shownAddress)
	if left, err := http.Get(provider.Agree(t, address)); err != nil || left.StatusCode != http.StatusOK {
		t.Fatalf("%v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said.text())
	}
	if text := said.text(); !strings.Contains(text, "sendoff: account work is logged in at home") {
		t.Errorf("said\n%s", text)
	}
	p.Must("", "flush")
	if out := p.Must("", "list"); !strings.Contains(out, "sent") {
		t.Errorf("listed\n%s", out)
	}
	if n := provider.Refreshes(); n != 0 {
		t.Errorf("%d refreshes", n)
	}
	info, err := os.Stat(filepath.Join(p.DataDir(), "tokens", "work.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("kept %v, %v", info, err)
	}

	// The token goes with the account, and ends with it.
	p.Must("", "account", "rename", "work", "play")
	if _, err := os.Stat(filepath.Join(p.DataDir(), "tokens", "play.json")); err != nil {
		t.Error(err)
	}
	p.Must("", "account", "remove", "play")
	if left, _ := filepath.Glob(filepath.Join(p.DataDir(), "tokens", "*.json")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// addressOn is the address that a screen shows, in several lines.
func addressOn(x *uitest.Term) string {
	_, below, _ := strings.Cut(x.Screen(), "agree there:\n\n")
	address, _, _ := strings.Cut(below, "\n\n")
	return shownAddress.FindString(strings.ReplaceAll(address, "\n", ""))
}

// As over ssh: what the browser elsewhere ends at is pasted, and is not shown.
func TestBuilt_AccountLoginByAPastedAddress(t *testing.T) {
	provider, mail := oauthtest.Start(t), smtptest.Serve(t, takesTokens, nil)
	p := clitest.Install(t)
	tokenAccount(p, provider, mail, "")
	x := atTerminal(t, p.Command("account", "login", "work"))
	x.See("Then paste the address it ends at")
	address := addressOn(x)
	if address == "" {
		t.Fatalf("no address in\n%s", x.Screen())
	}
	x.Raw("what?\r")
	x.See("that is not the address")
	back := provider.Agree(t, address)
	asked, looked := make(chan bool, 1), make(chan bool)
	provider.Lock()
	provider.Instead = func(http.ResponseWriter, *http.Request) bool {
		select {
		case asked <- true:
			<-looked
		default:
		}
		return false
	}
	provider.Unlock()
	x.Raw(back + "\r")
	<-asked
	if x.Cooked() {
		t.Error("what is pasted while nothing is asked is shown")
	}
	close(looked)
	x.See("account work is logged in at home")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
	if code := regexp.MustCompile(`code-\w+`).FindString(back); strings.Contains(strings.ReplaceAll(x.Screen(), "\n", ""), code) {
		t.Errorf("the code is on the screen:\n%s", x.Screen())
	}
}

// A login that a browser ends while the terminal is asked gives the terminal back.
func TestBuilt_AccountLoginGivesTheTerminalBack(t *testing.T) {
	provider, mail := oauthtest.Start(t), smtptest.Serve(t, takesTokens, nil)
	p := clitest.Install(t)
	tokenAccount(p, provider, mail, "")
	x := atTerminal(t, shellAround(p, `"$0" account login work; echo "exit $?"; read line; echo "read $line"`))
	x.See("Then paste the address it ends at")
	if _, err := http.Get(provider.Agree(t, addressOn(x))); err != nil {
		t.Fatal(err)
	}
	x.See("exit 0")
	x.Raw("seen\r")
	x.Until("an echo", func(screen string) bool { return strings.Count(screen, "seen") == 2 })
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

func TestBuilt_AccountLoginByDevice(t *testing.T) {
	provider, mail := oauthtest.Start(t), smtptest.Serve(t, takesTokens, nil)
	provider.Interval = 1
	p := clitest.Install(t)
	tokenAccount(p, provider, mail, "")
	r := p.Run("", "account", "login", "work", "--device")
	if r.Code != 0 || !strings.Contains(r.Err, "type the code WDJB-MJHT there:\n\n  "+provider.URL+"/activate") {
		t.Errorf("exit %d, %s", r.Code, r.Err)
	}
	provider.Lock()
	provider.Pending = []string{"access_denied"}
	provider.Unlock()
	if r := p.Run("", "account", "login", "work", "--device"); r.Code != 77 || !strings.Contains(r.Err, "told not to let sendoff in") {
		t.Errorf("refused: exit %d, %s", r.Code, r.Err)
	}
}

// When the provider takes a login back, the account waits for a new one; when the
// provider is away, it waits for that.
func TestBuilt_AnAccountWaitsForItsProvider(t *testing.T) {
	provider, mail := oauthtest.Start(t), smtptest.Serve(t, takesTokens, nil)
	provider.Interval, provider.Life = 1, time.Second
	p := clitest.Install(t)
	tokenAccount(p, provider, mail, "")
	p.Must("", "account", "login", "work", "--device")

	provider.Lock()
	provider.Instead = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true }
	provider.Unlock()
	r := p.Run("hello\n", "send", "--wait", "--to", "ana@example.org")
	if log := p.Must("", "show", "a1", "--json"); r.Code != 75 || !strings.Contains(log, `"class": "network"`) || !strings.Contains(log, "502 Bad Gateway") {
		t.Errorf("away: exit %d, %s\n%s", r.Code, r.Err, log)
	}

	provider.Lock()
	provider.Instead = nil
	provider.Unlock()
	provider.Revoke()
	r = p.Run("", "retry", "a1")
	for range 2 {
		r = p.Run("", "flush")
		if r.Code != 75 {
			t.Errorf("taken back: exit %d, %s", r.Code, r.Err)
		}
	}
	if d := p.Run("", "doctor"); !strings.Contains(d.Out+d.Err, "sendoff account login work logs in again") {
		t.Errorf("doctor says\n%s%s", d.Out, d.Err)
	}
	if n := provider.Refreshes(); n > 3 {
		t.Errorf("the provider was asked %d times", n)
	}
	p.Must("", "account", "login", "work", "--device")
	p.Must("", "flush")
	if out := p.Must("", "list"); !strings.Contains(out, "sent") {
		t.Errorf("listed\n%s", out)
	}
}

func TestBuilt_AccountLoginNeedsAnAccountWithTokens(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	for code, args := range map[int][]string{64: {"account", "login", "work"}, 78: {"account", "login", "wokr"}} {
		if r := p.Run("", args...); r.Code != code || !strings.Contains(r.Err, "hint: ") {
			t.Errorf("exit %d, %s", r.Code, r.Err)
		}
	}
}

// shellAround runs a script of sh that has the program as $0.
func shellAround(p *clitest.Program, script string) *exec.Cmd {
	cmd := p.Command()
	shell := exec.Command("sh", "-c", script, p.Path)
	shell.Env, shell.Dir = cmd.Env, cmd.Dir
	return shell
}

// saying is what a running program says to people.
type saying struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *saying) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(data)
}

func (s *saying) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// startReading starts a program.
func startReading(t *testing.T, cmd *exec.Cmd) *saying {
	t.Helper()
	said := new(saying)
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return said
}

// await gives the first thing of a kind that it says.
func (s *saying) await(t *testing.T, pattern *regexp.Regexp) string {
	t.Helper()
	for range 1000 {
		if found := pattern.FindString(s.text()); found != "" {
			return found
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("it says only\n%s", s.text())
	return ""
}

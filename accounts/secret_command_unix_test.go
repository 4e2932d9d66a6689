//go:build unix

package accounts

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell is a secret command that runs a script.
func shell(script string, arguments ...string) Secret {
	return Secret{Command: append([]string{"sh", "-c", script, "sh"}, arguments...)}
}

func TestSecret_ResolveTakesTheFirstLineOfACommand(t *testing.T) {
	t.Setenv("SENDOFF_TEST_INHERITED", "hunter2")
	for _, test := range []struct {
		name   string
		secret Secret
		want   string
	}{
		{"first line", shell(`printf 'hunter2\nuser: ada\n'`), "hunter2"},
		{"CRLF", shell(`printf 'hunter2\r\n'`), "hunter2"},
		{"no line end", shell(`printf ' hunter2'`), " hunter2"},
		{"no shell", Secret{Command: []string{"echo", "$HOME; `id`"}}, "$HOME; `id`"},
		{"environment", shell(`echo "$SENDOFF_TEST_INHERITED"`), "hunter2"},
		{"standard input ends at once", shell(`cat; echo hunter2`), "hunter2"},
		{"complaint beside a good answer", shell(`echo careful >&2; echo hunter2`), "hunter2"},
		{"more output than is kept", shell(`echo hunter2; head -c 1000000 /dev/zero`), "hunter2"},
		{"a helper stays behind with the output", shell(`echo hunter2; sleep 20 & echo $! >"$1"`, filepath.Join(t.TempDir(), "pid")), "hunter2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.secret.Resolve(t.Context())
			if err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
			if len(test.secret.Command) == 5 {
				stop(t, test.secret.Command[4])
			}
		})
	}
}

// stop ends the helper whose process ID stands in a file.
func stop(t *testing.T, pidFile string) {
	t.Helper()
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	for _, digit := range strings.TrimSpace(string(text)) {
		pid = pid*10 + int(digit-'0')
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

func TestSecret_ResolveSaysHowACommandFailed(t *testing.T) {
	for _, test := range []struct {
		name   string
		secret Secret
		want   string
	}{
		{"status and complaint", shell(`echo hunter2; printf '\n gpg: no \033[31mkey\nmore\n' >&2; exit 3`), "secret from command sh: exit status 3: gpg: no \ufffd[31mkey"},
		{"status alone", shell(`exit 1`), "secret from command sh: exit status 1"},
		{"signal", shell(`kill -TERM $$`), "secret from command sh: signal: terminated"},
		{"nothing printed", shell(`echo careful >&2`), "secret from command sh: it is empty"},
		{"empty first line", shell(`echo; echo hunter2`), "secret from command sh: it is empty"},
		{"no such program", Secret{Command: []string{"sendoff-no-such-program"}}, `secret from command sendoff-no-such-program: there is no program of that name (in $PATH)`},
		{"no such file", Secret{Command: []string{"/no/such/program"}}, `secret from command program: there is no such program`},
		{"no program", Secret{Command: []string{"/etc/passwd"}}, `secret from command passwd: it is no program that may be run`},
		{"endless line", shell(`head -c 70000 /dev/zero`), "secret from command sh: its first line is longer than 64 KiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.secret.Resolve(t.Context())
			if got != "" || err == nil || err.Error() != test.want {
				t.Errorf("got %q, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestRunCommand_EndsAtTheLimit(t *testing.T) {
	began := time.Now()
	_, err := runCommand(t.Context(), []string{"sleep", "60"}, nil, 50*time.Millisecond)
	if !errors.Is(err, errTooSlow) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestSecret_ResolveKillsWhatTheCommandStartedWhenTheContextEnds(t *testing.T) {
	// The helper holds a FIFO open for writing: the end of the file is its death.
	fifo := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	alive, err := os.OpenFile(fifo, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	if err := alive.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := shell(`(echo started; exec sleep 60) >"$1" & wait`, fifo).Resolve(ctx)
		failed <- err
	}()

	line, err := bufio.NewReader(alive).ReadString('\n')
	if err != nil || line != "started\n" {
		t.Fatalf("helper: %q, %v", line, err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// From here only the helper could keep the FIFO from ending.
	rest, err := os.OpenFile(fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer rest.Close()
	alive.Close()
	if err := rest.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := rest.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("the helper lives on: read %d, %v", n, err)
	}
}

func TestSecret_ResolveRefusesAFileThatOthersCanRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	_, err := Secret{File: path}.Resolve(t.Context())
	if want := "secret from file " + path + ": others can read it (mode 0640): chmod 600 " + path; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The command of one account has nothing to do with what is in a variable for
// another.
func TestSecret_ResolveHidesTheVariablesOfOthers(t *testing.T) {
	t.Setenv("SENDOFF_TEST_OTHER", "hunter2")
	t.Setenv("SENDOFF_TEST_CLIENT", "hunter2")
	t.Setenv("SENDOFF_TEST_HARMLESS", "here")
	r, err := read("f", []byte("[oauth.google]\nclient_id = 'x'\nclient_secret = { env = 'SENDOFF_TEST_CLIENT' }\n"+
		valid+"username = 'ada'\nsecret = { command = ['sh', '-c', 'echo $SENDOFF_TEST_OTHER$SENDOFF_TEST_CLIENT$SENDOFF_TEST_HARMLESS'] }\n"+
		"[[account]]\nname = 'other'\nfrom = 'ada@example.org'\nsmtp.host = 'h'\nsmtp.username = 'ada'\nsmtp.secret.env = 'SENDOFF_TEST_OTHER'\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"here", "hunter2"} {
		if got, err := r.book.Accounts[i].SMTP.Secret.Resolve(t.Context()); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	for _, variable := range r.book.Environ() {
		if strings.Contains(variable, "hunter2") {
			t.Errorf("the environment has %s", variable)
		}
	}
}

package cli_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sendoff/internal/cli"
	"sendoff/internal/clitest"
	"sendoff/internal/sandbox"
)

// TestMain makes this test binary the program itself when a script calls it.
func TestMain(m *testing.M) {
	testscript.Main(cleaning{m}, map[string]func(){"sendoff": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		defer stop()
		os.Exit(cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}, "sendoff-panicking": runPanicking})
}

// cleaning runs the tests and removes the program they have built.
type cleaning struct{ m *testing.M }

func (c cleaning) Run() int {
	code := c.m.Run()
	clitest.Remove()
	return code
}

// TestScripts runs the stories of testdata/script: the command line as a user
// sees it, with a home of its own and the sandbox as the world.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"damage": damage,
		},
	})
}

// setUp gives a script a home, and a sandbox at $SMTP whose mail lands in
// $MAILDIR.
func setUp(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	for name, dir := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": home + "/config", "XDG_DATA_HOME": home + "/data", "XDG_STATE_HOME": home + "/state",
	} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		env.Setenv(name, dir)
	}
	// The race detector lets every command sleep for a second before it ends, where nothing of ours goes on: this is
	// enough, and there are hundreds.
	env.Setenv("GORACE", cmp.Or(os.Getenv("GORACE"), "atexit_sleep_ms=100"))
	maildir := filepath.Join(env.WorkDir, "maildir")
	server, err := sandbox.Start(sandbox.Options{Addr: "127.0.0.1:0", Dir: maildir})
	if err != nil {
		return err
	}
	env.Defer(func() { server.Close() })
	host, port, ok := strings.Cut(server.Addr(), ":")
	if !ok {
		return fmt.Errorf("sandbox at %q", server.Addr())
	}
	env.Setenv("SMTP", server.Addr())
	env.Setenv("MAILDIR", maildir)
	config := fmt.Sprintf("[[account]]\nname = \"work\"\nfrom = \"Ada Example <ada@example.org>\"\nidentities = [\"*@ada.example\"]\n\n"+
		"[account.smtp]\nhost = %q\nport = %s\nsecurity = \"none\"\n", host, port)
	dir := filepath.Join(home, "config", "sendoff")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "accounts.toml"), []byte(config), 0o600)
}

// exits runs a command and checks its exit code: exits 65 sendoff send …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// damage overwrites the first page of a database: damage FILE
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage FILE")
	}
	file, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	_, err = file.Write(make([]byte, 4096))
	ts.Check(errors.Join(err, file.Close()))
}

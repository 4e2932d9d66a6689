package peers

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// busConfig is a session bus that starts nothing by itself: neither a keyring nor
// a window that would ask for its password.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
`

// Bus is a running session bus of D-Bus, with nobody on it yet. It ends with the
// test.
type Bus struct {
	Address string // for DBUS_SESSION_BUS_ADDRESS
	home    string
	socket  string
}

// NeedBus starts one.
func NeedBus(tb testing.TB) *Bus {
	tb.Helper()
	home := tb.TempDir()
	// The path of a socket is short of room (108 bytes), and names of tests are long.
	folder, err := os.MkdirTemp("", "bus")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(folder) })
	b := &Bus{home: home, socket: filepath.Join(folder, "bus")}
	config := filepath.Join(home, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, b.socket), 0o600); err != nil {
		tb.Fatal(err)
	}
	said := startSaying(tb, exec.Command(Need(tb, "dbus-daemon"), "--config-file="+config, "--nofork", "--print-address"))
	b.Address = "unix:path=" + b.socket
	if line := said("an address"); !strings.HasPrefix(line, b.Address) {
		tb.Fatalf("dbus-daemon said %q", line)
	}
	return b
}

// Keyring has GNOME Keyring come onto the bus, unlocked by a password and with
// what was kept under it before. What it gives ends it.
func (b *Bus) Keyring(tb testing.TB, password string) (leave func()) {
	tb.Helper()
	cmd := exec.Command(Need(tb, "gnome-keyring-daemon"), "--foreground", "--unlock", "--components=secrets", "--control-directory="+b.home)
	cmd.Stdin = strings.NewReader(password)
	return b.join(tb, cmd)
}

// LockedKeyring is Keyring that nobody has unlocked.
func (b *Bus) LockedKeyring(tb testing.TB) (leave func()) {
	tb.Helper()
	return b.join(tb, exec.Command(Need(tb, "gnome-keyring-daemon"), "--foreground", "--components=secrets", "--control-directory="+b.home))
}

func (b *Bus) join(tb testing.TB, keyring *exec.Cmd) (leave func()) {
	tb.Helper()
	keyring.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS="+b.Address, "HOME="+b.home, "XDG_DATA_HOME="+filepath.Join(b.home, "data"), "DISPLAY=", "WAYLAND_DISPLAY=")
	startSaying(tb, keyring)("where it is")
	b.waitFor(tb, "org.freedesktop.secrets")
	ended := false
	leave = func() {
		if !ended {
			keyring.Process.Kill()
			keyring.Wait()
			ended = true
		}
	}
	tb.Cleanup(leave)
	return leave
}

// waitFor waits until somebody has a name on the bus.
func (b *Bus) waitFor(tb testing.TB, name string) {
	tb.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		ask := exec.Command(Need(tb, "dbus-send"), "--bus="+b.Address, "--print-reply=literal", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", "string:"+name)
		if said, err := ask.Output(); err == nil && strings.Contains(string(said), "true") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	tb.Fatalf("nobody on the bus is %s", name)
}

// startSaying starts a program that tells by a line that it is ready. What it
// gives waits for that.
func startSaying(tb testing.TB, cmd *exec.Cmd) func(what string) string {
	tb.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		lines <- line
		io.Copy(io.Discard, r)
	}()
	return func(what string) string {
		tb.Helper()
		select {
		case line := <-lines:
			return strings.TrimSpace(line)
		case <-time.After(20 * time.Second):
			tb.Fatalf("%s did not say %s", cmd.Path, what)
			return ""
		}
	}
}

//go:build unix

package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program writes a program that notes its arguments, a line each.
func program(t *testing.T, name string) (dir, noted string) {
	t.Helper()
	dir = t.TempDir()
	noted = filepath.Join(dir, "noted")
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nprintf '%s\\n' \"$@\" >"+noted+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, noted
}

func wantNoted(t *testing.T, noted string, want ...string) {
	t.Helper()
	text, err := os.ReadFile(noted)
	if err != nil || string(text) != strings.Join(want, "\n")+"\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestByCommand_GivesTitleAndBodyAsArguments(t *testing.T) {
	dir, noted := program(t, "show")
	show := ByCommand([]string{filepath.Join(dir, "show"), "--loud"}, nil)
	if err := show(t.Context(), Notice{"Not delivered: “a $(id)”", "To <b>"}); err != nil {
		t.Fatal(err)
	}
	wantNoted(t, noted, "--loud", "Not delivered: “a $(id)”", "To <b>")
	if err := ByCommand([]string{"/nowhere"}, nil)(t.Context(), Notice{}); err == nil {
		t.Error("a program that is not there has shown it")
	}
}

func TestDesktop_TakesNotifySendWhereThereIsASession(t *testing.T) {
	dir, noted := program(t, notifySend)
	t.Setenv("PATH", dir)
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	if Desktop(nil) != nil {
		t.Error("there is no session")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	show := Desktop(nil)
	if show == nil {
		t.Fatal("nothing shows it")
	}
	if err := show(t.Context(), Notice{"Title <1>", "To <ana@example.org> & co."}); err != nil {
		t.Fatal(err)
	}
	wantNoted(t, noted, "--app-name=sendoff", "--icon=mail-send", "--", "Title <1>", "To &lt;ana@example.org&gt; &amp; co.")
	t.Setenv("PATH", t.TempDir())
	if Desktop(nil) != nil {
		t.Error("there is no program")
	}
}

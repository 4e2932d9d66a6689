package accounts

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecret_ShowsOnlyWhereItComesFrom(t *testing.T) {
	command := Secret{Command: []string{"/usr/bin/print\x1b", "hunter2"}}
	for _, test := range []struct {
		secret Secret
		want   string
	}{
		{command, "command print\ufffd"},
		{Secret{File: "/home/ada/.password"}, "file /home/ada/.password"},
		{Secret{Env: "MAIL_PASSWORD"}, "variable MAIL_PASSWORD"},
		{Secret{}, "nowhere"},
	} {
		if got := test.secret.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}

	a := Account{SMTP: SMTP{Secret: command}}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("account", "secret", command)
	for _, shown := range []string{fmt.Sprint(a), fmt.Sprintf("%+v", a), fmt.Sprintf("%#v", a), fmt.Sprintf("%q", command), log.String()} {
		if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "print") {
			t.Errorf("shown as %s", shown)
		}
	}
}

func TestSecret_ResolveReadsTheFirstLineOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	for _, test := range []struct{ text, want string }{
		{"hunter2", "hunter2"},
		{"hunter2\n", "hunter2"},
		{"hunter2\r\nuser: ada\r\n", "hunter2"},
		{" hunter 2 \n\n", " hunter 2 "},
	} {
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Secret{File: path}.Resolve(t.Context())
		if err != nil || got != test.want {
			t.Errorf("of %q: %q, %v", test.text, got, err)
		}
	}
}

func TestSecret_ResolveRefusesAnUnusableFile(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("\nhunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		empty:                         "it is empty",
		filepath.Join(dir, "missing"): "no such file or directory",
		dir:                           "not a regular file",
	} {
		_, err := Secret{File: path}.Resolve(t.Context())
		if err == nil || err.Error() != "secret from file "+path+": "+want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func TestSecret_ResolveReadsAVariable(t *testing.T) {
	t.Setenv("SENDOFF_TEST_SECRET", "hunter2")
	t.Setenv("SENDOFF_TEST_EMPTY", "")
	if got, err := (Secret{Env: "SENDOFF_TEST_SECRET"}).Resolve(t.Context()); err != nil || got != "hunter2" {
		t.Errorf("got %q, %v", got, err)
	}
	for name, want := range map[string]string{
		"SENDOFF_TEST_EMPTY": "secret from variable SENDOFF_TEST_EMPTY: it is empty",
		"SENDOFF_TEST_UNSET": "secret from variable SENDOFF_TEST_UNSET: it is not set",
	} {
		if _, err := (Secret{Env: name}).Resolve(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := (Secret{}).Resolve(t.Context()); err == nil || err.Error() != "secret from nowhere: the account names none" {
		t.Errorf("no secret: %v", err)
	}
}

//go:build unix

package accounts

import (
	"errors"
	"io/fs"
	"testing"

	"sendoff/internal/config"
)

func TestLoad_RefusesAFileThatOthersDecideOver(t *testing.T) {
	const command = valid + "username = 'ada'\nsecret = { command = ['pass'] }\n"
	const file = valid + "username = 'ada'\nsecret = { file = '/secret' }\n"
	const proxy = valid + "proxy = 'http://ada@proxy:1'\nproxy_secret = { command = ['pass'] }\n"
	for _, test := range []struct {
		text    string
		mode    fs.FileMode
		problem string
	}{
		{valid, 0o600, ""},
		{valid, 0o644, ""},
		{file, 0o644, ""},
		{valid, 0o664, "others can write to it (mode 0664)"},
		{valid, 0o602, "others can write to it (mode 0602)"},
		{command, 0o400, ""},
		{command, 0o640, "others can read it (mode 0640)"},
		{proxy, 0o600, ""},
		{proxy, 0o640, "others can read it (mode 0640)"},
		{command, 0o604, "others can read it (mode 0604)"},
	} {
		path := write(t, test.text, test.mode)
		_, err := Load(path)
		var e *config.Error
		switch {
		case test.problem == "" && err != nil:
			t.Errorf("%04o: %v", test.mode, err)
		case test.problem == "":
		case !errors.As(err, &e) || e.Error() != path+": "+test.problem || e.Hint != "chmod 600 "+path:
			t.Errorf("%04o: got %v, want %s", test.mode, err, test.problem)
		}
	}
}

package cli_test

import (
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sendoff/internal/gpgtest"
)

// TestScripts_OpenPGP runs the story of who signs and encrypts with a real gpg.
func TestScripts_OpenPGP(t *testing.T) {
	ada, kim := gpgtest.New(t), gpgtest.New(t)
	ada.NewKey("Ada Example <ada@example.org>")
	ada.Learn(kim, kim.NewKey("Kim <kim@example.com>"))
	testscript.Run(t, testscript.Params{
		Dir: "testdata/openpgp",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GNUPGHOME", ada.Dir())
			program, err := exec.LookPath("sendoff") // testscript's own, which a script can also run without PATH
			if err != nil {
				return err
			}
			env.Setenv("SENDOFF", program)
			return setUp(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
)

// In the interface the editor works on a copy, which is put in place when it is
// right; what is wrong can be mended, and is not lost when it is given up.
func TestBuilt_TheInterfaceEditsAnAccountInTheEditor(t *testing.T) {
	p := clitest.Install(t)
	const before = "# mine\n[[account]]\nname = 'home'\nfrom = 'ada@example.net'\nsmtp.host = 'localhost'\n\n[[account]]\nname = 'work'\nfrom = 'ada@example.org'\nsmtp.host = 'localhost'\n"
	p.WriteAccounts(before)
	path := filepath.Join(p.Home, "config/sendoff/accounts.toml")
	editor := filepath.Join(t.TempDir(), "vi")
	script := `#!/bin/sh
echo "$1" > "$HOME/line"
case $(cat "$2") in
*hosst*) sed -i "s/hosst = 'localhost'/host = '127.0.0.1'/" "$2" ;;
*127*) echo "hosst = 1" >> "$2" ;;
*) sed -i s/host/hosst/ "$2" ;;
esac
`
	if err := os.WriteFile(editor, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	x := atTerminal(t, p.Command(), "VISUAL="+editor)
	x.See("home ○")
	x.Raw("Aj")
	x.See("▌work")
	x.Raw("e")
	x.See("hosst: unknown key")
	x.See("Edit it again?")
	if got := read(t, path); got != before {
		t.Errorf("accounts.toml is\n%s", got)
	}
	if got := read(t, filepath.Join(p.Home, "line")); got != "+7\n" {
		t.Errorf("it was opened at %q", got)
	}
	x.Raw("y")
	x.See("accounts.toml is changed.")
	x.See("127.0.0.1:465")
	if got := read(t, path); got != strings.ReplaceAll(before, "localhost", "127.0.0.1") {
		t.Errorf("accounts.toml is\n%s", got)
	}
	x.Raw("e")
	x.See("Edit it again?")
	x.Raw("n")
	x.See("What you wrote is in ")
	_, kept, _ := strings.Cut(x.Screen(), "What you wrote is in ")
	kept, _, _ = strings.Cut(kept, ". ") // the rule goes on behind it
	x.Raw("\x1b")
	x.See("Drafts")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if got := read(t, kept); !strings.HasSuffix(got, "hosst = 1\n") {
		t.Errorf("kept in %s is\n%s", kept, got)
	}
	os.RemoveAll(filepath.Dir(kept))
}

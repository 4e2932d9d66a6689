package importer

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sendoff/accounts"
)

// The programs themselves, where they are installed, must read their files as we
// do.

// unpack puts the files of an archive below a home, and gives the machine that has
// it and the path of the first.
func unpack(t *testing.T, name string) (m Machine, path string) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for _, file := range archive.Files {
		rest, ok := strings.CutPrefix(file.Name, "/home/ada/")
		if !ok {
			continue
		}
		at := filepath.Join(home, rest)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, file.Data, 0o600)); err != nil {
			t.Fatal(err)
		}
		if path == "" {
			path = at
		}
	}
	return Machine{Home: home, ReadFile: os.ReadFile, Env: func(name string) string { return map[string]string{"HOME": home}[name] }}, path
}

// ask runs a program with a home and nothing else.
func ask(t *testing.T, m Machine, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed", program)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = []string{"HOME=" + m.Home, "PATH=" + os.Getenv("PATH"), "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1"}
	out, err := cmd.Output() // mutt complains about a macro that is none, and answers
	if len(out) == 0 {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Logf("%s", exit.Stderr)
		}
		t.Fatalf("%s %q: %v", program, args, err)
	}
	return string(out)
}

func TestMsmtp_ReadsAsMsmtpItself(t *testing.T) {
	for _, name := range []string{"msmtp/forms.txtar", "msmtp/tls.txtar"} {
		m, path := unpack(t, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range parseMsmtp(m, path, string(text)) {
			says := make(map[string]string)
			for line := range strings.Lines(ask(t, m, "msmtp", "--pretend", "--file="+path, "--account="+f.Account.Name, "--passwordeval=echo x")) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
				says[key] = strings.TrimPrefix(value, "(not set)")
			}
			s := f.Account.SMTP
			if says["auth"] == "none" {
				says["user"] = ""
			}
			security := map[string]accounts.Security{"off": accounts.None, "on": accounts.TLS}[says["tls"]]
			if says["tls"] == "on" && says["tls_starttls"] == "on" {
				security = accounts.STARTTLS
			}
			want := []string{says["host"], says["port"], string(security), says["user"], says["from"], says["proxy host"]}
			got := []string{s.Host, strconv.Itoa(s.Port), string(s.Security), s.Username, f.Account.From.Address, s.Proxy.Host}
			if !slices.Equal(got, want) {
				t.Errorf("%s: account %s\nread as %q\nmsmtp:  %q", name, f.Account.Name, got, want)
			}
		}
	}
}

func TestGit_ReadsAsGitItself(t *testing.T) {
	for _, name := range []string{"git/identities.txtar", "git/general.txtar", "git/refused.txtar"} {
		m, path := unpack(t, name)
		r := &reader{machine: m}
		entries, _, err := r.gitFile(path, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.name()+"\n"+e.value)
		}
		want := strings.Split(strings.TrimSuffix(ask(t, m, "git", "config", "--file", path, "--includes", "--list", "--null"), "\x00"), "\x00")
		for i, entry := range want { // a name alone comes without a value
			if !strings.Contains(entry, "\n") {
				want[i] += "\ntrue"
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: read as\n%q\ngit:\n%q", name, got, want)
		}
	}
}

// What git says of values that are written in odd ways, we say too.
func TestGit_ReadsOddValuesAsGitItself(t *testing.T) {
	m := Machine{Home: t.TempDir()}
	for _, text := range []string{
		"[a]\nb = c # d\n", "[a]\nb = \"c # d\" ; e\n", "[a]\nb = c\\\nd\n", "[a]\nb = \\t\\\"x\\\\\n", "[a] b = c\n",
		"[a]\nb=\n", "[a]\nb\n", "[a]\nb ; c\n", "[a \"X\\\"y\"]\nb = 1\n", "[A.Bc]\nD-e = \"x\" y \"z\"  \n", "[a]\r\nb = c\r\n",
		"\ufeff[a]\nb = c", "[a]\nb = x   y\n", "[a]\nb = \"x\\\n  y\"\n", "# c\n\n[a];d\n  b=c",
		"[a]\nb = \"c\n", "[a\nb = c\n", "b = c\n", "[a]\nb c\n", "[a]\nb = \\x\n", "[a]\n=c\n", "[a \"x\ny\"]\nb=c\n", "[]\nb=c\n", "[a]\nb = c\\",
	} {
		path := filepath.Join(m.Home, "config")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		git, err := exec.LookPath("git")
		if err != nil {
			t.Skip("git is not installed")
		}
		cmd := exec.Command(git, "config", "--file", path, "--list", "--null")
		cmd.Env = []string{"HOME=" + m.Home, "LC_ALL=C"}
		out, gitErr := cmd.Output()
		entries, err := parseGitConfig(path, text)
		if (err == nil) != (gitErr == nil) {
			t.Errorf("%q: we say %v, git %v", text, err, gitErr)
			continue
		}
		if err != nil {
			continue
		}
		got := ""
		for _, e := range entries {
			got += e.name() + "\n" + e.value + "\x00"
		}
		if want := strings.ReplaceAll(string(out)+"\x01", "b\x00\x01", "b\ntrue\x00\x01"); got+"\x01" != want {
			t.Errorf("%q: we read %q, git %q", text, got, out)
		}
	}
}

func TestMutt_ReadsAsMuttItself(t *testing.T) {
	for _, program := range []string{"mutt", "neomutt"} {
		t.Run(program, func(t *testing.T) {
			for _, name := range []string{"mutt/single.txtar", "mutt/sourced.txtar", "mutt/words.txtar"} {
				m, path := unpack(t, name)
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				s := &muttState{reader: &reader{machine: m}, vars: make(map[string]muttSetting)}
				s.file(path, string(text), 0)
				args := []string{"-n", "-F", path}
				var variables []string
				for _, variable := range []string{"realname", "from", "smtp_url", "imap_pass", "imap_user", "preconnect", "tunnel", "attribution"} {
					if _, ok := s.vars[variable]; ok {
						variables, args = append(variables, variable), append(args, "-Q", variable)
					}
				}
				lines := strings.Split(strings.TrimSpace(ask(t, m, program, args...)), "\n")
				if len(lines) != len(variables) {
					t.Fatalf("%s says %q of %q", program, lines, variables)
				}
				for i, variable := range variables {
					_, want, _ := strings.Cut(lines[i], "=")
					if want, err = strconv.Unquote(strings.TrimSpace(want)); err != nil {
						t.Fatal(err)
					}
					if got := s.text(variable); got != want {
						t.Errorf("%s: %s is %q, and %q to %s", name, variable, got, want, program)
					}
				}
			}
		})
	}
}

// The command that asks git's credential helpers works with a real one.
func TestGit_CredentialScriptPrintsThePassword(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	home := t.TempDir()
	config := "[credential]\n\thelper = store\n"
	if err := errors.Join(
		os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o600),
		os.WriteFile(filepath.Join(home, ".git-credentials"), []byte("smtp://ada%40example.org:correct%20horse@smtp.example.org%3a587\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	m := Machine{Home: home, ReadFile: os.ReadFile}
	text := config + "[user]\nemail=ada@example.org\n[sendemail]\nsmtpServer=smtp.example.org\nsmtpEncryption=tls\nsmtpServerPort=587\nsmtpUser=ada@example.org\n"
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := m.Read(Git, filepath.Join(home, ".gitconfig"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	t.Setenv("HOME", home)
	t.Setenv("PATH", filepath.Dir(git)+":"+os.Getenv("PATH"))
	got, err := found[0].Account.SMTP.Secret.Resolve(t.Context())
	if err != nil || got != "correct horse" {
		t.Errorf("%q, %v", got, err)
	}
}

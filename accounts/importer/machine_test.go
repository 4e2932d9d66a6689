package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sendoff/internal/cleantext"
)

func TestRecognise_ByNameElseByContent(t *testing.T) {
	for _, test := range []struct {
		path, text string
		want       Kind
	}{
		{"/home/ada/.msmtprc", "", Msmtp},
		{"/home/ada/.config/msmtp/config", "", Msmtp},
		{"/home/ada/.muttrc", "", Mutt},
		{"/home/ada/.mutt/work", "", Mutt},
		{"/home/ada/.config/neomutt/account", "", Mutt},
		{"/home/ada/.gitconfig", "", Git},
		{"/src/x/.git/config", "", Git},
		{"/home/ada/.config/git/config", "", Git},
		{"/home/ada/.config/aerc/accounts.conf", "", Aerc},
		{"/home/ada/.config/himalaya/config.toml", "", Himalaya},
		{"/p/prefs.js", "", Thunderbird},
		{"/x", "# my accounts\ndefaults\ntls on\n", Msmtp},
		{"/x", "account work\nhost h\n", Msmtp},
		{"/x", "set from=a\n  set smtp_url = smtp://h/\n", Mutt},
		{"/x", "[user]\n[sendemail \"x\"]\n", Git},
		{"/x", "[Work]\nsource = imaps://h\noutgoing = smtps://h\n", Aerc},
		{"/x", "[accounts.work]\n", Himalaya},
		{"/x", "[work]\nsmtp-host = \"h\"\n", Himalaya},
		{"/x", "// Mozilla\nuser_pref(\"a\", 1);\n", Thunderbird},
		{"/x", "account = 5\n", ""},
		{"/etc/passwd", "root:x:0:0::/root:/bin/sh\n", ""},
	} {
		if got := Recognise(test.path, []byte(test.text)); got != test.want {
			t.Errorf("%s %q: %q, want %q", test.path, test.text, got, test.want)
		}
	}
}

func TestUsual_FindsWhatIsThere(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{
		".msmtprc", "config/msmtp/config", ".muttrc", ".mutt/muttrc", "config/neomutt/neomuttrc", "config/aerc/accounts.conf",
		"config/himalaya/config.toml", ".gitconfig", "config/git/config", ".thunderbird/one/prefs.js", ".thunderbird/two/prefs.js",
		"snap/thunderbird/common/.thunderbird/three/prefs.js",
	} {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	profiles := "[Profile1]\nName=x\nIsRelative=1\nPath=one\nDefault=1\n[Profile0]\nPath=two\n[InstallAB]\nDefault=two\nLocked=1\n"
	if err := os.WriteFile(filepath.Join(home, ".thunderbird/profiles.ini"), []byte(profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, source := range (Machine{Home: home, ConfigHome: home + "/config", ReadFile: os.ReadFile}).Usual() {
		line := string(source.Kind)
		for _, path := range source.Files {
			line += " " + strings.TrimPrefix(path, home+"/")
		}
		if !strings.HasPrefix(source.Files[0], "/etc") {
			got = append(got, line)
		}
	}
	want := []string{
		"msmtp .msmtprc", "msmtp config/msmtp/config", "mutt config/neomutt/neomuttrc", "mutt .muttrc", "mutt .mutt/muttrc",
		"aerc config/aerc/accounts.conf", "himalaya config/himalaya/config.toml", "git config/git/config .gitconfig",
		"thunderbird .thunderbird/two/prefs.js", "thunderbird snap/thunderbird/common/.thunderbird/three/prefs.js",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if all := (Machine{ReadFile: os.ReadFile}).Usual(); slices.ContainsFunc(all, func(s Source) bool { return !strings.HasPrefix(s.Files[0], "/etc/") }) {
		t.Errorf("without a home: %v", all)
	}
}

func TestThunderbirdDefault_IsThatOfTheInstallationElseTheMarkedOne(t *testing.T) {
	for text, want := range map[string]string{
		"[InstallX]\nDefault=Profiles/a\n[Profile0]\nPath=b\nDefault=1\n": "/t/Profiles/a/prefs.js",
		"[Profile0]\nPath=a\n[Profile1]\nPath=b\nDefault=1\n":             "/t/b/prefs.js",
		"[Profile0]\nIsRelative=0\nPath=/else/b\nDefault=1\n":             "/else/b/prefs.js",
		"[Profile0]\nPath=a\n": "",
	} {
		if got := thunderbirdDefault("/t", text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Two files of git are one: what is said in the later one counts.
func TestRead_SeveralFilesOfGitAreOne(t *testing.T) {
	files := map[string]string{
		"/x": "[sendemail]\nsmtpServer=old.example.org\nsmtpEncryption=ssl\n[user]\nemail=ada@example.org\n",
		"/h": "[sendemail]\nsmtpServer=new.example.org\n",
	}
	m := Machine{ReadFile: func(path string) ([]byte, error) { return []byte(files[path]), nil }}
	found, err := m.Read(Git, "/x", "/h")
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	if s := found[0].Account.SMTP; s.Host != "new.example.org" || s.Port != 465 {
		t.Errorf("%+v", s)
	}
}

func TestRead_SaysWhyAFileCannotBeRead(t *testing.T) {
	m := Machine{ReadFile: func(path string) ([]byte, error) {
		switch path {
		case "/bad":
			return []byte("[a]\nb c\nhunter2"), nil
		case "/twice":
			return []byte("\"\\u001b[2J\" = 1\n\"\\u001b[2J\" = 2\n"), nil
		case "/empty":
			return nil, nil
		}
		return nil, fs.ErrNotExist
	}}
	for _, test := range []struct {
		kind Kind
		path string
		want string
	}{
		{Msmtp, "/none", "file does not exist"},
		{Himalaya, "/twice", "/twice:2: key \ufffd[2J is already defined"},
		{Git, "/bad", "/bad:2: this is no git configuration"},
		{Himalaya, "/bad", "/bad:2: expected '=' after key"},
		{Thunderbird, "/empty", "there is no setting of Thunderbird in it"},
		{"elm", "/empty", `no files of "elm" are known`},
	} {
		if _, err := m.Read(test.kind, test.path); err == nil || err.Error() != test.want {
			t.Errorf("%s %s: %v, want %s", test.kind, test.path, err, test.want)
		}
	}
	if _, err := (Machine{}).Read(Msmtp, "/x"); err == nil {
		t.Error("a machine without files read one")
	}
}

func TestCommand_IsAnArgvWhereNoShellIsNeeded(t *testing.T) {
	m := Machine{Home: "/home/ada"}
	shell := func(line string) []string { return []string{"sh", "-c", line} }
	for line, want := range map[string][]string{
		"pass show mail":           {"pass", "show", "mail"},
		`pass show "my mail"`:      {"pass", "show", "my mail"},
		"gpg -dq ~/.pw.gpg":        {"gpg", "-dq", "/home/ada/.pw.gpg"},
		"~/bin/token":              {"/home/ada/bin/token"},
		`gpg -d "~/x"`:             shell(`gpg -d "~/x"`),
		"gpg -d ~root/x":           shell("gpg -d ~root/x"),
		"gpg -d $HOME/x":           shell("gpg -d $HOME/x"),
		"pass x | head -1":         shell("pass x | head -1"),
		"PASSWORD_STORE=x pass y":  shell("PASSWORD_STORE=x pass y"),
		"pass x # mine":            shell("pass x # mine"),
		"cd /x && cat y":           shell("cd /x && cat y"),
		"exec pass x":              shell("exec pass x"),
		`secret-tool lookup a=b c`: {"secret-tool", "lookup", "a=b", "c"},
		"gpg --no-tty < ~/x":       shell("gpg --no-tty < ~/x"),
		`pass "unfinished`:         shell(`pass "unfinished`),
		"  ":                       nil,
	} {
		if got := m.command(line); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if got := (Machine{}).command("gpg ~/x"); !slices.Equal(got, shell("gpg ~/x")) {
		t.Errorf("without a home: %q", got)
	}
}

func TestSecretOf_ACommandThatOnlyPrintsIsAClearPassword(t *testing.T) {
	for line, want := range map[string]string{
		"echo x":                          "x",
		"echo -n 'x y'":                   "x y",
		"echo a b":                        "a b",
		"printf x":                        "x",
		`printf 'x\n'`:                    "x",
		`printf '%s\n' x`:                 "x",
		"printf -- x":                     "x",
		"/bin/echo x":                     "x",
		"env echo x":                      "x",
		"LC_ALL=C command echo x":         "x",
		"eval 'echo x'":                   "x",
		"sh -c 'echo x'":                  "x",
		`bash -lc "sh -c 'echo x'"`:       "x",
		"cat <<< x":                       "x",
		"cat <<<'x y'":                    "x y",
		"echo x 2>/dev/null":              "x",
		"echo '$X'":                       "$X",
		"(echo x)":                        "x",
		"sh -c 'exec echo x # y'":         "x",
		"echo $X":                         "",
		`echo "$X"`:                       "",
		"echo $(pass x)":                  "",
		"echo `pass x`":                   "",
		"printf %s \"$X\"":                "",
		`printf '%s\n' "$(pass x)"`:       "",
		"cat <<< $X":                      "",
		"echo":                            "",
		"echo ''":                         "",
		"pass echo":                       "",
		"pass 'echo x'":                   "",
		"sh -c 'pass x'":                  "",
		"sh -c 'pass x | head -1'":        "",
		"sh script echo x":                "",
		"echo unlock >&2; pass x":         "",
		"pass x && echo":                  "",
		"pass x 2>&1":                     "",
		"PASSWORD_STORE_DIR=/x pass echo": "",
	} {
		secret, clear := new(Found).secretOf(Place{"f", 1}, Machine{}.command(line))
		got := ""
		if clear != nil {
			got = clear.Reveal()
		}
		if got != want || secret.IsZero() == (want == "") {
			t.Errorf("%q: %q and %v, want %q", line, got, secret, want)
		}
	}
}

// Where a password stands in a command, and it takes a shell to know its form, it
// is neither copied nor guessed.
func TestSecretOf_ACommandWithAPasswordInItIsLeftOut(t *testing.T) {
	for _, line := range []string{
		"echo hunter2 | head -1", "echo aHVudGVyMg== | base64 -d", "base64 -d <<< aHVudGVyMg==", "true; echo hunter2", "true && printf hunter2",
		"{ echo hunter2; }", "if true; then echo hunter2; fi", "sh -c 'echo hunter2 | cat'", `sh -c "sh -c 'true; echo hunter2'"`,
		`printf 'hunter\062'`, `printf '%s%s' hunter 2`, `echo -e 'hunter\0622'`, "echo hunter2 $X", "cat <<EOF\nhunter2\nEOF", "cat - <<< hunter2",
		`printf %s "$(echo hunter2)"`, "echo `echo hunter2`", "X=1 echo hunter2 $X", "/bin/sh -ec 'exec echo $X hunter2'", "$SHELL <<< 'echo hunter2'",
	} {
		f := new(Found)
		secret, clear := f.secretOf(Place{"f", 1}, Machine{}.command(line))
		if !secret.IsZero() || clear != nil || len(f.Notes) != 1 || strings.Contains(f.Notes[0].String(), "hunter2") {
			t.Errorf("%q: %v and %v, %v", line, secret.Command, clear, f.Notes)
		}
	}
	deep := strings.Repeat("echo `", 1000)
	if _, says := printedByLine(deep, 0); says != saysPart {
		t.Errorf("a nest is taken for one that says %d", says)
	}
}

// A list is run without a shell, and what it prints stands in it as it is.
func TestHimalaya_AListThatOnlyPrintsIsAClearPassword(t *testing.T) {
	for list, want := range map[string]string{
		`["echo", "hunter2"]`:               "hunter2",
		`["printf", "%s", "hunter2"]`:       "hunter2",
		`["sh", "-c", "echo hunter2"]`:      "hunter2",
		`["sh", "-c", "echo hunter2\n"]`:    "hunter2",
		`["echo hunter2"]`:                  "hunter2",
		`["echo", "$X"]`:                    "$X",
		`["echo hunter2", "head -1"]`:       "",
		`["sh", "-c", "echo hunter2 | tr"]`: "",
	} {
		text := "[accounts.work]\nemail = 'ada@example.org'\nmessage.send.backend.type = 'smtp'\nmessage.send.backend.host = 'smtp.example.org'\n" +
			"message.send.backend.login = 'ada'\nmessage.send.backend.auth.type = 'password'\nmessage.send.backend.auth.cmd = " + list + "\n"
		m := Machine{ReadFile: func(string) ([]byte, error) { return []byte(text), nil }}
		found, err := m.Read(Himalaya, "/f")
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v, %v", list, found, err)
		}
		f, got := found[0], ""
		if f.Clear != nil {
			got = f.Clear.Reveal()
		}
		if got != want || !f.Account.SMTP.Secret.IsZero() || !f.WantsSecret() {
			t.Errorf("%s: %q and %q, want %q", list, got, f.Account.SMTP.Secret.Command, want)
		}
	}
}

func TestParseServerURL(t *testing.T) {
	for text, want := range map[string]serverURL{
		"smtp://h":                             {scheme: "smtp", host: "h"},
		"SMTPS://u@h:465/":                     {scheme: "smtps", user: "u", host: "h", port: 465},
		"smtps://a%40b:p%2Fq%3a@h":             {scheme: "smtps", user: "a@b", password: "p/q:", hasPassword: true, host: "h"},
		"smtps://a@b.example:p@h:25":           {scheme: "smtps", user: "a@b.example", password: "p", hasPassword: true, host: "h", port: 25},
		"smtp://u@[::1]:25":                    {scheme: "smtp", user: "u", host: "::1", port: 25},
		"smtp://[2001:db8::1]":                 {scheme: "smtp", host: "2001:db8::1"},
		"imaps://h/u@example.org":              {scheme: "imaps", host: "h", path: "u@example.org"},
		"imaps://u@h:993/INBOX/a@b":            {scheme: "imaps", user: "u", host: "h", port: 993, path: "INBOX/a@b"},
		"smtps://u:p/q@h":                      {scheme: "smtps", user: "u", password: "p/q", hasPassword: true, host: "h"},
		"smtps+xoauth2://u@h?token_endpoint=x": {scheme: "smtps+xoauth2", user: "u", host: "h"},
		"smtps://:p@h":                         {scheme: "smtps", password: "p", hasPassword: true, host: "h"},
	} {
		got, problem := parseServerURL(text)
		got.query = nil
		if problem != "" || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v %s, want %+v", text, got, problem, want)
		}
	}
	for _, text := range []string{"", "h", "smtp://h:x", "smtp://h:0", "smtp://h:70000", "smtp://u:%@h", "smtp://[::1]x:y"} {
		if _, problem := parseServerURL(text); problem == "" || strings.Contains(problem, "h:") {
			t.Errorf("%q: %q", text, problem)
		}
	}
}

func TestNameFor_IsOneThatAccountsTake(t *testing.T) {
	for text, want := range map[string]string{
		"work":                  "work",
		"My Work":               "My-Work",
		" a/b:c ":               "a-b-c",
		"-.hidden":              "hidden",
		"..":                    "msmtp",
		"\x1b[2J":               "2J",
		"Zoë@example.org":       "Zoë@example.org",
		"":                      "msmtp",
		strings.Repeat("x", 99): strings.Repeat("x", 40),
	} {
		if got := nameFor(text, Msmtp); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A password cannot come out by any of the ways in which values are printed.
func TestClear_IsPrintedByItsPlaceAlone(t *testing.T) {
	clear := newClear(Place{"/f\x1b", 3}, secretMark)
	f := Found{Clear: clear, ClearMailbox: clear}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{clear, *clear, f, &f, []Found{f}} {
			got := fmt.Sprintf(format, value)
			if strings.Contains(got, secretMark) || strings.Contains(got, fmt.Sprintf("%x", secretMark)) {
				t.Errorf("%s of %T: %s", format, value, got)
			}
		}
	}
	if got := clear.String(); got != "a password at /f\ufffd:3" || cleantext.Line(got) != got {
		t.Errorf("%q", got)
	}
	if clear.Reveal() != secretMark {
		t.Error("it is lost")
	}
}

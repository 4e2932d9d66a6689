package accounts

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sendoff/internal/config"
)

// login is what a mailbox takes its login from.
const login = valid + "username = 'ada'\nsecret.env = 'X'\n"

func TestLoad_ReadsAMailbox(t *testing.T) {
	path := write(t, valid+`username = "ada"
secret = { env = "X" }
[account.mailbox]
protocol = "imap"
host = "imap.example.org"
port = 2993
security = "starttls"
auth = "plain"
username = "bounces"
secret = { file = "bounces.secret" }
folder = "Berichte"
every = "90s"
idle = false
ca_file = "ca.pem"
`, 0o600)
	book, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(path)
	want := Mailbox{
		Protocol: IMAP, Host: "imap.example.org", Port: 2993, Security: STARTTLS, Auth: AuthPlain, Username: "bounces",
		Secret: Secret{File: filepath.Join(folder, "bounces.secret")}, Folder: "Berichte", Every: 90 * time.Second, NoIdle: true, CAFile: filepath.Join(folder, "ca.pem"),
	}
	if got := book.DefaultAccount().Mailbox; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// What a mailbox does not say is as for the server that sends.
func TestParse_DefaultsOfAMailbox(t *testing.T) {
	fromEnv := Secret{Env: "X"}
	for _, test := range []struct {
		name, smtp, mailbox string
		want                Mailbox
	}{
		{"imap", "", "", Mailbox{Protocol: IMAP, Port: 993, Security: TLS, Auth: AuthAuto, Secret: fromEnv, Folder: "INBOX"}},
		{"told at once", "", "idle = true", Mailbox{Protocol: IMAP, Port: 993, Security: TLS, Auth: AuthAuto, Secret: fromEnv, Folder: "INBOX"}},
		{"imap, starttls", "", "security = 'starttls'", Mailbox{Protocol: IMAP, Port: 143, Security: STARTTLS, Auth: AuthAuto, Secret: fromEnv, Folder: "INBOX"}},
		{"pop3", "", "protocol = 'pop3'", Mailbox{Protocol: POP3, Port: 995, Security: TLS, Auth: AuthAuto, Secret: fromEnv}},
		{"pop3, starttls", "", "protocol = 'pop3'\nsecurity = 'starttls'", Mailbox{Protocol: POP3, Port: 110, Security: STARTTLS, Auth: AuthAuto, Secret: fromEnv}},
		{"a method of smtp", "auth = 'plain'", "", Mailbox{Protocol: IMAP, Port: 993, Security: TLS, Auth: AuthPlain, Secret: fromEnv, Folder: "INBOX"}},
		{"a method of its own", "auth = 'plain'", "auth = 'scram-sha-256'", Mailbox{Protocol: IMAP, Port: 993, Security: TLS, Auth: AuthSCRAMSHA256, Secret: fromEnv, Folder: "INBOX"}},
		{"a token of smtp", "auth = 'xoauth2'", "", Mailbox{Protocol: IMAP, Port: 993, Security: TLS, Auth: AuthXOAUTH2, Secret: fromEnv, Folder: "INBOX"}},
		{"a password of its own beside a token", "auth = 'xoauth2'", "secret.env = 'Y'",
			Mailbox{Protocol: IMAP, Port: 993, Security: TLS, Auth: AuthAuto, Secret: Secret{Env: "Y"}, Folder: "INBOX"}},
		{"a proxy", "proxy = 'socks5://p:1'", "", Mailbox{Protocol: IMAP, Port: 993, Security: TLS, Auth: AuthAuto, Secret: fromEnv, Folder: "INBOX",
			Proxy: Proxy{Scheme: SOCKS5, Host: "p", Port: 1}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			book, err := parse("f", []byte(login+test.smtp+"\n[account.mailbox]\nhost = 'mail.example.org'\n"+test.mailbox))
			if err != nil {
				t.Fatal(err)
			}
			test.want.Host, test.want.Username, test.want.Every = "mail.example.org", "ada", 2*time.Minute
			if got := book.DefaultAccount().Mailbox; !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
	book, err := parse("f", []byte(login))
	if err != nil || !book.DefaultAccount().Mailbox.IsZero() {
		t.Errorf("an account without a mailbox: %+v, %v", book, err)
	}
}

// The text of each error is what a person sees: a change here is a change for
// users.
func TestParse_NamesWhatIsWrongWithAMailbox(t *testing.T) {
	const empty = "leave the line out, or fill it in"
	const hostHint = `for example host = "imap.example.org"`
	const pinHint = "64 hexadecimal digits, as openssl x509 -noout -fingerprint -sha256 prints them"
	for _, test := range []struct{ name, lines, key, problem, hint string }{
		{"no host", "", "host", "is missing", hostHint},
		{"URL", "host = 'imaps://example.org'", "host", `"imaps://example.org" is a URL, not a host name`, hostHint},
		{"port in host", "host = 'example.org:993'", "host", `"example.org:993" has the port in it`, `host = "example.org" and port = 993`},
		{"unknown key", "foldre = 'INBOX'", "foldre", "unknown key", `did you mean "folder"?`},
		{"password", "password = 'hunter2'", "password", "a password does not belong in this file", secretHint},
		{"protocol", "host = 'h'\nprotocol = 'jmap'", "protocol", `"jmap" is not a choice`, `did you mean "imap"?`},
		{"empty protocol", "host = 'h'\nprotocol = ''", "protocol", "is empty", empty},
		{"security", "host = 'h'\nsecurity = 'ssl'", "security", `"ssl" is not a choice`, "possible here: tls, starttls, none"},
		{"login", "host = 'h'\nauth = 'external'", "auth", `"external" is not a choice`, "possible here: auto, plain, login, scram-sha-256, scram-sha-1, xoauth2, oauthbearer"},
		{"clear", "host = 'imap.example.org'\nsecurity = 'none'", "security", `"none" would show the login to everyone on the way`, `"tls" or "starttls"; "none" is for this machine alone`},
		{"port zero", "host = 'h'\nport = 0", "port", "is empty or zero", empty},
		{"port", "host = 'h'\nprotocol = 'pop3'\nport = 65536", "port", "65536 is out of range", "from 1 to 65535; usual is 995"},
		{"folder of pop3", "host = 'h'\nprotocol = 'pop3'\nfolder = 'INBOX'", "folder", "is not used with pop3, which knows no folders", "leave it out"},
		{"idle of pop3", "host = 'h'\nprotocol = 'pop3'\nidle = false", "idle", "is not used with pop3, which never tells of mail by itself", "leave it out"},
		{"folder of two lines", `host = 'h'` + "\n" + `folder = "a\r\nb"`, "folder", "holds control characters", ""},
		{"username of two lines", `host = 'h'` + "\n" + `username = "a\nb"`, "username", "holds control characters", ""},
		{"no duration", "host = 'h'\nevery = '2'", "every", `"2" is not a duration`, `write it as "2m" or "90s"`},
		{"too often", "host = 'h'\nevery = '1s'", "every", "1s is out of range", `from "10s" to "24h"`},
		{"no time at all", "host = 'h'\nevery = '0s'", "every", "0s is out of range", `from "10s" to "24h"`},
		{"too rarely", "host = 'h'\nevery = '25h'", "every", "25h0m0s is out of range", `from "10s" to "24h"`},
		{"pin and authority", "host = 'h'\nca_file = 'c'\npin_sha256 = 'x'", "pin_sha256", "there is a ca_file too, and a pin asks no authority", "keep one of them"},
		{"pin", "host = 'h'\npin_sha256 = 'AB:CD'", "pin_sha256", `"AB:CD" is not the SHA-256 fingerprint of a certificate`, pinHint},
		{"authority without TLS", "host = 'localhost'\nsecurity = 'none'\nca_file = 'c'", "ca_file", `is not used with security = "none"`, `leave it out, or set security to "tls" or "starttls"`},
		{"secret of no source", "host = 'h'\nsecret = {}", "secret", "names no place", secretHint},
		{"secret of two sources", "host = 'h'\nsecret = { env = 'X', file = '/x' }", "secret", "names more than one place", "keep one of them"},
		{"empty secret command", "host = 'h'\nsecret = { command = [] }", "secret.command", "is empty or zero", empty},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse("f", []byte(login+"[account.mailbox]\n"+test.lines))
			var e *config.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a *config.Error", err)
			}
			if e.Key != "account.mailbox."+test.key || e.Problem != test.problem || e.Hint != test.hint || e.Line < 8 {
				t.Errorf("got  %s\nhint %s\nwant %s: %s\nhint %s", e, e.Hint, test.key, test.problem, test.hint)
			}
			if strings.Contains(e.Error()+e.Hint, "hunter2") {
				t.Error("the error shows the password")
			}
		})
	}
	for lines, want := range map[string]string{
		"":                 "f:6: account.mailbox.username: is missing, and smtp has none to take",
		"username = 'ada'": "f:6: account.mailbox.secret: is missing, and smtp has none to take",
		"secret.env = 'X'": "f:6: account.mailbox.username: is missing, and smtp has none to take",
	} {
		if _, err := parse("f", []byte(valid+"[account.mailbox]\nhost = 'h'\n"+lines)); err == nil || err.Error() != want {
			t.Errorf("a mailbox without a login, %q: %v", lines, err)
		}
	}
}

// The arguments of a command tell how to get at a secret, wherever it stands.
func TestLoad_KeepsTheCommandOfAMailboxToTheUser(t *testing.T) {
	if _, err := Load(write(t, login+"[account.mailbox]\nhost = 'h'\nsecret.command = ['pass', 'x']\n", 0o644)); err == nil {
		t.Error("a file that others can read was taken")
	}
}

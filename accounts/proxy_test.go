package accounts

import (
	"errors"
	"strings"
	"testing"

	"sendoff/internal/config"
)

// What is wrong is told without the URL: where a person mistypes one, its
// password may stand anywhere.
func TestParse_NamesWhatIsWrongWithAProxy(t *testing.T) {
	const url, secret = proxyHint, proxySecretHint
	for _, test := range []struct{ name, lines, key, problem, hint string }{
		{"empty", `proxy = ""`, "proxy", "is empty", "leave the line out, or fill it in"},
		{"no URL", `proxy = "proxy.example.org:1080"`, "proxy", "is not the URL of a proxy", url},
		{"no scheme", `proxy = "//proxy:1080"`, "proxy", "is not the URL of a proxy", url},
		{"no host", `proxy = "socks5:"`, "proxy", "is not the URL of a proxy", url},
		{"a port alone", `proxy = "socks5://:1080"`, "proxy", "names no host that one can connect to", url},
		{"odd host", `proxy = "socks5://ä:1080"`, "proxy", "names no host that one can connect to", url},
		{"no port", `proxy = "socks5://proxy"`, "proxy", "names no port", url},
		{"port out of range", `proxy = "socks5://proxy:65536"`, "proxy", "the port 65536 is out of range", url},
		{"path", `proxy = "http://proxy:3128/"`, "proxy", "has something behind the port", url},
		{"query", `proxy = "http://proxy:3128?a"`, "proxy", "has something behind the port", url},
		{"fragment", `proxy = "http://proxy:3128#a"`, "proxy", "has something behind the port", url},
		{"socks5h", `proxy = "socks5h://proxy:1080"`, "proxy",
			"is of a kind that is not known here: socks5 and http are (socks5 is what others call socks5h)", url},
		{"https", `proxy = "https://proxy:443"`, "proxy",
			"is of a kind that is not known here: socks5 and http are (socks5 is what others call socks5h)", url},

		{"password", `proxy = "socks5://ada:hunter2@proxy:1080"`, "proxy", "a password does not belong in this file", secret},
		{"empty password", `proxy = "socks5://ada:@proxy:1080"`, "proxy", "a password does not belong in this file", secret},
		{"password with a slash", `proxy = "socks5://ada:hunter2/x@proxy:1080"`, "proxy", "is not the URL of a proxy", url},
		{"password and no scheme", `proxy = "ada:hunter2@proxy:1080"`, "proxy", "is not the URL of a proxy", url},
		{"password and no proxy", `proxy = "socks5://ada:hunter2"`, "proxy", "is not the URL of a proxy", url},
		{"password alone", `proxy = "socks5://:hunter2@proxy:1080"`, "proxy", "a password does not belong in this file", secret},
		{"empty user name", `proxy = "socks5://@proxy:1080"`, "proxy", "has an empty user name", url},
		{"user name with a line break", `proxy = "http://a%0d%0ab@proxy:1080"`, "proxy", "has control characters in its user name", ""},
		{"long user name", `proxy = "socks5://` + strings.Repeat("a", 256) + `@proxy:1080"`, "proxy", "has a user name that is longer than 255 bytes", ""},
		{"user name with a colon", `proxy = "http://a%3ab@proxy:1080"`, "proxy", "has a colon in its user name", ""},
		{"user name alone", `proxy = "http://ada@proxy:1080"`, "proxy", "has a user name and no secret to log in with", secret},

		{"secret of no proxy", `proxy_secret = { env = "X" }`, "proxy_secret", "there is no proxy", url},
		{"secret of no user", "proxy = 'http://proxy:1'\nproxy_secret = { env = 'X' }", "proxy_secret", "has no user name to log in with", secret},
		{"password as secret", `proxy_secret = "hunter2"`, "proxy_secret", "wants the place where the password is kept, never the password itself", secret},
		{"secret of no source", `proxy_secret = {}`, "proxy_secret", "names no place", secret},
		{"secret of two sources", "proxy = 'http://a@proxy:1'\nproxy_secret = { env = 'X', file = '/x' }", "proxy_secret",
			"names more than one place", "keep one of them"},
		{"secret variable", "proxy = 'http://a@proxy:1'\nproxy_secret = { env = 'A=B' }", "proxy_secret.env", `"A=B" cannot be the name of a variable`, ""},
		{"empty secret file", `proxy_secret = { file = "" }`, "proxy_secret.file", "is empty", "leave the line out, or fill it in"},
		{"empty secret command", `proxy_secret = { command = [] }`, "proxy_secret.command", "is empty or zero", "leave the line out, or fill it in"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse("f", []byte(valid+test.lines))
			var e *config.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a *config.Error", err)
			}
			if e.Key != "account.smtp."+test.key || e.Problem != test.problem || e.Hint != test.hint || e.Line < 6 {
				t.Errorf("got  %s\nhint %s\nwant %s: %s\nhint %s", e, e.Hint, test.key, test.problem, test.hint)
			}
			if strings.Contains(e.Error()+e.Hint, "hunter2") {
				t.Error("the error shows the password")
			}
		})
	}
}

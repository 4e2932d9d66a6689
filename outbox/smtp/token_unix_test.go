//go:build unix

package smtp

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sendoff/accounts"
)

// C15: who gives out tokens is asked once more when one is refused. There are at
// most two logins, and none with what was refused before.
func TestTokenLogin_AsksOnceMoreForTheToken(t *testing.T) {
	const (
		refuses = ehloWith + "XOAUTH2\nC: AUTH XOAUTH2 *\nS: 334 e30=\nC: \nS: 535 5.7.8 expired\nC: <end>\n"
		takes   = ehloWith + "XOAUTH2\nC: AUTH XOAUTH2 *\nS: 235 ok" + mail
		later   = ehloWith + "XOAUTH2\nC: AUTH XOAUTH2 *\nS: 454 4.7.0 later\nC: <end>\n"
	)
	for _, test := range []struct {
		name     string
		auth     accounts.Auth
		tokens   string // a line each time it is asked, the last one for ever
		dialogue string
		class    string
		asked    int
		secret   string // refused in the end
	}{
		{"a fresh one", accounts.AuthXOAUTH2, "old\nnew", refuses + "---\n" + takes, "accepted", 2, ""},
		{"a fresh one that is no better", accounts.AuthXOAUTH2, "old\nnew\nnewer", refuses + "---\n" + refuses, "credentials", 2, "of new"},
		{"the same", accounts.AuthXOAUTH2, "old", refuses, "credentials", 2, "of old"},
		{"none any more", accounts.AuthXOAUTH2, "old\n\n", refuses, "credentials", 2, "of old"},
		{"not refused", accounts.AuthXOAUTH2, "old\nnew", later, "throttled", 1, ""},
		{"a password", accounts.AuthPlain, "old\nnew", ehloWith + "PLAIN\nC: AUTH PLAIN *\nS: 535 no\nC: <end>", "credentials", 1, "of old"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			tokens, asked := filepath.Join(dir, "tokens"), filepath.Join(dir, "asked")
			if err := os.WriteFile(tokens, []byte(test.tokens), 0o600); err != nil {
				t.Fatal(err)
			}
			r := newRig(t, test.dialogue, withLogin)
			r.options.Fingerprint = func(secret string) string { return "of " + secret }
			r.account.SMTP.Auth = test.auth
			r.account.SMTP.Secret = accounts.Secret{Command: []string{"sh", "-c", fmt.Sprintf(
				`echo >>%[2]q; n=$(wc -l <%[2]q); all=$(grep -c '' %[1]q); [ $n -le $all ] || n=$all; sed -n "${n}p" %[1]q`, tokens, asked)}}
			report := r.deliver(t, delivery(hello))
			if classes(report) != test.class || report.Secret != test.secret {
				t.Errorf("%+v, want %s %q", report, test.class, test.secret)
			}
			times, err := os.ReadFile(asked)
			if err != nil || len(times) != test.asked {
				t.Errorf("asked %d times, want %d (%v)", len(times), test.asked, err)
			}
			r.finish()
		})
	}
}

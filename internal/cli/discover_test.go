package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/accounts/discover"
	"sendoff/internal/dnstest"
)

// discoverIn runs the command in a world that is DNS alone.
func discoverIn(t *testing.T, zone, address string, asJSON bool) (out, complaints string, code int) {
	t.Helper()
	return discoverBy(t, dnstest.Serve(t, zone).Resolver(), address, asJSON)
}

func discoverBy(t *testing.T, resolver *net.Resolver, address string, asJSON bool) (out, complaints string, code int) {
	t.Helper()
	t.Setenv("HTTPS_PROXY", "")
	t.Setenv("https_proxy", "")
	var stdout, stderr bytes.Buffer
	p := &program{Streams: Streams{Out: &stdout, Err: &stderr}}
	code = p.report(p.discover(t.Context(), address, discover.Options{Resolver: resolver}, asJSON))
	return stdout.String(), stderr.String(), code
}

// The block that is printed is one that the program takes.
func TestDiscover_TheBlockIsAnAccount(t *testing.T) {
	for name, test := range map[string]struct{ zone, address, server, account string }{
		"preset": {"", "ada@gmail.com", "smtp.gmail.com", "gmail"},
		"oauth":  {"", "ada@outlook.com", "smtp-mail.outlook.com", "outlook"},
		"srv": {"_submission._tcp.example.org SRV 0 1 1587 smtp.example.org\n_pop3s._tcp.example.org SRV 0 1 995 pop.example.org",
			"ada@example.org", "smtp.example.org", "example"},
		"guess": {"mail.xn--bcher-kva.example A 127.0.0.1", "ada@bücher.example", "mail.xn--bcher-kva.example", "xn--bcher-kva"},
	} {
		t.Run(name, func(t *testing.T) {
			out, complaints, code := discoverIn(t, test.zone, test.address, false)
			if code != exitOK || complaints != "" {
				t.Fatalf("exit %d: %s", code, complaints)
			}
			i := strings.Index(out, "[[account]]")
			if i < 0 {
				t.Fatal(out)
			}
			path := filepath.Join(t.TempDir(), "accounts.toml")
			if err := os.WriteFile(path, []byte(out[i:]), 0o600); err != nil {
				t.Fatal(err)
			}
			book, err := accounts.Load(path)
			if err != nil {
				t.Fatalf("%v in\n%s", err, out)
			}
			if a := book.Accounts[0]; a.Name != test.account || a.SMTP.Host != test.server || a.SMTP.Secret.IsZero() {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestDiscover_SaysWhatIsToBeKnown(t *testing.T) {
	out, _, _ := discoverIn(t, "", "ada@gmail.com", false)
	for _, want := range []string{
		"1. smtp.gmail.com:465 tls, user ada@gmail.com, app password or oauth\n", "   bounces by imap from imap.gmail.com:993 tls\n",
		"Google wants an app password", "Limits published as of 2026-11: 500 recipients", "per_day = 500\n",
		"autoconfig  nothing  there is no autoconfig.gmail.com\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, complaints, code := discoverIn(t, "_submissions._tcp.gmial.com SRV 0 1 465 smtp.example.net", "ada@gmial.com", false)
	if code != exitOK || complaints != "did you mean ada@gmail.com?\n" || !strings.Contains(out, "   ! smtp.example.net does not belong to gmial.com") {
		t.Errorf("exit %d, %q\n%s", code, complaints, out)
	}
}

func TestDiscover_JSON(t *testing.T) {
	out, complaints, code := discoverIn(t, "example.org MX 10 aspmx.l.google.com\nsmtp.example.org A 127.0.0.1", "ada@example.org", true)
	if code != exitOK || complaints != "" {
		t.Fatalf("exit %d: %s", code, complaints)
	}
	var got discoveryJSON
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Findings) != 4 || len(got.Roads) != 8 {
		t.Fatalf("%s", out)
	}
	best, last := got.Findings[0], got.Findings[3]
	if best.Source != discover.SourceMX || best.Preset != "google-workspace" || best.SMTP.Host != "smtp.gmail.com" || best.Mailbox.Protocol != "imap" || best.Limits == "" || len(best.Hints) == 0 || best.Guess {
		t.Errorf("%+v", best)
	}
	if last.Source != discover.SourceGuess || !last.Guess || last.Mailbox != nil {
		t.Errorf("%+v", last)
	}
	for _, list := range []string{`"also": []`, `"secrets": []`, `"hints": []`} {
		if !strings.Contains(out, list) {
			t.Errorf("no %s: scripts want lists", list)
		}
	}
}

func TestDiscover_ExitCodes(t *testing.T) {
	down := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("network is unreachable")
	}}
	there := dnstest.Serve(t, "").Resolver()
	for name, test := range map[string]struct {
		resolver *net.Resolver
		address  string
		code     int
		said     string
	}{
		"nothing there":      {there, "ada@example.org", exitRefused, "no server was found for ada@example.org\nhint: "},
		"nobody to ask":      {down, "ada@example.org", exitTryLater, "nobody could be asked, and sendoff does not know ada@example.org\nhint: is this machine online?"},
		"preset without net": {down, "ada@gmail.com", exitOK, "nobody could be asked: this is only what sendoff knows"},
		"no address":         {there, "ada\x1b[31m", exitData, "hint: write it as ada@example.org"},
	} {
		_, complaints, code := discoverBy(t, test.resolver, test.address, false)
		if code != test.code || !strings.Contains(complaints, test.said) || strings.Contains(complaints, "\x1b") {
			t.Errorf("%s: exit %d, %q", name, code, complaints)
		}
	}
}

package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"sendoff/accounts"
	"sendoff/accounts/discover"
	"sendoff/internal/dnstest"
)

// adding runs account add up to the account, in a world that is DNS alone.
func adding(t *testing.T, zone string, streams Streams, args ...string) (accounts.Account, error) {
	t.Helper()
	t.Setenv("HTTPS_PROXY", "")
	t.Setenv("https_proxy", "")
	p := &program{Streams: streams, world: discover.Options{Resolver: dnstest.Serve(t, zone).Resolver()}}
	path := filepath.Join(t.TempDir(), "accounts.toml")
	file, err := accounts.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cmd := p.accountAddCommand()
	cmd.SetContext(t.Context())
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	a, _, err := p.newAccount(cmd, &newcomer{file: file}, places{accounts: path}, "", cmd.Flags().Args())
	if err == nil {
		err = file.Add(a)
	}
	return a, err
}

const srv = "_submission._tcp.example.org SRV 0 1 1587 smtp.example.org\n_imaps._tcp.example.org SRV 0 1 993 imap.example.org"

func TestAccountAdd_TakesWhatTheDomainSays(t *testing.T) {
	a, err := adding(t, srv, Streams{}, "ada@example.org", "--secret-env", "X", "--smtp-port", "2587", "--mailbox-folder", "Bounces")
	if err != nil {
		t.Fatal(err)
	}
	if a.SMTP.Host != "smtp.example.org" || a.SMTP.Security != accounts.STARTTLS || a.SMTP.Username != "ada@example.org" || a.Mailbox.Host != "imap.example.org" {
		t.Errorf("got %+v", a)
	}
	if a.SMTP.Port != 2587 || a.Mailbox.Folder != "Bounces" || a.SMTP.Secret.Env != "X" {
		t.Errorf("the flags do not go before it: %+v", a)
	}
}

// Without a person to ask, nothing is taken that is not sure.
func TestAccountAdd_TakesNoGuessUnasked(t *testing.T) {
	for name, test := range map[string]struct{ zone, address, want, hint string }{
		"guess":   {"smtp.example.org A 127.0.0.1", "ada@example.org", "no server is sure for ada@example.org: the best that was found is smtp.example.org", "name it with --smtp-host"},
		"foreign": {"_submissions._tcp.example.org SRV 0 1 465 smtp.example.net", "ada@example.org", "no server is sure for ada@example.org", "name it with --smtp-host"},
		"typo":    {"_submissions._tcp.gmial.com SRV 0 1 465 smtp.gmial.com", "ada@gmial.com", "no server is sure for ada@gmial.com", "did you mean ada@gmail.com?"},
		"nothing": {"", "ada@example.org", "no server was found for ada@example.org", "name it with --smtp-host"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := adding(t, test.zone, Streams{}, test.address, "--secret-env", "X")
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || !strings.HasPrefix(ownHint(err), test.hint) {
				t.Errorf("got %v\nhint %s", err, ownHint(err))
			}
			if code, _ := exitFor(err); code != exitUsage {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// desk is a terminal and a person who answers what is asked there.
type desk struct {
	mu   sync.Mutex // guards seen
	seen bytes.Buffer
}

// sit has the person answer questions in turn; the other end of the terminal is
// for the program.
func sit(t *testing.T, pairs ...string) (*desk, Streams) {
	t.Helper()
	person, program, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{}
	var at sync.WaitGroup
	at.Go(func() {
		buffer := make([]byte, 4096)
		for {
			n, err := person.Read(buffer)
			if err != nil {
				return
			}
			d.mu.Lock()
			d.seen.Write(buffer[:n])
			for len(pairs) > 0 && strings.Contains(d.seen.String(), pairs[0]) {
				person.Write([]byte(pairs[1] + "\r"))
				pairs = pairs[2:]
			}
			d.mu.Unlock()
		}
	})
	limit := time.AfterFunc(time.Minute, func() { program.Close() }) // a question nobody expects
	t.Cleanup(func() {
		limit.Stop()
		person.Write([]byte("\r")) // frees who still waits for an answer, without which nothing is really closed
		errClose := errors.Join(program.Close(), person.Close())
		at.Wait()
		if len(pairs) > 0 {
			t.Errorf("%q was never asked (%v) in\n%s", pairs[0], errClose, d.seen.String())
		}
	})
	return d, Streams{In: program, Out: os.Stdout, Err: program}
}

func TestAccountAdd_ShowsGuessesAsGuesses(t *testing.T) {
	screen, streams := sit(t,
		"Your name", "",
		"ask the domain's own server, which then sees the whole address\r\nNumber:", "9",
		`"9" is none of them`, "1",
		"A name for the account, for you alone [example]", "",
	)
	a, err := adding(t, "smtp.example.org A 127.0.0.1", streams, "ada@example.org", "--secret-env", "X")
	if err != nil || a.SMTP.Host != "smtp.example.org" || a.SMTP.Username != "ada@example.org" || a.Name != "example" {
		t.Errorf("got %+v, %v", a, err)
	}
	screen.see(t, "Looking for the servers of ada@example.org …", "  1  smtp.example.org:465 tls, user ada@example.org: a guess: there is a smtp.example.org")
}

func TestAccountAdd_LetsThePersonTypeAServer(t *testing.T) {
	screen, streams := sit(t,
		"Your name", "Ada Example",
		"2  another one, which I type myself\r\nNumber:", "2",
		"Server that takes your mail", "localhost",
		"Security of the line", "ssl",
		`"ssl" is none of them`, "none",
		"Port [25]", "2525",
		"A name for the account", "work",
		"User name for the login (empty: there is none)", "",
	)
	a, err := adding(t, srv, streams, "ada@example.org")
	if err != nil || a.SMTP.Host != "localhost" || a.SMTP.Security != accounts.None || a.SMTP.Port != 2525 || a.SMTP.Username != "" || a.From.Name != "Ada Example" || a.Name != "work" {
		t.Errorf("got %+v, %v", a, err)
	}
	screen.see(t, "1  smtp.example.org:1587 starttls")
	if !a.Mailbox.IsZero() {
		t.Errorf("what was found and not taken is there: %+v", a.Mailbox)
	}
}

func TestAccountAdd_AsksWhetherTheAddressIsMistyped(t *testing.T) {
	screen, streams := sit(t,
		"Your name", "",
		"Did you mean ada@gmail.com? (y/n)", "y",
		"1  smtp.gmail.com:465 tls", "1",
		"A name for the account, for you alone [gmail]", "",
	)
	a, err := adding(t, "", streams, "ada@gmial.com", "--secret-env", "X")
	if err != nil || a.From.Address != "ada@gmail.com" || a.SMTP.Username != "ada@gmail.com" || a.Limits.PerDay == 0 {
		t.Errorf("got %+v, %v", a, err)
	}
	screen.see(t, "Google wants an app password", "Limits published as of")
}

// see wants texts to have been on the screen.
func (d *desk) see(t *testing.T, texts ...string) {
	t.Helper()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	end := time.After(20 * time.Second)
	for _, text := range texts {
		for seen := d.text(); !strings.Contains(seen, text); seen = d.text() {
			select {
			case <-look.C:
			case <-end:
				t.Fatalf("no %q in\n%s", text, seen)
			}
		}
	}
}

func (d *desk) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen.String()
}

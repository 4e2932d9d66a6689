package cli_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/cli"
	"sendoff/internal/clitest"
	"sendoff/internal/sandbox"
	"sendoff/internal/smtptest"
)

// panicking is a standard error with which the program panics as soon as it tells
// of a login: the secret is in the hands of whoever calls it.
type panicking struct {
	to     io.Writer
	beside bool // in a goroutine of its own, which nobody can recover from
}

// runPanicking is the program with it; see TestMain.
func runPanicking() {
	end := panicking{os.Stderr, os.Getenv("PANIC") == "beside"}
	os.Exit(cli.Main(context.Background(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: end}))
}

func (w panicking) Write(text []byte) (int, error) {
	n, err := w.to.Write(text)
	if !bytes.Contains(text, []byte("> AUTH")) {
		return n, err
	}
	if w.beside {
		go panic("beside the delivery")
		select {}
	}
	panic("in the delivery")
}

// panics has the program panic in the middle of a login: where it can go on, and
// where it cannot.
func (h *hiding) panics() {
	h.t.Helper()
	path, err := exec.LookPath("sendoff-panicking")
	if err != nil {
		h.t.Fatal(err)
	}
	for how, says := range map[string]string{"inside": "", "beside": "panic: beside the delivery"} {
		server, _ := silentServer(h.t)
		h.at("127.0.0.1", server)
		cmd := h.Command("send", "--wait", "--trace", "--from", "work@example.org", "--to", "ana@example.org")
		cmd.Path, cmd.Args[0] = path, path
		cmd.Env = append(cmd.Env, "GOTRACEBACK=all", "PANIC="+how)
		cmd.Stdin = strings.NewReader("hello\n")
		said, err := cmd.CombinedOutput()
		h.seen["what is said at a panic "+how] = said
		if err == nil || !bytes.Contains(said, []byte("> AUTH")) || !bytes.Contains(said, []byte(says)) {
			h.t.Errorf("a panic %s: %v, %s", how, err, said)
		}
	}
	if log := read(h.t, filepath.Join(h.StateDir(), "sendoff.log")); !strings.Contains(log, "in the delivery") {
		h.t.Errorf("no panic is in the log:\n%s", log)
	}
}

// anothers is an account whose secret is not that of the server that it sends
// through.
func anothers(t *testing.T) *hiding {
	const secret = "pass/w+rd?of=ada&%41-battery" // every encoding changes some of it
	return &hiding{Program: clitest.Install(t), t: t, spy: lookFor(secret), secret: secret, spied: t.TempDir(), seen: make(map[string][]byte)}
}

// repeated is what a server may say of a login that it does not like: the secret,
// or what was said with it in base64.
func (h *hiding) repeated(inBase64 ...string) string {
	said := h.secret
	for _, text := range inBase64 {
		said += " " + base64.StdEncoding.EncodeToString([]byte(text))
	}
	return said
}

func TestSecrets_OfAMailboxAreNowhereToBeFound(t *testing.T) {
	const (
		imap = "S: * OK [CAPABILITY IMAP4rev1%[1]s] hi\nC: T1 CAPABILITY\nS: * CAPABILITY IMAP4rev1%[1]s\nS: T1 OK done\n" +
			"C: T2 CAPABILITY\nS: * CAPABILITY IMAP4rev1%[1]s\nS: T2 OK done\n"
		login = "C: T3 LOGIN *\n"
		plain = "C: T3 AUTHENTICATE PLAIN *\n"
		inbox = "S: T3 OK [CAPABILITY IMAP4rev1] in\nC: T4 EXAMINE *\nS: * 0 EXISTS\nS: T4 OK [READ-ONLY] it\nC: T5 LOGOUT\nS: * BYE bye\nS: T5 OK\nC: <end>\n"
		no    = "S: T3 NO [AUTHENTICATIONFAILED] what is %s?\nC: T4 LOGOUT\nS: * BYE bye\nS: T4 OK\nC: <end>\n"

		pop      = "S: +OK hi\nC: CAPA\nS: +OK\nS: UIDL\nS: TOP\n%[1]sS: .\nC: CAPA\nS: +OK\nS: UIDL\nS: TOP\n%[1]sS: .\n"
		user     = "C: USER ada\nS: +OK\nC: PASS *\n"
		byAuth   = "C: AUTH PLAIN *\n"
		maildrop = "S: +OK in\nC: STAT\nS: +OK 0 0\nC: CAPA\nS: +OK\nS: UIDL\nS: .\nC: QUIT\nS: +OK\nC: <end>\n"
		popNo    = "S: -ERR [AUTH] what is %s?\nC: QUIT\nS: +OK\nC: <end>\n"
	)
	out, err := sandbox.Start(sandbox.Options{Addr: "127.0.0.1:0", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	for _, test := range []struct{ name, protocol, good, bad string }{
		{"IMAP by LOGIN", "imap", fmt.Sprintf(imap, "") + login + inbox, fmt.Sprintf(imap, "") + login + no},
		{"IMAP by PLAIN", "imap", fmt.Sprintf(imap, " SASL-IR AUTH=PLAIN") + plain + inbox, fmt.Sprintf(imap, " SASL-IR AUTH=PLAIN") + plain + no},
		{"POP3 by PASS", "pop3", fmt.Sprintf(pop, "") + user + maildrop, fmt.Sprintf(pop, "") + user + popNo},
		{"POP3 by PLAIN", "pop3", fmt.Sprintf(pop, "S: SASL PLAIN\n") + byAuth + maildrop, fmt.Sprintf(pop, "S: SASL PLAIN\n") + byAuth + popNo},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := anothers(t)
			kept := h.keep("mailbox")
			check := func(dialogue string, code int) {
				t.Helper()
				server := smtptest.Serve(t, dialogue, nil)
				h.Account(out.Addr())
				file := filepath.Join(h.Home, "config/sendoff/accounts.toml")
				h.WriteAccounts(read(t, file) + fmt.Sprintf("[account.mailbox]\nprotocol = %q\nhost = '127.0.0.1'\nport = %d\nsecurity = 'none'\nusername = 'ada'\nsecret = { file = %q }\n",
					test.protocol, server.Port, kept))
				h.run(code, "account", "check", "--trace")
				server.Finish()
			}
			check(test.good, 0)
			check(fmt.Sprintf(test.bad, h.repeated(h.secret, "\x00ada\x00"+h.secret)), 77)
			h.run(0, "account", "list", "--json")
			h.run(0, "doctor", "--json")
			h.spy.mustFindNothing(t, h.seen, h.Home, h.Work)
		})
	}
}

func TestSecrets_OfAProxyAreNowhereToBeFound(t *testing.T) {
	const (
		ask     = "C: CONNECT *\nC: Host: *\nC: Proxy-Authorization: Basic *\nC:\n"
		through = ask + "S: HTTP/1.1 200 ok\nS:\nS: 220 test\nC: EHLO *\nS: 250 test\n"
		message = "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <body>\nS: 250 ok\nC: QUIT\nS: 221 bye\n"
	)
	h := anothers(t)
	kept := h.keep("proxy")
	at := func(dialogue string) *smtptest.Server {
		t.Helper()
		proxy := smtptest.Serve(t, dialogue, nil)
		h.WriteAccounts(fmt.Sprintf("[[account]]\nname = 'work'\nfrom = 'work@example.org'\n[account.smtp]\nhost = '127.0.0.1'\nport = 9\nsecurity = 'none'\n"+
			"proxy = 'http://ada@127.0.0.1:%d'\nproxy_secret = { file = %q }\n", proxy.Port, kept))
		return proxy
	}
	good := at(through + message)
	h.run(0, "send", "--wait", "--trace", "--to", "ana@example.org")
	good.Finish()

	no := ask + "S: HTTP/1.1 407 what is " + h.repeated("ada:"+h.secret) + "?\nS: Proxy-Authenticate: Basic realm=\"" + h.secret + "\"\nS:\nC: <end>\n"
	bad := at(no + "---\n" + no)
	h.run(75, "send", "--wait", "--trace", "--to", "ana@example.org")
	h.run(78, "account", "check", "--trace")
	bad.Finish()
	for _, id := range []string{"a1", "a2"} {
		h.run(0, "show", id, "--log")
		h.run(0, "show", id, "--json")
	}
	h.run(0, "account", "list", "--json")
	h.run(75, "doctor", "--json")
	h.spy.mustFindNothing(t, h.seen, h.Home, h.Work)
}

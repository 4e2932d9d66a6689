package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/accounts/discover"
	"sendoff/compose"
	"sendoff/internal/dnstest"
	"sendoff/internal/sandbox"
	"sendoff/outbox"
	"sendoff/ui"
)

// What the interface is given does what the commands do.
func TestSetup_FindsChecksRenamesAndRemoves(t *testing.T) {
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	_, port, _ := strings.Cut(server.Addr(), ":")
	dir := t.TempDir()
	where := places{accounts: filepath.Join(dir, "accounts.toml"), data: dir, state: dir}
	text := "# mine\n" + oneAccount + "port = " + port + "\nsecurity = \"none\"\n\n" + strings.Replace(oneAccount, "work", "home", 1)
	if err := os.WriteFile(where.accounts, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	id, err := b.Submit(t.Context(), compose.Draft{Account: "work", From: "ada@example.org", To: "kim@example.com", Subject: "Hello"}, outbox.SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	zone := "_submissions._tcp.example.org SRV 1 1 465 smtp.example.org\nsmtp.example.org A 127.0.0.1"
	p := &program{world: discover.Options{Resolver: dnstest.Serve(t, zone).Resolver()}}
	setup := p.setup(b, where)

	told := make(map[discover.Source]bool)
	found, err := setup.Find(t.Context(), "ada@example.org", ui.FindOptions{Told: func(r discover.Road) { told[r.Source] = true }})
	if err != nil || len(found.Findings) == 0 || found.Findings[0].SMTP.Host != "smtp.example.org" || len(told) != len(discover.Sources()) {
		t.Errorf("found %+v, %v, told of %d", found.Findings, err, len(told))
	}

	book, err := accounts.Load(where.accounts)
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	report := setup.Check(t.Context(), book.Accounts[0], func(check.Step) { steps++ })
	if !report.OK() || steps != len(report.Steps) || steps == 0 {
		t.Errorf("%d steps of %+v", steps, report)
	}

	if err := setup.Rename(t.Context(), "work", "home"); err == nil {
		t.Error("two have one name")
	}
	if err := setup.Rename(t.Context(), "work", "office"); err != nil {
		t.Fatal(err)
	}
	if item, err := b.Get(t.Context(), id); err != nil || item.Account != "office" {
		t.Errorf("its message is of %s, %v", item.Account, err)
	}
	if err := setup.Remove(t.Context(), "home"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadFile(where.accounts)
	if err != nil || !strings.HasPrefix(string(left), "# mine\n") || !strings.Contains(string(left), "office") || strings.Contains(string(left), "home") {
		t.Errorf("%v\n%s", err, left)
	}
}

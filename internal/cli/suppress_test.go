package cli_test

import (
	"strings"
	"testing"

	"sendoff/internal/clitest"
)

func TestBuilt_SuppressedAddresses(t *testing.T) {
	p := clitest.Install(t)
	p.Account(startSandbox(t, t.TempDir()).Addr())

	// Who is refused as unknown is remembered, and warned of.
	if r := p.Run("hi\n", "send", "--wait", "--to", "Reject@example.org"); r.Code != 69 || strings.Contains(r.Err, "must not be written to") {
		t.Errorf("exit %d: %s", r.Code, r.Err)
	}
	if out := p.Must("", "suppress", "list"); !strings.Contains(out, "hard         reject@example.org  ") {
		t.Errorf("listed %q", out)
	}
	r := p.Run("hi\n", "send", "--to", "ana@example.org", "--to", "reject@example.org")
	if id := strings.TrimSpace(r.Out); r.Code != 0 || !strings.Contains(r.Err, "reject@example.org is on the list") ||
		!strings.Contains(r.Err, "there is no such mailbox") || !strings.Contains(r.Err, "sendoff cancel "+id) {
		t.Errorf("exit %d: %s", r.Code, r.Err)
	}

	// By hand, and in and out as CSV.
	p.Must("", "suppress", "add", "--note", "asked on the telephone", "--why", "unsubscribe", "Ben <BEN@example.org>")
	if r := p.Run("address,why,at,note\ncat@example.org,complaint,2026-11-01,\"a, b\"\n\ndan@example.org\nben@example.org,hard\n", "suppress", "import"); r.Code != 0 ||
		!strings.Contains(r.Err, "2 added, 1 were there already.") {
		t.Errorf("exit %d: %s", r.Code, r.Err)
	}
	exported := p.Must("", "suppress", "export")
	lines := strings.Split(strings.TrimSpace(exported), "\n")
	if len(lines) != 5 || lines[0] != "address,why,at,note" || !strings.HasPrefix(lines[1], "ben@example.org,unsubscribe,") ||
		!strings.HasSuffix(lines[1], ",asked on the telephone") || !strings.HasSuffix(lines[2], `,"a, b"`) || !strings.HasPrefix(lines[3], "dan@example.org,manual,") {
		t.Errorf("exported\n%s", exported)
	}
	p.Must("", "suppress", "remove", "reject@example.org", "cat@example.org")
	if again := p.Run(exported, "suppress", "import", "-"); again.Code != 0 || !strings.Contains(again.Err, "2 added, 2 were there already.") {
		t.Errorf("exit %d: %s", again.Code, again.Err)
	}
	if out := p.Must("", "suppress", "list", "--json"); strings.Count(out, `"address"`) != 4 || !strings.Contains(out, `"why": "complaint"`) {
		t.Errorf("as JSON\n%s", out)
	}

	for _, test := range []struct {
		in   string
		args []string
		code int
		want string
	}{
		{"", []string{"add", "nobody"}, 65, "nobody"},
		{"", []string{"add", "--why", "boredom", "ana@example.org"}, 64, "boredom"},
		{"", []string{"add"}, 64, "no address is given"},
		{"", []string{"remove", "eve@example.org"}, 65, "not suppressed: eve@example.org"},
		{"ana@example.org\nnot an address\n", []string{"import"}, 65, "line 2"},
		{"ana@example.org,hard,yesterday\n", []string{"import"}, 65, "line 1"},
		{"", []string{"import", "missing.csv"}, 66, "missing.csv"},
	} {
		if r := p.Run(test.in, append([]string{"suppress"}, test.args...)...); r.Code != test.code || !strings.Contains(r.Err, test.want) {
			t.Errorf("%q: exit %d, %s", test.args, r.Code, r.Err)
		}
	}
}

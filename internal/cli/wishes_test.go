package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/compose/unsubscribe"
)

// A mail by which somebody unsubscribes is fetched, though it is no bounce, or ingested,
// and suppresses the address that its token was made for.
func TestBuilt_WhoUnsubscribesByMailIsSuppressed(t *testing.T) {
	p, user, _ := withBounces(t)
	path := filepath.Join(p.DataDir(), "unsubscribe.key")
	if out := p.Must("Subject: unsubscribe something\n\n", "bounce", "ingest"); !strings.Contains(out, "no delivery report") {
		t.Errorf("without a key: %s", out)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a key was made for nothing")
	}
	key, err := unsubscribe.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	token := func(address string) string { return key.Token(unsubscribe.Wish{Campaign: "spring", Address: address}) }
	arrive(t, user, "From: Ana <other@example.com>\nTo: office+"+token("ana@example.org")+"@example.org\nSubject: unsubscribe\n\n")
	arrive(t, user, "From: kim@example.com\nSubject: lunch\n\nlunch?\n")
	if r := p.Run("", "bounce", "fetch"); r.Code != 0 || r.Out != "work: INBOX 1: ana@example.org wants no more letters, and is suppressed\n" {
		t.Errorf("exit %d: %s%s", r.Code, r.Out, r.Err)
	}
	if out := p.Must("Subject: Unsubscribe "+token("ben@example.org")+"\n\n", "bounce", "ingest", "--json"); !strings.Contains(out, `"unsubscribed":"ben@example.org"`) {
		t.Errorf("%s", out)
	}
	if out := p.Must("Subject: Unsubscribe "+token("ben@example.org")[1:]+"\n\n", "bounce", "ingest"); !strings.Contains(out, "no delivery report") {
		t.Errorf("forged: %s", out)
	}
	if out := p.Must("", "suppress", "list"); strings.Count(out, "unsubscribe") != 2 && strings.Count(out, "wants no more mail") != 2 {
		t.Errorf("suppressed:\n%s", out)
	}
}

package cli_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/internal/clitest"
)

// exportedRow is what these tests ask of a line of merge export --json.
type exportedRow struct {
	Address, State string
	MessageID      string `json:"message_id"`
}

func exported(t *testing.T, p *clitest.Program, campaign string) (all []exportedRow) {
	t.Helper()
	for line := range strings.Lines(p.Must("", "merge", "export", campaign, "--json")) {
		var row exportedRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

func writeCampaign(t *testing.T, p *clitest.Program, rows int) {
	t.Helper()
	var list strings.Builder
	list.WriteString("email,name\n")
	for i := range rows {
		fmt.Fprintf(&list, "user%d@example.org,User %d\n", i, i)
	}
	for name, text := range map[string]string{"letter.md": "---\nsubject: Hello {{ name }}\n---\nDear {{ name }}\n", "people.csv": list.String()} {
		if err := os.WriteFile(filepath.Join(p.Work, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var long = flag.Bool("long", false, "a campaign of 100,000 is killed ten times, which takes minutes")

// Killed again and again, a campaign writes to everybody once; only whose letter was
// on the wire just then is in doubt, and nobody is left out.
func TestBuilt_ACampaignThatIsKilledWritesToEverybodyOnce(t *testing.T) {
	p := clitest.Install(t)
	maildir := t.TempDir()
	p.Account(startSandbox(t, maildir).Addr())
	const connections = 4
	count, kills, between := 200, 4, 8
	if *long {
		count, kills, between = 100_000, 10, 8000
	}
	writeCampaign(t, p, count)
	p.Must("", "merge", "start", "letter.md", "people.csv", "--yes")
	for kill := range kills {
		killMidway(t, p, maildir, between+3*kill)
	}
	begun := time.Now()
	before := arrivals(t, maildir)
	killMidway(t, p, maildir, 1) // the first one after a restart
	took := time.Since(begun)
	t.Logf("after a restart the first letter took %s", took)
	if took > 9*time.Second || arrivals(t, maildir) == before {
		t.Errorf("after a restart the first letter took %s", took)
	}
	p.Run("", "flush")
	for _, row := range exported(t, p, "letter") {
		if row.State == "waiting" { // interrupted three times in a row, it waits a minute
			p.Must("", "retry", itemOf(t, p, row.MessageID))
		}
	}
	p.Run("", "flush")
	arrived := clitest.Copies(t, maildir)
	uncertain := 0
	for _, row := range exported(t, p, "letter") {
		switch n := arrived[row.MessageID]; {
		case row.State == "uncertain" && n <= 1:
			uncertain++
		case row.State != "sent" || n != 1:
			t.Errorf("%s is %s and has %d copies", row.Address, row.State, n)
		}
		delete(arrived, row.MessageID)
	}
	if len(arrived) > 0 {
		t.Errorf("what arrived besides: %v", arrived)
	}
	if uncertain > (kills+1)*connections {
		t.Errorf("%d in doubt: more than were on the wire when it was killed", uncertain)
	}
	t.Logf("%d of %d in doubt after %d kills", uncertain, count, kills+1)
	p.Must("", "merge", "resolve", "letter", "--mark-sent")
	if status := p.Must("", "merge", "status", "letter"); !strings.Contains(status, fmt.Sprintf("%d of %d sent", count, count)) {
		t.Error(status)
	}
}

// itemOf is the ID of the item with a Message-ID.
func itemOf(t *testing.T, p *clitest.Program, messageID string) string {
	t.Helper()
	var items []struct {
		ID        string `json:"id"`
		MessageID string `json:"message_id"`
	}
	if err := json.Unmarshal([]byte(p.Must("", "list", "--json")), &items); err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if item.MessageID == messageID {
			return item.ID
		}
	}
	t.Fatalf("no item has %s", messageID)
	return ""
}

// Killed while it stores a list, merge start has started nothing, and can be done
// again under the same name.
func TestBuilt_MergeStartThatIsKilledHasStartedNothing(t *testing.T) {
	p := clitest.Install(t)
	maildir := t.TempDir()
	p.Account(startSandbox(t, maildir).Addr())
	writeCampaign(t, p, 4000)
	start := []string{"merge", "start", "letter.md", "people.csv", "--yes", "--name", "news"}
	for _, after := range []time.Duration{300, 600, 900} {
		cmd := p.Command(start...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.NewTimer(after * time.Millisecond)
		<-timer.C
		cmd.Process.Kill()
		cmd.Wait()
		if r := p.Run("", "merge", "status", "news"); r.Code == 0 && strings.HasPrefix(r.Out, "news: running, 0 of 4000") {
			return // it was through before
		}
		if r := p.Run("", "flush"); r.Code != 0 || len(clitest.Copies(t, maildir)) != 0 {
			t.Fatalf("exit %d, and %d letters have gone: %s", r.Code, len(clitest.Copies(t, maildir)), r.Err)
		}
	}
	p.Must("", start...)
	if status := p.Must("", "merge", "status", "news"); !strings.HasPrefix(status, "news: running, 0 of 4000 sent") {
		t.Error(status)
	}
}

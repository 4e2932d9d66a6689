package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"

	"sendoff/accounts/discover"
	"sendoff/internal/campaign"
	"sendoff/internal/dnstest"
)

// merging is the program in a new home, in a world that is DNS alone, with the sample
// of a campaign and these rows below its header.
func merging(t *testing.T, zone string, rows ...string) (p *program, out *bytes.Buffer, files []string) {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(xdg.Reload) // after the variables are what they were
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"} {
		t.Setenv(name, filepath.Join(dir, name))
	}
	xdg.Reload()
	letter, list, err := campaign.WriteSample(filepath.Join(dir, "concert"))
	if err == nil {
		err = os.WriteFile(list, []byte("email,name,First Name,seat,guest\n"+strings.Join(rows, "\n")+"\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	out = new(bytes.Buffer)
	p = &program{Streams: Streams{In: strings.NewReader(""), Out: out, Err: out}, world: discover.Options{Resolver: dnstest.Serve(t, zone).Resolver()}}
	return p, out, []string{letter, list}
}

func TestMergeCheck_AsksAboutDomainsWhenToldTo(t *testing.T) {
	p, out, files := merging(t, "example.org MX 10 mx.example.org\nbusy.example SERVFAIL", "ana@example.org,Ana,Ana,12,", "bob@gone.invalid,Bob,Bob,13,", "kim@busy.example,Kim,Kim,14,")
	run := func(flags ...string) (string, error) {
		out.Reset()
		cmd := p.mergeCommand()
		cmd.SetArgs(append(append([]string{"check"}, files...), flags...))
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	if text, err := run(); err != nil || !strings.Contains(text, "3 letters of 3 rows, 0 errors") {
		t.Errorf("%v\n%s", err, text)
	}
	text, err := run("--mx")
	if !errors.Is(err, byOutcome(exitData)) {
		t.Errorf("%v", err)
	}
	for _, want := range []string{
		"people.csv:3: row 2: gone.invalid has no mail server\n", "note: the name servers say nothing of 1 domain now, which may take mail or not: busy.example\n", "2 letters of 3 rows, 1 error",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	text, _ = run("--mx", "--json")
	var report mergeReportJSON
	if err := json.Unmarshal([]byte(text), &report); err != nil || report.OK || report.Letters != 2 || report.Problems[0].Line != 3 || len(report.Notes) == 0 {
		t.Errorf("%v: %s", err, text)
	}
}

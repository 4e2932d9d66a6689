package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/compose"
	"sendoff/internal/clitest"
	"sendoff/internal/uitest"
	"sendoff/outbox"
)

func TestBuilt_Export(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	first := strings.TrimSpace(p.Must("From here on\n>From there\nend", "send", "--to", "ana@example.org", "--bcc", "eve@example.org", "-s", "one"))
	second := strings.TrimSpace(p.Must("two\n", "send", "--to", "ben@example.org", "-s", "two"))
	raw := p.Must("", "show", "--raw", first)
	if got := p.Must("", "export", first); got != raw || strings.Contains(got, "eve@") {
		t.Errorf("exported %q", got)
	}

	p.Must("", "export", first, second, "-o", "letters")
	if got := read(t, filepath.Join(p.Work, "letters", first+".eml")); got != raw {
		t.Errorf("in a file %q", got)
	}
	if info, err := os.Stat(filepath.Join(p.Work, "letters", second+".eml")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	p.Must("", "export", first, second, "-o", "letters") // and goes on where it was stopped
	if err := os.WriteFile(filepath.Join(p.Work, "letters", first+".eml"), []byte(raw[:len(raw)/2]), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := p.Run("", "export", first, second, "-o", "letters"); r.Code != 73 || !strings.Contains(r.Err, "nothing that is there is overwritten") ||
		!strings.HasPrefix(r.Err, "sendoff: copied 1 of 2; "+first+": ") {
		t.Errorf("where a file is: exit %d, %s", r.Code, r.Err)
	}
	if got := read(t, filepath.Join(p.Work, "letters", first+".eml")); got != raw[:len(raw)/2] {
		t.Errorf("overwritten by %q", got)
	}
	if r := p.Run("", "export", first, "-o", filepath.Join("letters", first+".eml", "below")); r.Code != 73 || !strings.Contains(r.Err, "name a folder") {
		t.Errorf("below a file: exit %d, %s", r.Code, r.Err)
	}

	mbox := p.Must("", "export", first, second)
	if !strings.HasPrefix(mbox, "From ada@example.org ") || strings.Contains(mbox, "\r") || strings.Count(mbox, "\nFrom ada@example.org ") != 1 ||
		!strings.Contains(mbox, "\n=46rom here on\n>>From there\nend\n\nFrom ada@") || !strings.HasSuffix(mbox, "two\n\n") {
		t.Errorf("as an mbox\n%s", mbox)
	}
	p.Must("", "export", first, "--format", "mbox", "-o", "box")
	if r := p.Run("", "bounce", "ingest", "box"); r.Code != 0 || r.Out != "box:1: no delivery report\n" {
		t.Errorf("read again: %s%s", r.Out, r.Err)
	}
	if r := p.Run("", "export", first, "--format", "mbox", "-o", "box"); r.Code != 73 {
		t.Errorf("where an mbox is: exit %d, %s", r.Code, r.Err)
	}

	p.Must("", "export", first, second, "-o", "letters.mbox") // the name says what it is
	if got := read(t, filepath.Join(p.Work, "letters.mbox")); got != mbox {
		t.Errorf("as a file that is called mbox\n%s", got)
	}

	for range 2 {
		p.Must("", "export", "--format", "maildir", "-o", "Maildir", first, second)
	}
	files, err := filepath.Glob(filepath.Join(p.Work, "Maildir/cur/*:2,S"))
	if err != nil || len(files) != 2 { // each once
		t.Fatalf("%v, %v", files, err)
	}
	if got := read(t, files[0]); got != raw && !strings.Contains(got, "Subject: two") {
		t.Errorf("in the Maildir %q", got)
	}
	if left, _ := os.ReadDir(filepath.Join(p.Work, "Maildir/tmp")); len(left) != 0 {
		t.Errorf("left in tmp: %v", left)
	}

	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 64, "no ID is given"},
		{[]string{first, "--format", "pdf"}, 64, "none of eml, mbox, maildir"},
		{[]string{first, "--format", "maildir"}, 64, "a Maildir is a folder"},
		{[]string{first, second, "--format", "eml"}, 64, "cannot be told apart"},
		{[]string{"a9"}, 66, "no such item"},
	} {
		if r := p.Run("", append([]string{"export"}, test.args...)...); r.Code != test.code || !strings.Contains(r.Err, test.want) {
			t.Errorf("%q: exit %d, %s", test.args, r.Code, r.Err)
		}
	}
}

// A draft is copied out as it would be sent, or what it lacks is said.
func TestBuilt_ExportOfADraft(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	first := strings.TrimSpace(p.Must("Hello\n", "send", "--to", "ana@example.org", "--bcc", "eve@example.org", "-s", "one"))
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: p.DataDir(), State: filepath.Join(p.Home, "state", "sendoff")})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range []compose.Draft{
		{Account: "work", From: "ada@example.org", To: "ana@example.org", Bcc: "eve@example.org", Subject: "two", Body: "Half\n"},
		{Account: "work", From: "ada@example.org", Subject: "for nobody yet", Body: "Half\n"},
	} {
		ref, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, d)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, ref.ID.String())
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	got := p.Must("", "export", ids[0])
	if !strings.Contains(got, "\r\nSubject: two\r\n") || !strings.HasSuffix(got, "\r\n\r\nHalf\r\n") || strings.Contains(got, "eve@") {
		t.Errorf("exported %q", got)
	}
	if got := p.Must("", "export", first, ids[0]); strings.Count(got, "\nFrom ada@example.org ") != 1 || !strings.HasSuffix(got, "\n\nHalf\n\n") {
		t.Errorf("as an mbox\n%s", got)
	}
	if r := p.Run("", "export", ids[1]); r.Code != 65 || !strings.Contains(r.Err, ids[1]+`: "for nobody yet": to: there is no recipient`) {
		t.Errorf("without a recipient: exit %d, %s", r.Code, r.Err)
	}
	for range 2 { // the same draft is the same copy
		p.Must("", "export", first, ids[0], "-o", "letters")
	}
}

// A terminal shows how far a copy is; what it goes to is not written on the terminal.
func TestBuilt_ExportCountsOnATerminal(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	p.Must("one\n", "send", "--to", "ana@example.org", "-s", "one")
	const more = 400 << 10 // than a pipe holds
	p.Must(strings.Repeat("a line of the second\n", more/21), "send", "--to", "ben@example.org", "-s", "two")
	inner := p.Command()
	cmd := exec.Command("sh", "-c", p.Path+" export a1 a2 | { read key < /dev/tty; cat > box; }")
	cmd.Dir, cmd.Env = inner.Dir, append(inner.Env, "TERM=xterm-256color")
	x := uitest.Start(t, 80, 24, cmd)
	x.See("copied 1 of 2, 50 %")
	x.Raw("\r")
	if err := x.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if box := read(t, filepath.Join(p.Work, "box")); strings.Count("\n"+box, "\nFrom ada@example.org ") != 2 || len(box) < more || strings.Contains(box, "copied") {
		t.Errorf("%d octets", len(box))
	}
}

//go:build unix

package addressbook

import (
	"strings"
	"testing"
)

func TestLookup_AsksWithoutAShell(t *testing.T) {
	l := Lookup{Argv: []string{"sh", "-c", `printf 'Searching…\n'"$LOOKED"'@example.org\tName of '"$1"'\tfriends\tmore\n\nbo@example.org\nBo <bob@example.org>\n'`, "sh", "<%s>"},
		Environ: func() []string { return []string{"PATH=/usr/bin:/bin", "LOOKED=up"} }}
	got, err := l.Ask(t.Context(), "`id`")
	if want := `"Name of <` + "`id`" + `>" <up@example.org> | bo@example.org | Bo <bob@example.org>`; err != nil || names(got) != want {
		t.Errorf("%s, %v; want %s", names(got), err, want)
	}
	if got, err := l.Ask(t.Context(), "--help"); got != nil || err != nil {
		t.Errorf("an option was given: %v, %v", got, err)
	}
}

func TestLookup_SaysWhatWentWrong(t *testing.T) {
	_, err := Lookup{Argv: []string{"sh", "-c", "echo 'no \x1b[1mbook' >&2; exit 3"}}.Ask(t.Context(), "ki")
	if err == nil || err.Error() != "exit status 3: no \ufffd[1mbook" {
		t.Errorf("%v", err)
	}
	got, err := Lookup{Argv: []string{"sh", "-c", "yes 'a@example.org\tA' | head -n 100000"}}.Ask(t.Context(), "ki")
	if err != nil || len(got) != maxAnswers {
		t.Errorf("%d entries, %v", len(got), err)
	}
	if got := ParseAnswer([]byte(strings.Repeat("x", 100))); got != nil {
		t.Errorf("%v", got)
	}
}

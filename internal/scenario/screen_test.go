package scenario

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/adrg/xdg"

	"sendoff/internal/cli"
	"sendoff/internal/uitest"
	"sendoff/outbox"
	"sendoff/ui"
)

// mostShown is how many messages of a story are looked at one by one, and how many
// of each section of the interface: the others are shown by the same code.
const mostShown = 2

// checkScreens demands that nothing of what a terminal gets acts on it, and that no
// password is on it: of what the commands print, and of what the interface draws.
// (What show --raw prints are the person's own octets.)
func (r *rig) checkScreens() {
	r.Helper()
	for _, command := range r.lookCommands() {
		text := r.print(command...)
		if found := findSecret([]byte(text)); found != "" || !isInert(text) || strings.Contains(text, `\u00`) { // as JSON has what is not clean
			r.Errorf("sendoff %s prints %q, the password as %q", strings.Join(command, " "), text, found)
		}
	}
	for _, screen := range r.draw() {
		if text := colour.ReplaceAllString(screen, ""); findSecret([]byte(text)) != "" || !isInert(text) {
			r.Errorf("the interface draws %q", text)
		}
	}
}

// colour is what the interface itself may say to a terminal. It is no wider than
// that: what a server says of colours is found by checkTexts.
var colour = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// isInert tells that a terminal only shows a text.
func isInert(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(c rune) bool { return c != '\n' && (c < ' ' || c >= 0x7f && c < 0xa0) })
}

// lookCommands are the command lines by which somebody looks at what became of
// the mail. (What list shows without --json is in that, too; doctor, which takes
// long, shows only of accounts that have stopped what servers say.)
func (r *rig) lookCommands() [][]string {
	all := [][]string{{"list", "--json"}}
	if len(r.parks()) > 0 {
		all = append(all, []string{"doctor", "--quick"})
	}
	for _, id := range r.shown() {
		all = append(all, []string{"show", id}, []string{"show", "--log", id})
	}
	return all
}

func (r *rig) shown() (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(r.letters)) {
		if !r.deleted[id] && len(ids) < mostShown {
			ids = append(ids, id.String())
		}
	}
	return ids
}

// places is held by the story whose outbox is the user's: where that is, is of the
// process.
var places sync.Mutex

// print gives what a command prints, on both streams.
func (r *rig) print(command ...string) string {
	r.Helper()
	places.Lock()
	defer places.Unlock()
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"} {
		if err := os.Setenv(name, filepath.Dir(r.dir)); err != nil { // not Setenv of the test, which stories side by side must not call
			r.Fatal(err)
		}
	}
	xdg.Reload()
	var out, problems bytes.Buffer
	code := cli.Main(r.Context(), command, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &problems})
	if code != 0 && command[0] != "doctor" { // which says by it that something is wrong
		r.Errorf("sendoff %s: exit %d\n%s", strings.Join(command, " "), code, problems.String())
	}
	return out.String() + problems.String()
}

// sections are those of the interface, by the keys that show them.
var sections = map[string][]outbox.State{
	"2": {outbox.StateWaiting, outbox.StateHeld, outbox.StateCancelled},
	"3": {outbox.StateScheduled},
	"4": {outbox.StateUncertain, outbox.StateFailed, outbox.StatePartial},
	"5": {outbox.StateSent},
}

// draw gives what the interface draws of its sections, and of messages in them: what
// became of them, and what was said.
func (r *rig) draw() (screens []string) {
	r.Helper()
	const width, height = 100, 30
	counts, err := r.outbox.Counts(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	start := uitest.NewDrive
	if r.real {
		start = uitest.NewDriveOutside
	}
	d := start(r, ui.New(r.Context(), ui.Options{Outbox: r.outbox, Theme: "dark"}), width, height)
	press := func(key, see string) {
		d.Keys(key)
		if r.real { // where that something has been read is to be seen on the screen alone
			d.Until(see, func(screen string) bool { return strings.Contains(screen, see) })
		}
		view := d.Model.View()
		screens = append(screens, view.Content, view.WindowTitle)
	}
	for section, states := range sections {
		items := 0
		for _, state := range states {
			items += counts[state]
		}
		for range min(items, mostShown) {
			press(section, subject)
			press("enter", "attempts ──")
			press("t", "MAIL FROM")
			d.Keys("esc", "esc", "down")
		}
	}
	return screens
}

// TestIsInert shows that the checks of screens can fail.
func TestIsInert(t *testing.T) {
	for text, want := range map[string]bool{
		"plain\n": true, "Grüße, 日本": true, "\x1b[1;31mred\x1b[m": true,
		"\x1b[2J": false, "\x1b]0;title\x07": false, "a\rb": false, "\x7f": false, "\u009b2J": false, "\x9b": false, "\t": false,
	} {
		if got := isInert(colour.ReplaceAllString(text, "")); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

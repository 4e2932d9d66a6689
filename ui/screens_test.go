package ui

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/compose"
	"sendoff/compose/spell"
	"sendoff/internal/uitest"
	"sendoff/outbox"
)

// screen is one that can be seen.
type screen struct {
	name string
	open func(*story)
}

// beside lets a test of the screen run beside others, unless opening it changes
// what belongs to all of them.
func (x screen) beside(t *testing.T) {
	if x.name != "spelling" && !strings.HasPrefix(x.name, "campaign") { // set $PATH or $HOME
		t.Parallel()
	}
}

// screens are all that can be seen, each with the way there from the start of
// an outbox with one of everything. A new one joins by a line.
var screens = []screen{
	{"outbox", func(*story) {}},
	{"failed", func(s *story) { s.Keys("4", "j") }},
	{"drafts", func(s *story) { s.Keys("1") }},
	{"sent", func(s *story) { s.Keys("5") }},
	{"campaigns", func(s *story) { campaigns(s); s.Keys("6") }},
	{"campaign", func(s *story) { campaigns(s); s.Keys("6", "j", "j", "enter") }},
	{"campaignfiles", func(s *story) { s.launchable(); s.Keys("C"); s.Type("~/campaign/") }},
	{"campaignlist", func(s *story) {
		s.launchable()
		p := newLaunchFilesPane(&launch{desk: s.model.desk}, "/letter.md", "~/campaign")
		s.model.push(p)
		s.Type("/")
	}},
	{"campaignlook", func(s *story) { s.launched("campaign") }},
	{"campaignwrong", func(s *story) { s.launched("campaign/wrong"); s.Keys("j", "j") }},
	{"campaignoptions", func(s *story) { s.launched("campaign/wrong"); s.Keys("o", "tab", "right") }},
	{"campaignletter", func(s *story) { s.launched("campaign"); s.Keys("v", "right") }},
	{"campaignrow", func(s *story) { s.launched("campaign/wrong"); s.Keys("v") }},
	{"campaignhow", func(s *story) { s.launched("campaign"); s.Keys("enter", "tab", "right", "tab"); s.Type("tomorrow 9") }},
	{"campaignstart", func(s *story) { s.launched("campaign"); s.Keys("enter", "tab", "left", "ctrl+s") }},
	{"marks", func(s *story) { s.Keys("j", "v", "j", "j") }},
	{"filters", func(s *story) { s.model.options.Filters = savedFilters; s.Keys("f") }},
	{"filter", func(s *story) { s.Keys("/"); s.Type("example") }},
	{"question", func(s *story) { s.Keys("d") }},
	{"quit", func(s *story) { s.Keys("q") }},
	{"wait", func(s *story) { s.Keys("q", "w") }},
	{"notice", func(s *story) { s.Keys("j", "j", "H") }},
	{"item", func(s *story) { s.Keys("4", "j", "j", "enter") }},
	{"transcript", func(s *story) { s.Keys("4", "j", "j", "enter", "t") }},
	{"live", live},
	{"source", func(s *story) { s.Keys("4", "enter", "v") }},
	{"palette", func(s *story) { s.Keys(":"); s.Type("ac") }},
	{"help", func(s *story) { s.Keys("?") }},
	{"compose", func(s *story) { s.Keys("m"); write(s) }},
	{"copies", func(s *story) { s.Keys("m", "ctrl+b"); s.Type("cc@example.org") }},
	{"headers", func(s *story) {
		s.Keys("m", "ctrl+r")
		s.Type("list@example.org")
		for range 8 {
			s.Keys("ctrl+o")
			s.Type("X-Priority: 1")
		}
	}},
	{"complete", func(s *story) { s.Keys("m"); s.Type("exa") }},
	{"attach", func(s *story) {
		s.Keys("m", "ctrl+t")
		s.model.top().(*attachPane).path.set("testdata/files")
		s.Type("/")
	}},
	{"spelling", func(s *story) {
		s.t.Setenv("PATH", dictionary(s.t))
		s.model.options.Spelling = &spell.Checker{Language: "en_US", OwnWords: "words"}
		s.Keys("m")
		s.body()
		s.Type("Did you recieve the figures? They are in the letter of Exmple, which came on Monday with the post.")
		s.Keys("alt+s")
	}},
	{"templates", func(s *story) {
		s.model.options.Templates = shelf(s.t)
		s.Keys("m", "alt+i", "down")
	}},
	{"review", func(s *story) { s.Keys("m"); write(s); s.Keys("ctrl+s") }},
	{"schedule", func(s *story) { s.Keys("m"); write(s); s.Keys("ctrl+s", "t"); s.Type("mon 9") }},
	{"wishes", func(s *story) { s.Keys("m"); write(s); s.Keys("ctrl+s", "w", "right", "tab") }},
	{"objections", func(s *story) {
		s.Keys("m")
		s.Type("reject@example.org, kim@gmial.com")
		s.Keys("tab", "tab")
		s.Type("Attached")
		s.Keys("ctrl+s")
	}},
	{"problems", func(s *story) { s.Keys("m"); s.Type("ana"); s.Keys("ctrl+s") }},
	{"encrypted", func(s *story) {
		s.model.options.OpenPGP = &keyring{}
		s.Keys("m")
		write(s)
		s.Keys("ctrl+b", "ctrl+b")
		s.Type("boss@example.net")
		s.Keys("alt+g", "alt+g", "alt+g", "ctrl+s")
	}},
	{"keyless", func(s *story) {
		s.model.options.OpenPGP = &keyring{lacking: "kim@example.com"}
		s.Keys("m")
		write(s)
		s.Keys("alt+g", "alt+g", "ctrl+s")
	}},
	{"signed", func(s *story) { s.model.options.OpenPGP = &keyring{}; s.Keys("m"); write(s); s.Keys("alt+g") }},
	{"firstrun", func(s *story) { setUp(s, ""); s.Keys("A") }},
	{"accounts", func(s *story) { setUp(s, twoAccounts); s.Keys("A", "j") }},
	{"account", func(s *story) { setUp(s, twoAccounts); s.Keys("A", "j", "enter") }},
	{"accountcheck", func(s *story) {
		setUp(s, twoAccounts).fails = loginRefused()
		s.Keys("A", "c")
		s.Advance(3 * time.Second)
	}},
	{"secret", func(s *story) { setUp(s, twoAccounts); s.Keys("A", "s", "tab"); s.Type("secret") }},
	{"wizard", func(s *story) { setUp(s, twoAccounts); s.Keys("A", "n"); s.Type("ada@example.org") }},
	{"servers", func(s *story) {
		setUp(s, twoAccounts)
		s.Keys("A")
		s.address("ada@example.org")
		s.Advance(10 * time.Second)
	}},
	{"login", func(s *story) {
		setUp(s, twoAccounts)
		s.Keys("A")
		s.address("ada@gmail.com")
		s.Keys("enter")
	}},
}

// live opens the transcript of a message that goes out, whose server takes its time.
func live(s *story) {
	half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), at: outbox.StepEnvelope}
	all := strings.Split(dialogue, "\n")
	half.sayLines(all[:13]...) // up to DATA
	s.t.Cleanup(half.run(s))
	<-half.reached
	item, err := s.box.Get(s.t.Context(), s.box.Progress()[0].Item)
	if err != nil {
		s.t.Fatal(err)
	}
	s.later(s.model.openItem(&item))
	s.Keys("t")
	s.Advance(12 * time.Second)
}

// setUp lets the program set accounts up, from a file with a text.
func setUp(s *story, text string) *world {
	w := &world{finding: ownServer}
	o := &s.model.options
	worldly(s.t, w, text)(o)
	o.Policies, o.AccountsFile = limitsOfWork, "/home/ada/.config/sendoff/accounts.toml"
	s.model.accounts = o.Accounts
	return w
}

// savedFilters are some searches with a name.
var savedFilters = []Filter{{"late", "state:waiting before:2d"}, {"reports of the week that nobody has asked for", "subject:report -to:ana after:7d"}}

// randomID is what differs from run to run.
var randomID = regexp.MustCompile(`<[0-9a-f]{32}@example.org>`)

func write(s *story) {
	s.Type("ana@example.org, \"Kim Lee\" <kim@example.com>")
	s.Keys("tab")
	s.Type("Quarterly figures")
	s.Keys("tab")
	s.Type("Hi both,")
	s.Keys("enter", "enter")
	s.Type("the figures are attached. Please look at page 3.")
	s.Advance(2 * time.Second)
}

// anotherTry is a time that has chance in it, as all waits between tries have. It may
// stand in the next line, with the styles of the line before between them.
var anotherTry = regexp.MustCompile(`(again(?:, next)?(?:\n:[ \w]*\n\|)?\s+today )\d\d:\d\d`)

// certain is a screen without what differs from run to run.
func certain(screen string) string {
	return anotherTry.ReplaceAllString(randomID.ReplaceAllString(screen, "<0123456789abcdef@example.org>"), "${1}00:04")
}

// Every screen as it is drawn, at four sizes, and in colours.
func TestScreens_Golden(t *testing.T) {
	for _, screen := range screens {
		if screen.name == "source" {
			continue // its Message-ID is random
		}
		for _, size := range [][2]int{{80, 24}, {120, 40}, {50, 12}, {40, 12}} {
			name := fmt.Sprintf("%s-%dx%d", screen.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				screen.beside(t)
				tell(t, size[0], size[1], nil, everyState, func(s *story) {
					screen.open(s)
					uitest.Golden(t, name, certain(s.Screen()))
					if size[0] != 40 { // as on a screen of 50, with less room
						s.goldenColours(name)
					}
				})
			})
		}
	}
}

// spill names what the pane on top and the foot draw beyond their room.
func (s *story) spill() (bad []string) {
	m := s.model
	foot := m.foot()
	room := m.height - len(foot)
	lines, _ := m.top().view(m.width, room)
	if len(lines) > room {
		bad = append(bad, fmt.Sprintf("%d lines for a room of %d", len(lines), room))
	}
	for _, line := range append(lines, foot...) {
		if w := ansi.StringWidth(line); w > m.width {
			bad = append(bad, fmt.Sprintf("%d columns: %q", w, ansi.Strip(line)))
		}
	}
	return bad
}

// long also tries every size there is.
var long = flag.Bool("long", false, "every screen at every size up to 130x40, which takes minutes")

// sizes are those that every screen is tried at.
func sizes() (all [][2]int) {
	add := func(width, height int) { all = append(all, [2]int{width, height}) }
	for width := 1; width <= 130; width++ {
		for _, height := range []int{5, 12, 24} {
			add(width, height)
		}
	}
	for height := 1; height <= 40; height++ {
		for _, width := range []int{20, 80, 120} {
			add(width, height)
		}
	}
	random := rand.New(rand.NewPCG(1, 2)) // the same at every run
	for range 200 {
		add(1+random.IntN(130), 1+random.IntN(40))
	}
	if *long {
		for width := 1; width <= 130; width++ {
			for height := 1; height <= 40; height++ {
				add(width, height)
			}
		}
	}
	return append(all, [2]int{7, 2}, [2]int{3, 2}, [2]int{300, 100})
}

// Every screen fits into every size, without colour marks that have no end,
// and comes back as it was.
func TestScreens_FitEverySize(t *testing.T) {
	for _, screen := range screens {
		t.Run(screen.name, func(t *testing.T) {
			screen.beside(t)
			tell(t, 80, 24, nil, everyState, func(s *story) {
				screen.open(s)
				before := s.Screen()
				for _, size := range sizes() {
					s.fits(size[0], size[1])
				}
				s.Resize(80, 24)
				if after := s.Screen(); after != before {
					s.t.Errorf("it does not come back as it was:\n%s\n%s", before, after)
				}
			})
		})
	}
}

// fits fails the test unless the screen fits into a size.
func (s *story) fits(width, height int) {
	s.t.Helper()
	s.Resize(width, height)
	bad := s.Overflow()
	if width >= 20 && height >= 6 { // the model cuts what does not fit; from here on nothing needs that
		bad = append(bad, s.spill()...)
	}
	if len(bad) > 0 {
		s.t.Fatalf("at %dx%d: %v", width, height, bad)
	}
}

// What matters is still there on small screens.
func TestScreens_SmallOnesSayWhatMatters(t *testing.T) {
	tell(t, 24, 5, nil, everyState, func(s *story) {
		s.Keys("j")
		s.See("⊘ cancelled", "Never")
		s.Resize(10, 3)
		s.See("⊘ Never")
		s.Resize(40, 4)
		s.Keys("m")
		s.Type("ana@example.org")
		s.See("ana@example.org")
	})
}

// hostile is text that would act on a terminal, or push the screen around.
var hostile = []string{
	"\x1b]2;pwned\x07title", "\x1b[2Jgone", "\x1b[31mred", "two\r\nlines", "\x9b31mC1", "tab\there", "bell\x07", "\u202eexe.gpj", "zero\u200bwidth",
	"\xff\xfe not UTF-8", strings.Repeat("wide日本", 300), "👩‍👩‍👧‍👦 family", "e\u0301\u0301\u0301 accents", "नमस्ते", "\u2028line", strings.Repeat("a\u0300", 500),
}

func TestScreens_TextFromOutsideDoesNotReachTheTerminal(t *testing.T) {
	for _, evil := range hostile {
		tell(t, 60, 20, nil, func(s *story) {
			s.transport.Script = func(string, int) outbox.Result {
				return outbox.Result{Class: outbox.ClassRejected, Code: 550, Text: evil}
			}
			s.transport.Dialogue = "1 < 220 hi\n12 < 550 " + evil + "\n" + evil
			s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
			s.deliver()
			d := draft("work", evil, evil)
			d.Body, d.Attachments = evil, []compose.Attachment{{Path: "/tmp/" + evil}}
			if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, d); err != nil {
				s.t.Fatal(err)
			}
		}, func(s *story) {
			look := func() {
				s.t.Helper()
				if bad := s.Overflow(); len(bad) > 0 {
					s.t.Fatalf("%q: %v\n%s", evil, bad, s.Screen())
				}
				if content := s.model.View().Content; strings.Contains(content, "\x1b]") || strings.Contains(content, "\x1b[2J") || strings.ContainsAny(content, "\u202e\u2028\x07\r\t") {
					s.t.Fatalf("%q reaches the screen:\n%q", evil, content)
				}
				if title := s.model.View().WindowTitle; strings.ContainsFunc(title, func(r rune) bool { return r < ' ' || r == 0x7f }) {
					s.t.Fatalf("%q reaches the title: %q", evil, title)
				}
			}
			look()
			for _, keys := range [][]string{{"4"}, {"enter"}, {"v"}, {"esc", "t"}, {"esc", "esc", "1"}, {"d"}, {"n", "enter"}, {"ctrl+s"}, {"esc", "ctrl+t"}} {
				s.Keys(keys...)
				look()
			}
			s.paste("/" + evil)
			look()
		})
	}
}

func TestScreens_LightTerminalsGetDarkText(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Theme = "auto" }, everyState, func(s *story) {
		dark := s.model.View().Content
		s.Send(tea.BackgroundColorMsg{Color: white{}})
		if light := s.model.View().Content; light == dark {
			s.t.Error("the colours stay")
		}
	})
	tell(t, 80, 24, nil, everyState, func(s *story) {
		dark := s.model.View().Content
		s.Send(tea.BackgroundColorMsg{Color: white{}})
		if s.model.View().Content != dark {
			s.t.Error("the theme is set, and does not stay")
		}
	})
}

type white struct{}

func (white) RGBA() (r, g, b, a uint32) { return 0xffff, 0xffff, 0xffff, 0xffff }

func TestScreens_HelpNamesEveryKeyOfTheFooter(t *testing.T) {
	tell(t, 120, 40, nil, everyState, func(s *story) {
		for _, p := range []string{"", "enter"} {
			if p != "" {
				s.Keys(p)
			}
			b := s.model.top().bindings()
			in := make(map[string]bool)
			for _, g := range b.help {
				for _, k := range g.bindings {
					in[k.Help().Desc] = true
				}
			}
			for _, k := range append(b.footer, b.end...) {
				if d := k.Help().Desc; !in[d] && d != "help" {
					s.t.Errorf("%q is not in the help of %s", d, s.model.top().title())
				}
			}
		}
	})
}

// The help of the screens for accounts and for new campaigns names what their footers do.
func TestScreens_HelpOfAccountsNamesEveryKey(t *testing.T) {
	for _, screen := range screens {
		switch screen.name {
		case "campaignfiles", "campaignlook", "campaignwrong", "campaignletter", "campaignhow", "campaignstart", "firstrun", "accounts", "account", "accountcheck", "secret", "wizard", "servers", "login":
			tell(t, 120, 40, nil, everyState, func(s *story) {
				screen.open(s)
				b := s.model.top().bindings()
				in := make(map[string]bool)
				for _, g := range b.help {
					for _, k := range g.bindings {
						in[k.Help().Desc] = true
					}
				}
				for _, k := range append(b.footer, b.end...) {
					if d := k.Help().Desc; k.Enabled() && !in[d] && d != "help" {
						s.t.Errorf("%s: %q is not in the help", screen.name, d)
					}
				}
			})
		}
	}
}

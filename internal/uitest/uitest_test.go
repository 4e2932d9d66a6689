package uitest

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

func TestKey_IsNamedAsBubbleTeaNamesIt(t *testing.T) {
	for _, name := range []string{"j", "G", "?", "space", "enter", "esc", "tab", "shift+tab", "ctrl+s", "alt+n", "ctrl+shift+left", "pgdown", "f1", "日"} {
		if _, err := Key(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "nokey", "ctrl+", "shift+ctrl+left"} {
		if k, err := Key(name); err == nil {
			t.Errorf("%q gives %q", name, k.String())
		}
	}
}

// counter counts ticks, and notes what comes.
type counter struct {
	ctx   context.Context
	ticks int
	notes []string
	size  tea.WindowSizeMsg
}

type (
	tick struct{}
	note string
)

func (c *counter) tick() tea.Cmd {
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tick{} })
}

func (c *counter) Init() tea.Cmd {
	say := func(s string) tea.Cmd { return func() tea.Msg { return note(s) } }
	forever := func() tea.Msg { <-c.ctx.Done(); return nil }
	return tea.Batch(c.tick(), forever, say("one"), tea.Sequence(say("two"), say("three")), say("four"))
}

func (c *counter) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		c.ticks++
		return c, c.tick()
	case note:
		c.notes = append(c.notes, string(msg))
	case tea.WindowSizeMsg:
		c.size = msg
	case tea.KeyPressMsg:
		if msg.String() == "q" {
			return c, tea.Quit
		}
		c.notes = append(c.notes, msg.String())
	}
	return c, nil
}

func (c *counter) View() tea.View {
	v := tea.View{AltScreen: true, WindowTitle: "counter", Cursor: tea.NewCursor(3, 1)}
	v.SetContent(fmt.Sprintf("%d ticks <&>\n日本 %s\n%dx%d", c.ticks, strings.Join(c.notes, " "), c.size.Width, c.size.Height))
	return v
}

func TestDrive_IsCertainInABubble(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			d := NewDrive(t, &counter{ctx: t.Context()}, 40, 5)
			if got := strings.Join(d.Model.(*counter).notes, " "); got != "one two three four" {
				t.Fatalf("notes %q", got)
			}
			d.Advance(10*time.Second + time.Millisecond)
			d.See("10 ticks", "40x5")
			d.Resize(20, 3)
			d.See("20x3")
			d.SeeNot("40x5")
			d.Keys("j", "ctrl+s")
			d.Type("日")
			d.Resize(60, 3)
			d.See("j ctrl+s 日")
			d.Resize(20, 3)
			if bad := d.Overflow(); len(bad) == 0 {
				t.Error("a line too wide is not seen")
			}
			if d.Keys("q"); !d.Quit {
				t.Error("quitting is not seen")
			}
		})
	}
}

func TestDrive_UntilOutsideOfABubble(t *testing.T) {
	d := NewDriveOutside(t, &counter{ctx: t.Context()}, 40, 5)
	d.Until("four notes", func(screen string) bool { return strings.Contains(screen, "four") })
}

func TestRun_ShowsWhatATerminalWould(t *testing.T) {
	x := Run(t, &counter{ctx: t.Context()}, 40, 5)
	x.Until("what came at the start", func(screen string) bool {
		return strings.Contains(screen, "four") && strings.Contains(screen, "three")
	})
	x.Raw("ab") // else another note may come between the two
	x.See("日本")
	x.See("a b")
	x.See("40x5")
	x.Until("title", func(string) bool { return x.Title() == "counter" })
	x.Until("cursor", func(string) bool { column, row, shown := x.Cursor(); return shown && column == 3 && row == 1 })
	svg := x.SVG("A <picture>")
	for _, want := range []string{`viewBox="0 0 364 146"`, "A &lt;picture&gt;", "&lt;&amp;&gt;", ">日<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in the picture:\n%s", want, svg)
		}
	}
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

func TestStart_GivesACommandATerminalOfItsOwn(t *testing.T) {
	x := Start(t, 30, 4, exec.Command("sh", "-c", `trap 'stty size' WINCH; stty size; tty; while read line; do echo "got $line"; done`))
	x.See("4 30")
	x.See("/dev/")
	x.Raw("hello\r")
	x.See("got hello")
	x.Raw("\x04")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

func TestWire_SendsWhatDiffers(t *testing.T) {
	wire, x := NewWire(20, 3), newTerm(t, 20, 3)
	defer closeEmulator(x.emulator)
	draw := func(content string) string {
		t.Helper()
		sent, err := wire.Draw(tea.NewView(content))
		if err != nil {
			t.Fatal(err)
		}
		x.Write([]byte(sent))
		return sent
	}
	draw("one\r\ntwo\r\nthree")
	for _, c := range []struct{ content, screen string }{{"one\r\ntwo\r\n4", "one\ntwo\n4"}, {"one\r\nx\r\n4", "one\nx\n4"}} {
		if sent := draw(c.content); strings.Contains(sent, "one") || x.Screen() != c.screen {
			t.Errorf("%q makes %q", sent, x.Screen())
		}
		if again := draw(c.content); again != "" {
			t.Errorf("the same once more is %q", again)
		}
	}
}

package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/x/ansi"
)

// when disables a binding that means nothing now. What is disabled is neither
// matched nor shown.
func when(possible bool, b key.Binding) key.Binding {
	b.SetEnabled(possible)
	return b
}

// globalKeys are the same on every screen.
type globalKeys struct {
	Suspend, Abort key.Binding
}

func (d *desk) globalKeys() globalKeys {
	return globalKeys{
		Suspend: d.bound("to the shell", "everywhere.suspend"),
		Abort:   d.bound("quit, draft is kept", "everywhere.abort"),
	}
}

func (k globalKeys) all() []key.Binding { return []key.Binding{k.Abort, k.Suspend} }

// paletteKey opens the palette from a pane with some bindings.
func (d *desk) paletteKey(of bindings) key.Binding {
	if of.typing {
		return d.boundTyping("all actions", paletteAction)
	}
	return d.bound("all actions", paletteAction)
}

// group is a part of the help.
type group struct {
	title    string
	bindings []key.Binding
}

// bindings are the keys of a screen: those that matter now for the footer, the
// important first, those that stand at its right end, and all for the help.
type bindings struct {
	note        string // before the footer
	footer, end []key.Binding
	help        []group
	apart       []group // more for the help: they mean something only while another part of the screen has the keys
	typing      bool    // text is typed: keys that write do only that
	body        bool    // into a text of several lines
}

// footer writes as many keys as fit, and always those of the end.
func (s *styles) footer(b bindings, width int) string {
	if !b.fits(width, len(b.footer)) && (width < shortBelow || !b.fits(width, keysThatMatter)) {
		b = b.short()
	}
	end := s.keyLine(b.end, width)
	endWidth := ansi.StringWidth(end)
	note := ""
	if b.note != "" {
		note = s.accent.Render(cut(b.note, width-endWidth-2)) + "  "
	}
	start := note + s.keyLine(b.footer, width-endWidth-2-ansi.StringWidth(note))
	return start + spaces(width-ansi.StringWidth(start)-endWidth) + end
}

// keyLine writes the enabled keys that fit into width.
func (s *styles) keyLine(all []key.Binding, width int) string {
	var b strings.Builder
	used := 0
	for _, k := range inFooter(all) {
		need := keyWidth(k)
		if used > 0 {
			need += 2
		}
		if used+need > width {
			break
		}
		if used > 0 {
			b.WriteString("  ")
		}
		b.WriteString(s.keyText(k))
		used += need
	}
	return b.String()
}

// keyText is a key with what it does.
func (s *styles) keyText(k key.Binding) string {
	text := s.key.Render(k.Help().Key)
	if does := k.Help().Desc; does != "" {
		text += s.dim.Render(" " + does) // a blank in the one colour or the other is shorter than one in none
	}
	return text
}

// keyLines writes all enabled keys, in as many lines as that needs.
func (s *styles) keyLines(all []key.Binding, width int) []string {
	var texts []string
	for _, k := range inFooter(all) {
		texts = append(texts, s.keyText(k))
	}
	return flow("", texts, "  ", width)
}

// inFooter are the bindings that can be shown: one without a key is for the palette.
func inFooter(all []key.Binding) (shown []key.Binding) {
	for _, k := range all {
		if k.Enabled() && k.Help().Key != "" {
			shown = append(shown, k)
		}
	}
	return shown
}

// keyWidth is the room of a key with what it does.
func keyWidth(k key.Binding) int {
	h := k.Help()
	if h.Desc == "" {
		return ansi.StringWidth(h.Key)
	}
	return ansi.StringWidth(h.Key) + 1 + ansi.StringWidth(h.Desc)
}

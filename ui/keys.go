package ui

import (
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

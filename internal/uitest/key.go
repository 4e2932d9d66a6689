package uitest

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

var named = map[string]rune{
	"enter": tea.KeyEnter, "tab": tea.KeyTab, "esc": tea.KeyEscape, "space": tea.KeySpace,
	"backspace": tea.KeyBackspace, "delete": tea.KeyDelete, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
	"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "f1": tea.KeyF1,
}

var modifiers = map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "alt+": tea.ModAlt, "shift+": tea.ModShift}

// Key makes the key press that Bubble Tea gives a name.
func Key(name string) (tea.KeyPressMsg, error) {
	var k tea.KeyPressMsg
	rest := name
	for again := true; again; {
		again = false
		for prefix, mod := range modifiers {
			if after, ok := strings.CutPrefix(rest, prefix); ok && after != "" {
				k.Mod |= mod
				rest, again = after, true
			}
		}
	}
	runes := []rune(rest)
	code, ok := named[rest]
	switch {
	case ok:
		k.Code = code
	case len(runes) == 1:
		k.Code = runes[0]
	default:
		return k, fmt.Errorf("no key is named %q", name)
	}
	if k.Mod == 0 && (!ok || code == tea.KeySpace) {
		k.Text = string(k.Code)
	}
	if k.String() != name {
		return k, fmt.Errorf("the key %q would be named %q", name, k.String())
	}
	return k, nil
}

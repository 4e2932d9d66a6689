package ui

import (
	"strings"
	"testing"

	"sendoff/internal/uitest"
)

// A person counts characters as they look, also in a field of one line.
func TestInput_KeysTakeWholeCharacters(t *testing.T) {
	const family = "👩‍👩‍👧‍👦"
	for keys, want := range map[string]string{
		"left backspace": "ab", "left left delete": "ab", "left left x": "ax" + family + "b", "left left right x": "a" + family + "xb",
		"home delete": family + "b", "home backspace left x": "xa" + family + "b", "delete right x": "a" + family + "bx",
	} {
		in := newDesk(t.Context(), Options{}).newInput("a" + family + "b")
		in.setFocus(true)
		for _, name := range strings.Fields(keys) {
			press, err := uitest.Key(name)
			if err != nil {
				t.Fatal(err)
			}
			in.update(press)
		}
		if got := in.value(); got != want {
			t.Errorf("%s: %q, want %q", keys, got, want)
		}
	}
}

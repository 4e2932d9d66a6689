package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/x/ansi"
)

// keysThatMatter is how many keys a footer has at least, if there are so many.
const keysThatMatter = 3

// shortBelow is the width from which on most footers have room for so many as they are.
// Below it all are short, so that they do not change from row to row of a list.
const shortBelow = 52

// shortWords are what keys do where there is room for a word.
var shortWords = map[string]string{
	"a page down":      "page",
	"a page up":        "page",
	"another choice":   "other",
	"check again":      "again",
	"complete":         "fill",
	"compose":          "write",
	"edit a copy":      "copy",
	"edit letter":      "edit",
	"edit list":        "list",
	"editor":           "edit",
	"end the range":    "range",
	"ignore here":      "skip",
	"keep as draft":    "keep",
	"look again":       "again",
	"make default":     "default",
	"new secret":       "secret",
	"put in":           "use",
	"retry failed":     "retry",
	"settle doubt":     "settle",
	"take back":        "undo",
	"take it":          "take",
	"to the list":      "list",
	"try again":        "retry",
	"type the servers": "type",
}

// fits tells that the first keys have room as they are.
func (b bindings) fits(width, first int) bool {
	keys := inFooter(b.footer)
	need := 0
	if b.note != "" {
		need = ansi.StringWidth(b.note) + 2
	}
	for _, k := range slices.Concat(keys[:min(len(keys), first)], inFooter(b.end)) {
		need += keyWidth(k) + 2
	}
	return need-2 <= width
}

// understood is what keys of the end do that do so on every screen: they stand there
// without words.
var understood = []string{"help", "back", "quit", "keep", "change it", "type on"}

// short are the bindings of a footer on a narrow screen, where three keys have room.
func (b bindings) short() bindings {
	b.footer = shortened(b.footer, func(does string) string {
		if undo, _, ok := strings.Cut(does, " "); ok && undo == "undo" { // what is undone has been said
			return undo
		}
		if word, ok := shortWords[does]; ok {
			return word
		}
		section, _ := strings.CutPrefix(does, "to ")
		return section
	})
	b.end = shortened(b.end, func(does string) string {
		if slices.Contains(understood, does) {
			return ""
		}
		return does
	})
	return b
}

// shortened are bindings with other words, and keys as they are written in short.
func shortened(all []key.Binding, word func(does string) string) (short []key.Binding) {
	for _, k := range all {
		h := k.Help()
		k.SetHelp(shortKeyName(h.Key), word(h.Desc))
		short = append(short, k)
	}
	return short
}

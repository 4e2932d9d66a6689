package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Keys say which keys do what. The zero Keys are those the program has by itself.
type Keys struct{ chosen map[string][]string }

// KeyError is a key that cannot be given to an action.
type KeyError struct {
	Action  string   // that it was given to
	Problem string   // reads well behind the action
	Word    string   // that is none of Known; "" if it is not about that
	Known   []string // actions or keys
	Other   string   // the action that has the key already; "" if it is not about that
}

func (e *KeyError) Error() string { return e.Action + ": " + e.Problem }

// Action is something a key does, for people who want another key for it.
type Action struct {
	Name, Does string
	Keys       []string
}

// KeyErrors are all that is wrong with the keys that were chosen, by the names of the
// actions, one an action.
type KeyErrors []*KeyError

func (e KeyErrors) Error() string {
	texts := make([]string, len(e))
	for n, one := range e {
		texts[n] = one.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap lets errors.As find the first.
func (e KeyErrors) Unwrap() []error {
	all := make([]error, len(e))
	for n, one := range e {
		all[n] = one
	}
	return all
}

// NewKeys gives actions other keys than they have by themselves; none leaves an
// action to the palette. The error is [KeyErrors].
func NewKeys(chosen map[string][]string) (Keys, error) {
	k := Keys{chosen: make(map[string][]string, len(chosen))}
	var wrong KeyErrors
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		keys, err := parseKeys(name, chosen[name])
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		k.chosen[name] = keys
	}
	for _, name := range slices.Sorted(maps.Keys(k.chosen)) {
		err := k.check(name)
		told := func(e *KeyError) bool { return err.Other != "" && e.Action == err.Other && e.Other == name }
		if err != nil && !slices.ContainsFunc(wrong, told) {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) > 0 {
		slices.SortStableFunc(wrong, func(a, b *KeyError) int { return strings.Compare(a.Action, b.Action) })
		return Keys{}, wrong
	}
	return k, nil
}

// parseKeys reads the keys of an action as they are written in config.toml.
func parseKeys(name string, typed []string) ([]string, *KeyError) {
	if !slices.ContainsFunc(actions, func(a action) bool { return a.name == name }) {
		return nil, &KeyError{Action: name, Problem: "there is no such action", Word: name, Known: actionNames()}
	}
	keys := make([]string, 0, len(typed))
	for _, one := range typed {
		pressed, err := parseKey(one)
		if err != nil {
			err.Action = name
			return nil, err
		}
		keys = append(keys, pressed)
	}
	return keys, nil
}

// Actions are all actions with their keys.
func (k Keys) Actions() (all []Action) {
	for _, a := range actions {
		all = append(all, Action{Name: a.name, Does: a.does, Keys: slices.Clone(k.of(a))})
	}
	return all
}

func actionNames() (names []string) {
	for _, a := range actions {
		names = append(names, a.name)
	}
	return names
}

// of gives the keys of an action.
func (k Keys) of(a action) []string {
	if chosen, ok := k.chosen[a.name]; ok {
		return chosen
	}
	return a.keys
}

// check finds what is wrong with the keys that an action was given.
func (k Keys) check(name string) *KeyError {
	a := actionNamed(name)
	if name == abortAction && len(k.of(a)) == 0 {
		return &KeyError{Action: name, Problem: "without a key there is no way out of a program that hangs"}
	}
	for _, s := range keyScreens {
		if !s.has(a) {
			continue
		}
		for _, pressed := range k.of(a) {
			if err := k.checkOn(s, a, pressed); err != nil {
				return err
			}
		}
	}
	return nil
}

const abortAction = "everywhere.abort"

// checkOn checks a key of an action at one place.
func (k Keys) checkOn(s keyScreen, a action, pressed string) *KeyError {
	writes := s.typing && types(pressed)
	switch {
	case writes && a.scope() == everywhere: // it is text there
		return nil
	case writes && !slices.ContainsFunc(a.keys, types):
		return &KeyError{Action: a.name, Problem: fmt.Sprintf("%q is for writing in %s", pressed, s.name)}
	case s.offers() && len(pressed) == 1 && pressed >= "1" && pressed <= "9":
		return &KeyError{Action: a.name, Problem: fmt.Sprintf("%q takes what is offered in %s", pressed, s.name)}
	}
	for _, other := range actions {
		if writes && other.scope() == everywhere {
			continue
		}
		if other.name == a.name || !s.has(other) || meant(a, other, pressed) {
			continue
		}
		if other.has(k.of(other), pressed) {
			return &KeyError{Action: a.name, Other: other.name, Problem: fmt.Sprintf("%q is the key of %s in %s", pressed, other.name, s.name)}
		}
	}
	return nil
}

// meant tells that two actions may both have a key, since they share keys of
// themselves: they are never possible together. What edits a text is possible behind
// all that a screen does, and may share no other key with it.
func meant(a, b action, pressed string) bool {
	if a.edits() || b.edits() {
		return a.has(a.keys, pressed) && b.has(b.keys, pressed)
	}
	return shares(a.keys, b.keys)
}

// offers tells that the digits there take what is offered.
func (s keyScreen) offers() bool {
	return slices.ContainsFunc(s.scopes, func(scope string) bool { return scope == "review" || scope == "spelling" || scope == "question" })
}

// everywhere is the scope of what can be done on every screen.
const everywhere = "everywhere"

func (a action) scope() string {
	scope, _, _ := strings.Cut(a.name, ".")
	return scope
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(pressed string) bool { return slices.Contains(b, pressed) })
}

func actionNamed(name string) action {
	for _, a := range actions {
		if a.name == name {
			return a
		}
	}
	panic("ui: there is no action " + name)
}

// types tells that a key writes where text is typed.
func types(pressed string) bool { return utf8.RuneCountInString(pressed) == 1 || pressed == "space" }

// Modifiers in the order in which Bubble Tea names them, and keys that are no
// letters.
var (
	keyModifiers = []string{"ctrl", "alt", "shift", "meta", "hyper", "super"}
	keyNamed     = []string{"enter", "tab", "esc", "space", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end",
		"pgup", "pgdown", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12"}
)

// parseKey reads a key as it is written in config.toml, and gives it the name that
// Bubble Tea has for it.
func parseKey(typed string) (string, *KeyError) {
	base, held := typed, make(map[string]bool)
	for {
		modifier, rest, ok := strings.Cut(base, "+")
		if !ok || modifier == "" || rest == "" {
			break
		}
		if !slices.Contains(keyModifiers, modifier) {
			return "", &KeyError{Problem: fmt.Sprintf("there is no key %q", typed), Word: modifier, Known: keyModifiers}
		}
		base, held[modifier] = rest, true
	}
	r, width := utf8.DecodeRuneInString(base)
	letter := base != "" && width == len(base) && unicode.IsGraphic(r) && r != utf8.RuneError && r != ' '
	switch {
	case !letter && !slices.Contains(keyNamed, base):
		return "", &KeyError{Problem: fmt.Sprintf("there is no key %q", typed), Word: base, Known: keyNamed}
	case letter && held["shift"] && len(held) == 1:
		return "", &KeyError{Problem: fmt.Sprintf("%q types %q: write that", typed, strings.ToUpper(base))}
	case letter && unicode.IsUpper(r) && len(held) > 0:
		return "", &KeyError{Problem: fmt.Sprintf("%q is not sent by terminals: write the letter small", typed)}
	}
	name := ""
	for _, modifier := range keyModifiers {
		if held[modifier] {
			name += modifier + "+"
		}
	}
	return name + base, nil
}

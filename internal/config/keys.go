package config

import (
	"fmt"
	"maps"
	"slices"
)

// Keys are the keys that config.toml gives to actions of the interface: what they
// are called is the business of the interface, which asks for an error where it
// knows better.
type Keys struct {
	Chosen map[string][]string // by the name of the action; none: it has no key
	Wrong  []*Error            // what is none, or is set twice: no reason to send nothing

	doc *Document
}

// Error is a complaint about the keys of an action.
func (k Keys) Error(action, problem, hint string) *Error {
	doc := k.doc
	if doc == nil {
		doc = new(Document)
	}
	return doc.Error(keysTable+"."+action, problem, hint)
}

const keysTable = "keys"

// readKeys flattens the table: "outbox.retry" = "r" in quotes, outbox.retry = "r",
// and [keys.outbox] with retry = "r" say the same.
func readKeys(doc *Document, table map[string]any) Keys {
	if len(table) == 0 {
		return Keys{}
	}
	k := Keys{Chosen: make(map[string][]string), doc: doc}
	k.take("", table)
	return k
}

func (k *Keys) take(prefix string, table map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(table)) {
		action := prefix + name
		if inner, ok := table[name].(map[string]any); ok {
			k.take(action+".", inner)
			continue
		}
		if _, twice := k.Chosen[action]; twice {
			k.Wrong = append(k.Wrong, k.Error(action, "is set twice, with quotes and without", "keep one of them"))
			continue
		}
		keys, ok := keyList(table[name])
		if !ok {
			k.Wrong = append(k.Wrong, k.Error(action, "wants a key or a list of keys", fmt.Sprintf(`write it as %q = "r" or %q = ["r", "ctrl+r"]`, action, action)))
			continue
		}
		k.Chosen[action] = keys
	}
}

func keyList(value any) (keys []string, ok bool) {
	switch value := value.(type) {
	case string:
		return []string{value}, true
	case []any:
		for _, element := range value {
			text, ok := element.(string)
			if !ok {
				return nil, false
			}
			keys = append(keys, text)
		}
		return keys, true
	}
	return nil, false
}

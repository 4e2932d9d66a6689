package review

import (
	"strings"

	"sendoff/compose"
)

// lists are the fields that say whom a message is for.
func lists(d *compose.Draft) []*string { return []*string{&d.To, &d.Cc, &d.Bcc} }

// recipients are those of a draft, each once, and without the names.
func recipients(d compose.Draft) (all []compose.Address) {
	seen := make(map[string]bool)
	for _, list := range lists(&d) {
		for _, a := range compose.Addresses(*list) {
			a.Name = ""
			if key := strings.ToLower(a.String()); !seen[key] {
				seen[key] = true
				all = append(all, a)
			}
		}
	}
	return all
}

// Keys are what an address may be known as: as it was written, and as SMTP has it, in lower
// case.
func Keys(a compose.Address) []string {
	a.Name = ""
	keys := []string{strings.ToLower(a.String())}
	if ascii, err := a.ASCII(); err == nil && strings.ToLower(ascii) != keys[0] {
		keys = append(keys, strings.ToLower(ascii))
	}
	return keys
}

// find looks an address up.
func find[T any](known map[string]T, a compose.Address) (found T, ok bool) {
	for _, key := range Keys(a) {
		if found, ok = known[key]; ok {
			return found, true
		}
	}
	return found, false
}

// same tells that two addresses are one mailbox, whatever their names.
func same(a, b compose.Address) bool {
	a.Name, b.Name = "", ""
	return strings.EqualFold(a.String(), b.String())
}

// replace changes an address wherever it stands in a draft.
func replace(old, becomes compose.Address) func(compose.Draft) compose.Draft {
	return mend(func(a compose.Address) (string, bool) {
		becomes.Name = a.Name
		return becomes.String(), same(a, old)
	})
}

// without takes an address off a draft.
func without(unwanted compose.Address) func(compose.Draft) compose.Draft {
	return mend(func(a compose.Address) (string, bool) { return "", same(a, unwanted) })
}

// mend changes addresses of all lists.
func mend(change func(compose.Address) (string, bool)) func(compose.Draft) compose.Draft {
	return func(d compose.Draft) compose.Draft {
		for _, list := range lists(&d) {
			*list = compose.MendList(*list, change)
		}
		return d
	}
}

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
			if key := keyOf(a); !seen[key] {
				seen[key] = true
				a.Name = ""
				all = append(all, a)
			}
		}
	}
	return all
}

// Keys are what an address may be known as: as it was written, and as SMTP has it, in lower
// case.
func Keys(a compose.Address) []string {
	keys := []string{keyOf(a)}
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

// keyOf is the same for all ways to write one mailbox.
func keyOf(a compose.Address) string {
	a.Name = ""
	return strings.ToLower(a.String())
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

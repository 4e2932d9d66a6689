package compose

import "strings"

const listSpace = " \t\r\n"

// MendList changes addresses of a list: mend tells for each whether it becomes
// another text, of which "" takes it off. Everything else stays as it was typed,
// also what is wrong.
func MendList(text string, mend func(Address) (becomes string, changes bool)) string {
	var b strings.Builder
	done := 0 // of text
	for p := range pieces(text) {
		a, err := p.address()
		if err != nil {
			continue
		}
		becomes, changes := mend(a)
		if !changes {
			continue
		}
		raw := p.raw(text)
		end := p[len(p)-1].end - (len(raw) - len(strings.TrimRight(raw, listSpace)))
		start := p[0].start + len(raw) - len(strings.TrimLeft(raw, listSpace))
		b.WriteString(text[done:start])
		b.WriteString(becomes)
		if done = end; becomes == "" {
			done += separated(text[end:])
		}
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	if strings.TrimSpace(text[done:]) != "" {
		return b.String()
	}
	return strings.TrimRight(b.String(), ",;"+listSpace) // nothing follows the last one any more
}

// separated is how much of a text stands between an address and the next.
func separated(text string) int {
	rest := strings.TrimLeft(text, listSpace)
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, ","), ";")
	return len(text) - len(strings.TrimLeft(rest, listSpace))
}

package compose

import "strings"

// maxValue is how long a value may be that is still read as an address, in bytes.
const maxValue = 2000

// QuoteValue is a value as it stands in a list of addresses that a template makes. One
// that is one address is that address; any other is a name, in quotation marks if it needs
// them, so that a comma or a bracket in it adds no recipient.
func QuoteValue(value string) string {
	value = strings.Join(strings.Fields(value), " ")
	if value == "" {
		return ""
	}
	if len(value) <= maxValue { // else it is none, and dear to read
		a, err := ParseOne(value)
		if err == nil && (value == a.String() || a.Name != "" && strings.HasSuffix(value, ">")) {
			return a.String()
		}
	}
	if strings.ContainsFunc(value, needsQuotes) || strings.Contains(value, "=?") {
		return quoteString(value)
	}
	return value
}

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

package addressbook

import (
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"sendoff/compose"
)

// card is what is read of a vCard (RFC 6350, RFC 2426, vCard 2.1).
type card struct {
	uid, name, organisation string
	emails                  []string
	group                   bool
	members                 []string // of a group: URIs of cards or addresses
}

// property is one line of a card: "item1.EMAIL;TYPE=work:ana@example.org".
type property struct {
	name       string            // in upper case, without the group before it
	parameters map[string]string // names in upper case
	value      string
}

// parseCards reads the cards of a file; what is no card is left out.
func parseCards(text string) (cards []card) {
	var current *card
	for line := range unfold(text) {
		p, ok := parseProperty(line)
		switch {
		case !ok:
		case p.name == "BEGIN" && strings.EqualFold(p.value, "VCARD"):
			current = new(card)
		case p.name == "END" && strings.EqualFold(p.value, "VCARD"):
			if current != nil {
				cards = append(cards, *current)
			}
			current = nil
		case current != nil:
			current.take(p)
		}
	}
	return cards
}

// unfold gives the lines, those put together that were broken (RFC 6350 §3.2),
// also in the way of quoted-printable, where "=" ends a line that goes on.
func unfold(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var whole strings.Builder
		broken := false // whole goes on, in quoted-printable
		for line := range strings.SplitSeq(text, "\n") {
			line = strings.TrimRight(line, "\r")
			switch {
			case broken:
				whole.WriteString("\r\n" + line)
				broken = strings.HasSuffix(line, "=")
				continue
			case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
				whole.WriteString(line[1:])
				continue
			case whole.Len() > 0 && !yield(whole.String()):
				return
			}
			whole.Reset()
			whole.WriteString(line)
			head, _, _ := strings.Cut(line, ":")
			broken = strings.HasSuffix(line, "=") && strings.Contains(strings.ToUpper(head), quotedPrintable)
		}
		if whole.Len() > 0 {
			yield(whole.String())
		}
	}
}

const quotedPrintable = "QUOTED-PRINTABLE"

func parseProperty(line string) (property, bool) {
	colon := outsideQuotes(line, ':')
	if colon < 0 {
		return property{}, false
	}
	head := line[:colon]
	p := property{parameters: make(map[string]string), value: line[colon+1:]}
	for n := 0; head != ""; n++ {
		part, end := head, outsideQuotes(head, ';')
		if head = ""; end >= 0 {
			head, part = part[end+1:], part[:end]
		}
		if n == 0 {
			p.name = strings.ToUpper(part[strings.LastIndexByte(part, '.')+1:])
			continue
		}
		name, value, found := strings.Cut(part, "=")
		if !found { // vCard 2.1: the value alone
			name, value = "ENCODING", part
			if !strings.EqualFold(part, quotedPrintable) {
				continue
			}
		}
		p.parameters[strings.ToUpper(name)] = strings.Trim(value, `"`)
	}
	if strings.EqualFold(p.parameters["ENCODING"], quotedPrintable) {
		p.value = decodeQuoted(p.value)
	}
	if !utf8.ValidString(p.value) {
		p.value = latin1(p.value)
	}
	return p, true
}

// outsideQuotes is the place of the first mark that does not stand in quotes.
func outsideQuotes(s string, mark byte) int {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == mark && !quoted:
			return i
		}
	}
	return -1
}

func decodeQuoted(s string) string {
	decoded, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s)))
	if err != nil {
		return s
	}
	return string(decoded)
}

// latin1 is for the cards of old telephones, which are in no other character set
// that is not UTF-8.
func latin1(s string) string {
	runes := make([]rune, 0, len(s))
	for i := range len(s) {
		runes = append(runes, rune(s[i]))
	}
	return string(runes)
}

// take takes in a property.
func (c *card) take(p property) {
	switch p.name {
	case "FN":
		c.name = orElse(c.name, unescape(p.value))
	case "N":
		if c.name == "" {
			c.name = nameOf(p.value)
		}
	case "ORG":
		c.organisation = parts(p.value)[0]
	case "EMAIL":
		c.emails = append(c.emails, strings.TrimSpace(unescape(p.value)))
	case "UID":
		c.uid = strings.TrimPrefix(p.value, "urn:uuid:")
	case "KIND", "X-ADDRESSBOOKSERVER-KIND":
		c.group = strings.EqualFold(p.value, "group")
	case "MEMBER", "X-ADDRESSBOOKSERVER-MEMBER":
		c.members = append(c.members, p.value)
	}
}

// nameOf makes "Kim Lee" of the parts "Lee;Kim;;;".
func nameOf(value string) string {
	all := append(parts(value), "")
	return strings.TrimSpace(all[1] + " " + all[0])
}

// parts splits a value of several parts (RFC 6350 §3.4).
func parts(value string) (all []string) {
	start := 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case ';':
			all = append(all, unescape(value[start:i]))
			start = i + 1
		}
	}
	return append(all, unescape(value[start:]))
}

func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\,`, ",", `\;`, ";", `\n`, " ", `\N`, " ").Replace(s)
}

// entriesOf makes an entry of every address of the cards, and of every group
// whose members have addresses.
func entriesOf(cards []card) (entries []Entry) {
	first := make(map[string]string) // the first address of a card, by UID, as in a list
	for _, c := range cards {
		for _, email := range c.emails {
			e, ok := NewEntry(email, orElse(c.name, c.organisation))
			if !ok {
				continue
			}
			entries = append(entries, e)
			if first[c.uid] == "" && c.uid != "" {
				first[c.uid] = e.Text()
			}
		}
	}
	for _, c := range cards {
		if group, ok := groupOf(c, first); ok {
			entries = append(entries, group)
		}
	}
	return entries
}

func groupOf(c card, first map[string]string) (Entry, bool) {
	if !c.group {
		return Entry{}, false
	}
	group := Entry{Name: cleanName(c.name)}
	for _, member := range c.members {
		text := first[strings.TrimPrefix(member, "urn:uuid:")]
		if address, isMail := strings.CutPrefix(member, "mailto:"); isMail {
			if a, err := compose.ParseOne(address); err == nil {
				text = a.String()
			}
		}
		if text != "" {
			group.Members = append(group.Members, text)
		}
	}
	return group, group.Name != "" && len(group.Members) > 0
}

package ui

import (
	"strings"

	"sendoff/compose"
)

// fieldLine is a field of a draft as a line of text.
type fieldLine struct{ name, value string }

// fieldLines are all that are text, in the order of the form.
func fieldLines(d compose.Draft) []fieldLine {
	lines := []fieldLine{{"From", d.From}, {"To", d.To}, {"Cc", d.Cc}, {"Bcc", d.Bcc}, {"Reply-To", d.ReplyTo}, {"Subject", d.Subject}}
	for _, h := range d.Headers {
		lines = append(lines, fieldLine{h.Name, h.Value})
	}
	return lines
}

func (l fieldLine) String() string {
	return l.name + ": " + strings.NewReplacer("\r", " ", "\n", " ").Replace(l.value) + "\n"
}

// wholeDraft is a draft as it is edited in another program: its fields, also those
// that are empty, a blank line, and the text.
func wholeDraft(d compose.Draft) string {
	var b strings.Builder
	for _, l := range fieldLines(d) {
		b.WriteString(l.String())
	}
	return b.String() + "\n" + d.Body
}

// parseWhole reads what wholeDraft wrote and somebody changed. A field that is gone
// is empty, but where none is left they stay as they were; one that stands twice is
// one list. What comes before the blank line and is no field begins the text:
// nothing that was written is lost.
func parseWhole(text string, d compose.Draft) compose.Draft {
	if first, _ := cutField(text); !isFieldName(lineOf(first).name) {
		d.Body = text
		return d
	}
	untouched := make(map[fieldLine]compose.Header)
	for _, h := range d.Headers {
		untouched[lineOf(fieldLine{h.Name, h.Value}.String())] = h
	}
	d.From, d.To, d.Cc, d.Bcc, d.ReplyTo, d.Subject, d.Headers = "", "", "", "", "", "", nil
	lists := map[string]*string{"from": &d.From, "to": &d.To, "cc": &d.Cc, "bcc": &d.Bcc, "reply-to": &d.ReplyTo}
	for text != "" {
		line, rest := cutField(text)
		if strings.TrimSpace(line) == "" {
			text = rest
			break
		}
		l := lineOf(line)
		if !isFieldName(l.name) {
			break
		}
		text = rest
		switch list := lists[strings.ToLower(l.name)]; {
		case list != nil && *list != "" && l.value != "":
			*list += ", " + l.value
		case list != nil:
			*list += l.value
		case strings.EqualFold(l.name, "Subject"):
			d.Subject = strings.TrimSpace(d.Subject + " " + l.value)
		default:
			h, same := untouched[l]
			if !same {
				h = compose.Header{Name: l.name, Value: l.value}
			}
			d.Headers = append(d.Headers, h)
		}
	}
	d.Body = text
	return d
}

// cutField takes the first line off, with those behind it that begin with white
// space and go on with it (RFC 5322 §2.2.3).
func cutField(text string) (line, rest string) {
	line, rest, _ = strings.Cut(text, "\n")
	for strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\t") {
		next, after, _ := strings.Cut(rest, "\n")
		if strings.TrimSpace(line) == "" || strings.TrimSpace(next) == "" {
			break
		}
		line, rest = strings.TrimRight(line, "\r")+" "+strings.TrimSpace(next), after
	}
	return line, rest
}

func lineOf(line string) fieldLine {
	name, value, found := strings.Cut(line, ":")
	if !found {
		return fieldLine{value: line}
	}
	return fieldLine{name, strings.TrimSpace(value)}
}

// isFieldName tells the characters of a header's name (RFC 5322 §3.6.8).
func isFieldName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// editable is what the editor gets.
func (c *composer) editable(d compose.Draft) string {
	if c.editWhole {
		return wholeDraft(d)
	}
	return d.Body
}

// takeWhole puts in fields and text that were edited.
func (c *composer) takeWhole(text string) {
	before := c.draft()
	d := parseWhole(text, before)
	if d.From != before.From && d.From != "" {
		c.takeFrom(d.From)
	}
	c.copies = c.copies || d.Cc != "" || d.Bcc != ""
	c.replyTo = c.replyTo || d.ReplyTo != ""
	c.putText(d)
}

// takeFrom takes a sender that was typed. One that is none of the choices becomes
// one, through the account that was chosen; the review tells whether that may.
func (c *composer) takeFrom(from string) {
	for i, s := range c.senders {
		if s.from == from {
			c.from = i
			return
		}
	}
	account := ""
	if c.from >= 0 {
		account = c.senders[c.from].account
	}
	c.takeSender(sender{account, from})
}

package bounce

import (
	"cmp"
	"slices"
	"strings"
)

// words is the text of a report by lines, to find what it says of a recipient.
type words struct {
	lines    []string
	lower    []string // the same in lower case
	mentions []mention
	entry    map[int]bool // the lines that an entry begins
	head     string
	subject  string
}

func newWords(m *mail) *words {
	w := &words{head: m.head(), subject: strings.ToLower(m.header.text("subject"))}
	for line := range strings.Lines(m.text[:min(len(m.text), maxSaid)]) {
		line = strings.TrimRight(line, " \t\r\n")
		line = line[:min(len(line), maxWords)]
		w.lines = append(w.lines, line)
		w.lower = append(w.lower, strings.ToLower(line))
	}
	w.mentions = mentionsIn(w.lines)
	w.entry = make(map[int]bool)
	for _, m := range w.mentions {
		w.entry[m.line] = w.entry[m.line] || m.form == entry
	}
	return w
}

// mention tells whether an address stands in the text.
func (w *words) mention(address string) bool {
	return slices.ContainsFunc(w.mentions, func(m mention) bool { return strings.EqualFold(m.address, address) })
}

// typed is the address that a recipient stands for, by Postfix's words: "<box17@store.example.org>
// (expanded from <ana@example.org>): ...". "" if there are none.
func (w *words) typed(address string) string {
	alias := strings.ToLower(address) + "> (expanded from <"
	for i, line := range w.lower {
		at := strings.Index(line, alias)
		if at < 0 || len(line) != len(w.lines[i]) { // letters whose lower case is of another length
			continue
		}
		if typed, _, ok := strings.Cut(w.lines[i][at+len(alias):], ">"); ok && isAddress(typed) {
			return typed
		}
	}
	return ""
}

// complete fills in what a recipient lacks from what the text says of it: why,
// and the address that was typed, where only the text knows it.
func (w *words) complete(r *Recipient, alone bool) {
	w.explain(r, alone)
	if r.Original == "" {
		r.Address = cmp.Or(w.typed(r.Address), r.Address)
	}
}

func (w *words) explain(r *Recipient, alone bool) {
	if found := codesIn(r.Diagnostic); found.at >= 0 {
		r.Code = found.code
		r.Status = surer(r.Status, found.status)
	}
	if r.Diagnostic != "" && r.Status != "" {
		r.Diagnostic = shorten(r.Diagnostic)
		return
	}
	for _, text := range w.about(r.Address, alone) {
		found := codesIn(text)
		if found.at < 0 {
			if r.Status != "" { // with a reason already; only what belongs to the address may add to it
				text = reply(text, codes{code: 1})
			}
			if r.Diagnostic == "" {
				r.Diagnostic = shorten(text)
			}
			continue
		}
		if r.Status == "" {
			r.Status = found.status
		}
		if r.Code == 0 {
			r.Code = found.code
		}
		if r.Diagnostic == "" {
			r.Diagnostic = shorten(reply(text, found))
		}
		return
	}
}

// surer is the status of a report, or that of the words it repeats where those
// tell more: a gateway that was told 550 5.1.1 often reports 5.0.0.
func surer(reported, said string) string {
	if reported == "" || said != "" && said[0] == reported[0] && reported[1:] == ".0.0" {
		return said
	}
	return reported
}

// about are the texts that may say why, the surest first: what stands below the
// address in a list, the lines that name it, and, for who is alone, all below
// it, and all.
func (w *words) about(address string, alone bool) []string {
	var below, naming, rest strings.Builder
	first := -1
	inside := false
	lower := strings.ToLower(address)
	for i, line := range w.lines {
		names := strings.Contains(w.lower[i], lower)
		switch {
		case names:
			inside = true
			if first < 0 {
				first = i
			}
			if rest := behindAddress(line, lower); rest != "" {
				line = rest
			}
			if naming.Len() < maxWords {
				naming.WriteString(line + "\n")
			}
		case inside && (w.entry[i] || isRule(line)):
			inside = false
		}
		if inside && below.Len() < maxWords {
			below.WriteString(line + "\n")
		}
		if first >= 0 && alone && rest.Len() < 4*maxWords {
			rest.WriteString(line + "\n")
		}
	}
	texts := []string{below.String(), naming.String()}
	if alone {
		texts = append(texts, rest.String(), strings.Join(w.lines[:min(len(w.lines), 200)], "\n"))
	}
	return texts
}

// isRule tells a line that parts one thing from the next.
func isRule(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "---") || strings.HasPrefix(line, "===") || line != "" && strings.Trim(line, decoration) == ""
}

// behindAddress is what stands behind an address that begins a line, "" if it
// does not.
func behindAddress(line, address string) string {
	trimmed := strings.TrimLeft(strings.TrimLeft(line, bullets), opening)
	if len(trimmed) < len(address) || !strings.EqualFold(trimmed[:len(address)], address) {
		return ""
	}
	return " " + strings.TrimLeft(trimmed[len(address):], closing+":;,.")
}

// reply are the words around a code: from there to an empty line. A status alone
// stands in the middle of them or at their end.
func reply(text string, found codes) string {
	start := found.at
	if found.code == 0 {
		start = strings.LastIndex(text[:start], "\n\n") + 1
	}
	text = text[start:]
	if end := strings.Index(text[found.at-start:], "\n\n"); end >= 0 {
		text = text[:found.at-start+end]
	}
	return text
}

// shorten makes one line of text, of the length that is given.
func shorten(text string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(text) {
		if b.Len()+len(word) >= maxDiagnostic {
			break
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}

// localName is a name without a domain that stands alone below the words that
// begin a list, as for the server's own users.
func (w *words) localName() string {
	listed := false
	for _, line := range w.lines {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" {
			continue
		}
		if name, _, _ := strings.Cut(strings.ReplaceAll(trimmed, "\t", "  "), "  "); listed && trimmed != line && isName(name) {
			return name
		}
		listed = strings.HasSuffix(trimmed, ":") || listed && trimmed == line
	}
	return ""
}

func isName(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte("._-+", s[i]) < 0 {
			return false
		}
	}
	return len(s) <= 64
}
